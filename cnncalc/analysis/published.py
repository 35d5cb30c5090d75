"""Published facts against computed figures: what a source printed, and what is right."""

from __future__ import annotations

from cnncalc.amounts import amount
from cnncalc.analysis.unknown import refuse_unknown
from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.fields.node_fields import quick_fields
from cnncalc.quantities import OPERATIONS, show_shape
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fractions import Fraction
    from typing import Literal

    from cnncalc.analysis.walk import Analysis
    from cnncalc.graph import Published

    Status = Literal["match", "rounded", "erratum", "mismatch"]

FIELDS = ("receptive_field", "effective_stride", "effective_padding")
#: The counts that other quantities are sums of.
COUNTED_IN = {
    "trainable": ("params",), "flops": OPERATIONS, "connections": OPERATIONS,
}  # fmt: skip


class Finding(Record):
    """One published fact, the computed figure, and how they compare.

    `rounded`: equal once the computed figure is rounded to the printed digits. `erratum`: they
    differ, and the spec says why. `difference` is computed minus published, None for shapes.
    """

    fact: Published
    computed: int | str
    status: Status
    difference: int | None = None


def check(analysis: Analysis) -> list[Finding]:
    """Return what became of every published fact; raises `SpecError` for one that is no figure."""
    return [compare(fact, measure(analysis, fact)) for fact in analysis.graph.published]


def compare(fact: Published, computed: int | str) -> Finding:
    """Return how a fact and a computed figure compare."""
    if isinstance(computed, str):
        same = fact.value.replace("×", "x").replace(" ", "") == computed
        return Finding(fact, computed, "match" if same else explained(fact))
    printed, step = reading(fact)
    difference = computed - printed
    if difference == 0:
        return Finding(fact, computed, "match", 0)
    within = 2 * abs(difference) <= step
    status: Status = "rounded" if within else explained(fact)
    return Finding(fact, computed, status, round(difference))


def explained(fact: Published) -> Status:
    """Return what a mismatch is: an erratum of the source if the spec says so."""
    return "erratum" if fact.erratum else "mismatch"


def reading(fact: Published) -> tuple[Fraction, Fraction]:
    """Return a printed number, and the worth of its last digit (1 for a whole number).

    Trailing zeros of a whole number count as digits: `60M` is rounded to millions, `60000000` is
    meant to the unit. Raises `SpecError` if it is no number.
    """
    found = amount(fact.value)
    if found is None:
        help = "write an integer, or digits with K, M, G or e9"
        message = f"the published value `{fact.value[:60]}` is not a number"
        raise SpecError(Diagnostic(message, fact.span, help))
    return found.value, found.digit


def measure(analysis: Analysis, fact: Published) -> int | str:
    """Return the computed figure that a fact speaks of; raises `SpecError` for an unknown node."""
    graph = analysis.graph
    if fact.node is None:
        inside = [i for i, node in enumerate(graph.nodes) if not node.aux]
        end = graph.outputs[0]
    else:
        inside = graph.within(fact.node)
        if not inside:
            message = f"the network has no node `{fact.node}`"
            raise SpecError(Diagnostic(message, fact.span))
        end = inside[-1]
    quantity = fact.quantity
    needed = COUNTED_IN.get(quantity, (quantity.removesuffix("_with_aux"),))
    refuse_unknown(analysis, needed, "the published figure cannot be checked", inside)
    if quantity == "output":
        return show_shape(analysis.facts[end].output)
    if quantity == "activations" and fact.node is not None:
        return analysis.facts[end].elements
    if quantity == "depth":
        return analysis.depth(None if fact.node is None else inside)
    if quantity == "connections":
        return sum(analysis.figures(index).connections or 0 for index in inside)
    if quantity in FIELDS:
        return field_figure(analysis, quantity, end, fact)
    if quantity.endswith("_with_aux"):
        inside = list(range(len(graph.inputs), len(graph.nodes)))
    sums = analysis.sums(index for index in inside if graph.nodes[index].layer.arity != 0)
    return {
        "params": sums.params,
        "trainable": sums.trainable,
        "params_with_aux": sums.params,
        "buffers": sums.buffers,
        "macs": sums.ops.macs,
        "macs_with_aux": sums.ops.macs,
        "flops": sums.ops.flops,
        "activations": sums.activations,
    }[quantity]


def field_figure(analysis: Analysis, quantity: str, end: int, fact: Published) -> int:
    """Return size, jump or start padding of a node's field; the axes must agree."""
    field = quick_fields(analysis)[end]
    values = {
        "receptive_field": field.size,
        "effective_stride": field.jump,
        "effective_padding": field.start,
    }[quantity]
    value = values[0] if values and len(set(values)) == 1 else None
    if value is None:
        message = f"the {quantity} of `{fact.node}` is not one number"
        raise SpecError(Diagnostic(message, fact.span))
    return -value if quantity == "effective_padding" else value
