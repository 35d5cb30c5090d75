"""Points: from marks to questions and totals, with what a person set by hand."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import NamedTuple

from cnncalc.diagnostics import UsageError, quoted
from cnncalc.grading.files import MAX_ROSTER, csv_line, plain_cell, read_bytes
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Assignment, Item, Question, show_points
from cnncalc.grading.results import MOST, StudentResult
from cnncalc.grading.submissions.columns import rows_of
from cnncalc.grading.submissions.roster import Person
from cnncalc.grading.submissions.text import decode, needed
from cnncalc.grading.yaml_keys import as_fraction, meant

#: Points and note that a person set by hand, by question or item; and these by student.
ByHand = Mapping[str, tuple[Fraction, str]]
Overrides = Mapping[str, ByHand]
#: The reason of such a mark.
BY_HAND = "override"


@dataclass(slots=True, eq=False)
class ItemPoints:
    """What one item earned, a row of `grades.csv`; equal answers share it.

    `points` are None where nothing is counted: nothing was marked, or a person set a mark for the
    whole table. Such a mark is an entry of its own, without `item`; `note` says why it was set.
    """

    question: Question
    item: Item | None
    mark: Mark | None
    points: Fraction | None
    verdict: str
    reason: str
    note: str = ""

    @property
    def of(self) -> Item | Question:
        """Whose id and whose most points these are."""
        return self.item or self.question


@dataclass(slots=True, eq=False)
class QuestionPoints:
    """What a question earned, with its items; `shown` is the sum as text. Equal ones are shared."""

    question: Question
    items: tuple[ItemPoints, ...]
    points: Fraction
    shown: str


class Account(NamedTuple):
    """What all outputs tell of one student: the result with its points.

    `raw` are the points of all questions, `penalty` what lateness (`late`: `2 days`) takes off, and
    `total` the rest, as text `shown`. There is one (`counted`) if an answer was marked or if a
    person set a mark (`by_hand`).
    """

    result: StudentResult
    assignment: Assignment
    questions: list[QuestionPoints]
    by_hand: tuple[ItemPoints, ...]
    counted: bool
    raw: Fraction
    penalty: Fraction
    total: Fraction
    shown: str

    @property
    def person(self) -> Person:
        """Whose it is."""
        return self.result.person

    @property
    def late(self) -> str:
        """By how much it is late: `2 days`; '' if in time."""
        days = self.result.days
        return f"{days} day{'s' * (days > 1)}" if days else ""


class Book:
    """Counts the points of an assignment, and those that a person set by hand."""

    def __init__(self, assignment: Assignment, overrides: Overrides) -> None:
        self.assignment = assignment
        self._overrides = overrides
        self._places: dict[str, tuple[Question, Item]] = {}
        self._parts: list[slice] = []
        for question in assignment.questions:
            start = len(self._places)
            self._places |= {item.id: (question, item) for item in question.items}
            self._parts.append(slice(start, len(self._places)))
        self._marked = lru_cache(MOST)(self._marked_anew)
        self._together = lru_cache(MOST)(_together)

    def account(self, result: StudentResult) -> Account:
        """Return the points of a result; what a person set by hand stands as it is."""
        own = self._overrides.get(result.person.key, {})
        by_hand: tuple[ItemPoints, ...] = ()
        if own or not result.marks:
            marks = {mark.item: mark for mark in result.marks}
            groups = [self._mixed(q, marks, result.status, own) for q in self.assignment.questions]
            questions = list(map(_together, groups))
            by_hand = tuple(one for group in groups for one in group if one.note)
        else:
            items = list(map(self._marked, result.marks))
            questions = [self._together(tuple(items[part])) for part in self._parts]
        raw = _sum([question.points for question in questions])
        penalty = Fraction(0)
        if result.days:
            penalty = min(raw, raw * self.assignment.late_penalty * result.days)
        total = raw - penalty if penalty else raw
        counted = bool(result.marks or by_hand)
        shown = show_points(total) if counted else ""
        return Account(
            result, self.assignment, questions, by_hand, counted, raw, penalty, total, shown
        )

    def _marked_anew(self, mark: Mark) -> ItemPoints:
        question, item = self._places[mark.item]
        reason = mark.slip or mark.reason
        points = item.points if mark.credit == 1 else mark.credit * item.points
        return ItemPoints(question, item, mark, points, mark.verdict, reason)

    def _mixed(
        self, question: Question, marks: Mapping[str, Mark], status: str, own: ByHand
    ) -> tuple[ItemPoints, ...]:
        """Return a question's items; a person may have set some of them, or all together."""
        found = []
        whole = own.get(question.id) if question.id not in self._places else None
        for item in question.items:
            mark = marks.get(item.id)
            verdict = mark.verdict if mark else status
            if whole:
                found.append(ItemPoints(question, item, mark, None, verdict, BY_HAND))
            elif item.id in own:
                points, note = own[item.id]
                found.append(ItemPoints(question, item, mark, points, verdict, BY_HAND, note))
            elif mark:
                found.append(self._marked(mark))
            else:
                found.append(ItemPoints(question, item, None, None, status, ""))
        if whole:
            found.append(ItemPoints(question, None, None, whole[0], status, BY_HAND, whole[1]))
        return tuple(found)


def _together(items: tuple[ItemPoints, ...]) -> QuestionPoints:
    points = _sum([one.points for one in items if one.points is not None])
    return QuestionPoints(items[0].question, items, points, show_points(points))


def _sum(values: list[Fraction]) -> Fraction:
    """Return a sum of fractions, which are slow to add one by one."""
    if len(values) == 1:
        return values[0]
    unit = lcm(*[value.denominator for value in values])
    return Fraction(sum([value.numerator * (unit // value.denominator) for value in values]), unit)


@lru_cache(MOST)
def out_of(points: Fraction, most: Fraction) -> str:
    """Return `0.5 of 1`; fractions where decimals never end, so that they add up: `1/6 of 1/3`."""
    if all((100 * value).denominator == 1 for value in (points, most)):
        return f"{show_points(points)} of {show_points(most)}"
    return f"{_mixed_number(points)} of {_mixed_number(most)}"


def _mixed_number(value: Fraction) -> str:
    whole, rest = divmod(value, 1)
    return f"{whole} {rest}" if whole and rest else str(value)


@lru_cache(MOST)
def percent(value: Fraction, most: Fraction) -> str:
    """Return a share in percent with at most two decimals; '' of nothing."""
    return f"{float(100 * value / most):.2f}".rstrip("0").rstrip(".") if most else ""


def read_overrides(path: str) -> Overrides:
    """Return the marks set by hand in a CSV file `student,question,points,note`.

    Every override needs a note. Raises UsageError with the line that is wrong.
    """
    with needed("file of overrides", path):
        rows = list(rows_of(decode(read_bytes(path, MAX_ROSTER + 1), MAX_ROSTER)))
    result: dict[str, dict[str, tuple[Fraction, str]]] = {}
    for number, row in rows:
        # A comma in an unquoted note has cut it.
        student, question, shown, *note = [cell.strip() for cell in (*row, "", "", "")]
        if [student.lower(), question.lower()] == ["student", "question"]:
            continue
        points = as_fraction(re.sub(r",(?=\d\d?$)", ".", shown))
        student, question, why = map(plain_cell, (student, question, ",".join(note).rstrip(",")))
        own = result.setdefault(student, {})
        if points is None or points < 0:
            fault = f"has {quoted(shown)} for points, which is no number of at least 0"
        elif not why:
            fault = "has no note that says why the mark was set by hand"
        elif question in own:
            fault = f"sets {question} of {student} again"
        else:
            own[question] = points, why
            continue
        raise UsageError(f"line {number} of `{path}` {fault}", "write `student,question,2,note`")
    return result


def overrides_text(overrides: Overrides) -> str:
    """Return marks set by hand as the text of such a file."""
    return "student,question,points,note\n" + "".join(
        csv_line(student, question, str(points), note)
        for student, own in overrides.items()
        for question, (points, note) in own.items()
    )


def check_overrides(
    overrides: Overrides, assignment: Assignment, students: Collection[str], path: str
) -> None:
    """Raise UsageError for an override of a question or a student that there is not."""
    wholes = {item.id: question.id for question in assignment.questions for item in question.items}
    known = sorted({*wholes, *wholes.values()})
    for student, own in overrides.items():
        for question in own:
            what = f"`{path}` sets `{question}` of `{student}`"
            if question not in known:
                help = meant(question, known, {}, ", ".join(known))
                raise UsageError(f"{what}, which is no question", help)
            whole = wholes.get(question, question)
            if whole != question and whole in own:
                raise UsageError(f"{what}, and `{whole}` as a whole", "leave one of them out")
            if student not in students:
                help = "write students as in the first column of gradebook.csv"
                help = meant(student, sorted(students), {}, help)
                raise UsageError(f"{what}, who is no student here", help)
