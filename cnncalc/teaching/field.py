"""Where a receptive field comes from: the step of each window, the union at merges."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnncalc.fields.forward import MERGING, SLIDING, forward
from cnncalc.geometry import Field
from cnncalc.teaching.derivation import Line, Section
from cnncalc.teaching.frame import Frame

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis
    from cnncalc.fields.forward import State

NAME = "receptive_field"


def field_sections(analysis: Analysis) -> Callable[[int], Section | None]:
    """Return a function from a node's index to the section of its receptive field.

    Fields are those on the network's first input; a flat input has none (None).
    """
    graph = analysis.graph
    shapes = analysis.output_shapes()
    source = graph.inputs[0]
    states = forward(graph, shapes, source)

    def of_node(index: int) -> Section | None:
        if len(shapes[source]) < 2:
            return None
        frame = Frame(analysis.figures(index))
        given = [states[i] for i in graph.nodes[index].inputs]
        return section(frame, given, states[index])

    return of_node


def section(frame: Frame, given: list[State], state: State) -> Section:
    """Return the receptive field of one layer and where it comes from."""
    axes, whole, _aligned = state
    shown = size_text(state)
    sizes = [axis.size if isinstance(axis, Field) else None for axis in axes or ()]
    value: dict[str, Any] = {"size": sizes, "whole": whole}
    if axes is None:
        reason = "it reads the whole map" if not all(one[0] is None for one in given) else (
            "as before"
        )  # fmt: skip
        if not whole:
            return Section(NAME, "none", value, ("nothing of the input is seen",))
        return Section(NAME, shown, value, (f"every unit sees the whole input: {reason}",))
    if all(isinstance(axis, Field) for axis in axes):
        value |= {
            "jump": [axis.jump for axis in axes if isinstance(axis, Field)],
            "start": [axis.start for axis in axes if isinstance(axis, Field)],
        }
    return Section(NAME, shown, value, tuple(field_lines(frame, given, state)))


def field_lines(frame: Frame, given: list[State], state: State) -> list[Line]:
    """Return the lines for a field that is not simply everything."""
    axes, whole, aligned = state
    keyword = frame.layer.keyword
    plain = all(isinstance(axis, Field) for axis in axes or ())
    lines: list[Line] = []
    if keyword in SLIDING and plain:
        lines = slid(frame, given[0], state)
    elif keyword in MERGING and plain:
        lines = united(frame, given, state)
    elif len(given) == 1 and given[0][0] == axes:
        lines = [f"unchanged: {size_text(state, False)}"]
    elif plain:
        lines = [f"{size_text(state, False)} for every unit"]
    else:
        lines = ["it differs from unit to unit (`cnncalc receptive-field --unit` is exact)"]
    if not lines:
        # A window on a field that varied, and that is regular again behind it.
        lines = [f"{size_text(state, False)} for every unit"]
    if whole:
        lines.append("a side path that reads everything lets it see the whole input as well")
    if not aligned:
        lines.append("misaligned: some branches on the way have other centres or jumps")
    return lines


def slid(frame: Frame, given: State, state: State) -> list[Line]:
    """Return the step of a window along each axis that differs."""
    lines: list[Line] = []
    seen: list[object] = []
    windows = frame.windows()
    for axis, (before, after, window) in enumerate(
        zip(given[0] or (), state[0] or (), windows, strict=False)
    ):
        if (before, after, window) in seen:
            continue
        seen.append((before, after, window))
        if not isinstance(before, Field) or not isinstance(after, Field):
            continue
        frame.put("r_in", before.size)
        frame.put("j_in", before.jump)
        frame.put("S", window.stride)
        if window.dilation == 1:
            kernel = frame.put("K", window.kernel)
        else:
            kernel = frame.put("E", window.extent)
        alike = len(set(zip(given[0] or (), state[0] or (), windows, strict=False))) == 1
        name = "" if alike else frame.where[axis][0]
        formula = f"r_in + ({kernel} - 1)*j_in"
        lines.append(frame.derive("r_out", formula, after.size, "receptive field", name))
        remark = "pixels between neighbouring units"
        lines.append(frame.derive("j_out", "j_in*S", after.jump, "jump", remark))
    return lines


def united(frame: Frame, given: list[State], state: State) -> list[Line]:
    """Return the union of the branches along each axis that differs."""
    lines: list[Line] = []
    done: list[object] = []
    for axis, total in enumerate(state[0] or ()):
        fields = [one[0][axis] for one in given if one[0] is not None]
        if (total, fields) in done:
            continue
        done.append((total, fields))
        if not isinstance(total, Field) or not all(isinstance(f, Field) for f in fields):
            continue
        ranges = sorted({(f.start, f.start + f.size - 1) for f in fields if isinstance(f, Field)})
        shown = ", ".join(f"{lo} to {hi}" for lo, hi in ranges)
        starts = ", ".join(str(lo) for lo, _hi in ranges)
        ends = ", ".join(str(hi) for _lo, hi in ranges)
        if len(ranges) == 1:
            lines.append(f"all branches see the same: {total.size}")
            continue
        formula = f"max({ends}) - min({starts}) + 1"
        remark = f"the first unit sees the pixels {shown}: their union"
        lines.append(frame.derive("r_out", formula, total.size, "receptive field", remark))
    return lines


def size_text(state: State, with_whole: bool = True) -> str:
    """Return a receptive field in words: `11x11`, `whole input`."""
    axes, whole, _aligned = state
    if axes is None or (whole and with_whole):
        return "whole input" if whole else "none"
    if not all(isinstance(axis, Field) for axis in axes):
        return "varies"
    return "x".join(str(axis.size) for axis in axes if isinstance(axis, Field))
