"""Finds raw answers in tables of one student, and stores what any reader found."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from cnncalc.grading.submissions.delimited import MARKS, lines_of, records, sniffed
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.raw import Raw
from cnncalc.grading.submissions.rows import (
    ID_COLUMNS,
    answers_at,
    column_of,
    headed,
    read_rows,
)


def read_csv(text: str, ids: Ids) -> Raw:
    """Return the raw answers of one student's CSV: `id,answer` rows, or a header and one row."""
    delimiter = _delimiter(text, ids)

    def begins(line: str) -> bool:
        return ids.find(line.split(delimiter, 1)[0]) is not None

    rows = [cells for _, cells in records(lines_of(text), delimiter, begins=begins)]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    for head, below in pairwise(rows):
        words = [cell for cell in head if cell.strip()]
        # A bare number may be an answer as well as the number of a question.
        named = (word for word in words if any(map(str.isalpha, word)))
        heads = sum(ids.heading(word) is not None for word in named)
        if heads > 1 and 2 * heads >= len(words):
            return row_answers(head, below, ids)
    return _listed(rows, ids)


def _delimiter(text: str, ids: Ids) -> str:
    """Return the sign behind which most lines begin with an id, or else divide most evenly."""
    lines = text[:20_000].splitlines()

    def known(mark: str) -> int:
        return sum(mark in line and ids.find(line.split(mark, 1)[0]) is not None for line in lines)

    best = max(MARKS, key=known)
    return best if known(best) else sniffed(text)


def _listed(rows: Iterable[list[str]], ids: Ids) -> Raw:
    """Return the raw answers of rows with an id and an answer each, or with rows of a table."""
    raw = Raw()
    key, value, width = 0, 1, 2
    typed: dict[str, list[list[str]]] = {}
    head: list[str] = []
    table = ""
    for row in rows:
        if head and len(row) > 2 and (table := _table(row, ids) or table):
            typed.setdefault(table, [head]).append(row[1:])
            continue
        while row and not row[0].strip():  # an indented row
            row = row[1:]
        words = [cell.strip().lower() for cell in row]
        heads = [i for i, word in enumerate(words) if word in ID_COLUMNS]
        if heads and answers_at(words) >= 0:
            key, value, width = heads[0], answers_at(words), len(row)
        elif len(row) > 2 and (heads == [0] or _table(row, ids)) and any(map(column_of, row[1:])):
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
