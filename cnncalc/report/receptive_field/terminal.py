"""Receptive fields drawn with characters."""

from __future__ import annotations

from cnncalc.quantities import show_shape
from cnncalc.report.receptive_field.picture import around, in_plane, plane, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.regions import Hull
    from cnncalc.fields.result import UnitField
    from cnncalc.report.receptive_field.picture import Nested

#: Cells across; each is two characters wide, and so about square.
CELLS = 36
#: Colours of a terminal with 256, from the smallest field to the largest.
COLOURS = (199, 208, 178, 112, 36, 37, 33, 99)
SHADES = "·░▒▓█"
#: Corners (top left, top right, bottom left, bottom right), then lines across and down.
SOLID, DASHED, DOUBLE = "┌┐└┘─│", "┌┐└┘┄┆", "╔╗╚╝═║"


class CharacterCanvas:
    """Characters on a grid, each with a colour, onto which rectangles of pixels are drawn."""

    def __init__(self, shown: Hull, most: int = CELLS) -> None:
        (self.y0, y1), (self.x0, x1) = shown
        self.step = max(1, -(-max(y1 - self.y0, x1 - self.x0) // most))
        rows, columns = -(-(y1 - self.y0) // self.step), -(-(x1 - self.x0) // self.step)
        # One row and column more on every side, for frames just outside.
        self.marks = [[" "] * (2 * columns + 2) for _ in range(rows + 2)]
        self.colours: dict[tuple[int, int], int] = {}

    def edges(self, box: Hull, outside: bool = False) -> tuple[int, int, int, int]:
        """Return first and last row and column of a rectangle, or of the frame around it."""
        (y0, y1), (x0, x1) = box
        top, left = (y0 - self.y0) // self.step + 1, 2 * ((x0 - self.x0) // self.step) + 1
        bottom = -(-(y1 - self.y0) // self.step)
        right = 2 * -(-(x1 - self.x0) // self.step)
        air = int(outside)
        return top - air, max(bottom, top) + air, left - air, max(right, left + 1) + air

    def put(self, row: int, column: int, mark: str, colour: int | None) -> None:
        """Write one character, if it lies on the canvas."""
        if 0 <= row < len(self.marks) and 0 <= column < len(self.marks[0]):
            self.marks[row][column] = mark
            self.colours.pop((row, column), None)
            if colour is not None:
                self.colours[row, column] = colour

    def frame(self, edges: tuple[int, int, int, int], marks: str, colour: int | None) -> None:
        """Draw a rectangle of lines."""
        top, bottom, left, right = edges
        for column in range(left + 1, right):
            self.put(top, column, marks[4], colour)
            self.put(bottom, column, marks[4], colour)
        for row in range(top + 1, bottom):
            self.put(row, left, marks[5], colour)
            self.put(row, right, marks[5], colour)
        corners = ((top, left), (top, right), (bottom, left), (bottom, right))
        for (row, column), mark in zip(corners, marks, strict=False):
            self.put(row, column, mark, colour)

    def lines(self, colour: bool) -> list[str]:
        """Return the rows of text."""
        rows = []
        for at, row in enumerate(self.marks):
            text = [
                f"\x1b[38;5;{self.colours[at, column]}m{mark}\x1b[0m"
                if colour and (at, column) in self.colours
                else mark
                for column, mark in enumerate(row)
            ]
            rows.append("  " + "".join(text).rstrip())
        return rows


def nested_text(picture: Nested, colour: bool = False, cells: int = CELLS) -> str:
    """Return the fields of layers one in the other, numbered from the smallest.

    The double frame is the input; fields that reach into the padding are dashed. `colour` is for
    terminals, and `cells` the most that their width has room for.
    """
    boxes = [in_plane(outline.region) for outline in picture.outlines]
    image = in_plane(tuple([(0, length) for length in picture.pixels]))
    if len(picture.pixels) == 1:
        return bars_text(picture)
    canvas = CharacterCanvas(around([image, *boxes]), cells)
    canvas.frame(canvas.edges(image, outside=True), DOUBLE, None)
    lines = []
    for number, (box, outline) in enumerate(zip(boxes, picture.outlines, strict=True)):
        number = len(boxes) - number
        shade = COLOURS[(number - 1) % len(COLOURS)]
        beyond = any(lo < a or hi > b for (lo, hi), (a, b) in zip(box, image, strict=True))
        edges = canvas.edges(box)
        canvas.frame(edges, DASHED if beyond else SOLID, shade)
        canvas.put(edges[0], edges[2] + 1, str(number), shade)
        lines.append(f"  {number} {outline.label}  {outline.size}")
    size = f"a line of text is {canvas.step} pixel{'s' * (canvas.step > 1)} high"
    note = f"  ══ the input, {show_shape(picture.pixels)}; dashed: into the padding; {size}"
    return "\n".join([picture.title, "", *canvas.lines(colour), *reversed(lines), note])


def bars_text(picture: Nested) -> str:
    """Return the fields over an input of one axis, one bar below the other."""
    (_, (x0, x1)) = around(
        [((0, 1), (0, picture.pixels[0])), *[in_plane(o.region) for o in picture.outlines]]
    )
    step = max(1, -(-(x1 - x0) // (2 * CELLS)))

    def bar(lo: int, hi: int, mark: str) -> str:
        first, last = (lo - x0) // step, -(-(hi - x0) // step)
        return "  " + " " * first + mark * (last - first)

    width = -(-(x1 - x0) // step) + 4
    lines = [bar(0, picture.pixels[0], "═").ljust(width) + f"input  {picture.pixels[0]}"]
    for outline in reversed(picture.outlines):
        lo, hi = outline.region[0]
        lines.append(bar(lo, hi, "█").ljust(width) + f"{outline.label}  {outline.size}")
    note = f"  one character is {step} pixel{'s' * (step > 1)}; beyond the input lies padding"
    return "\n".join([picture.title, "", *lines, note])


def pixels_text(unit: UnitField, rank: int, cells: int = CELLS) -> str:
    """Return the pixels that a unit reads within its field; shades where a cell holds several."""
    if unit.clipped is None:
        return "  it reads no pixel"
    (y0, y1), (x0, x1) = in_plane(unit.clipped)
    step = max(1, -(-max(y1 - y0, x1 - x0) // cells))
    rows, columns = -(-(y1 - y0) // step), -(-(x1 - x0) // step)
    grid = [[0.0] * columns for _ in range(rows)]
    for y, x, height, width in rows_of(plane(unit.pixels, rank)):
        for row in range((y - y0) // step, (y + height - 1 - y0) // step + 1):
            top = max(y, y0 + row * step)
            high = min(y + height, y0 + (row + 1) * step) - top
            for column in range((x - x0) // step, (x + width - 1 - x0) // step + 1):
                left = max(x, x0 + column * step)
                wide = min(x + width, x0 + (column + 1) * step) - left
                grid[row][column] += high * wide
    full = [
        [
            min(step, y1 - y0 - row * step) * min(step, x1 - x0 - column * step)
            for column in range(columns)
        ]
        for row in range(rows)
    ]
    shares = [[a / b for a, b in zip(*pair, strict=True)] for pair in zip(grid, full, strict=True)]
    return shaded(shares)


def shaded(shares: list[list[float]]) -> str:
    """Return numbers from 0 to 1 as shades, two characters each."""
    last = len(SHADES) - 1
    lines = []
    for row in shares:
        # Only nothing looks like nothing, and only all looks like all.
        shown = [
            SHADES[0] if s <= 0 else SHADES[last] if s >= 1 else SHADES[1 + int(s * (last - 1))]
            for s in row
        ]
        lines.append("  " + "".join([mark * 2 for mark in shown]))
    return "\n".join(lines)
