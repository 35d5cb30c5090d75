"""Marks a class, one student after another, and stored answers again; writes all outputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from cnncalc.diagnostics import UsageError
from cnncalc.grading.feedback import sentence
from cnncalc.grading.files import csv_line
from cnncalc.grading.grader import Grader, lost, status_of
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Assignment, Item, show_points
from cnncalc.grading.outputs import NAMES, RESULTS, Outputs, internal
from cnncalc.grading.scoring import Book, check_students, keep_overrides, overrides_of
from cnncalc.grading.statistics import suspects
from cnncalc.grading.student_results import StudentResult, header, read_header, read_records
from cnncalc.grading.submissions.roster import StudentFiles
from cnncalc.grading.work import Work, policy

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
    replaced: bool

    @property
    def rows(self) -> int:
        """Rows of `submissions.csv`."""
        return sum(self.counts.values())

    @property
    def failed(self) -> bool:
        """Whether rows are missing, or the program itself hit a fault."""
        return self.rows != self.expected or "internal error" in self.review


class ClassRun:
    """One run; `outputs` are names divided by commas, `directory` is where they are written.

    `overrides` is a file of marks set by hand, by default `overrides.csv` in the folder `beside`
    or else among the outputs.
    Raises UsageError for an output that there is not, and for what is no number of Canvas's.
    """

    def __init__(
        self,
        work: Work,
        directory: str,
        outputs: str,
        overrides: str | None = None,
        level: str = "hint",
        markup: str = "md",
        canvas_id: str = "",
        beside: str = "",
    ) -> None:
        if canvas_id and not canvas_id.isdecimal():
            help = (
                "it stands at the end of the assignment's address in Canvas: .../assignments/4711"
            )
            raise UsageError(f"`{canvas_id}` is not an assignment's number", help)
        names = tuple(dict.fromkeys(name.strip() for name in outputs.split(",") if name.strip()))
        self.names = names if "submissions" in names else ("submissions", *names)
        for name in self.names:
            if name not in NAMES:
                raise UsageError(f"there is no output `{name}`", "one of " + ", ".join(NAMES))
        self.work = work
        self.directory = directory
        self._place = overrides or os.path.join(beside or directory, "overrides.csv")
        self._by_hand = overrides_of(self._place, bool(overrides), work.assignment)
        self._options = self._by_hand, canvas_id, level, markup
        grader, self.book = self._marking(work.assignment)
        self._last = "", grader, self.book

    def _marking(self, assignment: Assignment) -> tuple[Grader, Book]:
        return Grader(assignment), Book(assignment, *self._options)

    def marking(self, student: str) -> tuple[Grader, Book]:
        """Return what marks a student, and by which book points are counted."""
        if self.work.manifest is not None and self._last[0] != student:
            self._last = student, *self._marking(self.work.variant(student))
        return self._last[1:]

    def outputs(self) -> Outputs:
        """Return the files of a run."""
        return Outputs(self.directory, self.names, self.book, self.work.manifest is not None)

    def _begun(self, count: int, students: set[str]) -> tuple[str, bool]:
        """Keep the marks set by hand; returns the records' first line, and if others were there."""
        if self._by_hand:
            check_students(self._by_hand, students, self._place)
        replaced = keep_overrides(self._by_hand, self.directory)
        return header(count, self.work.changes, self.work.assignment.items), replaced

    def grade(self, units: list[StudentFiles], progress: Progress | None = None) -> Report:
        """Grade all units and write every output.

        `units` is emptied on the way: of a large class nothing is held that is done.
        """
        count = len(units)
        expected = sum(max(1, len(unit.files)) for unit in units)
        students = {unit.person.key for unit in units}
        units.reverse()
        first, replaced = self._begun(count, students)
        outputs = self.outputs()
        with outputs.writing(first):
            while units:
                outputs.add(*self._graded(units.pop()))
                if progress:
                    progress(count - len(units), count)
        return _report(outputs, expected, students, replaced)

    def _graded(self, unit: StudentFiles) -> tuple[StudentResult, Book]:
        book = self.book
        try:
            grader, book = self.marking(unit.person.key)
            return grader.outcome(unit), book
        except Exception as error:  # one submission, whatever it hits, must not end the batch
            return lost(unit, internal(error)), book

    def regrade(self, stored: str) -> tuple[Report, list[ChangedMark]]:
        """Mark the raw answers in the folder `stored` again and write all outputs anew.

        The old records stay as `results.previous.jsonl`. Raises UsageError if there are none.
        """
        path = os.path.join(stored, RESULTS)
        head = read_header(path)
        worth = {name: Fraction(text) for name, text in head.get("points", {}).items()}
        changes: list[ChangedMark] = []
        # Whom marks are set for is checked before anything is written.
        known = read_records(path) if self._by_hand else ()
        students = {old.person.key for old in known}
        first, replaced = self._begun(head.get("students", 0), students)
        outputs = self.outputs()
        with outputs.writing(first):
            for old in read_records(path):
                students.add(old.person.key)
                grader, book = self.marking(old.person.key)
                new = outputs.add(_marked_again(grader, old), book)
                changes += _changes(book.assignment.items, old, new, worth)
            outputs.write("changes.csv", HEADER + "".join(change.row() for change in changes))
            if os.path.abspath(self.directory) == os.path.abspath(stored):
                outputs.keep(RESULTS, "results.previous.jsonl")
        return _report(outputs, sum(outputs.counts.values()), students, replaced), changes


def _report(outputs: Outputs, expected: int, students: set[str], replaced: bool) -> Report:
    """Return what became of a run whose files are written."""
    return Report(
        outputs.students, dict(outputs.counts), expected, dict(outputs.review.counts),
        outputs.leftovers(students),
        suspects(os.path.join(outputs.directory, "statistics.csv")), outputs.directory,
        outputs.names, replaced,
    )  # fmt: skip


def stored_policy(folder: str) -> dict[str, object]:
    """Return what options replaced in the run whose results a folder holds; raises UsageError."""
    stored = read_header(os.path.join(folder, RESULTS)).get("options", {})
    if "grace" in stored:
        stored["grace"] += "s"
    return policy(**stored)


HEADER = "student,question,points_before,points_now,reason_before,reason_now,answer,why\n"


@dataclass(frozen=True, slots=True)
class ChangedMark:
    """A mark that is another now; points are before overrides and penalties.

    `worth` is what the item was worth before.
    """

    student: str
    item: Item
    before: Mark | None
    now: Mark
    worth: Fraction

    def _told(self) -> tuple[str, str, str, str]:
        """Return points and reasons, before and now; '' for points that there were not."""
        before = show_points(self.before.credit * self.worth) if self.before else ""
        now = show_points(self.now.credit * self.item.points)
        reason = (self.before.slip or self.before.reason) if self.before else "not asked"
        return before, now, reason, self.now.slip or self.now.reason

    def row(self) -> str:
        """Return the change as a line of CSV."""
        why = sentence(self.now)
        return csv_line(self.student, self.item.id, *self._told(), self.now.raw, why)

    def sentence(self) -> str:
        """Return the change in words: whose, which, from what to what, why."""
        before, now, was, reason = self._told()
        change = f"{before or 'nothing'} → {now} ({was} → {reason}: {self.now.raw!r})"
        return f"{self.student} {self.item.id}: {change}"


def _changes(
    items: tuple[Item, ...], old: StudentResult, new: StudentResult, worth: Mapping[str, Fraction]
) -> list[ChangedMark]:
    """Return the items whose points or verdict are others now."""
    before = {mark.item: mark for mark in old.marks}
    changed = []
    for item, mark in zip(items, new.marks, strict=False):  # without answers there are no marks
        was, points = before.get(item.id), worth.get(item.id, item.points)
        same = was is not None and was.credit * points == mark.credit * item.points
        if was is None or not same or was.verdict != mark.verdict:
            changed.append(ChangedMark(new.person.key, item, was, mark, points))
    return changed


def _marked_again(grader: Grader, old: StudentResult) -> StudentResult:
    """Return a result with new marks of its stored answers; one without answers stays."""
    if not old.marks:
        return old
    marks = grader.marker.mark(old.answers)
    status = status_of(old.known, old.days, marks)
    rows = tuple(
        replace(row, status=status) if row.status == old.status else row for row in old.rows
    )
    return replace(old, status=status, marks=marks, rows=rows)
