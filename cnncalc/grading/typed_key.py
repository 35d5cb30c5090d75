"""Compares a key that somebody typed with the computed one, and explains each difference."""

from __future__ import annotations

from dataclasses import dataclass

from cnncalc.diagnostics import UsageError
from cnncalc.grading.files import csv_line, read_bytes
from cnncalc.grading.marking.marker import Mark, Marker, says
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.model import Assignment, Item, Network
from cnncalc.grading.sheet import working
from cnncalc.grading.submissions.columns import class_rows
from cnncalc.grading.submissions.read import SubmissionReader
from cnncalc.grading.submissions.text import needed

#: First cells of rows that ask nothing.
_HEADINGS = ("id", "question", "sep=")


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One line of a typed key: `state` is `same`, `written otherwise`, `differs` or `missing`."""

    item: Item
    typed: str
    state: str
    computed: str
    why: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckedKey:
    """A whole typed key: every item compared, ids nobody knows, and what could not be used."""

    items: tuple[KeyLine, ...]
    unknown: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether any typed answer is not the computed one."""
        return any(one.state == "differs" for one in self.items)

    def csv(self) -> str:
        """Return every comparison as a table."""
        rows = [(one.item.id, one.typed, one.state, one.computed, one.why) for one in self.items]
        return "item,typed,state,computed,why\n" + "".join(csv_line(*row) for row in rows)


def check_key(assignment: Assignment, path: str) -> CheckedKey:
    """Return how a typed key (a file of `id,answer` rows) compares with the computed one.

    The key is read and marked as a submission would be, so that a slip in it is found by the same
    rules. Raises UsageError if the file cannot be read or is a table of a class.
    """
    reader = SubmissionReader(assignment)
    with needed("key", path):
        students = class_rows(path, reader.ids) if path.lower().endswith(".csv") else None
        if students is not None:  # a key would be one student's row
            what = f"`{path}` is a table of {len(students)} students, not a key"
            raise UsageError(what, "a key has rows `id,answer`; `cnncalc grade` takes a class")
        raw = reader.read(read_bytes(path), path)
    marks = iter(Marker(assignment).mark(raw.answers))
    pairs = [(item, question) for question in assignment.questions for item in question.items]
    found = tuple([_compared(item, question.network, next(marks)) for item, question in pairs])
    unknown = [key for key in dict.fromkeys(raw.unknown) if key.lower() not in _HEADINGS]
    return CheckedKey(found, tuple(unknown), tuple(dict.fromkeys(raw.problems)))


def _compared(item: Item, network: Network | None, mark: Mark) -> KeyLine:
    state, why = _state(item, mark)
    lines = [] if state in ("same", "missing") else working(item, network)
    return KeyLine(item, mark.raw, state, item.right_answer, why, tuple(lines))


def _state(item: Item, mark: Mark) -> tuple[str, str]:
    """Return how a typed answer compares with the computed one, and why."""
    notes = "; ".join(mark.notes)
    usual = {"blank": ("missing", ""), "exact": ("same", ""), "note": ("written otherwise", notes)}
    if mark.reason in usual:
        return usual[mark.reason]
    if mark.reason == "follow_through":
        earlier = ", ".join(mark.follows)
        return "differs", f"follows from the typed answer to {earlier}, which differs itself"
    if not mark.slip:
        return "differs", notes or item.truth.differs
    other = SLIPS[mark.slip].convention
    return "differs", says(mark) + (f"; right under another convention: {other}" if other else "")
