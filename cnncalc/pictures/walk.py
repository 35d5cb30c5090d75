"""A window that walks over a map, as an SVG that moves by itself and holds no script."""

from __future__ import annotations

from itertools import product as places_of
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.layers.working import FOLDS, Equation, NumberGrid
from cnncalc.pictures.svg import number as coordinate
from cnncalc.pictures.svg import quoted, rectangle
from cnncalc.pictures.theme import FONT, PAPER
from cnncalc.pictures.words import shortened, text_width
from cnncalc.record import Record
from cnncalc.report.cell import number
from cnncalc.teaching.formula import TEXT
from cnncalc.teaching.working import stages_of

if TYPE_CHECKING:
    from cnncalc.layers.working import Working
    from cnncalc.teaching.cells import CellWalk

SECONDS = 1.4  # that a step is shown
CELL, GAP, MARGIN, TOP = 26, 34, 16, 58
#: Larger maps cannot be read as numbers; more channels do not fit on a page.
LARGEST, MOST_MAPS = 24, 4
LONGEST = 80  # characters of a heading
MOST_TERMS = 9  # that a sentence lists


class GridBoard(Record):
    """A grid of numbers on the page: its corner, its first position, its rows and columns."""

    left: float
    top: float
    rows: range
    columns: range

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + CELL * len(self.columns)

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + CELL * len(self.rows)

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """Return the left and the top of a cell."""
        return (
            self.left + CELL * self.columns.index(column),
            self.top + CELL * self.rows.index(row),
        )

    def cell(self, row: int, column: int, text: str, kind: str) -> str:
        """Return a cell with a number in it."""
        x, y = self.corner(row, column)
        return rectangle(x, y, CELL, CELL, f' class="{kind}"') + self.text(row, column, text)

    def text(self, row: int, column: int, text: str) -> str:
        """Return a number in the middle of a cell, smaller where it is long."""
        x, y = self.corner(row, column)
        size = min(12.0, 12.0 * (CELL - 4) / max(text_width(text, 12), 1))
        return (
            f'<text x="{coordinate(x + CELL / 2)}" y="{coordinate(y + CELL / 2 + size / 3)}"'
            f' text-anchor="middle" style="font-size:{coordinate(size)}px">{quoted(text)}</text>'
        )


def svg(walk: CellWalk) -> str:
    """Return the walk as a picture; raises `UsageError` where there is no window to draw."""
    windows = [
        [part for part in one.parts if isinstance(part, NumberGrid) and part.at][:MOST_MAPS]
        for one in walk.cells
    ]
    check(walk, windows)
    channels = [grid.at[0][0] for grid in windows[0]]
    rows, columns = reach(walk, windows)
    boards = []
    for position in range(len(channels)):
        boards.append(GridBoard(MARGIN, TOP + position * (CELL * len(rows) + GAP), rows, columns))
    kernels = kernel_boards(windows[0], boards)
    left = max([board.right for board in (*boards, *kernels)]) + GAP
    shown = walk.output if isinstance(walk.output[0], list) else [walk.output]
    output = GridBoard(left, TOP, range(len(shown)), range(len(shown[0])))
    body = [labels(boards, kernels, output, channels, walk.cells[0])]
    body += [map_cells(board, walk.maps[c]) for board, c in zip(boards, channels, strict=True)]
    body += [kernel_cells(k, g) for k, g in zip(kernels, windows[0], strict=False)]
    body += [output.cell(r, c, "", "place") for r in output.rows for c in output.columns]
    count = len(walk.cells)
    sentences = [sentence(working) for working in walk.cells]
    for step, (working, grids) in enumerate(zip(walk.cells, windows, strict=True)):
        body.append(frame(step, count, boards, grids, output, working, sentences[step]))
    bottom = max([board.bottom for board in (*boards, *kernels, output)]) + 44
    lines = [(s, 13) for s in sentences] + [(heading(walk.cells[0]), 14)]
    wide = max(
        output.right,
        output.left + text_width(f"output, channel {walk.cells[0].cell[0]}", 12),
        *[MARGIN + 1.1 * text_width(text, size) for text, size in lines],
    )
    return document(walk.cells[0], wide + MARGIN, bottom, body, sentences)


def check(walk: CellWalk, windows: list[list[NumberGrid]]) -> None:
    """Raise `UsageError` unless every step has a window on a map of one or two axes."""
    first = walk.cells[0]
    rank = len(first.inputs[0]) - 1
    if rank not in (1, 2) or len(first.output) - 1 != rank or not all(windows):
        raise UsageError(
            f"`{first.node}` has no window that walks over a map",
            "draw a convolution or a pool over one or two axes; --format text shows any layer",
        )
    size = max((*first.inputs[0][1:], *first.output[1:]))
    if size > LARGEST:
        raise UsageError(
            f"a map of {size} is too large to be drawn with its numbers",
            f"at most {LARGEST} are drawn along an axis; give a smaller input",
        )


def reach(walk: CellWalk, windows: list[list[NumberGrid]]) -> tuple[range, range]:
    """Return the rows and columns of the input with all padding that windows read."""
    lengths = walk.cells[0].inputs[0][1:]
    ranges = []
    for axis, length in enumerate(lengths):
        positions = [p for grids in windows for grid in grids for p in grid.at[1 + axis]]
        ranges.append(range(min([0, *positions]), max([length, *[p + 1 for p in positions]])))
    return (range(1), ranges[0]) if len(ranges) == 1 else (ranges[0], ranges[1])


def kernel_boards(grids: list[NumberGrid], boards: list[GridBoard]) -> list[GridBoard]:
    """Return where the weights of each channel are drawn, right of its map."""
    found = []
    for grid, board in zip(grids, boards, strict=True):
        if grid.weights is None:
            return []
        count = len(grid.weights) // max(grid.columns, 1)
        found.append(GridBoard(board.right + GAP, board.top, range(count), range(grid.columns)))
    return found


def map_cells(board: GridBoard, numbers: list[Any]) -> str:
    """Return the numbers of a map; what lies outside is padding."""
    rows = numbers if isinstance(numbers[0], list) else [numbers]
    inside = {(y, x): number(v) for y, row in enumerate(rows) for x, v in enumerate(row)}
    return "".join(
        board.cell(y, x, inside[y, x], "input")
        if (y, x) in inside
        else board.cell(y, x, "", "outside")
        for y, x in places_of(board.rows, board.columns)
    )


def kernel_cells(board: GridBoard, grid: NumberGrid) -> str:
    """Return the weights of one channel."""
    rows = grid.rows(grid.weights or ())
    return "".join(
        board.cell(y, x, number(weight), "weight")
        for y, row in enumerate(rows)
        for x, weight in enumerate(row)
    )


def labels(
    boards: list[GridBoard],
    kernels: list[GridBoard],
    output: GridBoard,
    channels: list[int],
    first: Working,
) -> str:
    """Return the words over maps, weights and output."""
    read = len([part for part in first.parts if isinstance(part, NumberGrid) and part.at])
    words = [(b, f"input, channel {c}") for b, c in zip(boards, channels, strict=True)]
    words += [(board, "weights") for board in kernels]
    words.append((output, f"output, channel {first.cell[0]}"))
    more = f" (the first {len(boards)} of {read} channels)" if read > len(boards) else ""
    texts = [
        f'<text class="note" x="{coordinate(board.left)}" y="{coordinate(board.top - 7)}">'
        f"{quoted(text)}</text>"
        for board, text in words
    ]
    title = quoted(heading(first) + more)
    return f'<text class="title" x="{MARGIN}" y="24">{title}</text>' + "".join(texts)


def heading(first: Working) -> str:
    """Return which layer it is, cut where its fields are many."""
    return shortened(f"{first.node}: {first.call}", LONGEST)


def frame(
    step: int,
    count: int,
    boards: list[GridBoard],
    grids: list[NumberGrid],
    output: GridBoard,
    working: Working,
    words: str,
) -> str:
    """Return what one step shows: its windows, its sentence, and its number in the output."""
    row, column = working.cell[1:] if len(working.cell) == 3 else (0, working.cell[1])
    patches = [
        rectangle(*board.corner(y, x), CELL, CELL, ' class="patch"')
        for board, grid in zip(boards, grids, strict=True)
        for y, x in places_of(*(grid.at[1:] if len(grid.at) == 3 else ((0,), grid.at[1])))
    ]
    patches.append(rectangle(*output.corner(row, column), CELL, CELL, ' class="patch"'))
    low = max(board.bottom for board in (*boards, output)) + 26
    patches.append(f'<text class="layer" x="{MARGIN}" y="{coordinate(low)}">{quoted(words)}</text>')
    start, stop = step / count, (step + 1) / count
    now = blink(start, stop, count)
    stays = blink(start, 1.0, count)
    hidden = ' visibility="hidden"' if step else ""
    return (
        f"<g{hidden}>{now}{''.join(patches)}</g>"
        f"<g{hidden}>{stays}{output.text(row, column, number(working.result))}</g>"
    )


def blink(start: float, stop: float, count: int) -> str:
    """Return an animation that shows its parent from one part of the time to another."""
    if start <= 0 and stop >= 1:
        return ""
    marks = [(0.0, "hidden"), (start, "visible"), (stop, "hidden")]
    if start <= 0:
        marks = marks[1:]
    if stop >= 1:
        marks = marks[:-1]
    return (
        '<animate attributeName="visibility" calcMode="discrete" repeatCount="indefinite"'
        f' dur="{coordinate(SECONDS * count)}s" values="{";".join(value for _, value in marks)}"'
        f' keyTimes="{";".join(f"{time:.6g}" for time, _ in marks)}"/>'
    )


def sentence(working: Working) -> str:
    """Return the last steps of a working in one line."""
    steps = [part for part in working.parts if isinstance(part, Equation)]
    if steps:
        return ";  ".join(
            " = ".join([step.symbol, *stages_of(step, TEXT)[1:]]) for step in steps[-2:]
        )
    last = working.parts[-1]
    terms = ""
    if isinstance(last, NumberGrid) and len(last.numbers) <= MOST_TERMS:
        if last.weights is not None:
            shown = [number(value) for value in last.products()]
            terms = " + ".join(f"({text})" if text[0] == "-" else text for text in shown) + " = "
        else:
            read = [number(value) for value in last.numbers if value is not None]
            terms = f"{FOLDS[last.fold]} of {', '.join(read)} = "
    return f"{last.symbol} = {terms}{number(last.result)}"


def document(
    first: Working, width: float, height: float, body: list[str], sentences: list[str]
) -> str:
    """Return the whole file, with a title and a description for those who do not see it."""
    size = f"{coordinate(width)} {coordinate(height)}"
    described = "; ".join(sentences[:12])
    title = quoted(f"{first.network}: a window walks over {first.node}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {size}"'
        f' width="{coordinate(width)}" height="{coordinate(height)}" class="walk"'
        ' aria-labelledby="title desc">\n'
        f'<title id="title">{title}</title>\n'
        f'<desc id="desc">{quoted(described)}</desc>\n<style>{style()}</style>\n'
        f'<rect class="paper" width="100%" height="100%"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def style() -> str:
    """Return the style sheet: light, and dark where the reader wants it."""
    shape = (
        f".walk text{{font:12px {FONT}}}.walk .title{{font-size:14px;font-weight:600}}"
        ".walk .layer{font-size:13px;font-weight:600}.walk rect{stroke-width:.8}"
    )
    light, dark = colours("light"), colours("dark")
    return f"{shape}{light}@media(prefers-color-scheme:dark){{{dark}}}"


def colours(theme: str) -> str:
    """Return the colours of a theme."""
    paper, ink, soft, _edge, ground, rule, window = PAPER[theme]
    return (
        f".walk .paper{{fill:{paper}}}.walk text{{fill:{ink}}}.walk .note{{fill:{soft}}}"
        f".walk .input,.walk .place{{fill:{paper};stroke:{rule}}}"
        f".walk .outside{{fill:{ground};stroke:{rule};stroke-dasharray:2 2}}"
        f".walk .weight{{fill:{ground};stroke:{rule}}}"
        f".walk .patch{{fill:{window};fill-opacity:.22;stroke:{window}}}"
    )
