"""Products with matrices: linear layers."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import Operation, UnknownOperation, broadcast
from cnncalc.exchange.operations.values import ConstantArray, Value
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def gemm(op: Operation) -> Value:
    """A linear layer: y = alpha * x * W + beta * b, W as it is or transposed."""
    if op.get("transA", 0):
        raise UnknownOperation("it transposes its input")
    weight = op.constant(1)
    if not op.get("transB", 0):
        weight = weight.transposed((1, 0))
    bias = op.optional(2)
    return linear(op, weight, bias)


def matmul(op: Operation) -> Value:
    """A product with a matrix of the file: a linear layer; or of two layers' outputs."""
    if not any(isinstance(found, ConstantArray) for found in op.inputs):
        return op.add("matmul", op.value(0), op.value(1))
    if isinstance(op.inputs[0], ConstantArray) or len(op.constant(1).shape) != 2:
        return other_product(op)
    weight = op.constant(1)
    return linear(op, weight.transposed((1, 0)), None)


def other_product(op: Operation) -> Value:
    """A product with matrices of the file, one for each channel, or with the map on the right."""
    place = 0 if isinstance(op.inputs[0], ConstantArray) else 1
    matrix, shape = op.constant(place), op.shape(1 - place)
    own = matrix.shape
    if len(own) < 2 or len(shape) < 2:
        raise UnknownOperation(f"it multiplies arrays of {len(own)} and {len(shape) + 1} axes")
    left, right = (own, shape) if place == 0 else (shape, own)
    if left[-1] != right[-2]:
        raise op.error(f"a product of {left[-1]} and {right[-2]} elements cannot be taken")
    whole = broadcast([left[:-2] or (1,), right[:-2] or (1,)])
    if whole is None:
        raise UnknownOperation("its matrices do not fit one another")
    output = (*whole, left[-2], right[-1])[-len(shape) :]
    counts = {"macs": product(output) * left[-1]}
    if matrix.learned:
        counts["params"] = matrix.params
    return op.custom(output, op.value(1 - place), rest="none", **counts)


def linear(op: Operation, weight: ConstantArray, bias: ConstantArray | None) -> Value:
    """A linear layer over the features of a vector, or over the last axis of a map."""
    shape = op.shape()
    if len(weight.shape) != 2 or weight.shape[1] != shape[-1]:
        shown = "x".join(map(str, weight.shape))
        raise op.error(f"its matrix of {shown} does not fit {shape[-1]} features")
    arrays = {"weight": weight}
    if bias is not None:
        arrays["bias"] = bias.reshaped((bias.count,))
    fields: dict[str, Any] = {} if len(shape) == 1 else {"axis": len(shape) - 1}
    has_bias = bias is not None
    return op.add("linear", arrays=arrays, out_features=weight.shape[0], bias=has_bias, **fields)
