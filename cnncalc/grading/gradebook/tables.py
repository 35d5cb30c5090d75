"""Our own tables: marks by question, points by student, an account of every file."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from cnncalc.grading.feedback import sentence
from cnncalc.grading.gradebook.book import Book
from cnncalc.grading.gradebook.cells import cell, line, percent, points
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.memory import OfEach
from cnncalc.grading.model import Item, earned
from cnncalc.grading.scoring import Score
from cnncalc.grading.student_results import StudentResult

ONE = Fraction(1)
#: Characters of an answer that a table repeats; a spreadsheet's cell has room for 32,767.
MAX_TYPED = 1_000
#: Rows that are kept: equal answers share one mark, and so its row.
MAX_KEPT = 4_000


class Grades:
    """`grades.csv`: one row per student and question (per cell of a table)."""

    file = "grades.csv"

    def __init__(self) -> None:
        self._tails: OfEach[Mark, str] = OfEach(MAX_KEPT)

    def header(self, _book: Book) -> str:
        return "student,question,points,max_points,verdict,reason,answer,read_as,remark\n"

    def rows(self, book: Book, outcome: StudentResult, score: Score) -> str:
        head = cell(outcome.person.key) + ","
        items = book.assignment.items
        if score.notes:
            return "".join([head + row for row in _by_hand(book, outcome, score)])
        if not outcome.marks:
            return "".join([head + _empty(item, outcome.status) for item in items])
        tails = [
            self._tails.get(mark, partial(_tail, item))
            for item, mark in zip(items, outcome.marks, strict=True)
        ]
        return head + head.join(tails)


def _by_hand(book: Book, outcome: StudentResult, score: Score) -> list[str]:
    """Return the rows of a student of whom a person set something; the points add up as ever.

    Points set for a whole table have a row of their own, and its cells have none.
    """
    own = book.by_hand(outcome, score)
    rows = []
    marks = iter(outcome.marks)
    for question in book.assignment.questions:
        whole = own.get(question.id) if question.kind == "table" else None
        for item in question.items:
            mark = next(marks, None)
            if whole is not None:
                rows.append(_set(item, mark, outcome.status, "", ""))
            elif item.id in own:
                value, note = own[item.id]
                rows.append(_set(item, mark, outcome.status, points(value), note))
            else:
                rows.append(_tail(item, mark) if mark else _empty(item, outcome.status))
        if whole is not None:
            rows.append(line((
                cell(question.id), points(whole[0]), points(question.points), outcome.status,
                "override", "", "", cell(whole[1]),
            )))  # fmt: skip
    return rows


def _set(item: Item, mark: Mark | None, status: str, given: str, note: str) -> str:
    """Return the row of an item whose points a person set, with or without an answer."""
    verdict, raw, shown = (mark.verdict, mark.raw, mark.shown) if mark else (status, "", "")
    return line((
        cell(item.id), given, points(item.points), verdict, "override", cell(_clipped(raw)),
        cell(_clipped(shown)), cell(note),
    ))  # fmt: skip


def _clipped(text: str) -> str:
    """Return a text that programs which read tables take; `results.jsonl` has all of it."""
    return text if len(text) <= MAX_TYPED else text[:MAX_TYPED] + "…"


def _empty(item: Item, status: str) -> str:
    return line((cell(item.id), "", points(item.points), status, "", "", "", ""))


def _tail(item: Item, mark: Mark) -> str:
    return line((
        cell(item.id), earned(mark.credit, item.points), earned(ONE, item.points), mark.verdict,
        mark.slip or mark.reason, cell(_clipped(mark.raw)), cell(_clipped(mark.shown)),
        cell(sentence(mark)),
    ))  # fmt: skip


_BEFORE = ("student", "name", "email", "section", "status")
_BEHIND = ("total", "max_points", "percent", "late_days", "late_penalty", "overrides")


class Gradebook:
    """`gradebook.csv`: one row per student, a column per question."""

    file = "gradebook.csv"

    def header(self, book: Book) -> str:
        ids = [question.id for question in book.assignment.questions]
        names = [f"{id} (question)" if id in (*_BEFORE, *_BEHIND) else id for id in ids]
        return line((*_BEFORE, *map(cell, names), *_BEHIND))

    def rows(self, book: Book, outcome: StudentResult, score: Score) -> str:
        person, most = outcome.person, book.assignment.points
        marked = bool(outcome.marks) or bool(score.notes)
        own = score.shown if marked else [""] * len(score.questions)
        total = points(score.total) if marked else ""
        share = percent(score.total, most) if marked else ""
        notes = "; ".join(f"{name}: {note}" for name, note in score.notes.items())
        late = str(outcome.days) if outcome.days else ""
        penalty = points(score.penalty) if score.penalty else ""
        return line((
            cell(person.key), cell(person.name), cell(person.email), cell(person.section),
            outcome.status, *own, total, points(most), share, late, penalty, cell(notes),
        ))  # fmt: skip


class Submissions:
    """`submissions.csv`: exactly one row for every file found and every student without one."""

    file = "submissions.csv"

    def header(self, _book: Book) -> str:
        return "student,file,status,total,detail\n"

    def rows(self, _book: Book, outcome: StudentResult, score: Score) -> str:
        head = cell(outcome.person.key)
        counted = False
        lines = []
        for row in outcome.rows:
            total: Fraction | None = None
            if row.status == outcome.status and outcome.marks and not counted:
                total, counted = score.total, True
            shown = "" if total is None else points(total)
            lines.append(line((head, cell(row.file), row.status, shown, cell(row.detail))))
        return "".join(lines)
