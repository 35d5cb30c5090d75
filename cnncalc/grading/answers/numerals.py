"""What a run of digits, points, commas and group marks says: `1,234`, `1.234.567`, `12,34`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, NamedTuple

DecimalMark = Literal["point", "comma"]

#: Longest run of digits that is read; a longer one is no answer to any question.
MAX_DIGITS = 40
MAX_EXPONENT = 30

#: A whole number, its digits in groups of three if it has marks at all.
_WHOLE = re.compile(r"\d+|\d{1,3}([,'_ .\u2009])\d{3}(?:\1\d{3})*")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")
_NAMES = {".": "point", ",": "comma"}


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
    digits = "".join([char for char in text if char.isdigit()])
    power = int(exponent or "0")
    places, note = _places(text, *((".", ",") if decimal == "point" else (",", ".")))
    problem = note if places < 0 else ""
    if len(digits) > MAX_DIGITS:
        problem = f"a number of more than {MAX_DIGITS} digits"
    elif abs(power) > MAX_EXPONENT:
        problem = f"an exponent beyond {MAX_EXPONENT}"
    if problem:
        return Numeral(Fraction(0), problem=problem)
    ulp = Fraction(10) ** (power - places)
    return Numeral(int(digits) * ulp, ulp, note)


def _places(text: str, mark: str, other: str) -> tuple[int, str]:
    """Return how many digits stand after the decimal mark, and a note; -1 and why if none can."""
    whole = _WHOLE.fullmatch(text) is not None
    head, found, tail = text.rpartition(mark)
    if not found and whole:
        return 0, ""
    if found and tail.isdecimal() and mark not in head and (not head or _WHOLE.fullmatch(head)):
        return len(tail), ""
    if _INDIAN.fullmatch(text):
        return 0, f"{text}: groups of two digits, read as lakhs and crores"
    if whole:
        return 0, f"{text}: the {_NAMES[mark]}s were read as grouping the digits"
    # `1.234,56` cannot be anything else, but `1.234,567` could be a slip in either locale.
    head, found, tail = text.rpartition(other)
    if found and len(tail) != 3 and _WHOLE.fullmatch(head):
        if mark in head:
            return len(tail), f"{text}: the {_NAMES[other]} was read as the decimal mark"
        if other == "." and head.isdecimal():
            return len(tail), f"{text}: the point was read as the decimal mark"
    return -1, f"{text.strip()} is not a valid grouping of digits"
