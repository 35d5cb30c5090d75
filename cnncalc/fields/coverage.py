"""How many pixels the middle unit of each node really reads: holes and lost edges do not count.

Where every unit certainly reads all pixels within its field, the field says so; elsewhere the
unit is followed backwards.
"""

from __future__ import annotations

from cnncalc.fields.backward import trace, unit_region
from cnncalc.fields.regions import boxes, rest_of
from cnncalc.geometry import Field
from cnncalc.layers.relations import SAME
from cnncalc.layers.runs import NotFollowed, count, union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.backward import Readings
    from cnncalc.fields.regions import Region
    from cnncalc.fields.result import NodeField
    from cnncalc.fields.states import Axis, State
    from cnncalc.layers.reading import Reading
    from cnncalc.layers.relations import Relation
    from cnncalc.layers.runs import Runs
    from cnncalc.quantities import Shape

#: Units are followed through so many nodes in all; what is left after that is not known.
MOST_NODES = 30_000


def with_real_covers(
    nodes: tuple[NodeField, ...], known: Readings, source: int, states: list[State]
) -> tuple[NodeField, ...]:
    """Return fields whose `covered` counts the positions that the middle unit really reads."""
    certain = certain_nodes(known, source, states)
    result, passed = list(nodes), 0
    for index, node in enumerate(nodes):
        axes = node.axes or node.without
        if certain[index] or not axes or all(axis.covered is None for axis in axes):
            continue
        passed += index
        counts: list[int | None] = [None] * len(axes)
        if passed <= MOST_NODES:
            shape = known.shapes[index]
            middle = tuple([length // 2 for length in (shape[1:] if len(shape) > 1 else shape)])
            try:
                wanted = unit_region(middle, shape)
                read = trace(known, index, wanted, True, node.whole).get(source, ())
            except NotFollowed:
                read = None
            if read is not None:
                counts = positions(rest_of(read) if read else (), len(axes))
        pairs = zip(axes, counts, strict=True)
        exact = tuple([axis.replace(covered=number) for axis, number in pairs])
        result[index] = node.replace(**{"without" if node.axes is None else "axes": exact})
    return tuple(result)


def positions(region: Region, rank: int) -> list[int | None]:
    """Return how many positions along each axis hold any of a region's pixels."""
    along: list[Runs] = [()] * rank
    for place in boxes(region) if region else []:
        along = [union(held, runs) for held, runs in zip(along, place, strict=True)]
    return [count(runs) for runs in along]


def certain_nodes(known: Readings, source: int, states: list[State]) -> list[bool]:
    """Return of every node whether each unit certainly reads all pixels within its field."""
    result: list[bool] = []
    shapes, pixels = known.shapes, known.shapes[source][1:]
    for index, node in enumerate(known.graph.nodes[: len(shapes)]):
        if not node.inputs:
            result.append(True)
            continue
        parts = [
            result[i] and passes(reading, states[i], shapes[i], pixels)
            for i, reading in known.of(index)
        ]
        alike = [states[i].axes == states[index].axes for i in node.sources]
        result.append(parts[0] if len(parts) == 1 else any(map(min, parts, alike)))
    return result


def passes(reading: Reading, state: State, shape: Shape, pixels: Shape) -> bool:
    """Return whether what is certain of a layer's input is certain of the layer."""
    path, axes = reading.path(), state.axes
    if path is None or axes is None:
        return axes is None
    if len(shape) == 1:
        return path[0].is_single()
    pairs = list(zip(path[1:], axes, shape[1:], pixels, strict=False))
    # What lies beyond a map's end sees no more of the input than the unit at its end, if fields
    # reach from one end of the input to the other.
    return all(
        relation is SAME
        or (leaves_no_gap(axis, relation) and (relation.stays_inside() or spans(axis, n, length)))
        for relation, axis, n, length in pairs
    )


def leaves_no_gap(axis: Axis, relation: Relation) -> bool:
    """Return whether the fields that one unit reads certainly touch one another."""
    if not isinstance(axis, Field):
        return False
    return relation.is_single() or axis.jump * relation.spacing() <= axis.size


def spans(axis: Axis, units: int, length: int) -> bool:
    """Return whether the fields of so many units reach over the whole axis, without gaps."""
    if not isinstance(axis, Field) or axis.start > 0 or axis.jump > axis.size:
        return False
    return axis.start + (units - 1) * axis.jump + axis.size >= length
