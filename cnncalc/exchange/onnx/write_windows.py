"""How convolutions and pools are written in ONNX: padding in numbers, windows that always fit.

ONNX gives `auto_pad` and rounding up no one meaning for strides and holes, and runtimes differ; so
`same` and elements beyond the end become plain padding.
"""

from __future__ import annotations

from cnncalc.exchange.onnx.write_activations import plain
from cnncalc.exchange.targets import Sides, axes_of, refusal, sides_of
from cnncalc.geometry import adaptive_bin
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.onnx.model import Writing

    Pairs = list[tuple[int, int]]

#: What ONNX calls what padding holds.
PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pads_of(sides: list[Sides]) -> list[int]:
    """Return all padding as ONNX lists it."""
    return [side.before for side in sides] + [side.after + side.extra for side in sides]


def window(sides: list[Sides], *, padded: bool = True) -> dict[str, Any]:
    """Return the attributes of a window; `padded` adds its padding."""
    attributes: dict[str, Any] = {
        "kernel_shape": [side.kernel for side in sides],
        "strides": [side.stride for side in sides],
    }
    if padded and any(pads_of(sides)):
        attributes["pads"] = pads_of(sides)
    if any(side.dilation > 1 for side in sides):
        attributes["dilations"] = [side.dilation for side in sides]
    return attributes


def surrounded(to: Writing, x: str, sides: list[Sides], mode: str, value: float = 0.0) -> str:
    """Return a map with its padding around, and with what a window reads beyond it."""
    pairs = [(side.before, side.after + side.extra) for side in sides]
    return to.pad(x, [(0, 0), *pairs], mode, value)


def conv(layer: Any, to: Writing) -> str:
    sides = sides_of(layer, to.shape, to.output)
    x, padded = to.x, layer.padding_mode == "zeros"
    if not padded and any(pads_of(sides)):
        x = surrounded(to, x, sides, PAD_MODES[layer.padding_mode])
    attributes = window(sides, padded=padded)
    if layer.connections is not None:
        return by_table(layer, to, x, attributes)
    bias = [to.weight("bias")] if layer.bias else []
    if layer.groups > 1:
        attributes["group"] = layer.groups
    return to.add("Conv", x, to.weight("weight"), *bias, **attributes)


def by_table(layer: Any, to: Writing, x: str, attributes: dict[str, Any]) -> str:
    """Write a convolution whose filters read the channels in a table.

    Filters that read equally many channels are one grouped convolution of copies of these channels;
    so exactly the weights of the table are there.
    """
    rows = layer.connections
    starts = [sum(len(row) for row in rows[:i]) for i in range(len(rows))]
    kernel = to.arrays["weight"].shape[1:]
    made: dict[int, str] = {}
    for count in dict.fromkeys(len(row) for row in rows):
        filters = [i for i, row in enumerate(rows) if len(row) == count]
        channels = [channel for i in filters for channel in rows[i]]
        taken = [to.slice(x, 0, channel, channel + 1) for channel in channels]
        picked = taken[0] if len(taken) == 1 else to.add("Concat", *taken, axis=1)
        planes = [plane for i in filters for plane in range(starts[i], starts[i] + count)]
        weight = to.arrays["weight"][planes].reshape(len(filters), count, *kernel)
        arrays = [to.made_of(f"weight:{count}", weight)]
        if layer.bias:
            arrays.append(to.made_of(f"bias:{count}", to.arrays["bias"][filters]))
        maps = to.add("Conv", picked, *arrays, group=len(filters), **attributes)
        for place, i in enumerate(filters):
            made[i] = maps if len(filters) == len(rows) else to.slice(maps, 0, place, place + 1)
    ordered = [made[i] for i in range(len(rows))]
    return ordered[0] if len(set(ordered)) == 1 else to.add("Concat", *ordered, axis=1)


def conv_transpose(layer: Any, to: Writing) -> str:
    windows = layer.windows(to.shape)
    cuts = [(w.before, w.after) for w in windows]
    extra = axes_of(layer.output_padding, to.rank)
    if any(n >= w.stride for n, w in zip(extra, windows, strict=True)):
        # ONNX wants it below the step; what is added at the end is as much cut less.
        cuts = [(before, after - n) for (before, after), n in zip(cuts, extra, strict=True)]
        extra = [0] * to.rank
    attributes: dict[str, Any] = {
        "kernel_shape": [w.kernel for w in windows],
        "strides": [w.stride for w in windows],
        "pads": [max(before, 0) for before, _ in cuts] + [max(after, 0) for _, after in cuts],
        "dilations": [w.dilation for w in windows],
        "group": layer.groups,
    }
    if any(extra):
        attributes["output_padding"] = extra
    beyond = [(max(-before, 0), max(-after, 0)) for before, after in cuts]
    wider = any(map(any, beyond))  # places that no kernel reaches hold the bias alone
    bias = [to.weight("bias")] if layer.bias and not wider else []
    y = to.add("ConvTranspose", to.x, to.weight("weight"), *bias, **attributes)
    if not wider:
        return y
    y = to.pad(y, [(0, 0), *beyond])
    return to.add("Add", y, to.per_channel("bias", to.rank)) if layer.bias else y


def is_wide(sides: list[Sides]) -> bool:
    """Return whether a window may lie in the padding alone."""
    return any(max(s.before, s.after + s.extra) >= s.kernel for s in sides)


def max_of(to: Writing, x: str, sides: list[Sides]) -> str:
    """Return the largest element of each window; what is added around never wins."""
    wide = is_wide(sides)
    if wide:  # windows that lie in the padding alone are refused by runtimes
        x = surrounded(to, x, sides, "constant", float("-inf"))
    return to.add("MaxPool", x, **window(sides, padded=not wide))


def max_pool(layer: Any, to: Writing) -> str:
    return max_of(to, to.x, sides_of(layer, to.shape, to.output))


def min_pool(layer: Any, to: Writing) -> str:
    highest = max_of(to, to.add("Neg", to.x), sides_of(layer, to.shape, to.output))
    return to.add("Neg", highest)


def full_mean(to: Writing, x: str, sides: list[Sides]) -> str:
    """Return the mean of each window in which every added element counts as a zero."""
    if any(pads_of(sides)):
        x = surrounded(to, x, sides, "constant")
    return to.add("AveragePool", x, **window(sides, padded=False))


def mean_of(to: Writing, x: str, sides: list[Sides], *, with_padding: bool) -> str:
    """Return the mean of each window over the elements that count; 0 where none does.

    Padding counts or not; what a window has beyond the padding never does. An attribute says that
    for the usual windows; for others it depends on the runtime, and divisors are constants.
    """
    numbers = counted(to, sides, with_padding)
    taps = product([side.kernel for side in sides])
    if with_padding and numbers.min() == numbers.max() == taps:
        return full_mean(to, x, sides)
    if is_wide(sides) or numbers.min() == 0 or with_padding:
        mean = full_mean(to, x, sides)
        factors = taps / numbers.clip(1)
        return to.add("Mul", mean, to.constant(factors[None].astype("float32")))
    return to.add("AveragePool", x, count_include_pad=0, **window(sides))


def counted(to: Writing, sides: list[Sides], with_padding: bool) -> Any:
    """Return how many elements of each window count, as an array over the output's positions."""
    import numpy as np

    counts: Any = np.ones((), np.int64)
    for side, length, positions in zip(sides, to.shape[1:], to.output[1:], strict=True):
        lowest, end = (-side.before, length + side.after) if with_padding else (0, length)
        starts = np.arange(positions) * side.stride - side.before
        taps = starts[:, None] + np.arange(side.kernel) * side.dilation
        counts = np.multiply.outer(counts, ((lowest <= taps) & (taps < end)).sum(axis=1))
    return counts


def avg_pool(layer: Any, to: Writing) -> str:
    sides = sides_of(layer, to.shape, to.output)
    if layer.divisor_override is not None:
        taps = product([side.kernel for side in sides])
        mean = full_mean(to, to.x, sides)
        return to.add("Mul", mean, to.number(taps / layer.divisor_override))
    return mean_of(to, to.x, sides, with_padding=layer.count_include_pad)


def lp_pool(layer: Any, to: Writing) -> str:
    sides = sides_of(layer, to.shape, to.output)
    p = layer.norm_type
    if p == 2 and not any(side.extra for side in sides):
        x = surrounded(to, to.x, sides, "constant") if any(pads_of(sides)) else to.x
        return to.add("LpPool", x, p=2, **window(sides, padded=False))
    powers = to.add("Pow", to.x, to.number(p)) if p != 1 else to.x
    mean = mean_of(to, powers, sides, with_padding=True)
    taps = product([side.kernel for side in sides])
    total = to.add("Mul", mean, to.number(float(taps)))
    return to.add("Pow", total, to.number(1 / p)) if p != 1 else total


def global_lp_pool(layer: Any, to: Writing) -> str:
    p, axes = layer.norm_type, to.integers(list(range(2, to.rank + 2)))
    if p == 2:
        return to.add("ReduceL2", to.x, axes, keepdims=1)
    powers = to.add("Pow", to.x, to.number(p)) if p != 1 else to.x
    total = to.add("ReduceSum", powers, axes, keepdims=1)
    return to.add("Pow", total, to.number(1 / p)) if p != 1 else total


def subsample(layer: Any, to: Writing) -> str:
    sides = sides_of(layer, to.shape, to.output)
    mean = full_mean(to, to.x, sides)
    taps = product([side.kernel for side in sides])
    total = to.add("Mul", mean, to.number(float(taps)))
    scaled = to.add("Mul", total, to.per_channel("weight", to.rank))
    return to.add("Add", scaled, to.per_channel("bias", to.rank))


def adaptive(kind: str, reduce: str) -> Any:
    """Return the rule of a pool over bins: windows where all bins are equal, else bin by bin."""

    def write(_layer: Any, to: Writing) -> str:
        lengths = list(zip(to.shape[1:], to.output[1:], strict=True))
        if all(length % bins == 0 for length, bins in lengths):
            sizes = [length // bins for length, bins in lengths]
            return to.add(kind, to.x, kernel_shape=sizes, strides=sizes)
        x = to.x
        for axis, (length, bins) in enumerate(lengths, 1):
            parts = []
            for index in range(bins):
                low, high = adaptive_bin(index, bins, length)
                part = to.slice(x, axis, low, high)
                parts.append(to.add(reduce, part, to.integers([axis + 1]), keepdims=1))
            x = parts[0] if len(parts) == 1 else to.add("Concat", *parts, axis=axis + 1)
        return x

    return write


RULES = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "locally_connected": refusal(
        "its filters differ from place to place, and a Conv has one set for all"
    ),
    "max_pool": max_pool,
    "min_pool": min_pool,
    "avg_pool": avg_pool,
    "lp_pool": lp_pool,
    "subsample": subsample,
    "global_avg_pool": plain("GlobalAveragePool"),
    "global_max_pool": plain("GlobalMaxPool"),
    "global_lp_pool": global_lp_pool,
    "adaptive_avg_pool": adaptive("AveragePool", "ReduceMean"),
    "adaptive_max_pool": adaptive("MaxPool", "ReduceMax"),
}
