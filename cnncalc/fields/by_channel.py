"""The forward recurrence with a state for every channel, for networks that leave channels out.

Where a `slice` or a connection table picks some channels of a concatenation, the union over all
channels would be too large. Everywhere else it is exact, and so this slower way is not taken.
"""

from __future__ import annotations

from cnncalc.fields.forward import (
    BLIND,
    KEEPING,
    MERGING,
    advanced,
    first_state,
    united,
)
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.fields.forward import State, Windows
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

#: Layers of which every output channel reads all channels.
ALL = ("locally_connected", "linear", "rbf", "softmax", "log_softmax", "layer_norm")


class Channels:
    """The states of a node's channels (the features of a vector).

    `codes` has one character per channel, whose code is the place of its state in `table`: texts
    are cut, joined and searched without a step per channel.
    """

    __slots__ = ("codes", "table")

    def __init__(self, codes: str, table: list[State]) -> None:
        self.codes = codes
        self.table = table

    def states(self, lo: int = 0, hi: int | None = None) -> list[State]:
        """Return the different states of some channels."""
        if len(self.table) == 1:
            return self.table
        return [self.table[ord(code)] for code in set(self.codes[lo:hi])]


def alike(state: State, count: int) -> Channels:
    """Return channels of one state."""
    return Channels("\0" * count, [state])


def of_states(states: list[State]) -> Channels:
    """Return channels of these states."""
    places: dict[int, str] = {}
    table: list[State] = []
    codes = []
    for state in states:
        if id(state) not in places:
            places[id(state)] = chr(len(table))
            table.append(state)
        codes.append(places[id(state)])
    return Channels("".join(codes), table)


def forward_by_channel(graph: Graph, shapes: list[Shape], source: int) -> list[State]:
    """Return the state of every node, as `forward` does."""
    nodes: list[Channels] = []
    states: list[State] = []
    windows: Windows = {}
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        output, word = shapes[index], node.layer.keyword
        if not node.inputs:
            state = first_state(output) if index == source else BLIND
            channels = alike(state, output[0])
        elif word in MERGING:
            read = [shapes[i] for i in node.inputs]
            state = united([states[i] for i in node.inputs], read, output)
            channels = merged(word, [nodes[i] for i in node.inputs], read, output)
        else:
            origin = node.inputs[0]
            channels = following(node.layer, nodes[origin], shapes[origin], output, windows)
            kept = word in KEEPING and word != "slice"
            state = states[origin] if kept else together(channels.states(), output)
        nodes.append(channels)
        states.append(state)
    return states


def merged(word: str, inputs: list[Channels], shapes: list[Shape], output: Shape) -> Channels:
    """Return the states of a merge: one branch after the other, or united channel by channel."""
    if word == "concat":
        table: list[State] = []
        codes = ""
        for channels in inputs:
            moved = {code: code + len(table) for code in range(len(channels.table))}
            codes += channels.codes.translate(moved)
            table += channels.table
        return compact(codes, table)
    if all(len(channels.table) == 1 for channels in inputs):
        return alike(united([c.table[0] for c in inputs], shapes, output), output[0])
    spread = [c.codes * (output[0] // len(c.codes)) for c in inputs]
    known: dict[tuple[str, ...], State] = {}
    states = []
    for group in zip(*spread, strict=True):
        if group not in known:
            tables = zip(inputs, group, strict=True)
            known[group] = united([c.table[ord(code)] for c, code in tables], shapes, output)
        states.append(known[group])
    return of_states(states)


def compact(codes: str, table: list[State]) -> Channels:
    """Return channels with every state once in the table, and no other."""
    places: dict[int, int] = {}
    moved: dict[int, int] = {}
    kept: list[State] = []
    for code in sorted(map(ord, set(codes))):
        state = table[code]
        if id(state) not in places:
            places[id(state)] = len(kept)
            kept.append(state)
        moved[code] = places[id(state)]
    return Channels(codes.translate(moved), kept)


def following(
    layer: Any, channels: Channels, shape: Shape, output: Shape, windows: Windows
) -> Channels:
    """Return the states of the output channels of a layer with one input."""
    word = layer.keyword
    codes, table = channels.codes, channels.table
    if word == "slice":
        return compact(codes[layer.start : layer.stop : layer.step], table)
    if word == "channel_shuffle":
        each = len(codes) // layer.groups
        dealt = zip(*[codes[g * each : (g + 1) * each] for g in range(layer.groups)], strict=True)
        return Channels("".join(map("".join, dealt)), table)
    if word in KEEPING:
        return channels
    read = read_by_each(layer, channels, shape, output)
    after = [advanced(layer, state, shape, output, windows) for state in read.table]
    codes = read.codes
    if word == "flatten":
        times = product(shape[1:])
        codes = "".join([code * times for code in codes])
    elif word == "pad" and layer.channels:
        before, more = layer.channels
        blind = chr(len(after))
        codes = blind * before + codes + blind * more
        after.append(BLIND)
    return Channels(codes, after)


def read_by_each(layer: Any, channels: Channels, shape: Shape, output: Shape) -> Channels:
    """Return for every output channel the united state of the input channels that it reads."""
    word = layer.keyword
    if word == "conv" and layer.connections is not None:
        rows = [[channels.table[ord(channels.codes[c])] for c in row] for row in layer.connections]
        return of_states([together(row, shape) for row in rows])
    if word in ("conv", "conv_transpose"):
        return by_groups(channels, layer.groups, output[0], shape)
    if word in ALL:
        return by_groups(channels, 1, output[0], shape)
    if word == "group_norm":
        return by_groups(channels, layer.num_groups, output[0], shape)
    if word == "local_response_norm" and len(channels.table) > 1:
        firsts = [c - layer.size // 2 for c in range(output[0])]
        near = [channels.states(max(0, first), first + layer.size) for first in firsts]
        return of_states([together(states, shape) for states in near])
    return channels


def by_groups(channels: Channels, groups: int, count: int, shape: Shape) -> Channels:
    """Return for each of `count` output channels the united state of its group."""
    wide, high = len(channels.codes) // groups, count // groups
    if groups == 1 or len(channels.table) == 1:
        return alike(together(channels.states(), shape), count)
    if wide == 1:
        return Channels("".join([code * high for code in channels.codes]), channels.table)
    lows = range(0, len(channels.codes), wide)
    each = [together(channels.states(lo, lo + wide), shape) for lo in lows]
    return of_states([state for state in each for _ in range(high)])


def together(states: list[State], shape: Shape) -> State:
    """Return the united state of some channels of one node."""
    distinct = list({id(state): state for state in states}.values())
    if len(distinct) == 1:
        return distinct[0]
    return united(distinct, [shape] * len(distinct), shape)
