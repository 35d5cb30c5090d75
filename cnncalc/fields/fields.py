"""From the states of the forward recurrence to the fields of nodes."""

from __future__ import annotations

from cnncalc.fields.forward import forward
from cnncalc.fields.result import AxisField, NodeField
from cnncalc.geometry import Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis
    from cnncalc.fields.forward import Axes, Axis, State
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
    for node, shape, (axes, whole, aligned) in zip(graph.nodes, shapes, states, strict=False):
        fields = None
        if axes is not None:
            key = (id(axes), shape[1:])
            fields = known.get(key)
            if fields is None:
                fields = known[key] = axis_fields(axes, shape, pixels)
        own, without = (None, fields) if whole else (fields, None)
        result.append(NodeField(node.name, node.layer.keyword, shape, own, whole, without, aligned))
    return tuple(result)


def axis_fields(axes: Axes, shape: Shape, pixels: Shape) -> tuple[AxisField, ...]:
    """Return the fields along each axis of a node's units."""
    if len(shape) == 1:  # a vector: one position, or features from several
        shape = (*shape, *(1,) * len(pixels))
    return tuple(
        [
            axis_field(axis, units, length)
            for axis, units, length in zip(axes, shape[1:], pixels, strict=True)
        ]
    )


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
    from cnncalc.fields.varying import (
        Scattered,
        Unknown,
        around,
        patterns_of,
        sizes,
    )

    if isinstance(axis, Unknown):
        return AxisField(None, None, None, None, None, None, None, None, axis.reason)
    if isinstance(axis, Scattered):
        reason = "the features of the vector come from different positions"
        return AxisField(axis.largest, axis.smallest, None, None, None, None, None, None, reason)
    smallest, largest = sizes(axis, units)
    patterns = patterns_of(axis)
    first, middle, last = [
        around([pattern.span(unit) for pattern in patterns]) for unit in (0, units // 2, units - 1)
    ]
    covered = 0 if middle is None else max(0, min(middle[1], length) - max(middle[0], 0))
    only = patterns[0] if len(patterns) == 1 else None
    return AxisField(
        largest,
        smallest,
        only.advance // only.period if only and only.advance % only.period == 0 else None,
        first[0] if first else None,
        last[1] - length if last else None,
        (first[0] + first[1] - 1) / 2 if first else None,
        covered,
        (only.period, only.advance) if only and only.period > 1 else None,
        None if only else "it unites branches of different jumps",
    )
