"""Differences of two networks as a table, as text like a diff, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncalc.quantities import exact_sum, show_shape
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.words import describe, least

if TYPE_CHECKING:
    from cnncalc.analysis.figures import NodeFigures, Totals
    from cnncalc.analysis.walk import Analysis
    from cnncalc.teaching.align import Pair

MARKS = {"equal": " ", "affected": "≈", "changed": "~", "removed": "-", "added": "+"}
COLUMNS = (
    Column("mark", " "),
    Column("name", "name", flexible=True),
    Column("layer", "layer", flexible=True, least=18),
    Column("output", "output", "right", dispensable=1),
    Column("params", "Δ params", "right"),
    Column("macs", "Δ MACs", "right"),
)


def signed(value: int | None) -> str:
    """Return a difference with its sign, nothing for none, `?` if it is not known."""
    return "?" if value is None else f"{value:+,}" if value else ""


def table(pairs: list[Pair], old: Analysis, new: Analysis, title: str, everything: bool) -> Table:
    """Return the aligned layers as rows; runs of equal ones as one row unless all are wanted."""
    rows: list[TableRow] = []
    equal = 0
    for pair in pairs:
        if pair.kind == "equal" and not everything:
            equal += 1
            continue
        rows += skipped(equal)
        equal = 0
        rows.append(row(pair))
    rows += skipped(equal)
    params, macs = exact_sum(p.params for p in pairs), exact_sum(p.macs for p in pairs)
    rows.append(
        TableRow(("", "total", "", "", signed(params) or "0", signed(macs) or "0"), kind="total")
    )
    return Table(title, COLUMNS, tuple(rows), legend(pairs, old, new))


def skipped(count: int) -> list[TableRow]:
    """Return the row that stands for so many equal layers."""
    if not count:
        return []
    return [
        TableRow(("", f"... {count} equal layer{'s' * (count > 1)}", "", "", "", ""), kind="group")
    ]


def row(pair: Pair) -> TableRow:
    """Return one aligned pair as a row."""
    some = pair.new or pair.old
    assert some is not None
    shapes = [show_shape(one.output) for one in (pair.old, pair.new) if one is not None]
    return TableRow(
        (
            MARKS[pair.kind],
            names(pair),
            layers(pair, some),
            " -> ".join(dict.fromkeys(shapes)),
            signed(pair.params),
            signed(pair.macs),
        )
    )


def names(pair: Pair) -> str:
    """Return the name of a pair's layers, both if they differ."""
    if pair.old is None or pair.new is None or pair.old.node.name == pair.new.node.name:
        some = pair.new or pair.old
        return some.node.name if some else ""
    return f"{pair.old.node.name} -> {pair.new.node.name}"


def layers(pair: Pair, some: NodeFigures) -> str:
    """Return what the layer is, and the fields that changed."""
    if not pair.changes:
        return describe(some.node.layer, max(len(some.inputs[0]) - 1, 1) if some.inputs else 2)
    return some.node.layer.keyword + ": " + ", ".join(f"{n} {a} -> {b}" for n, a, b in pair.changes)


def legend(pairs: list[Pair], old: Analysis, new: Analysis) -> tuple[tuple[str, str], ...]:
    """Return what the marks mean, and both totals."""
    kinds = {pair.kind for pair in pairs}
    said = {
        "changed": "~ fields changed",
        "affected": "≈ same layer, other sizes",
        "removed": "- only in the first",
        "added": "+ only in the second",
    }
    a, b = old.totals(), new.totals()
    return (
        ("params", " -> ".join([sum_of(one, "params") for one in (a, b)])),
        ("MACs", " -> ".join([sum_of(one, "macs") for one in (a, b)])),
        ("marks", ", ".join(text for kind, text in said.items() if kind in kinds) or "no change"),
    )


def sum_of(totals: Totals, name: str) -> str:
    """Return a total in words, which may be only what is known of it."""
    value = totals.params if name == "params" else totals.macs
    return least(f"{value:,}", name in totals.at_least)


def as_json(pairs: list[Pair], old: Analysis, new: Analysis) -> str:
    """Return the alignment for programs; unknown sides are None."""

    def side(one: NodeFigures | None) -> dict[str, Any] | None:
        if one is None:
            return None
        return {
            "name": one.node.name,
            "layer": one.node.layer.keyword,
            "output": list(one.output),
            "params": one.params,
            "macs": one.ops.macs,
        }

    value = {
        "schema": "cnncalc.diff/1",
        "old": old.graph.name,
        "new": new.graph.name,
        "layers": [
            {
                "kind": pair.kind,
                "old": side(pair.old),
                "new": side(pair.new),
                "changes": {name: [a, b] for name, a, b in pair.changes},
                "params": pair.params,
                "macs": pair.macs,
            }
            for pair in pairs
        ],
        "params": exact_sum(pair.params for pair in pairs),
        "macs": exact_sum(pair.macs for pair in pairs),
    }
    return json.dumps(value, indent=2) + "\n"
