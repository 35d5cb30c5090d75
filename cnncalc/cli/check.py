"""`cnncalc check`, `lint`: a network against its published figures, and what it may not mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import flag
from cnncalc.cli.options import emit, load_graph, printed, spec_options
from cnncalc.cli.output import table_width

if TYPE_CHECKING:
    from cnncalc.analysis.published import Finding
    from cnncalc.graph import Graph


@click.command()
@spec_options
@printed("text", "json", wide=True)
def check(spec: str, format: str, output: str | None, **options: Any) -> int:
    """Compare a network with the figures that its source published.

    Each fact under `published` in the spec either matches, matches after rounding to the printed
    digits, or differs; where the source itself is known to be wrong, the spec says why. Exit
    status 1 if a figure differs for no known reason.

    \b
      cnncalc check lenet5_paper
      cnncalc check googlenet --format json
    """
    from cnncalc.analysis.published import check
    from cnncalc.analysis.walk import analyze
    from cnncalc.cli.options import load_graph

    graph = load_graph(spec, **options)
    findings = check(analyze(graph))
    failed = any(finding.status == "mismatch" for finding in findings)
    emit(as_json(graph, findings) if format == "json" else as_text(graph, findings, output), output)
    return 1 if failed else 0


WORDS = {
    "match": "match",
    "rounded": "match after rounding",
    "erratum": "differs, explained",
    "mismatch": "MISMATCH",
}


def as_text(graph: Graph, findings: list[Finding], output: str | None) -> str:
    """Return a table of facts, and below it why some of them differ."""
    from cnncalc.report.table import Column, Table, TableRow
    from cnncalc.report.text import plain

    if not findings:
        if graph.variants and graph.variant is None:
            names = ", ".join(graph.variants)
            return f"{graph.name}: choose a variant with --variant; there are {names}"
        return f"{graph.name}: the spec has no published facts"
    columns = (
        Column("fact", "fact", flexible=True),
        Column("published", "published", "right"),
        Column("computed", "computed", "right"),
        Column("difference", "difference", "right", dispensable=1),
        Column("result", "result"),
    )
    rows = tuple([TableRow(cells(finding)) for finding in findings])
    explained = dict.fromkeys(
        f"{name(finding)}: {finding.fact.erratum}"
        for finding in findings
        if finding.status == "erratum"
    )
    counts = [
        f"{sum(finding.status == status for finding in findings)} {word}"
        for status, word in WORDS.items()
    ]
    variant = f" ({graph.variant})" if graph.variant else ""
    table = Table(f"{graph.name}{variant}: {graph.source or 'no source given'}", columns, rows)
    parts = [plain(table, table_width(output)), ", ".join(counts)]
    return "\n".join([*parts, *[f"\n{text}" for text in explained]])


def name(finding: Finding) -> str:
    """Return what a fact is about."""
    fact = finding.fact
    return f"{fact.quantity} of {fact.node}" if fact.node else fact.quantity


def cells(finding: Finding) -> tuple[str, ...]:
    """Return one row."""
    computed = finding.computed
    shown = f"{computed:,}" if isinstance(computed, int) else computed
    difference = f"{finding.difference:+,}" if finding.difference else ""
    return name(finding), finding.fact.value, shown, difference, WORDS[finding.status]


def as_json(graph: Graph, findings: list[Finding]) -> str:
    """Return the findings as JSON, schema `cnncalc.check/1`."""
    import json

    facts = [
        {
            "quantity": finding.fact.quantity,
            "node": finding.fact.node,
            "published": finding.fact.value,
            "computed": finding.computed,
            "difference": finding.difference,
            "result": finding.status,
            "source": finding.fact.source,
            "erratum": finding.fact.erratum,
        }
        for finding in findings
    ]
    passed = all(finding.status != "mismatch" for finding in findings)
    result = {"schema": "cnncalc.check/1", "name": graph.name, "variant": graph.variant}
    return json.dumps({**result, "passed": passed, "facts": facts}, indent=1)


@click.command()
@spec_options
@flag("--strict", "Exit with status 1 if there are warnings.")
@printed("text", "json")
def lint(spec: str, format: str, output: str | None, strict: bool, **options: Any) -> int:
    """Find what is legal in a network and probably not meant.

    Pixels that a stride never reads, branches that nothing depends on, blocks and parameters that
    are never used, a bias right before batch norm, windows larger than their input, and more,
    each with its place and a fix.

    \b
      cnncalc lint mynet.yaml
      cnncalc lint vgg16_bn --strict
    """
    from cnncalc.analysis.lint import lint
    from cnncalc.analysis.walk import analyze
    from cnncalc.diagnostics import frame

    warnings = lint(analyze(load_graph(spec, **options)))
    if format == "json":
        import json

        from cnncalc.report.summary_json import warning_object

        result = {
            "schema": "cnncalc.lint/1",
            "warnings": [warning_object(warning) for warning in warnings],
        }
        emit(json.dumps(result, indent=1), output)
    elif warnings:
        emit("\n\n".join(frame(warning) for warning in warnings), output)
    else:
        emit("no warnings", output)
    return 1 if strict and warnings else 0
