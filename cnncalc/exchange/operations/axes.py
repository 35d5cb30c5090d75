"""Operations that give a map other axes."""

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
    shape = op.shape()
    whole = (1, *shape)
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


def to_shape(op: Operation, lengths: list[int]) -> Value | Moves:
    """Return the input in a shape that includes the batch, 1."""
    if not lengths or lengths[0] != 1:
        raise UnknownOperation("it joins the batch with another axis")
    new = tuple(lengths[1:])
    if not new:
        raise UnknownOperation("it leaves no axis but the batch")
    return op.moves().reshaped(new, op.name)


def squeeze(op: Operation) -> Value | Moves:
    """Axes of length 1 taken away."""
    whole = [1, *op.shape()]
    axes = op.integers(1, "axes")
    if axes is None:
        gone = {axis for axis, n in enumerate(whole) if n == 1 and axis > 0}
    else:
        gone = {op.axis(axis) + 1 for axis in axes}
        if any(whole[axis] != 1 for axis in gone):
            raise op.error(f"axes {axes} of {whole} are not all of length 1")
    return to_shape(op, [n for axis, n in enumerate(whole) if axis not in gone])


def unsqueeze(op: Operation) -> Value | Moves:
    """Axes of length 1 put in."""
    axes = op.integers(1, "axes") or []
    rank = len(op.shape()) + 1 + len(axes)
    places = {axis + rank if axis < 0 else axis for axis in axes}
    rest = iter([1, *op.shape()])
    return to_shape(op, [1 if axis in places else next(rest) for axis in range(rank)])


def transpose(op: Operation) -> Value | Moves:
    """Axes in another order, the batch staying in front."""
    rank = len(op.shape()) + 1
    order = [int(n) for n in op.get("perm") or range(rank - 1, -1, -1)]
    if sorted(order) != list(range(rank)):
        raise op.error(f"{order} is no order of its {rank} axes")
    if order[0] != 0:
        raise UnknownOperation("it moves the batch")
    return op.moves().permuted(tuple([axis - 1 for axis in order[1:]]), op.name)


def same(op: Operation) -> Value | Moves:
    """Operations that pass their input on, and leave no trace."""
    return op.moves() if isinstance(op.inputs[0], Moves) else op.value()
