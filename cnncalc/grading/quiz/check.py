"""Whether a draw is good: as much work as the others, and its key is what running it measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.fields.api import receptive_field
from cnncalc.grading.marking.believed_network import BelievedNetwork, window_of
from cnncalc.grading.model import Item, Question
from cnncalc.grading.quantities import QUANTITIES
from cnncalc.grading.question_types.fits import FitTruth
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.graph import Graph
from cnncalc.layers.transposed import ConvTranspose
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.executor.measure import Figures, Meter


#: Products that running a network, and measuring its receptive fields, may take.
MAX_MACS = 5 * 10**9
MAX_FIELD_MACS = 10**8


class TooLarge(Exception):
    """The network takes too long to be run."""


def new_meter() -> Meter:
    """Return what runs networks; NumPy is loaded only here."""
    from cnncalc.executor.measure import Meter

    return Meter()


def fault(question: Question, fields: bool = True, meter: Meter | None = None) -> str | None:
    """Return what of a question's key is not what running its network gives, or None.

    A key that cannot be measured in this way stands on the nodes it is computed from, all of which
    are held against the run. Receptive fields, which take many runs, are measured only with
    `fields`. A `meter` remembers what layers gave in other questions. Raises TooLarge if running
    the network would take too long.
    """
    if question.network is None:
        return None
    analysis = analyze(_leading_to(question.network.graph, question))
    nodes = analysis.graph.nodes
    opaque = next((node.name for node in nodes if node.layer.opaque), None)
    if opaque:
        return f"it cannot be checked: nobody knows how to run `{opaque}`"
    macs = analysis.totals().ops.macs
    if macs > MAX_MACS:
        raise TooLarge
    found = (meter or new_meter()).measure(analysis.graph)
    for index, node in enumerate(nodes):
        if index >= len(found) or not _agrees(analysis, index, found[index]):
            return f"running `{node.name}` does not give the computed figures"
    fields = fields and macs <= MAX_FIELD_MACS
    for item in question.items:
        if item.quantity == "receptive_field" and item.nodes:
            holds = not fields or _field_holds(analysis, item)
        else:
            holds = _holds(question, item, found)
        if not holds:
            return f"running the network does not give the key of `{item.id}`"
    return None


def _leading_to(graph: Graph, question: Question) -> Graph:
    """Return the part of a network that comes before what is asked about."""
    asked = [node for item in question.items for node in item.nodes]
    last = max(asked, default=len(graph.nodes) - 1)
    return graph.replace(nodes=graph.nodes[: last + 1], outputs=(last,), aux_outputs=())


def _agrees(analysis: Analysis, index: int, found: Figures) -> bool:
    """Tell whether what a node gave is what was computed for it."""
    own = analysis.facts[index]
    shared = analysis.graph.nodes[index].shares is not None
    weights = (0, 0) if shared else (own.trainable, own.buffers)
    measured = (found.shape, found.params, found.buffers, found.macs)
    return measured == (own.output, *weights, own.ops.macs)


def _holds(question: Question, item: Item, found: list[Figures]) -> bool:
    """Tell whether the key of an item is what was measured, as far as that can be seen."""
    truth = item.truth
    if not item.nodes:
        return True
    shape = found[item.nodes[-1]].shape
    if isinstance(truth, ShapeTruth):
        return truth.shape == (shape[1:] if truth.spatial else shape)
    if isinstance(truth, FitTruth):
        return truth.fits is _fits(question, item, found)
    number = _number(item, found)
    return number is None or not isinstance(truth, NumberTruth) or truth.value == number


def _number(item: Item, found: list[Figures]) -> int | None:
    """Return a quantity as it was measured; None where that cannot be."""
    conventions, own = item.conventions, [found[node] for node in item.nodes]
    size = conventions.itemsize if item.quantity.endswith("_bytes") else 1
    usual = conventions.bias == "counted" and conventions.batch_norm == 2
    if item.quantity in ("params", "weight_bytes"):
        return size * sum(one.params for one in own) if usual else None
    if item.quantity == "macs":
        return sum(one.macs for one in own)
    if item.quantity in ("activations", "activation_bytes"):
        return size * sum(product(one.shape) for one in own)
    axis = {"channels": 0, "height": 1, "size": 1, "width": 2, "length": -1}.get(item.quantity)
    return None if axis is None else own[-1].shape[axis]


def _fits(question: Question, item: Item, found: list[Figures]) -> bool:
    """Tell whether the last of the windows that were moved ends where the padded input does."""
    assert question.network is not None
    right, node = question.network.right, item.nodes[-1]
    read = found[right.graph.nodes[node].inputs[0]].shape
    windows = window_of(right.layers[node], (read,)) or ()
    return all(
        (moved - 1) * window.stride + window.extent == length + window.before + window.after
        for moved, length, window in zip(found[node].shape[1:], read[1:], windows, strict=True)
    )


def _field_holds(analysis: Analysis, item: Item) -> bool:
    """Tell whether units read the pixels that their field has, and the key is its size."""
    from cnncalc.executor.field_checks import prove_fields

    node, truth = item.nodes[-1], item.truth
    check = prove_fields(analysis).get(node)
    own = receptive_field(analysis).node(analysis.graph.nodes[node].name).size
    right = isinstance(truth, ShapeTruth) and truth.shape == own
    return right and (check is None or check.passed)


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
