"""Tables with a delimiter: of one student, or of the whole class with a row for each."""

from __future__ import annotations

import csv
import io
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise

from cnncalc.grading.submissions.ids import ANSWER_COLUMNS, ID_COLUMNS, Ids, Raw, plain_word, tells
from cnncalc.grading.submissions.layouts import FoundFile, TableHead
from cnncalc.grading.submissions.tables import read_rows
from cnncalc.grading.submissions.text import Unreadable, encoding_of

_MARKS = ",;\t"
#: A quoted cell may go on over this many lines; a quote that is not closed by then is a slip.
_MAX_SPAN = 100
#: What a table calls a student, the surest first.
_FIELDS = ("id", "sis", "login", "email", "canvas", "participant", "name")
_HEAD_ROWS = 6
_HEAD_SIZE = 65536


def sniffed(text: str) -> str:
    """Return the delimiter of a text: the sign that divides most of its first lines."""
    lines = [line for line in lines_of(text[:20_000]) if line.strip()][:12]
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in _MARKS:
        return lines[0][4]

    def divides(mark: str) -> tuple[int, int]:
        counts = [count for line in lines if (count := line.count(mark))]
        return len(counts), min(counts, default=0)

    return max(_MARKS, key=divides)


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
        ahead.extend(islice(source, _MAX_SPAN - len(ahead)))
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


def read_cells(rows: Sequence[list[str]], ids: Ids, mark: str = ",") -> Raw:
    """Return the raw answers of rows `id,answer`, or of a row of ids above one of answers.

    A head such as `id,points,answer` says where these stand; else they are the first two cells.
    Further cells belong to an answer that a `mark` has cut; without a head none but a comma may.
    """
    raw = Raw()
    for head, below in () if rows and min(_id_and_answer(rows[0])) >= 0 else pairwise(rows):
        # A bare number may be an answer as well as the number of a question.
        known = sum(ids.heading(cell) is not None for cell in head if any(map(str.isalpha, cell)))
        if known > 1 and 2 * known >= sum(cell.strip() != "" for cell in head):
            if rows[-1] is not below:  # of whom?
                raw.problems.append("several rows stand below one row of ids")
                return raw
            return row_answers(head, below, ids)
    key, value, width = 0, 1, 2
    for row in rows:
        at, answer = (-1, -1) if raw.answers else _id_and_answer(row)
        if min(at, answer) >= 0:
            key, value, width = at, answer, len(row)
        elif len(row) > value or (len(row) > key and ids.find(row[key])):
            end = len(row) if value == width - 1 else value + 1
            unclear = mark != "," and width == 2 and any(map(str.strip, row[2:]))
            if unclear and ids.find(row[key]):
                raw.problems.append(f"{row[key]}: which of the cells is the answer?")
                end = value
            take(raw, row[key], mark.join(row[value:end]), ids)
    return raw


def _id_and_answer(row: Iterable[str]) -> tuple[int, int]:
    """Return which cells of a row are heads of ids and of answers; -1 where none is."""
    words = list(map(plain_word, row))
    at, answer = (
        next((words.index(word) for word in heads if word in words), -1)
        for heads in (ID_COLUMNS, ANSWER_COLUMNS)
    )
    return at, answer


def take(raw: Raw, key: str, text: str, ids: Ids) -> None:
    """Store the text given under a key: an answer, rows of a table, or a note about the author."""
    name = ids.find(key)
    if name is None:
        if not raw.note(key, text):
            raw.unknown.append(key)
    elif name in ids.tables:
        raw.tables.setdefault(name, []).extend(read_rows(text))
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
        response = name.strip().lower().startswith(("response", "answer"))
        if found is None:
            raw.note(name, value)
        elif found not in columns or (response and not columns[found][0]):
            columns[found] = response, value
    for name, (_, value) in columns.items():
        take(raw, name, value, ids)
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
            encoding = encoding_of(start.read(4))
        with open(path, encoding=encoding, errors="windows", newline="") as file:
            head = _head(file.read(_HEAD_SIZE), ids)
            file.seek(0)
            return _students(path, head, file, ids) or None if head is not None else None
    except OSError:
        return None


def read_class_row(found: FoundFile, ids: Ids) -> Raw:
    """Return the raw answers of one student's row, or rows, of a class table.

    Raises Unreadable if a comma too many leaves open which cell belongs to which column.
    """
    head = found.table
    assert head is not None
    width, raw = len(head.columns), Raw()
    for text in found.rows:
        _, row = next(records(lines_of(text), head.delimiter, width))
        if not head.pair:
            if any(map(str.strip, row[width:])):
                raise Unreadable(f"{len(row)} cells under {width} headings")
            raw = row_answers(head.columns, row, ids)
        elif max(head.pair) < len(row):
            take(raw, row[head.pair[0]], row[head.pair[1]], ids)
    return raw


def _head(text: str, ids: Ids) -> TableHead | None:
    """Return the head of a class table, which may stand below some other lines; None if none."""
    delimiter = sniffed(text)
    lines = 0
    for record, row in islice(records(lines_of(text), delimiter), _HEAD_ROWS):
        lines += len(record)
        columns = tuple(cell.strip() for cell in row)
        asked = any(ids.heading(name) is not None for name in columns)
        pair = _id_and_answer(["" if tells(name) == "id" else name for name in columns])
        named = any(field not in ("", "section", "time") for field in _fields(columns))
        if named and (asked or min(pair) >= 0):
            return TableHead(delimiter, columns, lines, () if asked else pair)
    return None


def _fields(columns: Iterable[str]) -> list[str]:
    return ["id" if plain_word(name) == "student" else tells(name) for name in columns]


def _students(path: str, head: TableHead, file: Iterable[str], ids: Ids) -> list[FoundFile]:
    fields = _fields(head.columns)
    when = fields.index("time") if "time" in fields else len(fields)
    students: dict[tuple[str, ...], FoundFile] = {}
    number = head.lines + 1
    for lines, row in records(islice(file, head.lines, None), head.delimiter, len(fields)):
        words, text, line = _person(fields, row), "".join(lines).replace("\x00", ""), number
        number += len(lines)
        if not any(cell.strip() for cell in row):
            continue
        if head.pair and any(ids.find(word) for word in words):
            return []  # one student's `id,question,answer`: the ids are the questions'
        time = "".join(row[when : when + 1]).strip() if when < len(fields) else ""
        key = words if head.pair and words else (str(line),)
        found = students.get(key) or FoundFile(
            path, words or (f"line {line}",), line=line, table=head
        )
        students[key] = found._replace(rows=(*found.rows, text), time=time or found.time)
    return list(students.values())


def _person(fields: list[str], row: list[str]) -> tuple[str, ...]:
    """Return by what a row names its student: identifiers before names, which two may share."""
    own: dict[str, str] = {}
    for field, cell in zip(fields, row, strict=False):
        if field and cell.strip():
            own.setdefault(field, cell.strip())
    parts = " ".join(filter(None, (own.get("first"), own.get("last"))))
    return tuple(dict.fromkeys(filter(None, (*map(own.get, _FIELDS), parts))))
