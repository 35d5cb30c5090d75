"""Everything that one run writes: beside its place, and moved there when all of it is written.

A run that is killed leaves the old files as they were; what it had written is in `.partial`, which
the next run clears away. Nothing depends on the clock: the same submissions give the same bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import IO

from cnncalc.diagnostics import UsageError
from cnncalc.grading.feedback import Pages
from cnncalc.grading.gradebook import TABLES
from cnncalc.grading.result_files import MAKERS, result_file, returned_name, safe_name
from cnncalc.grading.scoring import Book, Score
from cnncalc.grading.statistics import REVIEW_HEADER, Review, Statistics
from cnncalc.grading.student_results import FileRow, StudentResult, record_line

#: The markup and the suffix of outputs with a file per student, where the run does not say so.
SINGLE = {"gradescope": ("md", ".json"), "prairielearn": ("text", ".json"),
          "github": ("text", ".b64")}  # fmt: skip
NAMES = (*TABLES, *MAKERS)
RESULTS = "results.jsonl"
REVIEW = "review.csv"
#: After how many students counts are added up: few enough to hold the marks of.
SETTLED = 200


class Outputs:
    """The files of one run, open until the last student; `varied` if assignments differ."""

    def __init__(self, directory: str, names: tuple[str, ...], book: Book, varied: bool) -> None:
        self.directory = directory
        self.names = names
        self.folder = os.path.join(directory, ".partial")
        self.book = book
        self.tables = {name: TABLES[name] for name in names if name in TABLES}
        own = (book.markup, f".{book.markup}")
        self.single = {name: SINGLE.get(name, own) for name in names if name in MAKERS}
        self.pages = {name: Pages(book.level, markup) for name, (markup, _) in self.single.items()}
        self.statistics = Statistics(len(book.assignment.items), varied)
        self.review = Review(varied)
        self.counts: Counter[str] = Counter()
        self.students = 0
        self._files: dict[str, IO[str]] = {}

    @contextmanager
    def writing(self, first: str) -> Iterator[Outputs]:
        """Take students until the end, then move all files to their places.

        `first` is the first line of the records.
        """
        try:
            with ExitStack() as stack:
                self._begin(stack, first)
                yield self
                self.write("statistics.csv", self.statistics.csv(self.book.assignment))
                self._files[REVIEW].write(self.review.copies())
            self._move()
        finally:
            _clear(self.folder)

    def _begin(self, stack: ExitStack, first: str) -> None:
        try:
            _clear(self.folder)
            for name in ("", *self.single):
                os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        except OSError as error:
            text = f"cannot write to `{self.directory}`: {error.strerror}"
            raise UsageError(text) from None
        begun = {name: (table.file, table.header(self.book)) for name, table in self.tables.items()}
        begun |= {RESULTS: (RESULTS, first), REVIEW: (REVIEW, REVIEW_HEADER)}
        for name, (file, text) in begun.items():
            # A lone surrogate, of a file's name or a student's JSON, is written as its escape.
            errors = "backslashreplace" if name == RESULTS else "replace"
            path = os.path.join(self.folder, file)
            opened = open(path, "w", encoding="utf-8", errors=errors, newline="\n")  # noqa: SIM115  # closed by the stack
            self._files[name] = stack.enter_context(opened)
            opened.write(text)

    def add(self, result: StudentResult, book: Book) -> StudentResult:
        """Write everything about one student; returns the result as it was written.

        One about which nothing can be written loses its marks, and ends nothing.
        """
        try:
            score, rows = self._rows(result, book)
        except Exception as error:
            result = _spoilt(result, internal(error))
            score, rows = self._rows(result, book)
        for name, text in rows.items():
            self._files[name].write(text)
        for name, (_, suffix) in self.single.items() if result.marks or result.known else ():
            key = returned_name(result) if name == "returns" else safe_name(result.person.key)
            if key:
                text = result_file(name, book, result, score, self.pages[name])
                self.write(f"{name}/{key}{suffix}", text)
        self.counts.update(row.status for row in result.rows)
        self._files[REVIEW].write(self.review.rows(result, book.assignment))
        self.statistics.add(result, score)
        self.students += 1
        if self.students % SETTLED == 0:
            self.statistics.settle()
        return result

    def _rows(self, result: StudentResult, book: Book) -> tuple[Score, dict[str, str]]:
        """Return the points of a student, and their rows of every table."""
        score = book.score(result)
        rows = {name: table.rows(book, result, score) for name, table in self.tables.items()}
        return score, {**rows, RESULTS: record_line(result)}

    def write(self, name: str, text: str) -> None:
        """Write one whole file among those of the run."""
        path = os.path.join(self.folder, name)
        if name.count("/") > 1:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb", buffering=0) as file:
            file.write(text.encode("utf-8", "replace"))

    def keep(self, file: str, name: str) -> None:
        """Keep what stands in a file until now under another name."""
        with (
            open(os.path.join(self.directory, file), "rb") as source,
            open(os.path.join(self.folder, name), "wb") as copy,
        ):
            copy.writelines(source)

    def _move(self) -> None:
        """Move every file to its place, the records last."""
        for place, _, names in os.walk(self.folder):
            there = os.path.join(self.directory, os.path.relpath(place, self.folder))
            os.makedirs(there, exist_ok=True)
            for name in names:
                if name != RESULTS:
                    os.replace(os.path.join(place, name), os.path.join(there, name))
        os.replace(os.path.join(self.folder, RESULTS), os.path.join(self.directory, RESULTS))

    def leftovers(self, students: set[str]) -> list[tuple[str, list[str]]]:
        """Return the folders that hold files of students who are not in this run, with these."""
        own = {safe_name(student) for student in students}
        found = []
        for name in self.single:
            place = os.path.join(self.directory, name)
            with os.scandir(place) as entries:
                files = (entry.name for entry in entries)
                left = sorted(file for file in files if os.path.splitext(file)[0] not in own)
            if left and name != "returns":
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


def _spoilt(result: StudentResult, reason: str) -> StudentResult:
    """Return a result without its marks, because nothing could be written about them."""
    rows = tuple(
        FileRow(row.file, "unreadable", reason) if row.status == result.status else row
        for row in result.rows
    )
    return replace(result, status="unreadable", answers={}, marks=(), rows=rows)
