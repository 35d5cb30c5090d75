"""Holds a question's key against what running its network measures."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.fields.api import receptive_field
from cnncalc.grading.marking.believed_network import window_of
from cnncalc.grading.model import Item, Question
from cnncalc.grading.question_types.fits import FitTruth
from cnncalc.grading.question_types.numbers import NumberTruth
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.graph import Graph
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.executor.measure import Figures, Meter

#: Products that running a network, and measuring its receptive fields, may take.
MAX_MACS = 5 * 10**9
MAX_FIELD_MACS = 10**8
Shapes = Mapping[int, tuple[int, ...]]


class RunResults:
    """What running a network gave, by node: shapes, learned numbers and products.

    `failed` is the first node at which that is not what was computed.
    """

    def __init__(self, analysis: Analysis, meter: Meter) -> None:
        graph = analysis.graph
        found = meter.measure(graph)
        self.failed = next(
            (
                node.name
                for index, node in enumerate(graph.nodes)
                if index >= len(found) or not _agrees(analysis, index, found[index])
            ),
            "",
        )
        self.shapes = {index: own.shape for index, own in enumerate(found)}
        self.params = {index: own.params for index, own in enumerate(found)}
        self.macs = {index: own.macs for index, own in enumerate(found)}


def _agrees(analysis: Analysis, index: int, found: Figures) -> bool:
    """Tell whether what a node gave is what was computed for it."""
    own = analysis.facts[index]
    shared = analysis.graph.nodes[index].shares is not None
    weights = (0, 0) if shared else (own.trainable, own.buffers)
    return (found.shape, found.params, found.buffers, found.macs) == (
        own.output, *weights, own.ops.macs,
    )  # fmt: skip


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
    opaque = [node.name for node in analysis.graph.nodes if node.layer.opaque]
    if opaque:
        return f"it cannot be checked: nobody knows how to run `{opaque[0]}`"
    macs = analysis.totals().ops.macs
    if macs > MAX_MACS:
        raise TooLarge
    if meter is None:
        meter = new_meter()
    measured = RunResults(analysis, meter)
    if measured.failed:
        return f"running `{measured.failed}` does not give the computed figures"
    for item in question.items:
        if item.quantity == "receptive_field" and item.nodes:
            found = not fields or macs > MAX_FIELD_MACS or _field_holds(analysis, item)
        else:
            found = _holds(question, item, measured)
        if not found:
            return f"running the network does not give the key of `{item.id}`"
    return None


def _leading_to(graph: Graph, question: Question) -> Graph:
    """Return the part of a network that comes before what is asked about."""
    last = max(
        (node for item in question.items for node in item.nodes), default=len(graph.nodes) - 1
    )
    return graph.replace(nodes=graph.nodes[: last + 1], outputs=(last,), aux_outputs=())


def new_meter() -> Meter:
    """Return what runs networks; NumPy is loaded only here."""
    from cnncalc.executor.measure import Meter

    return Meter()


class TooLarge(Exception):
    """The network takes too long to be run."""


def _holds(question: Question, item: Item, measured: RunResults) -> bool:
    """Tell whether the key of an item is what was measured, as far as that can be seen."""
    truth, shape = item.truth, measured.shapes.get(item.nodes[-1] if item.nodes else -1)
    if shape is None:
        return True
    if isinstance(truth, ShapeTruth):
        return truth.shape == (shape[1:] if truth.spatial else shape)
    if isinstance(truth, FitTruth):
        return truth.fits is _fits(question, item, measured.shapes)
    if isinstance(truth, NumberTruth):
        number = _number(item, shape, measured)
        return number is None or truth.value == Fraction(number)
    return True


def _number(item: Item, shape: tuple[int, ...], measured: RunResults) -> int | None:
    quantity, conventions = item.quantity, item.conventions
    if quantity in ("params", "weight_bytes"):
        if conventions.bias != "counted" or conventions.batch_norm != 2:
            return None
        size = conventions.itemsize if quantity == "weight_bytes" else 1
        return size * sum(measured.params.get(node, 0) for node in item.nodes)
    if quantity == "macs":
        return sum(measured.macs.get(node, 0) for node in item.nodes)
    if quantity in ("activations", "activation_bytes"):
        size = conventions.itemsize if quantity == "activation_bytes" else 1
        return size * sum(product(measured.shapes[node]) for node in item.nodes)
    position = {"channels": 0, "height": 1, "size": 1, "width": 2, "length": -1}.get(quantity)
    return None if position is None else shape[position]


def _fits(question: Question, item: Item, shapes: Shapes) -> bool:
    """Tell whether the last of the windows that were moved ends where the padded input does."""
    assert question.network is not None
    right, node = question.network.right, item.nodes[-1]
    read = shapes[right.graph.nodes[node].inputs[0]]
    windows = window_of(right.layers[node], (read,)) or ()
    return all(
        (moved - 1) * window.stride + window.extent == length + window.before + window.after
        for moved, length, window in zip(shapes[node][1:], read[1:], windows, strict=True)
    )


def _field_holds(analysis: Analysis, item: Item) -> bool:
    """Tell whether units read the pixels that their field has, and the key is its size."""
    from cnncalc.executor.probe import prove_fields

    node, truth = item.nodes[-1], item.truth
    check = prove_fields(analysis).get(node)
    own = receptive_field(analysis).node(analysis.graph.nodes[node].name).size
    right = isinstance(truth, ShapeTruth) and truth.shape == own
    return right and (check is None or check.passed)
