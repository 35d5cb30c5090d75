"""`cnncalc list`: the networks that come with cnncalc."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.options import emit, printed
from cnncalc.cli.output import emit_table

#: How many parameters of an example a table names.
SHOWN = 6


@click.command()
@click.argument("pattern", required=False, metavar="[NAME]")
@printed("table", "json", "csv", "markdown", wide=True)
def command(pattern: str | None, format: str, output: str | None) -> int:
    """List the networks that come with cnncalc: input, parameters, MACs, depth, year.

    NAME limits the list to names that contain it; * and ? stand for any characters. `examples`
    lists the small specs that show something with numbers, and what --set changes in them.

    \b
      cnncalc list
      cnncalc list resnet
      cnncalc list examples
      cnncalc list 'vgg1?_bn' --format json
    """
    if pattern is not None and pattern.rstrip("/") == "examples":
        return list_examples(format, output)
    entries = networks(pattern)
    if not entries:
        from cnncalc.diagnostics import UsageError, did_you_mean
        from cnncalc.language.library import builtin_names, stems

        # A part of a name was meant, so families count too: `resnt` is near to resnet.
        known = [*stems(), *[name for name, _, _ in builtin_names()]]
        help = did_you_mean(pattern or "", known, "`cnncalc list` shows all")
        raise UsageError(f"no network's name contains `{pattern}`", help)
    if format == "json":
        import json

        result = {"schema": "cnncalc.list/1", "networks": entries}
        emit(json.dumps(result, indent=1), output)
        return 0
    emit_table(as_table(entries, raw=format == "csv"), format, output)
    return 0


def list_examples(format: str, output: str | None) -> int:
    """Print the examples that ship: their inputs, what they show, their parameters."""
    from cnncalc.language import build
    from cnncalc.language.library import examples, shipped
    from cnncalc.quantities import show_shape
    from cnncalc.report.table import Column, Table, TableRow

    entries: list[dict[str, Any]] = []
    for name in examples():
        graph = build(shipped(name))
        shapes = [graph.nodes[index].layer.output_shape(()) for index in graph.inputs]
        entries.append(
            {
                "name": name,
                "title": graph.name,
                "input": [list(shape) for shape in shapes],
                "parameters": list(graph.parameters),
                "description": graph.description,
            }
        )
    if format == "json":
        import json

        emit(json.dumps({"schema": "cnncalc.examples/1", "examples": entries}, indent=1), output)
        return 0
    columns = (
        Column("name", "name"),
        Column("input", "input", "right", dispensable=2),
        Column("title", "shows"),
        Column("parameters", "--set", dispensable=1),
    )
    rows = [
        TableRow(
            (
                entry["name"],
                ", ".join(show_shape(shape) for shape in entry["input"]),
                entry["title"],
                ", ".join(entry["parameters"][:SHOWN]) + ", …" * (len(entry["parameters"]) > SHOWN),
            )
        )
        for entry in entries
    ]
    emit_table(Table("", columns, tuple(rows)), format, output)
    return 0


def matches(name: str, pattern: str | None) -> bool:
    """Return whether a name contains the text, or fits the pattern if it has wildcards."""
    if pattern is None:
        return True
    if "*" in pattern or "?" in pattern:
        from fnmatch import fnmatchcase

        return fnmatchcase(name, pattern)
    return pattern.lower() in name


def networks(pattern: str | None) -> list[dict[str, Any]]:
    """Return the figures of every network whose name fits; each file is parsed once."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.language import Options, build
    from cnncalc.language.library import shipped, stems, variant_names

    result = []
    for stem in stems():
        source = shipped(stem)
        variants: list[str | None] = [*variant_names(source.text)] or [None]
        wanted = [v for v in variants if matches(v or stem, pattern)]
        for variant in wanted:
            graph = build(source, Options(variant))
            analysis = analyze(graph)
            main, everything = analysis.totals(aux=False), analysis.totals()
            result.append(
                {
                    "name": variant or stem,
                    "title": graph.name,
                    "file": f"{stem}.yaml",
                    "input": [list(analysis.facts[i].output) for i in graph.inputs],
                    "params": main.params,
                    "params_with_aux": everything.params,
                    "macs": main.ops.macs,
                    "depth": analysis.depth(),
                    "year": graph.year,
                    "source": graph.source,
                }
            )
    return result


def as_table(entries: list[dict[str, Any]], raw: bool) -> Any:
    """Return the list as a table."""
    from cnncalc.quantities import show_shape
    from cnncalc.report.table import Column, Table, TableRow

    columns = (
        Column("name", "name"),
        Column("input", "input", "right", dispensable=1),
        Column("params", "params", "right"),
        Column("macs", "MACs", "right"),
        Column("depth", "depth", "right"),
        Column("year", "year", "right", dispensable=2),
        Column("file", "file", dispensable=3),
    )
    count = "d" if raw else ","
    rows = [
        TableRow(
            (
                entry["name"],
                ", ".join(show_shape(shape) for shape in entry["input"]),
                format(entry["params"], count),
                format(entry["macs"], count),
                str(entry["depth"]),
                str(entry["year"] or ""),
                entry["file"],
            )
        )
        for entry in entries
    ]
    return Table("", columns, tuple(rows))
