"""`explain`: for each layer formula, substitution and result of each quantity asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cnncalc.analysis.figures import NodeFigures
from cnncalc.analysis.training import gradients
from cnncalc.analysis.walk import Analysis
from cnncalc.diagnostics import UsageError, did_you_mean
from cnncalc.quantities import show_shape
from cnncalc.teaching.cost import (
    connections_lines,
    flops_lines,
    macs_lines,
    memory_lines,
    parameter_lines,
    training_section,
)
from cnncalc.teaching.derivation import Derivation, Explanation, Lesson, Line, Section
from cnncalc.teaching.frame import plural
from cnncalc.teaching.windows import Board

if TYPE_CHECKING:
    from cnncalc.graph import Graph

#: What can be explained, in the order of printing.
QUANTITIES = (
    "shape", "params", "macs", "flops", "connections", "receptive_field", "memory", "training",
)  # fmt: skip
DEFAULT = ("shape", "params", "macs", "flops", "receptive_field", "memory")
UNITS = {"params": "parameters", "macs": "MACs", "flops": "FLOPs", "connections": "connections"}


def quantities(text: str | None) -> tuple[str, ...]:
    """Return the quantities that a comma-separated text names; raises `UsageError`."""
    if not text:
        return DEFAULT
    if text.strip() == "all":
        return QUANTITIES
    wanted = []
    for word in text.split(","):
        name = word.strip().replace("-", "_")
        name = {"rf": "receptive_field", "output": "shape", "parameters": "params"}.get(name, name)
        if name not in QUANTITIES:
            help = did_you_mean(name, QUANTITIES, "known: " + ", ".join(QUANTITIES))
            raise UsageError(f"`{word.strip()}` cannot be explained", help)
        wanted.append(name)
    return tuple(name for name in QUANTITIES if name in wanted)


def explain(
    analysis: Analysis,
    indices: Sequence[int] | None = None,
    what: Sequence[str] = DEFAULT,
    layout: str = "chw",
) -> Lesson:
    """Return the explanations of some nodes of a network, or of all but its inputs.

    `layout` (`chw` or `hwc`) is how shapes are printed in words. Every derivation is checked
    against the analysis; `ContradictionError` is raised if one disagrees.
    """
    graph = analysis.graph
    whole = indices is None and len(analysis.facts) == len(graph.nodes)
    if indices is None:
        indices = range(len(graph.inputs), len(analysis.facts))
    makers: dict[str, Callable[[int], Section | None]] = {}
    if "receptive_field" in what:
        from cnncalc.teaching.field import field_sections

        makers["receptive_field"] = field_sections(analysis)
    if "training" in what:
        steps = gradients(analysis)
        makers["training"] = lambda index: training_section(analysis, index, steps[index])
    explanations = []
    for index in indices:
        row = analysis.figures(index)
        layer = row.node.layer
        sections = [
            makers[name](index) if name in makers else section(name, row, analysis, layout)
            for name in what
        ]
        kept = tuple(one for one in sections if one is not None)
        fields = layer.as_typed("connections")  # a table of connections is too long for a line
        call = f"{layer.keyword}: {fields}" if fields else layer.keyword
        explanations.append(
            Explanation(row.node.name, layer.keyword, call, row.inputs, row.output, kept)
        )
    totals = network_totals(analysis, what) if whole else ()
    return Lesson(titled(graph), layout, tuple(explanations), totals)


def titled(graph: Graph) -> str:
    """Return the name of a network, with its variant where that says more."""
    more = graph.variant and graph.variant.lower() != graph.name.lower()
    return f"{graph.name} ({graph.variant})" if more else graph.name


def section(name: str, row: NodeFigures, analysis: Analysis, layout: str) -> Section:
    """Return one quantity of one node with its lines."""
    frame = Board(row)
    if name == "shape":
        return Section(
            name,
            show_shape(row.output, layout),
            list(row.output),
            tuple(frame.layer.explain_shape(frame)),
        )
    if name == "memory":
        lines, size = memory_lines(frame, analysis)
        return Section(name, f"{size:,} bytes", size, tuple(lines))
    maker, value = COUNTED[name](row)
    lines = maker(frame)
    none = "not known" if frame.layer.opaque else "none"
    return Section(name, none if value is None else f"{value:,}", value, tuple(lines))


Counted = Callable[[NodeFigures], "tuple[Callable[[Board], list[Line]], int | None]"]

#: For each counted quantity: what makes its lines, and its value.
COUNTED: dict[str, Counted] = {
    "params": lambda row: (parameter_lines, row.params),
    "macs": lambda row: (macs_lines, row.ops.macs),
    "flops": lambda row: (flops_lines, row.ops.flops),
    "connections": lambda row: (connections_lines, row.connections),
}


def network_totals(analysis: Analysis, what: Sequence[str]) -> tuple[Section, ...]:
    """Return the sums over the main path of a network, as derivations."""
    main = [row for row in analysis.rows() if not row.node.aux]
    sums = analysis.totals(aux=False)
    totals = {"params": sums.params, "macs": sums.ops.macs, "flops": sums.ops.flops}
    sections = []
    for name in what:
        if name not in totals:
            continue
        _maker, total = COUNTED[name], totals[name]
        parts = [COUNTED[name](row)[1] for row in main]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            lines = (
                f"{total:,} are known: {plural(len(parts) - len(known), 'layer')} may add more",
            )
            sections.append(Section(name, f"at least {total:,}", None, lines))
        else:
            sections.append(Section(name, f"{total:,}", total, (total_line(name, known, total),)))
    return tuple(sections)


MOST_TERMS = 24


def total_line(name: str, parts: list[int], total: int) -> Line:
    """Return the sum of the layers' figures, in words where it would be too long to read."""
    terms = [part for part in parts if part]
    if not 0 < len(terms) <= MOST_TERMS:
        return f"the sum over {len(terms)} layers: {total:,} {UNITS[name]}"
    formula = " + ".join(map(str, terms))
    return Derivation("total", formula, {}, total, UNITS[name])
