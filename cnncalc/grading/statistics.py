"""What staff look at: statistics of every item, and what wants a human.

A wrong value that many students share is how a bad key, a bad question or a common misconception
shows. Statistics are about answers: marks set by hand and late penalties are left out.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import atanh, sqrt

from cnncalc.grading.files import csv_line, plain_cell
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Assignment, Item, show_points
from cnncalc.grading.right_answers import show_truth
from cnncalc.grading.scoring import Score, percent
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


@dataclass(slots=True)
class ItemCounts:
    """What was counted of one item: reasons, wrong values with theirs, and sums of shares.

    `products` are of shares with the student's points in all; `new` are marks not yet counted, by
    identity, with how many students have each and how many points these have in all.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    credit: Fraction = Fraction(0)
    squares: float = 0.0
    products: float = 0.0
    new: dict[int, tuple[Mark, int, float]] = field(default_factory=dict)

    def settle(self, varied: bool) -> None:
        """Count the new marks; equal answers share one, so that they are few."""
        for mark, count, points in self.new.values():
            self.reasons[_reason(mark)] += count
            if mark.credit:
                share = float(mark.credit)
                self.credit += mark.credit * count
                self.squares += share * share * count
                self.products += share * points
            if mark.verdict in ("wrong", "partial") or mark.reason == "follow_through":
                value = "" if varied else mark.shown
                self.wrong[value, mark.slip or mark.reason] += count
        self.new.clear()
        if len(self.wrong) > 2 * MAX_VALUES:  # of rare wrong values a bounded number is kept
            self.wrong = Counter(dict(self.wrong.most_common(MAX_VALUES)))


class Statistics:
    """Counts over students, item by item.

    `varied` if the right values differ from student to student: then none are shown, only slips.
    """

    def __init__(self, items: int, varied: bool = False) -> None:
        self.varied = varied
        self.items = [ItemCounts() for _ in range(items)]
        self.students = 0
        self.sum = self.sum_squares = 0.0

    def add(self, outcome: StudentResult, score: Score) -> None:
        """Count the marks of one student; `settle` turns the counts into sums."""
        if not outcome.marks:
            return
        self.students += 1
        total = float(score.raw)
        self.sum += total
        self.sum_squares += total * total
        for item, mark in zip(self.items, outcome.marks, strict=True):
            _, count, points = item.new.get(id(mark), (mark, 0, 0.0))
            item.new[id(mark)] = mark, count + 1, points + total

    def settle(self) -> None:
        """Turn what `add` counted into sums, mark by mark."""
        for item in self.items:
            item.settle(self.varied)

    def csv(self, assignment: Assignment) -> str:
        """Return `statistics.csv`: one row per item."""
        self.settle()
        return HEADER + "".join(map(self._row, assignment.items, self.items))

    def _row(self, item: Item, counts: ItemCounts) -> str:
        reasons = counts.reasons
        numbers = (
            self.students - reasons["blank"], reasons["exact"], reasons["note"] + reasons["order"],
            reasons["follow_through"], reasons["misconception"] + reasons["repeated"],
            reasons["parts"], reasons["wrong"], reasons["unreadable"], reasons["blank"],
        )  # fmt: skip
        strength = self._discrimination(counts, float(item.points))
        return csv_line(
            item.id, show_points(item.points), *map(str, numbers),
            percent(counts.credit, Fraction(self.students)), "" if strength is None else strength,
            "" if self.varied else show_truth(item), self._frequent(counts),
            "; ".join(self._look_at(counts, strength)),
        )  # fmt: skip

    def _frequent(self, counts: ItemCounts) -> str:
        frequent = sorted(counts.wrong.items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN]
        if self.varied:
            return "; ".join(f"{why.replace('_', ' ')} ({count})" for (_, why), count in frequent)
        return "; ".join(
            f"{value[:MAX_SHOWN]} ({count}{_why(why)})" for (value, why), count in frequent
        )

    def _discrimination(self, counts: ItemCounts, points: float) -> float | None:
        """Return the correlation of an item with the rest of the points; None without a meaning."""
        count = self.students
        if count < 2:
            return None
        credit = float(counts.credit)
        own = counts.squares - credit * credit / count
        whole = self.sum_squares - self.sum * self.sum / count
        both = counts.products - credit * self.sum / count
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

    def _look_at(self, counts: ItemCounts, strength: float | None) -> list[str]:
        """Return what makes an item suspect: its key, its question or its wording."""
        reasons = counts.reasons
        answered = self.students - reasons["blank"]
        if answered < ENOUGH:
            return []
        right = reasons["exact"] + reasons["note"] + reasons["order"]
        wrong: Counter[str] = Counter()
        for (value, why), count in counts.wrong.items():
            wrong[value] += count if why != "follow_through" else 0
        value, most = max(wrong.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
        signs = {
            "nobody was right": not right,
            f"{value[:MAX_SHOWN]} was given more often than the right answer": (
                most > right and not self.varied
            ),
            "students who were right have fewer points elsewhere": (
                strength is not None and self._is_negative(strength)
            ),
            "often unreadable": 4 * reasons["unreadable"] >= answered,
        }
        return [text for text, seen in signs.items() if seen]


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


REVIEW_HEADER = "student,kind,where,detail\n"
#: How many wrong answers must be right for one and the same other student, if there are as many.
FEW = 2
MAX_RAW = 200
#: Kind, place and detail of one thing that wants a human.
Finding = tuple[str, str, str]


class Review:
    """Finds what wants a human, student by student; `varied` if keys differ among them."""

    def __init__(self, varied: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._varied = varied
        self._keys: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._wrong: dict[str, list[tuple[str, str]]] = {}

    def rows(self, result: StudentResult, assignment: Assignment) -> str:
        """Return the rows of `review.csv` about one student."""
        if self._varied:  # keep the right answers, and what is wrong in theirs
            for item in assignment.items:
                self._keys[item.id, show_truth(item)].append(result.person.key)
            self._wrong[result.person.key] = [
                (mark.item, mark.shown)
                for mark in result.marks
                if mark.shown and mark.verdict in ("wrong", "partial")
            ]
        return self._written(result.person.key, _findings(result))

    def _written(self, who: str, findings: Iterable[Finding]) -> str:
        rows = []
        for finding in findings:
            self.counts[finding[0]] += 1
            rows.append(csv_line(who, *finding))
        return "".join(rows)

    def copies(self) -> str:
        """Return rows about students who have wrong answers that are right for one other."""
        rows = []
        asked = len({item for item, _ in self._keys})
        for who, wrong in self._wrong.items():
            shared: dict[str, list[str]] = defaultdict(list)
            for key in wrong:
                for other in self._keys.get(key, ()):
                    shared[other].append(key[0])
            other = max(shared, key=lambda name: (len(shared[name]), name), default="")
            if other and len(shared[other]) >= min(FEW, asked):
                found = ("possible copy", ", ".join(shared[other]), f"right for {other}'s variant")
                rows.append(self._written(who, [found]))
        return "".join(rows)


def _findings(result: StudentResult) -> Iterator[Finding]:
    for row in result.rows:
        if row.status == "unreadable":
            yield _file_kind(row.detail), row.file, row.detail
    for mark in result.marks:
        raw = mark.raw[:MAX_RAW]
        if mark.reason == "manual":
            yield "manual", mark.item, raw
        elif mark.reason == "internal" or mark.verdict == "unreadable":
            kind = "internal error" if mark.reason == "internal" else "unreadable"
            yield kind, mark.item, "; ".join((raw, *mark.notes))
    blank = [mark.item for mark in result.marks if mark.verdict == "blank"]
    if blank:
        yield "partial", ", ".join(blank[:10]) + (", …" if len(blank) > 10 else ""), "no answer"


def _file_kind(detail: str) -> str:
    """Return what became of a file that was not marked, by its reason."""
    if "internal error" in detail:
        return "internal error"
    return "refused" if "not followed" in detail or "larger than" in detail else "unreadable"
