"""Operations that make maps larger, or move channels to space and back."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.values import Value
from cnncalc.exchange.sides import alike

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.quantities import Shape


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
            raise UnknownOperation(f"it takes the nearest element by {places} and {rule}")
        word = "nearest"
    elif mode in ("linear", "cubic"):
        aligned = places == "align_corners"
        if not aligned and places not in ("half_pixel", "pytorch_half_pixel"):
            raise UnknownOperation(f"it finds its places by {places}")
        word = "bicubic" if mode == "cubic" else ("linear", "bilinear", "trilinear")[rank - 1]
        if mode == "cubic" and float(op.get("cubic_coeff_a", -0.75)) != -0.75:
            raise UnknownOperation("its cubic differs from PyTorch's")
        if aligned:
            return op.add("upsample", size=alike(sizes), mode=word, align_corners=True)
    else:
        raise UnknownOperation(f"its mode is {mode}")
    if exact:
        return op.add("upsample", scale_factor=alike(factors), mode=word)
    return op.add("upsample", size=alike(sizes), mode=word)


def target_sizes(op: Operation, shape: Shape) -> tuple[int, ...]:
    """Return the spatial sizes that `Resize` or `Upsample` is asked for."""
    sizes = op.optional(3) if len(op.inputs) > 3 else None
    if sizes is not None and sizes.count:
        wanted = [int(n) for n in sizes.numbers() or []]
        if wanted[:2] != [1, shape[0]] and len(wanted) == len(shape) + 1:
            raise UnknownOperation("it resizes batch or channels")
        return tuple(wanted[-(len(shape) - 1) :])
    place = 1 if op.kind == "Upsample" or op.version < 11 else 2
    scales = op.optional(place) if len(op.inputs) > place else None
    numbers = scales.numbers() if scales is not None and scales.count else op.get("scales")
    if not numbers and op.kind == "Upsample" and op.get("height_scale"):
        numbers = [1.0, 1.0, op.get("height_scale"), op.get("width_scale")]
    if not numbers:
        raise UnknownOperation("its size is not in the file")
    if len(numbers) == len(shape) + 1:
        if [float(n) for n in numbers[:2]] != [1.0, 1.0]:
            raise UnknownOperation("it resizes batch or channels")
        numbers = numbers[2:]
    return tuple([int(n * float(s)) for n, s in zip(shape[1:], numbers, strict=True)])


def depth_to_space(op: Operation) -> Value:
    """Channels to space in PyTorch's order of channels; with one channel left all are the same."""
    factor, channels = int(op.get("blocksize")), op.shape()[0]
    if str(op.get("mode", "DCR")) == "DCR" and channels != factor**2:
        raise UnknownOperation("its channels are in TensorFlow's order (mode DCR)")
    return op.add("pixel_shuffle", upscale_factor=factor)


def space_to_depth(op: Operation) -> Value:
    """Space to channels."""
    return op.add("space_to_depth", block_size=int(op.get("blocksize")))
