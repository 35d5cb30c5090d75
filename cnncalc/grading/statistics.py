"""Item statistics: how often each item was right, and its most frequent wrong answers.

A wrong value that many students share is how a bad key, a bad question or a common misconception
shows.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

from cnncalc.grading.gradebook.cells import cell, line, percent, points
from cnncalc.grading.model import Assignment
from cnncalc.grading.outcome import Outcome
from cnncalc.grading.scoring import Score
from cnncalc.grading.truths import show_truth

SHOWN = 5
MAX_VALUES = 400
HEADER = (
    "item,points,answered,right,with_note,followed,slips,parts,wrong,unreadable,blank,"
    "mean_percent,discrimination,right_answer,frequent_wrong\n"
)


class Statistics:
    """Counts over students, item by item; two of them can be added."""

    def __init__(self, items: int) -> None:
        self.reasons: list[Counter[str]] = [Counter() for _ in range(items)]
        self.wrong: list[Counter[tuple[str, str]]] = [Counter() for _ in range(items)]
        self.credit = [Fraction(0)] * items
        self.whole = [0] * items
        self.squares = [0.0] * items
        self.products = [0.0] * items
        self.students = 0
        self.sum = self.sum_squares = 0.0
        self._cells: dict[tuple[int, int], list[Any]] = {}

    def add(self, outcome: Outcome, score: Score) -> None:
        """Count the marks of one student; `settle` turns the counts into sums."""
        if not outcome.marks:
            return
        self.students += 1
        total = float(score.raw)
        self.sum += total
        self.sum_squares += total * total
        cells = self._cells
        for index, mark in enumerate(outcome.marks):
            # Equal answers share one mark: they are counted here and looked at once.
            cell = cells.get((index, id(mark)))
            if cell is None:
                cells[index, id(mark)] = [mark, 1, total]
            else:
                cell[1] += 1
                cell[2] += total

    def settle(self) -> None:
        """Turn what `add` counted into sums, mark by mark."""
        for (index, _), (mark, count, totals) in self._cells.items():
            self.reasons[index][mark.reason] += count
            if mark.credit.numerator:
                share = float(mark.credit)
                if mark.credit.denominator == 1:
                    self.whole[index] += count
                else:
                    self.credit[index] += mark.credit * count
                self.squares[index] += share * share * count
                self.products[index] += share * totals
            if mark.verdict in ("wrong", "partial") or mark.reason == "follow_through":
                self.wrong[index][mark.shown, mark.slip or mark.reason] += count
        self._cells = {}

    def merge(self, other: Statistics) -> None:
        """Add another's counts; of rare wrong values only a bounded number is kept."""
        self.students += other.students
        self.sum += other.sum
        self.sum_squares += other.sum_squares
        for index, wrong in enumerate(self.wrong):
            self.reasons[index].update(other.reasons[index])
            self.credit[index] += other.credit[index]
            self.whole[index] += other.whole[index]
            self.squares[index] += other.squares[index]
            self.products[index] += other.products[index]
            wrong.update(other.wrong[index])
            if len(wrong) > 2 * MAX_VALUES:
                self.wrong[index] = Counter(dict(wrong.most_common(MAX_VALUES)))

    def csv(self, assignment: Assignment) -> str:
        """Return `statistics.csv`: one row per item."""
        rows = [HEADER]
        for index, item in enumerate(assignment.items):
            reasons = self.reasons[index]
            answered = self.students - reasons["blank"]
            frequent = sorted(self.wrong[index].items(), key=lambda pair: (-pair[1], pair[0]))
            shown = "; ".join(
                f"{value} ({count}{_why(why)})" for (value, why), count in frequent[:SHOWN]
            )
            exact = reasons["exact"] + reasons["network"]
            noted = reasons["note"] + reasons["order"]
            slips = reasons["misconception"] + reasons["repeated"]
            mean = percent(self.credit[index] + self.whole[index], Fraction(self.students))
            counts = (answered, exact, noted, reasons["follow_through"], slips, reasons["parts"],
                      reasons["wrong"], reasons["unreadable"], reasons["blank"])  # fmt: skip
            rows.append(line((
                cell(item.id), points(item.points), *map(str, counts), mean,
                self._discrimination(index), cell(show_truth(item)), cell(shown),
            )))  # fmt: skip
        return "".join(rows)

    def _discrimination(self, index: int) -> str:
        """Return the correlation of an item with the total, '' where it has no meaning."""
        count = self.students
        if count < 2:
            return ""
        credit = float(self.credit[index] + self.whole[index])
        item = self.squares[index] - credit * credit / count
        total = self.sum_squares - self.sum * self.sum / count
        if item <= 1e-9 or total <= 1e-9:
            return ""
        value = (self.products[index] - credit * self.sum / count) / (item * total) ** 0.5
        return f"{value:.2f}"


def _why(reason: str) -> str:
    return f", {reason.replace('_', ' ')}" if reason not in ("wrong", "parts") else ""
