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
    right = question.network.right
    nodes = {node for item in question.items for node in item.nodes}
    quantities = {item.quantity for item in question.items}
    if quantities <= _OF_WEIGHTS and not any(right.layers[node].weighs_places for node in nodes):
        return sum(_count_steps(right, node) for node in nodes)
    waiting = list(nodes)
    while waiting:  # all that leads to what is asked about
        before = set(right.graph.nodes[waiting.pop()].inputs) - nodes
        nodes |= before
        waiting += before
    leftover = question.kind != "fits"  # there it is the answer
    found = sum(_window_steps(right, index, leftover) for index in nodes)
    counted = any(quantity in QUANTITIES for quantity in quantities)
    return found + sum(_count_steps(right, index) for index in nodes if counted)


def _window_steps(network: BelievedNetwork, index: int, leftover: bool) -> int:
    windows = window_of(network.layers[index], network.inputs[index])
    if not windows:
        return 0
    thought = (
        any(window.kernel > 1 for window in windows),
        any(window.before or window.after for window in windows),
        any(window.stride > 1 for window in windows),
        any(window.dilation > 1 for window in windows),
        leftover and not fits(network, index),
    )
    return 1 + sum(thought)


def _count_steps(network: BelievedNetwork, index: int) -> int:
    inputs = network.inputs[index]
    if not inputs or not network.params(index):
        return 0
    layer, first = network.layers[index], network.graph.nodes[index].inputs[0]
    coloured = first in network.graph.inputs and inputs[0][0] > 1
    has = (getattr(layer, "bias", False), getattr(layer, "groups", 1) != 1, coloured)
    return 1 + sum(map(bool, has))


def fits(network: BelievedNetwork, index: int) -> bool:
    """Tell whether the windows of a layer leave no pixels over."""
    layer, inputs = network.layers[index], network.inputs[index]
    windows = window_of(layer, inputs)
    if not windows or not inputs or isinstance(layer, ConvTranspose):
        return True
    return all(
        not (length + window.before + window.after - window.extent) % window.stride
        for length, window in zip(inputs[0][1:], windows, strict=False)
    )
