"""How one typed answer stands by itself, beside what is right."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from cnncalc.grading.answers import Unread
from cnncalc.grading.conventions import Rubric

#: How an answer stands: `blank` if nothing was answered, `unreadable` if nothing was understood,
#: `unmarked` if a person has to mark it.
Word = Literal["accept", "accept_note", "partial", "wrong", "unreadable", "blank", "unmarked"]
#: A shape, or a number; a `Fraction` that is whole is found under its integer.
Value = tuple[int, ...] | int | Fraction

ZERO, ONE = Fraction(0), Fraction(1)
#: A size typed in MB is rounded; with this many units in its last place it is precise enough.
FINEST = 50


class Meaning(NamedTuple):
    """One meaning of an answer: a shape `(C, *spatial)` or a number, with its notes."""

    value: tuple[int, ...] | Fraction
    ulp: Fraction = ZERO
    rounded: bool = False
    notes: tuple[str, ...] = ()


class Judged(NamedTuple):
    """The comparison: `shown` is what was understood, `credit` the share earned by itself.

    `reason` is `exact`, `note`, `order`, `parts`, `wrong`, `unreadable`, `blank`, `network`,
    `manual` (a person marks it) or `internal` (a fault of ours: a person must look at it); `slip`
    a misconception that the writing itself shows. `candidates` are the meanings for which the
    marking looks for other reasons; without any the judgement stands.
    """

    verdict: Word
    reason: str
    shown: str
    credit: Fraction = ZERO
    notes: tuple[str, ...] = ()
    slip: str = ""
    candidates: tuple[Meaning, ...] = ()


def unread(reading: Unread) -> Judged:
    """Return the judgement of an answer that was not understood."""
    word: Word = "blank" if reading.blank else "unreadable"
    return Judged(word, word, "", notes=(reading.problem,))


def right(rubric: Rubric, shown: str, notes: tuple[str, ...], candidate: Meaning) -> Judged:
    """Return the judgement of a right answer; notes make it accepted with a note."""
    if notes:
        return Judged("accept_note", "note", shown, rubric.note, notes, "", (candidate,))
    return Judged("accept", "exact", shown, ONE, (), "", (candidate,))


def wrong(shown: str, *notes: str, candidates: tuple[Meaning, ...] = ()) -> Judged:
    """Return the judgement of a wrong answer."""
    return Judged("wrong", "wrong", shown, ZERO, notes, "", candidates)


def failed(error: Exception) -> Judged:
    """Return the judgement of an answer at which this program failed."""
    what = f"it could not be marked, by a fault of this program ({type(error).__name__})"
    return Judged("unmarked", "internal", "", ZERO, (f"{what}: staff look at it",))


def near(candidate: Meaning, value: Fraction, tolerance: Fraction) -> str | None:
    """Return why a number counts as `value`: '' if exactly, a note if within tolerance, or None."""
    given = candidate.value
    if not isinstance(given, Fraction):
        return None
    if given == value:
        return ""
    if not tolerance and not candidate.rounded:
        return None  # the usual case: differences of fractions are slow
    off = abs(given - value)
    if off <= tolerance * abs(value):
        return "rounded, within the tolerance"
    if candidate.rounded and off <= candidate.ulp / 2 and abs(value) >= FINEST * candidate.ulp:
        return "rounded"
    return None
