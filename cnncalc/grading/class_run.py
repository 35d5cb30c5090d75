"""Marks a class, one student after another, or stored answers again; writes all outputs.

Nothing depends on the clock: the same submissions give the same bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import IO, NamedTuple

from cnncalc.diagnostics import UsageError
from cnncalc.grading import gradebook, points, results
from cnncalc.grading.feedback import LEVELS, Pages, sentence
from cnncalc.grading.files import NewFiles, csv_line
from cnncalc.grading.grader import Grader, place_of, status_of, unmarked
from cnncalc.grading.markup import MARKUPS
from cnncalc.grading.model import Assignment, show_points
from cnncalc.grading.points import Account, Book
from cnncalc.grading.result_files import PAGES
from cnncalc.grading.results import FileRow, StudentResult
from cnncalc.grading.statistics import REVIEW_HEADER, Review, Statistics
from cnncalc.grading.submissions.roster import StudentFiles
from cnncalc.grading.work import Work, listed

NAMES = (*gradebook.NAMES, *PAGES)
OVERRIDES = "overrides.csv"


@dataclass
class Report:
    """What a run did: rows by status, and what wants a human by kind.

    `expected` is how many rows there must be: one per file and per missing student. `leftovers` are
    folders that hold files of earlier runs, `suspects` items to look at, each with the reason;
    `by_hand` is how many marks a person set, `replaced` whether others were kept as
    `overrides.previous.csv`.
    """

    directory: str
    outputs: tuple[str, ...]
    students: int = 0
    expected: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    review: Counter[str] = field(default_factory=Counter)
    leftovers: list[tuple[str, list[str]]] = field(default_factory=list)
    suspects: list[tuple[str, str]] = field(default_factory=list)
    by_hand: int = 0
    replaced: bool = False

    @property
    def rows(self) -> int:
        """Rows of `submissions.csv`."""
        return sum(self.counts.values())

    @property
    def failed(self) -> bool:
        """Whether rows are missing, or the program itself hit a fault."""
        return self.rows != self.expected or "internal error" in self.review


class ChangedMark(NamedTuple):
    """A mark that is another now; points are before overrides and penalties, '' for none."""

    student: str
    question: str
    points_before: str
    points_now: str
    reason_before: str
    reason_now: str
    answer: str
    why: str

    def sentence(self) -> str:
        """Return the change in words: whose, which, from what to what, why."""
        points = f"{self.points_before or 'nothing'} → {self.points_now}"
        why = f"{self.reason_before} → {self.reason_now}: {self.answer!r}"
        return f"{self.student} {self.question}: {points} ({why})"


class ClassRun:
    """One run, which writes `outputs` (names divided by commas) to a folder.

    `overrides` is a file of marks set by hand, by default `overrides.csv` in the folder `beside`
    or else among the outputs. Raises UsageError for an output that there is not, and for what is
    no number of Canvas's.
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
            help = "it ends the assignment's address in Canvas: .../assignments/4711"
            raise UsageError(f"`{canvas_id}` is not an assignment's number", help)
        for word, known, what in (level, LEVELS, "level of feedback"), (markup, MARKUPS, "markup"):
            listed(word, known, what)
        names = listed(outputs, NAMES, "output")
        names = names if "submissions" in names else ("submissions", *names)
        self.work, self.report = work, Report(directory, names)
        self._place = overrides or os.path.join(beside or directory, OVERRIDES)
        given = overrides or os.path.exists(self._place)
        self._by_hand = points.read_overrides(self._place) if given else {}
        self.report.by_hand = sum(map(len, self._by_hand.values()))
        self._marking = Grader(work.assignment), Book(work.assignment, self._by_hand)
        tables = gradebook.tables(work.assignment, canvas_id)
        self._tables = {f"{name}.csv": tables[name] for name in names if name in tables}
        self._pages = {
            name: Pages(level, PAGES[name].markup or markup) for name in names if name in PAGES
        }
        varied = work.manifest is not None
        self._statistics = Statistics(work.assignment, varied)
        self._review = Review(self.report.review, varied)
        self._new = NewFiles(directory, last=results.FILE)
        self._files: dict[str, IO[str]] = {}

    def _marking_for(self, student: str) -> tuple[Grader, Book]:
        """Return what marks a student, and by which book points are counted."""
        if self.work.manifest is not None:
            assignment = self.work.variant(student)
            return Grader(assignment), Book(assignment, self._by_hand)
        return self._marking

    def grade(
        self, units: list[StudentFiles], progress: Callable[[int, int], None] | None = None
    ) -> Report:
        """Grade all units and write every output.

        `units` is emptied on the way: of a large class nothing is held that is done.
        """
        count = len(units)
        self.report.expected = sum(max(1, len(unit.files)) for unit in units)
        with self._writing(count, {unit.person.key for unit in units}):
            units.reverse()
            while units:
                self._add(*self._graded(units.pop()))
                if progress:
                    progress(self.report.students, count)
        return self.report

    def _graded(self, unit: StudentFiles) -> tuple[StudentResult, Book]:
        book = self._marking[1]
        who, manifest = unit.person.key, self.work.manifest
        try:
            if manifest is None or who in manifest.draws:
                grader, book = self._marking_for(who)
                return grader.outcome(unit), book
            reason = f"the quiz has no variant for `{who}`: name the student as the sheet does"
        except Exception as error:  # one submission, whatever it hits, must not end the batch
            reason = _internal(error)
        rows = [FileRow(place_of(found), "unreadable", reason) for found in unit.files]
        return unmarked(unit, rows), book

    def regrade(self, stored: str) -> tuple[Report, list[ChangedMark]]:
        """Mark the raw answers in the folder `stored` again and write all outputs anew.

        The old records stay as `results.previous.jsonl`. Raises UsageError if there are none.
        """
        head = results.read_header(stored)
        changes: list[ChangedMark] = []
        old_ones = results.read_records(stored) if self._by_hand else ()
        with self._writing(head.get("students", 0), {old.person.key for old in old_ones}):
            for old in results.read_records(stored):
                grader, book = self._marking_for(old.person.key)
                new = self._add(_marked_again(grader, old), book)
                changes += _changes(book.assignment, old, new, head.get("points", {}))
            rows = [csv_line(*row) for row in (ChangedMark._fields, *changes)]
            self._new.write("changes.csv", "".join(rows))
            if os.path.abspath(self.report.directory) == os.path.abspath(stored):
                self._new.keep(results.FILE, "results.previous.jsonl")
        self.report.expected = self.report.rows
        return self.report, changes

    @contextmanager
    def _writing(self, count: int, students: Collection[str]) -> Iterator[None]:
        """Open the files that grow with every student; move all to their places at the end."""
        assignment, report = self.work.assignment, self.report
        points.check_overrides(self._by_hand, assignment, students, self._place)
        begun = {file: table.header for file, table in self._tables.items()}
        begun["review.csv"] = REVIEW_HEADER
        begun[results.FILE] = results.header(count, self.work.options, assignment.items)
        with self._new as new:
            self._keep_overrides(os.path.join(report.directory, OVERRIDES))
            for file, text in begun.items():
                # A lone surrogate, of a file's name or a student's JSON, is written as its escape.
                errors = "backslashreplace" if file == results.FILE else "replace"
                self._files[file] = new.open(file, errors)
                self._files[file].write(text)
            yield
            text, report.suspects = self._statistics.csv()
            new.write("statistics.csv", text)
            self._files["review.csv"].write(self._review.copies())
        report.leftovers = new.leftovers

    def _keep_overrides(self, path: str) -> None:
        """Write marks set by hand beside the outputs; others that are there are kept."""
        held = os.path.exists(path)
        if self._by_hand and not (held and points.read_overrides(path) == self._by_hand):
            self._new.write(OVERRIDES, points.overrides_text(self._by_hand))
            if held:
                self._new.keep(OVERRIDES, "overrides.previous.csv")
                self.report.replaced = True

    def _add(self, result: StudentResult, book: Book) -> StudentResult:
        """Write everything about one student; returns the result as it was written.

        One about which nothing can be written loses its marks, and ends nothing.
        """
        try:
            account, rows = self._rows(result, book)
        except Exception as error:
            result = _spoilt(result, _internal(error))
            account, rows = self._rows(result, book)
        for file, text in rows.items():
            self._files[file].write(text)
        for name, pages in self._pages.items() if result.marks or result.known else ():
            if file := PAGES[name].file(account, pages):
                self._new.write(f"{name}/{file}", _page(name, account, pages))
        self._statistics.add(account)
        self.report.counts.update([row.status for row in result.rows])
        self.report.students += 1
        return result

    def _rows(self, result: StudentResult, book: Book) -> tuple[Account, dict[str, str]]:
        """Return the account of a student, and the rows in every file."""
        account = book.account(result)
        rows = {file: table.rows(account) for file, table in self._tables.items()}
        rows[results.FILE] = results.record_line(result)
        rows["review.csv"] = self._review.rows(account)
        return account, rows


def _page(name: str, account: Account, pages: Pages) -> str:
    """Return the text of an output of `PAGES`; an error costs the remarks at most."""
    try:
        return PAGES[name].text(account, pages)
    except Exception as error:  # the points are known, and must reach the student
        trouble = f"No remarks: {_internal(error)}."
        return PAGES[name].text(account, Pages("score", pages.markup.name, trouble))


def _internal(error: Exception) -> str:
    """Return what is said of a fault of the program itself."""
    return f"internal error ({type(error).__name__}: {error}), please report it"


def _spoilt(result: StudentResult, reason: str) -> StudentResult:
    """Return a result without its marks, because nothing could be written about them."""
    rows = [
        FileRow(row.file, "unreadable", reason) if row.status == result.status else row
        for row in result.rows
    ]
    return replace(result, status="unreadable", marks=(), rows=tuple(rows))


def _marked_again(grader: Grader, old: StudentResult) -> StudentResult:
    """Return a result with new marks of its stored answers; one without answers stays."""
    if not old.marks:
        return old
    marks = grader.marker.mark(old.answers)
    status = status_of(old.known, old.days, marks)
    rows = [row._replace(status=status) if row.status == old.status else row for row in old.rows]
    return replace(old, status=status, marks=marks, rows=tuple(rows))


def _changes(
    assignment: Assignment, old: StudentResult, new: StudentResult, worth: Mapping[str, str]
) -> Iterator[ChangedMark]:
    """Yield the marks whose points or verdict are others now; `worth` is what items had been."""
    before = {mark.item: mark for mark in old.marks}
    for item, mark in zip(assignment.items, new.marks, strict=False):  # unread ones have no marks
        was, points, reason = before.get(item.id), "", "not asked"
        if was is not None:
            points = show_points(was.credit * Fraction(worth.get(item.id, item.points)))
            reason = was.slip or was.reason
        now = show_points(mark.credit * item.points)
        if was is None or points != now or was.verdict != mark.verdict:
            why = mark.slip or mark.reason, mark.raw, sentence(mark)
            yield ChangedMark(new.person.key, item.id, points, now, reason, *why)
