"""What staff look at: statistics of every item, and what wants a human.

A wrong value that many students share is how a bad key, a bad question or a common misconception
shows. Statistics are about answers: marks set by hand and late penalties are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cnncalc.grading.files import csv_line
from cnncalc.grading.marking.marker import Mark
from cnncalc.grading.model import Assignment, Item, show_points
from cnncalc.grading.points import Account, percent
from cnncalc.grading.results import StudentResult

SHOWN = 5
MAX_VALUES = 400
MAX_SHOWN = 60
#: After how many different marks they are counted: few enough to hold.
SETTLED = 1_000
#: How many must have answered before an item is suspected.
ENOUGH = 5
#: The columns of counts, each with the reasons of marks that it counts.
_COUNTS = {
    "right": ("exact",), "with_note": ("note", "order"), "followed": ("follow_through",),
    "slips": ("misconception", "repeated"), "parts": ("parts",), "wrong": ("wrong",),
    "unreadable": ("unreadable",), "blank": ("blank",),
}  # fmt: skip
_HEADER = csv_line(
    "item", "points", "answered", *_COUNTS, "mean_percent", "right_answer",
    "frequent_wrong", "look_at",
)  # fmt: skip


@dataclass(slots=True)
class ItemCounts:
    """What was counted of one item: reasons, wrong values with theirs, and shares of points."""

    reasons: Counter[str] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    credit: Fraction = Fraction(0)

    def add(self, mark: Mark, count: int, value: str) -> None:
        """Count a mark that so many students have."""
        reason = mark.reason
        if reason == "network":  # counts by how much of it is met
            reason = "exact" if mark.credit == 1 else "parts" if mark.credit else "wrong"
        self.reasons[reason] += count
        self.credit += mark.credit * count
        if mark.verdict in ("wrong", "partial") or mark.reason == "follow_through":
            self.wrong[value, mark.slip or mark.reason] += count
            if len(self.wrong) > 2 * MAX_VALUES:  # of rare wrong values a bounded number is kept
                self.wrong = Counter(dict(self.wrong.most_common(MAX_VALUES)))


class Statistics:
    """Counts over students, item by item.

    `varied` if the right values differ from student to student: then none are shown, only slips.
    """

    def __init__(self, assignment: Assignment, varied: bool = False) -> None:
        self.varied = varied
        self.assignment = assignment
        self.items = {item.id: ItemCounts() for item in assignment.items}
        self.students = 0
        self._new: Counter[Mark] = Counter()

    def add(self, account: Account) -> None:
        """Count the marks of one student."""
        if not account.result.marks:
            return
        self.students += 1
        self._new.update(account.result.marks)  # equal answers share one mark: they are few
        if len(self._new) > SETTLED:
            self._settle()

    def _settle(self) -> None:
        for mark, count in self._new.items():
            self.items[mark.item].add(mark, count, "" if self.varied else mark.shown)
        self._new.clear()

    def csv(self) -> tuple[str, list[tuple[str, str]]]:
        """Return `statistics.csv`, one row per item, and the items to look at with the reason."""
        self._settle()
        rows, suspects = [_HEADER], []
        for item in self.assignment.items:
            counts = self.items[item.id]
            if reason := "; ".join(self._look_at(counts)):
                suspects.append((item.id, reason))
            rows.append(self._row(item, counts, reason))
        return "".join(rows), suspects

    def _row(self, item: Item, counts: ItemCounts, look_at: str) -> str:
        answered = self.students - counts.reasons["blank"]
        numbers = [sum(counts.reasons[name] for name in names) for names in _COUNTS.values()]
        frequent = sorted(counts.wrong.items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN]
        return csv_line(
            item.id, show_points(item.points), str(answered), *map(str, numbers),
            percent(counts.credit, Fraction(self.students)),
            "" if self.varied else item.right_answer,
            "; ".join(self._told(*wrong, count) for wrong, count in frequent), look_at,
        )  # fmt: skip

    def _told(self, value: str, reason: str, count: int) -> str:
        """Return a wrong value with how often it was given and why, or the slip alone."""
        words = reason.replace("_", " ")
        if self.varied:
            return f"{words} ({count})"
        why = "" if reason in ("wrong", "parts") else f", {words}"
        return f"{value[:MAX_SHOWN]} ({count}{why})"

    def _look_at(self, counts: ItemCounts) -> Iterator[str]:
        """Yield what makes an item suspect: its key, its question or its wording."""
        answered = self.students - counts.reasons["blank"]
        if answered < ENOUGH:
            return
        right = sum(counts.reasons[name] for name in ("exact", "note", "order"))
        if not right:
            yield "nobody was right"
        wrong: Counter[str] = Counter()
        for (value, why), count in counts.wrong.items():
            wrong[value] += count if why != "follow_through" else 0
        value, most = max(wrong.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
        if most > right and not self.varied:
            yield f"{value[:MAX_SHOWN]} was given more often than the right answer"
        if 4 * counts.reasons["unreadable"] >= answered:
            yield "often unreadable"


REVIEW_HEADER = "student,kind,where,detail\n"
#: How many wrong answers must be right for one and the same other student, if there are as many.
FEW = 2
MAX_RAW = 200
MAX_BLANK = 10


class Review:
    """Finds what wants a human, student by student; `varied` if keys differ among them."""

    def __init__(self, counts: Counter[str], varied: bool = False) -> None:
        self.counts = counts
        self._varied = varied
        self._keys: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._wrong: dict[str, list[tuple[str, str]]] = {}

    def rows(self, account: Account) -> str:
        """Return the rows of `review.csv` about one student."""
        who, marks = account.person.key, account.result.marks
        if self._varied:  # keep the right answers, and what is wrong in theirs
            for item in account.assignment.items:
                self._keys[item.id, item.right_answer].append(who)
            self._wrong[who] = [(mark.item, mark.shown) for mark in _unexplained(marks)]
        rows = [self._row(who, *finding) for finding in _findings(account.result)]
        for one in account.by_hand:
            if one.points is not None and one.points > one.of.points:
                worth = f"{show_points(one.points)} of {show_points(one.of.points)}: {one.note}"
                rows.append(self._row(who, "more than full marks", one.of.id, worth))
        return "".join(rows)

    def _row(self, who: str, kind: str, where: str, detail: str) -> str:
        self.counts[kind] += 1
        return csv_line(who, kind, where, detail)

    def copies(self) -> str:
        """Return rows about students who have wrong answers that are right for one other.

        Some cells of a table agree by chance: it counts if half of the wrong ones do.
        """
        rows = []
        asked = len({item for item, _ in self._keys})
        for who, wrong in self._wrong.items():
            shared: dict[str, list[str]] = defaultdict(list)
            questions: dict[str, list[tuple[str, str]]] = defaultdict(list)
            for key in wrong:
                questions[key[0].partition("/")[0]].append(key)
            for keys in questions.values():
                agree: dict[str, list[str]] = defaultdict(list)
                for key in keys:
                    for other in self._keys.get(key, ()):
                        agree[other].append(key[0])
                for other, items in agree.items():
                    shared[other] += items if 2 * len(items) >= len(keys) else []
            other = max(shared, key=lambda name: (len(shared[name]), name), default="")
            if other and len(shared[other]) >= min(FEW, asked):
                detail = f"right for {other}'s variant"
                rows.append(self._row(who, "possible copy", ", ".join(shared[other]), detail))
        return "".join(rows)


def _unexplained(marks: Sequence[Mark]) -> list[Mark]:
    """Return the wrong answers behind which is no known slip, and what follows from these alone."""
    wrong = [m for m in marks if m.verdict in ("wrong", "partial") and not m.slip and m.shown]
    names = {mark.item for mark in wrong}
    return wrong + [mark for mark in marks if mark.follows and names.issuperset(mark.follows)]


def _findings(result: StudentResult) -> Iterator[tuple[str, str, str]]:
    """Yield kind, place and detail of what wants a human."""
    for file, status, detail in result.rows:
        if status == "unknown student":
            yield status, file, "nobody on the roster has this id"
        elif status == "unreadable":
            signs = {"internal error": "internal error", "not followed": "refused",
                     "larger than": "refused", "": status}  # fmt: skip
            yield next(kind for sign, kind in signs.items() if sign in detail), file, detail
        elif status != "duplicate" and detail:
            yield "unclear", file, detail
    doubtful = [mark for mark in result.marks if mark.verdict in ("unmarked", "unreadable")]
    for mark in doubtful:
        raw = mark.raw[:MAX_RAW]
        if mark.reason == "manual":
            yield "manual", mark.item, raw
        else:
            kind = "internal error" if mark.reason == "internal" else "unreadable"
            yield kind, mark.item, "; ".join((raw, *mark.notes))
    if blank := [mark.item for mark in result.marks if mark.verdict == "blank"]:
        more = ", …" if len(blank) > MAX_BLANK else ""
        yield "partial", ", ".join(blank[:MAX_BLANK]) + more, "no answer"
