"""Whether a draw is good: as much work as the others, and its key is what running it measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnncalc.analysis.unknown import refuse_opaque
from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.fields.api import receptive_field
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.model import Item, Question
from cnncalc.grading.quantities import asked_of, is_of_shape
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
    the network would take too long, SpecError if nobody knows how to run a layer of it.
    """
    if question.network is None:
        return None
    graph = question.network.graph
    asked = [node for item in question.items for node in item.nodes]
    last = max(asked, default=len(graph.nodes) - 1)  # what comes after it is not run
    graph = graph.replace(nodes=graph.nodes[: last + 1], outputs=(last,), aux_outputs=())
    analysis = analyze(graph)
    refuse_opaque(graph, "no key can be checked by running it")
    macs = analysis.totals().ops.macs
    if macs > MAX_MACS:
        raise TooLarge
    found = (meter or new_meter()).measure(graph)
    for index, node in enumerate(graph.nodes):
        own = analysis.figures(index)
        computed = (own.output, own.params, own.buffers, own.macs)
        if index >= len(found) or found[index][:4] != computed:
            return f"running `{node.name}` does not give the computed figures"
    for item in question.items:
        right = item.truth.numbers
        seen: tuple[int | None, ...] | None = None
        if not right or not item.nodes:
            continue
        if item.quantity != "receptive_field":
            seen = _measured(item, found)
        elif fields and macs <= MAX_FIELD_MACS:
            seen = _field_measured(analysis, item.nodes[-1])
        if seen not in (None, right):
            return f"running the network does not give the key of `{item.id}`"
    return None


def _measured(item: Item, found: Sequence[Figures]) -> tuple[int, ...] | None:
    """Return what running gave for an item; None where that cannot be seen."""
    own, counted = [found[node] for node in item.nodes], item.conventions
    if is_of_shape(item.quantity):
        value = asked_of(item.quantity, own[-1].shape)
        return value if isinstance(value, tuple) else (value or 0,)
    sums = {"macs": sum(one.macs for one in own)}
    sums["activations"] = sum(product(one.shape) for one in own)
    sums["activation_bytes"] = sums["activations"] * counted.itemsize
    if (counted.bias, counted.batch_norm) == ("counted", 2):
        sums["params"] = sum(one.params for one in own)
        sums["weight_bytes"] = sums["params"] * counted.itemsize
    return (sums[item.quantity],) if item.quantity in sums else None


def _field_measured(analysis: Analysis, node: int) -> tuple[int | None, ...]:
    """Return the size of a field whose units read the pixels that they should; () of others."""
    from cnncalc.executor.field_checks import prove_fields

    check = prove_fields(analysis).get(node)
    if check is not None and not check.passed:
        return ()
    found = receptive_field(analysis).node(analysis.graph.nodes[node].name)
    return found.size or analysis.facts[0].output[1:]  # without axes it is the whole input


def windows_of(question: Question) -> tuple[object, ...]:
    """Return what receptive fields depend on: windows, and the lengths that they slide over."""
    if question.network is None:
        return ()
    right = question.network.right
    return tuple([(shape and shape[1:], right.windows(i)) for i, shape in enumerate(right.shapes)])


def steps(question: Question) -> int:
    """Return how many things have to be thought of on the way to the answers of a question.

    In every layer on that way these are: a window of more than one pixel, padding, a stride,
    dilation, pixels left over, biases and groups. The widths of layers make none.
    """
    if question.network is None:
        return 0
    right = question.network.right
    way = right.graph.leading_to([node for item in question.items for node in item.nodes])
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
