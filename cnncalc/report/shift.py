"""What a shift of the input does to every layer, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnncalc.quantities import show_shape
from cnncalc.report.table import Column, Table, TableRow

if TYPE_CHECKING:
    from cnncalc.teaching.shift import Moved, Shifted

COLUMNS = (
    Column("layer", "layer", flexible=True),
    Column("output", "output", "right", dispensable=2),
    Column("units", "moves by", "right", dispensable=1),
    Column("found", "commutes"),
    Column("border", "border", "right"),
)
AXES = {1: ("along",), 2: ("down", "right"), 3: ("deeper", "down", "right")}


def shift_table(result: Shifted) -> Table:
    """Return one row per layer, and below the table a sentence for each thing that was found."""
    rows = [
        TableRow((node.name, show_shape(node.output), units(node), found(node), border(node)))
        for node in result.nodes
    ]
    axes = zip(result.shift, AXES[len(result.shift)], strict=True)
    shift = ", ".join(f"{s} {name}" for s, name in axes if s)
    title = f"{result.name}: random input, moved by {shift}"
    return Table(title, COLUMNS, tuple(rows), tuple(sentences(result)))


def sentences(result: Shifted) -> list[tuple[str, str]]:
    """Return what was found and why, once for each reason, with the layers that it holds for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for node in result.nodes:
        reasons.setdefault((node.commutes, node.why), []).append(node.name)
    lines = []
    for (word, why), names in reasons.items():
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        lines.append((word, f"{why} ({shown})"))
    return lines


def units(node: Moved) -> str:
    """Return by how many units the output moves."""
    return "" if node.units is None else ",".join(map(str, node.units))


def found(node: Moved) -> str:
    """Return what was found; for multiples, which shifts these are and what they give."""
    if node.multiples_of is None:
        return node.commutes
    step = ",".join(map(str, node.multiples_of))
    then = "" if node.then is None else f", then {node.then}"
    return f"{node.commutes.removeprefix('only ')} of {step}{then}"


def border(node: Moved) -> str:
    """Return the border's width along each axis: one number, or before+after."""
    shown = [str(a) if a == b else f"{a}+{b}" for a, b in node.border]
    return ",".join(shown)


def shift_json(result: Shifted) -> str:
    """Return the result for programs."""
    nodes = [node.as_dict() for node in result.nodes]
    value = {"schema": "cnncalc.shift/1", **result.as_dict(), "nodes": nodes}
    return json.dumps(value, indent=1) + "\n"
