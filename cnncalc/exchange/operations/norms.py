"""Normalisations."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import Operation, UnknownOperation, rounded
from cnncalc.exchange.operations.values import ConstantArray, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def affine(op: Operation) -> tuple[dict[str, ConstantArray], bool]:
    """Return the scale and the shift that are the second and third input, and whether they are.

    Raises `UnknownOperation` where there is only one of them.
    """
    if op.has(1) != op.has(2):
        raise UnknownOperation(
            "it has a scale but no shift" if op.has(1) else "it has a shift but no scale"
        )
    if not op.has(1):
        return {}, False
    return {"weight": op.constant(1), "bias": op.constant(2)}, True


def eps_of(op: Operation) -> float:
    """Return what is added to the variance."""
    return rounded(op.get("epsilon", 1e-5))


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
    return op.add("batch_norm", arrays=arrays, eps=eps_of(op), **fields)


def local_response_norm(op: Operation) -> Value:
    """Local response normalisation; alpha is divided by the size, as in ours."""
    return op.add(
        "local_response_norm",
        size=int(op.get("size")),
        alpha=rounded(op.get("alpha", 1e-4)),
        beta=rounded(op.get("beta", 0.75)),
        k=rounded(op.get("bias", 1.0)),
    )


def instance_norm(op: Operation) -> Value:
    """Instance normalisation."""
    arrays, has_both = affine(op)
    return op.add("instance_norm", arrays=arrays, eps=eps_of(op), affine=has_both)


def group_norm(op: Operation) -> Value:
    """Group normalisation."""
    arrays, has_both = affine(op)
    if arrays and arrays["weight"].count != op.shape()[0]:
        raise UnknownOperation("it has one scale for each group")
    groups = int(op.get("num_groups"))
    return op.add("group_norm", arrays=arrays, num_groups=groups, eps=eps_of(op), affine=has_both)


def layer_norm(op: Operation) -> Value:
    """Layer normalisation over all axes, or over the last one."""
    shape = op.shape()
    axis = op.axis(int(op.get("axis", -1)))
    arrays, has_both = affine(op)
    fields: dict[str, Any] = {"eps": eps_of(op), "affine": has_both}
    if axis == 0:
        return op.add("layer_norm", arrays=arrays, **fields)
    if axis != len(shape) - 1:
        raise UnknownOperation("it is taken over several axes, but not all")
    return op.add("layer_norm", arrays=arrays, axes="last", **fields)


def length_norm(op: Operation) -> Value:
    """Division of the channels at each position by their length."""
    if op.axis(int(op.get("axis", -1))) != 0 or op.get("p", 2) != 2:
        raise UnknownOperation("it divides by another norm than the channels' length")
    return op.add("l2_normalize", eps=rounded(op.get("epsilon", 0.0)))
