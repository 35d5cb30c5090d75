"""Points: from marks to questions and totals, with what a person set by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from cnncalc.diagnostics import UsageError, suggest
from cnncalc.grading.files import csv_line, plain_cell, read_bytes
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Assignment, Item, Question, show_points
from cnncalc.grading.results import MOST, StudentResult
from cnncalc.grading.submissions.decode import MAX_BYTES, Unreadable, decode, rows_of
from cnncalc.grading.submissions.roster import Person
from cnncalc.grading.yaml_keys import as_fraction

#: Points and note that a person set by hand, by question or item; and these by student.
ByHand = Mapping[str, tuple[Fraction, str]]
Overrides = Mapping[str, ByHand]
#: The reason of such a mark.
BY_HAND = "override"
#: Up to which denominator a fraction is easier to read than a rounded decimal.
MAX_DENOMINATOR = 100
#: More than a mark set by hand can be worth.
MAX_POINTS = 10**6


@dataclass(frozen=True, slots=True, eq=False)
class ItemPoints:
    """What one item earned: a row of `grades.csv`. Equal answers share their line.

    `points` are None where nothing is counted: nothing was marked, or a person set a mark for the
    whole table. Such a mark is a line of its own, without `item`; `note` says why a person set it.
    """

    question: Question
    item: Item | None
    mark: Mark | None
    points: Fraction | None
    verdict: str
    reason: str
    note: str = ""

    @property
    def id(self) -> str:
        """The item, or the question of a mark set for all of it."""
        return self.item.id if self.item else self.question.id

    @property
    def most(self) -> Fraction:
        """The points that there are."""
        return self.item.points if self.item else self.question.points


@dataclass(frozen=True, slots=True, eq=False)
class QuestionPoints:
    """What a question earned: its lines, their points and these as text; equal ones are shared."""

    question: Question
    lines: tuple[ItemPoints, ...]
    points: Fraction
    shown: str


@dataclass(frozen=True, slots=True)
class Account:
    """What all outputs tell of one student: the result with its points.

    `raw` are the points of all questions, `total` those after the late penalty; `counted` tells
    whether there are any: an answer was marked, or a person set a mark.
    """

    result: StudentResult
    assignment: Assignment
    questions: list[QuestionPoints]
    raw: Fraction
    total: Fraction
    by_hand: tuple[ItemPoints, ...] = ()

    @property
    def person(self) -> Person:
        """Whose it is."""
        return self.result.person

    @property
    def penalty(self) -> Fraction:
        """What lateness took off."""
        return self.raw - self.total

    @property
    def late(self) -> str:
        """How late it is: `2 days`; '' if in time."""
        days = self.result.days
        return f"{days} day{'s' if days > 1 else ''}" if days else ""

    @property
    def counted(self) -> bool:
        """Whether there is a total."""
        return bool(self.result.marks or self.by_hand)

    @property
    def shown(self) -> str:
        """The total as a text; '' if there is none."""
        return show_points(self.total) if self.counted else ""


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
        self._line = lru_cache(MOST)(self._line_of)
        self._earned = lru_cache(MOST)(_earned)

    def account(self, result: StudentResult) -> Account:
        """Return the points of a result; what a person set by hand stands as it is."""
        own = self._overrides.get(result.person.key, {})
        by_hand: tuple[ItemPoints, ...] = ()
        if own or not result.marks:
            marks = {mark.item: mark for mark in result.marks}
            lists = [self._mixed(q, marks, result.status, own) for q in self.assignment.questions]
            questions = list(map(_earned, lists))
            by_hand = tuple(line for lines in lists for line in lines if line.note)
        else:
            lines = list(map(self._line, result.marks))
            questions = [self._earned(tuple(lines[part])) for part in self._parts]
        raw = _sum([question.points for question in questions])
        late = self.assignment.late_penalty * result.days if result.days else 0
        total = max(raw - raw * late, Fraction(0)) if late else raw
        return Account(result, self.assignment, questions, raw, total, by_hand)

    def _line_of(self, mark: Mark) -> ItemPoints:
        question, item = self._places[mark.item]
        reason = mark.slip or mark.reason
        return ItemPoints(question, item, mark, mark.credit * item.points, mark.verdict, reason)

    def _mixed(
        self, question: Question, marks: Mapping[str, Mark], status: str, own: ByHand
    ) -> tuple[ItemPoints, ...]:
        """Return the lines of a question of which a person may have set some, or all in one."""
        lines = []
        whole = own.get(question.id) if question.id not in self._places else None
        for item in question.items:
            mark = marks.get(item.id)
            verdict = mark.verdict if mark else status
            if whole:
                lines.append(ItemPoints(question, item, mark, None, verdict, BY_HAND))
            elif item.id in own:
                points, note = own[item.id]
                lines.append(ItemPoints(question, item, mark, points, verdict, BY_HAND, note))
            else:
                empty = ItemPoints(question, item, None, None, status, "")
                lines.append(self._line(mark) if mark else empty)
        if whole:
            lines.append(ItemPoints(question, None, None, whole[0], status, BY_HAND, whole[1]))
        return tuple(lines)


def _earned(lines: tuple[ItemPoints, ...]) -> QuestionPoints:
    points = _sum([line.points for line in lines if line.points is not None])
    return QuestionPoints(lines[0].question, lines, points, show_points(points))


def _sum(values: list[Fraction]) -> Fraction:
    """Return a sum of fractions, which are slow to add one by one."""
    unit = lcm(*[value.denominator for value in values])
    return Fraction(sum([value.numerator * (unit // value.denominator) for value in values]), unit)


@lru_cache(MOST)
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


@lru_cache(MOST)
def percent(value: Fraction, most: Fraction) -> str:
    """Return a share in percent with at most two decimals; '' of nothing."""
    if not most:
        return ""
    return f"{float(100 * value / most):.2f}".rstrip("0").rstrip(".")


def read_overrides(path: str) -> Overrides:
    """Return the marks set by hand in a CSV file `student,question,points,note`.

    Every override needs a note. Raises UsageError with the line that is wrong.
    """
    try:
        rows = list(rows_of(decode(read_bytes(path, MAX_BYTES + 1))))
    except (OSError, Unreadable) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read the overrides `{path}`: {reason}") from None
    result: dict[str, dict[str, tuple[Fraction, str]]] = {}
    lines: dict[tuple[str, str], int] = {}
    for number, row in rows:
        student, question, shown, *note = [cell.strip() for cell in (*row, "", "", "")]
        student, question = plain_cell(student), plain_cell(question)
        if [student.lower(), question.lower()] == ["student", "question"]:
            continue
        points = as_fraction(shown)
        if points is None or not 0 <= points <= MAX_POINTS:
            raise UsageError(f"line {number} of `{path}` has no points", "student,question,2,note")
        if not note[0]:
            help = "say in the fourth column why the mark was set by hand"
            raise UsageError(f"line {number} of `{path}` has no note", help)
        before = lines.setdefault((student, question), number)
        if before != number:
            what = f"line {number} of `{path}` sets {question} of {student} again"
            raise UsageError(what, f"line {before} sets it too: leave one of them")
        # A comma in an unquoted note has cut it.
        own = points, plain_cell(",".join(note).rstrip(","))
        result.setdefault(student, {})[question] = own
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
    known = {question.id for question in assignment.questions}
    known |= {item.id for item in assignment.items}
    for student, own in overrides.items():
        for question in own:
            if question not in known:
                what = f"`{path}` sets `{question}` of {student}, which is no question"
                raise UsageError(
                    what, "questions: " + ", ".join(q.id for q in assignment.questions)
                )
            if student not in students:
                what = f"`{path}` sets `{question}` of `{student}`, who is no student here"
                meant = suggest(student, sorted(students))
                help = "write students as in the first column of gradebook.csv"
                raise UsageError(what, f"did you mean `{meant}`?" if meant else help)
