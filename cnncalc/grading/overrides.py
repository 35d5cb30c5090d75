"""Marks that a person set by hand: read, checked, and kept beside the results."""

from __future__ import annotations

import os
from collections.abc import Collection
from fractions import Fraction

from cnncalc.diagnostics import UsageError, suggest
from cnncalc.grading.files import csv_line, plain_cell, read_bytes, write_whole
from cnncalc.grading.model import Assignment
from cnncalc.grading.scoring import Overrides
from cnncalc.grading.submissions.decode import MAX_BYTES, Unreadable, decode, rows_of
from cnncalc.grading.yaml_keys import as_fraction

#: More than a mark set by hand can be worth.
MAX_POINTS = 10**6


def read_overrides(path: str) -> dict[tuple[str, str], tuple[Fraction, str]]:
    """Return the marks set by hand in a CSV file `student,question,points,note`.

    Every override needs a note. Raises UsageError with the line that is wrong.
    """
    try:
        rows = list(rows_of(decode(read_bytes(path, MAX_BYTES + 1))))
    except (OSError, Unreadable) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read the overrides `{path}`: {reason}") from None
    result: dict[tuple[str, str], tuple[Fraction, str]] = {}
    lines: dict[tuple[str, str], int] = {}
    for number, row in rows:
        cells = [cell.strip() for cell in row]
        student, question = (plain_cell(cell) for cell in [*cells, "", ""][:2])
        if [student.lower(), question.lower()] == ["student", "question"]:
            continue
        points = as_fraction(cells[2]) if len(cells) > 2 else None
        if points is None or not 0 <= points <= MAX_POINTS:
            raise UsageError(f"line {number} of `{path}` has no points", "student,question,2,note")
        if len(cells) < 4 or not cells[3]:
            help = "say in the fourth column why the mark was set by hand"
            raise UsageError(f"line {number} of `{path}` has no note", help)
        place = student, question
        if place in lines:
            what = f"line {number} of `{path}` sets {question} of {student} again"
            raise UsageError(what, f"line {lines[place]} sets it too: leave one of them")
        # A comma in an unquoted note has cut it.
        result[place], lines[place] = (points, plain_cell(",".join(cells[3:]).rstrip(","))), number
    return result


def keep_overrides(overrides: Overrides, directory: str) -> bool:
    """Write marks set by hand to `overrides.csv` in a folder, if there are any.

    What that file holds already stays as it is if it means the same; else it is kept as
    `overrides.previous.csv`, and the result is true.
    """
    path = os.path.join(directory, "overrides.csv")
    if not overrides:
        return False
    replaced = os.path.exists(path)
    if replaced:
        if read_overrides(path) == overrides:
            return False
        os.replace(path, os.path.join(directory, "overrides.previous.csv"))
    os.makedirs(directory, exist_ok=True)
    rows = [csv_line(*place, str(worth), note) for place, (worth, note) in overrides.items()]
    write_whole(path, "student,question,points,note\n" + "".join(rows))
    return replaced


def check_students(overrides: Overrides, students: Collection[str], path: str) -> None:
    """Raise UsageError for an override of a student whom nobody knows."""
    for student, question in overrides:
        if student not in students:
            what = f"`{path}` sets `{question}` of `{student}`, who is no student here"
            meant = suggest(student, sorted(students))
            help = "write students as in the first column of gradebook.csv"
            raise UsageError(what, f"did you mean `{meant}`?" if meant else help)


def overrides_of(
    path: str | None, folder: str, assignment: Assignment
) -> tuple[dict[tuple[str, str], tuple[Fraction, str]], str]:
    """Return the marks of a file, or of `overrides.csv` if it is in a folder, and the file's path.

    Raises UsageError for an override of a question that the assignment does not have.
    """
    place = path or os.path.join(folder, "overrides.csv")
    overrides = read_overrides(place) if path or os.path.exists(place) else {}
    known = {question.id for question in assignment.questions}
    known |= {item.id for item in assignment.items}
    for student, question in overrides:
        if question not in known:
            help = "questions: " + ", ".join(q.id for q in assignment.questions)
            raise UsageError(
                f"`{place}` sets `{question}` of {student}, which is no question", help
            )
    return overrides, place
