"""One step of the forward recurrence: from the state of what is read to the state of the reader.

With the jump of a layer's input on the right: `size += (extent-1)*jump; start -= before*jump;
jump *= stride` (Araujo, Norris & Sim 2019); at a merge the smallest start and the largest end.
Fields that differ from unit to unit, and merges of different jumps, are left to `patterns`.
"""

from __future__ import annotations

from cnncalc.fields.states import Scattered, State, Unknown
from cnncalc.geometry import Field
from cnncalc.layers.relations import SAME
from cnncalc.layers.runs import NotFollowed
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.backward import Readings
    from cnncalc.fields.states import Axes, Axis
    from cnncalc.graph import Graph
    from cnncalc.layers.reading import Reading, Relations
    from cnncalc.layers.relations import Relation
    from cnncalc.layers.runs import Runs
    from cnncalc.quantities import Shape


#: How many steps of the recurrence going back through a node twice is worth.
TRACED = 4


class Walk:
    """The graph that the recurrence goes through, the shapes of its nodes, and its input.

    `steps` counts the nodes that were gone back through for what whole maps have seen.
    """

    __slots__ = ("graph", "known", "shapes", "source", "steps")

    def __init__(self, graph: Graph, shapes: list[Shape], source: int) -> None:
        self.graph = graph
        self.shapes = shapes
        self.source = source
        self.known: Readings | None = None
        self.steps = 0

    def lost(self, index: int) -> State:
        """Return the state of a node that reads nobody knows what."""
        rank = len(self.shapes[self.source]) - 1
        return State(
            (Unknown(f"the field is not known past `{self.graph.nodes[index].name}`"),) * rank
        )

    def seen(self, index: int, channels: Runs | None, state: State, shape: Shape) -> State:
        """Return the state of units that all read what a node, or some channels of it, read.

        `state` and `shape` are those of what the node reads.
        """
        from cnncalc.fields.backward import Readings, trace
        from cnncalc.fields.patterns import reach_of
        from cnncalc.fields.regions import box, count, hull, rest_of

        axes = tuple([((0, length),) for length in self.shapes[index]])
        wanted = box(axes if channels is None else (channels, *axes[1:]))
        if self.known is None:
            self.known = Readings(self.graph, self.shapes, [], adds_up=True)
        known = self.known
        self.steps += TRACED * index
        reach = reach_of(state.axes or (), shape)
        try:
            pixels = rest_of(trace(known, index, wanted, True).get(self.source, ()))
            if reach is None:
                reach = hull(rest_of(trace(known, index, wanted, False).get(self.source, ())))
        except NotFollowed as error:
            return State((Unknown(error.message),) * (len(self.shapes[self.source]) - 1))
        if reach is None or count(pixels) == product(self.shapes[self.source][1:]):
            return State(None, reach is not None)
        return State(tuple([Field(hi - lo, 0, lo) for lo, hi in reach]))


def advanced(
    walk: Walk,
    reading: Reading,
    state: State,
    origin: int,
    index: int,
    channels: Runs | None = None,
) -> State:
    """Return the state of node `index` by reading node `origin`, or of some of its channels."""
    if state.axes is None and not state.whole:
        return state
    shape, output = walk.shapes[origin], walk.shapes[index]
    if reading.unknown:
        return walk.lost(index)
    if reading.whole:
        whole = State(None, True, state.aligned)
        if not (state.whole or state.full):
            whole = walk.seen(index, channels, state, shape)
            whole.aligned = state.aligned
        if reading.local is None:
            return whole
        return united([whole, state], is_merge=False)
    if reading.axes is None:
        return scattered(state, shape, output)
    if len(shape) == 1:
        return state if reading.axes[0].is_single() else mixed(state)
    return along(reading.axes[1:], state, shape, output)


def scattered(state: State, shape: Shape, output: Shape) -> State:
    """Return the state of elements that were moved to other axes, as `flatten` does."""
    if state.axes is None or all(n == 1 for n in (*shape[1:], *output[1:])):
        return state
    from cnncalc.fields.patterns import sizes

    what = "the features of the vector" if len(output) == 1 else "its units"
    result: list[Axis] = []
    rank = len(state.axes)
    lengths = shape[1:] if len(shape) == rank + 1 else (1,) * rank
    for axis, length in zip(state.axes, lengths, strict=True):
        if isinstance(axis, Scattered | Unknown):
            result.append(axis)
        else:
            reason = f"{what} come from different positions"
            result.append(Scattered(*sizes(axis, length), reason))
    return State(tuple(result), state.whole, state.aligned, state.full)


def along(relations: Relations, state: State, shape: Shape, output: Shape) -> State:
    """Return the state after a relation along each spatial axis."""
    axes = state.axes
    if axes is None:
        return state
    for relation in relations:
        if relation is not SAME:
            break
    else:
        return state
    for axis in axes:
        if type(axis) is not Field and isinstance(axis, Scattered | Unknown):
            # The axes of the map are then no longer those of the input.
            return state if all(relation.is_single() for relation in relations) else mixed(state)
    if len(axes) == 2 and axes[0] is axes[1] and relations[0] is relations[1]:
        result: Axes = (step(axes[0], relations[0]),) * 2
    else:
        result = tuple([step(a, relation) for a, relation in zip(axes, relations, strict=True)])
    full = state.full
    if full:
        for relation, units, length in zip(relations, output[1:], shape[1:], strict=True):
            full = full and relation.reads_all(units, length)
    return State(result, state.whole, state.aligned, full)


def step(axis: Axis, relation: Relation) -> Axis:
    """Return the field after one relation along one axis."""
    if relation is SAME:
        return axis
    if type(axis) is Field:
        found = relation.step(axis)
        if found is not None:
            return found
    from cnncalc.fields.patterns import composed

    return composed(axis, relation)


def mixed(state: State) -> State:
    """Return the state of units that read several features of a flat vector."""
    if state.axes is None:
        return state
    from cnncalc.fields.patterns import mixed as mixed_axis

    axes = tuple([mixed_axis(axis) for axis in state.axes])
    return State(axes, state.whole, state.aligned, state.full)


def united(states: list[State], is_merge: bool = True) -> State:
    """Return the state where branches meet: their fields united, and whether they agree.

    Where what meets are no branches of a merge, they need not agree.
    """
    first = states[0]
    if all(state is first for state in states):
        return first
    whole = any(state.whole for state in states)
    agree = all(state.aligned for state in states)
    branches = [state for state in states if state.axes is not None]
    if not branches:
        return State(None, whole, agree)
    result = branches[0].axes or ()
    for branch in branches[1:]:
        if branch.axes is not None and branch.axes is not result:
            result, agrees = both(result, branch.axes)
            agree = agree and (agrees or not is_merge)
    full = any(branch.full for branch in branches)
    return State(result, whole, agree, full)


def both(a: Axes, b: Axes) -> tuple[Axes, bool]:
    """Return two branches' fields united, and whether jumps and centres agree on every axis."""
    result: list[Axis] = []
    agree = True
    for one, other in zip(a, b, strict=True):
        if result and one is a[0] and other is b[0]:
            result.append(result[0])
            continue
        if type(one) is Field and type(other) is Field and one.jump == other.jump:
            agree = agree and 2 * one.start + one.size == 2 * other.start + other.size
            result.append(covering(one, other))
            continue
        from cnncalc.fields import patterns

        agree = agree and patterns.agree(one, other)
        result.append(patterns.unite(one, other, len(a)))
    return tuple(result), agree


def covering(one: Field, other: Field) -> Field:
    """Return the smallest field that covers two of equal jump."""
    lo, hi = one.start, one.start + one.size
    low, high = other.start, other.start + other.size
    if lo <= low and high <= hi:
        return one
    if low <= lo and hi <= high:
        return other
    start = min(lo, low)
    return Field(max(hi, high) - start, one.jump, start)
