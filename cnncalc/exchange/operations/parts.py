"""Operations that join maps, cut parts out of them, or add to their edges."""

from __future__ import annotations

from cnncalc.exchange.operations.axes import same, without
from cnncalc.exchange.operations.moves import Expanded, Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation, broadcast
from cnncalc.exchange.operations.recurrent import States, joined_states
from cnncalc.exchange.operations.values import ConstantArray, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

#: A map that is repeated more often is no list of inputs.
MOST_TIMES = 64


def concat(op: Operation) -> Value | Moves:
    """Several layers joined along an axis."""
    first = next((i for i, v in enumerate(op.inputs) if not isinstance(v, ConstantArray)), 0)
    axis = op.axis(int(op.get("axis", 1)), first)
    joined = joined_states(op, axis)
    if joined is not None:
        return joined
    constants = [found for found in op.inputs if isinstance(found, ConstantArray)]
    values = [op.value(i) for i, v in enumerate(op.inputs) if not isinstance(v, ConstantArray)]
    if constants:
        return with_constants(op, axis, values, constants)
    if len(values) == 1:
        return values[0]
    return op.add("concat", *values, axis=axis)


def with_constants(
    op: Operation, axis: int, values: list[Value], constants: list[ConstantArray]
) -> Value:
    """Return layers joined with arrays of the file, such as a class token, which it holds."""
    shapes = [op.builder.shapes[value.index] for value in values]
    rank = len(shapes[0])
    shapes += [array.shape[len(array.shape) - rank :] for array in constants]
    if any(len(shape) != rank for shape in shapes):
        raise UnknownOperation("it joins arrays of other axes")
    output = list(shapes[0])
    output[axis] = sum(shape[axis] for shape in shapes)
    params = sum(array.params for array in constants)
    return op.custom(tuple(output), *values, params=params, buffers=0, rest="none")


def cut(op: Operation, axis: int, start: int, stop: int, step: int, name: str) -> Value | Moves:
    """Return some positions of one axis of the input."""
    shape = op.shape()
    states = op.inputs[0]
    if isinstance(states, States) and (axis, step) == (0, 1):
        return states.within(op.add, start, stop)
    if isinstance(states, Moves) and step == 1:
        moved = states.part(op.add, axis, start, stop, name)
        if moved is not None:
            return moved
    if (start, stop, step) == (0, shape[axis], 1):
        return op.value()
    return op.add("slice", start=start, stop=stop, step=step, axis=axis, name=name)


def slice_(op: Operation) -> Value | Moves:
    """A stretch of some axes."""
    starts, stops = op.integers(1, "starts"), op.integers(2, "ends")
    if starts is None or stops is None:
        raise UnknownOperation("its bounds are not in the file")
    axes = op.integers(3, "axes") or list(range(len(starts)))
    steps = op.integers(4, "steps") or [1] * len(starts)
    value = op.moves()
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        if step < 1:
            raise UnknownOperation("it runs backwards")
        if axis % len(op.whole()) == op.batch:
            if start == 0 and stop >= 1:
                continue
            raise UnknownOperation("it takes some samples of a batch")
        own = op.axis(axis)
        length = op.shape()[own]
        low = min(max(start + length if start < 0 else start, 0), length)
        high = min(max(stop + length if stop < 0 else stop, 0), length)
        if low >= high:
            raise op.error(f"it takes nothing of axis {axis}")
        op.inputs[0] = value = op.kept(cut(op, own, low, high, step, op.name))
    return value


def gather(op: Operation) -> Value | Moves:
    """Some positions of an axis that follow one another, or one of them."""
    indices = op.constant(1)
    numbers = indices.numbers()
    own = op.axis(int(op.get("axis", 0)))
    length = op.shape()[own]
    if not numbers:
        raise UnknownOperation("its indices are not in the file")
    places = [int(n) + length if n < 0 else int(n) for n in numbers]
    step = places[1] - places[0] if len(places) > 1 else 1
    if step < 1 or places != list(range(places[0], places[0] + step * len(places), step)):
        raise UnknownOperation("it takes positions in no order")
    value = cut(op, own, places[0], min(places[-1] + step, length), step, op.name)
    if indices.shape:
        return op.kept(value)
    return taken(op, own, value)


def taken(op: Operation, own: int, value: Value | Moves) -> Moves:
    """Return a value without an axis of a sample that has length 1."""
    op.inputs[0] = op.kept(value)
    return without(op, {own if op.batch is None or own < op.batch else own + 1})


def split(op: Operation) -> list[Value | Moves]:
    """The pieces of an axis."""
    own = op.axis(int(op.get("axis", 0)))
    length = op.shape()[own]
    sizes = op.integers(1, "split")
    if sizes is None:
        count = int(op.get("num_outputs", len(op.outputs)))
        each = -(-length // count)
        sizes = [min(each, length - each * i) for i in range(count)]
    if sum(sizes) != length or min(sizes) < 1:
        raise op.error(f"{sizes} are no parts of {length}")
    result: list[Value | Moves] = []
    start = 0
    for number, size in enumerate(sizes):
        name = f"{op.name}_{number + 1}"
        result.append(cut(op, own, start, start + size, 1, name))
        start += size
    return result


def pad(op: Operation) -> Value:
    """Padding of space and channels."""
    pads = op.integers(1, "pads")
    if pads is None:
        raise UnknownOperation("its padding is not in the file")
    shape = op.shape()
    rank = len(shape) + 1
    given_axes = op.integers(3, "axes")
    if given_axes is not None:
        axes = [op.axis(axis) + 1 for axis in given_axes]
        given, pads = pads, [0] * (2 * rank)
        for number, axis in enumerate(axes):
            pads[axis], pads[rank + axis] = given[number], given[len(axes) + number]
    if len(pads) != 2 * rank:
        raise op.error(f"it has {len(pads)} numbers for {rank} axes")
    before, after = pads[:rank], pads[rank:]
    if before[0] or after[0]:
        raise UnknownOperation("it adds samples to the batch")
    modes = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    mode = modes.get(str(op.get("mode", "constant")))
    if mode is None:
        raise UnknownOperation(f"its mode is {op.get('mode')}")
    constant = op.optional(2)
    value = constant.single() if constant is not None else op.get("value", 0.0)
    if value is None or abs(value) > 1e37:
        raise UnknownOperation(f"it pads with {value}")
    pairs = list(zip(before[1:], after[1:], strict=True))
    if all(pair == (0, 0) for pair in pairs):
        return op.value()
    cuts = [(max(-a, 0), max(-b, 0)) for a, b in pairs[1:]]
    found = op.value()
    if any(cuts_of != (0, 0) for cuts_of in cuts):
        found = op.add("crop", found, cropping=tuple(cuts))
    added = tuple([(max(a, 0), max(b, 0)) for a, b in pairs[1:]])
    if min(pairs[0]) < 0:
        raise UnknownOperation("it takes channels away")
    if pairs[0] == (0, 0) and not any(pair != (0, 0) for pair in added):
        return found
    channels = None if pairs[0] == (0, 0) else pairs[0]
    return op.add(
        "pad", found, padding=added or 0, mode=mode, value=float(value), channels=channels
    )


def expand(op: Operation) -> Value | Moves:
    """Axes of length 1 repeated; nothing where the shape stays.

    PyTorch also says so by another value, as large as which it becomes, and by -1 for what stays.
    """
    whole = (1, *op.shape())
    if op.has(1) and not isinstance(op.inputs[1], ConstantArray):
        return repeated(op, (1, *op.shape(1)))
    wanted = op.integers(1, "shape")
    if wanted is None:
        raise UnknownOperation("its shape is not in the file")
    sizes = [whole[i - len(wanted)] if n == -1 else n for i, n in enumerate(wanted)]
    return repeated(op, broadcast([tuple(sizes), whole]))


def tile(op: Operation) -> Value | Moves:
    """The whole map repeated along its axes; nothing where each is there once."""
    times, whole = op.integers(1, "repeats"), [1, *op.shape()]
    if times is None or len(times) != len(whole):
        raise UnknownOperation("how often it repeats is not in the file")
    if any(n > 1 and many > 1 for n, many in zip(whole, times, strict=True)):
        return tiled(op, times)
    return repeated(op, tuple([n * many for n, many in zip(whole, times, strict=True)]))


def tiled(op: Operation, times: list[int]) -> Value:
    """Return the map joined with itself, along one axis after the other."""
    if times[0] != 1 or max(times) > MOST_TIMES:
        raise UnknownOperation("it repeats samples, or very often")
    value = op.value()
    for axis, many in enumerate(times[1:]):
        if many > 1:
            value = op.add("concat", *[value] * many, axis=axis)
    return value


def repeated(op: Operation, output: tuple[int, ...] | None) -> Value | Moves:
    """Return the input in a larger shape that includes the batch, 1."""
    if output == (1, *op.shape()):
        return same(op)
    if output is None or output[0] != 1 or len(output) != len(op.shape()) + 1:
        raise UnknownOperation("it repeats samples, or adds axes")
    shape = output[1:]
    if any(n not in (1, new) for n, new in zip(op.shape(), shape, strict=True)):
        return op.custom(shape, op.value(), rest="none")
    return Expanded(op.value(), op.shape(), shape, op.name, op.kind)
