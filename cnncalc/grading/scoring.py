"""Points: from marks to questions and totals, with what a person set by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from math import lcm

from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.memory import OfEach
from cnncalc.grading.model import Assignment, Item, show_points
from cnncalc.grading.student_results import StudentResult

#: Points and note that a person set by hand, by student and by question or item.
Overrides = Mapping[tuple[str, str], tuple[Fraction, str]]
#: Shares of points have small denominators; all that divide this one are added as integers.
_SHARES = 5040
#: Marks whose points are kept: equal answers share one.
MAX_KEPT = 4_000


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


class Scorer:
    """Adds up points of one assignment.

    Fractions are exact but slow to add, and a class has millions of cells: points are therefore
    counted in units of a common denominator, and the few different sums turned into fractions and
    texts once.
    """

    def __init__(self, assignment: Assignment, overrides: Overrides) -> None:
        self.assignment = assignment
        self.overrides = overrides
        self.items = assignment.items
        self.unit = lcm(_SHARES, *(item.points.denominator for item in self.items))
        self._touched = {student for student, _ in overrides}
        self._ends = self._slices()
        self._known: OfEach[Mark, int] = OfEach(MAX_KEPT)
        self._values: dict[int, tuple[Fraction, str]] = {}

    def _slices(self) -> list[int]:
        ends, position = [], 0
        for question in self.assignment.questions:
            position += len(question.items)
            ends.append(position)
        return ends

    def score(self, outcome: StudentResult) -> Score:
        """Return the points of an outcome; what a person set by hand stands as it is."""
        if outcome.person.key in self._touched:
            return self._overridden(outcome)
        unit = self.unit
        units = self._units(outcome.marks)
        if self.unit != unit:
            units = self._units(outcome.marks)
        start, whole = 0, 0
        questions, shown = [], []
        for end in self._ends:
            own = sum(units[start:end])
            whole += own
            value, text = self._value(own)
            questions.append(value)
            shown.append(text)
            start = end
        raw = self._value(whole)[0]
        return self._total(outcome, tuple(questions), tuple(shown), raw, {})

    def _units(self, marks: Sequence[Mark]) -> list[int]:
        pairs = zip(self.items, marks, strict=False)
        return [self._known.get(mark, partial(self._in_units, item)) for item, mark in pairs]

    def _in_units(self, item: Item, mark: Mark) -> int:
        value = mark.credit * item.points * self.unit
        if value.denominator != 1:  # an unusual share: count in finer units from now on
            self.unit *= value.denominator
            self._known.clear()
            self._values.clear()
            value *= value.denominator
        return int(value)

    def _value(self, units: int) -> tuple[Fraction, str]:
        found = self._values.get(units)
        if found is None:
            if len(self._values) > 50_000:
                self._values.clear()
            value = Fraction(units, self.unit)
            found = self._values[units] = (value, show_points(value))
        return found

    def _overridden(self, outcome: StudentResult) -> Score:
        key = outcome.person.key
        questions: list[Fraction] = []
        notes: dict[str, str] = {}
        position = 0
        for question in self.assignment.questions:
            points = Fraction(0)
            for item in question.items:
                own = self.overrides.get((key, item.id))
                if own is not None:
                    points += own[0]
                    notes[item.id] = own[1]
                elif position < len(outcome.marks):
                    points += outcome.marks[position].credit * item.points
                position += 1
            whole = self.overrides.get((key, question.id))
            if whole is not None:
                points, notes[question.id] = whole
            questions.append(points)
        shown = tuple(show_points(points) for points in questions)
        return self._total(outcome, tuple(questions), shown, sum(questions, Fraction(0)), notes)

    def _total(
        self,
        outcome: StudentResult,
        questions: tuple[Fraction, ...],
        shown: tuple[str, ...],
        raw: Fraction,
        notes: Mapping[str, str],
    ) -> Score:
        if not outcome.days:
            return Score(questions, shown, raw, raw, Fraction(0), notes)
        penalty = min(raw, raw * self.assignment.late_penalty * outcome.days)
        return Score(questions, shown, raw, raw - penalty, penalty, notes)
