"""Fields over all input sizes: SAME padding and rounding depend on a size, but periodically.

Along an axis the input's length matters only through its remainder by the product of the strides,
so the recurrence at as many sizes in a row as that product says what holds at every size.
"""

from __future__ import annotations

from math import gcd

from cnncalc.diagnostics import LayerError
from cnncalc.fields.alignment import misalignments
from cnncalc.fields.fields import axis_fields
from cnncalc.fields.forward import forward
from cnncalc.fields.result import AxisField, NodeField
from cnncalc.layers.base import per_axis
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.fields.forward import State
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

#: Networks whose strides multiply to more are looked at over so many sizes only.
MOST_SIZES = 512
DEPENDS = "it depends on the input size"


class AtSize(Record):
    """The shapes and states of all nodes at one input size, one of `period` in a row."""

    period: int
    shapes: list[Shape]
    states: list[State]


def period_of(graph: Graph, shapes: list[Shape]) -> int:
    """Return after how many pixels more or less everything repeats: the strides multiplied.

    Over several paths, their least common multiple.
    """
    periods: list[int] = []
    for node in graph.nodes[: len(shapes)]:
        before = common_multiple([periods[i] for i in node.inputs])
        rank = len(shapes[node.inputs[0]]) - 1 if node.inputs else 0
        periods.append(before * common_multiple(strides(node.layer, rank)))
    return common_multiple(periods)


def strides(layer: Any, rank: int) -> tuple[int, ...]:
    """Return the strides of a layer that makes its input smaller."""
    if rank == 0 or layer.keyword == "conv_transpose" or not hasattr(layer, "stride"):
        return ()
    steps = layer.kernel_size if layer.stride is None else layer.stride
    return per_axis(steps, rank, "stride")


def common_multiple(numbers: list[int] | tuple[int, ...]) -> int:
    """Return the least common multiple (1 of none)."""
    result = 1
    for number in numbers:
        result = result * number // gcd(result, number)
    return result


def at_all_sizes(graph: Graph, shapes: list[Shape], source: int) -> list[AtSize]:
    """Return shapes and states at as many sizes in a row as repeat, from the given one upwards.

    Every input grows along all axes. Sizes at which a layer cannot take its input are left out.
    """
    period = period_of(graph, shapes)
    result = []
    for more in range(min(period, MOST_SIZES)):
        grown = shapes_at(graph, shapes, more)
        if grown is not None:
            result.append(AtSize(period, grown, forward(graph, grown, source)))
    return result


def shapes_at(graph: Graph, shapes: list[Shape], more: int) -> list[Shape] | None:
    """Return the shapes of all nodes for inputs longer by `more`; None if a layer refuses."""
    if not more:
        return shapes
    result: list[Shape] = []
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        if not node.inputs:
            shape = shapes[index]
            result.append((shape[0], *[length + more for length in shape[1:]]))
            continue
        inputs = tuple([result[i] for i in node.inputs])
        try:
            result.append(node.layer.output_shape(inputs))
        except LayerError:
            return None
    return result


def over_sizes(
    graph: Graph,
    shapes: list[Shape],
    source: int,
    states: list[State],
    nodes: tuple[NodeField, ...],
    any_size: bool,
) -> tuple[NodeField, ...]:
    """Return the fields with what other input sizes say: where branches agree, what stays."""
    sizes = at_all_sizes(graph, shapes, source)
    if any_size:
        nodes = at_any_size(source, nodes, sizes)
    found = misalignments(graph, shapes, source, states, sizes, any_size)
    fields = list(nodes)
    for index, items in found.items():
        fields[index] = fields[index].replace(misaligned=items)
    return tuple(fields)


def at_any_size(
    source: int, nodes: tuple[NodeField, ...], sizes: list[AtSize]
) -> tuple[NodeField, ...]:
    """Return what of the fields holds at every input size; the rest is None."""
    proven = sizes[0].period <= MOST_SIZES
    result = []
    for index, node in enumerate(nodes):
        found = [
            axis_fields(axes, size.shapes[index], size.shapes[source][1:])
            for size in sizes
            if (axes := size.states[index][0]) is not None
        ]
        fields = None
        if found:
            fields = tuple([combined(list(along), proven) for along in zip(*found, strict=True)])
        aligned = {size.states[index][2] for size in sizes}
        own, without = (None, fields) if node.whole else (fields, None)
        result.append(
            node.replace(
                axes=own, without=without, aligned=aligned.pop() if len(aligned) == 1 else None
            )
        )
    return tuple(result)


def combined(fields: list[AxisField], proven: bool) -> AxisField:
    """Return one field for all sizes: figures that differ are None, sizes their extremes."""
    first = fields[0]

    def constant(name: str) -> Any:
        value = getattr(first, name)
        return value if proven and all(getattr(f, name) == value for f in fields) else None

    sizes = [f.size for f in fields if f.size is not None]
    smallest = [f.smallest for f in fields if f.smallest is not None]
    known = len(sizes) == len(fields) and (proven or len(set(sizes)) == 1)
    start = constant("start")
    return AxisField(
        max(sizes) if known else None,
        min(smallest) if known else None,
        constant("jump"),
        start,
        None,
        constant("centre") if start is not None else None,
        None,
        constant("period"),
        first.reason or (DEPENDS if start is None else None),
    )
