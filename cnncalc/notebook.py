"""How values show themselves: one line, HTML in notebooks, rows for pandas, plain dictionaries."""

from __future__ import annotations

from cnncalc.analysis.summary import Summary, summarize
from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import SpecError
from cnncalc.executor.checks import Proof
from cnncalc.fields.api import ReceptiveFields
from cnncalc.graph import Graph
from cnncalc.quantities import show_shape
from cnncalc.report.words import integer, least
from cnncalc.teaching.explain import titled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.record import Shown


def line(value: Shown) -> str:
    """Return a value in one line: what it is, name, input, params and MACs."""
    kind = type(value).__name__
    if isinstance(value, Graph):
        return f"<{kind} {of_graph(value)}>"
    if isinstance(value, Proof):
        said = "passed" if value.passed else f"{len(value.failures)} layers failed"
        return f"<{kind} {value.name}: {said}, {len(value.nodes)} layers>"
    assert isinstance(value, Analysis | Summary | ReceptiveFields)
    more = f", on `{value.source}`" if isinstance(value, ReceptiveFields) else ""
    return f"<{kind} {of_analysis(analysis_of(value))}{more}>"


def analysis_of(value: Analysis | Summary | ReceptiveFields) -> Analysis:
    """Return the analysis that a value is, or belongs to."""
    return value if isinstance(value, Analysis) else value.analysis


def of_graph(graph: Graph) -> str:
    """Return a network in a few words; without figures if it cannot be analysed."""
    try:
        return of_analysis(analyze(graph))
    except SpecError:
        return f"{titled(graph)}: {len(graph.nodes)} layers, which do not fit"


def of_analysis(analysis: Analysis) -> str:
    """Return a network's name, input, parameters and MACs."""
    graph = analysis.graph
    inputs = " + ".join([show_shape(analysis.facts[i].output) for i in graph.inputs])
    totals = analysis.totals(aux=False)
    params, macs = [
        least(integer(count, True), name in totals.at_least)
        for name, count in (("params", totals.params), ("macs", totals.macs))
    ]
    return f"{titled(graph)}: input {inputs}, {params} params, {macs} MACs"


def html(value: Shown) -> str:
    """Return what a notebook shows: a graph's picture, everything else as a table."""
    if isinstance(value, Graph):
        from cnncalc.pictures.draw import text
        from cnncalc.pictures.values import Wish

        return text(analyze(value), Wish(), "svg")
    from cnncalc.report.markup import html_part

    return html_part(table(value))


def table(value: Shown) -> Any:
    """Return the table of a value, as the commands print it."""
    if isinstance(value, Proof):
        from cnncalc.report.proof import proof_table

        return proof_table(value, "")
    if isinstance(value, ReceptiveFields):
        from cnncalc.report.receptive_field.table import fields_table

        return fields_table(value)
    from cnncalc.report.columns import SummaryOptions
    from cnncalc.report.summary import summary_table

    assert isinstance(value, Analysis | Summary)
    summary = value if isinstance(value, Summary) else summarize(value)
    return summary_table(summary, SummaryOptions())


def rows_of(value: Shown) -> list[dict[str, Any]]:
    """Return one dictionary of plain values for each layer."""
    if isinstance(value, Graph):
        return [
            {
                "name": node.name,
                "layer": node.layer.keyword,
                "from": [value.nodes[i].name for i in node.inputs],
                "aux": node.aux,
            }
            for node in value.nodes
        ]
    if isinstance(value, Proof):
        return [
            {
                "name": node.name,
                "layer": node.layer,
                "shape": node.shape.measured,
                "params": node.params.measured,
                "macs": node.macs.measured,
                "passed": node.passed,
            }
            for node in value.nodes
        ]
    if isinstance(value, ReceptiveFields):
        return [
            {
                "name": node.name,
                "layer": node.layer,
                "output": node.output,
                "size": node.size,
                "jump": node.jump,
                "start": node.start,
                "whole": node.whole,
                "aligned": node.aligned,
            }
            for node in value.nodes
        ]
    assert isinstance(value, Analysis | Summary)
    rows = [{key: one[key] for key in one.keys()} for one in analysis_of(value).rows()]  # noqa: SIM118
    if isinstance(value, Summary):
        for row, index in zip(rows, value.indices, strict=True):
            row["flops"] = value.flops[index]
            row["field"] = value.fields[index].size
    return rows


def to_dict(value: Shown) -> dict[str, Any]:
    """Return a value as the commands print it with `--format json`."""
    import json

    if isinstance(value, Graph):
        from cnncalc.report.graph import as_json

        found: dict[str, Any] = json.loads(as_json(value))
        return found
    if isinstance(value, Proof):
        from cnncalc.report.proof import proof_object

        return proof_object(value)
    if isinstance(value, ReceptiveFields):
        from cnncalc.report.receptive_field.json import fields_object

        return fields_object(value)
    from cnncalc.report.summary_json import summary_object

    assert isinstance(value, Analysis | Summary)
    return summary_object(value if isinstance(value, Summary) else summarize(value))
