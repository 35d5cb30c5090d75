"""Operations that give a map other axes, or reduce axes to one number."""

from __future__ import annotations

from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.values import Value
from cnncalc.quantities import product


def flatten(op: Operation) -> Value | Moves:
    """Flatten from the channels on."""
    axis = int(op.get("axis", 1))
    rank = len(op.shape()) + 1
    if (axis + rank if axis < 0 else axis) != 1:
        raise UnknownOperation(f"it flattens from axis {axis}")
    return op.value() if rank == 2 else to_shape(op, [1, product(op.shape())])


def reshape(op: Operation) -> Value | Moves:
    """A new shape with the batch in front; -1 and 0 as ONNX has them."""
    wanted = op.integers(1, "shape")
    if wanted is None:
        raise UnknownOperation("its shape is not in the file")
    shape, whole = op.shape(), op.whole()
    lengths = []
    for axis, length in enumerate(wanted):
        if length == 0 and not op.get("allowzero", 0):
            if axis >= len(whole):
                raise op.error(f"a 0 stands for axis {axis}, which its input has not")
            length = whole[axis]
        lengths.append(length)
    if lengths.count(-1) > 1:
        raise op.error("more than one axis is -1")
    if -1 in lengths:
        known = product([n for n in lengths if n != -1])
        if known == 0 or product(shape) % known:
            raise op.error(f"{product(shape)} elements do not fill {wanted}")
        lengths[lengths.index(-1)] = product(shape) // known
    if product(lengths) != product(shape):
        raise op.error(f"{product(shape)} elements do not fill {wanted}")
    return to_shape(op, lengths)


def to_shape(op: Operation, lengths: list[int]) -> Moves:
    """Return the input in a shape that includes the batch, 1, where its elements say it is."""
    return placed(op, lengths, place_after(op.whole(), op.batch, lengths))


def place_after(whole: list[int], batch: int | None, lengths: list[int]) -> int | None:
    """Return where the batch stands after a reshape; None where it is one axis with another.

    It is an axis of 1 after as many elements as before; the first one that there is, if it was one
    with another axis.
    """
    ones = [place for place, length in enumerate(lengths) if length == 1]
    if batch is None:
        return ones[0] if ones else None
    inner = product(whole[:batch])
    ones = [place for place in ones if product(lengths[:place]) == inner]
    before = [i for i in range(batch) if whole[i] == 1 and product(whole[:i]) == inner]
    return ones[min(len(before), len(ones) - 1)] if ones else None


def placed(op: Operation, lengths: list[int], batch: int | None) -> Moves:
    """Return the input in a shape that includes the batch, if it is an axis of its own."""
    new = tuple([length for place, length in enumerate(lengths) if place != batch])
    if not new:
        raise UnknownOperation("it leaves no axis but the batch")
    return op.moves().reshaped(new, op.name, batch)


def without(op: Operation, gone: set[int]) -> Moves:
    """Return the input without some axes of the file, all of length 1."""
    kept = [(place, n) for place, n in enumerate(op.whole()) if place not in gone]
    batch = next((i for i, (place, _) in enumerate(kept) if place == op.batch), None)
    return placed(op, [n for _, n in kept], batch)


def squeeze(op: Operation) -> Value | Moves:
    """Axes of length 1 taken away."""
    whole, axes = op.whole(), op.integers(1, "axes")
    if axes is None:
        gone = {axis for axis, n in enumerate(whole) if n == 1 and axis != op.batch}
    else:
        gone = {op.place(axis) for axis in axes}
        if any(whole[axis] != 1 for axis in gone):
            raise op.error(f"axes {axes} of {whole} are not all of length 1")
    return without(op, gone)


def unsqueeze(op: Operation) -> Value | Moves:
    """Axes of length 1 put in."""
    axes = op.integers(1, "axes") or []
    whole = op.whole()
    rank = len(whole) + len(axes)
    places = {axis + rank if axis < 0 else axis for axis in axes}
    if len(places) < len(axes) or not places <= set(range(rank)):
        raise op.error(f"axes {axes} are not {len(axes)} of {rank}")
    own = [axis for axis in range(rank) if axis not in places]
    rest = iter(whole)
    lengths = [1 if axis in places else next(rest) for axis in range(rank)]
    if op.batch is None:
        return placed(op, lengths, 0 if 0 in places else None)
    return placed(op, lengths, own[op.batch])


def transpose(op: Operation) -> Value | Moves:
    """Axes in another order."""
    rank = len(op.whole())
    order = [int(n) for n in op.get("perm") or range(rank - 1, -1, -1)]
    if sorted(order) != list(range(rank)):
        raise op.error(f"{order} is no order of its {rank} axes")
    return ordered(op, order)


def ordered(op: Operation, order: list[int]) -> Moves:
    """Return the input with the axes of the file in some order."""
    own = tuple([op.axis(axis) for axis in order if axis != op.batch])
    batch = None if op.batch is None else order.index(op.batch)
    return op.moves().permuted(own, op.name, batch)


def same(op: Operation) -> Value | Moves:
    """Operations that pass their input on, and leave no trace."""
    return op.moves() if isinstance(op.inputs[0], Moves) else op.value()


def reduced(op: Operation) -> Value | Moves:
    """Mean, maximum or sum over axes: a global pool where they are all the spatial ones."""
    shape = op.shape()
    axes = op.integers(1, "axes")
    if axes is None:
        raise UnknownOperation("it reduces the batch too")
    own = sorted(op.axis(axis) for axis in axes)
    keyword = {"ReduceMean": "mean", "ReduceMax": "max"}.get(op.kind, "")
    everywhere = own == list(range(1, len(shape)))
    if keyword and everywhere:
        value = op.add("global_avg_pool" if keyword == "mean" else "global_max_pool")
    elif op.kind in ("ReduceL1", "ReduceL2") and everywhere:
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
