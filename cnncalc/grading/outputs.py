"""Everything that one run writes: beside its place, and moved there when all of it is written.

A run that is killed leaves the old files as they were; what it had written is in `.partial`, which
the next run clears away. Nothing depends on the clock: the same submissions give the same bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from types import TracebackType
from typing import IO

from cnncalc.diagnostics import UsageError
from cnncalc.grading.feedback import Pages
from cnncalc.grading.gradebook.book import Book, GradebookWriter, safe_name
from cnncalc.grading.gradebook.results import single
from cnncalc.grading.gradebook.systems import Canvas, Moodle, Nbgrader, returned_name
from cnncalc.grading.gradebook.tables import Gradebook, Grades, Submissions
from cnncalc.grading.records import record_line
from cnncalc.grading.review import HEADER, Review
from cnncalc.grading.scoring import Score
from cnncalc.grading.statistics import Statistics
from cnncalc.grading.student_results import FileRow, StudentResult

TABLES: dict[str, type[GradebookWriter]] = {
    "grades": Grades, "gradebook": Gradebook, "submissions": Submissions, "canvas": Canvas,
    "moodle": Moodle, "nbgrader": Nbgrader,
}  # fmt: skip
#: Outputs with a file per student, in a folder of that name, and the suffix of these files.
SINGLE = {"feedback": "", "returns": "", "gradescope": ".json", "prairielearn": ".json",
          "github": ".b64"}  # fmt: skip
NAMES = (*TABLES, *SINGLE)
RESULTS = "results.jsonl"
REVIEW = "review.csv"
#: After how many students counts are added up: few enough to hold the marks of.
SETTLED = 200


class Outputs:
    """The files of one run, open until the last student; moved to their places at the end.

    `varied` if students have assignments of their own.
    """

    def __init__(
        self, directory: str, names: tuple[str, ...], book: Book, first: str, varied: bool
    ) -> None:
        self.directory = directory
        self.names = names
        self.folder = os.path.join(directory, ".partial")
        self.book = book
        self.tables = {name: TABLES[name]() for name in names if name in TABLES}
        self.single = [name for name in names if name in SINGLE]
        markups = {"feedback": book.markup, "returns": book.markup, "gradescope": "md"}
        self.pages = {name: Pages(book.level, markups.get(name, "text")) for name in SINGLE}
        self.statistics = Statistics(len(book.assignment.items), varied)
        self.review = Review(varied)
        self.counts: Counter[str] = Counter()
        self.students = 0
        self._first = first
        self._files: dict[str, IO[str]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Outputs:
        try:
            _clear(self.folder)
            for name in ("", *self.single):
                os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        except OSError as error:
            text = f"cannot write to `{self.directory}`: {error.strerror}"
            raise UsageError(text) from None
        for name, writer in self.tables.items():
            self._open(name, writer.file).write(writer.header(self.book))
        self._open(RESULTS, RESULTS).write(self._first)
        self._open(REVIEW, REVIEW).write(HEADER)
        return self

    def _open(self, name: str, file: str) -> IO[str]:
        # A lone surrogate, of a file's name or a student's JSON, is written as its escape.
        errors = "backslashreplace" if name == RESULTS else "replace"
        path = os.path.join(self.folder, file)
        opened = open(path, "w", encoding="utf-8", errors=errors, newline="\n")  # noqa: SIM115  # closed by the stack
        self._files[name] = self._stack.enter_context(opened)
        return opened

    def add(self, marked: StudentResult, book: Book) -> StudentResult:
        """Write everything about one student; returns the result as it was written.

        One about which nothing can be written loses its marks, and ends nothing.
        """
        result = marked
        try:
            points, rows = self._texts(result, book)
        except Exception as error:
            result = spoilt(marked, internal(error))
            points, rows = self._texts(result, book)
        for name, text in rows.items():
            self._files[name].write(text)
        for name in self.single:
            if result.marks or result.known:
                self._write_single(name, book, result, points)
        self.counts.update(row.status for row in result.rows)
        self._files[REVIEW].write(self.review.rows(result, book.assignment))
        self.statistics.add(result, points)
        self.students += 1
        if self.students % SETTLED == 0:
            self.statistics.settle()
        return result

    def _texts(self, result: StudentResult, book: Book) -> tuple[Score, Mapping[str, str]]:
        """Return the points of a student, and their rows of every table."""
        points = book.scorer.score(result)
        rows = {name: one.rows(book, result, points) for name, one in self.tables.items()}
        return points, {**rows, RESULTS: record_line(result)}

    def _write_single(self, name: str, book: Book, result: StudentResult, points: Score) -> None:
        suffix = SINGLE[name] or f".{book.markup}"
        own = returned_name(result, suffix) if name == "returns" else ""
        own = own or ("" if name == "returns" else safe_name(result.person.key) + suffix)
        if own:
            path = f"{name}/{own}"
            if "/" in own:
                os.makedirs(os.path.dirname(os.path.join(self.folder, path)), exist_ok=True)
            self.write(path, single(name, book, result, points, self.pages[name]))

    def write(self, path: str, text: str) -> None:
        """Write one whole file among those of the run."""
        path = os.path.join(self.folder, path)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            data = text.encode("utf-8", "replace")
            while data:
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)

    def keep(self, file: str, name: str) -> None:
        """Keep what stands in a file until now under another name, as a link or a copy."""
        old, new = os.path.join(self.directory, file), os.path.join(self.folder, name)
        try:
            os.link(old, new)
        except OSError:
            with open(old, "rb") as source, open(new, "wb") as copy:
                copy.writelines(source)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.write("statistics.csv", self.statistics.csv(self.book.assignment))
            self._files[REVIEW].write(self.review.copies())
        self._stack.close()
        if kind is None:
            self._move()
        _clear(self.folder)

    def _move(self) -> None:
        """Move every file to its place, the records last."""
        for place, _, names in os.walk(self.folder):
            inner = os.path.relpath(place, self.folder)
            there = os.path.normpath(os.path.join(self.directory, inner))
            os.makedirs(there, exist_ok=True)
            for name in names:
                if name != RESULTS:
                    os.replace(os.path.join(place, name), os.path.join(there, name))
        os.replace(os.path.join(self.folder, RESULTS), os.path.join(self.directory, RESULTS))

    def leftovers(self, students: set[str]) -> list[tuple[str, list[str]]]:
        """Return the folders that hold files of students who are not in this run, with these."""
        own = {safe_name(student) for student in students}
        found = []
        for name in (name for name in self.single if name != "returns"):
            place = os.path.join(self.directory, name)
            with os.scandir(place) as entries:
                names = (entry.name for entry in entries)
                left = sorted(name for name in names if os.path.splitext(name)[0] not in own)
            if left:
                found.append((place, left))
        return found


def _clear(folder: str) -> None:
    """Remove a folder with all that is in it, as far as that can be done."""
    for place, _, names in os.walk(folder, topdown=False):
        with suppress(OSError):
            for name in names:
                os.remove(os.path.join(place, name))
            os.rmdir(place)


def internal(error: Exception) -> str:
    """Return what is said of a fault of the program itself."""
    return f"internal error ({type(error).__name__}: {error}), please report it"


def spoilt(result: StudentResult, reason: str) -> StudentResult:
    """Return a result without its marks, because nothing could be written about them."""
    rows = tuple(
        FileRow(row.file, "unreadable", reason) if row.status == result.status else row
        for row in result.rows
    )
    return replace(result, status="unreadable", answers={}, marks=(), rows=rows)
