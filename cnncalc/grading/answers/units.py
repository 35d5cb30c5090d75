"""Words behind a number: `K`, `million`, `MiB` scale it, `FLOPs`, `bytes` say what it counts."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

_PREFIXES = {"k": 1, "m": 2, "g": 3, "t": 4}
_SCALES = {
    "k": 1, "kilo": 1, "thousand": 1, "thousands": 1, "tsd": 1, "m": 2, "mio": 2, "mn": 2,
    "mil": 2, "mln": 2, "mega": 2, "million": 2, "millions": 2, "g": 3, "giga": 3, "bn": 3,
    "billion": 3, "billions": 3, "b": 3, "mrd": 3, "t": 4, "tera": 4, "trillion": 4, "trillions": 4,
}  # fmt: skip
_COUNTED = re.compile(
    r"([kmgt])(flops?|macs?|madds?|ops?|operations?|params?|parameters?|weights?|mults?)"
)
_BINARY = re.compile(r"([kmgt])i")
_SIZES = re.compile(r"([kKmMgGtT]?)(i?)(B|b|[Bb]ytes?|[Bb]its?|[Oo]ctets?|o)")
_MEMORY = re.compile(r"([kmgt]i?|kilo|mega|giga|kibi|mebi|gibi)?(bytes?|bits?|octets?)|[kmgt]i?b")
_SIZE_WORDS = {"kilo": "k", "mega": "m", "giga": "g", "tera": "t"}
_BINARY_WORDS = {"kibi": "k", "mebi": "m", "gibi": "g", "tebi": "t"}


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
    if _MEMORY.fullmatch(lower):
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
    if sizes:
        return _size(word, kilo)
    lower = word.lower()
    if lower == "hundred":
        return MeasureUnit(word, Fraction(100))
    power = None if word == "b" else _SCALES.get(lower)  # `32 b` are biases
    if power is None:
        found = _COUNTED.fullmatch(lower)
        power = _PREFIXES[found.group(1)] if found else None
    return _binary(word) if power is None else MeasureUnit(word, Fraction(1000**power))


def _binary(word: str) -> MeasureUnit | None:
    """Return the unit of a bare `Ki` or `Mi`."""
    match = _BINARY.fullmatch(word.lower())
    return MeasureUnit(word, Fraction(1024 ** _PREFIXES[match.group(1)])) if match else None


def _size(word: str, kilo: int) -> MeasureUnit | None:
    lower = word.lower()
    for words, binary in ((_SIZE_WORDS, ""), (_BINARY_WORDS, "i")):
        for head, prefix in words.items():
            if lower.startswith(head):
                return _size(prefix + binary + (lower[4:] or "B"), kilo)
    match = _SIZES.fullmatch(word)
    if match is None:
        power = _SCALES.get(lower)
        return _binary(word) if power is None else _scaled(word, power, kilo)
    power = _PREFIXES.get(match.group(1).lower(), 0)
    bits = match.group(3).lower().startswith("bit")
    found = (
        MeasureUnit(word, Fraction(1024**power)) if match.group(2) else _scaled(word, power, kilo)
    )
    if match.group(3) == "b":
        return found._replace(others=(*found.others, (found.scale / 8, "b read as bits")))
    if bits:
        others = tuple([(scale / 8, why) for scale, why in found.others])
        return MeasureUnit(word, found.scale / 8, others, "bits turned into bytes")
    return found


def _scaled(word: str, power: int, kilo: int) -> MeasureUnit:
    if not power:
        return MeasureUnit(word, Fraction(1))
    other = 1024 if kilo == 1000 else 1000
    meaning = "2^10" if other > kilo else "10^3"
    why = f"{word} counted in steps of {meaning}"
    return MeasureUnit(word, Fraction(kilo**power), ((Fraction(other**power), why),))
