"""What every writer is given: the assignment, the marks set by hand, and names for the outside."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from cnncalc.grading.model import Assignment
from cnncalc.grading.scoring import Overrides, Score, Scorer
from cnncalc.grading.student_results import StudentResult

_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]+")
#: Names that Windows keeps for devices, whatever stands behind a point.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


@dataclass(frozen=True, slots=True)
class Book:
    """An assignment with what a person set by hand; `canvas_id` is its number in Canvas."""

    assignment: Assignment
    overrides: Overrides
    scorer: Scorer
    canvas_id: str = ""
    level: str = "hint"
    markup: str = "md"

    def by_hand(self, outcome: StudentResult, score: Score) -> Mapping[str, tuple[Fraction, str]]:
        """Return the points and notes that a person set for a student, by question or item."""
        return {name: self.overrides[outcome.person.key, name] for name in score.notes}


def open_book(
    assignment: Assignment,
    overrides: Overrides,
    canvas_id: str = "",
    level: str = "hint",
    markup: str = "md",
) -> Book:
    """Return the book of an assignment."""
    return Book(assignment, overrides, Scorer(assignment, overrides), canvas_id, level, markup)


class GradebookWriter(Protocol):
    """One CSV file: its name, its header, and the rows of one student."""

    file: str

    def header(self, book: Book) -> str:
        """Return everything above the first student."""

    def rows(self, book: Book, outcome: StudentResult, score: Score) -> str:
        """Return the rows of one student; '' for none."""


def safe_name(key: str) -> str:
    """Return a file name for a student; two different keys never share one."""
    name = _UNSAFE.sub("_", key).strip(".")[:80]
    if name == key and name.lower() == name and not _DEVICES.match(name):
        return name
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{name or 'student'}-{digest}"
