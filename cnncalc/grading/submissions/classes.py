"""One table for the whole class: a row per student, or a row per student and question."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import BinaryIO, NamedTuple

from cnncalc.grading.submissions.columns import row_answers, take
from cnncalc.grading.submissions.decode import encoding_of, windows_text
from cnncalc.grading.submissions.delimited import records, sniffed
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.layouts import FoundFile
from cnncalc.grading.submissions.raw import PERSON, TIMES, Raw
from cnncalc.grading.submissions.roster import COLUMNS, plain_word

_LONG = frozenset(("question", "item", "questionid", "task"))
_ANSWER = frozenset(("answer", "response", "value", "given"))
_TIMES = frozenset(map(plain_word, (*TIMES, "completed", "completion time", "submission time")))
#: What a table calls a student, the surest first.
_FIELDS = ("id", "sis", "login", "email", "canvas", "participant")
_HEAD_ROWS = 6
_HEAD_BYTES = 65536


class Head(NamedTuple):
    """How a table is written, and its columns; `start` is where the rows begin.

    `lines` are those down to the header. `pair` are the columns of question and answer of a table
    with a row for each answer.
    """

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    start: int
    lines: int
    pair: tuple[int, int] | None


def class_rows(path: str, ids: Ids) -> list[FoundFile] | None:
    """Return a place per student of a class table, or None if the file is none.

    A class table has a column that names students and columns of questions, or a column of
    questions and one of answers. Rows are kept as places in the file, not as texts.
    """
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            head = _head(file, ids)
            if head is None:
                return None
            found = _places(path, head, file, ids)
    except OSError:
        return None
    return found or None


def read_class_row(found: FoundFile, ids: Ids) -> Raw:
    """Return the raw answers of one student's row, or rows, of a class table."""
    raw = Raw()
    with open(found.path, "rb") as file:
        state = os.fstat(file.fileno())
        head = _known_head(found.path, state.st_size, state.st_mtime_ns, ids)
        if head is None:
            return raw
        places = (found.offset, found.length, *found.more)
        rows = [
            _row_at(file, head, *place) for place in zip(places[::2], places[1::2], strict=True)
        ]
    if head.pair is not None:
        key, value = head.pair
        for row in rows:
            if max(head.pair) < len(row):
                take(raw, row[key], row[value], ids)
        return raw
    raw = row_answers(head.columns, rows[0], ids)
    if any(cell.strip() for cell in rows[0][len(head.columns) :]):
        raw.problems.append(f"{len(rows[0])} cells under {len(head.columns)} headings")
    return raw


def _row_at(file: BinaryIO, head: Head, offset: int, length: int) -> list[str]:
    file.seek(offset)
    text = file.read(length).decode(head.encoding, _errors(head.encoding))
    lines = io.StringIO(text, newline="")
    return _mended(next(records(lines, head.delimiter, len(head.columns)), (0, []))[1])


@lru_cache(maxsize=4)
def _known_head(path: str, _size: int, _changed: int, ids: Ids) -> Head | None:
    with open(path, "rb") as file:
        return _head(file, ids)


def _head(file: BinaryIO, ids: Ids) -> Head | None:
    """Return the head of a class table, which may stand below some other lines; None if none."""
    data = file.read(_HEAD_BYTES)
    encoding, position = encoding_of(data[:400])
    text = data[position:].decode(encoding, _errors(encoding))
    delimiter = sniffed(text)
    lines = list(io.StringIO(text, newline=""))
    line = 0
    for span, row in islice(records(lines, delimiter), _HEAD_ROWS):
        position += _length(lines[line : line + span], encoding)
        line += span
        columns = tuple(cell.strip() for cell in _mended(row))
        people = any(_field(name) for name in columns)
        asked = any(ids.heading(name) is not None for name in columns)
        pair = None if asked else _pair(columns)
        if people and (asked or pair is not None):
            return Head(encoding, delimiter, columns, position, line, pair)
    return None


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8" else "replace"


def _length(lines: Iterable[str], encoding: str) -> int:
    return sum(len(line.encode(encoding, _errors(encoding))) for line in lines)


def _mended(row: list[str]) -> list[str]:
    """Return cells with the bytes that are no UTF-8 read as Windows' Latin-1."""
    return [
        cell if cell.isascii() else windows_text(cell.encode("utf-8", "surrogateescape"))
        for cell in (cell.replace("\x00", "") for cell in row)
    ]


def _pair(columns: Iterable[str]) -> tuple[int, int] | None:
    """Return the columns of question and answer, or None if there are none."""
    words = [plain_word(name) for name in columns]
    key = next((i for i, word in enumerate(words) if word in _LONG), None)
    value = next((i for i, word in enumerate(words) if word in _ANSWER), None)
    return None if key is None or value is None else (key, value)


def _field(name: str) -> str:
    """Return what a column tells about a student, or ''."""
    word = plain_word(name)
    field = COLUMNS.get(word, "") or PERSON.get(name.strip().lower(), "")
    if word in ("student", "student_id"):
        return "id"
    return "" if field == "section" else field


def _places(path: str, head: Head, file: BinaryIO, ids: Ids) -> list[FoundFile]:
    fields = [_field(name) for name in head.columns]
    when = next((i for i, name in enumerate(head.columns) if plain_word(name) in _TIMES), None)
    long = head.pair is not None
    result: list[FoundFile] = []
    position: dict[tuple[str, ...], int] = {}
    for offset, length, line, row in _rows(head, file):
        words = _person(fields, row)
        if not words and not any(cell.strip() for cell in row):
            continue
        if long and any(ids.find(word) for word in words):
            return []  # one student's `id,question,answer`: the ids are the questions'
        time = row[when].strip() if when is not None and when < len(row) else ""
        place = position.setdefault(words, len(result)) if long and words else len(result)
        if place < len(result):
            found = result[place]
            more = (*found.more, offset, length)
            result[place] = found._replace(more=more, time=time or found.time)
        else:
            names = words or (f"line {line}",)
            result.append(FoundFile(path, names, time, offset=offset, length=length, line=line))
    return result


def _person(fields: list[str], row: list[str]) -> tuple[str, ...]:
    """Return by what a row names its student: identifiers before names, which two may share."""
    own: dict[str, str] = {}
    for field, cell in zip(fields, row, strict=False):
        if field and cell.strip():
            own.setdefault(field, cell.strip())
    words = [own.get(field, "") for field in _FIELDS]
    parts = " ".join(filter(None, (own.get("first"), own.get("last"))))
    return tuple(dict.fromkeys(filter(None, (*words, own.get("name", ""), parts))))


def _rows(head: Head, file: BinaryIO) -> Iterator[tuple[int, int, int, list[str]]]:
    """Yield place, length, first line and cells of every row below the header.

    A quoted cell may span lines.
    """
    file.seek(head.start)
    lengths: list[int] = []

    def lines() -> Iterator[str]:
        text = io.TextIOWrapper(
            file, encoding=head.encoding, errors=_errors(head.encoding), newline=""
        )
        try:
            for line in text:
                lengths.append(_length((line,), head.encoding))
                yield line
        finally:
            text.detach()  # the file is closed by whoever opened it

    position, line = head.start, head.lines + 1
    for span, row in records(lines(), head.delimiter, len(head.columns)):
        length = sum(lengths[:span])
        del lengths[:span]
        yield position, length, line, _mended(row)
        position += length
        line += span
