"""Bytes -> text -> cells, whatever program wrote them.

What is no text at all is said by name; a broken quote in comma-separated text spoils its own line.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice

MAX_BYTES = 1024 * 1024
MARKS = ",;\t"
#: A quoted cell may go on over this many lines; a quote that is not closed by then is a slip.
MAX_SPAN = 100

_MAGIC = {
    b"%PDF": "a PDF file", b"PK\x03\x04": "a zip archive or an office document",
    b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"{\\rtf": "a rich-text document",
    b"\xd0\xcf\x11\xe0": "an old office document", b"\x1f\x8b": "an archive",
    b"Rar!": "an archive", b"7z\xbc\xaf": "an archive",
}  # fmt: skip
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_STRANGE = re.compile(r"[^\t\n\r\f -~\xa0-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]")


class Unreadable(Exception):
    """A file holds no answers that could be read; the message says why."""


def decode(data: bytes) -> str:
    """Return the text of a file: UTF-8, UTF-16 with or without a mark, or Latin-1 (Windows').

    Raises Unreadable for an empty or a too large file and for one that is no text.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"larger than {MAX_BYTES // 1024:,} KiB")
    if data.startswith(tuple(_MAGIC)):
        name = next(name for mark, name in _MAGIC.items() if data.startswith(mark))
        raise Unreadable(f"{name}, not a text")
    encoding, errors, start = encoding_of(data[:400])
    text = data[start:].decode(encoding, errors).replace("\x00", "")
    if not text.strip():
        raise Unreadable("the file is empty")
    if 10 * len(_STRANGE.findall(text, 0, 4000)) > min(len(text), 4000):
        raise Unreadable("not a text")
    return text


def encoding_of(head: bytes) -> tuple[str, str, int]:
    """Return the encoding that the first bytes of a file show, what errors in it are taken for,
    and the length of its mark."""
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding, "windows" if encoding == "utf-8" else "replace", len(mark)
    if head.count(0) * 4 > len(head):
        # Every second byte is zero: UTF-16 without a mark, in one order or the other.
        little = head[1::2].count(0) >= head[::2].count(0)
        return "utf-16-le" if little else "utf-16-be", "replace", 0
    return "utf-8", "windows", 0


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as Windows' Latin-1; those that it leaves empty as Latin-1's."""
    assert isinstance(error, UnicodeDecodeError)
    strange = error.object[error.start : error.end]
    return "".join(bytes((b,)).decode("cp1252", "ignore") or chr(b) for b in strange), error.end


codecs.register_error("windows", _as_windows)


def sniffed(text: str) -> str:
    """Return the delimiter of a text: the sign that divides most of its first lines."""
    lines = [line for line in lines_of(text[:20_000]) if line.strip()][:12]
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in MARKS:
        return lines[0][4]

    def divides(mark: str) -> tuple[int, int]:
        counts = [count for line in lines if (count := line.count(mark))]
        return len(counts), min(counts, default=0)

    return max(MARKS, key=divides)


def lines_of(text: str) -> Iterator[str]:
    """Yield lines with their ends, whichever of the three kinds these are."""
    return iter(io.StringIO(text, newline=""))


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV text that are not blank, with the numbers of their lines."""
    number = 1
    for lines, row in records(lines_of(text), sniffed(text)):
        if any(cell.strip() for cell in row) and not row[0].lower().startswith("sep="):
            yield number, row
        number += len(lines)


def records(
    lines: Iterable[str], delimiter: str, width: int = 0
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the lines and the cells of every record.

    A quoted cell may hold line ends. A quote that is never closed, or not where a cell ends, is
    taken as a slip of its own line: so is one that would swallow a whole record of `width` cells,
    the number of columns where that is known, or that makes a row of another width.
    """
    source = iter(lines)
    ahead: deque[str] = deque()
    while line := ahead.popleft() if ahead else next(source, ""):
        if '"' not in line:
            yield [line], line.rstrip("\r\n").split(delimiter)
            continue
        ahead.extend(islice(source, MAX_SPAN - len(ahead)))
        spaced = f'{delimiter} "' in line
        reader = csv.reader(
            chain((line,), ahead), delimiter=delimiter, strict=True, skipinitialspace=spaced
        )
        try:
            row = next(reader)
        except (csv.Error, StopIteration):
            row = []
        swallowed = list(islice(ahead, reader.line_num - 1))
        whole = width > 3 and any(line.count(delimiter) == width - 1 for line in swallowed)
        if not row or (swallowed and width and len(row) != width) or whole:
            row, swallowed = line.replace('"', "").rstrip("\r\n").split(delimiter), []
        for _ in swallowed:
            ahead.popleft()
        yield [line, *swallowed], row
