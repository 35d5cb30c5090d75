"""Tables for learning systems: Canvas, Moodle, nbgrader."""

from __future__ import annotations

import os

from cnncalc.grading.gradebook.book import Book
from cnncalc.grading.gradebook.cells import cell, line, points
from cnncalc.grading.scoring import Score
from cnncalc.grading.student_results import StudentResult
from cnncalc.grading.submissions.layouts import CANVAS, MOODLE
from cnncalc.grading.submissions.roster import Person


def _names(person: Person) -> tuple[str, str]:
    """Return first and last name; of `Last, First` and `First Last` where only one is known."""
    if person.first or person.last:
        return person.first, person.last
    name = " ".join(person.name.split())
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.rpartition(" ")
    return (first.strip(), last.strip()) if first.strip() else (name, "")


def _graded(outcome: StudentResult, score: Score) -> bool:
    return outcome.known and bool(outcome.marks or score.notes)


class Canvas:
    """`canvas.csv`: Canvas's gradebook import.

    Canvas matches ID, then SIS user, then login, then name; the number in brackets behind the
    title says which assignment. A blank over a score would be a change, so that students without
    a score have no row; the last comma or point of a number is the decimal mark, so that numbers
    have no groups.
    """

    file = "canvas.csv"

    def header(self, book: Book) -> str:
        title = book.assignment.title
        if book.canvas_id:
            title = f"{title} ({book.canvas_id})"
        first = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", cell(title))
        possible = ("    Points Possible", "", "", "", "", points(book.assignment.points))
        return line(first) + line(possible)

    def rows(self, _book: Book, outcome: StudentResult, score: Score) -> str:
        if not _graded(outcome, score):
            return ""
        person = outcome.person
        sis = person.sis or ("" if person.canvas else person.key)
        return line((
            cell(" ".join(person.name.split()) or person.key), cell(person.canvas), cell(sis),
            cell(person.login or person.email), cell(person.section), points(score.total),
        ))  # fmt: skip


class Moodle:
    """`moodle.csv`: Moodle's gradebook import, matched by e-mail address or ID number."""

    file = "moodle.csv"

    def header(self, book: Book) -> str:
        names = ("First name", "Last name", "ID number", "Email address")
        return line((*names, cell(book.assignment.title), "Feedback comments"))

    def rows(self, _book: Book, outcome: StudentResult, score: Score) -> str:
        if not _graded(outcome, score):
            return ""
        person = outcome.person
        first, last = _names(person)
        days = "day" if outcome.days == 1 else "days"
        note = f"{outcome.days} {days} late" if outcome.days else ""
        return line((
            cell(first), cell(last), cell(person.sis or person.key), cell(person.email),
            points(score.total), note,
        ))  # fmt: skip


class Nbgrader:
    """`nbgrader.csv`: nbgrader's own columns; every student of the roster has a row."""

    file = "nbgrader.csv"

    def header(self, _book: Book) -> str:
        return (
            "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
            "late_submission_penalty,score,max_score\n"
        )

    def rows(self, book: Book, outcome: StudentResult, score: Score) -> str:
        if not outcome.known:
            return ""
        person = outcome.person
        first, last = _names(person)
        return line((
            cell(book.assignment.name), cell(book.assignment.deadline), cell(outcome.time),
            cell(person.key), cell(last), cell(first), cell(person.email), points(score.raw),
            points(score.penalty), points(score.total), points(book.assignment.points),
        ))  # fmt: skip


def returned_name(result: StudentResult, suffix: str) -> str:
    """Return how feedback is called so that Canvas or Moodle takes it back; '' for other files.

    Both know a student by the name that their download gave to a file, or to a folder.
    """
    for row in result.rows:
        *folders, file = row.file.split("/")
        stem = os.path.splitext(file)[0]
        if row.status == result.status and (CANVAS.fullmatch(file) or MOODLE.fullmatch(stem)):
            return stem + suffix
        for folder in folders:
            if row.status == result.status and MOODLE.fullmatch(folder):
                return f"{folder}/feedback{suffix}"
    return ""
