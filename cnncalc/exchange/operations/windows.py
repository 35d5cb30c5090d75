"""Convolutions, pools, and operations that make maps larger, or move channels to space and back."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.values import ConstantArray, Value
from cnncalc.exchange.targets import alike

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Rule
    from cnncalc.quantities import Shape


def per_axis(op: Operation, attribute: str, rank: int, default: int = 1) -> list[int]:
    """Return an attribute with one number per axis."""
    found = op.get(attribute)
    values = [int(n) for n in found] if found else [default] * rank
    if len(values) != rank:
        raise op.error(f"`{attribute}` has {len(values)} numbers for {rank} axes")
    return values


def padding(op: Operation, rank: int) -> int | str | tuple[Any, ...]:
    """Return the padding as a spec has it, from `pads` or `auto_pad`.

    Raises `UnknownOperation` for negative padding, which cuts.
    """
    auto = op.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        return "same" if auto == "SAME_UPPER" else "same_lower"
    found = [int(n) for n in op.get("pads") or ()] if auto == "NOTSET" else []
    if not found:
        return 0
    if len(found) != 2 * rank:
        raise op.error(f"`pads` has {len(found)} numbers for {rank} axes")
    if min(found) < 0:
        raise UnknownOperation("its padding is negative")
    pairs = list(zip(found[:rank], found[rank:], strict=True))
    if all(before == after for before, after in pairs):
        return alike([before for before, _ in pairs])
    return tuple(pairs)


def window(op: Operation, kernel: list[int]) -> dict[str, Any]:
    """Return the fields that say where a window stands; defaults are left out."""
    rank = len(kernel)
    fields: dict[str, Any] = {
        "kernel_size": alike(kernel),
        "stride": alike(per_axis(op, "strides", rank)),
        "padding": padding(op, rank),
        "dilation": alike(per_axis(op, "dilations", rank)),
    }
    return fields


def kernel_of(op: Operation, weight: ConstantArray) -> list[int]:
    """Return the lengths of a convolution's kernel; raises `SpecError` where they disagree."""
    rank = len(op.shape()) - 1
    kernel = list(weight.shape[2:])
    if rank < 1 or len(weight.shape) != rank + 2:
        shown = "x".join(map(str, weight.shape))
        raise op.error(f"weights of {shown} cannot serve an input with {rank} spatial axes")
    given = op.get("kernel_shape")
    if given and [int(n) for n in given] != kernel:
        raise op.error(f"`kernel_shape` is {list(given)}, but the weights have {kernel}")
    return kernel


def with_bias(arrays: dict[str, Any], bias: ConstantArray | None) -> dict[str, Any]:
    """Return the arrays of a layer with a bias, if there is one."""
    return arrays if bias is None else {**arrays, "bias": bias}


def conv(op: Operation) -> Value:
    """Convolution; its weights may be the output of a constant operation."""
    weight, bias = op.constant(1), op.optional(2)
    return op.add(
        "conv",
        arrays=with_bias({"weight": weight}, bias),
        out_channels=weight.shape[0],
        groups=int(op.get("group", 1)),
        bias=bias is not None,
        **window(op, kernel_of(op, weight)),
    )


def conv_transpose(op: Operation) -> Value:
    """Transposed convolution; `output_shape` is turned into the padding that gives it."""
    weight, bias = op.constant(1), op.optional(2)
    kernel = kernel_of(op, weight)
    rank, groups = len(kernel), int(op.get("group", 1))
    fields = window(op, kernel)
    extra = per_axis(op, "output_padding", rank, 0)
    wanted = op.get("output_shape")
    lower = fields["padding"] == "same_lower"
    if wanted or isinstance(fields["padding"], str):
        strides, dilations = per_axis(op, "strides", rank), per_axis(op, "dilations", rank)
        lengths = op.shape()[1:]
        goals = [int(n) for n in wanted][-rank:] if wanted else []
        pairs = []
        for axis in range(rank):
            goal = goals[axis] if goals else lengths[axis] * strides[axis]
            full = (lengths[axis] - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1
            total = full + extra[axis] - goal
            if total < 0:
                raise UnknownOperation("its output is longer than its kernel reaches")
            half = total // 2
            pairs.append((total - half, half) if not lower and wanted else (half, total - half))
        fields["padding"] = tuple(pairs)
    return op.add(
        "conv_transpose",
        arrays=with_bias({"weight": weight}, bias),
        out_channels=weight.shape[1] * groups,
        groups=groups,
        bias=bias is not None,
        output_padding=alike(extra),
        **fields,
    )


def pool(keyword: str) -> Rule:
    """Return the rule of a pool; its default step is 1, and averages leave the padding out."""

    def rule(op: Operation) -> Value:
        if len([name for name in op.outputs if name]) > 1:
            raise UnknownOperation("it also gives the places of the largest elements")
        kernel = [int(n) for n in op.get("kernel_shape", ())]
        if len(kernel) != len(op.shape()) - 1:
            raise op.error(
                f"`kernel_shape` has {len(kernel)} numbers for {len(op.shape()) - 1} axes"
            )
        fields = window(op, kernel)
        if op.get("ceil_mode", 0):
            fields["ceil_mode"] = True
        if fields["stride"] == fields["kernel_size"]:
            del fields["stride"]
        if op.get("divisor") is not None:
            fields["divisor_override"] = int(op.get("divisor"))
        if keyword == "avg_pool" and (fields["padding"] or op.get("ceil_mode", 0)):
            fields["count_include_pad"] = bool(op.get("count_include_pad", 0))
        if keyword == "lp_pool":
            fields["norm_type"] = float(op.get("p", 2))
        return op.add(keyword, **fields)

    return rule


def resize(op: Operation) -> Value:
    """Upsampling to a size; what is found between the elements must be what ours finds."""
    shape = op.shape()
    sizes = target_sizes(op, shape)
    mode = str(op.get("mode", "nearest"))
    if sizes == shape[1:]:
        return op.value()
    exact = all(new % old == 0 for new, old in zip(sizes, shape[1:], strict=True))
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
        if places not in ("align_corners", "half_pixel", "pytorch_half_pixel"):
            raise UnknownOperation(f"it finds its places by {places}")
        word = "bicubic" if mode == "cubic" else ("linear", "bilinear", "trilinear")[len(sizes) - 1]
        if mode == "cubic" and float(op.get("cubic_coeff_a", -0.75)) != -0.75:
            raise UnknownOperation("its cubic differs from PyTorch's")
    else:
        raise UnknownOperation(f"its mode is {mode}")
    return enlarged(op, sizes, word, corners=places == "align_corners")


def enlarged(op: Operation, sizes: tuple[int, ...], mode: str, *, corners: bool = False) -> Value:
    """Add an upsampling to some lengths, by factors where they are whole."""
    lengths = op.shape()[1:]
    if corners:
        return op.add("upsample", size=alike(sizes), mode=mode, align_corners=True)
    if any(new % old for new, old in zip(sizes, lengths, strict=True)):
        return op.add("upsample", size=alike(sizes), mode=mode)
    factors = [new // old for new, old in zip(sizes, lengths, strict=True)]
    return op.add("upsample", scale_factor=alike(factors), mode=mode)


def target_sizes(op: Operation, shape: Shape) -> tuple[int, ...]:
    """Return the spatial sizes that `Resize` or `Upsample` is asked for."""
    sizes = op.optional(3)
    if sizes is not None and sizes.count:
        wanted = [int(n) for n in sizes.numbers() or []]
        if wanted[:2] != [1, shape[0]] and len(wanted) == len(shape) + 1:
            raise UnknownOperation("it resizes batch or channels")
        return tuple(wanted[-(len(shape) - 1) :])
    place = 1 if op.kind == "Upsample" or op.version < 11 else 2
    scales = op.optional(place)
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
