"""Comma-separated text, read so that a broken quote spoils its own line and no other."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

MARKS = ",;\t|"
#: A quoted cell may go on over this many lines; a quote that is not closed by then is a slip.
MAX_SPAN = 100


def sniffed(text: str) -> str:
    """Return the delimiter of a text: the sign that divides most of its first lines."""
    lines = [line for line in io.StringIO(text[:20_000], newline="") if line.strip()][:12]
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in MARKS:
        return lines[0][4]

    def divides(mark: str) -> tuple[int, int]:
        counts = [count for line in lines if (count := line.count(mark))]
        return len(counts), min(counts, default=0)

    best = max(MARKS[:3], key=divides)
    return best if any(divides(best)) else ","


def lines_of(text: str) -> Iterator[str]:
    """Yield lines with their ends, whichever of the three kinds these are."""
    return iter(io.StringIO(text, newline=""))


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV text that are not blank, with the numbers of their lines."""
    number = 1
    delimiter = sniffed(text)
    for span, row in records(lines_of(text), delimiter):
        if any(cell.strip() for cell in row) and not row[0].lower().startswith("sep="):
            yield number, row
        number += span


def records(
    lines: Iterable[str],
    delimiter: str,
    width: int = 0,
    begins: Callable[[str], bool] | None = None,
) -> Iterator[tuple[int, list[str]]]:
    """Yield of every record how many lines it takes, and its cells.

    A quoted cell may hold line ends. A quote that is never closed, or not where a cell ends, is
    taken as a slip of its own line: so is one that would swallow a line that `begins` a record,
    or that makes a row narrower than `width`, the number of columns, where that is known.
    """
    source = iter(lines)
    ahead: deque[str] = deque()
    while True:
        line = ahead.popleft() if ahead else next(source, None)
        if line is None:
            return
        if '"' not in line:
            yield 1, line.rstrip("\r\n").split(delimiter)
            continue
        span, row = _quoted(line, ahead, source, delimiter)
        if span > 1 and (
            (width and len(row) != width)
            or any(_alone(ahead[i], delimiter, width, begins) for i in range(span - 1))
        ):
            span = 0
        if span:
            for _ in range(span - 1):
                ahead.popleft()
            yield span, row
        else:
            yield 1, _loose(line.rstrip("\r\n"), delimiter, width)


def _quoted(
    line: str, ahead: deque[str], source: Iterator[str], delimiter: str
) -> tuple[int, list[str]]:
    """Return the lines and the cells of the record that a line begins; no lines if it is broken.

    Lines that had to be looked at wait in `ahead`.
    """

    def following() -> Iterator[str]:
        for position in range(MAX_SPAN):
            if position == len(ahead):
                more = next(source, None)
                if more is None:
                    return
                ahead.append(more)
            yield ahead[position]

    spaced = f'{delimiter} "' in line
    reader = csv.reader(
        chain((line,), following()), delimiter=delimiter, strict=True, skipinitialspace=spaced
    )
    try:
        row = next(reader)
    except (csv.Error, StopIteration):
        return 0, []
    return reader.line_num, row


def _alone(line: str, delimiter: str, width: int, begins: Callable[[str], bool] | None) -> bool:
    """Tell whether a line inside a quoted cell looks like a record of its own."""
    return (begins is not None and begins(line)) or (
        width > 3 and line.count(delimiter) == width - 1
    )


def _loose(line: str, delimiter: str, width: int) -> list[str]:
    """Return the cells of a line whose quotes are broken, aligned at both ends if too many."""
    cells = line.split(delimiter)
    extra = len(cells) - width
    if width and extra > 0:
        at = next((i for i, cell in enumerate(cells) if '"' in cell), 0)
        at = min(at, width - 1)
        cells[at : at + extra + 1] = [delimiter.join(cells[at : at + extra + 1])]
    return [cell.replace('"', "") for cell in cells]
