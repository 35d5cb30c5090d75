"""How much work a variant is: the steps to its answer, which should be the same for all."""

from __future__ import annotations

from cnncalc.grading.marking.believed_network import BelievedNetwork, window_of
from cnncalc.grading.model import Question
from cnncalc.grading.quantities import QUANTITIES
from cnncalc.layers.transposed import ConvTranspose

#: Quantities that depend on a layer's own weights, however its window is moved.
_OF_WEIGHTS = frozenset(("params", "weights", "biases", "weight_bytes", "fan_in", "buffers"))


def steps(question: Question) -> int:
    """Return how many things have to be thought of on the way to the answers of a question.

    In every layer on that way these are: a window of more than one pixel, padding, a stride,
    dilation, pixels left over; and where something is counted biases, groups, and whether the
    image has several channels. The widths of layers make none.
    """
    if question.network is None:
        return 0
    world = question.network.right
    nodes = {node for item in question.items for node in item.nodes}
    counted = any(item.quantity in QUANTITIES for item in question.items)
    if all(item.quantity in _OF_WEIGHTS for item in question.items) and not any(
        world.layers[node].weighs_places for node in nodes
    ):
        return sum(_count_steps(world, node) for node in nodes)
    leftover = question.kind != "fits"  # there it is the answer
    return sum(
        _window_steps(world, index, leftover) + (_count_steps(world, index) if counted else 0)
        for index in _ancestors(world, nodes)
    )


def _ancestors(world: BelievedNetwork, nodes: set[int]) -> set[int]:
    """Return nodes together with all that lead to them."""
    waiting = list(nodes)
    while waiting:
        for source in world.graph.nodes[waiting.pop()].inputs:
            if source not in nodes:
                nodes.add(source)
                waiting.append(source)
    return nodes


def _window_steps(world: BelievedNetwork, index: int, leftover: bool) -> int:
    layer, inputs = world.layers[index], world.inputs[index] or ()
    windows = window_of(layer, inputs)
    if not windows:
        return 0
    thought = {
        "window": any(window.kernel > 1 for window in windows),
        "padding": any(window.before or window.after for window in windows),
        "stride": any(window.stride > 1 for window in windows),
        "dilation": any(window.dilation > 1 for window in windows),
        "leftover": leftover and not fits(world, index),
    }
    return 1 + sum(thought.values())


def _count_steps(world: BelievedNetwork, index: int) -> int:
    inputs = world.inputs[index]
    if not inputs or not world.params(index):
        return 0
    layer, first = world.layers[index], world.graph.nodes[index].inputs[0]
    coloured = first in world.graph.inputs and inputs[0][0] > 1
    has = (getattr(layer, "bias", False), getattr(layer, "groups", 1) != 1, coloured)
    return 1 + sum(map(bool, has))


def fits(world: BelievedNetwork, index: int) -> bool:
    """Tell whether the windows of a layer leave no pixels over."""
    layer, inputs = world.layers[index], world.inputs[index] or ()
    if isinstance(layer, ConvTranspose):
        return True
    return all(
        not (length + window.before + window.after - window.extent) % window.stride
        for length, window in zip(
            inputs[0][1:] if inputs else (), window_of(layer, inputs) or (), strict=False
        )
    )
