"""Everything that a summary says of a network, as one value: reports print it and ask no more."""

from __future__ import annotations

from cnncalc.analysis.conventions import CONVENTIONS, Convention
from cnncalc.analysis.figures import Totals
from cnncalc.analysis.lint import lint
from cnncalc.analysis.memory import USUAL, measure
from cnncalc.record import Record, Shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.machine import Machine
    from cnncalc.analysis.memory import Memory, TrainingRule
    from cnncalc.analysis.walk import Analysis
    from cnncalc.diagnostics import Diagnostic
    from cnncalc.fields.result import NodeField
    from cnncalc.graph import Graph


class Part(Totals):
    """The sums over one part of a network; `flops` is the convention's figure."""

    flops: int = 0


class Summary(Shown, Record):
    """A network's figures, fields, memory, totals and warnings.

    `flops` (by `convention`, for one sample) and `fields` (on the first input, in pixels) have an
    entry for each node of the graph, as far as its figures are known (a count that is not is None);
    `analysis.figures(index)`
    has the node's shapes, parameters and operations. `main` sums over the main path, `aux` over
    the auxiliary heads, `everything` over both. `memory` is in bytes; None, and `warnings` empty,
    where a layer refused its input, so that only what comes before it is known. `machine` is what
    ideal times are for, if any are asked for.
    """

    analysis: Analysis
    convention: Convention
    flops: tuple[int | None, ...]
    fields: tuple[NodeField, ...]
    main: Part
    aux: Part
    everything: Part
    depth: int
    memory: Memory | None
    warnings: tuple[Diagnostic, ...]
    machine: Machine | None = None

    @property
    def graph(self) -> Graph:
        """The network."""
        return self.analysis.graph

    @property
    def is_complete(self) -> bool:
        """Whether every layer took its input, so that all figures are known."""
        return len(self.analysis.facts) == len(self.graph.nodes)

    @property
    def has_aux(self) -> bool:
        """Whether there are auxiliary heads."""
        return any(node.aux for node in self.graph.nodes)

    @property
    def unknown(self) -> tuple[int, ...]:
        """The nodes with a count that is not known."""
        return tuple([index for index in self.indices if self.analysis.unknown(index)])

    @property
    def indices(self) -> range:
        """The nodes whose figures are known, the inputs left out."""
        return range(len(self.graph.inputs), len(self.analysis.facts))


def summarize(
    analysis: Analysis,
    convention: Convention = CONVENTIONS["default"],
    machine: Machine | None = None,
    rule: TrainingRule = USUAL,
) -> Summary:
    """Return the summary of an analysis, which may be the partial one of a `ShapeError`.

    Raises `SpecError` where the convention has no count for a layer.
    """
    from cnncalc.fields.node_fields import quick_fields

    flops = convention_flops(analysis, convention)
    is_complete = len(analysis.facts) == len(analysis.graph.nodes)
    main, aux = [part(analysis, convention, flops, which) for which in (False, True)]
    has_aux = any(node.aux for node in analysis.graph.nodes)
    return Summary(
        analysis,
        convention,
        flops,
        quick_fields(analysis),
        main,
        aux,
        part(analysis, convention, flops, None) if has_aux else main,
        analysis.depth(),
        measure(analysis, rule=rule) if is_complete else None,
        lint(analysis) if is_complete else (),
        machine,
    )


def part(
    analysis: Analysis, convention: Convention, flops: tuple[int | None, ...], aux: bool | None
) -> Part:
    """Return the sums over all nodes (None), the main path (False) or aux heads (True)."""
    first, nodes = len(analysis.graph.inputs), analysis.graph.nodes
    inside = [i for i in range(first, len(flops)) if aux is None or nodes[i].aux is aux]
    sums = analysis.sums(inside)
    known = [count for count in [flops[i] for i in inside] if count is not None]
    at_least = tuple([name for name in sums.at_least if name != "flops"])
    if len(known) < len(inside):
        at_least += ("flops",)
        lacking = [i for i in inside if flops[i] is None]
        terms = [t for i in lacking for t in convention.known_terms(analysis.figures(i))]
        known += [factor * count for _name, factor, count in terms]
    return Part(
        sums.params, sums.buffers, sums.ops, sums.activations, at_least, sums.frozen, sum(known)
    )  # fmt: skip


def convention_flops(analysis: Analysis, convention: Convention) -> tuple[int | None, ...]:
    """Return the convention's figure for every node, None where a count is not known.

    Raises `SpecError` where the convention has no rule for a layer.
    """
    if convention.name == "default":
        return tuple([own.ops.flops for own in analysis.facts])
    from cnncalc.analysis.why import figure

    first = len(analysis.graph.inputs)
    return (0,) * first + tuple([figure(row, convention) for row in analysis.rows()])
