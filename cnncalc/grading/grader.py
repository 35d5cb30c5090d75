"""Marks one student after another: which attempt counts, what it earned, and how late it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cnncalc.grading.files import read_bytes
from cnncalc.grading.marking.marker import Mark, Marker
from cnncalc.grading.model import Assignment
from cnncalc.grading.student_results import FileRow, Status, StudentResult
from cnncalc.grading.submissions.columns import read_class_row
from cnncalc.grading.submissions.decode import MAX_BYTES, Unreadable
from cnncalc.grading.submissions.ids import Raw
from cnncalc.grading.submissions.layouts import FoundFile, shown_name
from cnncalc.grading.submissions.read import SubmissionReader
from cnncalc.grading.submissions.roster import StudentFiles
from cnncalc.grading.times import parse_time

DAY = 86400


@dataclass(slots=True)
class Attempt:
    """The files of one attempt with what was read in them; `raw` is None if nothing could be."""

    files: list[FoundFile]
    raw: Raw | None = None
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def time(self) -> str:
        """The time given by the layout or by the file itself."""
        given = next((found.time for found in self.files if found.time), "")
        return given or (self.raw.time if self.raw else "")

    @property
    def order(self) -> tuple[float, int]:
        """What makes an attempt later than another."""
        return parse_time(self.time) or 0.0, max(found.attempt for found in self.files)


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
        readable = [attempt for attempt in attempts if attempt.raw is not None]
        if not readable:
            rows = _rows(attempts, None, "unreadable") or (FileRow("", "missing"),)
            return StudentResult(unit.person, unit.known, rows[0].status, {}, (), 0, rows)
        chosen, marks = self._chosen(readable)
        days = self._days(chosen)
        status = status_of(unit.known, days, marks)
        answers = chosen.raw.answers if chosen.raw else {}
        rows = _rows(attempts, chosen, status)
        return StudentResult(
            unit.person, unit.known, status, answers, marks, days, rows, chosen.time
        )

    def _attempts(self, files: Iterable[FoundFile]) -> list[Attempt]:
        groups: dict[object, Attempt] = {}
        for position, found in enumerate(files):
            attempt = groups.setdefault(found.group or position, Attempt([]))
            attempt.files.append(found)
            self._read(found, attempt)
        return list(groups.values())

    def _read(self, found: FoundFile, attempt: Attempt) -> None:
        try:
            raw = self._raw(found)
        except (Unreadable, OSError, RecursionError, MemoryError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            attempt.problems[place_of(found)] = reason
            return
        if attempt.raw is None:
            attempt.raw = raw
        else:
            attempt.raw.answers = raw.answers | attempt.raw.answers
            attempt.raw.problems += raw.problems

    def _raw(self, found: FoundFile) -> Raw:
        if found.line:
            return self.reader.placed(read_class_row(found, self.reader.ids))
        if found.linked:  # to what others handed in, or to any file of this machine
            raise Unreadable("a link to another place, which is not followed")
        return self.reader.read(read_bytes(found.path, MAX_BYTES + 1), found.path)

    def _chosen(self, readable: list[Attempt]) -> tuple[Attempt, list[Mark]]:
        """Return the attempt that counts under the assignment's policy, and its marks."""
        if len(readable) > 1 and self.assignment.attempts == "best":
            marked = [(attempt, self._marks(attempt)) for attempt in readable]
            return max(marked, key=lambda pair: self._worth(*pair))
        # Without times the first by name counts as the first, the last as the latest.
        ordered = sorted(readable, key=lambda attempt: attempt.order)
        chosen = ordered[0 if self.assignment.attempts == "first" else -1]
        return chosen, self._marks(chosen)

    def _marks(self, attempt: Attempt) -> list[Mark]:
        return self.marker.mark(attempt.raw.answers if attempt.raw else {})

    def _worth(self, attempt: Attempt, marks: Sequence[Mark]) -> tuple[object, ...]:
        """Return by what attempts are compared: points after lateness, days late, and time."""
        pairs = zip(marks, self.marker.items, strict=True)
        points = sum((mark.credit * item.points for mark, item in pairs), Fraction(0))
        days = self._days(attempt)
        left = max(Fraction(0), 1 - self.assignment.late_penalty * days)
        return points * left, -days, attempt.order

    def _days(self, attempt: Attempt) -> int:
        """Return by how many begun days an attempt is late; 1 if only known to be late."""
        tagged = any(found.late for found in attempt.files)
        if self.deadline is None or not attempt.time:
            return int(tagged)
        moment = parse_time(attempt.time)
        unread = f"the time `{attempt.time[:80]}` cannot be read"
        if moment is None and attempt.raw is not None and unread not in attempt.raw.problems:
            attempt.raw.problems.insert(0, unread)
        over = 0.0 if moment is None else moment - self.deadline - self.assignment.grace
        return max(int(tagged), -int(-over // DAY)) if over > 0 else int(tagged)


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


def lost(unit: StudentFiles, reason: str) -> StudentResult:
    """Return the result of a student whose submission ended the work on it."""
    rows = tuple(FileRow(place_of(found), "unreadable", reason) for found in unit.files)
    rows = rows or (FileRow("", "missing"),)
    return StudentResult(unit.person, unit.known, rows[0].status, {}, (), 0, rows)


def _rows(
    attempts: Iterable[Attempt], chosen: Attempt | None, status: Status
) -> tuple[FileRow, ...]:
    rows = []
    for attempt in attempts:
        for place in map(place_of, attempt.files):
            if place in attempt.problems:
                rows.append(FileRow(place, "unreadable", attempt.problems[place]))
            elif attempt is chosen:
                problems = attempt.raw.problems if attempt.raw else []
                rows.append(FileRow(place, status, "; ".join(problems[:3])))
            else:
                rows.append(FileRow(place, "duplicate", "another attempt counts"))
    return tuple(rows)
