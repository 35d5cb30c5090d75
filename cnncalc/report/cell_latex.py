"""Single units worked out by hand, as a LaTeX document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc import escaping
from cnncalc.layers.working import FOLDS, Equation, NumberGrid
from cnncalc.quantities import show_shape
from cnncalc.report.cell import MOST_COLUMNS, MOST_ROWS, elided, number, padded, shown_parts
from cnncalc.report.lesson.markup import PREAMBLE
from cnncalc.teaching.formula import LATEX
from cnncalc.teaching.working import stages_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.working import Working


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
