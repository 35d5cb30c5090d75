"""Operations of ONNX that move elements, and those over flat vectors."""

from __future__ import annotations

from cnncalc.exchange.onnx.moves import Moves
from cnncalc.exchange.onnx.operation import Operation, Unknown
from cnncalc.exchange.onnx.values import Constant, Value
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.quantities import Shape

    Rule = Callable[[Operation], Value | Moves]


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
    if op.has(1) and isinstance(op.inputs[1], Value):
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


def flatten(op: Operation) -> Value | Moves:
    """Flatten from the channels on."""
    axis = int(op.get("axis", 1))
    rank = len(op.shape()) + 1
    if (axis + rank if axis < 0 else axis) != 1:
        raise Unknown(f"it flattens from axis {axis}")
    return op.value() if rank == 2 else to_shape(op, [1, product(op.shape())])


def reshape(op: Operation) -> Value | Moves:
    """A new shape with the batch in front; -1 and 0 as ONNX has them."""
    wanted = op.integers(1, "shape")
    if wanted is None:
        raise Unknown("its shape is not in the file")
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
        raise Unknown("it joins the batch with another axis")
    new = tuple(lengths[1:])
    if not new:
        raise Unknown("it leaves no axis but the batch")
    return op.moves().reshaped(new, op.name)


def squeeze(op: Operation) -> Value | Moves:
    """Axes of length 1 taken away."""
    whole = [1, *op.shape()]
    axes = op.integers(1, "axes")
    if axes is None:
        gone = {axis for axis, n in enumerate(whole) if n == 1 and axis > 0}
    else:
        gone = {op.axis(axis) + 1 for axis in axes}
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
        raise Unknown("it moves the batch")
    return op.moves().permuted(tuple([axis - 1 for axis in order[1:]]), op.name)


def concat(op: Operation) -> Value:
    """Several layers joined along an axis."""
    values = [op.value(i) for i in range(len(op.inputs))]
    if len(values) == 1:
        return values[0]
    axis = op.axis(int(op.get("axis", 1)))
    return op.add("concat", *values) if axis == 0 else op.add("concat", *values, axis=axis)


def cut(op: Operation, axis: int, start: int, stop: int, step: int, name: str) -> Value:
    """Return some positions of one axis of the input."""
    shape = op.shape()
    if (start, stop, step) == (0, shape[axis], 1):
        return op.value()
    if axis == 0:
        return op.add("slice", start=start, stop=stop, step=step, name=name)
    return op.add("slice", start=start, stop=stop, step=step, axis=axis, name=name)


def slice_(op: Operation) -> Value:
    """A stretch of some axes."""
    starts, stops = op.integers(1, "starts"), op.integers(2, "ends")
    if starts is None or stops is None:
        raise Unknown("its bounds are not in the file")
    axes = op.integers(3, "axes") or list(range(len(starts)))
    steps = op.integers(4, "steps") or [1] * len(starts)
    value = op.value()
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        if step < 1:
            raise Unknown("it runs backwards")
        rank = len(op.shape()) + 1
        if axis % rank == 0:
            if start == 0 and stop >= 1:
                continue
            raise Unknown("it takes some samples of a batch")
        own = op.axis(axis)
        length = op.shape()[own]
        low = min(max(start + length if start < 0 else start, 0), length)
        high = min(max(stop + length if stop < 0 else stop, 0), length)
        if low >= high:
            raise op.error(f"it takes nothing of axis {axis}")
        value = cut(op, own, low, high, step, op.name)
        op.inputs[0] = value
    return value


def gather(op: Operation) -> Value | Moves:
    """Some positions of an axis that follow one another, or one of them."""
    indices = op.constant(1)
    numbers = indices.numbers()
    own = op.axis(int(op.get("axis", 0)))
    length = op.shape()[own]
    if not numbers:
        raise Unknown("its indices are not in the file")
    places = [int(n) + length if n < 0 else int(n) for n in numbers]
    step = places[1] - places[0] if len(places) > 1 else 1
    if step < 1 or places != list(range(places[0], places[0] + step * len(places), step)):
        raise Unknown("it takes positions in no order")
    value = cut(op, own, places[0], min(places[-1] + step, length), step, op.name)
    if indices.shape:
        return value
    op.inputs[0] = value
    shape = [1, *op.shape()]
    return to_shape(op, shape[: own + 1] + shape[own + 2 :])


def split(op: Operation) -> list[Value]:
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
    result, start = [], 0
    for number, size in enumerate(sizes):
        name = f"{op.name}_{number + 1}"
        result.append(cut(op, own, start, start + size, 1, name))
        start += size
    return result


def pad(op: Operation) -> Value:
    """Padding of space and channels."""
    pads = op.integers(1, "pads")
    if pads is None:
        raise Unknown("its padding is not in the file")
    shape = op.shape()
    rank = len(shape) + 1
    if op.has(3):
        axes = [op.axis(axis) + 1 for axis in op.integers(3, "axes") or []]
        given, pads = pads, [0] * (2 * rank)
        for number, axis in enumerate(axes):
            pads[axis], pads[rank + axis] = given[number], given[len(axes) + number]
    if len(pads) != 2 * rank:
        raise op.error(f"it has {len(pads)} numbers for {rank} axes")
    before, after = pads[:rank], pads[rank:]
    if before[0] or after[0]:
        raise Unknown("it adds samples to the batch")
    modes = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    mode = modes.get(str(op.get("mode", "constant")))
    if mode is None:
        raise Unknown(f"its mode is {op.get('mode')}")
    constant = op.optional(2)
    value = constant.single() if constant is not None else op.get("value", 0.0)
    if value is None or abs(value) > 1e37:
        raise Unknown(f"it pads with {value}")
    pairs = list(zip(before[1:], after[1:], strict=True))
    if all(pair == (0, 0) for pair in pairs):
        return op.value()
    cuts = [(max(-a, 0), max(-b, 0)) for a, b in pairs[1:]]
    found = op.value()
    if any(cuts_of != (0, 0) for cuts_of in cuts):
        found = op.add("crop", found, cropping=tuple(cuts))
    added = tuple([(max(a, 0), max(b, 0)) for a, b in pairs[1:]])
    if min(pairs[0]) < 0:
        raise Unknown("it takes channels away")
    if pairs[0] == (0, 0) and not any(pair != (0, 0) for pair in added):
        return found
    channels = None if pairs[0] == (0, 0) else pairs[0]
    return op.add(
        "pad", found, padding=added or 0, mode=mode, value=float(value), channels=channels
    )


def resize(op: Operation) -> Value:
    """Upsampling to a size; what is found between the elements must be what ours finds."""
    shape = op.shape()
    sizes = target_sizes(op, shape)
    mode = str(op.get("mode", "nearest"))
    if sizes == shape[1:]:
        return op.value()
    rank = len(sizes)
    factors = [new // old for new, old in zip(sizes, shape[1:], strict=True)]
    exact = all(f * old == new for f, old, new in zip(factors, shape[1:], sizes, strict=True))
    places = str(op.get("coordinate_transformation_mode", "half_pixel"))
    if op.kind == "Upsample" or op.version < 11:
        places = "asymmetric"
    if mode == "nearest":
        rule = str(op.get("nearest_mode", "round_prefer_floor"))
        floors = places == "asymmetric" and (rule == "floor" or op.version < 11)
        centred = places in ("half_pixel", "pytorch_half_pixel") and rule.startswith("round")
        if not (exact and (floors or centred)) and not floors:
            raise Unknown(f"it takes the nearest element by {places} and {rule}")
        word = "nearest"
    elif mode in ("linear", "cubic"):
        aligned = places == "align_corners"
        if not aligned and places not in ("half_pixel", "pytorch_half_pixel"):
            raise Unknown(f"it finds its places by {places}")
        word = "bicubic" if mode == "cubic" else ("linear", "bilinear", "trilinear")[rank - 1]
        if mode == "cubic" and float(op.get("cubic_coeff_a", -0.75)) != -0.75:
            raise Unknown("its cubic differs from PyTorch's")
        if aligned:
            return op.add("upsample", size=lone(sizes), mode=word, align_corners=True)
    else:
        raise Unknown(f"its mode is {mode}")
    if exact:
        return op.add("upsample", scale_factor=lone(tuple(factors)), mode=word)
    return op.add("upsample", size=lone(sizes), mode=word)


def target_sizes(op: Operation, shape: Shape) -> tuple[int, ...]:
    """Return the spatial sizes that `Resize` or `Upsample` is asked for."""
    sizes = op.optional(3) if len(op.inputs) > 3 else None
    if sizes is not None and sizes.count:
        wanted = [int(n) for n in sizes.numbers() or []]
        if wanted[:2] != [1, shape[0]] and len(wanted) == len(shape) + 1:
            raise Unknown("it resizes batch or channels")
        return tuple(wanted[-(len(shape) - 1) :])
    place = 1 if op.kind == "Upsample" or op.version < 11 else 2
    scales = op.optional(place) if len(op.inputs) > place else None
    numbers = scales.numbers() if scales is not None and scales.count else op.get("scales")
    if not numbers and op.kind == "Upsample" and op.get("height_scale"):
        numbers = [1.0, 1.0, op.get("height_scale"), op.get("width_scale")]
    if not numbers:
        raise Unknown("its size is not in the file")
    if len(numbers) == len(shape) + 1:
        if [float(n) for n in numbers[:2]] != [1.0, 1.0]:
            raise Unknown("it resizes batch or channels")
        numbers = numbers[2:]
    return tuple([int(n * float(s)) for n, s in zip(shape[1:], numbers, strict=True)])


def lone(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """Return one number where all are alike."""
    return values[0] if len(set(values)) == 1 else values


def depth_to_space(op: Operation) -> Value:
    """Channels to space in PyTorch's order of channels; with one channel left all are the same."""
    factor, channels = int(op.get("blocksize")), op.shape()[0]
    if str(op.get("mode", "DCR")) == "DCR" and channels != factor**2:
        raise Unknown("its channels are in TensorFlow's order (mode DCR)")
    return op.add("pixel_shuffle", upscale_factor=factor)


def space_to_depth(op: Operation) -> Value:
    """Space to channels."""
    return op.add("space_to_depth", block_size=int(op.get("blocksize")))


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


def same(op: Operation) -> Value | Moves:
    """Operations that pass their input on, and leave no trace."""
    return op.moves() if isinstance(op.inputs[0], Moves) else op.value()


def dropout(op: Operation) -> Value:
    """Dropout; identity at inference."""
    given = op.optional(1)
    ratio = op.get("ratio", 0.5) if given is None else given.single()
    return op.add("dropout", p=float(f"{ratio:.7g}") if ratio is not None else 0.5)


RULES: dict[str, Rule] = {
    "Gemm": gemm,
    "MatMul": matmul,
    "Flatten": flatten,
    "Reshape": reshape,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Concat": concat,
    "Slice": slice_,
    "Gather": gather,
    "Pad": pad,
    "Resize": resize,
    "Upsample": resize,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "ReduceMean": reduced,
    "ReduceMax": reduced,
    "ReduceSum": reduced,
    "Dropout": dropout,
    "Identity": same,
    "Cast": same,
}
