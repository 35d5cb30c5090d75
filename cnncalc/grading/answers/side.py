"""One side of an equation: its arithmetic, and what the words among it say.

Words scale a number, say what it counts, remark on it in brackets, or leave it in doubt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.answers.arithmetic import evaluate, is_function, parse
from cnncalc.grading.answers.reading import Number, OtherScale, show_number
from cnncalc.grading.answers.tokens import (
    DOUBT,
    END,
    AnswerError,
    AnswerToken,
    DecimalMark,
    has_number,
    matching,
    numbers,
    split,
)

#: Powers of a thousand.
_POWERS = {
    "": 0, "k": 1, "kilo": 1, "thousand": 1, "tsd": 1, "m": 2, "mio": 2, "mn": 2, "mil": 2,
    "mln": 2, "mega": 2, "million": 2, "g": 3, "giga": 3, "bn": 3, "billion": 3, "b": 3, "mrd": 3,
    "t": 4, "tera": 4, "trillion": 4,
}  # fmt: skip
_BINARY = {"ki": 1, "mi": 2, "gi": 3, "ti": 4, "kibi": 1, "mebi": 2, "gibi": 3, "tebi": 4}
_OPERATIONS = re.compile(r"([kmgt])(flops?|macs?|madds?|ops?|operations?|param(?:eter)?s?|"
                         r"weights?|mults?)")  # fmt: skip
_SIZE = re.compile(
    r"(kibi|mebi|gibi|tebi|[kmgt]i|kilo|mega|giga|tera|[kmgt]?)(b|bytes?|bits?|octets?|o)"
)
_MEMORY = re.compile(r".*(?:bytes?|bits?|octets?)|[kmgt]i?b")
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
OPERATIONS = {"MACs", "FLOPs"}

#: Words that leave open which number is meant, or would change the one behind them.
_DOUBT = DOUBT | frozenset(
    ("than", "under", "above", "below", "vs", "versus", "until", "up", "bis", "zwischen",
     "half", "twice", "double", "thrice", "triple", "squared", "cubed")
)  # fmt: skip
_ABOUT = frozenset(("~", "about", "around", "approx", "approximately", "roughly", "circa", "ca"))
#: What a count may be given per; per filter it is a part of what was asked.
_PART = re.compile(
    r"\b(?:per|pro|each)\b(?! (?:image|sample|example|input|picture|inference|forward|layer|side|"
    r"edge|border|a|one)\b) ?\w*"
)


class MeasureUnit(NamedTuple):
    """A word of measure: multiply by `scale`; `others` are scales it has elsewhere, and why."""

    word: str
    scale: Fraction
    others: tuple[tuple[Fraction, str], ...] = ()


def counted(word: str) -> str:
    """Return what a word behind a number says is counted, or ''."""
    lower = word.lower()
    if _MEMORY.fullmatch(lower):
        return "memory"
    return _COUNTED.get(lower[1:] if _OPERATIONS.fullmatch(lower) else lower, "")


def unit(word: str, *, sizes: bool, kilo: int = 1000) -> MeasureUnit | None:
    """Return what `word` behind a number does to it, or None if it is only a label.

    `sizes` if the question asks for bytes, where `kilo` (1000 or 1024) is the meaning of K in KB.
    """
    lower = word.lower()
    size = (_SIZE if sizes else _OPERATIONS).fullmatch(lower)
    prefix = size[1] if size else lower if len(lower) < 3 else lower.removesuffix("s")
    if lower == "hundred" and not sizes:
        return MeasureUnit(word, Fraction(100))
    power = _BINARY.get(prefix) or _POWERS.get(prefix)
    if power is None or (word == "b" and not sizes):  # `32 b` are biases
        return None
    base = 1024 if prefix in _BINARY else kilo if sizes else 1000
    bits = 8 if sizes and size and size[2].startswith("bit") else 1
    scale = Fraction(base**power, bits)
    others: list[tuple[Fraction, str]] = []
    if sizes and power and prefix in _POWERS:
        other, step = (1000, "10^3") if base == 1024 else (1024, "2^10")
        others.append((Fraction(other**power, bits), f"{word} counted in steps of {step}"))
    if sizes and size and bits == 1 and word[-1] == "b":
        others.append((scale / 8, "b read as bits"))
    return MeasureUnit(word, scale, tuple(others))


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are read: the decimal mark, and for sizes the unit asked and what K means.

    `unit` is a word such as `MiB` in which the answer is wanted, or '' for bytes or plain counts;
    `quantity` is what is asked, so that a wrong unit is noticed.
    """

    decimal: DecimalMark = "point"
    sizes: bool = False
    kilo: int = 1000
    unit: str = ""
    quantity: str = ""


def same(first: Number, second: Number) -> bool:
    values = {first.value, *[value for value, _, _ in first.others]}
    return not values.isdisjoint({second.value, *[value for value, _, _ in second.others]})


def finer(first: Number, second: Number) -> Number | None:
    """Return the more exact of two typed numbers if one is the other rounded, else None.

    Only whole ones count as exact, since `4.5 = 4` rounds down.
    """
    rough, exact = (first, second) if first.ulp > second.ulp else (second, first)
    if rough.ulp <= 1 or abs(rough.value - exact.value) > rough.ulp / 2:
        return None
    return exact


@dataclass(slots=True)
class Side:
    """One side of a chain: its arithmetic (`kept`), and the words behind numbers.

    `exact` is a number in brackets, and the one in front of it is its rounding. `inner` inside of
    brackets, where remarks are not looked for: each may be a factor instead, which would take
    twice as long at every level.
    """

    style: NumberStyle
    inner: bool = False
    kept: list[AnswerToken] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    unit: MeasureUnit | None = None
    exact: Number | None = None

    def read(self, tokens: list[AnswerToken]) -> Number:
        signs = [token for token in tokens if token.kind != "word"]
        ends = numbers(signs[::2])
        if len(signs) == 3 and signs[1].text == "-" and len(ends) == 2 and ends[0] < ends[1]:
            raise AnswerError("a range is not an answer")  # `700-800`
        depth = end = 0
        for at, token in enumerate(tokens):
            if at < end:
                continue  # in a remark
            if token.kind in ("number", "op", "×", ",") or (token.kind == "close" and depth):
                self.kept.append(token)
                depth -= token.kind == "close"
            elif token.kind == "word":
                self._word(tokens, at)
            elif token.kind == "open":
                end = self._remark(tokens, at) + 1
                self.kept += [token] if end == 1 else []
                depth += end == 1
            elif token.kind == "%":
                self._scale(Fraction(1, 100))
            elif token.kind == "@":
                raise AnswerError("`@` in a place where nothing was expected")
            elif token.text == "#" and self.kept:
                break  # a comment
        found = self._number(evaluate(parse(self.kept)))
        exact = self.exact if found.literal else None
        return exact if exact and finer(exact, found) is exact else found

    def _is_behind(self) -> bool:
        return bool(self.kept) and self.kept[-1].kind in ("number", "close")

    def _word(self, tokens: list[AnswerToken], at: int) -> None:
        token, following = tokens[at], [*tokens[at + 1 : at + 2], END][0]
        word = token.text.lower()
        if word in _DOUBT or (word == "no" and following.number):
            raise AnswerError(f"`{token.text}` leaves open which number is meant")
        if not self._is_behind():
            if is_function(token, following):
                self.kept.append(token)
            elif following.kind == "op":
                raise AnswerError(f"`{following.text}` where a number should stand")
            return
        self.labels.append(token.text)
        if tokens[at - 1].number:
            if not token.spaced and not token.text.isalpha():
                raise AnswerError(f"`{token.text}` behind a number")
            if found := unit(token.text, sizes=self.style.sizes, kilo=self.style.kilo):
                self.unit = found
                self._scale(found.scale)

    def _scale(self, scale: Fraction) -> None:
        last = self.kept[-1] if self.kept else END
        if last.number is None:
            raise AnswerError("a unit without a number")
        number = last.number._replace(value=last.number.value * scale, ulp=last.number.ulp * scale)
        self.kept[-1] = last._replace(number=number)

    def _remark(self, tokens: list[AnswerToken], at: int) -> int:
        """Return where a remark in brackets ends; 0 if what is in them belongs to the arithmetic.

        A remark stands behind a number, and says nothing else than it: words, or the same number.
        """
        first = [*tokens[at + 1 : at + 2], END][0]
        if self._is_behind() and first.text in ("+", "-"):
            raise AnswerError(f"`({first.text}` behind a number: say by `=` what it comes to")
        if not self._is_behind() or not tokens[at].spaced:
            return 0
        end = matching(tokens, at)
        inner = tokens[at + 1 : end]
        if not has_number(inner):
            words = [token.text for token in inner]
            self.labels += words if _PART.match(" ".join(words).lower()) else []
            return end
        return end if first.text.lower() in _ABOUT or self._agrees(inner) else 0

    def _agrees(self, inner: list[AnswerToken]) -> bool:
        """Tell whether a remark gives the number in front of it once more, or more exactly."""
        number = self.kept[-1].number
        if number is None or self.inner:
            return False
        try:
            *_, last = filter(has_number, split(inner, "=", "~"))
            remark = Side(self.style, inner=True).read(last)
        except AnswerError:
            return not any(token.kind in ("op", "×") for token in inner)
        own = Number(number.value, "", number.ulp, others=self._others(number.value, number.ulp))
        if same(remark, own):
            return True
        if len(numbers(self.kept)) > 1 or not remark.literal:
            return False
        best = finer(remark, own)
        self.exact = remark if best is remark else self.exact
        return best is not None

    def _number(self, value: Fraction) -> Number:
        typed, style = [token.number for token in self.kept if token.number], self.style
        literal = len(typed) == 1
        ulp = typed[0].ulp if literal and abs(value) == typed[0].value else Fraction(0)
        notes = self._notes() if literal else ()
        is_quotient = [token.text for token in self.kept[1:-1]] == ["/"]
        if is_quotient and style.quantity in _ASKED and (value.denominator > 1 or value == 1):
            raise AnswerError("`/`: one number or two?")
        others, word = self._others(value, ulp), self.unit.word if self.unit else ""
        asked = unit(style.unit, sizes=True, kilo=style.kilo)
        if style.unit and asked and not word:
            others = ((value, ulp, f"given in bytes, not in {style.unit}"),)
            value, ulp = value * asked.scale, ulp * asked.scale
        in_bytes = style.sizes and (word or style.unit)
        shown = show_number(value) + (" bytes" if in_bytes else "")
        return Number(value, shown, ulp, literal, word, others, notes)

    def _others(self, value: Fraction, ulp: Fraction) -> tuple[OtherScale, ...]:
        if self.unit is None:
            return ()
        factors = [(scale / self.unit.scale, why) for scale, why in self.unit.others]
        return tuple([(value * by, ulp * by, why) for by, why in factors])

    def _notes(self) -> tuple[str, ...]:
        """Return a note if MACs and FLOPs were mixed up, as whole textbooks do.

        Raises AnswerError for another wrong unit, and for a part of what was asked.
        """
        part = _PART.search(" ".join(self.labels).lower())
        if part:
            raise AnswerError(f"`{part[0]}`: only a part was given")
        word = next(filter(counted, self.labels), "")
        found, asked = counted(word), _ASKED.get(self.style.quantity, "")
        if not found or found == asked or (not asked and found != "memory"):
            return ()
        if {found, asked} == OPERATIONS:
            return (f"typed as {word}: {asked} were asked for",)
        raise AnswerError(f"`{word}` is the wrong unit here")
