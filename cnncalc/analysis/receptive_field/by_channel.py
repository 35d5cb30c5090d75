"""The forward recurrence with a state for every channel, for networks that leave channels out.

Where a `slice` or a connection table picks some channels of a concatenation, the union over all
channels would be too large. Everywhere else it is exact, and so this slower way is not taken.
"""

from __future__ import annotations

from cnncalc.analysis.receptive_field.forward import (
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

    from cnncalc.analysis.receptive_field.forward import State, Windows
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    #: One state per channel (per feature of a flat vector); a single one stands for all channels.
    Channels = list[State]


def forward_by_channel(graph: Graph, shapes: list[Shape], source: int) -> list[State]:
    """Return the state of every node, as `forward` does."""
    nodes: list[Channels] = []
    states: list[State] = []
    windows: Windows = {}
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        output = shapes[index]
        if not node.inputs:
            channels = [first_state(output) if index == source else BLIND]
            state = channels[0]
        else:
            word = node.layer.keyword
            read = [shapes[i] for i in node.inputs]
            before = [nodes[i] for i in node.inputs]
            channels = next_channels(node.layer, before, read, output, windows)
            if word in MERGING:
                state = united([states[i] for i in node.inputs], read, output)
            elif word in KEEPING and word != "slice":
                state = states[node.inputs[0]]
            else:
                state = together(channels, output)
        nodes.append(channels)
        states.append(state)
    return states


def next_channels(
    layer: Any, inputs: list[Channels], shapes: list[Shape], output: Shape, windows: Windows
) -> Channels:
    """Return the states of a layer's output channels."""
    word = layer.keyword
    if word in MERGING:
        return merged_channels(word, inputs, shapes, output)
    channels, shape = inputs[0], shapes[0]
    if word in SELECTING and len(channels) > 1:
        return SELECTING[word](layer, channels)
    if word in KEEPING:
        return channels
    if word == "flatten":
        after = each_advanced(layer, channels, shape, output, windows)
        return [state for state in after for _ in range(product(shape[1:]))]
    if word == "pad" and layer.channels:
        before, more = layer.channels
        inner = expanded(each_advanced(layer, channels, shape, output, windows), shape[0])
        return [BLIND] * before + inner + [BLIND] * more
    read = read_by_each(layer, channels, shape, output)
    return each_advanced(layer, read, shape, output, windows)


def merged_channels(
    word: str, inputs: list[Channels], shapes: list[Shape], output: Shape
) -> Channels:
    """Return the states of a merge: one branch after the other, or united channel by channel."""
    if word == "concat":
        if all(len(c) == 1 and c[0] is inputs[0][0] for c in inputs):
            return inputs[0]
        result: Channels = []
        for channels, shape in zip(inputs, shapes, strict=True):
            result += expanded(channels, shape[0])
        return result
    if all(len(channels) == 1 for channels in inputs):
        return [united([channels[0] for channels in inputs], shapes, output)]
    return [
        united([c[i] if len(c) > 1 else c[0] for c in inputs], shapes, output)
        for i in range(output[0])
    ]


def expanded(channels: Channels, count: int) -> Channels:
    """Return one state for each of `count` channels."""
    return channels if len(channels) == count else channels * count


def sliced(layer: Any, channels: Channels) -> Channels:
    """Return the channels that a slice keeps."""
    return channels[layer.start : layer.stop : layer.step]


def shuffled(layer: Any, channels: Channels) -> Channels:
    """Return channels as a shuffle deals them out."""
    each = len(channels) // layer.groups
    result = channels[:]
    for group in range(layer.groups):
        result[group :: layer.groups] = channels[group * each : (group + 1) * each]
    return result


SELECTING = {"slice": sliced, "channel_shuffle": shuffled}


def read_by_each(layer: Any, channels: Channels, shape: Shape, output: Shape) -> Channels:
    """Return for every output channel the united state of the input channels that it reads."""
    word = layer.keyword
    if len(channels) == 1:
        return channels
    if word == "conv" and layer.connections is not None:
        return [together([channels[c] for c in row], shape) for row in layer.connections]
    if word in ("conv", "conv_transpose"):
        return by_groups(channels, layer.groups, output[0] // layer.groups, shape)
    if word in ("locally_connected", "linear", "rbf", "softmax", "log_softmax", "layer_norm"):
        return [together(channels, shape)]
    if word == "group_norm":
        return by_groups(channels, layer.num_groups, output[0] // layer.num_groups, shape)
    if word == "local_response_norm":
        before, count = layer.size // 2, len(channels)
        return [
            together(channels[max(0, c - before) : c - before + layer.size], shape)
            for c in range(count)
        ]
    return channels


def by_groups(channels: Channels, groups: int, high: int, shape: Shape) -> Channels:
    """Return the united state of each group, for each of its `high` output channels."""
    wide = len(channels) // groups
    if wide == 1:
        return channels if high == 1 else [state for state in channels for _ in range(high)]
    result: Channels = []
    for group in range(groups):
        result += [together(channels[group * wide : (group + 1) * wide], shape)] * high
    return result


def each_advanced(
    layer: Any, channels: Channels, shape: Shape, output: Shape, windows: Windows
) -> Channels:
    """Return the states after a layer, worked out once for each different state."""
    if len(channels) == 1:
        return [advanced(layer, channels[0], shape, output, windows)]
    known = {
        key: advanced(layer, state, shape, output, windows)
        for key, state in distinct(channels).items()
    }
    return [known[id(state)] for state in channels]


def together(channels: Channels, shape: Shape) -> State:
    """Return the united state of some channels of one node."""
    if len(channels) == 1:
        return channels[0]
    states = list(distinct(channels).values())
    return united(states, [shape] * len(states), shape)


def distinct(channels: Channels) -> dict[int, State]:
    """Return the different states of some channels, by identity."""
    return dict(zip(map(id, channels), channels, strict=True))
