"""Reads one number, or arithmetic with a single result, among words, units and remarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from cnncalc.grading.answers.arithmetic import FUNCTIONS, Expr, Parser, evaluate
from cnncalc.grading.answers.clauses import DOUBT, has_number
from cnncalc.grading.answers.numerals import DecimalMark
from cnncalc.grading.answers.reading import Alternative, Number, show_number
from cnncalc.grading.answers.spelled import NUMBER_WORDS
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken
from cnncalc.grading.answers.units import MeasureUnit, counted, mismatch, unit

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
_SIDES = frozenset(("height", "width", "size", "length"))
_SIGNS = frozenset(("approx", "colon", "other", "pipe", "close", "at", "range"))


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
#: Reads a remark in brackets as a chain of equal sides; None inside of a remark, since remarks in
#: remarks, each of which may be a factor instead, would take twice as long at every level.
Reader = Callable[[list[AnswerToken], NumberStyle], Number] | None


def read_side(tokens: list[AnswerToken], style: NumberStyle, reader: Reader) -> Number:
    """Return the value of one side of an equation; raises AnswerError if it has none, or two."""
    if _is_range(tokens):
        raise AnswerError("a range is not an answer")
    if style.quantity in _SIDES and (square := _square(tokens)):
        side = read_side(square, style, reader)
        return side._replace(notes=(*side.notes, "one side of a square"))
    parser = _NumberParser(tokens, style=style, reader=reader)
    parser.skip_signs()
    expr = parser.sum()
    parser.finish()
    found = _number(evaluate(expr, {}), parser, style)
    if parser.exact and found.literal and finer(parser.exact, found) is parser.exact:
        return parser.exact
    return found


def finer(first: Number, second: Number) -> Number | None:
    """Return the more exact of two numbers if one is the other rounded, else None.

    Both are single numbers as typed; only whole ones count as exact, since `4.5 = 4` rounds down.
    """
    rough, exact = (first, second) if first.ulp > second.ulp else (second, first)
    if rough.ulp <= 1 or abs(rough.value - exact.value) > rough.ulp / 2:
        return None
    return exact


def _is_range(tokens: list[AnswerToken]) -> bool:
    """Tell whether it is `700-800`: a difference of two bare numbers that would be negative."""
    signs = [token for token in tokens if token.kind != "word"]
    if [token.kind for token in signs] != ["number", "op", "number"] or signs[1].text != "-":
        return False
    low, high = signs[0].number, signs[2].number
    return bool(low and high and low.value < high.value)


def _square(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return the side of `28x28`, no product where a side is asked for; also of `28x28x1`."""
    crosses = sum(token.kind == "cross" and token.text != "·" for token in tokens[:5])
    end = 2 * crosses + 1
    kinds = [token.kind for token in tokens[:end]]
    if crosses not in (1, 2) or kinds != ["number", "cross"] * crosses + ["number"]:
        return []
    values = [token.number.value for token in tokens[:end:2] if token.number]
    if crosses == 2 and 1 in values:
        values.remove(Fraction(1))
    same = len(values) == 2 and values[0] == values[1]
    if not same or any(token.kind != "word" for token in tokens[end:]):
        return []
    return [
        next(t for t in tokens[:end:2] if t.number and t.number.value == values[0]),
        *tokens[end:],
    ]


def _number(value: Fraction, parser: _NumberParser, style: NumberStyle) -> Number:
    literal = len(parser.literals) == 1
    numeral = parser.literals[0].number if literal else None
    ulp = Fraction(0)
    if numeral and abs(value) == numeral.value * parser.scale:
        ulp = numeral.ulp * parser.scale if parser.unit else numeral.ulp
    notes = [token.number.note for token in parser.literals if token.number and token.number.note]
    if literal and (parser.labels or parser.remarks):
        _refuse_parts(parser.labels)
        if parser.remarks[:1] and parser.remarks[0].lower() in _EACH:
            _refuse_parts(parser.remarks)
        problem, remark = _measured(parser.labels, style)
        if problem and not remark:
            raise AnswerError(problem)
        notes += [problem] if problem else []
    others: list[Alternative] = []
    found = parser.unit
    for scale, why in found.others if found else ():
        factor = scale / parser.scale
        others.append(Alternative(value * factor, ulp * factor, why))
    if found is None and style.unit:
        asked = unit(style.unit, sizes=True, kilo=style.kilo)
        if asked:
            others.append(Alternative(value, ulp, f"given in bytes, not in {style.unit}"))
            value, ulp = value * asked.scale, ulp * asked.scale
    shown = show_number(value) + (" bytes" if style.sizes and (found or style.unit) else "")
    return Number(
        value, shown, ulp, literal, found.word if found else "", tuple(others),
        (*notes, *parser.notes),
    )  # fmt: skip


def _measured(labels: list[str], style: NumberStyle) -> tuple[str, bool]:
    """Return what is wrong with the first of `labels` that says what is counted."""
    for label in labels:
        if label.lower() in _PREPOSITIONS:
            break  # `896 in all filters` counts no filters
        if counted(label):
            return mismatch(label, style.quantity)
    return "", False


def _refuse_parts(labels: list[str]) -> None:
    for word, following in pairwise([*labels, ""]):
        if word.lower() in _EACH and following.lower() not in _PER:
            raise AnswerError(f"`{word} {following}`".rstrip(" `") + "`: only a part was given")


@dataclass(slots=True)
class _NumberParser(Parser):
    """Arithmetic among words: labels are skipped, scales applied, doubt refused."""

    style: NumberStyle = PLAIN_STYLE
    reader: Reader = field(kw_only=True)
    scale: Fraction = Fraction(1)
    unit: MeasureUnit | None = None
    notes: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    exact: Number | None = None

    def skip_signs(self) -> None:
        while self.peek().kind in _SIGNS:
            self._approximate(self.take())

    def _approximate(self, token: AnswerToken) -> None:
        if token.kind == "approx" or token.text.lower() in _ABOUT:
            self.notes.append("given as approximate")

    def _certain(self, token: AnswerToken) -> AnswerToken:
        if token.kind == "word" and token.text.lower() in _DOUBT:
            raise AnswerError(f"`{token.text}` leaves open which number is meant")
        return token

    def word(self, token: AnswerToken) -> Expr:
        lower = self._certain(token).text.lower()
        if lower == "no" and self.peek().kind == "number":
            raise AnswerError(f"`{token.text}` leaves open which number is meant")
        if (lower in FUNCTIONS or lower == "frac") and self.peek().kind == "open":
            return self.call(lower)
        if lower in NUMBER_WORDS and not has_number(self.tokens[self.at :]):
            return self.after(Expr("number", value=Fraction(NUMBER_WORDS[lower])), token)
        self._approximate(token)
        self.skip_signs()
        return self.atom()

    def after(self, expr: Expr, token: AnswerToken) -> Expr:
        if token.kind == "number":
            expr = self._scaled(expr)
        while True:
            following = self.peek()
            if following.kind == "percent":
                self.take()
                expr = Expr("/", (expr, Expr("number", value=Fraction(100))))
            elif following.kind == "word":
                if not following.spaced and not following.text.isalpha():
                    raise AnswerError(f"`{following.text}` behind a number")
                self._approximate(self._certain(self.take()))
                self.labels.append(following.text)
            elif following.kind == "open" and self.peek(1).text in ("+", "-"):
                what = f"`{following.text}{self.peek(1).text}`"
                raise AnswerError(f"{what} behind a number: say by `=` what it comes to")
            elif not (following.kind == "open" and following.spaced and self._remark(expr)):
                return expr

    def _scaled(self, expr: Expr) -> Expr:
        following = self.peek()
        if following.kind != "word":
            return expr
        found = unit(following.text, sizes=self.style.sizes, kilo=self.style.kilo)
        if found is None:
            return expr
        self.take()
        self.labels.append(following.text)
        self.unit, self.scale = found, found.scale
        if found.note:
            self.notes.append(found.note)
        return Expr("*", (expr, Expr("number", value=found.scale)))

    def _remark(self, expr: Expr) -> bool:
        """Skip a remark in brackets behind a number: words, or a number that says the same."""
        start = self.at
        depth, end = 0, start
        for end in range(start, len(self.tokens)):
            kind = self.tokens[end].kind
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                break
        inner = self.tokens[start + 1 : end]
        rough = bool(inner) and (inner[0].kind == "approx" or inner[0].text.lower() in _ABOUT)
        if rough and not depth:
            self.at = end + 1
            return True
        if depth or (has_number(inner) and not self._agrees(inner, expr)):
            return False
        if not has_number(inner):
            self.remarks += [token.text for token in inner if token.kind == "word"]
        self.at = end + 1
        return True

    def _agrees(self, inner: list[AnswerToken], expr: Expr) -> bool:
        if self.reader is None:
            return False
        try:
            remark, value = self.reader(inner, self.style), evaluate(expr, {})
        except AnswerError:
            return not any(token.kind in ("op", "cross") for token in inner)
        if remark.value == value or value in [other.value for other in remark.others]:
            return True
        if len(self.literals) != 1 or not remark.literal:
            return False
        ulp = self.literals[0].number.ulp * self.scale if self.literals[0].number else Fraction(0)
        best = finer(remark, Number(value, "", ulp))
        self.exact = remark if best is remark else self.exact
        return best is not None

    def multiplies(self, token: AnswerToken, left: Expr) -> bool:
        """Tell whether a bracket is a factor (something is worked out in it), as 3 in `(2+1)3`."""
        if token.kind == "number":
            before = self.tokens[self.at - 1]
            return before.kind == "close" and not token.spaced and left.op != "^"
        if token.kind != "open":
            return False
        rest = self.tokens[self.at :]
        return not token.spaced or any(t.kind in ("op", "cross") for t in rest)

    def finish(self) -> None:
        """Refuse what is left over behind the expression."""
        while self.peek().kind in ("other", "colon", "pipe", "close", "word", "range"):
            self._certain(self.take())
        left = self.peek()
        if left.kind in ("number", "open"):
            raise AnswerError("several numbers and no sign which one is the answer")
        if left.kind != "end":
            raise AnswerError(f"`{left.text}` in a place where nothing was expected")
