"""What became of one student, and the line of JSON from which everything can be made again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any, Literal, NamedTuple, get_args

from cnncalc.diagnostics import UsageError
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Item
from cnncalc.grading.submissions.roster import Person

Status = Literal[
    "graded", "partial", "late", "unreadable", "missing", "duplicate", "unknown student"
]
STATUSES: tuple[Status, ...] = get_args(Status)
FILE = "results.jsonl"
SCHEMA = "cnncalc.grades/1"
#: How many of the things that many students share are remembered.
MOST = 1_000
_person = attrgetter("key", "name", "email", "login", "canvas", "sis", "section", "first", "last")
_fields = attrgetter(
    "item", "raw", "shown", "verdict", "credit", "reason", "notes", "slip", "follows"
)
#: A share of points is written as a text such as `1/2`.
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


class FileRow(NamedTuple):
    """One file, or one missing student: the row that accounts for it."""

    file: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StudentResult:
    """Everything about one student that is kept; without `marks` nothing could be marked.

    `marks` are in the order of the items. `days` is how many days late, begun days counted, 0 if
    in time. `rows` account for every file; `known` is False for who is not on the roster.
    """

    person: Person
    known: bool
    status: Status
    marks: Sequence[Mark]
    days: int
    rows: tuple[FileRow, ...]
    time: str = ""

    @property
    def answers(self) -> dict[str, str]:
        """The answers as they were typed."""
        return {mark.item: mark.raw for mark in self.marks if mark.raw}


def record_line(result: StudentResult) -> str:
    """Return a result as a line of JSON."""
    person = list(_person(result.person))
    while person and not person[-1]:
        person.pop()
    head = [person, result.known, result.status, result.days, result.time, result.rows]
    return f'{{"student":{_dumps(head)},"marks":[{",".join(map(_mark, result.marks))}]}}\n'


@lru_cache(MOST)
def _mark(mark: Mark) -> str:
    return _dumps(_fields(mark))


def header(students: int, options: Mapping[str, str], items: Iterable[Item]) -> str:
    """Return the first line of the records; by what items were worth a regrade sees changes."""
    points = {item.id: item.points for item in items}
    first = {"schema": SCHEMA, "students": students, "options": options, "points": points}
    return _dumps(first) + "\n"


def read_header(folder: str) -> dict[str, Any]:
    """Return the first line of the records in a folder; raises UsageError if it has none."""
    first: dict[str, Any] = next(_stored(folder))
    return first


def read_records(folder: str) -> Iterator[StudentResult]:
    """Yield the results that a folder holds; raises UsageError if it has none."""
    return islice(_stored(folder), 1, None)


def _stored(folder: str) -> Iterator[Any]:
    try:
        with open(os.path.join(folder, FILE), encoding="utf-8") as file:
            first = json.loads(file.readline())
            if first["schema"] != SCHEMA:
                raise FileNotFoundError
            if first["options"].get("grace", "").isdecimal():
                first["options"]["grace"] += "s"  # as earlier versions wrote it
            yield first
            yield from map(_result, map(json.loads, file))
    except FileNotFoundError:
        help = "give the folder that it wrote: `grades`, or what `-o` named"
        raise UsageError(f"`{folder}` holds no results of `cnncalc grade`", help) from None
    except (OSError, ValueError, ArithmeticError, LookupError, AttributeError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged"
        raise UsageError(f"cannot read `{os.path.join(folder, FILE)}`: {reason}") from None


def _result(record: Mapping[str, Any]) -> StudentResult:
    person, known, status, days, time, rows = record["student"]
    marks = tuple([
        Mark(
            item, raw, shown, verdict, Fraction(credit), reason, tuple(notes), slip, tuple(follows)
        )
        for item, raw, shown, verdict, credit, reason, notes, slip, follows in record["marks"]
    ])  # fmt: skip
    files = tuple(FileRow(*row) for row in rows)
    return StudentResult(Person(*person), known, status, marks, days, files, time)
