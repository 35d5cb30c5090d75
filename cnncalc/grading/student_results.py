"""What became of one student, and the line of JSON from which everything can be made again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, get_args

from cnncalc.diagnostics import UsageError
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.memory import by_identity
from cnncalc.grading.model import Item
from cnncalc.grading.submissions.roster import Person

Status = Literal[
    "graded", "partial", "late", "unreadable", "missing", "duplicate", "unknown student"
]
STATUSES: tuple[Status, ...] = get_args(Status)
SCHEMA = "cnncalc.grades/1"
_PERSON = ("key", "name", "email", "login", "canvas", "sis", "section", "first", "last")
_MARK = ("item", "raw", "shown", "verdict", "credit", "reason", "notes", "slip", "follows")
#: A share of points is written as a text such as `1/2`.
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file, or one missing student: the row that accounts for it."""

    file: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StudentResult:
    """Everything about one student that is kept: `answers` as typed, `marks` in item order.

    `days` is how many days late, begun days counted, 0 if in time. `rows` account for every file.
    """

    person: Person
    known: bool
    status: Status
    answers: Mapping[str, str]
    marks: Sequence[Mark]
    days: int
    rows: tuple[FileRow, ...]
    time: str = ""


def record_line(result: StudentResult) -> str:
    """Return a result as a line of JSON."""
    person = [getattr(result.person, name) for name in _PERSON]
    while person and not person[-1]:
        person.pop()
    rows = [[row.file, row.status, row.detail] for row in result.rows]
    head = _dumps([person, result.known, result.status, result.days, result.time, rows])
    return f'{{"student":{head},"marks":[{",".join(map(_mark, result.marks))}]}}\n'


@by_identity
def _mark(mark: Mark) -> str:
    return _dumps([getattr(mark, name) for name in _MARK])


def header(students: int, options: Mapping[str, object], items: Iterable[Item]) -> str:
    """Return the first line of a file of records.

    `options` replaced fields of the assignment; what each item was worth tells a later regrade
    which marks changed.
    """
    first = {
        "schema": SCHEMA, "students": students,
        "options": {name: str(value) for name, value in options.items()},
        "points": {item.id: str(item.points) for item in items},
    }  # fmt: skip
    return _dumps(first) + "\n"


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Turn what is wrong with a file of records into a UsageError."""
    try:
        yield
    except FileNotFoundError:
        folder = os.path.dirname(path) or "."
        raise UsageError(
            f"`{folder}` holds no results of `cnncalc grade`",
            "give the folder that it wrote: `grades`, or what `-o` named",
        ) from None
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged"
        raise UsageError(f"cannot read `{path}`: {reason}") from None


def read_header(path: str) -> dict[str, Any]:
    """Return the first line of a file of records; raises UsageError if it is none."""
    with _reading(path), open(path, encoding="utf-8") as file:
        first: dict[str, Any] = json.loads(file.readline() or "{}")
        if first.get("schema") != SCHEMA:
            raise UsageError(f"`{path}` holds no results of `cnncalc grade`")
        return first


def read_records(path: str) -> Iterator[StudentResult]:
    """Yield the results of a file of records; raises UsageError if it is none."""
    read_header(path)
    with _reading(path), open(path, encoding="utf-8") as file:
        next(file)
        for line in file:
            yield _result(json.loads(line))


def _result(record: Mapping[str, Any]) -> StudentResult:
    """Return the result that a line holds; the raw answers come from its marks."""
    person, known, status, days, time, rows = record["student"]
    marks = tuple(
        Mark(
            item, raw, shown, verdict, Fraction(credit), reason, tuple(notes), slip, tuple(follows)
        )
        for item, raw, shown, verdict, credit, reason, notes, slip, follows in record["marks"]
    )
    answers = {mark.item: mark.raw for mark in marks if mark.raw}
    files = tuple(FileRow(*row) for row in rows)
    return StudentResult(Person(*person), known, status, answers, marks, days, files, time)
