"""Whether a draw is good: as much work as the others, and its key is what running it measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.fields.api import receptive_field
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.model import Item, Question
from cnncalc.grading.quantities import AXES
from cnncalc.grading.question_types.fits import loses_nothing, window_fits
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.executor.measure import Figures, Meter

#: Products that running a network, and measuring its receptive fields, may take.
MAX_MACS, MAX_FIELD_MACS = 5 * 10**9, 10**8


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
    graph = question.network.graph
    asked = [node for item in question.items for node in item.nodes]
    last = max(asked, default=len(graph.nodes) - 1)  # what comes after it is not run
    graph = graph.replace(nodes=graph.nodes[: last + 1], outputs=(last,), aux_outputs=())
    analysis = analyze(graph)
    opaque = next((node.name for node in graph.nodes if node.layer.opaque), None)
    if opaque:
        return f"it cannot be checked: nobody knows how to run `{opaque}`"
    macs = analysis.totals().ops.macs
    if macs > MAX_MACS:
        raise TooLarge
    found = (meter or new_meter()).measure(graph)
    for index, node in enumerate(graph.nodes):
        facts = analysis.facts[index]
        weights = (0, 0) if node.shares is not None else (facts.trainable, facts.buffers)
        own = found[index] if index < len(found) else None
        measured = own and (own.shape, own.params, own.buffers, own.macs)
        if measured != (facts.output, *weights, facts.ops.macs):
            return f"running `{node.name}` does not give the computed figures"
    for item in question.items:
        seen: tuple[int | None, ...] | None = ()
        if item.nodes and item.quantity != "receptive_field":
            seen = _measured(item, found)
        elif item.nodes and fields and macs <= MAX_FIELD_MACS:
            seen = _field_measured(analysis, item.nodes[-1])
        if seen != () and item.truth.numbers not in ((), seen):
            return f"running the network does not give the key of `{item.id}`"
    return None


def _measured(item: Item, found: Sequence[Figures]) -> tuple[int, ...]:
    """Return what running gave for an item; () where that cannot be seen."""
    own, counted = [found[node] for node in item.nodes], item.conventions
    shape, quantity = own[-1].shape, item.quantity.replace("weight_bytes", "params")
    size = counted.itemsize if item.quantity.endswith("bytes") else 1
    if quantity in AXES:
        return shape[AXES[quantity]][:1]
    if quantity in ("shape", "spatial"):
        return shape[1:] if quantity == "spatial" else shape
    if quantity == "params" and (counted.bias, counted.batch_norm) == ("counted", 2):
        return (size * sum(one.params for one in own),)
    if quantity in ("activations", "activation_bytes"):
        return (size * sum(product(one.shape) for one in own),)
    return (sum(one.macs for one in own),) if quantity == "macs" else ()


def _field_measured(analysis: Analysis, node: int) -> tuple[int | None, ...] | None:
    """Return the size of a field whose units read the pixels that they should; None of others."""
    from cnncalc.executor.field_checks import prove_fields

    check = prove_fields(analysis).get(node)
    if check is not None and not check.passed:
        return None
    return receptive_field(analysis).node(analysis.graph.nodes[node].name).size


def steps(question: Question) -> int:
    """Return how many things have to be thought of on the way to the answers of a question.

    In every layer on that way these are: a window of more than one pixel, padding, a stride,
    dilation, pixels left over, biases and groups. The widths of layers make none.
    """
    if question.network is None:
        return 0
    right = question.network.right
    way = {node for item in question.items for node in item.nodes}
    for index in range(max(way, default=0), 0, -1):  # all that leads to what is asked about
        way.update(right.graph.nodes[index].inputs if index in way else ())
    leftover = question.kind != "fits"  # there it is the answer
    return sum(_thoughts(right, index, leftover) for index in way)


def _thoughts(network: BelievedNetwork, index: int, leftover: bool) -> int:
    layer, windows = network.layers[index], network.windows(index) or ()
    thoughts: tuple[bool, ...] = (
        any(window.kernel > 1 for window in windows),
        any(window.before or window.after for window in windows),
        any(window.stride > 1 for window in windows),
        any(window.dilation > 1 for window in windows),
        leftover and not window_fits(network, index),
        bool(getattr(layer, "bias", False)),
        getattr(layer, "groups", 1) != 1,
    )
    return sum(thoughts)


def fits_as(wanted: str, question: Question) -> bool:
    """Tell whether windows fit `exactly`, at least one does `never`, or `any` will do."""
    if wanted == "any" or question.network is None:
        return True
    return loses_nothing(question.network.right) is (wanted == "exactly")
