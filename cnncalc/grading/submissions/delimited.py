"""Comma-separated text, read so that a broken quote spoils its own line and no other."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

MARKS = ",;\t|"
#: A quoted cell may go on over this many lines; a quote that is not closed by then is a slip.
MAX_SPAN = 100


def sniffed(text: str) -> str:
    """Return the delimiter of a text: the sign that divides most of its first lines."""
    lines = [line for line in lines_of(text[:20_000]) if line.strip()][:12]
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in MARKS:
        return lines[0][4]

    def divides(mark: str) -> tuple[int, int]:
        counts = [count for line in lines if (count := line.count(mark))]
        return len(counts), min(counts, default=0)

    return max(MARKS[:3], key=divides)


def lines_of(text: str) -> Iterator[str]:
    """Yield lines with their ends, whichever of the three kinds these are."""
    return iter(io.StringIO(text, newline=""))


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV text that are not blank, with the numbers of their lines."""
    number = 1
    for span, row in records(lines_of(text), sniffed(text)):
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

    def is_record(line: str) -> bool:
        whole = width > 3 and line.count(delimiter) == width - 1
        return whole or (begins is not None and begins(line))

    source = iter(lines)
    ahead: deque[str] = deque()
    while line := ahead.popleft() if ahead else next(source, ""):
        bare = line.rstrip("\r\n")
        if '"' not in line:
            yield 1, bare.split(delimiter)
            continue
        ahead.extend(islice(source, MAX_SPAN - len(ahead)))
        span, row = _quoted(chain((line,), ahead), delimiter, f'{delimiter} "' in line)
        broken = span > 1 and (
            (width and len(row) != width) or any(map(is_record, islice(ahead, span - 1)))
        )
        if not span or broken:
            yield 1, _loose(bare, delimiter, width)
            continue
        for _ in range(span - 1):
            ahead.popleft()
        yield span, row


def _quoted(lines: Iterable[str], delimiter: str, spaced: bool) -> tuple[int, list[str]]:
    """Return the lines and the cells of the record that begins; no lines if it is broken."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=spaced)
    try:
        row = next(reader)
    except (csv.Error, StopIteration):
        return 0, []
    return reader.line_num, row


def _loose(line: str, delimiter: str, width: int) -> list[str]:
    """Return the cells of a line whose quotes are broken, aligned at both ends if too many."""
    cells = line.split(delimiter)
    extra = len(cells) - width
    if width and extra > 0:
        at = next((i for i, cell in enumerate(cells) if '"' in cell), 0)
        at = min(at, width - 1)
        cells[at : at + extra + 1] = [delimiter.join(cells[at : at + extra + 1])]
    return [cell.replace('"', "") for cell in cells]
