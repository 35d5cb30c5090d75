"""Where a receptive field comes from: the step of each window, the union at merges."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnncalc.fields.forward import forward
from cnncalc.fields.node_fields import common_sizes
from cnncalc.fields.states import Unknown
from cnncalc.geometry import Field
from cnncalc.layers.relations import Slide
from cnncalc.teaching.derivation import Line, Section
from cnncalc.teaching.frame import LayerFrame

if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis
    from cnncalc.fields.states import State
    from cnncalc.quantities import Shape

NAME = "receptive_field"
VARIES = "varies"


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
        frame = LayerFrame(analysis.figures(index))
        given = [states[i] for i in graph.nodes[index].sources]
        return section(frame, given, states[index])

    return of_node


def section(frame: LayerFrame, given: list[State], state: State) -> Section:
    """Return the receptive field of one layer and where it comes from."""
    axes, whole = state.axes, state.whole
    shown = size_text(state, frame.output)
    sizes = common_sizes(state, frame.output) or (None,) * len(axes or ())
    value: dict[str, Any] = {"size": list(sizes), "whole": whole}
    if axes is None:
        reason = "as before" if all(one.axes is None for one in given) else "it reads the whole map"
        if not whole:
            return Section(NAME, "none", value, ("nothing of the input is seen",))
        return Section(NAME, shown, value, (f"every unit sees the whole input: {reason}",))
    unknown = dict.fromkeys(axis.reason for axis in axes if isinstance(axis, Unknown))
    if unknown:
        return Section(NAME, "not known", value, tuple(unknown))
    if all(isinstance(axis, Field) for axis in axes):
        value |= {
            "jump": [axis.jump for axis in axes if isinstance(axis, Field)],
            "start": [axis.start for axis in axes if isinstance(axis, Field)],
        }
    return Section(NAME, shown, value, tuple(field_lines(frame, given, state)))


def field_lines(frame: LayerFrame, given: list[State], state: State) -> list[Line]:
    """Return the lines for a field that is not simply everything."""
    size = size_text(state, frame.output, False)
    plain = all(isinstance(axis, Field) for axis in state.axes or ())
    lines: list[Line] = []
    if len(given) > 1 and plain:
        lines = united(frame, given, state)
    elif len(given) == 1 and plain and slides(frame):
        lines = slid(frame, given[0], state)
    if not lines and len(given) == 1 and given[0].axes == state.axes:
        lines = [f"unchanged: {size}"]
    elif not lines:
        varies = "it differs from unit to unit (`cnncalc receptive-field --unit` is exact)"
        lines = [varies if size == VARIES else f"{size} for every unit"]
    if state.whole:
        lines.append("a side path that reads everything lets it see the whole input as well")
    if not state.aligned:
        lines.append("misaligned: some branches on the way have other centres or jumps")
    return lines


def slides(frame: LayerFrame) -> bool:
    """Return whether the layer slides a window along every spatial axis."""
    (reading,) = frame.layer.readings(frame.inputs, frame.output)
    relations = (reading.axes or ())[1:]
    return bool(relations) and all(isinstance(relation, Slide) for relation in relations)


def slid(frame: LayerFrame, given: State, state: State) -> list[Line]:
    """Return the step of a window along each axis that differs."""
    lines: list[Line] = []
    seen: list[object] = []
    windows = frame.windows()
    steps = list(zip(given.axes or (), state.axes or (), windows, strict=False))
    for axis, (before, after, window) in enumerate(steps):
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
        alike = len(set(steps)) == 1
        name = "" if alike else frame.where[axis][0]
        formula = f"r_in + ({kernel} - 1)*j_in"
        lines.append(frame.derive("r_out", formula, after.size, "receptive field", name))
        remark = "pixels between neighbouring units"
        lines.append(frame.derive("j_out", "j_in*S", after.jump, "jump", remark))
    return lines


def united(frame: LayerFrame, given: list[State], state: State) -> list[Line]:
    """Return the union of the branches along each axis that differs."""
    lines: list[Line] = []
    done: list[object] = []
    for axis, total in enumerate(state.axes or ()):
        fields = [one.axes[axis] for one in given if one.axes is not None]
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


def size_text(state: State, shape: Shape, with_whole: bool = True) -> str:
    """Return a receptive field in words: `11x11`, `whole input`."""
    if state.axes is None or (state.whole and with_whole):
        return "whole input" if state.whole else "none"
    sizes = common_sizes(state, shape)
    return VARIES if sizes is None else "x".join(map(str, sizes))
