"""Points: from marks to questions and totals, with what a person set by hand."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import lcm

from cnncalc.diagnostics import UsageError, suggest
from cnncalc.grading.files import csv_line, plain_cell, read_bytes, write_whole
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.memory import MOST, by_identity
from cnncalc.grading.model import Assignment, Item, show_points
from cnncalc.grading.student_results import StudentResult
from cnncalc.grading.submissions.decode import MAX_BYTES, Unreadable, decode, rows_of
from cnncalc.grading.yaml_keys import as_fraction

#: Points and note that a person set by hand, by student and by question or item.
Overrides = Mapping[tuple[str, str], tuple[Fraction, str]]
#: The same of one student, by question or item.
ByHand = Mapping[str, tuple[Fraction, str]]
#: Shares of points have small denominators; all that divide this one are added as integers.
_SHARES = 5040
#: Up to which denominator a fraction is easier to read than a rounded decimal.
MAX_DENOMINATOR = 100


@dataclass(frozen=True, slots=True)
class Score:
    """Points per question after overrides, their sum, and the total after the late penalty.

    `shown` are the questions' points as text; `notes` say what was set by hand and why.
    """

    questions: tuple[Fraction, ...]
    shown: tuple[str, ...]
    raw: Fraction
    total: Fraction
    penalty: Fraction
    notes: Mapping[str, str] = field(default_factory=dict)


class Book:
    """An assignment with how its points are counted, and how outputs show them.

    `canvas_id` is its number in Canvas. Fractions are exact but slow to add, and a class has
    millions of cells: points are therefore counted in units of a common denominator, and the few
    different sums turned into fractions and texts once.
    """

    def __init__(
        self,
        assignment: Assignment,
        overrides: Overrides,
        canvas_id: str = "",
        level: str = "hint",
        markup: str = "md",
    ) -> None:
        self.assignment = assignment
        self.overrides = overrides
        self.canvas_id, self.level, self.markup = canvas_id, level, markup
        self._touched = {student for student, _ in overrides}
        self._unit = lcm(_SHARES, *(item.points.denominator for item in assignment.items))
        self._units = by_identity(self._in_units)
        self._value = lru_cache(MOST)(self._in_points)

    def score(self, outcome: StudentResult) -> Score:
        """Return the points of an outcome; what a person set by hand stands as it is."""
        if outcome.person.key in self._touched:
            return self._overridden(outcome)
        units = list(map(self._units, self.assignment.items, outcome.marks))
        start, values, shown = 0, [], []
        for question in self.assignment.questions:
            end = start + len(question.items)
            value, text = self._value(sum(units[start:end]))
            values.append(value)
            shown.append(text)
            start = end
        return self._total(outcome, values, shown, self._value(sum(units))[0], {})

    def by_hand(self, outcome: StudentResult, score: Score) -> ByHand:
        """Return the points and notes that a person set for a student, by question or item."""
        return {name: self.overrides[outcome.person.key, name] for name in score.notes}

    def _in_units(self, item: Item, mark: Mark) -> int | Fraction:
        credit, points = mark.credit, item.points
        most = points.numerator * (self._unit // points.denominator)
        units, rest = divmod(most * credit.numerator, credit.denominator)
        return units if not rest else Fraction(most) * credit  # an unusual share

    def _in_points(self, units: int | Fraction) -> tuple[Fraction, str]:
        value = Fraction(units) / self._unit
        return value, show_points(value)

    def _overridden(self, outcome: StudentResult) -> Score:
        own = {name: set_ for (key, name), set_ in self.overrides.items()
               if key == outcome.person.key}  # fmt: skip
        earned = {mark.item: mark.credit for mark in outcome.marks}
        values: list[Fraction] = []
        notes: dict[str, str] = {}
        for question in self.assignment.questions:
            points = Fraction(0)
            for item in question.items:
                by_rule = earned.get(item.id, Fraction(0)) * item.points
                points += own[item.id][0] if item.id in own else by_rule
            if question.id in own:
                points = own[question.id][0]
            values.append(points)
            names = (*(item.id for item in question.items), question.id)
            notes |= {name: own[name][1] for name in names if name in own}
        return self._total(
            outcome, values, list(map(show_points, values)), sum(values, Fraction(0)), notes
        )

    def _total(
        self,
        outcome: StudentResult,
        values: list[Fraction],
        shown: list[str],
        raw: Fraction,
        notes: dict[str, str],
    ) -> Score:
        late = self.assignment.late_penalty * outcome.days
        penalty = min(raw, raw * late) if outcome.days else Fraction(0)
        return Score(
            tuple(values), tuple(shown), raw, raw - penalty if penalty else raw, penalty, notes
        )


@lru_cache(maxsize=4096)
def out_of(points: Fraction, most: Fraction) -> str:
    """Return `0.5 of 1`; fractions where decimals never end, so that they add up: `1/6 of 1/3`."""
    if (100 * points).denominator == 1 and (100 * most).denominator == 1:
        return f"{show_points(points)} of {show_points(most)}"
    return f"{_fraction(points)} of {_fraction(most)}"


def _fraction(points: Fraction) -> str:
    """Return a number with its part below 1 as a fraction: `14 2/7`."""
    if points.denominator > MAX_DENOMINATOR:
        return show_points(points)
    whole, rest = divmod(points, 1)
    return f"{whole} {rest}" if whole and rest else str(points)


@lru_cache(maxsize=4096)
def percent(value: Fraction, most: Fraction) -> str:
    """Return a share in percent with at most two decimals; '' of nothing."""
    if not most:
        return ""
    return f"{float(100 * value / most):.2f}".rstrip("0").rstrip(".")


#: More than a mark set by hand can be worth.
MAX_POINTS = 10**6


def read_overrides(path: str) -> Overrides:
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


def overrides_of(place: str, named: bool, assignment: Assignment) -> Overrides:
    """Return the marks of a file; if it is not `named` by anybody, it need not exist.

    Raises UsageError for an override of a question that the assignment does not have.
    """
    overrides = read_overrides(place) if named or os.path.exists(place) else {}
    known = {question.id for question in assignment.questions}
    known |= {item.id for item in assignment.items}
    for student, question in overrides:
        if question not in known:
            help = "questions: " + ", ".join(q.id for q in assignment.questions)
            raise UsageError(
                f"`{place}` sets `{question}` of {student}, which is no question", help
            )
    return overrides
