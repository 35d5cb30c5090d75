"""What a run of digits, points, commas and group marks says: `1,234`, `1.234.567`, `12,34`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, NamedTuple

from cnncalc.grading.answers.text import THIN

DecimalMark = Literal["point", "comma"]

#: Longest run of digits that is read; a longer one is no answer to any question.
MAX_DIGITS = 40
MAX_EXPONENT = 30

_PARTS = re.compile(r"(\d+)|([.,'_ \u2009])")
_SPACES = (" ", THIN, "'")


class Numeral(NamedTuple):
    """One number as typed: its `value`, and `ulp`, the size of one unit in its last place.

    `note` tells of an unusual but unambiguous grouping; `problem` says why it cannot be read (the
    value is then 0 and means nothing).
    """

    value: Fraction
    ulp: Fraction = Fraction(1)
    note: str = ""
    problem: str = ""


def numeral(text: str, exponent: str = "", decimal: DecimalMark = "point") -> Numeral:
    """Return what a run of digits and marks means under the course's decimal mark.

    `exponent` is the text after `e`. Where only the other mark can make sense (`1.234.567`), the
    number is read that way and a note says so; where nothing can (`12,34`), it has a problem.
    """
    if text.isdecimal() and not exponent and len(text) <= MAX_DIGITS:
        return Numeral(Fraction(int(text)))
    if sum(char.isdigit() for char in text) > MAX_DIGITS:
        return _unreadable(f"a number of more than {MAX_DIGITS} digits")
    digits, places, note = _digits(text, decimal)
    if digits is None:
        return _unreadable(note)
    power = int(exponent or "0")
    if abs(power) > MAX_EXPONENT:
        return _unreadable(f"an exponent beyond {MAX_EXPONENT}")
    ulp = Fraction(10) ** (power - places)
    return Numeral(int(digits) * ulp, ulp, note)


def _unreadable(problem: str) -> Numeral:
    return Numeral(Fraction(0), Fraction(1), "", problem)


def _digits(text: str, decimal: DecimalMark) -> tuple[str | None, int, str]:
    """Return all digits, how many stand after the decimal mark, and a note or the problem."""
    mark, other = (".", ",") if decimal == "point" else (",", ".")
    groups = [digits for digits, _ in _PARTS.findall(text) if digits]
    marks = [sign for _, sign in _PARTS.findall(text) if sign]
    joined = "".join(groups)
    if marks and marks[-1] == mark and mark not in marks[:-1] and _grouped(groups[:-1], marks[:-1]):
        return joined, len(groups[-1]), ""
    if _grouped(groups, marks) and mark not in marks:
        return joined, 0, ""
    if _indian(groups, marks):
        return joined, 0, f"{text}: groups of two digits, read as lakhs and crores"
    return _other_locale(text, groups, marks, other)


def _other_locale(
    text: str, groups: list[str], marks: list[str], other: str
) -> tuple[str | None, int, str]:
    """Read a number that only the other decimal mark explains; the case of one mark is refused."""
    joined = "".join(groups)
    mark = "," if other == "." else "."
    if len(marks) > 1 and set(marks) == {mark} and _grouped(groups, marks):
        return joined, 0, f"{text}: the {_NAME[mark]}s were read as grouping the digits"
    # `1.234,56` cannot be anything else, but `1.234,567` could be a slip in either locale.
    after = len(groups[-1])
    if len(marks) > 1 and marks[-1] == other and after != 3 and set(marks[:-1]) == {mark}:
        if _grouped(groups[:-1], marks[:-1]):
            return joined, after, f"{text}: the {_NAME[other]} was read as the decimal mark"
    elif marks == [other] and other == "." and after != 3:
        return joined, after, f"{text}: the point was read as the decimal mark"
    return None, 0, f"{text.strip()} is not a valid grouping of digits"


_NAME = {".": "point", ",": "comma"}


def _grouped(groups: list[str], marks: list[str]) -> bool:
    """Tell whether one kind of mark separates groups of three."""
    if not marks:
        return True
    if len(set(marks)) > 1:
        return False
    if marks[0] not in (*_SPACES, ",", ".", "_"):
        return False
    return 1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])


def _indian(groups: list[str], marks: list[str]) -> bool:
    return (
        len(marks) >= 2
        and set(marks) == {","}
        and len(groups[-1]) == 3
        and 1 <= len(groups[0]) <= 2
        and all(len(group) == 2 for group in groups[1:-1])
    )
