"""Marks stored raw answers again, and tells whose marks changed and why."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction

from cnncalc.diagnostics import UsageError
from cnncalc.grading.batch import PLAN, RESULTS, Report, make_folders
from cnncalc.grading.feedback import sentence
from cnncalc.grading.files import Pending, write_whole
from cnncalc.grading.gradebook.cells import cell, line, points
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Item
from cnncalc.grading.records import header, read_header, read_records
from cnncalc.grading.setup import policy
from cnncalc.grading.statistics import Statistics
from cnncalc.grading.student_results import Grader, StudentResult, status_of
from cnncalc.grading.worker import Bundle, Setup, Worker, worker_of

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

    @property
    def points_before(self) -> str:
        """Return the points of the earlier mark, '' if there was none."""
        return points(self.before.credit * self.worth) if self.before else ""

    def row(self) -> str:
        """Return the change as a line of CSV."""
        return line((
            cell(self.student), cell(self.item.id), self.points_before,
            points(self.now.credit * self.item.points),
            cell(_reason(self.before)), cell(_reason(self.now)), cell(self.now.raw),
            cell(sentence(self.now)),
        ))  # fmt: skip

    def sentence(self) -> str:
        """Return the change in words: whose, which, from what to what, why."""
        before = self.points_before or "nothing"
        now = points(self.now.credit * self.item.points)
        reasons = f"{_reason(self.before)} → {_reason(self.now)}"
        return f"{self.student} {self.item.id}: {before} → {now} ({reasons}: {self.now.raw!r})"


def _reason(mark: Mark | None) -> str:
    return "not asked" if mark is None else mark.slip or mark.reason


def stored_policy(stored: str) -> dict[str, object]:
    """Return what the options of the run said that made the results in a folder.

    Raises UsageError if there are none, or if that run was interrupted.
    """
    if os.path.exists(os.path.join(stored, PLAN)):
        help = "finish it with `cnncalc grade … --resume`"
        raise UsageError(f"the batch in `{stored}` was interrupted", help)
    options = read_header(os.path.join(stored, RESULTS)).get("options", {})
    grace = options.get("grace")
    return policy(
        options.get("attempts"), options.get("deadline"), grace and f"{grace}s",
        options.get("late_penalty"),
    )  # fmt: skip


def students_of(stored: str) -> set[str]:
    """Return the students of the results in a folder."""
    return {outcome.person.key for outcome in read_records(os.path.join(stored, RESULTS))}


def regrade(
    setup: Setup, stored: str, progress: Callable[[int, int], None] | None = None
) -> tuple[Report, list[ChangedMark]]:
    """Mark the raw answers in the folder `stored` again and write all outputs anew.

    The old records stay as `results.previous.jsonl`. Raises UsageError if there are none.
    """
    path = os.path.join(stored, RESULTS)
    stored_policy(stored)
    make_folders(setup)
    worker = worker_of(setup)
    changes: list[ChangedMark] = []
    report = Report()
    statistics = Statistics(len(worker.assignment.items))
    with ExitStack() as stack:
        files = {}
        for name, writer in worker.tables.items():
            files[name] = stack.enter_context(Pending(os.path.join(setup.directory, writer.file)))
            files[name].write(writer.header(worker.book))
        results = stack.enter_context(Pending(os.path.join(setup.directory, RESULTS + ".new")))
        results.write(header("regraded", 0, setup.changes, worker.assignment.items))
        for bundle, found in _bundles(worker, path):
            results.write(bundle.records)
            for name, rows in bundle.tables.items():
                files[name].write(rows)
            for status, count in bundle.counts.items():
                report.counts[status] += count
            report.students += bundle.students
            statistics.merge(bundle.statistics)
            changes += found
            if progress:
                progress(report.students, 0)
    report.expected = report.rows
    if os.path.abspath(setup.directory) == os.path.abspath(stored):
        os.replace(path, os.path.join(stored, "results.previous.jsonl"))
    os.replace(
        os.path.join(setup.directory, RESULTS + ".new"), os.path.join(setup.directory, RESULTS)
    )
    write_whole(os.path.join(setup.directory, "statistics.csv"), statistics.csv(worker.assignment))
    rows = HEADER + "".join(change.row() for change in changes)
    write_whole(os.path.join(setup.directory, "changes.csv"), rows)
    return report, changes


def _bundles(worker: Worker, path: str) -> Iterator[tuple[Bundle, list[ChangedMark]]]:
    worth = {name: Fraction(text) for name, text in read_header(path).get("points", {}).items()}
    for outcome in read_records(path):
        grader, book = worker.grader_for(outcome.person.key)
        new = marked_again(grader, outcome)
        before = {mark.item: mark for mark in outcome.marks}
        found = changes_of(grader.marker.items, before, new, worth) if new.marks else []
        yield worker.bundled([(new, book)]), found


def changes_of(
    items: tuple[Item, ...],
    before: Mapping[str, Mark],
    outcome: StudentResult,
    worth: Mapping[str, Fraction],
) -> list[ChangedMark]:
    """Return the items whose points or verdict are others now."""
    changed = []
    for item, mark in zip(items, outcome.marks, strict=True):
        old, was = before.get(item.id), worth.get(item.id, item.points)
        same = old is not None and old.credit * was == mark.credit * item.points
        if old is None or not same or old.verdict != mark.verdict:
            changed.append(ChangedMark(outcome.person.key, item, old, mark, was))
    return changed


def marked_again(grader: Grader, outcome: StudentResult) -> StudentResult:
    """Return an outcome with new marks of its stored answers; one without answers stays."""
    if not outcome.marks:
        return outcome
    marks = grader.marker.mark(outcome.answers)
    status = status_of(outcome.known, outcome.days, marks)
    rows = tuple(
        replace(row, status=status) if row.status == outcome.status else row for row in outcome.rows
    )
    return replace(outcome, status=status, marks=marks, rows=rows)
