"""From the states of the forward recurrence to the fields of nodes."""

from __future__ import annotations

from cnncalc.fields.forward import forward
from cnncalc.fields.result import AxisField, NodeField
from cnncalc.geometry import Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis
    from cnncalc.fields.states import Axes, Axis, State
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape


def quick_fields(analysis: Analysis) -> tuple[NodeField, ...]:
    """Return the fields of all nodes on the first input, without saying where branches disagree.

    This is what a summary shows; `receptive_field` says all there is to say.
    """
    graph, shapes = analysis.graph, analysis.output_shapes()
    source = graph.inputs[0]
    return node_fields(graph, shapes, source, forward(graph, shapes, source))


def node_fields(
    graph: Graph, shapes: list[Shape], source: int, states: list[State]
) -> tuple[NodeField, ...]:
    """Return the fields of all nodes on the input `source`, misalignments left out."""
    pixels = shapes[source][1:]
    known: dict[tuple[int, Shape], tuple[AxisField, ...]] = {}
    result = []
    for node, shape, state in zip(graph.nodes, shapes, states, strict=False):
        axes, whole, fields = state.axes, state.whole, None
        if axes is not None:
            key = (id(axes), shape[1:])
            fields = known.get(key)
            if fields is None:
                fields = known[key] = axis_fields(axes, shape, pixels)
        own, without = (None, fields) if whole else (fields, None)
        result.append(
            NodeField(node.name, node.layer.keyword, shape, own, whole, without, state.aligned)
        )
    return tuple(result)


def axis_fields(axes: Axes, shape: Shape, pixels: Shape) -> tuple[AxisField, ...]:
    """Return the fields along each axis of a node's units."""
    if len(shape) != len(pixels) + 1:  # a vector, or other axes: features from several positions
        shape = (*shape[:1], *(1,) * len(pixels))
    result: list[AxisField] = []
    last: object = None
    for along in zip(axes, shape[1:], pixels, strict=True):
        result.append(result[-1] if along == last else axis_field(*along))  # most are alike
        last = along
    return tuple(result)


def axis_field(axis: Axis, units: int, length: int) -> AxisField:
    """Return the field of `units` units along an axis of `length` pixels."""
    if isinstance(axis, Field):
        size, jump, start = axis.size, axis.jump, axis.start
        middle = start + units // 2 * jump
        return AxisField(
            size,
            size,
            jump,
            start,
            start + (units - 1) * jump + size - length,
            start + (size - 1) / 2,
            max(0, min(middle + size, length) - max(middle, 0)),
        )
    return varying_field(axis, units, length)


def varying_field(axis: Axis, units: int, length: int) -> AxisField:
    """Return the field along an axis where it differs from unit to unit."""
    from cnncalc.fields.patterns import patterns_of, sizes, span_of, starts_step
    from cnncalc.fields.states import Scattered, Unknown

    if isinstance(axis, Unknown):
        return AxisField(None, None, None, None, None, None, None, None, axis.reason)
    if isinstance(axis, Scattered):
        largest, smallest = axis.largest, axis.smallest
        return AxisField(largest, smallest, None, None, None, None, None, None, axis.reason)
    smallest, largest = sizes(axis, units)
    patterns = patterns_of(axis)
    first, middle, last = [span_of(axis, unit) for unit in (0, units // 2, units - 1)]
    covered = 0 if middle is None else max(0, min(middle[1], length) - max(middle[0], 0))
    only = patterns[0] if len(patterns) == 1 else None
    return AxisField(
        largest,
        smallest,
        starts_step(axis, units),
        first[0] if first else None,
        last[1] - length if last else None,
        (first[0] + first[1] - 1) / 2 if first else None,
        covered,
        (only.period, only.advance) if only and only.period > 1 else None,
        None if only else "it unites branches of different jumps",
    )


def common_sizes(state: State, shape: Shape) -> tuple[int, ...] | None:
    """Return the size of a field along each axis, None if units differ or it is not known."""
    if not state.axes:
        return None
    lengths = shape[1:] if len(shape) > 1 else (1,) * len(state.axes)
    found = [axis_field(axis, n, 0) for axis, n in zip(state.axes, lengths, strict=False)]
    sizes = [field.size for field in found if field.size is not None]
    alike = len(sizes) == len(found) and all(field.size == field.smallest for field in found)
    return tuple(sizes) if alike else None


def field_before_head(analysis: Analysis) -> tuple[int, ...] | None:
    """Return the size of the field of the last map that does not see everything.

    A classifier sees the whole input; what tells networks apart is the map before it. None where
    fields differ from unit to unit, or there is no such map; `()` if it sees everything too.
    """
    graph, shapes = analysis.graph, analysis.output_shapes()
    states = forward(graph, shapes, graph.inputs[0])
    index = graph.outputs[0]
    while graph.nodes[index].inputs and (states[index].axes is None or len(shapes[index]) < 2):
        index = graph.nodes[index].inputs[0]
    return () if states[index].axes is None else common_sizes(states[index], shapes[index])
