"""Grades a class: one student after another, each by their own assignment."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.gradebook.book import Book, open_book
from cnncalc.grading.manifest import Manifest, manifest_of
from cnncalc.grading.model import Assignment
from cnncalc.grading.outputs import Outputs, internal
from cnncalc.grading.records import header
from cnncalc.grading.setup import Setup, changed
from cnncalc.grading.statistics import suspects
from cnncalc.grading.student_results import FileRow, Grader, StudentResult, place_of
from cnncalc.grading.submissions.collect import StudentFiles

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Report:
    """What a run did: rows by status, what wants a human by kind, and which pages are of others.

    `suspects` are items to look at, each with the reason; `replaced` whether other marks set by
    hand were kept as `overrides.previous.csv`.
    `expected` is how many rows there must be: one per file and per missing student.
    """

    students: int
    counts: dict[str, int]
    expected: int
    review: dict[str, int]
    leftovers: list[tuple[str, list[str]]]
    suspects: list[tuple[str, str]]
    directory: str
    outputs: tuple[str, ...]
    replaced: bool = False

    @property
    def rows(self) -> int:
        """Rows of `submissions.csv`."""
        return sum(self.counts.values())

    @property
    def failed(self) -> bool:
        """Whether rows are missing, or the program itself hit a fault."""
        return self.rows != self.expected or "internal error" in self.review


class Graders:
    """What marks each student: the same for all, or of a quiz their own variant."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.manifest: Manifest | None = manifest_of(setup.text) if setup.manifest else None
        if self.manifest is None:
            source = Source(setup.name, setup.text)
            assignment = read_assignment_text(source, setup.folder, setup.specs)
        else:
            assignment = self.manifest.assignment("")
        self.assignment, self.grader, self.book = self._opened(assignment)
        self._last: tuple[str, Grader, Book] | None = None

    def _opened(self, assignment: Assignment) -> tuple[Assignment, Grader, Book]:
        setup = self.setup
        own = changed(assignment, setup.changes)
        overrides = dict(setup.overrides)
        book = open_book(own, overrides, setup.canvas_id, setup.level, setup.markup)
        return own, Grader(own), book

    def of(self, student: str) -> tuple[Grader, Book]:
        """Return what marks a student, and by which book points are counted."""
        if self.manifest is None:
            return self.grader, self.book
        if self._last is None or self._last[0] != student:
            _, grader, book = self._opened(self.manifest.assignment(student))
            self._last = student, grader, book
        return self._last[1:]

    def outputs(self, students: int) -> Outputs:
        """Return the files of a run."""
        setup = self.setup
        first = header(students, setup.changes, self.assignment.items)
        varied = self.manifest is not None
        return Outputs(setup.directory, setup.outputs, self.book, first, varied)


def run_batch(setup: Setup, units: list[StudentFiles], progress: Progress | None = None) -> Report:
    """Grade all units and write every output into `setup.directory`.

    `units` is emptied on the way: of a large class nothing is held that is done.
    """
    graders, count = Graders(setup), len(units)
    expected = sum(max(1, len(unit.files)) for unit in units)
    students = {unit.person.key for unit in units}
    units.reverse()
    with graders.outputs(count) as outputs:
        while units:
            outputs.add(*_graded(graders, units.pop()))
            if progress:
                progress(count - len(units), count)
    return report_of(outputs, expected, students)


def report_of(outputs: Outputs, expected: int, students: set[str]) -> Report:
    """Return what became of a run whose files are written."""
    return Report(
        outputs.students, dict(outputs.counts), expected, dict(outputs.review.counts),
        outputs.leftovers(students),
        suspects(os.path.join(outputs.directory, "statistics.csv")), outputs.directory,
        outputs.names,
    )  # fmt: skip


def _graded(graders: Graders, unit: StudentFiles) -> tuple[StudentResult, Book]:
    book = graders.book
    try:
        grader, book = graders.of(unit.person.key)
        return grader.outcome(unit), book
    except Exception as error:  # one submission, whatever it hits, must not end the batch
        return lost(unit, internal(error)), book


def lost(unit: StudentFiles, reason: str) -> StudentResult:
    """Return the result of a student whose submission ended the work on it."""
    rows = tuple(FileRow(place_of(found), "unreadable", reason) for found in unit.files)
    rows = rows or (FileRow("", "missing"),)
    return StudentResult(unit.person, unit.known, rows[0].status, {}, (), 0, rows)
