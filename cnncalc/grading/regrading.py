"""Marks stored raw answers again, and tells whose marks changed and why."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from cnncalc.grading.batch import Graders, Report, report_of
from cnncalc.grading.feedback import sentence
from cnncalc.grading.gradebook.cells import cell, line, points
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Item
from cnncalc.grading.outputs import RESULTS
from cnncalc.grading.records import read_header, read_records
from cnncalc.grading.setup import Setup, policy
from cnncalc.grading.student_results import Grader, StudentResult, status_of

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

    Raises UsageError if there are none.
    """
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
    head = read_header(path)
    worth = {name: Fraction(text) for name, text in head.get("points", {}).items()}
    graders = Graders(setup)
    changes: list[ChangedMark] = []
    students = set()
    with graders.outputs(head.get("students", 0)) as outputs:
        for old in read_records(path):
            grader, book = graders.of(old.person.key)
            new = outputs.add(marked_again(grader, old), book)
            students.add(old.person.key)
            before = {mark.item: mark for mark in old.marks}
            changes += changes_of(grader.marker.items, before, new, worth) if new.marks else []
            if progress:
                progress(outputs.students, 0)
        outputs.write("changes.csv", HEADER + "".join(change.row() for change in changes))
        if os.path.abspath(setup.directory) == os.path.abspath(stored):
            outputs.keep(RESULTS, "results.previous.jsonl")
    return report_of(outputs, sum(outputs.counts.values()), students), changes


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
