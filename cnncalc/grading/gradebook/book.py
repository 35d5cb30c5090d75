"""What every writer is given: the assignment, the marks set by hand, and names for the outside."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from cnncalc.grading.model import Assignment
from cnncalc.grading.outcome import Outcome
from cnncalc.grading.scoring import Overrides, Score, Scorer

_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]+")


@dataclass(frozen=True, slots=True)
class Book:
    """An assignment with what a person set by hand; `canvas_id` is its number in Canvas."""

    assignment: Assignment
    overrides: Overrides
    scorer: Scorer
    canvas_id: str = ""
    level: str = "hint"
    markup: str = "md"


def open_book(
    assignment: Assignment,
    overrides: Overrides,
    canvas_id: str = "",
    level: str = "hint",
    markup: str = "md",
) -> Book:
    """Return the book of an assignment."""
    return Book(assignment, overrides, Scorer(assignment, overrides), canvas_id, level, markup)


class Writer(Protocol):
    """One CSV file: its name, its header, and the rows of one student."""

    file: str

    def header(self, book: Book) -> str:
        """Return everything above the first student."""

    def rows(self, book: Book, outcome: Outcome, score: Score) -> str:
        """Return the rows of one student; '' for none."""


def safe_name(key: str) -> str:
    """Return a file name for a student; two different keys never share one."""
    name = _UNSAFE.sub("_", key).strip(".")[:80]
    if name == key and name.lower() == name:
        return name
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{name or 'student'}-{digest}"
