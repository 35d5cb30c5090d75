"""Fields over all input sizes: SAME padding and rounding depend on a size, but periodically.

Along an axis the input's length matters only through its remainder by what the strides come to,
so the recurrence at as many sizes in a row says what holds at every size.
"""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.fields.alignment import AtSize, misalignments
from cnncalc.fields.forward import forward
from cnncalc.fields.growth import period
from cnncalc.fields.node_fields import axis_fields
from cnncalc.fields.result import AxisField, NodeField
from cnncalc.fields.states import Varying
from cnncalc.fields.steps import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.fields.states import State
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

#: The recurrence at other sizes may take so many steps; else nothing is said of them.
MOST_STEPS = 100_000
DEPENDS = "it depends on the input size"


def at_all_sizes(
    graph: Graph, shapes: list[Shape], source: int, states: list[State]
) -> list[AtSize]:
    """Return shapes and states at as many sizes in a row as repeat, from the given one upwards.

    Every input grows along all axes. Sizes at which a layer cannot take its input are left out.
    The list is empty where the sizes do not repeat, or not soon.
    """
    repeats = period(graph, shapes, range(len(shapes[source]) - 1))
    if repeats is None or repeats * sum(map(cost, states)) > MOST_STEPS:
        return []
    result, steps = [AtSize(repeats, shapes, states)], 0
    for more in range(1, repeats):
        grown = shapes_at(graph, shapes, more)
        if grown is not None:
            walk = Walk(graph, grown, source)
            result.append(AtSize(repeats, grown, forward(graph, grown, source, walk)))
            steps += walk.steps
            if steps > MOST_STEPS:
                return []
    return result


def cost(state: State) -> int:
    """Return about how many steps it took to find a state."""
    varying = [axis for axis in state.axes or () if isinstance(axis, Varying)]
    return 1 + sum([pattern.period for axis in varying for pattern in axis.patterns])


def shapes_at(graph: Graph, shapes: list[Shape], more: int) -> list[Shape] | None:
    """Return the shapes of all nodes for inputs longer by `more`; None if a layer refuses."""
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
    sizes, differs = at_all_sizes(graph, shapes, source, states), unsteady(graph, shapes)
    if any_size:
        here = sizes or [AtSize(0, shapes, states)]
        nodes = at_any_size(source, nodes, here, differs)
    found = misalignments(graph, shapes, source, states, sizes, any_size)
    fields = list(nodes)
    for index, items in found.items():
        if differs[index]:  # and then not in a way that repeats
            items = tuple([item.replace(agree_at=None) for item in items])
        fields[index] = fields[index].replace(misaligned=items)
    return tuple(fields)


def unsteady(graph: Graph, shapes: list[Shape]) -> list[bool]:
    """Return of every node whether its fields depend on the size in a way that does not repeat."""
    result: list[bool] = []
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        readings = node.layer.readings(tuple([shapes[i] for i in node.inputs]), shapes[index])
        places = [relation for r in readings for relation in (r.path() or ())[1:]]
        own = [relation.depends_on_length() for relation in places]
        follows = node.layer.like is not None
        result.append(follows or any(own) or any(result[i] for i in node.inputs))
    return result


def at_any_size(
    source: int, nodes: tuple[NodeField, ...], sizes: list[AtSize], unsteady: list[bool]
) -> tuple[NodeField, ...]:
    """Return what of the fields holds at every input size; the rest is None."""
    result = []
    for index, node in enumerate(nodes):
        proven = sizes[0].period > 0 and not unsteady[index]
        found = [
            axis_fields(axes, size.shapes[index], size.shapes[source][1:])
            for size in sizes
            if (axes := size.states[index].axes) is not None
        ]
        fields = None
        if found:
            fields = tuple([combined(list(along), proven) for along in zip(*found, strict=True)])
        aligned = {size.states[index].aligned for size in sizes}
        own, without = (None, fields) if node.whole else (fields, None)
        certain = aligned.pop() if len(aligned) == 1 and sizes[0].period else None
        result.append(node.replace(axes=own, without=without, aligned=certain))
    return tuple(result)


def combined(fields: list[AxisField], proven: bool) -> AxisField:
    """Return one field for all sizes: figures that differ are None, sizes their extremes."""
    first = fields[0]

    def constant(name: str) -> Any:
        value = getattr(first, name)
        return value if proven and all(getattr(f, name) == value for f in fields) else None

    sizes = [f.size for f in fields if f.size is not None]
    smallest = [f.smallest for f in fields if f.smallest is not None]
    known = proven and len(sizes) == len(fields)
    start = constant("start")
    return AxisField(
        max(sizes) if known else None,
        min(smallest) if known and smallest else None,
        constant("jump"),
        start,
        None,
        constant("centre") if start is not None else None,
        None,
        constant("period"),
        first.reason or (DEPENDS if start is None else None),
    )
