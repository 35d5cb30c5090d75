"""Activations, normalisations, products with matrices, and what does nothing at inference."""

from __future__ import annotations

from math import isclose

from cnncalc.exchange.operations.operation import Operation, UnknownOperation, broadcast, rounded
from cnncalc.exchange.operations.values import ConstantArray, Value
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Rule

#: SELU's alpha and scale. Source: Klambauer et al. 2017.
SELU = (1.67326319217681884765625, 1.05070102214813232421875)


def plain(keyword: str, **fields: Any) -> Rule:
    """Return the rule of an operation that is one layer.

    A field is a value, or a pair: the attribute that says it, and its default, whose type it has;
    or just its type, if it must be there.
    """

    def rule(op: Operation) -> Value:
        found: dict[str, Any] = {}
        for name, value in fields.items():
            if isinstance(value, tuple):
                attribute, default = value
                must = isinstance(default, type)
                given = op.attributes[attribute] if must else op.get(attribute, default)
                value = (default if must else type(default))(given)
            found[name] = rounded(value) if isinstance(value, float) else value
        return op.add(keyword, **found)

    return rule


def selu(op: Operation) -> Value:
    """SELU with its own two constants."""
    given = (op.get("alpha", SELU[0]), op.get("gamma", SELU[1]))
    if not all(isclose(a, b, rel_tol=1e-5) for a, b in zip(given, SELU, strict=True)):
        raise UnknownOperation("its constants are not SELU's")
    return op.add("selu")


def celu(op: Operation) -> Value:
    """CELU, which is ELU where its alpha is 1."""
    if op.get("alpha", 1.0) != 1:
        raise UnknownOperation("its alpha is not 1")
    return op.add("elu")


def prelu(op: Operation) -> Value:
    """PReLU: one slope, or one for each channel."""
    slope = op.constant(1)
    channels = op.shape()[0]
    if slope.count not in (1, channels):
        weights = {"params": slope} if slope.learned else {}
        return op.counted({"comparisons": 1, "muls": 1}, op.value(), weights=weights)
    weight = slope.reshaped((slope.count,))
    return op.add("prelu", arrays={"weight": weight}, num_parameters=slope.count)


def hard_sigmoid(op: Operation) -> Value:
    """Hard sigmoid with PyTorch's slope; ONNX's own default is another function."""
    alpha, beta = float(op.get("alpha", 0.2)), float(op.get("beta", 0.5))
    if isclose(alpha, 1 / 6, rel_tol=1e-5) and isclose(beta, 0.5, rel_tol=1e-5):
        return op.add("hard_sigmoid")
    scaled = op.add("scale", factor=rounded(alpha), shift=rounded(beta), name=f"{op.name}/scale")
    return op.add("clip", scaled, min=0.0, max=1.0)


def clip(op: Operation) -> Value:
    """Clipping: ReLU, ReLU6 and hard tanh where the bounds are theirs."""
    low, high = bound(op, 1, "min"), bound(op, 2, "max")
    named: dict[Any, str] = {(0.0, 6.0): "relu6", (0.0, None): "relu", (-1.0, 1.0): "hard_tanh"}
    if (low, high) in named:
        return op.add(named[low, high])
    if low is None and high is None:
        return op.value()
    return op.add("clip", min=low, max=high)


def bound(op: Operation, position: int, attribute: str) -> float | None:
    """Return a bound of `Clip`, or None where there is none."""
    given = op.optional(position)
    number = given.single() if given is not None else op.get(attribute)
    return None if number is None or abs(number) > 1e37 else rounded(number)


def softmax(op: Operation) -> Value:
    """Softmax or its logarithm, over one axis; before version 13 over all axes from it on."""
    keyword = "softmax" if op.kind == "Softmax" else "log_softmax"
    shape = op.shape()
    axis = op.axis(int(op.get("axis", -1 if op.version >= 13 else 1)))
    if op.version < 13 and any(length != 1 for length in shape[axis + 1 :]):
        if axis == 0:
            raise UnknownOperation("it is taken over channels and positions at once")
        if axis != len(shape) - 1:
            raise UnknownOperation("it is taken over several axes at once")
    return op.add(keyword, axis=axis)


def dropout(op: Operation) -> Value:
    given = op.optional(1)
    ratio = op.get("ratio", 0.5) if given is None else given.single()
    return op.add("dropout", p=float(f"{ratio:.7g}") if ratio is not None else 0.5)


def affine(op: Operation) -> dict[str, Any]:
    """Return the fields of a normalisation whose scale and shift are the second and third input.

    Raises `UnknownOperation` where there is only one of them.
    """
    if op.has(1) != op.has(2):
        has, lacks = ("scale", "shift") if op.has(1) else ("shift", "scale")
        raise UnknownOperation(f"it has a {has} but no {lacks}")
    arrays = {"weight": op.constant(1), "bias": op.constant(2)} if op.has(1) else {}
    eps = rounded(op.get("epsilon", 1e-5))
    return {"arrays": arrays, "eps": eps, "affine": bool(arrays)}


def batch_norm(op: Operation) -> Value:
    """Batch normalisation with its running statistics."""
    names = ("weight", "bias", "running_mean", "running_var")
    found = {name: op.optional(i + 1) for i, name in enumerate(names)}
    if found["running_mean"] is None or found["running_var"] is None:
        raise UnknownOperation("it has no running statistics")
    fields: dict[str, Any] = {}
    if found["weight"] is None and found["bias"] is None:
        fields["affine"] = False
    else:
        parts = {"scale": "weight", "center": "bias"}
        fields = {field: False for field, name in parts.items() if found[name] is None}
    arrays = {name: array for name, array in found.items() if array is not None}
    return op.add("batch_norm", arrays=arrays, eps=rounded(op.get("epsilon", 1e-5)), **fields)


def instance_norm(op: Operation) -> Value:
    return op.add("instance_norm", **affine(op))


def group_norm(op: Operation) -> Value:
    fields = affine(op)
    if fields["affine"] and fields["arrays"]["weight"].count != op.shape()[0]:
        raise UnknownOperation("it has one scale for each group")
    return op.add("group_norm", num_groups=int(op.get("num_groups")), **fields)


def layer_norm(op: Operation) -> Value:
    """Layer normalisation over all axes, or over the last one."""
    axis = op.axis(int(op.get("axis", -1)))
    if axis not in (0, len(op.shape()) - 1):
        raise UnknownOperation("it is taken over several axes, but not all")
    return op.add("layer_norm", axes="last" if axis else "all", **affine(op))


def length_norm(op: Operation) -> Value:
    """Division of the channels at each position by their length."""
    if op.axis(int(op.get("axis", -1))) != 0 or op.get("p", 2) != 2:
        raise UnknownOperation("it divides by another norm than the channels' length")
    return op.add("l2_normalize", eps=rounded(op.get("epsilon", 0.0)))


def gemm(op: Operation) -> Value:
    """A linear layer: y = alpha * x * W + beta * b, W as it is or transposed."""
    if op.get("transA", 0):
        raise UnknownOperation("it transposes its input")
    weight = op.constant(1)
    weight = weight if op.get("transB", 0) else weight.transposed((1, 0))
    return linear(op, weight, op.optional(2))


def matmul(op: Operation) -> Value:
    """A product with a matrix of the file: a linear layer; or of two layers' outputs."""
    if not any(isinstance(found, ConstantArray) for found in op.inputs):
        return op.add("matmul", op.value(0), op.value(1))
    if isinstance(op.inputs[0], ConstantArray) or len(op.constant(1).shape) != 2:
        return other_product(op)
    return linear(op, op.constant(1).transposed((1, 0)), None)


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
