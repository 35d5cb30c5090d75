"""Comparisons and sweeps as tables and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncalc.quantities import AtLeast
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.words import byte_size
from cnncalc.teaching.figures import FIGURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.search.sweep import Sweep
    from cnncalc.teaching.figures import Comparison, Figure

#: Figures that are shown as multiples of the first network's too.
RATIOS = ("params", "macs", "flops", "peak", "weights", "activations", "training")


#: Where there is no room the highest of these is left out first.
DISPENSABLE = {"layers": 8, "training": 7, "activations": 6, "weights": 5, "input": 4, "depth": 3,
               "receptive_field": 2, "peak": 1}  # fmt: skip


def shown(name: str, value: Figure, raw: bool = False) -> str:
    """Return a figure as a cell: bytes as MiB, counts with separators; `raw` as plain digits."""
    if value is None:
        return "" if raw else "varies" if name == "receptive_field" else "?"
    if isinstance(value, AtLeast):
        return f">={value.value}" if raw else f"≥ {shown(name, int(value.value))}"
    if isinstance(value, str):
        return value
    if raw:
        return str(value)
    return byte_size(value) if FIGURES[name][1] == "bytes" else f"{value:,}"


def multiple(value: float | None) -> str:
    """Return a ratio to three digits, `×0.72`."""
    if value is None:
        return ""
    return f"×{value:.3g}" if value < 1000 else f"×{value:,.0f}"


def table(comparison: Comparison, raw: bool = False) -> Table:
    """Return the networks as rows; further lines give multiples of the first."""
    columns = [Column("network", "network", flexible=True)]
    counting = comparison.convention
    own = {} if counting.name == "default" else {"flops": f"{counting.name} {counting.unit}"}
    columns += [
        Column(n, own.get(n, FIGURES[n][0]), "right", dispensable=DISPENSABLE.get(n, 0))
        for n in comparison.names
    ]
    rows = []
    for index, (label, figures) in enumerate(comparison.rows):
        rows.append(TableRow((label, *[shown(n, figures[n], raw) for n in comparison.names])))
        if index and not raw:
            cells = [
                multiple(comparison.ratio(index, n)) if n in RATIOS else ""
                for n in comparison.names
            ]
            rows.append(TableRow(("", *cells), kind="group"))
    footer: tuple[tuple[str, str], ...] = ()
    if len(comparison.rows) > 1 and not raw:
        footer = (("×", f"multiples of {comparison.rows[0][0]}"),)
    if own and "flops" in comparison.names and not raw:
        footer += ((own["flops"], counting.title),)
    return Table("", tuple(columns), tuple(rows), footer)


def known(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """Return figures for programs; those that are known in part hold that part.

    `at_least` then names them.
    """
    lacking = [name for name, value in figures.items() if isinstance(value, AtLeast)]
    found = {n: v.value if isinstance(v, AtLeast) else v for n, v in figures.items()}
    return {**found, "at_least": lacking} if lacking else found


def as_json(comparison: Comparison) -> str:
    """Return a comparison for programs: exact figures, and multiples of the first network's."""
    networks: list[dict[str, Any]] = []
    for index, (label, figures) in enumerate(comparison.rows):
        ratios = {n: comparison.ratio(index, n) for n in comparison.names if n in RATIOS}
        networks.append({"name": label, **known(figures), "relative": ratios})
    return (
        json.dumps(
            {
                "schema": "cnncalc.compare/1",
                "convention": comparison.convention.name,
                "networks": networks,
            },
            indent=2,
        )
        + "\n"
    )


def sweep_table(sweep: Sweep, raw: bool = False) -> Table:
    """Return the points of a sweep as rows; a point that does not fit says so."""
    columns = [Column(name, name, "right") for name in sweep.variables]
    columns += [
        Column(n, FIGURES[n][0], "right", dispensable=DISPENSABLE.get(n, 0)) for n in sweep.names
    ]
    rows = []
    for point in sweep.points:
        if point.error is None:
            cells = [shown(n, point.figures[n], raw) for n in sweep.names]
        else:
            cells = ["", *[""] * (len(sweep.names) - 1)]
        rows.append(TableRow((*point.values, *cells, point.error or "")))
    if any(point.error for point in sweep.points) or raw:
        columns.append(Column("error", "does not fit", flexible=True))
    else:
        rows = [row.replace(cells=row.cells[:-1]) for row in rows]
    return Table("" if raw else sweep.title, tuple(columns), tuple(rows))


def sweep_json(sweep: Sweep) -> str:
    """Return a sweep for programs: the variables, and figures or an error for each point."""
    points = [
        {
            "values": dict(zip(sweep.variables, point.values, strict=True)),
            "figures": known(point.figures) if point.figures else None,
            "error": point.error,
        }
        for point in sweep.points
    ]
    value = {"schema": "cnncalc.sweep/1", "name": sweep.title, "points": points}
    return json.dumps(value, indent=2) + "\n"
