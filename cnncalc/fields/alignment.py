"""Where branches do not lie on each other, and at which input sizes they would."""

from __future__ import annotations

from cnncalc.fields.patterns import agree, offset, rate
from cnncalc.fields.result import Agreement, Misalignment
from cnncalc.fields.steps import Walk, advanced
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.states import Axes, Axis, State
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    #: A merge, the positions of two of its branches, and the axis along which they disagree.
    Place = tuple[int, int, int, int]


class AtSize(Record):
    """The shapes and states of all nodes at one input size, one of `period` in a row."""

    period: int
    shapes: list[Shape]
    states: list[State]


def disagreements(
    graph: Graph, shapes: list[Shape], source: int, states: list[State]
) -> list[Place]:
    """Return where branches of merges do not agree with the first branch that has a field."""
    result = []
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        if len(node.inputs) < 2 or states[index].aligned:
            continue
        branches = branch_axes(graph, shapes, source, states, index)
        first = next((at for at, axes in enumerate(branches) if axes is not None), 0)
        reference = branches[first]
        for at, axes in enumerate(branches[first + 1 :], first + 1):
            if axes is None or reference is None:
                continue
            for axis, (one, other) in enumerate(zip(reference, axes, strict=True)):
                if not agree(one, other):
                    result.append((index, first, at, axis))
    return result


def branch_axes(
    graph: Graph, shapes: list[Shape], source: int, states: list[State], index: int
) -> list[Axes | None]:
    """Return the fields that each branch brings to a merge."""
    inputs, walk = graph.nodes[index].inputs, Walk(graph, shapes, source)
    readings = graph.nodes[index].layer.readings(tuple([shapes[i] for i in inputs]), shapes[index])
    return [
        advanced(walk, reading, states[i], i, index).axes
        for reading, i in zip(readings, inputs, strict=False)
    ]


def misalignments(
    graph: Graph,
    shapes: list[Shape],
    source: int,
    states: list[State],
    sizes: list[AtSize],
    any_size: bool,
) -> dict[int, tuple[Misalignment, ...]]:
    """Return for every merge, by index, the branches that do not agree.

    `sizes` are the states at all input sizes of one period; with `any_size` branches are also
    listed that disagree at another size than the given one.
    """
    places = disagreements(graph, shapes, source, states)
    if any_size:
        for size in sizes:
            places += disagreements(graph, size.shapes, source, size.states)
    found: dict[int, tuple[Misalignment, ...]] = {}
    for place in sorted(set(places)):
        index, first, at, axis = place
        branches = branch_axes(graph, shapes, source, states, index)
        one, other = branches[first], branches[at]
        if one is None or other is None:
            continue
        inputs = graph.nodes[index].inputs
        item = Misalignment(
            (graph.nodes[inputs[first]].name, graph.nodes[inputs[at]].name),
            axis,
            (whole_jump(one[axis]), whole_jump(other[axis])),
            None if any_size else offset(one[axis], other[axis]),
            agreeing_sizes(graph, place, source, shapes, sizes),
        )
        found[index] = (*found.get(index, ()), item)
    return found


def whole_jump(axis: Axis) -> int | None:
    """Return the jump of a field, if it is a whole number."""
    pace = rate(axis)
    return pace[0] if pace is not None and pace[1] == 1 else None


def agreeing_sizes(
    graph: Graph, place: Place, source: int, shapes: list[Shape], others: list[AtSize]
) -> Agreement | None:
    """Return the input sizes along one axis at which two branches agree."""
    index, first, at, axis = place
    if not others:
        return None
    modulus = others[0].period
    remainders = set()
    for other in others:
        branches = branch_axes(graph, other.shapes, source, other.states, index)
        one, two = branches[first], branches[at]
        if one is not None and two is not None and agree(one[axis], two[axis]):
            remainders.add(other.shapes[source][axis + 1] % modulus)
    return agreement(modulus, remainders, shapes[source][axis + 1])


def agreement(modulus: int, remainders: set[int], size: int) -> Agreement:
    """Return sizes by their remainders, with the smallest modulus that says the same."""
    for smaller in range(1, modulus + 1):
        kept = {r % smaller for r in remainders}
        if modulus % smaller == 0 and len(kept) * (modulus // smaller) == len(remainders):
            modulus, remainders = smaller, kept
            break
    below = [
        n for n in range(size - 1, max(0, size - modulus - 1), -1) if n % modulus in remainders
    ]
    above = [n for n in range(size + 1, size + modulus + 1) if n % modulus in remainders]
    return Agreement(modulus, tuple(sorted(remainders)), (*below[:1], *above[:1]))
