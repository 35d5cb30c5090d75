"""Finds raw answers in tables of one student, and stores what any reader found."""

from __future__ import annotations

from collections.abc import Iterable

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
    for position, row in enumerate(rows[:-1]):
        if _heads_columns(row, ids):
            return row_answers(row, rows[position + 1], ids)
    return _listed(rows, ids)


def _heads_columns(row: list[str], ids: Ids) -> bool:
    """Tell whether most cells of a row name questions; a bare number may be an answer as well."""
    words = [cell.strip() for cell in row if cell.strip()]
    named = (word for word in words if any(char.isalpha() for char in word))
    heads = sum(ids.heading(word) is not None for word in named)
    return heads > 1 and 2 * heads >= len(words)


def _delimiter(text: str, ids: Ids) -> str:
    """Return the sign behind which most lines begin with an id, or else divide most evenly."""
    lines = text[:20_000].splitlines()
    known = {
        mark: sum(mark in line and ids.find(line.split(mark, 1)[0]) is not None for line in lines)
        for mark in MARKS
    }
    best = max(MARKS, key=known.__getitem__)
    return best if known[best] else sniffed(text)


def _listed(rows: list[list[str]], ids: Ids) -> Raw:
    """Return the raw answers of rows with an id and an answer each."""
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
            continue
        if len(row) > 2 and (heads == [0] or _table(row, ids)) and any(map(column_of, row[1:])):
            table, head = _table(row, ids), row[1:]
            continue
        if len(row) <= key or (ids.find(row[key]) is None and len(row) <= value):
            continue
        # A comma in an unquoted answer has cut it: what is left over belongs to it.
        answer = row[value] if len(row) > value else ""
        if value == width - 1 and len(row) > width:
            answer = ",".join(row[value:])
        take(raw, row[key], answer, ids)
    for name, lines in typed.items():
        raw.tables.setdefault(name, headed(lines))
    return raw


def _table(row: list[str], ids: Ids) -> str:
    """Return the table whose id is in the first cell of a row, or ''."""
    found = ids.find(row[0])
    return found if found in ids.tables else ""


def take(raw: Raw, key: str, text: str, ids: Ids) -> None:
    """Store the text given under a key: an answer, a table, or a note about the author."""
    found = ids.find(key)
    if found is None:
        if not raw.note(key, text):
            raw.unknown.append(key)
    else:
        store(raw, found, text, ids)


def store(raw: Raw, name: str, text: str, ids: Ids) -> None:
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
        store(raw, name, value, ids)
    return raw
