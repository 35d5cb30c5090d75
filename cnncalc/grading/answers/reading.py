"""What was understood of a typed answer: the values that the readers return, and how they print."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple, TypeVar

from cnncalc.grading.answers.arithmetic import Expr
from cnncalc.grading.answers.text import is_blank, plain
from cnncalc.grading.answers.tokens import AnswerError

R = TypeVar("R")
#: Longest answer that is read.
MAX_LENGTH = 2000


class Unread(NamedTuple):
    """No answer was understood: `problem` says why; `blank` if nothing was answered at all."""

    problem: str
    blank: bool = False


class Alternative(NamedTuple):
    """Another value that the same text can mean, `why` it would be read so."""

    value: Fraction
    ulp: Fraction
    why: str


class Number(NamedTuple):
    """One number: its exact `value`, and `ulp`, the unit in the last place that was typed.

    `literal` if it was typed as one number and not as arithmetic; `unit` is the word of measure
    that was typed; `others` are further readings (MB as 10^6 or 2^20).
    """

    value: Fraction
    shown: str
    ulp: Fraction = Fraction(0)
    literal: bool = True
    unit: str = ""
    others: tuple[Alternative, ...] = ()
    notes: tuple[str, ...] = ()


class Volume(NamedTuple):
    """A shape as typed: `axes` in the typed order, `names` (one of C H W L N, or '') beside them.

    An axis is None where a batch of any size was typed (`None`, `N`, `-1`).
    """

    axes: tuple[Fraction | None, ...]
    names: tuple[str, ...]
    shown: str
    notes: tuple[str, ...] = ()


class Option(NamedTuple):
    """One option of a choice, by its position; `shown` is its label and text."""

    position: int
    shown: str


class FitAnswer(NamedTuple):
    """A yes or no to "does it fit?": `fits`, None if only a `value` was given that shows it."""

    fits: bool | None
    shown: str
    value: Fraction | None = None


class AnswerFormula(NamedTuple):
    """A formula in the question's symbols; `floors` if it rounds anywhere."""

    expr: Expr
    shown: str
    floors: bool = False


class Values(NamedTuple):
    """A set of numbers, as an inverse question asks for, or one for each unknown."""

    values: tuple[Fraction, ...]
    shown: str


def show_number(value: Fraction | int) -> str:
    """Return `value` with separators if it is whole, else with at most six significant digits."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    nearest = f"{float(value):.6g}"
    return f"{float(nearest):,}" if Fraction(nearest) == value else f"{float(value):,.4f}…"


def understood(raw: str, read: Callable[[str], R]) -> R | Unread:
    """Return what a reader of one kind of answer understands of a text, or why it does not."""
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    if len(text) > MAX_LENGTH:
        return Unread(f"longer than {MAX_LENGTH} characters: this is not one answer")
    try:
        return read(text)
    except AnswerError as error:
        return Unread(str(error))
