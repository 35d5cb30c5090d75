"""Normalisations."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import Operation, Unknown, rounded
from cnncalc.exchange.operations.values import Value


def batch_norm(op: Operation) -> Value:
    """Batch normalisation with its running statistics."""
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = {name: op.constant(i + 1) for i, name in enumerate(names)}
    return op.add("batch_norm", arrays=arrays, eps=rounded(op.get("epsilon", 1e-5)))


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
    """Instance normalisation, always with a scale and a shift."""
    arrays = {"weight": op.constant(1), "bias": op.constant(2)}
    eps = rounded(op.get("epsilon", 1e-5))
    return op.add("instance_norm", arrays=arrays, eps=eps, affine=True)


def group_norm(op: Operation) -> Value:
    """Group normalisation."""
    arrays = {"weight": op.constant(1), "bias": op.constant(2)}
    if arrays["weight"].count != op.shape()[0]:
        raise Unknown("it has one scale for each group")
    eps = rounded(op.get("epsilon", 1e-5))
    return op.add("group_norm", arrays=arrays, num_groups=int(op.get("num_groups")), eps=eps)


def layer_norm(op: Operation) -> Value:
    """Layer normalisation over all axes, or over the last one."""
    shape = op.shape()
    axis = op.axis(int(op.get("axis", -1)))
    arrays = {"weight": op.constant(1)}
    if op.has(2):
        arrays["bias"] = op.constant(2)
    else:
        raise Unknown("it has a scale but no shift")
    eps = rounded(op.get("epsilon", 1e-5))
    if axis == 0:
        return op.add("layer_norm", arrays=arrays, eps=eps)
    if axis != len(shape) - 1:
        raise Unknown("it is taken over several axes, but not all")
    return op.add("layer_norm", arrays=arrays, eps=eps, axes="last")
