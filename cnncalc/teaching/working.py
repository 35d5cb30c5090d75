"""The working of one unit in plain lines, without windows drawn beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.working import FOLDS, Equation, NumberGrid
from cnncalc.teaching.formula import TEXT, FormulaWriter, short

if TYPE_CHECKING:
    from cnncalc.layers.working import Working

#: So many numbers of a window are listed.
MOST_LISTED = 30


def stages_of(equation: Equation, writer: FormulaWriter) -> list[str]:
    """Return formula, substitution, the step before the result, and the result, each once."""
    return writer.stages(equation.formula, equation.given, equation.result)


def in_lines(working: Working) -> list[str]:
    """Return one line for each part: `s_0 = sum of number·weight = 2·1 + 1·3 = 5`."""
    lines = []
    for part in working.parts:
        if isinstance(part, Equation):
            line = " = ".join([part.symbol, *stages_of(part, TEXT)])
            lines.append(f"{line} ({part.remark})" if part.remark else line)
        else:
            lines.append(f"{part.title}: {grid_line(part)}")
    return lines


def grid_line(grid: NumberGrid) -> str:
    """Return what becomes of a window, on one line; numbers in the padding are left out."""
    weights = grid.weights or [None] * len(grid.numbers)
    pairs = [(n, w) for n, w in zip(grid.numbers, weights, strict=True) if n is not None]
    if grid.weights is None:
        name, listed = f"{FOLDS[grid.fold]} of", ", ".join(short(n) for n, _ in pairs)
    else:
        name = "number·weight ="
        listed = " + ".join(f"{bracketed(n)}·{bracketed(w or 0.0)}" for n, w in pairs)
    shown = listed if len(pairs) <= MOST_LISTED else f"{len(pairs)} numbers"
    return f"{grid.symbol} = {name} {shown} = {short(grid.result)}"


def bracketed(value: float) -> str:
    """Return a number, a negative one in parentheses."""
    return f"({short(value)})" if value < 0 else short(value)
