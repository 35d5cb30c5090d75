"""Reads an answer that should be one number, or arithmetic with a single result, among words.

The answer is cut into clauses, of which the last counts, and the clause into equal sides. Of a side
the arithmetic is kept and worked out; its words scale a number, say what it counts, or doubt it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from cnncalc.grading.answers.arithmetic import SEVERAL, evaluate, is_function, parse
from cnncalc.grading.answers.numerals import DecimalMark
from cnncalc.grading.answers.reading import Alternative, Number, Unread, show_number
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import (
    DOUBT,
    END,
    AnswerError,
    AnswerToken,
    has_number,
    matching,
    refuse_ranges,
    split,
    tokenize,
    without_reasons,
)
from cnncalc.grading.answers.units import MeasureUnit, converts, counted, mismatch, unit
from cnncalc.grading.answers.words import is_blank, says_nothing, spelled

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
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    try:
        return _read(text, style)
    except AnswerError as error:
        return Unread(str(error))


def _read(text: str, style: NumberStyle) -> Number:
    tokens = without_reasons(tokenize(text, "single", style.decimal)[:-1])
    refuse_ranges(tokens)
    clauses = [clause for clause in split(tokens, "arrow", "semi", "line") if has_number(clause)]
    if not clauses:
        return _in_words(text, tokens)
    works = any(token.kind in ("equals", "arrow", "op", "cross") for token in tokens)
    lines = [] if works or len(clauses) == 1 else clauses
    if len({_chain(line, style).value for line in lines}) > 1:  # `760 ⏎ 750` is no working
        raise AnswerError(SEVERAL)
    clause = _without_facts(clauses[-1])
    items = [item for item in split(clause, "comma", "or") if has_number(item)]
    results = [_chain(item, style) for item in items]
    if len({result.value for result in results}) > 1 and not _leads_on(clause, items, results):
        shown = " and ".join(result.shown for result in results[:3])
        raise AnswerError(f"two answers ({shown}): which one is meant?")
    return results[-1]


def _in_words(text: str, tokens: list[AnswerToken]) -> Number:
    """Return the number of a text without digits; raises AnswerError if there is none."""
    if not any(token.text.lower() in DOUBT for token in tokens):
        value = spelled(text)
        if value is not None:
            number = Fraction(value)
            return Number(number, show_number(number), Fraction(1), notes=("a number in words",))
        if says_nothing(text):
            word = next((token.text for token in tokens if token.kind == "word"), text)
            word = word.lower() if len(tokens) < 4 else "this"
            return Number(Fraction(0), "0", Fraction(1), notes=(f"{word} read as 0",))
    raise AnswerError("there is no number in it")


def _without_facts(clause: list[AnswerToken]) -> list[AnswerToken]:
    """Return `clause` without what is given in front of its working: `3 channels, …: 3*9 = 27`."""
    head, *rest = split(clause, "colon")
    working = len(rest) == 1 and any(token.kind == "equals" for token in rest[0])
    return rest[0] if working and has_number(head) and has_number(rest[0]) else clause


def _leads_on(
    clause: list[AnswerToken], items: list[list[AnswerToken]], results: list[Number]
) -> bool:
    """Tell whether every item is a step whose result the next one uses: `3*9 = 27, 27+1 = 28`."""
    if any(token.kind == "or" for token in clause):
        return False
    for item, result, following in zip(items, results, items[1:], strict=False):
        used = [token.number.value for token in following if token.number]
        if not any(token.kind == "equals" for token in item) or result.value not in used:
            return False
    return True


def _chain(tokens: list[AnswerToken], style: NumberStyle, remarks: bool = True) -> Number:
    """Return the value of one chain of equal sides: its last side that holds a number.

    A number before it that it rounds (`27,000,100 ≈ 27M`) counts instead. Two different bare
    numbers are no answer; working with another result is noted.
    """
    sides = [side for side in split(tokens, "equals", "approx") if has_number(side)]
    final, noted = _side(sides[-1], style, remarks), False
    for side in reversed(sides[:-1]):
        try:
            working = _side(side, style, remarks)
        except AnswerError:
            continue  # words and half sums on the way are nobody's answer
        if _same(working, final) or converts(working.unit, final.unit):
            continue
        if not working.literal:
            if not noted:
                note = f"the working gives {working.shown}, the result says {final.shown}"
                final, noted = final._replace(notes=(*final.notes, note)), True
        elif side[0].kind == "number" and working.value.denominator == 1:
            exact = _finer(working, final) if final.literal else None
            if exact is None:
                raise AnswerError(f"{working.shown} = {final.shown} cannot be: which one is meant?")
            final = exact
    at = len(tokens) - len(sides[-1]) - 1
    if at >= 0 and tokens[at].kind == "approx":
        return final._replace(notes=(*final.notes, "given as approximate"))
    return final


def _same(first: Number, second: Number) -> bool:
    values = {first.value, *[other.value for other in first.others]}
    return not values.isdisjoint({second.value, *[other.value for other in second.others]})


def _finer(first: Number, second: Number) -> Number | None:
    """Return the more exact of two numbers if one is the other rounded, else None.

    Both are single numbers as typed; only whole ones count as exact, since `4.5 = 4` rounds down.
    """
    rough, exact = (first, second) if first.ulp > second.ulp else (second, first)
    if rough.ulp <= 1 or abs(rough.value - exact.value) > rough.ulp / 2:
        return None
    return exact


def _side(tokens: list[AnswerToken], style: NumberStyle, remarks: bool) -> Number:
    """Return the value of one side; raises AnswerError if it has none, or two."""
    signs = [token for token in tokens if token.kind != "word"]
    if [token.kind for token in signs] == ["number", "op", "number"] and signs[1].text == "-":
        low, high = signs[0].number, signs[2].number
        if low and high and low.value < high.value:  # `700-800`
            raise AnswerError("a range is not an answer")
    if style.quantity in _SIDES and (square := _square(tokens)):
        side = _side(square, style, remarks)
        return side._replace(notes=(*side.notes, "one side of a square"))
    return _Side(style, remarks).read(tokens)


def _square(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return the side of `28x28`, no product where a side is asked for; also of `28x28x1`."""
    crosses = sum(token.kind == "cross" and token.text != "·" for token in tokens[:5])
    end = 2 * crosses + 1
    kinds = [token.kind for token in tokens[:end]]
    if crosses not in (1, 2) or kinds != ["number", "cross"] * crosses + ["number"]:
        return []
    sides = {token.number.value: token for token in tokens[:end:2] if token.number}
    if crosses == 2 and len(sides) == 2:
        sides.pop(Fraction(1), None)
    if len(sides) != 1 or any(token.kind != "word" for token in tokens[end:]):
        return []
    return [*sides.values(), *tokens[end:]]


@dataclass(slots=True)
class _Side:
    """One side: its arithmetic (`kept`), and what words say behind numbers and in brackets.

    `exact` is a number in brackets of which the one in front of it is a rounding. Remarks with
    numbers are not read inside of remarks, or each level of brackets would take twice as long.
    """

    style: NumberStyle
    reads_remarks: bool
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
            if token.kind == "word":
                self._word(tokens, at)
            elif token.kind == "percent":
                self._scale(Fraction(1, 100))
            elif token.kind == "open":
                end = self._remark(tokens, at)
                depth += not end
                at = max(at, end)
            elif token.kind == "close":
                depth -= 1
            elif token.kind == "at":
                raise AnswerError(f"`{token.text}` in a place where nothing was expected")
            elif token.kind == "approx":
                self.notes.append("given as approximate")
            if (
                token.kind in ("number", "op", "cross", "comma")
                or (token.kind == "open" and tokens[at] is token)
                or (token.kind == "close" and depth >= 0)
            ):
                self.kept.append(token)
            depth = max(depth, 0)
            at += 1
        found = self._number(evaluate(parse(self.kept)))
        exact = self.exact if found.literal else None
        return exact if exact and _finer(exact, found) is exact else found

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
        if number is None or not self.reads_remarks:
            return False
        try:
            remark = _chain(inner, self.style, remarks=False)
        except AnswerError:
            return not any(token.kind in ("op", "cross") for token in inner)
        own = Number(number.value, "", number.ulp)
        if _same(remark, own):
            return True
        if sum(token.kind == "number" for token in self.kept) > 1 or not remark.literal:
            return False
        best = _finer(remark, own)
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
