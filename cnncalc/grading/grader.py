"""Marks one student after another: which attempt counts, what it earned, and how late it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cnncalc.grading.conventions import parse_time
from cnncalc.grading.files import read_bytes, why
from cnncalc.grading.marking.marker import Mark, Marker
from cnncalc.grading.model import Assignment
from cnncalc.grading.results import FileRow, Status, StudentResult
from cnncalc.grading.submissions.columns import read_class_row
from cnncalc.grading.submissions.ids import Raw
from cnncalc.grading.submissions.layouts import FoundFile, shown_name
from cnncalc.grading.submissions.read import SubmissionReader
from cnncalc.grading.submissions.roster import StudentFiles
from cnncalc.grading.submissions.text import Unreadable

DAY = 86400
#: How many problems with an attempt are shown.
MAX_PROBLEMS = 3


@dataclass(slots=True)
class Attempt:
    """The files of one attempt, what was read in all of them, and why some could not be read."""

    files: list[FoundFile]
    raw: Raw = field(default_factory=Raw)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def time(self) -> str:
        """The time given by the layout or by the files themselves."""
        return next((found.time for found in self.files if found.time), self.raw.time)

    @property
    def order(self) -> float:
        """What makes an attempt later than another."""
        return parse_time(self.time) or 0.0

    def rows(self, counts: bool, status: Status) -> Iterator[FileRow]:
        """Yield what became of every file, if the attempt counts or not."""
        for place in map(place_of, self.files):
            if place in self.unread:
                yield FileRow(place, "unreadable", self.unread[place])
            elif counts:
                yield FileRow(place, status, "; ".join(self.raw.problems[:MAX_PROBLEMS]))
            else:
                yield FileRow(place, "duplicate", "another attempt counts")


class Grader:
    """Marks submissions to one assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.reader = SubmissionReader(assignment)
        self.marker = Marker(assignment)
        self.deadline = parse_time(assignment.deadline, end_of_day=True)

    def outcome(self, unit: StudentFiles) -> StudentResult:
        """Return what became of a student with all files found."""
        attempts = self._attempts(unit.files)
        readable = [attempt for attempt in attempts if len(attempt.unread) < len(attempt.files)]
        if not readable:
            return unmarked(unit, [row for one in attempts for row in one.rows(False, "missing")])
        chosen, marks = self._chosen(readable)
        days = self._days(chosen)
        status = status_of(unit.known, days, marks)
        rows = tuple([row for one in attempts for row in one.rows(one is chosen, status)])
        return StudentResult(unit.person, unit.known, status, marks, days, rows, chosen.time)

    def _attempts(self, files: Iterable[FoundFile]) -> list[Attempt]:
        groups: dict[object, Attempt] = {}
        for position, found in enumerate(files):
            attempt = groups.setdefault(found.group or position, Attempt([]))
            attempt.files.append(found)
            try:
                raw = self._raw(found)
            except (Unreadable, OSError, RecursionError, MemoryError) as error:
                attempt.unread[place_of(found)] = why(error)
                continue
            attempt.raw.answers = raw.answers | attempt.raw.answers
            attempt.raw.problems += raw.problems
            attempt.raw.time = attempt.raw.time or raw.time
        return list(groups.values())

    def _raw(self, found: FoundFile) -> Raw:
        if found.line:
            return self.reader.placed(read_class_row(found, self.reader.ids))
        if found.linked:  # to what others handed in, or to any file of this machine
            raise Unreadable("a link to another place, which is not followed")
        return self.reader.read(read_bytes(found.path), found.path)

    def _chosen(self, readable: list[Attempt]) -> tuple[Attempt, Sequence[Mark]]:
        """Return the attempt that counts under the assignment's policy, and its marks."""
        # Without times the first by name counts as the first, the last as the latest.
        if len(readable) > 1:
            readable.sort(key=lambda attempt: attempt.order)
        policy = self.assignment.attempts
        if policy != "best":
            readable = [readable[0 if policy == "first" else -1]]
        marked = [(attempt, self.marker.mark(attempt.raw.answers)) for attempt in readable]
        return marked[0] if len(marked) == 1 else max(marked, key=lambda pair: self._worth(*pair))

    def _worth(self, attempt: Attempt, marks: Sequence[Mark]) -> tuple[object, ...]:
        """Return by what attempts are compared: points after lateness, days late, and time."""
        pairs = zip(marks, self.assignment.items, strict=True)
        points = sum((mark.credit * item.points for mark, item in pairs), Fraction(0))
        days = self._days(attempt)
        left = max(Fraction(0), 1 - self.assignment.late_penalty * days)
        return points * left, -days, attempt.order

    def _days(self, attempt: Attempt) -> int:
        """Return by how many begun days an attempt is late; 1 if only known to be late."""
        tagged, problem = int(any(found.late for found in attempt.files)), ""
        if self.deadline is not None and attempt.time:
            moment = parse_time(attempt.time)
            if moment is not None:
                over = moment - self.deadline - self.assignment.grace
                return max(tagged, -int(-over // DAY)) if over > 0 else tagged
            problem = f"the time `{attempt.time[:80]}` cannot be read"
        elif tagged and self.assignment.late_penalty:
            problem = "late, by how much is not known: one day is counted"
        if problem and problem not in attempt.raw.problems:
            attempt.raw.problems.insert(0, problem)
        return tagged


def place_of(found: FoundFile) -> str:
    """Return how a file, or a row of a class table, is named."""
    path = shown_name(found.shown or found.path)
    return path if not found.line else f"{path}:{found.line}"


def status_of(known: bool, days: int, marks: Sequence[Mark]) -> Status:
    """Return the status of a student whose submission was marked."""
    if not known:
        return "unknown student"
    if days:
        return "late"
    incomplete = any(mark.verdict in ("blank", "unreadable") for mark in marks)
    return "partial" if incomplete else "graded"


def unmarked(unit: StudentFiles, rows: Iterable[FileRow]) -> StudentResult:
    """Return the result of a student of whom nothing was marked: the first row says why."""
    rows = tuple(rows) or (FileRow("", "missing"),)
    return StudentResult(unit.person, unit.known, rows[0].status, (), 0, rows)
