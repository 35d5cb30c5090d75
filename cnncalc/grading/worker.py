"""The work on a bundle of students: read, mark, and turn into the text of every output.

A bundle goes to a worker and comes back as plain text and counts, so that the process that hands
out the work has nothing to do but to write; any executor of `concurrent.futures` can run it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.feedback import Pages
from cnncalc.grading.files import write_whole
from cnncalc.grading.gradebook.book import Book, Writer, open_book, safe_name
from cnncalc.grading.gradebook.results import single
from cnncalc.grading.gradebook.systems import Canvas, Moodle, Nbgrader
from cnncalc.grading.gradebook.tables import Gradebook, Grades, Submissions
from cnncalc.grading.manifest import Manifest, manifest_of
from cnncalc.grading.model import Assignment
from cnncalc.grading.records import record_line
from cnncalc.grading.scoring import Score
from cnncalc.grading.statistics import Statistics
from cnncalc.grading.student_results import STATUSES, FileRow, Grader, StudentResult, place_of
from cnncalc.grading.submissions.collect import Unit

TABLES: dict[str, type[Writer]] = {
    "grades": Grades, "gradebook": Gradebook, "submissions": Submissions, "canvas": Canvas,
    "moodle": Moodle, "nbgrader": Nbgrader,
}  # fmt: skip
#: Outputs with a file per student: folder and suffix.
SINGLE = {
    "feedback": ("feedback", ""), "gradescope": ("gradescope", ".json"),
    "prairielearn": ("prairielearn", ".json"), "github": ("github", ".b64"),
}  # fmt: skip
OUTPUTS = (*TABLES, *SINGLE)


@dataclass(frozen=True)
class Setup:
    """Everything a worker has to know: texts and options, nothing that is open or computed."""

    name: str
    text: str
    folder: str
    specs: Mapping[str, str]
    outputs: tuple[str, ...]
    directory: str
    level: str = "hint"
    markup: str = "md"
    canvas_id: str = ""
    overrides: tuple[tuple[tuple[str, str], tuple[Fraction, str]], ...] = ()
    changes: tuple[tuple[str, object], ...] = ()
    manifest: bool = False


@dataclass
class Bundle:
    """What comes back: the records, the rows of every table, counts and statistics."""

    students: int
    records: str
    tables: dict[str, str]
    counts: dict[str, int]
    statistics: Statistics


class Worker:
    """Grades units and makes their texts; one lives in every process."""

    def __init__(self, setup: Setup) -> None:
        source = Source(setup.name, setup.text)
        self.setup = setup
        self.manifest: Manifest | None = manifest_of(setup.text) if setup.manifest else None
        if self.manifest is None:
            assignment = read_assignment_text(source, setup.folder, setup.specs)
        else:
            assignment = self.manifest.assignment("")
        self.assignment = changed(assignment, setup.changes)
        self.grader = Grader(self.assignment)
        self.book = self._book(self.assignment)
        self.tables = {name: TABLES[name]() for name in setup.outputs if name in TABLES}
        markups = {"feedback": setup.markup, "gradescope": "md"}
        self.pages = {name: Pages(setup.level, markups.get(name, "text")) for name in SINGLE}
        self._variants: dict[str, tuple[Grader, Book]] = {}

    def _book(self, assignment: Assignment) -> Book:
        setup = self.setup
        overrides = dict(setup.overrides)
        return open_book(assignment, overrides, setup.canvas_id, setup.level, setup.markup)

    def bundle(self, units: Iterable[Unit]) -> Bundle:
        """Return the results of some units, after writing their single files."""
        return self.bundled(self._outcome(unit) for unit in units)

    def _outcome(self, unit: Unit) -> tuple[StudentResult, Book]:
        book = self.book
        try:
            grader, book = self.grader_for(unit.person.key)
            return grader.outcome(unit), book
        except Exception as error:  # one submission, whatever it hits, must not end the batch
            return lost(unit, internal(error)), book

    def grader_for(self, student: str) -> tuple[Grader, Book]:
        """Return what marks a student: of a quiz, their own variant."""
        if self.manifest is None:
            return self.grader, self.book
        if student not in self._variants:
            self._variants.clear()  # every student has a variant of their own
            own = changed(self.manifest.assignment(student), self.setup.changes)
            self._variants[student] = (Grader(own), self._book(own))
        return self._variants[student]

    def bundled(self, outcomes: Iterable[tuple[StudentResult, Book]]) -> Bundle:
        """Return the results of outcomes, new ones or such as were stored."""
        records: list[str] = []
        tables: dict[str, list[str]] = {name: [] for name in self.tables}
        counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
        statistics = Statistics(len(self.assignment.items), self.manifest is not None)
        for marked, book in outcomes:
            outcome = marked
            try:
                points, record, rows = self._texts(outcome, book)
            except Exception as error:  # nor must one of which nothing can be written
                outcome = spoilt(marked, internal(error))
                points, record, rows = self._texts(outcome, book)
            records.append(record)
            for name, text in rows.items():
                tables[name].append(text)
            for row in outcome.rows:
                counts[row.status] += 1
            statistics.add(outcome, points)
            for name in self.setup.outputs:
                if name in SINGLE and (outcome.marks or outcome.known):
                    self._single(name, book, outcome, points)
        statistics.settle()
        joined = {name: "".join(rows) for name, rows in tables.items()}
        return Bundle(len(records), "".join(records), joined, counts, statistics)

    def _texts(self, outcome: StudentResult, book: Book) -> tuple[Score, str, dict[str, str]]:
        """Return the points of a student, their record, and their rows of every table."""
        points = book.scorer.score(outcome)
        rows = {name: one.rows(book, outcome, points) for name, one in self.tables.items()}
        return points, record_line(outcome), rows

    def _single(self, name: str, book: Book, outcome: StudentResult, points: Score) -> None:
        folder, suffix = SINGLE[name]
        text = single(name, book, outcome, points, self.pages[name])
        name = safe_name(outcome.person.key) + (suffix or f".{self.setup.markup}")
        write_whole(os.path.join(self.setup.directory, folder, name), text)


def internal(error: Exception) -> str:
    """Return what is said of a fault of the program itself."""
    return f"internal error ({type(error).__name__}: {error}), please report it"


def spoilt(outcome: StudentResult, reason: str) -> StudentResult:
    """Return an outcome without its marks, because nothing could be written about them."""
    rows = tuple(
        FileRow(row.file, "unreadable", reason) if row.status == outcome.status else row
        for row in outcome.rows
    )
    return replace(outcome, status="unreadable", answers={}, marks=(), rows=rows)


def lost(unit: Unit, reason: str) -> StudentResult:
    """Return the outcome of a student whose submission ended the work on it."""
    rows = tuple(FileRow(place_of(found), "unreadable", reason) for found in unit.files)
    rows = rows or (FileRow("", "missing"),)
    return StudentResult(unit.person, unit.known, rows[0].status, {}, (), 0, rows)


def changed(assignment: Assignment, changes: Sequence[tuple[str, object]]) -> Assignment:
    """Return an assignment with what the command line says over and above the file."""
    return replace(assignment, **dict(changes)) if changes else assignment  # type: ignore[arg-type]  # names of its fields


_WORKERS: dict[int, tuple[Setup, Worker]] = {}


def worker_of(setup: Setup) -> Worker:
    """Return this process's worker for a setup; made once, for one setup at a time."""
    known = _WORKERS.get(0)
    if known is None or known[0] != setup:
        known = _WORKERS[0] = (setup, Worker(setup))
    return known[1]


def grade_bundle(setup: Setup, units: Sequence[Unit]) -> Bundle:
    """Grade some units: the task that is handed to an executor."""
    return worker_of(setup).bundle(units)


def restored_bundle(setup: Setup, outcomes: Sequence[StudentResult]) -> Bundle:
    """Return the bundle of outcomes that were stored, made anew with all its files."""
    worker = worker_of(setup)
    return worker.bundled(
        (outcome, worker.grader_for(outcome.person.key)[1]) for outcome in outcomes
    )
