"""Products with matrices: linear layers."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import Operation, Unknown
from cnncalc.exchange.operations.values import Constant, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def gemm(op: Operation) -> Value:
    """A linear layer: y = alpha * x * W + beta * b, W as it is or transposed."""
    if op.get("transA", 0):
        raise Unknown("it transposes its input")
    weight = op.constant(1)
    if not op.get("transB", 0):
        weight = weight.transposed((1, 0))
    bias = op.optional(2)
    return linear(op, weight, bias)


def matmul(op: Operation) -> Value:
    """A product with a matrix of the file: a linear layer; or of two layers' outputs."""
    if not any(isinstance(found, Constant) for found in op.inputs):
        return op.add("matmul", op.value(0), op.value(1))
    weight = op.constant(1)
    if len(weight.shape) != 2:
        raise Unknown(f"its matrix has {len(weight.shape)} axes")
    return linear(op, weight.transposed((1, 0)), None)


def linear(op: Operation, weight: Constant, bias: Constant | None) -> Value:
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
