"""Reads an answer that should be one number: arithmetic among words.

The answer is cut into clauses; the last counts, and is cut into equal sides. Of a side the
arithmetic is kept and worked out; its words scale a number, say what it counts, or doubt it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from cnncalc.grading.answers.arithmetic import SEVERAL, evaluate, is_function, parse
from cnncalc.grading.answers.reading import Alternative, Number, Unread, show_number, understood
from cnncalc.grading.answers.tokens import (
    DOUBT,
    END,
    AnswerError,
    AnswerToken,
    DecimalMark,
    has_number,
    matching,
    numbers,
    refuse_ranges,
    split,
    tokenize,
    without_reasons,
)
from cnncalc.grading.answers.units import (
    MeasureUnit,
    converts,
    counted,
    mismatch,
    says_nothing,
    spelled,
    unit,
)

#: Words that leave open which number is meant, or would change the one behind them.
_DOUBT = DOUBT | frozenset(
    ("than", "under", "above", "below", "vs", "versus", "until", "up", "bis", "zwischen",
     "half", "twice", "double", "thrice", "triple", "squared", "cubed")
)  # fmt: skip
_ABOUT = frozenset(("~", "about", "around", "approx", "approximately", "roughly", "circa", "ca"))
_APPROXIMATE = "given as approximate"
#: What a count may be given per; per filter it is a part of what was asked.
_EACH = frozenset(("per", "pro", "each"))
_PER = frozenset(
    ("image", "sample", "example", "input", "picture", "inference", "forward", "layer", "side",
     "edge", "border", "a", "one")
)  # fmt: skip
_PREPOSITIONS = frozenset(("for", "in", "of", "per", "with", "from", "by", "on", "without", "to"))
_SIDES = frozenset(("height", "width", "size", "length"))
#: `28x28`, `28 by 28` or `28x28x1`, and no product.
_SQUARE = re.compile(
    r"(?<![\w.+*/^×(-])(?<![+*/^×x-] )(?:1 ?[x×] ?)?(\d+) ?(?:[x×]|by) ?\1(?: ?[x×] ?1)?"
    r"(?!\d|\.\d| ?(?:[x×*/^+-]|by))",
    re.IGNORECASE,
)


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


def read_number(raw: str, style: NumberStyle = PLAIN_STYLE) -> Number | Unread:
    """Return the number that `raw` gives, or why none (or more than one) was found in it.

    Arithmetic is worked out exactly; of working such as `(5*5*3+1)*10 = 76*10 = 760` the last
    result counts. Two different results, ranges, intervals and bounds are no answer.
    """
    if len(raw) <= 15 and raw.isascii() and raw.isdigit() and not style.unit:
        value = Fraction(int(raw))
        return Number(value, show_number(value), Fraction(1))
    return understood(raw, lambda text: _read(text, style))


def _read(text: str, style: NumberStyle) -> Number:
    text, squares = _SQUARE.subn(r"\1", text) if style.quantity in _SIDES else (text, 0)
    tokens = without_reasons(tokenize(text, "single", style.decimal))
    refuse_ranges(tokens)
    clauses = [clause for clause in split(tokens, "→", ";", "\n") if has_number(clause)]
    if not clauses:
        return _in_words(text, tokens)
    works = any(token.kind in ("=", "→", "op", "×") for token in tokens)
    lines = [] if works or len(clauses) == 1 else clauses
    if len({_chain(line, style).value for line in lines}) > 1:  # `760 ⏎ 750` is no working
        raise AnswerError(SEVERAL)
    clause = clauses[-1]
    behind = split(clause, ":")[-1]  # `3 channels, 32 filters: 3*9*32 = 864`
    if has_number(behind) and any(token.kind == "=" for token in behind):
        clause = behind
    items = [item for item in split(clause, ",", "or") if has_number(item)]
    results = [_chain(item, style) for item in items]
    if len({result.value for result in results}) > 1 and not _leads_on(clause, items, results):
        shown = " and ".join(result.shown for result in results[:3])
        raise AnswerError(f"two answers ({shown}): which one is meant?")
    found = results[-1]
    return found._replace(notes=(*found.notes, "one side of a square")) if squares else found


def _in_words(text: str, tokens: list[AnswerToken]) -> Number:
    """Return the number of a text without digits; raises AnswerError if there is none."""
    if not any(token.text.lower() in DOUBT for token in tokens):
        value = spelled(text)
        if value is not None:
            number = Fraction(value)
            return Number(number, show_number(number), Fraction(1), notes=("a number in words",))
        if says_nothing(text):
            word = tokens[0].text.lower() if len(tokens) < 4 else "this"
            return Number(Fraction(0), "0", Fraction(1), notes=(f"{word} read as 0",))
    raise AnswerError("there is no number in it")


def _leads_on(
    clause: list[AnswerToken], items: list[list[AnswerToken]], results: list[Number]
) -> bool:
    """Tell whether every item is a step whose result the next one uses: `3*9 = 27, 27+1 = 28`."""
    steps = [any(token.kind == "=" for token in item) for item in items[:-1]]
    used = [result.value in numbers(item) for result, item in zip(results, items[1:], strict=False)]
    return all(steps + used) and not any(token.kind == "or" for token in clause)


def _chain(tokens: list[AnswerToken], style: NumberStyle, remarks: bool = True) -> Number:
    """Return the value of one chain of equal sides: its last side that holds a number.

    A number before it that it rounds (`27,000,100 ≈ 27M`) counts instead. Two different bare
    numbers are no answer; working with another result is noted.
    """
    sides = [side for side in split(tokens, "=", "~") if has_number(side)]
    final, noted = _Side(style, remarks).read(sides[-1]), False
    for side in reversed(sides[:-1]):
        try:
            working = _Side(style, remarks).read(side)
        except AnswerError:
            continue  # words and half sums on the way are nobody's answer
        if _same(working, final) or converts(working.unit, final.unit):
            continue
        if not working.literal:
            if not noted:
                note = f"the working gives {working.shown}, the result says {final.shown}"
                final, noted = final._replace(notes=(*final.notes, note)), True
        elif side[0].number and working.value.denominator == 1:
            exact = _finer(working, final) if final.literal else None
            if exact is None:
                raise AnswerError(f"{working.shown} = {final.shown} cannot be: which one is meant?")
            final = exact
    at = len(tokens) - len(sides[-1]) - 1
    about = at >= 0 and tokens[at].kind == "~"
    return final._replace(notes=(*final.notes, _APPROXIMATE)) if about else final


def _same(first: Number, second: Number) -> bool:
    values = {first.value, *[other.value for other in first.others]}
    return not values.isdisjoint({second.value, *[other.value for other in second.others]})


def _finer(first: Number, second: Number) -> Number | None:
    """Return the more exact of two typed numbers if one is the other rounded, else None.

    Only whole ones count as exact, since `4.5 = 4` rounds down.
    """
    rough, exact = (first, second) if first.ulp > second.ulp else (second, first)
    if rough.ulp <= 1 or abs(rough.value - exact.value) > rough.ulp / 2:
        return None
    return exact


@dataclass(slots=True)
class _Side:
    """One side of a chain: its arithmetic (`kept`), and the words behind numbers.

    `exact` is a number in brackets, and the one in front of it is its rounding. `remarks` is false
    inside of brackets, since remarks in remarks, each of which may be a factor instead, would take
    twice as long at every level.
    """

    style: NumberStyle
    remarks: bool
    kept: list[AnswerToken] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unit: MeasureUnit | None = None
    exact: Number | None = None

    def read(self, tokens: list[AnswerToken]) -> Number:
        """Return the value of the side; raises AnswerError if it has none, or two."""
        shown = [token for token in tokens if token.kind != "word"]
        if (
            len(shown) == 3
            and shown[1].text == "-"
            and [] < numbers(shown[:1]) < numbers(shown[2:])
        ):
            raise AnswerError("a range is not an answer")  # `700-800`
        at = depth = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind in ("number", "op", "×", ",") or (token.kind == "close" and depth):
                self.kept.append(token)
                depth -= token.kind == "close"
            elif token.kind == "word":
                self._word(tokens, at)
            elif token.kind == "open":
                end = self._remark(tokens, at)
                self.kept += [] if end else [token]
                depth += not end
                at = end or at
            elif token.kind == "%":
                self._scale(Fraction(1, 100))
            elif token.kind == "@":
                raise AnswerError("`@` in a place where nothing was expected")
            at += 1
        found = self._number(evaluate(parse(self.kept)))
        exact = self.exact if found.literal else None
        return exact if exact and _finer(exact, found) is exact else found

    def _word(self, tokens: list[AnswerToken], at: int) -> None:
        token, following = tokens[at], [*tokens[at + 1 : at + 2], END][0]
        word = token.text.lower()
        behind = bool(self.kept) and self.kept[-1].kind in ("number", "close")
        if word in _DOUBT or (word == "no" and following.number):
            raise AnswerError(f"`{token.text}` leaves open which number is meant")
        if word in _ABOUT:
            self.notes.append(_APPROXIMATE)
        if is_function(token, following) and not behind:
            self.kept.append(token)
        elif not behind and following.kind == "op":
            raise AnswerError(f"`{following.text}` where a number should stand")
        elif behind:
            self.labels.append(token.text)
            if tokens[at - 1].number:
                self._measure(token)

    def _measure(self, token: AnswerToken) -> None:
        """Scale the last number by the word behind it, if that is a unit."""
        if not token.spaced and not token.text.isalpha():
            raise AnswerError(f"`{token.text}` behind a number")
        found = unit(token.text, sizes=self.style.sizes, kilo=self.style.kilo)
        if found is not None:
            self.unit = found
            self._scale(found.scale)
            self.notes += [found.note] if found.note else []

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
        opening, first = tokens[at], [*tokens[at + 1 : at + 2], END][0]
        if not self.kept or self.kept[-1].kind not in ("number", "close"):
            return 0
        if first.text in ("+", "-"):
            what = f"`{opening.text}{first.text}`"
            raise AnswerError(f"{what} behind a number: say by `=` what it comes to")
        if not opening.spaced:
            return 0
        end = matching(tokens, at)
        inner = tokens[at + 1 : end]
        if not has_number(inner):
            self.labels += [token.text for token in inner] if first.text.lower() in _EACH else []
            return end
        return end if first.text.lower() in _ABOUT or self._agrees(inner) else 0

    def _agrees(self, inner: list[AnswerToken]) -> bool:
        """Tell whether a remark gives the number in front of it once more, or more exactly."""
        number = self.kept[-1].number
        if number is None or not self.remarks:
            return False
        try:
            remark = _chain(inner, self.style, remarks=False)
        except AnswerError:
            return not any(token.kind in ("op", "×") for token in inner)
        own = Number(number.value, "", number.ulp)
        if _same(remark, own):
            return True
        if len(numbers(self.kept)) > 1 or not remark.literal:
            return False
        best = _finer(remark, own)
        self.exact = remark if best is remark else self.exact
        return best is not None

    def _number(self, value: Fraction) -> Number:
        typed = [token.number for token in self.kept if token.number]
        literal = len(typed) == 1
        ulp = typed[0].ulp if literal and abs(value) == typed[0].value else Fraction(0)
        self.notes += [number.note for number in typed if number.note]
        if literal:
            self._check_labels()
        others: list[Alternative] = []
        if self.unit:
            for scale, why in self.unit.others:
                factor = scale / self.unit.scale
                others.append(Alternative(value * factor, ulp * factor, why))
        elif self.style.unit and (asked := unit(self.style.unit, sizes=True, kilo=self.style.kilo)):
            others.append(Alternative(value, ulp, f"given in bytes, not in {self.style.unit}"))
            value, ulp = value * asked.scale, ulp * asked.scale
        in_bytes = self.style.sizes and (self.unit or self.style.unit)
        shown = show_number(value) + (" bytes" if in_bytes else "")
        word = self.unit.word if self.unit else ""
        return Number(value, shown, ulp, literal, word, tuple(others), tuple(self.notes))

    def _check_labels(self) -> None:
        """Note or refuse a wrong unit behind the only number, or a part such as `28 per filter`."""
        for word, following in pairwise([*self.labels, ""]):
            if word.lower() in _EACH and following.lower() not in _PER:
                raise AnswerError(f"`{word} {following}`: only a part was given")
        for label in self.labels:
            if label.lower() in _PREPOSITIONS:
                break  # `896 in all filters` counts no filters
            if counted(label):
                problem, remark = mismatch(label, self.style.quantity)
                if problem and not remark:
                    raise AnswerError(problem)
                self.notes += [problem] if problem else []
                break
