"""Operations that reduce axes to one number."""

from __future__ import annotations

from cnncalc.exchange.operations.axes import to_shape
from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, Unknown
from cnncalc.exchange.operations.values import Value


def reduced(op: Operation) -> Value | Moves:
    """Mean, maximum or sum over axes: a global pool where they are all the spatial ones."""
    shape = op.shape()
    axes = op.integers(1, "axes")
    if axes is None:
        raise Unknown("it reduces the batch too")
    own = sorted(op.axis(axis) for axis in axes)
    keyword = {"ReduceMean": "mean", "ReduceMax": "max"}.get(op.kind)
    if keyword is None:
        raise Unknown("there is no layer for this reduction")
    if own == list(range(1, len(shape))):
        pool = "global_avg_pool" if keyword == "mean" else "global_max_pool"
        value = op.add(pool)
    elif own == [0]:
        value = op.add(keyword, axes="channels")
    else:
        raise Unknown(f"it reduces axes {axes}")
    if op.get("keepdims", 1):
        return value
    op.inputs[0] = value
    kept = [1, *[n for axis, n in enumerate(shape) if axis not in own]]
    return to_shape(op, kept)
