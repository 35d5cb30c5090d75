"""One table for the whole class: a row per student, or a row per student and question."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from cnncalc.grading.submissions.decode import Unreadable, decode
from cnncalc.grading.submissions.formats import row_answers, sniffed
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.layouts import Found
from cnncalc.grading.submissions.raw import PERSON, TIMES, Raw
from cnncalc.grading.submissions.roster import COLUMNS, plain_word

MAX_BYTES = 2**31
_LONG = frozenset(("question", "item", "questionid", "task"))
_ANSWER = frozenset(("answer", "response", "value", "given"))


def class_rows(path: str, ids: Ids) -> list[Found] | None:
    """Return a place per student of a class table, or None if the file is none.

    A class table has a column that names students and columns of questions, or a column of
    questions and one of answers. Rows are kept as places in the file, not as texts.
    """
    try:
        with open(path, "rb") as file:
            head = file.readline(65536)
            header = _cells(head, sniffed(decode(head)))
    except (OSError, Unreadable):
        return None
    people = [i for i, name in enumerate(header) if _names_people(name)]
    asked = sum(ids.find(name) is not None for name in header)
    words = {plain_word(name) for name in header}
    if not people or not (asked or (words & _LONG and words & _ANSWER)):
        return None
    return list(_places(path, header, people, long=not asked))


def _names_people(name: str) -> bool:
    word = plain_word(name)
    return name.strip().lower() in PERSON or (word in COLUMNS and COLUMNS[word] != "section")


def _cells(line: bytes, delimiter: str) -> list[str]:
    text = line.decode("utf-8-sig", "replace")
    return next(csv.reader(io.StringIO(text), delimiter=delimiter), [])


def _places(path: str, header: list[str], people: list[int], long: bool) -> Iterator[Found]:
    when = next((i for i, name in enumerate(header) if name.strip().lower() in TIMES), None)
    for offset, length, row in _rows(path):
        words = tuple(
            dict.fromkeys(row[i].strip() for i in people if i < len(row) and row[i].strip())
        )
        if not words and not any(cell.strip() for cell in row):
            continue
        time = row[when].strip() if when is not None and when < len(row) else ""
        group = f"class/{path}" if long else ""
        found = words or (f"row at byte {offset}",)
        yield Found(path, found, time, group=group, offset=offset, length=length)


def _rows(path: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield place, length and cells of every row but the header; a quote may span lines."""
    with open(path, "rb") as file:
        position = len(head := file.readline())
        delimiter = sniffed(head.decode("utf-8-sig", "replace"))
        pending, start = b"", position
        for line in file:
            pending += line
            position += len(line)
            if pending.count(b'"') % 2 and len(pending) < 1_000_000:
                continue
            yield start, len(pending), _cells(pending, delimiter)
            pending, start = b"", position
        if pending:
            yield start, len(pending), _cells(pending.replace(b'"', b""), delimiter)


def read_class_row(path: str, offset: int, length: int, ids: Ids) -> Raw:
    """Return the raw answers of one row of a class table."""
    with open(path, "rb") as file:
        head = file.readline()
        delimiter = sniffed(head.decode("utf-8-sig", "replace"))
        file.seek(offset)
        line = file.read(length)
    header, row = _cells(head, delimiter), _cells(line, delimiter)
    words = [plain_word(name) for name in header]
    if not any(ids.find(name) for name in header) and set(words) & _LONG:
        key = next(i for i, word in enumerate(words) if word in _LONG)
        value = next(i for i, word in enumerate(words) if word in _ANSWER)
        return row_answers([row[key]], [row[value]], ids) if max(key, value) < len(row) else Raw()
    return row_answers(header, row, ids)
