"""The forward recurrence with a state for every channel, for networks that leave channels out.

Where a `slice` or a connection table picks some channels of a concatenation, the union over all
channels would be too large. Everywhere else it is exact, and so this slower way is not taken.
Channels of one state are held together, as a set of runs: no step is taken per channel.
"""

from __future__ import annotations

from cnncalc.fields.states import BLIND, Scattered, State, Unknown, first_state
from cnncalc.fields.steps import Walk, advanced, united
from cnncalc.layers.runs import TooManyPieces, count, difference, intersection, normal, union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from cnncalc.fields.states import Axis
    from cnncalc.graph import Graph
    from cnncalc.layers.reading import Reading
    from cnncalc.layers.relations import Relation
    from cnncalc.layers.runs import Runs
    from cnncalc.quantities import Shape

    #: The channels of a node (the features of a vector), in sets of one state each.
    Channels: TypeAlias = "list[tuple[State, Runs]]"

TOO_MANY = "its channels have too many different fields"
PICKED = "its units read different channels"


def forward_by_channel(graph: Graph, shapes: list[Shape], source: int, walk: Walk) -> list[State]:
    """Return the state of every node, as `forward` does."""
    nodes: list[Channels] = []
    states: list[State] = []
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        output, inputs = shapes[index], node.sources
        if not inputs:
            states.append(first_state(output) if index == source else BLIND)
            nodes.append([(states[-1], ((0, output[0]),))])
            continue
        readings = node.layer.readings(tuple([shapes[i] for i in node.inputs]), output)
        if len(inputs) == 1 and readings[0].is_own():
            states.append(states[inputs[0]])
            nodes.append(nodes[inputs[0]])
            continue
        try:
            came = [
                through(walk, reading, nodes[i], i, index)
                for reading, i in zip(readings, inputs, strict=True)
            ]
            found = came[0] if len(came) == 1 else overlaid(came)
        except TooManyPieces:
            unknown = State((Unknown(TOO_MANY),) * (len(shapes[source]) - 1))
            found = [(unknown, ((0, output[0]),))]
        if not is_covered(found, output[0]):
            covered = normal([run for _, runs in found for run in runs])
            found = joined([*found, (BLIND, difference(((0, output[0]),), covered))])
        nodes.append(found)
        if len(inputs) == 1:
            states.append(together([state for state, _ in nodes[-1]]))
        else:
            pairs = zip(readings, inputs, strict=True)
            states.append(united([advanced(walk, r, states[i], i, index) for r, i in pairs]))
    return states


def is_covered(channels: Channels, number: int) -> bool:
    """Return whether every one of so many channels has a state."""
    if len(channels) == 1 and channels[0][1] == ((0, number),):
        return True
    return sum([count(runs) for _, runs in channels]) == number


def through(walk: Walk, reading: Reading, channels: Channels, origin: int, index: int) -> Channels:
    """Return the states of a layer's channels through one of its inputs."""
    moved, output = reading.moved, walk.shapes[index]
    if reading.unknown:
        return [(walk.lost(index), ((0, output[0]),))]
    if moved is not None and moved.along(0) is None:
        state = advanced(walk, reading, together([s for s, _ in channels]), origin, index)
        return [(dispersed(state, output), ((0, output[0]),))]
    relation = reading.axes[0] if reading.axes else moved and moved.along(0)
    if not relation:
        return []
    if reading.whole and reading.local is not None:
        # Statistics come from a group of channels, what they normalise from the channel itself.
        group = through(walk, reading.replace(local=None), channels, origin, index)
        return overlaid([group, channels], is_merge=False)
    found: Channels = []
    single = [state for state, _ in channels]
    for state, runs in picked(channels, relation):
        after = advanced(walk, reading, state, origin, index, runs)
        if moved is not None and moved.picks_channels() and state not in single:
            after = dispersed(after, output)
        found.append((after, runs))
    return joined(found)


def dispersed(state: State, output: Shape) -> State:
    """Return a state whose fields are the largest of what differs from unit to unit."""
    from cnncalc.fields.patterns import sizes

    if state.axes is None:
        return state
    rank = len(state.axes)  # other axes than the input's are no places along them
    lengths = output[1:] if len(output) == rank + 1 else (1,) * rank
    axes: list[Axis] = []
    for axis, length in zip(state.axes, lengths, strict=True):
        if not isinstance(axis, Scattered | Unknown):
            axis = Scattered(None, sizes(axis, length)[1], PICKED)
        axes.append(axis)
    return State(tuple(axes), state.whole, state.aligned)


def picked(channels: Channels, relation: Relation) -> Channels:
    """Return the channels that read some, with the united state of those that they read."""
    parts = [(state, relation.ahead(runs)) for state, runs in channels]
    return parts if relation.is_single() else overlaid([[part] for part in parts])


def overlaid(layers: list[Channels], is_merge: bool = True) -> Channels:
    """Return several divisions of channels as one, with states united where sets overlap."""
    result = layers[0]
    for channels in layers[1:]:
        added: Channels = []
        for state, runs in channels:
            kept: Channels = []
            for held, own in result:
                if runs and own[0][0] < runs[-1][1] and runs[0][0] < own[-1][1]:
                    common = intersection(own, runs)
                    if common:
                        added.append((together([held, state], is_merge), common))
                        own, runs = difference(own, common), difference(runs, common)
                if own:
                    kept.append((held, own))
            result = kept
            if runs:
                added.append((state, runs))
        result = [*result, *added]
    return joined(result)


def joined(parts: Channels) -> Channels:
    """Return the sets of channels with every state once, and none empty."""
    found: dict[int, tuple[State, Runs]] = {}
    for state, runs in parts:
        if runs:
            held = found.get(id(state))
            found[id(state)] = (state, runs if held is None else union(held[1], runs))
    return list(found.values())


def together(states: list[State], is_merge: bool = True) -> State:
    """Return the united state of some channels of one node."""
    distinct = list({id(state): state for state in states if state is not BLIND}.values())
    return united(distinct, is_merge) if distinct else BLIND
