"""Single units worked out by hand, as text for a terminal and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc import escaping
from cnncalc.diagnostics import folded
from cnncalc.layers.working import FOLDS, Equation, NumberGrid
from cnncalc.quantities import show_shape
from cnncalc.teaching.formula import TEXT, short
from cnncalc.teaching.working import stages_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnncalc.layers.working import Working

#: So many channels of a sum are shown, and the last; rows and columns of a window likewise.
MOST_GRIDS = 4
MOST_ROWS, MOST_COLUMNS = 12, 11
#: The significant digits of a number in a window.
DIGITS = 4
#: A whole number with more digits than this is written with a power of ten.
LARGEST = 10**7


def text(working: Working, width: int = 100) -> list[str]:
    """Return a working in lines."""
    lines = heading(working, width)
    grid_before = False
    for part in shown_parts(working):
        is_grid = isinstance(part, NumberGrid)
        lines += [""] if is_grid or grid_before else []
        grid_before = is_grid
        lines += ["  " + line for line in part_lines(part, width - 2)]
    return lines


def heading(working: Working, width: int) -> list[str]:
    """Return which unit it is, its value, and its layer with input and output."""
    sample = f" of sample {working.sample}" if working.sample is not None else ""
    title = f"{working.place}{sample} = {number(working.result)}"
    shapes = f"{', '.join(map(show_shape, working.inputs))} -> {show_shape(working.output)}"
    whole = f"{title}   {working.call}   {shapes}"
    if len(whole) <= width:
        return [whole]
    return [title, *["  " + line for line in folded(f"{working.call}   {shapes}", width - 2)]]


def shown_parts(working: Working) -> list[NumberGrid | Equation | str]:
    """Return the parts of a working; of many channels the first few and the last."""
    grids = [part for part in working.parts if isinstance(part, NumberGrid) and part.weights]
    if len(grids) <= MOST_GRIDS:
        return list(working.parts)
    left = grids[MOST_GRIDS - 1 : -1]
    total = number(sum(part.result for part in left))
    note = f"... {len(left):,} more channels in the same way, which sum to {total}"
    result: list[NumberGrid | Equation | str] = []
    for part in working.parts:
        if part is left[0]:
            result.append(note)
        if not any(part is other for other in left):
            result.append(part)
    return result


def part_lines(part: NumberGrid | Equation | str, width: int) -> list[str]:
    """Return one part of a working in lines."""
    if isinstance(part, str):
        return folded(part, width)
    if isinstance(part, Equation):
        return equation_lines(part, width)
    return grid_lines(part, width)


def equation_lines(equation: Equation, width: int) -> list[str]:
    """Return an equation on one line, or broken before its equals signs."""
    stages = [equation.symbol, *stages_of(equation, TEXT)]
    remark = f"   ({equation.remark})" if equation.remark else ""
    whole = " = ".join(stages) + remark
    if len(whole) <= width:
        return [whole]
    lines = [f"{stages[0]} = {stages[1]}", *[f"  = {stage}" for stage in stages[2:]]]
    lines = [piece for line in lines for piece in folded(line, width)]
    return [*lines, remark.strip()] if remark else lines


def grid_lines(grid: NumberGrid, width: int) -> list[str]:
    """Return a window, its weights and their products side by side, or one below the other."""
    blocks = [matrix(grid, [padded(value, grid.zeros) for value in grid.numbers])]
    if grid.weights is not None:
        blocks.append(matrix(grid, [number(weight) for weight in grid.weights]))
        blocks.append(matrix(grid, [number(value) for value in grid.products()]))
    what = "" if grid.weights is not None else f", the {FOLDS[grid.fold]}"
    total = f"{grid.symbol} = {number(grid.result)}{what}"
    beside = side_by_side(blocks)
    middle = (len(beside) - 1) // 2
    widest = max(map(len, beside))
    if len(blocks[0]) <= MOST_ROWS and widest + len(total) + 7 <= width:
        beside[middle] = f"{beside[middle]:<{widest}}   {total}"
        return [*folded(grid.title, width), *["  " + line for line in beside]]
    lines = folded(grid.title, width)
    for name, block in zip(("", "times", "gives"), blocks, strict=False):
        lines += [name] * bool(name) + ["  " + line[: width - 2] for line in block]
    return [*lines, "  " + total]


def matrix(grid: NumberGrid, cells: Sequence[str]) -> list[str]:
    """Return cells in rows and columns, aligned; of many the first and the last."""
    rows = [elided(list(row), MOST_COLUMNS, "...") for row in grid.rows(tuple(cells))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    lines = [
        " ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return elided(lines, MOST_ROWS, "...") or ["(nothing)"]


def aligned(rows: Iterable[Iterable[str]]) -> list[str]:
    """Return texts in rows and columns of one width, the widest text's."""
    texts = [list(row) for row in rows]
    wide = max(len(text) for row in texts for text in row)
    return [" ".join(f"{text:>{wide}}" for text in row) for row in texts]


def elided(items: list[str], most: int, dots: str) -> list[str]:
    """Return items, those in the middle replaced by dots where there are too many."""
    return items if len(items) <= most else [*items[: most - 2], dots, items[-1]]


def side_by_side(blocks: list[list[str]]) -> list[str]:
    """Return blocks of equally many lines beside one another, with the signs between them."""
    height = len(blocks[0])
    widths = [max(map(len, block)) for block in blocks]
    lines = []
    for index in range(height):
        signs = (" * ", " = ") if index == (height - 1) // 2 else ("   ", "   ")
        line = f"{blocks[0][index]:<{widths[0]}}"
        for sign, block, width in zip(signs, blocks[1:], widths[1:], strict=False):
            line += f" {sign} {block[index]:<{width}}"
        lines.append(line.rstrip())
    return lines


def padded(value: float | None, zeros: bool) -> str:
    """Return a number of a window; padding in parentheses, or as a dash where it is not read."""
    if value is None:
        return "(0)" if zeros else "-"
    return number(value)


def number(value: float) -> str:
    """Return a whole number as such, others with a few significant digits."""
    if float(value).is_integer() and abs(value) < LARGEST:
        return str(int(value))
    return short(value, DIGITS)


def markdown(working: Working) -> str:
    """Return a working as Markdown that needs no mathematics extension."""
    title = f"{working.place} = {number(working.result)}"
    shapes = f"{', '.join(map(show_shape, working.inputs))} -> {show_shape(working.output)}"
    lines = [f"## {escaping.markdown_code(title)}", ""]
    lines += [f"{escaping.markdown_code(working.call)}, {escaping.markdown_code(shapes)}", ""]
    for part in shown_parts(working):
        if isinstance(part, NumberGrid):
            title, *block = grid_lines(part, 100)
            lines += [f"{escaping.markdown(title)}:", "", "```text", *block, "```", ""]
        elif isinstance(part, Equation):
            remark = f" ({escaping.markdown(part.remark)})" if part.remark else ""
            whole = " = ".join([part.symbol, *stages_of(part, TEXT)])
            lines += [f"- {escaping.markdown_code(whole)}{remark}"]
        else:
            lines += [escaping.markdown(part), ""]
    return "\n".join(lines).rstrip()
