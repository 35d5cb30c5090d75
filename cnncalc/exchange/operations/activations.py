"""Activations, and what does nothing at inference."""

from __future__ import annotations

from math import isclose

from cnncalc.exchange.operations.operation import Operation, UnknownOperation, rounded
from cnncalc.exchange.operations.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Rule

#: SELU's alpha and scale. Source: Klambauer et al. 2017.
SELU = (1.67326319217681884765625, 1.05070102214813232421875)


def plain(keyword: str, **fields: Any) -> Rule:
    """Return the rule of an operation that is one layer without choices."""

    def rule(op: Operation) -> Value:
        return op.add(keyword, **fields)

    return rule


def leaky_relu(op: Operation) -> Value:
    """Leaky ReLU."""
    return op.add("leaky_relu", negative_slope=rounded(op.get("alpha", 0.01)))


def elu(op: Operation) -> Value:
    """ELU."""
    return op.add("elu", alpha=rounded(op.get("alpha", 1.0)))


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


def gelu(op: Operation) -> Value:
    """GELU, exact or by tanh."""
    return op.add("gelu", approximate=str(op.get("approximate", "none")))


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
    return op.add(keyword) if axis == 0 else op.add(keyword, axis=axis)


def dropout(op: Operation) -> Value:
    """Dropout; identity at inference."""
    given = op.optional(1)
    ratio = op.get("ratio", 0.5) if given is None else given.single()
    return op.add("dropout", p=float(f"{ratio:.7g}") if ratio is not None else 0.5)
