"""Single units worked out by hand, in every format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncalc import escaping
from cnncalc.layers.working import FOLDS, Equation, NumberGrid
from cnncalc.quantities import show_shape
from cnncalc.report import cell
from cnncalc.report.cell import MOST_COLUMNS, MOST_ROWS, elided, number, padded, shown_parts
from cnncalc.report.lesson.markup import PREAMBLE
from cnncalc.teaching.formula import LATEX, TEXT
from cnncalc.teaching.working import stages_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.working import Working


def render(workings: Sequence[Working], format: str, width: int = 100) -> str:
    """Return workings as `text` (in lines of a width), `markdown`, `latex` or `json`."""
    if format == "json":
        return as_json(workings)
    if format == "latex":
        return latex(workings)
    if format == "markdown":
        return "\n\n".join(cell.markdown(working) for working in workings) + "\n"
    blocks = ["\n".join(cell.text(working, width)) for working in workings]
    name = workings[0].network
    return "\n\n".join([name, *blocks] if name else blocks) + "\n"


def latex(workings: Sequence[Working]) -> str:
    """Return workings as a LaTeX document that needs amsmath alone."""
    lines = [PREAMBLE + rf"\section*{{{escaping.latex(workings[0].network)}}}"]
    for working in workings:
        title = f"{working.place} = {number(working.result)}"
        shapes = f"{', '.join(map(show_shape, working.inputs))} -> {show_shape(working.output)}"
        lines.append(rf"\subsection*{{\texttt{{{escaping.latex(title)}}}}}")
        arrow = escaping.latex(shapes).replace("-$>$", r"$\to$")
        lines.append(rf"\texttt{{{escaping.latex(working.call)}}}, {arrow}\par")
        for part in shown_parts(working):
            lines += part_lines(part)
    return "\n".join([*lines, r"\end{document}"]) + "\n"


def part_lines(part: NumberGrid | Equation | str) -> list[str]:
    """Return one part: words, an equation, or matrices with what they come to."""
    if isinstance(part, str):
        return [rf"{escaping.latex(part)}\par"]
    if isinstance(part, Equation):
        remark = rf" \qquad \text{{({escaping.latex(part.remark)})}}" if part.remark else ""
        stages = " = ".join([LATEX.symbol(part.symbol), *stages_of(part, LATEX)])
        return [rf"\[ {stages}{remark} \]"]
    cells = [padded(value, part.zeros) for value in part.numbers]
    formula = matrix(part, cells)
    result = f"{LATEX.symbol(part.symbol)} = {number(part.result)}"
    if part.weights is not None:
        weights = matrix(part, [number(weight) for weight in part.weights])
        products = matrix(part, [number(value) for value in part.products()])
        formula = rf"{formula} \odot {weights} = {products}"
        total = rf"\qquad {result}"
    else:
        total = rf"\qquad {result} \quad \text{{({FOLDS[part.fold]})}}"
    return [rf"{escaping.latex(part.title)}:", rf"\[ {formula} {total} \]"]


def matrix(grid: NumberGrid, cells: Sequence[str]) -> str:
    """Return cells as a matrix; of many the first and the last."""
    rows = [elided(list(row), MOST_COLUMNS, r"\cdots") for row in grid.rows(tuple(cells))]
    lines = elided([" & ".join(row) for row in rows], MOST_ROWS, r"\vdots")
    columns = "r" * max(map(len, rows), default=1)
    body = r" \\ ".join(lines)
    return rf"\left[\begin{{array}}{{{columns}}} {body} \end{{array}}\right]"


def as_json(workings: Sequence[Working]) -> str:
    """Return workings for programs: every number that was read, every step, every result."""
    value = {
        "schema": "cnncalc.cell/1",
        "name": workings[0].network,
        "cells": [cell_json(working) for working in workings],
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def cell_json(working: Working) -> dict[str, Any]:
    """Return one working."""
    return {
        "layer": working.node,
        "call": working.call,
        "sample": working.sample,
        "cell": list(working.cell),
        "inputs": [list(shape) for shape in working.inputs],
        "output": list(working.output),
        "steps": [part_json(part) for part in working.parts],
        "result": finite(working.result),
        "executed": finite(working.executed),
    }


def part_json(part: NumberGrid | Equation) -> dict[str, Any]:
    """Return one step of a working."""
    if isinstance(part, Equation):
        return {
            "kind": "equation",
            "symbol": part.symbol,
            "formula": part.formula,
            "values": {name: finite(value) for name, value in part.given.items()},
            "result": finite(part.result),
            "remark": part.remark or None,
            "text": " = ".join([part.symbol, *stages_of(part, TEXT)]),
            "latex": " = ".join([LATEX.symbol(part.symbol), *stages_of(part, LATEX)]),
        }
    return {
        "kind": "window",
        "title": part.title,
        "positions": [list(axis) for axis in part.at],
        "values": [list(map(finite, row)) for row in part.rows(part.numbers)],
        "weights": part.weights and [list(row) for row in part.rows(part.weights)],
        "products": part.weights and [list(row) for row in part.rows(part.products())],
        "fold": part.fold,
        "symbol": part.symbol,
        "result": finite(part.result),
    }


def finite(value: float | None) -> float | int | None:
    """Return a number that JSON can hold: whole ones as integers, None for those that are none."""
    if value is None or value != value or abs(value) == float("inf"):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)
