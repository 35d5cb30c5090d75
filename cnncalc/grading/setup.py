"""From what a person typed to a setup: the assignment, its policy, and marks set by hand."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from cnncalc.diagnostics import Source, UsageError, suggest
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.files import read_bytes, write_whole
from cnncalc.grading.gradebook.cells import cell, line, plain_cell
from cnncalc.grading.manifest import is_manifest, manifest_of
from cnncalc.grading.model import Assignment
from cnncalc.grading.outputs import NAMES
from cnncalc.grading.scoring import Overrides
from cnncalc.grading.submissions.decode import MAX_BYTES, Unreadable, decode
from cnncalc.grading.submissions.delimited import rows_of
from cnncalc.grading.times import parse_duration, parse_time
from cnncalc.grading.yaml_keys import as_fraction
from cnncalc.language.files import read
from cnncalc.language.library import stems

#: More than a mark set by hand can be worth.
MAX_POINTS = 10**6


@dataclass(frozen=True)
class Setup:
    """Everything a run has to know: texts and options, nothing that is open or computed."""

    name: str
    text: str
    folder: str
    specs: Mapping[str, str]
    outputs: tuple[str, ...]
    directory: str
    level: str = "hint"
    markup: str = "md"
    canvas_id: str = ""
    overrides: tuple[tuple[tuple[str, str], tuple[Fraction, str]], ...] = ()
    changes: tuple[tuple[str, object], ...] = ()
    manifest: bool = False


def changed(assignment: Assignment, changes: Sequence[tuple[str, object]]) -> Assignment:
    """Return an assignment with what the command line says over and above the file."""
    return replace(assignment, **dict(changes)) if changes else assignment  # type: ignore[arg-type]  # names of its fields


def make_setup(
    path: str,
    directory: str,
    outputs: Sequence[str],
    *,
    level: str = "hint",
    markup: str = "md",
    canvas_id: str = "",
    overrides: Overrides | None = None,
    changes: Mapping[str, object] | None = None,
) -> tuple[Setup, Assignment]:
    """Return what is needed to grade an assignment (or a quiz, by its manifest).

    Raises SpecError for a faulty assignment and UsageError for a word that fits nothing.
    """
    for name in outputs:
        if name not in NAMES:
            raise UsageError(f"there is no output `{name}`", "one of " + ", ".join(NAMES))
    folder = os.path.dirname(path) or "."
    if path in stems() and not os.path.exists(path):
        help = f"`cnncalc quiz {path}` and `cnncalc practice {path}` make questions about it"
        raise UsageError(f"`{path}` is a network, not an assignment", help)
    source: Source = read(path)
    quiz = is_manifest(source.text)
    if quiz:
        assignment = manifest_of(source.text).assignment("")
    else:
        assignment = read_assignment_text(source, folder)
    setup = Setup(
        source.name, source.text, folder, assignment.specs, tuple(outputs), directory, level,
        markup, canvas_id, tuple((overrides or {}).items()), tuple((changes or {}).items()), quiz,
    )  # fmt: skip
    return setup, changed(assignment, setup.changes)


def policy(
    attempts: str | None, deadline: str | None, grace: str | None, late_penalty: str | None
) -> dict[str, object]:
    """Return the fields of an assignment that options replace; raises UsageError."""
    changes: dict[str, object] = {}
    if attempts is not None:
        changes["attempts"] = attempts
    if deadline is not None:
        if parse_time(deadline) is None:
            raise UsageError(f"`{deadline}` is no time", "write 2025-03-01 23:59")
        changes["deadline"] = deadline
    if grace is not None:
        seconds = parse_duration(grace)
        if seconds is None:
            raise UsageError(f"`{grace}` is no duration", "write 15m or 2h")
        changes["grace"] = seconds
    if late_penalty is not None:
        share = as_fraction(late_penalty)
        if share is None or not 0 <= share <= 1:
            raise UsageError(f"`{late_penalty}` is no share per day", "write 10% or 0.1")
        changes["late_penalty"] = share
    return changes


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
    rows = ["student,question,points,note\n"]
    for (student, question), (worth, note) in overrides.items():
        rows.append(line((cell(student), cell(question), str(worth), cell(note))))
    write_whole(path, "".join(rows))
    return replaced


def check_students(overrides: Overrides, students: Collection[str], path: str) -> None:
    """Raise UsageError for an override of a student whom nobody knows."""
    for student, question in overrides:
        if student not in students:
            what = f"`{path}` sets `{question}` of `{student}`, who is no student here"
            meant = suggest(student, sorted(students))
            help = "write students as in the first column of gradebook.csv"
            raise UsageError(what, f"did you mean `{meant}`?" if meant else help)


def check_overrides(overrides: Overrides, assignment: Assignment, path: str) -> None:
    """Raise UsageError for an override of a question that the assignment does not have."""
    known = {question.id for question in assignment.questions}
    known |= {item.id for item in assignment.items}
    for student, question in overrides:
        if question not in known:
            help = "questions: " + ", ".join(q.id for q in assignment.questions)
            raise UsageError(f"`{path}` sets `{question}` of {student}, which is no question", help)
