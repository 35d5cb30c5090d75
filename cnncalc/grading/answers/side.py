"""One side of an equation: its arithmetic, and what the words among it say.

Words scale a number, say what it counts, remark on it in brackets, or leave it in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from cnncalc.grading.answers.arithmetic import evaluate, is_function, parse
from cnncalc.grading.answers.reading import Alternative, Number, show_number
from cnncalc.grading.answers.tokens import (
    DOUBT,
    END,
    AnswerError,
    AnswerToken,
    has_number,
    matching,
)
from cnncalc.grading.answers.units import DecimalMark, MeasureUnit, counted, mismatch, unit

#: Words that leave open which number is meant; the second row would change the one behind them.
_DOUBT = DOUBT | frozenset(
    ("than", "under", "above", "below", "vs", "versus", "until", "up", "bis", "zwischen",
     "half", "twice", "double", "thrice", "triple", "squared", "cubed")
)  # fmt: skip
_ABOUT = frozenset(
    ("about", "around", "approx", "approximately", "roughly", "circa", "ca", "nearly")
)
#: What a count may be given per; per filter it is a part of what was asked.
_EACH = frozenset(("per", "pro", "each"))
_PER = frozenset(
    ("image", "sample", "example", "input", "picture", "inference", "forward", "layer", "side",
     "edge", "border", "a", "one")
)  # fmt: skip
_PREPOSITIONS = frozenset(("for", "in", "of", "per", "with", "from", "by", "on", "without", "to"))


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


PLAIN_STYLE = NumberStyle()
#: Reads what stands in brackets; None inside of them, since remarks in remarks, each of which may
#: be a factor instead, would take twice as long at every level.
Remark = Callable[[list[AnswerToken]], Number] | None


def same(first: Number, second: Number) -> bool:
    values = {first.value, *[other.value for other in first.others]}
    return not values.isdisjoint({second.value, *[other.value for other in second.others]})


def finer(first: Number, second: Number) -> Number | None:
    """Return the more exact of two numbers if one is the other rounded, else None.

    Both are single numbers as typed; only whole ones count as exact, since `4.5 = 4` rounds down.
    """
    rough, exact = (first, second) if first.ulp > second.ulp else (second, first)
    if rough.ulp <= 1 or abs(rough.value - exact.value) > rough.ulp / 2:
        return None
    return exact


@dataclass(slots=True)
class Side:
    """One side: its arithmetic (`kept`), and what words say behind numbers and in brackets.

    `exact` is a number in brackets, and the one in front of it is its rounding.
    """

    style: NumberStyle
    remark: Remark
    kept: list[AnswerToken] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unit: MeasureUnit | None = None
    exact: Number | None = None

    def read(self, tokens: list[AnswerToken]) -> Number:
        """Return the value of the side."""
        at = depth = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind in ("number", "op", "cross", "comma"):
                self.kept.append(token)
            elif token.kind == "word":
                self._word(tokens, at)
            elif token.kind == "open" and (end := self._remark(tokens, at)):
                at = end
            elif token.kind == "open" or (token.kind == "close" and depth):
                self.kept.append(token)
                depth += 1 if token.kind == "open" else -1
            elif token.kind == "percent":
                self._scale(Fraction(1, 100))
            elif token.kind == "approx":
                self.notes.append("given as approximate")
            elif token.kind == "at":
                raise AnswerError(f"`{token.text}` in a place where nothing was expected")
            at += 1
        found = self._number(evaluate(parse(self.kept)))
        exact = self.exact if found.literal else None
        return exact if exact and finer(exact, found) is exact else found

    def _word(self, tokens: list[AnswerToken], at: int) -> None:
        token, following = tokens[at], [*tokens[at + 1 : at + 2], END][0]
        word = token.text.lower()
        behind = self.kept[-1].kind if self.kept else "end"
        if word in _DOUBT or (word == "no" and following.kind == "number"):
            raise AnswerError(f"`{token.text}` leaves open which number is meant")
        if is_function(token, following) and behind not in ("number", "close"):
            self.kept.append(token)
            return
        if word in _ABOUT:
            self.notes.append("given as approximate")
        if behind not in ("number", "close"):
            if following.kind == "op":
                raise AnswerError(f"`{following.text}` where a number should stand")
            return
        if tokens[at - 1].kind == "number":
            if not token.spaced and not token.text.isalpha():
                raise AnswerError(f"`{token.text}` behind a number")
            found = unit(token.text, sizes=self.style.sizes, kilo=self.style.kilo)
            if found is not None:
                self.unit = found
                self._scale(found.scale)
                self.notes += [found.note] if found.note else []
        self.labels.append(token.text)

    def _scale(self, scale: Fraction) -> None:
        """Multiply the last number by what stands behind it."""
        last = self.kept[-1] if self.kept else END
        if last.number is None:
            raise AnswerError("a unit without a number")
        number = last.number._replace(value=last.number.value * scale, ulp=last.number.ulp * scale)
        self.kept[-1] = last._replace(number=number)

    def _remark(self, tokens: list[AnswerToken], at: int) -> int:
        """Return where a remark in brackets ends; 0 if what is in them belongs to the arithmetic.

        A remark stands behind a number, and says nothing else than it: words, or the same number.
        """
        opening, inside = tokens[at], tokens[at + 1 : at + 2]
        if not self.kept or self.kept[-1].kind not in ("number", "close"):
            return 0
        if inside and inside[0].text in ("+", "-"):
            what = f"`{opening.text}{inside[0].text}`"
            raise AnswerError(f"{what} behind a number: say by `=` what it comes to")
        if not opening.spaced:
            return 0
        end = matching(tokens, at)
        inner = tokens[at + 1 : end]
        if inner and (inner[0].kind == "approx" or inner[0].text.lower() in _ABOUT):
            return end
        if not has_number(inner):
            self.remarks += [token.text for token in inner if token.kind == "word"]
            return end
        return end if self._agrees(inner) else 0

    def _agrees(self, inner: list[AnswerToken]) -> bool:
        """Tell whether a remark gives the number in front of it once more, or more exactly."""
        number = self.kept[-1].number
        if number is None or self.remark is None:
            return False
        try:
            remark = self.remark(inner)
        except AnswerError:
            return not any(token.kind in ("op", "cross") for token in inner)
        own = Number(number.value, "", number.ulp)
        if same(remark, own):
            return True
        if sum(token.kind == "number" for token in self.kept) > 1 or not remark.literal:
            return False
        best = finer(remark, own)
        self.exact = remark if best is remark else self.exact
        return best is not None

    def _number(self, value: Fraction) -> Number:
        numbers = [token.number for token in self.kept if token.number]
        literal = len(numbers) == 1
        ulp = numbers[0].ulp if literal and abs(value) == numbers[0].value else Fraction(0)
        notes = [number.note for number in numbers if number.note]
        if literal and (self.labels or self.remarks):
            notes += self._measured()
        others: list[Alternative] = []
        for scale, why in self.unit.others if self.unit else ():
            factor = scale / self.unit.scale if self.unit else Fraction(1)
            others.append(Alternative(value * factor, ulp * factor, why))
        if self.unit is None and self.style.unit:
            asked = unit(self.style.unit, sizes=True, kilo=self.style.kilo)
            if asked:
                why = f"given in bytes, not in {self.style.unit}"
                others.append(Alternative(value, ulp, why))
                value, ulp = value * asked.scale, ulp * asked.scale
        in_bytes = self.style.sizes and (self.unit or self.style.unit)
        shown = show_number(value) + (" bytes" if in_bytes else "")
        word = self.unit.word if self.unit else ""
        return Number(value, shown, ulp, literal, word, tuple(others), (*notes, *self.notes))

    def _measured(self) -> list[str]:
        """Return what is to be noted of the words behind the only number.

        Raises AnswerError if it counts something else, or a part only, as `28 per filter`.
        """
        parts = self.labels
        if self.remarks and self.remarks[0].lower() in _EACH:
            parts = [*parts, "", *self.remarks]
        for word, following in pairwise([*parts, ""]):
            if word.lower() in _EACH and following.lower() not in _PER:
                raise AnswerError(f"`{word} {following}`".rstrip(" `") + "`: only a part was given")
        for label in self.labels:
            if label.lower() in _PREPOSITIONS:
                break  # `896 in all filters` counts no filters
            if counted(label):
                problem, remark = mismatch(label, self.style.quantity)
                if problem and not remark:
                    raise AnswerError(problem)
                return [problem] if problem else []
        return []
