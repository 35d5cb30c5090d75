"""What is kept of every student: one line of JSON, from which everything can be made again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from cnncalc.diagnostics import UsageError
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.memory import OfEach
from cnncalc.grading.model import Item
from cnncalc.grading.student_results import FileRow, StudentResult
from cnncalc.grading.submissions.roster import Person

SCHEMA = "cnncalc.grades/1"
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_PERSON = ("key", "name", "email", "login", "canvas", "sis", "section", "first", "last")


def record_line(outcome: StudentResult) -> str:
    """Return one outcome as a line of JSON."""
    person = [getattr(outcome.person, name) for name in _PERSON]
    while person and not person[-1]:
        person.pop()
    rows = [[row.file, row.status, row.detail] for row in outcome.rows]
    head = _dumps([person, outcome.known, outcome.status, outcome.days, outcome.time, rows])
    marks = ",".join([_texts.get(mark, _mark) for mark in outcome.marks])
    return f'{{"student":{head},"marks":[{marks}]}}\n'


#: Equal answers share one mark, and so its text.
_texts: OfEach[Mark, str] = OfEach(4_000)


def _mark(mark: Mark) -> str:
    fields = [
        mark.item, mark.raw, mark.shown, mark.verdict, str(mark.credit), mark.reason,
        list(mark.notes), mark.slip, list(mark.follows),
    ]  # fmt: skip
    return _dumps(fields)


def header(students: int, options: Iterable[tuple[str, object]], items: Iterable[Item]) -> str:
    """Return the first line of a file of records.

    `options` replaced fields of the assignment; what each item was worth tells a later regrade
    which marks changed.
    """
    first = {
        "schema": SCHEMA, "students": students,
        "options": {name: str(value) for name, value in options},
        "points": {item.id: str(item.points) for item in items},
    }  # fmt: skip
    return _dumps(first) + "\n"


def read_header(path: str) -> dict[str, Any]:
    """Return the first line of a file of records; raises UsageError if it is none."""
    try:
        with open(path, encoding="utf-8") as file:
            first = json.loads(file.readline() or "{}")
            if first.get("schema") != SCHEMA:
                raise UsageError(f"`{path}` holds no results of `cnncalc grade`")
            return dict(first)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged"
        raise UsageError(f"cannot read `{path}`: {reason}") from None


def outcome_of(record: Mapping[str, Any]) -> StudentResult:
    """Return the outcome that a line holds; the raw answers come from its marks."""
    person, known, status, days, time, rows = record["student"]
    marks = tuple(_mark_of(fields) for fields in record["marks"])
    answers = {mark.item: mark.raw for mark in marks if mark.raw}
    return StudentResult(
        Person(*person), known, status, answers, marks, days,
        tuple(FileRow(*row) for row in rows), time,
    )  # fmt: skip


def _mark_of(fields: list[Any]) -> Mark:
    item, raw, shown, verdict, credit, reason, notes, slip, follows = fields
    return Mark(
        item, raw, shown, verdict, Fraction(credit), reason, tuple(notes), slip, tuple(follows)
    )


def read_records(path: str) -> Iterator[StudentResult]:
    """Yield the outcomes of a file of records; raises UsageError if it is none."""
    read_header(path)
    try:
        with open(path, encoding="utf-8") as file:
            next(file)
            for line in file:
                yield outcome_of(json.loads(line))
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged"
        raise UsageError(f"cannot read `{path}`: {reason}") from None
