"""Where branches do not lie on each other, and at which input sizes they would."""

from __future__ import annotations

from cnncalc.fields.forward import MERGING, spread_out
from cnncalc.fields.result import Agreement, Misalignment
from cnncalc.fields.varying import Scattered, Unknown, agree, offset, rate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.forward import Axes, Axis, State
    from cnncalc.fields.sizes import AtSize
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    #: A merge, the positions of two of its branches, and the axis along which they disagree.
    Place = tuple[int, int, int, int]


def disagreements(graph: Graph, shapes: list[Shape], states: list[State]) -> list[Place]:
    """Return where branches of merges do not agree with the first branch that has a field."""
    result = []
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        if node.layer.keyword not in MERGING or states[index][2]:
            continue
        branches = branch_axes(graph, shapes, states, index)
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
    graph: Graph, shapes: list[Shape], states: list[State], index: int
) -> list[Axes | None]:
    """Return the fields that each branch brings to a merge."""
    result: list[Axes | None] = []
    for source in graph.nodes[index].inputs:
        axes, shape, output = states[source][0], shapes[source], shapes[index]
        if axes is not None and len(shape) > 1 and shape[1:] != output[1:]:
            axes = spread_out(axes, shape, output)
        result.append(axes)
    return result


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
    places = disagreements(graph, shapes, states)
    if any_size:
        for size in sizes:
            places += disagreements(graph, size.shapes, size.states)
    found: dict[int, tuple[Misalignment, ...]] = {}
    for place in sorted(set(places)):
        index, first, at, axis = place
        branches = branch_axes(graph, shapes, states, index)
        one, other = branches[first], branches[at]
        if one is None or other is None:
            continue
        inputs = graph.nodes[index].inputs
        item = Misalignment(
            (graph.nodes[inputs[first]].name, graph.nodes[inputs[at]].name),
            axis,
            (whole_jump(one[axis]), whole_jump(other[axis])),
            None if any_size else distance(one[axis], other[axis]),
            agreeing_sizes(graph, place, source, shapes, sizes),
        )
        found[index] = (*found.get(index, ()), item)
    return found


def whole_jump(axis: Axis) -> int | None:
    """Return the jump of a field, if it is a whole number."""
    pace = None if isinstance(axis, Scattered | Unknown) else rate(axis)
    return pace[0] if pace is not None and pace[1] == 1 else None


def distance(one: Axis, other: Axis) -> float | None:
    """Return how far the second's centres lie after the first's, in pixels."""
    if isinstance(one, Scattered | Unknown) or isinstance(other, Scattered | Unknown):
        return None
    found = offset(one, other)
    return None if found is None else float(found)


def agreeing_sizes(
    graph: Graph, place: Place, source: int, shapes: list[Shape], others: list[AtSize]
) -> Agreement:
    """Return the input sizes along one axis at which two branches agree."""
    index, first, at, axis = place
    modulus = others[0].period
    remainders = set()
    for other in others:
        branches = branch_axes(graph, other.shapes, other.states, index)
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
