"""Words that scale a number: `K`, `million`, `GFLOPs`, `MB`, `MiB`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

_PREFIXES = {"k": 1, "m": 2, "g": 3, "t": 4}
_SCALES = {
    "k": 1, "kilo": 1, "thousand": 1, "thousands": 1, "tsd": 1, "m": 2, "mio": 2, "mn": 2,
    "mil": 2, "mega": 2, "million": 2, "millions": 2, "g": 3, "giga": 3, "bn": 3, "billion": 3,
    "billions": 3, "b": 3, "mrd": 3, "t": 4, "tera": 4, "trillion": 4, "trillions": 4,
}  # fmt: skip
_COUNTED = re.compile(
    r"([kmgt])(flops?|macs?|madds?|ops?|operations?|params?|parameters?|weights?|mults?)"
)
_SIZES = re.compile(r"([kKmMgGtT]?)(i?)(B|b|[Bb]ytes?|[Bb]its?|[Oo]ctets?|o)")
_SIZE_WORDS = {"kilo": "k", "mega": "m", "giga": "g", "tera": "t"}
_BINARY_WORDS = {"kibi": "k", "mebi": "m", "gibi": "g", "tebi": "t"}


class Unit(NamedTuple):
    """A word of measure: multiply by `scale`; `other` is the scale of the other convention."""

    word: str
    scale: Fraction
    other: Fraction | None = None
    note: str = ""


def unit(word: str, *, sizes: bool, kilo: int = 1000) -> Unit | None:
    """Return what `word` behind a number does to it, or None if it is only a label.

    `sizes` if the question asks for bytes, where `kilo` (1000 or 1024) is the meaning of K in KB.
    """
    if sizes:
        return _size(word, kilo)
    lower = word.lower()
    power = _SCALES.get(lower)
    if power is None:
        counted = _COUNTED.fullmatch(lower)
        power = _PREFIXES[counted.group(1)] if counted else None
    return None if power is None else Unit(word, Fraction(1000**power))


def _size(word: str, kilo: int) -> Unit | None:
    lower = word.lower()
    for words, binary in ((_SIZE_WORDS, ""), (_BINARY_WORDS, "i")):
        for head, prefix in words.items():
            if lower.startswith(head):
                return _size(prefix + binary + (lower[4:] or "B"), kilo)
    match = _SIZES.fullmatch(word)
    if match is None:
        power = _SCALES.get(lower)
        return None if power is None or lower == "b" else _scaled(word, power, kilo)
    power = _PREFIXES.get(match.group(1).lower(), 0)
    if match.group(2):
        return Unit(word, Fraction(1024**power))
    found = _scaled(word, power, kilo)
    if match.group(3).lower().startswith("bit"):
        return Unit(
            word, found.scale / 8, found.other and found.other / 8, "bits turned into bytes"
        )
    return found


def _scaled(word: str, power: int, kilo: int) -> Unit:
    if not power:
        return Unit(word, Fraction(1))
    other = 1024 if kilo == 1000 else 1000
    return Unit(word, Fraction(kilo**power), Fraction(other**power))
