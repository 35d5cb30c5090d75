"""Operations that reduce axes to one number."""

from __future__ import annotations

from cnncalc.exchange.operations.axes import without
from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.values import Value
from cnncalc.quantities import product


def reduced(op: Operation) -> Value | Moves:
    """Mean, maximum or sum over axes: a global pool where they are all the spatial ones."""
    shape = op.shape()
    axes = op.integers(1, "axes")
    if axes is None:
        raise UnknownOperation("it reduces the batch too")
    own = sorted(op.axis(axis) for axis in axes)
    keyword = {"ReduceMean": "mean", "ReduceMax": "max"}.get(op.kind, "")
    if keyword and own == list(range(1, len(shape))):
        pool = "global_avg_pool" if keyword == "mean" else "global_max_pool"
        value = op.add(pool)
    elif op.kind in ("ReduceL1", "ReduceL2") and own == list(range(1, len(shape))):
        value = op.add("global_lp_pool", norm_type=float(op.kind[-1]))
    elif keyword and own == [0]:
        value = op.add(keyword, axes="channels")
    else:
        value = other(op, own)
    op.inputs[0] = kept = op.kept(value)
    return kept if op.get("keepdims", 1) else without(op, {op.place(axis) for axis in axes})


def other(op: Operation, own: list[int]) -> Value:
    """Return a reduction that no layer of ours is, with what it costs."""
    if op.kind not in COSTS:
        raise UnknownOperation("there is no layer for this reduction")
    output = tuple([1 if axis in own else n for axis, n in enumerate(op.shape())])
    counts = cost(op.kind, product(op.shape()), product(output))
    return op.custom(output, op.value(), rest="none", **counts)


def cost(kind: str, read: int, made: int) -> dict[str, int]:
    """Return what a reduction of so many elements to so many spends."""
    first, per_element, per_output = COSTS[kind]
    counts = {first: read - made}
    for name, times in ((per_element, read), (per_output, made)):
        if name:
            counts[name] = counts.get(name, 0) + times
    return counts


#: What a reduction spends: on every element after the first, on every element, on every output.
COSTS = {
    "ReduceMean": ("adds", "", "divs"),
    "ReduceSum": ("adds", "", ""),
    "ReduceMax": ("comparisons", "", ""),
    "ReduceMin": ("comparisons", "", ""),
    "ReduceProd": ("muls", "", ""),
    "ReduceL1": ("adds", "comparisons", ""),
    "ReduceL2": ("adds", "muls", "exps"),
    "ReduceSumSquare": ("adds", "muls", ""),
    "ReduceLogSumExp": ("adds", "exps", "exps"),
}
