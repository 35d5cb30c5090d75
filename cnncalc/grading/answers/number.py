"""Reads an answer that should be one number."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from cnncalc.grading.answers.arithmetic import FUNCTIONS, Expr, Parser, evaluate
from cnncalc.grading.answers.clauses import has_number, refuse_ranges, split
from cnncalc.grading.answers.numerals import DecimalMark
from cnncalc.grading.answers.reading import Alternative, Number, Unread, is_blank, show_number
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, Token, TokenKind, tokenize
from cnncalc.grading.answers.units import Unit, unit

_WORKING: frozenset[TokenKind] = frozenset(("arrow", "semi", "line"))
_DOUBT = frozenset(
    ("not", "isn", "instead", "between", "to", "less", "more", "than", "least", "most", "under",
     "above", "below", "except", "vs", "versus", "until", "up", "bis", "zwischen")
)  # fmt: skip
_ABOUT = frozenset(
    ("about", "around", "approx", "approximately", "roughly", "circa", "ca", "nearly")
)
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_LARGE = frozenset(("hundred", "thousand", "million", "billion", "dozen", "half"))
_NOTHING = frozenset(("none", "no", "nothing", "nil", "zero"))


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are read: the decimal mark, and for sizes the unit asked and what K means.

    `unit` is a word such as `MiB` in which the answer is wanted, or '' for bytes or plain counts.
    """

    decimal: DecimalMark = "point"
    sizes: bool = False
    kilo: int = 1000
    unit: str = ""


PLAIN_STYLE = NumberStyle()


def read_number(raw: str, style: NumberStyle = PLAIN_STYLE) -> Number | Unread:
    """Return the number that `raw` gives, or why none (or more than one) was found in it.

    Arithmetic is worked out exactly; of working such as `(5*5*3+1)*10 = 76*10 = 760` the last
    result counts. Two different results, ranges, intervals and bounds are no answer.
    """
    if len(raw) <= 15 and raw.isascii() and raw.isdigit() and not style.unit:
        value = Fraction(int(raw))
        return Number(value, show_number(value), Fraction(1))
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    try:
        return _read(text, style)
    except AnswerError as error:
        return Unread(str(error))


def _read(text: str, style: NumberStyle) -> Number:
    tokens = tokenize(text, "single", style.decimal)[:-1]
    refuse_ranges(tokens)
    clauses = [clause for clause in split(tokens, _WORKING) if has_number(clause)]
    if not clauses:
        return _without_digits(text)
    _refuse_two_lines(clauses, tokens, style)
    results = [
        _item(item, style)
        for part in split(clauses[-1], frozenset(("comma",)))
        for item in split(part, frozenset(("or",)))
        if has_number(item)
    ]
    if len({result.value for result in results}) > 1:
        shown = " and ".join(result.shown for result in results[:3])
        raise AnswerError(f"two answers ({shown}): which one is meant?")
    return results[-1]


def _without_digits(text: str) -> Number:
    words = text.lower().split()
    values = {NUMBER_WORDS[word] for word in words if word in NUMBER_WORDS}
    if len(values) == 1 and not _LARGE & set(words):
        value = Fraction(values.pop())
        return Number(value, show_number(value), Fraction(1), notes=("a number in words",))
    if words and words[0] in _NOTHING and len(words) <= 6:
        return Number(Fraction(0), "0", Fraction(1), notes=(f"{words[0]} read as 0",))
    raise AnswerError("there is no number in it")


def _refuse_two_lines(clauses: list[list[Token]], tokens: list[Token], style: NumberStyle) -> None:
    """Refuse `760 ⏎ 750`: lines are working only if one of them works something out."""
    if len(clauses) < 2 or any(
        token.kind in ("equals", "arrow", "op", "cross") for token in tokens
    ):
        return
    values = {_item(clause, style).value for clause in clauses}
    if len(values) > 1:
        raise AnswerError("several numbers and no sign which one is the answer")


def _item(tokens: list[Token], style: NumberStyle) -> Number:
    """Return the value of one chain of equal sides: its last side that holds a number."""
    sides = [side for side in split(tokens, frozenset(("equals",))) if has_number(side)]
    final = _side(sides[-1], style)
    for side in sides[:-1]:
        try:
            working = _side(side, style)
        except AnswerError:
            continue  # words and half sums on the way are nobody's answer
        if working.value != final.value and not working.literal:
            note = f"the working gives {working.shown}, the result says {final.shown}"
            return _noted(final, note)
    return final


def _noted(number: Number, note: str) -> Number:
    return Number(
        number.value, number.shown, number.ulp, number.literal, number.unit, number.others,
        (*number.notes, note),
    )  # fmt: skip


def _side(tokens: list[Token], style: NumberStyle) -> Number:
    if _is_range(tokens):
        raise AnswerError("a range is not an answer")
    parser = _NumberParser(tokens, style=style)
    parser.skip_signs()
    expr = parser.sum()
    parser.finish()
    return _number(evaluate(expr, {}), parser, style)


def _is_range(tokens: list[Token]) -> bool:
    """Tell whether it is `700-800`: a difference of two bare numbers that would be negative."""
    kinds = [token.kind for token in tokens]
    if kinds[:3] != ["number", "op", "number"] or tokens[1].text != "-":
        return False
    low, high = tokens[0].number, tokens[2].number
    return all(kind == "word" for kind in kinds[3:]) and bool(
        low and high and low.value < high.value
    )


def _number(value: Fraction, parser: _NumberParser, style: NumberStyle) -> Number:
    literal = len(parser.literals) == 1
    numeral = parser.literals[0].number if literal else None
    ulp = Fraction(0)
    if numeral and abs(value) == numeral.value * parser.scale:
        ulp = numeral.ulp * parser.scale if parser.unit else numeral.ulp
    others: list[Alternative] = []
    notes = [token.number.note for token in parser.literals if token.number and token.number.note]
    found = parser.unit
    if found and found.other:
        factor = found.other / found.scale
        meaning = "2^10" if found.other > found.scale else "10^3"
        why = f"{found.word} counted in steps of {meaning}"
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


@dataclass(slots=True)
class _NumberParser(Parser):
    """Arithmetic among words: labels are skipped, scales applied, doubt refused."""

    style: NumberStyle = PLAIN_STYLE
    scale: Fraction = Fraction(1)
    unit: Unit | None = None
    notes: list[str] = field(default_factory=list)

    def skip_signs(self) -> None:
        while self.peek().kind in ("approx", "colon", "other", "pipe", "close", "at", "range"):
            self._approximate(self.take())

    def _approximate(self, token: Token) -> None:
        if token.kind == "approx" or token.text.lower() in _ABOUT:
            self.notes.append("given as approximate")

    def word(self, token: Token) -> Expr:
        lower = token.text.lower()
        if lower in _DOUBT:
            raise AnswerError(f"`{token.text}` leaves open which number is meant")
        if (lower in FUNCTIONS or lower == "frac") and self.peek().kind == "open":
            return self.call(lower)
        if lower in NUMBER_WORDS and not has_number(self.tokens[self.at :]):
            return self.after(Expr("number", value=Fraction(NUMBER_WORDS[lower])), token)
        self._approximate(token)
        self.skip_signs()
        return self.atom()

    def after(self, expr: Expr, token: Token) -> Expr:
        if token.kind == "number":
            expr = self._scaled(expr)
        while True:
            following = self.peek()
            if following.kind == "percent":
                self.take()
                expr = Expr("/", (expr, Expr("number", value=Fraction(100))))
            elif following.kind == "word":
                if following.text.lower() in _DOUBT:
                    raise AnswerError(f"`{following.text}` leaves open which number is meant")
                self._approximate(self.take())
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
        self.unit, self.scale = found, found.scale
        if found.note:
            self.notes.append(found.note)
        return Expr("*", (expr, Expr("number", value=found.scale)))

    def _remark(self, expr: Expr) -> bool:
        """Skip a remark in brackets behind a number: words, or working with the same result."""
        start = self.at
        depth, end = 0, start
        for end in range(start, len(self.tokens)):
            kind = self.tokens[end].kind
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                break
        inner = self.tokens[start + 1 : end]
        if depth or (has_number(inner) and not self._agrees(inner, expr)):
            return False
        self.at = end + 1
        return True

    def _agrees(self, inner: list[Token], expr: Expr) -> bool:
        try:
            return _item(inner, self.style).value == evaluate(expr, {})
        except AnswerError:
            return not any(token.kind in ("op", "cross") for token in inner)

    def multiplies(self, token: Token, _left: Expr) -> bool:
        """A bracket behind a number multiplies if something is worked out in it."""
        if token.kind != "open":
            return False
        return not token.spaced or any(t.kind in ("op", "cross") for t in self.tokens[self.at :])

    def finish(self) -> None:
        """Refuse what is left over behind the expression."""
        while self.peek().kind in ("other", "colon", "pipe", "close", "word", "range"):
            self.take()
        left = self.peek()
        if left.kind in ("number", "open"):
            raise AnswerError("several numbers and no sign which one is the answer")
        if left.kind != "end":
            raise AnswerError(f"`{left.text}` in a place where nothing was expected")
