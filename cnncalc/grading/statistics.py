"""Item statistics: how often each item was right, and its most frequent wrong answers.

A wrong value that many students share is how a bad key, a bad question or a common misconception
shows. They are about answers: marks set by hand and late penalties are left out of the items.
"""

from __future__ import annotations

import csv
from collections import Counter
from fractions import Fraction
from math import atanh, sqrt
from typing import Any

from cnncalc.grading.gradebook.cells import cell, line, percent, plain_cell, points
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Assignment
from cnncalc.grading.right_answers import show_truth
from cnncalc.grading.scoring import Score
from cnncalc.grading.student_results import StudentResult

SHOWN = 5
MAX_VALUES = 400
MAX_SHOWN = 60
#: How many must have answered before an item is suspected.
ENOUGH = 5
#: Below which a discrimination means something, if it is also this many standard deviations
#: below none: hardly one item in two hundred is, by chance.
MEANT = -0.15
DEVIATIONS = 2.6
HEADER = (
    "item,points,answered,right,with_note,followed,slips,parts,wrong,unreadable,blank,"
    "mean_percent,discrimination,right_answer,frequent_wrong,look_at\n"
)


class Statistics:
    """Counts over students, item by item.

    `varied` if the right values differ from student to student: then none are shown, only slips.
    """

    def __init__(self, items: int, varied: bool = False) -> None:
        self.varied = varied
        self.reasons: list[Counter[str]] = [Counter() for _ in range(items)]
        self.wrong: list[Counter[tuple[str, str]]] = [Counter() for _ in range(items)]
        self.credit = [Fraction(0)] * items
        self.whole = [0] * items
        self.squares = [0.0] * items
        self.products = [0.0] * items
        self.students = 0
        self.sum = self.sum_squares = 0.0
        self._cells: list[dict[int, list[Any]]] = [{} for _ in range(items)]

    def add(self, outcome: StudentResult, score: Score) -> None:
        """Count the marks of one student; `settle` turns the counts into sums."""
        if not outcome.marks:
            return
        self.students += 1
        total = float(score.raw)
        self.sum += total
        self.sum_squares += total * total
        for cells, mark in zip(self._cells, outcome.marks, strict=True):
            # Equal answers share one mark: they are counted here and looked at once.
            cell = cells.get(id(mark))
            if cell is None:
                cells[id(mark)] = [mark, 1, total]
            else:
                cell[1] += 1
                cell[2] += total

    def settle(self) -> None:
        """Turn what `add` counted into sums, mark by mark."""
        told = [(index, *cell) for index, own in enumerate(self._cells) for cell in own.values()]
        for index, mark, count, totals in told:
            self.reasons[index][_reason(mark)] += count
            if mark.credit.numerator:
                share = float(mark.credit)
                if mark.credit.denominator == 1:
                    self.whole[index] += count
                else:
                    self.credit[index] += mark.credit * count
                self.squares[index] += share * share * count
                self.products[index] += share * totals
            if mark.verdict in ("wrong", "partial") or mark.reason == "follow_through":
                value = "" if self.varied else mark.shown
                self.wrong[index][value, mark.slip or mark.reason] += count
        self._cells = [{} for _ in self._cells]
        for index, wrong in enumerate(self.wrong):
            if len(wrong) > 2 * MAX_VALUES:  # of rare wrong values a bounded number is kept
                self.wrong[index] = Counter(dict(wrong.most_common(MAX_VALUES)))

    def csv(self, assignment: Assignment) -> str:
        """Return `statistics.csv`: one row per item."""
        self.settle()
        rows = [HEADER]
        for index, item in enumerate(assignment.items):
            reasons = self.reasons[index]
            answered = self.students - reasons["blank"]
            noted = reasons["note"] + reasons["order"]
            slips = reasons["misconception"] + reasons["repeated"]
            mean = percent(self.credit[index] + self.whole[index], Fraction(self.students))
            counts = (
                answered, reasons["exact"], noted, reasons["follow_through"], slips,
                reasons["parts"], reasons["wrong"], reasons["unreadable"], reasons["blank"],
            )  # fmt: skip
            right = "" if self.varied else cell(show_truth(item))
            strength = self._discrimination(index, float(item.points))
            rows.append(line((
                cell(item.id), points(item.points), *map(str, counts), mean,
                "" if strength is None else f"{strength:.2f}", right,
                cell(self._frequent(index)), cell("; ".join(self._look_at(index, strength))),
            )))  # fmt: skip
        return "".join(rows)

    def _frequent(self, index: int) -> str:
        frequent = sorted(self.wrong[index].items(), key=lambda pair: (-pair[1], pair[0]))
        if self.varied:
            slips = [(why.replace("_", " "), count) for (_, why), count in frequent]
            return "; ".join(f"{why} ({count})" for why, count in slips[:SHOWN])
        return "; ".join(
            f"{value[:MAX_SHOWN]} ({count}{_why(why)})" for (value, why), count in frequent[:SHOWN]
        )

    def _discrimination(self, index: int, points: float) -> float | None:
        """Return the correlation of an item with the rest of the points; None without a meaning."""
        count = self.students
        if count < 2:
            return None
        credit = float(self.credit[index] + self.whole[index])
        own = self.squares[index] - credit * credit / count
        whole = self.sum_squares - self.sum * self.sum / count
        both = self.products[index] - credit * self.sum / count
        # Without the item's own share, which would correlate with itself.
        rest = whole - 2 * points * both + points * points * own
        if own <= 1e-9 or rest <= 1e-9:
            return None
        return (both - points * own) / sqrt(own * rest)

    def _is_negative(self, strength: float) -> bool:
        """Tell whether a correlation is below none by more than chance (Fisher's z)."""
        if strength > MEANT or self.students < 2 * ENOUGH:
            return False
        return strength <= -1 or -atanh(strength) * sqrt(self.students - 3) > DEVIATIONS

    def _look_at(self, index: int, strength: float | None) -> list[str]:
        """Return what makes an item suspect: its key, its question or its wording."""
        reasons = self.reasons[index]
        answered = self.students - reasons["blank"]
        if answered < ENOUGH:
            return []
        right = reasons["exact"] + reasons["note"] + reasons["order"]
        wrong: Counter[str] = Counter()
        for (value, why), count in self.wrong[index].items():
            wrong[value] += count if why != "follow_through" else 0
        value, most = max(wrong.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
        found = []
        if not right:
            found.append("nobody was right")
        if most > right and not self.varied:
            found.append(f"{value[:MAX_SHOWN]} was given more often than the right answer")
        if strength is not None and self._is_negative(strength):
            found.append("students who were right have fewer points elsewhere")
        if 4 * reasons["unreadable"] >= answered:
            found.append("often unreadable")
        return found


def suspects(path: str) -> list[tuple[str, str]]:
    """Return the items of a `statistics.csv` to look at, each with the reason."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(plain_cell(row["item"]), plain_cell(row["look_at"])) for row in rows if row["look_at"]]


def _reason(mark: Mark) -> str:
    """Return why a mark is what it is; a network counts by how much of it is met."""
    if mark.reason != "network":
        return mark.reason
    return "exact" if mark.credit == 1 else "parts" if mark.credit else "wrong"


def _why(reason: str) -> str:
    return f", {reason.replace('_', ' ')}" if reason not in ("wrong", "parts") else ""
