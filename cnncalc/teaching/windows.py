"""Where a sliding window's output comes from: length, padding, what is left over, channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from cnncalc.geometry import Window, leftover
from cnncalc.teaching.derivation import Line
from cnncalc.teaching.frame import LayerFrame, plural

OneAxis: TypeAlias = Callable[[LayerFrame, int, Window, str], list[Line]]


class Board(LayerFrame):
    """A frame on which the layers themselves write (`layers.protocols`)."""

    def sliding(self) -> list[Line]:
        """Return where the output of a sliding window comes from: lengths and channels."""
        return along_axes(self, sliding) + channels(self)

    def transposed(self) -> list[Line]:
        """Return where the output of a transposed convolution comes from."""
        return along_axes(self, transposed) + channels(self)


def along_axes(frame: LayerFrame, one: OneAxis) -> list[Line]:
    """Return the derivation of every axis, those that are alike once."""
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


def extra(frame: LayerFrame, axis: int) -> int:
    """Return the output padding of a transposed convolution along an axis, else 0."""
    value = getattr(frame.layer, "output_padding", 0)
    return value if isinstance(value, int) else int(value[axis])


def extent_line(frame: LayerFrame, axis: int, window: Window, lines: list[Line]) -> str:
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


def sliding(frame: LayerFrame, axis: int, window: Window, alike: str) -> list[Line]:
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
    quotient = f"({letter} - {kernel} + {frame.padding(window.before, window.after)})/{stride}"
    formula, remark = f"{quotient} + 1", alike
    room = length + window.before + window.after - window.extent
    if rounding == "floor":
        formula = f"floor({quotient}) + 1"
    elif rounding == "ceil":
        formula = f"ceil({quotient}) + 1"
        if -(-room // window.stride) + 1 != out:
            formula += " - 1"
            where = "in" if frame.layer.role == "pool" else "beyond"
            dropped = f"the last window would begin {where} the padding and is dropped"
            remark = f"{alike}; {dropped}" if alike else dropped
    lines.append(frame.derive(f"{letter}_out", formula, out, f"output {name}", remark))
    return lines + fit(frame, axis, window)


def same(frame: LayerFrame, axis: int, window: Window, kernel: str, alike: str) -> list[Line]:
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


def fit(frame: LayerFrame, axis: int, window: Window) -> list[Line]:
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


def gaps(frame: LayerFrame, axis: int, window: Window) -> list[Line]:
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


def transposed(frame: LayerFrame, axis: int, window: Window, alike: str) -> list[Line]:
    """Return the output length of a transposed convolution along one axis."""
    lines: list[Line] = []
    name, letter, *_rest = frame.where[axis]
    frame.put(letter, frame.input[1 + axis])
    kernel = extent_line(frame, axis, window, lines)
    stride = frame.put("S", window.stride)
    if frame.layer.padding in ("same", "same_lower"):
        remark = f"SAME: {window.before} cut off before, {window.after} after"
        if window.after < 0:
            remark = f"SAME: {plural(-window.after, 'zero')} added after"
        remark = f"{alike}; {remark}" if alike else remark
        out, formula = frame.output[1 + axis], f"{letter}*{stride}"
        return [frame.derive(f"{letter}_out", formula, out, f"output {name}", remark)]
    cut = frame.padding(window.before, window.after)
    cut = cut if cut == "2*P" else f"({cut})"
    formula = f"({letter} - 1)*{stride} - {cut} + {kernel}"
    more = extra(frame, axis)
    if more:
        formula += " + " + frame.put("A", more)
    out = frame.output[1 + axis]
    lines.append(frame.derive(f"{letter}_out", formula, out, f"output {name}", alike))
    return lines


def channels(frame: LayerFrame) -> list[Line]:
    """Return in words where the channels of the output come from."""
    count = frame.output[0]
    if frame.layer.role == "pool":
        return [f"channels: {count}, each pooled by itself"]
    groups = getattr(frame.layer, "groups", 1)
    line = f"channels: {count}, one per filter"
    if groups > 1:
        each = frame.input[0] // groups
        line += f"; in {groups} groups, a filter reads {each} of the {frame.input[0]} channels"
        if each == 1:
            line = f"channels: {count}; depthwise, a filter reads a single channel"
    return [line]
