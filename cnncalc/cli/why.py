"""`cnncalc why`: reconcile two ways of counting operations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cnncalc.analysis.conventions import CONVENTIONS, convention
from cnncalc.analysis.walk import analyze
from cnncalc.analysis.why import breakdown, main_path, not_known, reconcile, terms, total
from cnncalc.analysis.why_number import all_totals, explain_number, find_matches, printed_number
from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import emit, load_graph, printed, spec_options
from cnncalc.cli.output import folded_text
from cnncalc.cli.screen import text_width
from cnncalc.diagnostics import UsageError, did_you_mean
from cnncalc.report import why as report

if TYPE_CHECKING:
    from cnncalc.analysis.conventions import Convention
    from cnncalc.analysis.figures import NodeFigures
    from cnncalc.analysis.why_number import Match, NumberExplanation
    from cnncalc.graph import Graph

_MOST_RELATIVES = 12  # built-in networks of the same family that are searched for a number


@click.command()
@spec_options
@option("--convention", "The way of counting.", name="own", default="default")
@option(
    "--against NAME|NUMBER",
    "Another convention, or a number that somebody printed: 4.1G, 4089184256.",
)
@flag("--aux", "Count auxiliary heads too.")
@printed("text", "json", "csv", "markdown")
def command(
    spec: str,
    own: str,
    against: str | None,
    aux: bool,
    format: str,
    output: str | None,
    **options: Any,
) -> int:
    """Reconcile two ways of counting operations, term by term.

    Without --against, shows what one total is made of and the totals by all conventions.

    \b
      cnncalc why resnet50 --convention fvcore --against macs
      cnncalc why resnet50 --against 4.1G
    """
    ours = convention(own)
    graph = load_graph(spec, **options)
    rows = main_path(analyze(graph), aux)
    name = graph.variant or graph.name
    head = {"schema": "cnncalc.why/1", "name": graph.name, "variant": graph.variant, "aux": aux}
    if against is None:
        text, found = _alone(name, rows, ours)
    elif against in CONVENTIONS:
        text, found = _pair(name, rows, ours, convention(against))
    else:
        text, found = _number(name, graph, rows, ours, against)
    both = (ours, CONVENTIONS[against]) if against in CONVENTIONS else (ours,)
    lacking = not_known(rows, *both)
    if lacking:
        text += "\n\n" + report.unknown_text(lacking)
    found["unknown"] = [row.node.name for row in lacking]
    if format in ("csv", "markdown"):
        lines: Any = found.get("terms") or found.get("matches") or []
        from cnncalc.report.text import render

        table = report.object_table(text.partition("\n")[0], lines, raw=format == "csv")
        emit(render(table, format), output)
    else:
        shown = json.dumps({**head, **found}, indent=2) if format == "json" else None
        emit(shown or folded_text(text, text_width(output)), output)
    return 0


def _alone(name: str, rows: list[NodeFigures], ours: Convention) -> tuple[str, dict[str, object]]:
    lines = breakdown(rows, ours)
    known = all_totals(rows)
    totals = {key: known.get(key) for key in CONVENTIONS}
    is_part = any(row.node.layer.opaque for row in rows)
    return report.breakdown_text(name, ours, lines, totals, is_part), {
        "convention": report.convention_json(ours, totals[ours.name]),
        "against": None,
        "terms": [report.line_json(line) for line in lines],
        "totals": totals,
    }


def _pair(
    name: str, rows: list[NodeFigures], ours: Convention, theirs: Convention
) -> tuple[str, dict[str, object]]:
    result = reconcile(rows, ours, theirs)
    nodes = []
    for row in rows:
        a, b = [sum(f * n for _, f, n in terms(row, which)) for which in (ours, theirs)]
        if a != b:
            keyword = row.node.layer.keyword
            nodes.append({"name": row.node.name, "layer": keyword, "convention": a, "against": b})
    return report.reconciliation_text(name, result), {
        "convention": report.convention_json(ours, result.total_a),
        "against": report.convention_json(theirs, result.total_b),
        "difference": result.difference,
        "terms": [report.line_json(line) for line in result.lines],
        "nodes": nodes,
    }


def _number(
    name: str, graph: Graph, rows: list[NodeFigures], ours: Convention, text: str
) -> tuple[str, dict[str, object]]:
    try:
        printed = printed_number(text)
    except UsageError as error:
        help = did_you_mean(text, CONVENTIONS, error.help or "")
        raise UsageError(error.message, help) from None
    found = explain_number(rows, printed)
    relatives = {} if found.matches else _relatives(graph, found)
    own = total(rows, ours)
    shown = report.explanation_text(name, found, relatives)
    if ours.name != "default" and ours not in [match.convention for match in found.matches]:
        gap = printed.value - own
        side = "below" if gap < 0 else "above"
        shown += f"\n\n{text} is {abs(gap):,} {side} {ours.name}, {own:,} {ours.unit}."
    return shown, {
        "convention": report.convention_json(ours, own),
        "against": printed.as_dict(),
        "difference": own - printed.value,
        **report.explanation_json(found, relatives),
    }


def _relatives(graph: Graph, found: NumberExplanation) -> dict[str, tuple[Match, ...]]:
    """Return built-in networks of the same family, such as resnet50_paper, with that total."""
    from cnncalc.language import load
    from cnncalc.language.library import builtin_names

    own = graph.variant or ""
    names = [name for name, _, _ in builtin_names()]
    if own not in names:
        return {}
    family = [name for name in names if name != own and name.split("_")[0] == own.split("_")[0]]
    result = {}
    for name in family[:_MOST_RELATIVES]:
        matches = find_matches(all_totals(main_path(analyze(load(name)))), found.figure)
        if matches:
            result[name] = matches
    return result
