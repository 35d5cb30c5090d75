"""What words say of a number: `MiB` scales it, `FLOPs` says what is counted, `seven` is one."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.answers.tokens import AnswerError

#: Powers of a thousand.
_POWERS = {
    "": 0, "k": 1, "kilo": 1, "thousand": 1, "thousands": 1, "tsd": 1, "m": 2, "mio": 2, "mn": 2,
    "mil": 2, "mln": 2, "mega": 2, "million": 2, "millions": 2, "g": 3, "giga": 3, "bn": 3,
    "billion": 3, "billions": 3, "b": 3, "mrd": 3, "t": 4, "tera": 4, "trillion": 4, "trillions": 4,
}  # fmt: skip
_BINARY = {"ki": 1, "mi": 2, "gi": 3, "ti": 4, "kibi": 1, "mebi": 2, "gibi": 3, "tebi": 4}
_OPERATIONS = re.compile(r"([kmgt])(flops?|macs?|madds?|ops?|operations?|param(?:eter)?s?|"
                         r"weights?|mults?)")  # fmt: skip
_SIZE = re.compile(
    r"(kibi|mebi|gibi|tebi|[kmgt]i|kilo|mega|giga|tera|[kmgt]?)(b|bytes?|bits?|octets?|o)", re.I
)
_MEMORY = re.compile(r".*(?:bytes?|bits?|octets?)|[kmgt]i?b", re.IGNORECASE)
#: What is counted, by the words behind the number; and what a question of each quantity counts.
_COUNTED = {
    **dict.fromkeys(("params", "param", "parameters", "parameter", "weights", "biases"), "params"),
    **dict.fromkeys(("flop", "flops"), "FLOPs"),
    **dict.fromkeys(("mac", "macs", "madds", "accumulates"), "MACs"),
    **dict.fromkeys(("pixels", "pixel", "px", "channels", "filters", "filter", "maps"), "places"),
}
_ASKED = {
    **dict.fromkeys(("params", "weights", "biases", "buffers", "fan_in"), "params"),
    **dict.fromkeys(("weight_bytes", "activation_bytes", "peak_bytes"), "memory"),
    **dict.fromkeys(("height", "width", "size", "length", "channels"), "places"),
    "macs": "MACs", "flops": "FLOPs",
}  # fmt: skip


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
    return _COUNTED.get(lower[1:] if _OPERATIONS.fullmatch(lower) else lower, "")


def converts(first: str, second: str) -> bool:
    """Tell whether two words count operations in different ways: MACs and FLOPs."""
    return {counted(first), counted(second)} == {"MACs", "FLOPs"}


def wrong_unit(word: str, quantity: str) -> str:
    """Return a note on `word` behind the answer to a question of `quantity`, or ''.

    Raises AnswerError for a wrong unit; MACs and FLOPs are mixed up by whole textbooks.
    """
    found, asked = counted(word), _ASKED.get(quantity, "")
    if not found or found == asked or (not asked and found != "memory"):
        return ""
    if {found, asked} == {"MACs", "FLOPs"}:
        return f"typed as {word}: {asked} were asked for"
    raise AnswerError(f"`{word}` is the wrong unit here")


def unit(word: str, *, sizes: bool, kilo: int = 1000) -> MeasureUnit | None:
    """Return what `word` behind a number does to it, or None if it is only a label.

    `sizes` if the question asks for bytes, where `kilo` (1000 or 1024) is the meaning of K in KB.
    """
    lower = word.lower()
    if sizes and (size := _SIZE.fullmatch(lower)):
        found = _scaled(word, size[1], kilo)
        if size[2].startswith("bit"):
            others = tuple([(scale / 8, why) for scale, why in found.others])
            return MeasureUnit(word, found.scale / 8, others, "bits turned into bytes")
        bits = ((found.scale / 8, "b read as bits"),) if word[-1] == "b" else ()
        return found._replace(others=found.others + bits)
    if lower == "hundred" and not sizes:
        return MeasureUnit(word, Fraction(100))
    operations = None if sizes else _OPERATIONS.fullmatch(lower)
    prefix = operations[1] if operations else lower
    known = prefix in _POWERS or prefix in ("ki", "mi", "gi", "ti")
    if not known or word == "b":  # `32 b` are biases
        return None
    return _scaled(word, prefix, kilo if sizes else 0)


def _scaled(word: str, prefix: str, kilo: int) -> MeasureUnit:
    """Return a unit of a prefix, whose thousands may be 1024s where `kilo` is given."""
    if prefix in _BINARY:
        return MeasureUnit(word, Fraction(1024 ** _BINARY[prefix]))
    power = _POWERS[prefix]
    if not power or not kilo:
        return MeasureUnit(word, Fraction(1000**power))
    other = 1024 if kilo == 1000 else 1000
    why = f"{word} counted in steps of {'2^10' if other > kilo else '10^3'}"
    return MeasureUnit(word, Fraction(kilo**power), ((Fraction(other**power), why),))


#: Words that stand for one small number, also beside digits (`ten 32×32 maps`).
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_SMALL = NUMBER_WORDS | {
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_LARGE = {"thousand": 1000, "million": 1000**2, "billion": 1000**3}
_WORD = re.compile(r"[^\W\d_]+")
_NOTHING = re.compile(
    r"(?:none|nothing|nil|zero|no|∅)\W*(?:at all\W*)?"
    r"|(?:none|nothing|nil)\W(?!of\b|but\b|except\b|more\b|less\b).*"
    r"|.*\bno (?:(?:learnable|trainable|learned|free|extra|additional|such|any) )*"
    r"(?:param\w*|weights?|bias\w*|macs?|flops?|multiplications?|operations?|padding|values?)\b.*",
    re.IGNORECASE | re.DOTALL,
)


def spelled(text: str) -> int | None:
    """Return the number that a text without digits spells, or None unless there is just one."""
    words = _WORD.findall(text.lower())
    places = [at for at, word in enumerate(words)
              if word in _SMALL or word in _LARGE or word == "hundred"]  # fmt: skip
    run = words[places[0] : places[-1] + 1] if places else []
    if not run or len(places) < len(run) - run.count("and") or (run == ["one"] and len(words) > 2):
        return None  # `the one with a bias` is no number
    total = part = last = 0
    for word in run:
        if word in _LARGE:
            total, part, last = total + (part or 1) * _LARGE[word], 0, 0
        elif word == "hundred":
            part, last = (part or 1) * 100, 0
        elif word in _SMALL:
            if last and not (last >= 20 and last % 10 == 0 and _SMALL[word] < 10):
                return None  # `three five` are two numbers
            part, last = part + _SMALL[word], _SMALL[word] or -1
    return total + part


def says_nothing(text: str) -> bool:
    """Tell whether a text without digits says that there is nothing to count."""
    return len(text) < 80 and _NOTHING.fullmatch(text) is not None
