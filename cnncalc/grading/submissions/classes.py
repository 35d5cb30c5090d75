"""One table for the whole class: a row per student, or a row per student and question."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cnncalc.grading.submissions.columns import row_answers, take
from cnncalc.grading.submissions.decode import encoding_of, windows_text
from cnncalc.grading.submissions.delimited import lines_of, records, sniffed
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.layouts import FoundFile, TableHead
from cnncalc.grading.submissions.raw import PEOPLE, TIMES, Raw, plain_word

_QUESTION = frozenset(("question", "item", "questionid", "task"))
_ANSWER = frozenset(("answer", "response", "value", "given"))
#: What a table calls a student, the surest first.
_FIELDS = ("id", "sis", "login", "email", "canvas", "participant")
_HEAD_ROWS = 6
_HEAD_SIZE = 65536


def class_rows(path: str, ids: Ids) -> list[FoundFile] | None:
    """Return the rows of every student in a class table, or None if the file is none.

    A class table has a column that names students and columns of questions, or a column of
    questions and one of answers. A row is kept as the text it is: there may be many.
    """
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as start:
            encoding, mark = encoding_of(start.read(400))
        errors = "surrogateescape" if encoding == "utf-8" else "replace"
        with open(path, encoding=encoding, errors=errors, newline="") as file:
            head = _head(file.read(_HEAD_SIZE)[bool(mark) :], ids)
            file.seek(0)
            return _students(path, head, file, ids) or None if head is not None else None
    except OSError:
        return None


def read_class_row(found: FoundFile, ids: Ids) -> Raw:
    """Return the raw answers of one student's row, or rows, of a class table."""
    head = found.table
    assert head is not None
    rows = [
        _mended(next(records(lines_of(text), head.delimiter, len(head.columns)))[1])
        for text in found.rows
    ]
    if head.pair is None:
        raw = row_answers(head.columns, rows[0], ids)
        if any(cell.strip() for cell in rows[0][len(head.columns) :]):
            raw.problems.append(f"{len(rows[0])} cells under {len(head.columns)} headings")
        return raw
    raw = Raw()
    for row in rows:
        if max(head.pair) < len(row):
            take(raw, row[head.pair[0]], row[head.pair[1]], ids)
    return raw


def _head(text: str, ids: Ids) -> TableHead | None:
    """Return the head of a class table, which may stand below some other lines; None if none."""
    delimiter = sniffed(text)
    lines = 0
    for span, row in islice(records(lines_of(text), delimiter), _HEAD_ROWS):
        lines += span
        columns = tuple(cell.strip() for cell in _mended(row))
        asked = any(ids.heading(name) is not None for name in columns)
        key, answer = _first(columns, _QUESTION), _first(columns, _ANSWER)
        pair = None if asked or key is None or answer is None else (key, answer)
        if any(map(_field, columns)) and (asked or pair is not None):
            return TableHead(delimiter, columns, lines, pair)
    return None


def _first(columns: Sequence[str], words: frozenset[str]) -> int | None:
    return next((i for i, name in enumerate(columns) if plain_word(name) in words), None)


def _mended(row: list[str]) -> list[str]:
    """Return cells with the bytes that are no UTF-8 read as Windows' Latin-1."""
    return [
        cell if cell.isascii() else windows_text(cell.encode("utf-8", "surrogateescape"))
        for cell in (cell.replace("\x00", "") for cell in row)
    ]


def _field(name: str) -> str:
    """Return what a column tells about a student, or ''."""
    field = "id" if plain_word(name) == "student" else PEOPLE.get(plain_word(name), "")
    return "" if field == "section" else field


def _students(path: str, head: TableHead, file: Iterable[str], ids: Ids) -> list[FoundFile]:
    fields = [_field(name) for name in head.columns]
    when = _first(head.columns, TIMES)
    result: list[FoundFile] = []
    position: dict[tuple[str, ...], int] = {}
    for line, text, row in _rows(head, file):
        words = _person(fields, row)
        if not words and not any(cell.strip() for cell in row):
            continue
        if head.pair and any(ids.find(word) for word in words):
            return []  # one student's `id,question,answer`: the ids are the questions'
        time = row[when].strip() if when is not None and when < len(row) else ""
        place = position.setdefault(words, len(result)) if head.pair and words else len(result)
        if place < len(result):
            found = result[place]
            result[place] = found._replace(rows=(*found.rows, text), time=time or found.time)
        else:
            names = words or (f"line {line}",)
            result.append(FoundFile(path, names, time, line=line, rows=(text,), table=head))
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


def _rows(head: TableHead, file: Iterable[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Yield first line, text and cells of every row below the header; rows may span lines."""
    waiting: deque[str] = deque()

    def lines() -> Iterator[str]:
        for text in islice(file, head.lines, None):
            waiting.append(text)
            yield text

    line = head.lines + 1
    for span, row in records(lines(), head.delimiter, len(head.columns)):
        yield line, "".join([waiting.popleft() for _ in range(span)]), _mended(row)
        line += span
