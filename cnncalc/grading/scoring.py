"""Points: from marks to questions and totals, with what a person set by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import lcm

from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.memory import MOST, by_identity
from cnncalc.grading.model import Assignment, Item, show_points
from cnncalc.grading.student_results import StudentResult

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
        value = mark.credit * item.points * self._unit
        return value.numerator if value.denominator == 1 else value

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
