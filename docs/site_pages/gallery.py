"""The gallery: a page for each file of networks, from the spec itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cnncalc
from cnncalc.analysis.published import check
from cnncalc.cli.check import WORDS, cells, name
from cnncalc.cli.list_ import as_table, networks
from cnncalc.escaping import markdown
from cnncalc.graph import Graph
from cnncalc.language.library import stems, text
from cnncalc.report.markup import markdown as table_of
from cnncalc.report.table import Column, Table, TableRow

COLUMNS = (
    Column("network", "network"),
    Column("fact", "fact"),
    Column("published", "published", "right"),
    Column("computed", "computed", "right"),
    Column("difference", "difference", "right"),
    Column("result", "result"),
    Column("source", "source"),
)


def write(folder: Path) -> None:
    """Write the pages and pictures, and a page that shows all of them."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    entries = networks(None)
    index = ["# All networks, with pictures\n"]
    for stem in stems():
        mine = [entry for entry in entries if entry["file"] == f"{stem}.yaml"]
        graphs = {entry["name"]: cnncalc.load(entry["name"]) for entry in mine}
        first = next(iter(graphs.values()))
        (pictures / f"{stem}.svg").write_text(cnncalc.draw(first, "volumes"), encoding="utf-8")
        (folder / f"{stem}.md").write_text(page(stem, mine, graphs), encoding="utf-8")
        index += [f"## [{first.name}]({stem}.md)\n", ", ".join(f"`{one}`" for one in graphs), ""]
        index.append(f"![{first.name}](pictures/{stem}.svg)\n")
    index += ["```{toctree}", ":hidden:", *stems(), "```", ""]
    (folder / "networks.md").write_text("\n".join(index), encoding="utf-8")


def page(stem: str, entries: list[dict[str, Any]], graphs: dict[str, Graph]) -> str:
    """Return a family's page: picture, figures, sources, published facts, errata, the spec."""
    graph = next(iter(graphs.values()))
    parts = [f"# {graph.name}\n", f"{markdown(graph.description or '')}\n"]
    parts += [f"Source: {markdown(graph.source or '')}\n"]
    # A picture may be ten times as wide as a telephone: it opens at its own size.
    parts += [f"```{{image}} pictures/{stem}.svg", f":alt: {graph.name}"]
    parts += [f":target: ../_images/{stem}.svg", "```", ""]
    parts += [f"`cnncalc draw {entries[0]['name']} --style volumes`\n", "## Figures\n"]
    parts += [table_of(as_table(entries, raw=False).without("file"))]
    rows, errata = published(graphs)
    if rows:
        parts += ["## What its authors published\n"]
        parts += [table_of(Table("", COLUMNS, tuple(rows)))]
    if errata:
        parts += ["### Where the printed figure differs\n"]
        parts += [*[f"* {markdown(one)}" for one in errata], ""]
    parts += ["## The spec\n", "```{code-block} yaml", f":caption: {stem}.yaml\n"]
    return "\n".join([*parts, text(stem).rstrip(), "```", ""])


def published(graphs: dict[str, Graph]) -> tuple[list[TableRow], list[str]]:
    """Return a row for each published fact, and why some of them are not what is computed."""
    rows: list[TableRow] = []
    errata: dict[str, list[str]] = {}
    for variant, graph in graphs.items():
        for finding in check(cnncalc.analyze(graph)):
            source = finding.fact.source or ""
            rows.append(TableRow((variant, *cells(finding), source)))
            if finding.status == "erratum":
                about = f"{variant}, {name(finding)} {finding.fact.value} ({source})"
                errata.setdefault(finding.fact.erratum or WORDS["erratum"], []).append(about)
    return rows, [f"{'; '.join(about)}: {why}" for why, about in errata.items()]
