"""What wants a human: what could not be marked, and answers that fit another student's variant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from cnncalc.grading.files import csv_line
from cnncalc.grading.model import Assignment
from cnncalc.grading.right_answers import show_truth
from cnncalc.grading.student_results import StudentResult

HEADER = "student,kind,where,detail\n"
#: How many wrong answers must be right for one and the same other student, if there are as many.
FEW = 2
MAX_SHOWN = 200
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
        raw = mark.raw[:MAX_SHOWN]
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
