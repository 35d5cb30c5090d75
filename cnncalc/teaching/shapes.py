"""Where an output shape comes from: one derivation per axis that differs, and the channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.geometry import Window, adaptive_bin, leftover
from cnncalc.quantities import show_shape
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.frame import AXES, Frame, plural

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

OneAxis: TypeAlias = Callable[[Frame, int, Window, str], list[Line]]

SLIDING = (
    "conv", "locally_connected", "max_pool", "min_pool", "avg_pool", "lp_pool", "subsample",
)  # fmt: skip
GLOBAL = ("global_avg_pool", "global_max_pool")
ADAPTIVE = ("adaptive_avg_pool", "adaptive_max_pool")
FILTERS = ("conv", "conv_transpose", "locally_connected")


def shape_lines(frame: Frame) -> list[Line]:
    """Return where the output shape of a layer comes from.

    Raises `SpecError` for a layer that changes its shape and has no derivation here.
    """
    keyword = frame.layer.keyword
    if keyword in SLIDING:
        return along_axes(frame, sliding) + channels(frame)
    if keyword == "conv_transpose":
        return along_axes(frame, transposed) + channels(frame)
    if keyword in GLOBAL:
        return [f"each channel of {show_shape(frame.input[1:])} becomes one number: axes of size 1"]
    if keyword in ADAPTIVE:
        return adaptive(frame)
    special = OTHERS.get(keyword)
    if special is not None:
        return special(frame)
    if all(shape == frame.output for shape in frame.row.inputs):
        return [UNCHANGED.get(keyword, f"{keyword} keeps the shape")]
    raise SpecError(Diagnostic(f"there is no derivation of the shape of {keyword}"))


UNCHANGED = {
    "dropout": "dropout keeps the shape (at inference it passes everything on)",
    "add": "all branches have this shape, and so has their sum",
    "multiply": "all branches have this shape, and so has their product",
    "softmax": "softmax keeps the shape; it works over the channels",
    "batch_norm": "batch norm keeps the shape: it treats each channel by itself",
}


def along_axes(frame: Frame, one: OneAxis) -> list[Line]:
    """Return the derivation of every axis, those that are alike told once."""
    lines: list[Line] = []
    groups: dict[tuple[object, ...], list[int]] = {}
    windows = frame.windows()
    for axis in range(frame.rank):
        key = (frame.input[1 + axis], windows[axis], frame.output[1 + axis], extra(frame, axis))
        groups.setdefault(key, []).append(axis)
    for axes in groups.values():
        # The last of them speaks for all: lectures write W.
        names = [frame.where[axis][0] for axis in axes[:-1]]
        alike = " and ".join(names) + " alike" if names else ""
        lines += one(frame, axes[-1], windows[axes[-1]], alike)
    return lines


def extra(frame: Frame, axis: int) -> int:
    """Return the output padding of a transposed convolution along an axis, else 0."""
    value = getattr(frame.layer, "output_padding", 0)
    return value if isinstance(value, int) else int(value[axis])


def padding_term(frame: Frame, window: Window) -> str:
    """Return the padding in a formula: `2*P`, or before and after where they differ."""
    if window.before == window.after:
        frame.put("P", window.before)
        return "2*P"
    frame.put("P_1", window.before)
    frame.put("P_2", window.after)
    return "P_1 + P_2"


def extent_line(frame: Frame, axis: int, window: Window, lines: list[Line]) -> str:
    """Return the kernel's symbol, after a line for its extent where it is dilated."""
    square = len({other.kernel for other in frame.windows()}) == 1
    kernel = frame.put("K" if square else f"K_{frame.where[axis][2]}", window.kernel)
    if window.dilation == 1:
        return kernel
    frame.put("d", window.dilation)
    holes = plural(window.dilation - 1, "element")
    lines.append(
        frame.derive(
            "E",
            f"d*({kernel} - 1) + 1",
            window.extent,
            "extent",
            f"dilation {window.dilation} skips {holes} between taps",
        )
    )
    frame.put("E", window.extent)
    return "E"


def sliding(frame: Frame, axis: int, window: Window, alike: str) -> list[Line]:
    """Return the output length of a window along one axis, and what it leaves unread."""
    lines: list[Line] = []
    length, out = frame.input[1 + axis], frame.output[1 + axis]
    letter = frame.put(frame.where[axis][1], length)
    kernel = extent_line(frame, axis, window, lines)
    stride = frame.put("S", window.stride)
    name = frame.where[axis][0]
    padding = getattr(frame.layer, "padding", 0)
    if padding in ("same", "same_lower"):
        return lines + same(frame, axis, window, kernel, alike)
    rounding = frame.layer.rounding_in_force()
    quotient = f"({letter} - {kernel} + {padding_term(frame, window)})/{stride}"
    formula, remark = f"{quotient} + 1", alike
    room = length + window.before + window.after - window.extent
    if rounding == "floor":
        formula = f"floor({quotient}) + 1"
    elif rounding == "ceil":
        formula = f"ceil({quotient}) + 1"
        if -(-room // window.stride) + 1 != out:
            formula += " - 1"
            dropped = "the last window would begin in the padding and is dropped"
            remark = f"{alike}; {dropped}" if alike else dropped
    lines.append(frame.derive(f"{letter}_out", formula, out, f"output {name}", remark))
    return lines + fit(frame, axis, window)


def same(frame: Frame, axis: int, window: Window, kernel: str, alike: str) -> list[Line]:
    """Return output length and padding of SAME along one axis."""
    name, letter, _index, _unit, _end = frame.where[axis]
    out = frame.output[1 + axis]
    lines: list[Line] = [
        frame.derive(f"{letter}_out", f"ceil({letter}/S)", out, f"output {name}", alike)
    ]
    frame.put(f"{letter}_out", out)
    total = window.before + window.after
    split = f"{window.before} before and {window.after} after"
    if window.before != window.after:
        split += "; the odd one after" if window.after > window.before else "; the odd one before"
    lines.append(
        frame.derive(
            "P_total", f"max(({letter}_out - 1)*S + {kernel} - {letter}, 0)", total,
            f"padding of the {name}", split,
        )
    )  # fmt: skip
    return lines + gaps(frame, axis, window)


def fit(frame: Frame, axis: int, window: Window) -> list[Line]:
    """Return in words how the window fits: what is left over, what is never read."""
    _name, _letter, _index, unit, end = frame.where[axis]
    length, out = frame.input[1 + axis], frame.output[1 + axis]
    room = length + window.before + window.after - window.extent
    remainder = room - (out - 1) * window.stride
    lines: list[Line] = []
    if remainder > 0:
        lost = leftover(length, window, out)
        division = f"{room}/{window.stride} leaves {remainder}"
        if lost == 0:
            lines.append(f"{division}, but that lies in the padding: every {unit} is read")
        else:
            verb = "is" if lost == 1 else "are"
            lines.append(f"{division}: {plural(lost, f'leftover {unit}')} {end} {verb} never read")
    elif remainder < 0:
        over = f"{-remainder} beyond the padded input"
        lines.append(f"the last window reaches {over}, and reads only what is there")
    return lines + gaps(frame, axis, window)


def gaps(frame: Frame, axis: int, window: Window) -> list[Line]:
    """Return a line for a stride that jumps over whole elements."""
    skipped = window.stride - window.extent
    if skipped <= 0 or frame.output[1 + axis] == 1:
        return []
    unit = frame.where[axis][3]
    verb = "is" if skipped == 1 else "are"
    return [
        f"stride {window.stride} is larger than the window of {window.extent}:"
        f" {plural(skipped, unit)} between windows {verb} never read"
    ]


def transposed(frame: Frame, axis: int, window: Window, alike: str) -> list[Line]:
    """Return the output length of a transposed convolution along one axis."""
    lines: list[Line] = []
    name, letter, *_rest = frame.where[axis]
    frame.put(letter, frame.input[1 + axis])
    kernel = extent_line(frame, axis, window, lines)
    stride = frame.put("S", window.stride)
    cut = padding_term(frame, window)
    cut = cut if cut == "2*P" else f"({cut})"
    formula = f"({letter} - 1)*{stride} - {cut} + {kernel}"
    more = extra(frame, axis)
    if more:
        formula += " + " + frame.put("A", more)
    out = frame.output[1 + axis]
    lines.append(frame.derive(f"{letter}_out", formula, out, f"output {name}", alike))
    return lines


def channels(frame: Frame) -> list[Line]:
    """Return in words where the channels of the output come from."""
    count = frame.output[0]
    if frame.layer.keyword not in FILTERS:
        return [f"channels: {count}, each pooled by itself"]
    groups = getattr(frame.layer, "groups", 1)
    line = f"channels: {count}, one per filter"
    if groups > 1:
        each = frame.input[0] // groups
        line += f"; in {groups} groups, a filter reads {each} of the {frame.input[0]} channels"
        if each == 1:
            line = f"channels: {count}; depthwise, a filter reads a single channel"
    return [line]


def adaptive(frame: Frame) -> list[Line]:
    """Return how an adaptive pool cuts its input into the bins that are asked for."""
    lines: list[Line] = [f"the output size is given: {show_shape(frame.output[1:])}"]
    for axis, (length, bins) in enumerate(zip(frame.input[1:], frame.output[1:], strict=True)):
        name = frame.where[axis][0]
        sizes = {hi - lo for lo, hi in (adaptive_bin(i, bins, length) for i in range(bins))}
        shown = " or ".join(str(size) for size in sorted(sizes))
        overlap = "" if length % bins == 0 else ", which overlap or differ"
        if length % bins == 0 or bins > length:
            overlap = "" if length >= bins else ", elements are repeated"
        lines.append(f"{name}: {plural(bins, 'bin')} over {length}, each of {shown}{overlap}")
    return lines


def flatten(frame: Frame) -> list[Line]:
    """Return the length of a flattened input."""
    formula = frame.volume(frame.input)
    return [frame.derive("F_out", formula, frame.output[0], "length of the flat vector")]


def units(frame: Frame) -> list[Line]:
    """Return in words where the length of a dense output comes from."""
    return [f"{plural(frame.output[0], 'unit')}, each reads all {frame.input[0]:,} inputs"]


def broadcast(frame: Frame) -> list[Line]:
    """Return how branches of equal shape, or of size 1 along axes, combine."""
    shapes = frame.row.inputs
    if all(shape == frame.output for shape in shapes):
        return [UNCHANGED[frame.layer.keyword]]
    shown = " and ".join(show_shape(shape) for shape in shapes)
    return [f"{shown}: an axis of size 1 is repeated along the other branch"]


def concat(frame: Frame) -> list[Line]:
    """Return the sum of the branches' channels."""
    shapes = frame.row.inputs
    names = [frame.put(f"C_{i}", shape[0]) for i, shape in enumerate(shapes, 1)]
    space = show_shape(frame.output[1:])
    remark = f"every branch is {space} in space" if len(frame.output) > 1 else ""
    return [frame.derive("C_out", " + ".join(names), frame.output[0], "channels", remark)]


def upsample(frame: Frame) -> list[Line]:
    """Return the lengths after upsampling."""
    if getattr(frame.layer, "size", None) is not None:
        return [f"the size is given: {show_shape(frame.output[1:])}"]
    lines: list[Line] = []
    for axis, (length, out) in enumerate(zip(frame.input[1:], frame.output[1:], strict=True)):
        name, letter, *_rest = frame.where[axis]
        frame.put(letter, length)
        frame.put("U", out // length)
        lines.append(frame.derive(f"{letter}_out", f"{letter}*U", out, f"output {name}"))
    return lines


def pad(frame: Frame) -> list[Line]:
    """Return the lengths after explicit padding."""
    lines: list[Line] = []
    for axis, window in enumerate(frame.windows()):
        name, letter, *_rest = frame.where[axis]
        frame.put(letter, frame.input[1 + axis])
        formula = f"{letter} + {padding_term(frame, window)}"
        out = frame.output[1 + axis]
        lines.append(frame.derive(f"{letter}_out", formula, out, f"output {name}"))
    return lines + added_channels(frame)


def added_channels(frame: Frame) -> list[Line]:
    """Return a line for channels that padding adds."""
    more = frame.output[0] - frame.input[0]
    return [f"channels: {frame.input[0]} and {more} of a constant"] if more else []


def crop(frame: Frame) -> list[Line]:
    """Return the lengths after cropping."""
    lines: list[Line] = []
    edges = frame.layer.edges(frame.input)
    for axis, (before, after) in enumerate(edges):
        name, letter, *_rest = frame.where[axis]
        frame.put(letter, frame.input[1 + axis])
        frame.put("P_1", before)
        frame.put("P_2", after)
        out = frame.output[1 + axis]
        lines.append(
            frame.derive(f"{letter}_out", f"{letter} - P_1 - P_2", out, f"output {name}", "cut off")
        )
    return lines


def cut(frame: Frame) -> list[Line]:
    """Return the channels that a slice keeps."""
    layer = frame.layer
    start, step = layer.start, layer.step
    stop = layer.stop if layer.stop is not None else frame.input[0]
    frame.put("start", start)
    frame.put("stop", stop)
    frame.put("step", step)
    return [frame.derive("C_out", "ceil((stop - start)/step)", frame.output[0], "channels kept")]


def given(frame: Frame) -> list[Line]:
    """Return the one line for an input."""
    return [f"given: {describe(frame.output)}"]


OTHERS = {
    "flatten": flatten,
    "linear": units,
    "rbf": units,
    "add": broadcast,
    "multiply": broadcast,
    "concat": concat,
    "upsample": upsample,
    "pad": pad,
    "crop": crop,
    "slice": cut,
    "input": given,
}


def describe(shape: Shape) -> str:
    """Return a shape in words: `3 channels, height 32, width 32`."""
    if len(shape) == 1:
        return f"a flat vector of {shape[0]}"
    names = [axis[0] for axis in AXES.get(len(shape) - 1, ())]
    sizes = [f"{name} {n}" for name, n in zip(names, shape[1:], strict=False)]
    return ", ".join([plural(shape[0], "channel"), *sizes])
