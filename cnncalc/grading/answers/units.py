"""Numerals such as `1,234`, and words behind them: `MiB` scales, `FLOPs` says what is counted."""

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


#: Powers of a thousand.
_POWERS = {
    "": 0, "k": 1, "kilo": 1, "thousand": 1, "thousands": 1, "tsd": 1, "m": 2, "mio": 2, "mn": 2,
    "mil": 2, "mln": 2, "mega": 2, "million": 2, "millions": 2, "g": 3, "giga": 3, "bn": 3,
    "billion": 3, "billions": 3, "b": 3, "mrd": 3, "t": 4, "tera": 4, "trillion": 4, "trillions": 4,
}  # fmt: skip
_BINARY = {"ki": 1, "mi": 2, "gi": 3, "ti": 4, "kibi": 1, "mebi": 2, "gibi": 3, "tebi": 4}
_COUNTED = re.compile(
    r"([kmgt])(flops?|macs?|madds?|ops?|operations?|params?|parameters?|weights?|mults?)"
)
_SIZE = re.compile(
    r"(kibi|mebi|gibi|tebi|[kmgt]i|kilo|mega|giga|tera|[kmgt]?)(b|bytes?|bits?|octets?|o)",
    re.IGNORECASE,
)
_MEMORY = re.compile(r".*(?:bytes?|bits?|octets?)|[kmgt]i?b", re.IGNORECASE)
#: What is counted, by the words behind the number; and what a question of each quantity counts.
_COUNTED_WORDS = {
    **dict.fromkeys(("params", "param", "parameters", "parameter", "weights", "biases"), "params"),
    **dict.fromkeys(("flop", "flops"), "FLOPs"),
    **dict.fromkeys(("mac", "macs", "madds", "accumulates"), "MACs"),
    **dict.fromkeys(("pixels", "pixel", "px", "channels", "filters", "filter", "maps"), "places"),
}
_ASKED = {
    **dict.fromkeys(("params", "weights", "biases", "buffers", "fan_in"), "params"),
    **dict.fromkeys(("weight_bytes", "activation_bytes"), "memory"),
    **dict.fromkeys(("height", "width", "size", "length", "channels"), "places"),
    "macs": "MACs", "flops": "FLOPs",
}  # fmt: skip
_OPERATIONS = frozenset(("MACs", "FLOPs"))


class MeasureUnit(NamedTuple):
    """A word of measure: multiply by `scale`; `others` are scales it has elsewhere, and why."""

    word: str
    scale: Fraction
    others: tuple[tuple[Fraction, str], ...] = ()
    note: str = ""


def counted(word: str) -> str:
    """Return what a word behind a number says is counted, or ''."""
    lower = word.lower()
    if _MEMORY.fullmatch(word):
        return "memory"
    return _COUNTED_WORDS.get(lower[1:] if _COUNTED.fullmatch(lower) else lower, "")


def converts(first: str, second: str) -> bool:
    """Tell whether two words count operations in different ways: MACs and FLOPs."""
    return {counted(first), counted(second)} == _OPERATIONS


def mismatch(word: str, quantity: str) -> tuple[str, bool]:
    """Return what is wrong with `word` behind the answer to a question of `quantity`, or ''.

    The flag tells whether it is a remark only: MACs and FLOPs are mixed up by whole textbooks.
    """
    found, asked = counted(word), _ASKED.get(quantity, "")
    if not found or found == asked or (not asked and found != "memory"):
        return "", False
    if {found, asked} <= _OPERATIONS:
        return f"typed as {word}: {asked} were asked for", True
    return f"`{word}` is the wrong unit here", False


def unit(word: str, *, sizes: bool, kilo: int = 1000) -> MeasureUnit | None:
    """Return what `word` behind a number does to it, or None if it is only a label.

    `sizes` if the question asks for bytes, where `kilo` (1000 or 1024) is the meaning of K in KB.
    """
    lower = word.lower()
    if sizes and (match := _SIZE.fullmatch(word)):
        return _size(word, match[1].lower(), match[2], kilo)
    if lower == "hundred" and not sizes:
        return MeasureUnit(word, Fraction(100))
    if lower in ("ki", "mi", "gi", "ti"):
        return MeasureUnit(word, Fraction(1024 ** _BINARY[lower]))
    operations = None if sizes else _COUNTED.fullmatch(lower)
    power = _POWERS.get(operations[1] if operations else lower)
    if power is None or word == "b":  # `32 b` are biases
        return None
    return _thousands(word, power, kilo) if sizes else MeasureUnit(word, Fraction(1000**power))


def _size(word: str, prefix: str, base: str, kilo: int) -> MeasureUnit:
    """Return a unit of memory; `b` alone may be bits."""
    if prefix in _BINARY:
        found = MeasureUnit(word, Fraction(1024 ** _BINARY[prefix]))
    else:
        found = _thousands(word, _POWERS[prefix], kilo)
    if base == "b":
        return found._replace(others=(*found.others, (found.scale / 8, "b read as bits")))
    if base.lower().startswith("bit"):
        others = tuple([(scale / 8, why) for scale, why in found.others])
        return MeasureUnit(word, found.scale / 8, others, "bits turned into bytes")
    return found


def _thousands(word: str, power: int, kilo: int) -> MeasureUnit:
    """Return a unit whose thousands may be 1024s, as its other reading."""
    if not power:
        return MeasureUnit(word, Fraction(1))
    other = 1024 if kilo == 1000 else 1000
    why = f"{word} counted in steps of {'2^10' if other > kilo else '10^3'}"
    return MeasureUnit(word, Fraction(kilo**power), ((Fraction(other**power), why),))
