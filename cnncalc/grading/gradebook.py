"""Tables of a class: our own, and those that Canvas, Moodle and nbgrader take.

A table knows its reader's rules (columns, which students must be left out, what a number looks
like) and nothing of marking.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnncalc.grading.feedback import sentence
from cnncalc.grading.files import cell, csv_line
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.memory import by_identity
from cnncalc.grading.model import Item, earned, show_points
from cnncalc.grading.scoring import Book, Score, percent
from cnncalc.grading.student_results import StudentResult
from cnncalc.grading.submissions.roster import Person

#: Characters of an answer that a table repeats; a spreadsheet's cell has room for 32,767.
MAX_TYPED = 1_000


class ClassTable(NamedTuple):
    """One CSV file: its name, what stands above the first student, and the rows of one."""

    file: str
    header: Callable[[Book], str]
    rows: Callable[[Book, StudentResult, Score], str]


def grades(book: Book, student: StudentResult, score: Score) -> str:
    """Return a row per question (per cell of a table)."""
    head = cell(student.person.key) + ","
    items = book.assignment.items
    if score.notes:
        rows = _rows_by_hand(book, student, score)
    elif student.marks:
        rows = list(map(_row, items, student.marks))
    else:
        rows = [_empty(item, student.status) for item in items]
    return head + head.join(rows)


def _rows_by_hand(book: Book, student: StudentResult, score: Score) -> list[str]:
    """Return the rows of a student of whom a person set something; the points add up as ever.

    Points set for a whole table have a row of their own, and its cells have none.
    """
    own = book.by_hand(student, score)
    marks = {mark.item: mark for mark in student.marks}
    rows = []
    for question in book.assignment.questions:
        whole = own.get(question.id) if question.kind == "table" else None
        for item in question.items:
            mark = marks.get(item.id)
            if whole is not None:
                rows.append(_set(item, mark, student.status, "", ""))
            elif item.id in own:
                value, note = own[item.id]
                rows.append(_set(item, mark, student.status, show_points(value), note))
            else:
                rows.append(_row(item, mark) if mark else _empty(item, student.status))
        if whole is not None:
            points, most = show_points(whole[0]), show_points(question.points)
            status = student.status
            rows.append(csv_line(question.id, points, most, status, "override", "", "", whole[1]))
    return rows


def _set(item: Item, mark: Mark | None, status: str, given: str, note: str) -> str:
    """Return the row of an item whose points a person set, with or without an answer."""
    verdict, raw, shown = (mark.verdict, mark.raw, mark.shown) if mark else (status, "", "")
    most = show_points(item.points)
    return csv_line(item.id, given, most, verdict, "override", _cut(raw), _cut(shown), note)


def _empty(item: Item, status: str) -> str:
    return csv_line(item.id, "", show_points(item.points), status, "", "", "", "")


@by_identity
def _row(item: Item, mark: Mark) -> str:
    return csv_line(
        item.id, earned(mark.credit, item.points), show_points(item.points), mark.verdict,
        mark.slip or mark.reason, _cut(mark.raw), _cut(mark.shown), sentence(mark),
    )  # fmt: skip


def _cut(text: str) -> str:
    """Return a text that programs which read tables take; `results.jsonl` has all of it."""
    return text if len(text) <= MAX_TYPED else text[:MAX_TYPED] + "…"


_BEFORE = ("student", "name", "email", "section", "status")
_BEHIND = ("total", "max_points", "percent", "late_days", "late_penalty", "overrides")


def _gradebook_header(book: Book) -> str:
    ids = [question.id for question in book.assignment.questions]
    names = [f"{id} (question)" if id in (*_BEFORE, *_BEHIND) else id for id in ids]
    return csv_line(*_BEFORE, *names, *_BEHIND)


def gradebook(book: Book, student: StudentResult, score: Score) -> str:
    """Return one row, with a column per question."""
    person, most = student.person, book.assignment.points
    marked = bool(student.marks or score.notes)
    own = score.shown if marked else [""] * len(score.questions)
    total = show_points(score.total) if marked else ""
    share = percent(score.total, most) if marked else ""
    notes = "; ".join(f"{name}: {note}" for name, note in score.notes.items())
    late = str(student.days) if student.days else ""
    penalty = show_points(score.penalty) if score.penalty else ""
    return csv_line(
        person.key, person.name, person.email, person.section, student.status, *own, total,
        show_points(most), share, late, penalty, notes,
    )  # fmt: skip


def submissions(_book: Book, student: StudentResult, score: Score) -> str:
    """Return exactly one row for every file found, or for a student without one."""
    lines, total = [], show_points(score.total) if student.marks else ""
    for row in student.rows:
        counts = row.status == student.status
        shown = total if counts else ""
        lines.append(csv_line(student.person.key, row.file, row.status, shown, row.detail))
        total = "" if counts else total  # once, if several files are one submission
    return "".join(lines)


def _names(person: Person) -> tuple[str, str]:
    """Return first and last name; of `Last, First` and `First Last` where only one is known."""
    if person.first or person.last:
        return person.first, person.last
    name = " ".join(person.name.split())
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.rpartition(" ")
    return (first.strip(), last.strip()) if first.strip() else (name, "")


def _canvas_header(book: Book) -> str:
    number = f" ({book.canvas_id})" if book.canvas_id else ""
    first = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    most = show_points(book.assignment.points)
    possible = f"    Points Possible,,,,,{most}\n"
    return csv_line(*first, book.assignment.title + number) + possible


def canvas(_book: Book, student: StudentResult, score: Score) -> str:
    """Return the row of a student for Canvas's gradebook import.

    Canvas matches ID, then SIS user, then login, then name; the number in brackets behind the
    title says which assignment. A blank over a score would be a change, so that students without
    a score have no row; the last comma or point of a number is the decimal mark, so that numbers
    have no groups.
    """
    if not _has_score(student, score):
        return ""
    person = student.person
    return csv_line(
        " ".join(person.name.split()) or person.key, person.canvas,
        person.sis or ("" if person.canvas else person.key), person.login or person.email,
        person.section, show_points(score.total),
    )  # fmt: skip


def _has_score(student: StudentResult, score: Score) -> bool:
    return student.known and bool(student.marks or score.notes)


def _moodle_header(book: Book) -> str:
    names = ("First name", "Last name", "ID number", "Email address")
    return csv_line(*names, book.assignment.title, "Feedback comments")


def moodle(_book: Book, student: StudentResult, score: Score) -> str:
    """Return the row for Moodle's gradebook import, matched by e-mail address or ID number."""
    if not _has_score(student, score):
        return ""
    person = student.person
    days = "day" if student.days == 1 else "days"
    note = f"{student.days} {days} late" if student.days else ""
    return csv_line(
        *_names(person), person.sis or person.key, person.email, show_points(score.total), note
    )


def nbgrader(book: Book, student: StudentResult, score: Score) -> str:
    """Return nbgrader's own columns; every student of the roster has a row."""
    if not student.known:
        return ""
    person, assignment = student.person, book.assignment
    first, last = _names(person)
    points = map(show_points, (score.raw, score.penalty, score.total, assignment.points))
    return csv_line(
        assignment.name, assignment.deadline, student.time, person.key, last, first, person.email,
        *points,
    )  # fmt: skip


def _fixed(columns: str) -> Callable[[Book], str]:
    return lambda _book: f"{columns}\n"


TABLES: dict[str, ClassTable] = {
    "grades": ClassTable(
        "grades.csv",
        _fixed("student,question,points,max_points,verdict,reason,answer,read_as,remark"),
        grades,
    ),
    "gradebook": ClassTable("gradebook.csv", _gradebook_header, gradebook),
    "submissions": ClassTable(
        "submissions.csv", _fixed("student,file,status,total,detail"), submissions
    ),
    "canvas": ClassTable("canvas.csv", _canvas_header, canvas),
    "moodle": ClassTable("moodle.csv", _moodle_header, moodle),
    "nbgrader": ClassTable(
        "nbgrader.csv",
        _fixed(
            "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
            "late_submission_penalty,score,max_score"
        ),
        nbgrader,
    ),
}
