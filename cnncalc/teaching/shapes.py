"""Where an output shape comes from: one derivation per axis that differs, and the channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.geometry import adaptive_bin
from cnncalc.quantities import show_shape
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.frame import AXES, Frame, plural
from cnncalc.teaching.windows import (
    ADAPTIVE,
    GLOBAL,
    SLIDING,
    along_axes,
    channels,
    padding_term,
    sliding,
    transposed,
)

if TYPE_CHECKING:
    from cnncalc.quantities import Shape


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
