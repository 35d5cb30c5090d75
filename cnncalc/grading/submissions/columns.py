"""Tables with a delimiter: of one student, or of the whole class with a row for each."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

from cnncalc.grading.submissions.decode import (
    MARKS,
    encoding_of,
    lines_of,
    records,
    sniffed,
    windows_text,
)
from cnncalc.grading.submissions.ids import (
    ANSWER_COLUMNS,
    ID_COLUMNS,
    PEOPLE,
    TIMES,
    Ids,
    Raw,
    plain_word,
)
from cnncalc.grading.submissions.layouts import FoundFile, TableHead
from cnncalc.grading.submissions.tables import column_of, headed, read_rows

_QUESTION = ("question", "item", "questionid", "task")
_ANSWER = ("answer", "response", "value", "given")
#: What a table calls a student, the surest first.
_FIELDS = ("id", "sis", "login", "email", "canvas", "participant")
_HEAD_ROWS = 6
_HEAD_SIZE = 65536


def read_csv(text: str, ids: Ids) -> Raw:
    """Return the raw answers of one student's CSV; its delimiter is what stands behind the ids."""
    lines = text[:20_000].splitlines()

    def known(mark: str) -> int:
        return sum(mark in line and ids.find(line.split(mark, 1)[0]) is not None for line in lines)

    delimiter = max(MARKS, key=known)
    delimiter = delimiter if known(delimiter) else sniffed(text)
    return read_cells([row for _, row in records(lines_of(text), delimiter)], ids)


def read_cells(rows: Iterable[list[str]], ids: Ids) -> Raw:
    """Return the raw answers of `id,answer` rows, of a header and one row, or of rows of a table
    behind the id of its question."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    for head, below in pairwise(rows):
        words = [cell for cell in head if cell.strip()]
        # A bare number may be an answer as well as the number of a question.
        named = (word for word in words if any(map(str.isalpha, word)))
        heads = sum(ids.heading(word) is not None for word in named)
        if heads > 1 and 2 * heads >= len(words):
            return row_answers(head, below, ids)
    raw = Raw()
    key, value, width = 0, 1, 2
    typed: dict[str, list[list[str]]] = {}
    head, table = [], ""
    for row in rows:
        if head and len(row) > 2 and (table := _table(row, ids) or table):
            typed.setdefault(table, [head]).append(row[1:])
            continue
        while row and not row[0].strip():  # an indented row
            row = row[1:]
        words = [cell.strip(" *_`").lower() for cell in row]
        at, answers = (
            next((words.index(word) for word in heads if word in words), -1)
            for heads in (ID_COLUMNS, ANSWER_COLUMNS)
        )
        if at >= 0 and answers >= 0:
            key, value, width = at, answers, len(row)
        elif len(row) > 2 and (at == 0 or _table(row, ids)) and any(map(column_of, row[1:])):
            table, head = _table(row, ids), row[1:]
        elif len(row) > value or (len(row) > key and ids.find(row[key])):
            # A comma in an unquoted answer has cut it: what is left over belongs to it.
            end = len(row) if value == width - 1 else value + 1
            take(raw, row[key], ",".join(row[value:end]), ids)
    raw.tables |= {name: headed(lines) for name, lines in typed.items() if name not in raw.tables}
    return raw


def _table(row: list[str], ids: Ids) -> str:
    """Return the table whose id is in the first cell of a row, or ''."""
    found = ids.find(row[0])
    return found if found in ids.tables else ""


def take(raw: Raw, key: str, text: str, ids: Ids) -> None:
    """Store the text given under a key: an answer, a table, or a note about the author."""
    found = ids.find(key)
    if found is not None:
        _store(raw, found, text, ids)
    elif not raw.note(key, text):
        raw.unknown.append(key)


def _store(raw: Raw, name: str, text: str, ids: Ids) -> None:
    """Store the text given for a question or an item; the first one counts."""
    if name in ids.tables:
        rows = read_rows(text)
        if rows:
            raw.tables.setdefault(name, rows)
    elif raw.answers.get(name):
        raw.problems.append(f"{name} is answered twice: the first answer counts")
    else:
        raw.answers[name] = text


def row_answers(header: Iterable[str], row: list[str], ids: Ids) -> Raw:
    """Return the raw answers of one row of a table with a column per question.

    Where a system exports `Question 1` and `Response 1`, the responses are the answers.
    """
    raw = Raw()
    columns: dict[str, tuple[bool, str]] = {}
    for name, value in zip(header, row, strict=False):
        found = ids.heading(name)
        if found is None:
            raw.note(name, value)
            continue
        response = name.strip().lower().startswith(("response", "answer"))
        if found not in columns or (response and not columns[found][0]):
            columns[found] = response, value
    for name, (_, value) in columns.items():
        _store(raw, name, value, ids)
    return raw


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


def _first(columns: Sequence[str], words: Iterable[str]) -> int | None:
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
