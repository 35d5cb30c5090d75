"""Tables of a class: our own, and those that Canvas, Moodle and nbgrader take.

A table knows its reader's rules (columns, who must be left out, what a number looks like) and
nothing of marking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from cnncalc.grading.feedback import sentence
from cnncalc.grading.files import csv_line
from cnncalc.grading.model import Assignment, show_points
from cnncalc.grading.points import BY_HAND, Account, ItemPoints, percent
from cnncalc.grading.results import MOST

#: Characters of an answer that a table repeats; a spreadsheet's cell has room for 32,767.
MAX_TYPED = 1_000
#: What a table says of a student, by the heading of the column.
Columns = Mapping[str, Callable[[Account], str]]


class ClassTable(NamedTuple):
    """A CSV file: what stands above the first student, and the rows of one."""

    header: str
    rows: Callable[[Account], str]


def _cut(text: str) -> str:
    """Return a text that programs which read tables take; `results.jsonl` has all of it."""
    return text if len(text) <= MAX_TYPED else text[:MAX_TYPED] + "…"


_GRADES = ("question", "points", "max_points", "verdict", "reason", "answer", "read_as", "remark")


@lru_cache(MOST)
def _grade(line: ItemPoints) -> str:
    mark, of = line.mark, line.of
    points = "" if line.points is None else show_points(line.points)
    raw, shown = (_cut(mark.raw), _cut(mark.shown)) if mark else ("", "")
    remark = sentence(mark) if mark and line.reason != BY_HAND else line.note
    of_all = show_points(of.points)
    return csv_line(of.id, points, of_all, line.verdict, line.reason, raw, shown, remark)


def _grades(one: Account) -> str:
    head = csv_line(one.person.key, "")[:-1]
    rows = [_grade(line) for earned in one.questions for line in earned.items]
    return head + head.join(rows)


def _submissions(one: Account) -> str:
    """Return one row for every file found; the total stands once, by the first that counts."""
    result, rows = one.result, []
    total = one.shown if result.marks else ""
    for file, status, detail in result.rows:
        counts = status == result.status
        rows.append(csv_line(one.person.key, file, status, total if counts else "", detail))
        total = "" if counts else total
    return "".join(rows)


_BEFORE: Columns = {
    "student": lambda one: one.person.key,
    "name": lambda one: one.person.name,
    "email": lambda one: one.person.email,
    "section": lambda one: one.person.section,
    "status": lambda one: one.result.status,
}
_AFTER: Columns = {
    "total": lambda one: one.shown,
    "max_points": lambda one: show_points(one.assignment.points),
    "percent": lambda one: percent(one.total, one.assignment.points) if one.counted else "",
    "late_days": lambda one: str(one.result.days or ""),
    "late_penalty": lambda one: show_points(one.penalty) if one.penalty else "",
    "overrides": lambda one: "; ".join(f"{line.of.id}: {line.note}" for line in one.by_hand),
}


def _gradebook(assignment: Assignment) -> Columns:
    def points(index: int) -> Callable[[Account], str]:
        return lambda one: one.questions[index].shown if one.counted else ""

    ids = [question.id for question in assignment.questions]
    names = [f"{id} (question)" if id in _BEFORE or id in _AFTER else id for id in ids]
    return {**_BEFORE, **{name: points(i) for i, name in enumerate(names)}, **_AFTER}


#: Canvas matches ID, then SIS user, then login, then name, and tells the assignment by the number
#: behind its title. The last comma or point of a number is the decimal mark: no groups.
_CANVAS: Columns = {
    "Student": lambda one: " ".join(one.person.name.split()) or one.person.key,
    "ID": lambda one: one.person.canvas,
    "SIS User ID": lambda one: one.person.sis or ("" if one.person.canvas else one.person.key),
    "SIS Login ID": lambda one: one.person.login or one.person.email,
    "Section": lambda one: one.person.section,
}
#: Moodle matches by e-mail address or ID number.
_MOODLE: Columns = {
    "First name": lambda one: _names(one)[0],
    "Last name": lambda one: _names(one)[1],
    "ID number": lambda one: one.person.sis or one.person.key,
    "Email address": lambda one: one.person.email,
}
_NBGRADER: Columns = {
    "assignment": lambda one: one.assignment.name,
    "duedate": lambda one: one.assignment.deadline,
    "timestamp": lambda one: one.result.time,
    "student_id": lambda one: one.person.key,
    "last_name": lambda one: _names(one)[1],
    "first_name": lambda one: _names(one)[0],
    "email": lambda one: one.person.email,
    "raw_score": lambda one: show_points(one.raw),
    "late_submission_penalty": lambda one: show_points(one.penalty),
    "score": lambda one: show_points(one.total),
    "max_score": lambda one: show_points(one.assignment.points),
}


def _names(one: Account) -> tuple[str, str]:
    """Return first and last name; of `Last, First` and `First Last` where only one is known."""
    person = one.person
    if person.first or person.last:
        return person.first, person.last
    name = " ".join(person.name.split())
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.rpartition(" ")
    return (first.strip(), last.strip()) if first.strip() else (name, "")


def _table(columns: Columns, of: Callable[[Account], bool] = lambda _: True) -> ClassTable:
    """Return a table with one row for each student `of` whom there is one."""
    cells = tuple(columns.values())

    def row(one: Account) -> str:
        return csv_line(*[cell(one) for cell in cells]) if of(one) else ""

    return ClassTable(csv_line(*columns), row)


def _imported(one: Account) -> bool:
    """Tell whether a system imports a row: a blank would wipe out a score that is there."""
    return one.result.known and one.counted


NAMES = ("grades", "gradebook", "submissions", "canvas", "moodle", "nbgrader")


def tables(assignment: Assignment, canvas_id: str) -> dict[str, ClassTable]:
    """Return the tables of an assignment by their `NAMES`; `canvas_id` is its number in Canvas."""
    title = assignment.title
    numbered = f"{title} ({canvas_id})" if canvas_id else title
    late: Columns = {"Feedback comments": lambda one: f"{one.late} late" if one.late else ""}
    total: Callable[[Account], str] = lambda one: one.shown  # noqa: E731
    canvas = _table({**_CANVAS, numbered: total}, _imported)
    possible = f"    Points Possible,,,,,{show_points(assignment.points)}\n"
    return {
        "grades": ClassTable(csv_line("student", *_GRADES), _grades),
        "gradebook": _table(_gradebook(assignment)),
        "submissions": ClassTable("student,file,status,total,detail\n", _submissions),
        "canvas": canvas._replace(header=canvas.header + possible),
        "moodle": _table({**_MOODLE, title: total, **late}, _imported),
        "nbgrader": _table(_NBGRADER, lambda one: one.result.known),
    }
