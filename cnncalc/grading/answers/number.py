"""Reads an answer that should be one number."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.grading.answers.clauses import (
    DOUBT,
    has_number,
    refuse_ranges,
    split,
    without_reasons,
)
from cnncalc.grading.answers.reading import Number, Unread, is_blank, show_number
from cnncalc.grading.answers.spelled import says_nothing, spelled
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken, TokenKind, tokenize
from cnncalc.grading.answers.units import converts
from cnncalc.grading.answers.worded import PLAIN_STYLE, NumberStyle, Reader, finer, read_side

__all__ = ["PLAIN_STYLE", "NumberStyle", "read_number"]

_WORKING: frozenset[TokenKind] = frozenset(("arrow", "semi", "line"))
_ITEMS: frozenset[TokenKind] = frozenset(("comma", "or"))
_EQUAL: frozenset[TokenKind] = frozenset(("equals", "approx"))


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
    clauses = [clause for clause in split(tokens, _WORKING) if has_number(clause)]
    if not clauses:
        return _without_digits(text, tokens)
    _refuse_two_lines(clauses, tokens, style)
    clause = _without_facts(clauses[-1])
    items = [item for item in split(clause, _ITEMS) if has_number(item)]
    results = [_chain(item, style) for item in items]
    if len(items) > 1 and _leads_on(clause, items, results):
        return results[-1]
    if len({result.value for result in results}) > 1:
        shown = " and ".join(result.shown for result in results[:3])
        raise AnswerError(f"two answers ({shown}): which one is meant?")
    return results[-1]


def _without_facts(clause: list[AnswerToken]) -> list[AnswerToken]:
    """Return `clause` without what is given in front of its working: `3 channels, …: 3*9 = 27`."""
    head, *rest = split(clause, frozenset(("colon",)))
    if len(rest) != 1 or not has_number(head) or not has_number(rest[0]):
        return clause
    if any(token.kind == "equals" for token in rest[0]):
        return rest[0]
    return clause


def _without_digits(text: str, tokens: list[AnswerToken]) -> Number:
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


def _refuse_two_lines(
    clauses: list[list[AnswerToken]], tokens: list[AnswerToken], style: NumberStyle
) -> None:
    """Refuse `760 ⏎ 750`: lines are working only if one of them works something out."""
    if len(clauses) < 2 or any(
        token.kind in ("equals", "arrow", "op", "cross") for token in tokens
    ):
        return
    values = {_chain(clause, style).value for clause in clauses}
    if len(values) > 1:
        raise AnswerError("several numbers and no sign which one is the answer")


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


def _remark(tokens: list[AnswerToken], style: NumberStyle) -> Number:
    """Return the value of a remark in brackets, which holds no further remarks."""
    return _chain(tokens, style, None)


def _chain(tokens: list[AnswerToken], style: NumberStyle, reader: Reader = _remark) -> Number:
    """Return the value of one chain of equal sides: its last side that holds a number.

    A number before it that it rounds (`27,000,100 ≈ 27M`) counts instead. Two different bare
    numbers are no answer; working with another result is noted.
    """
    sides = [side for side in split(tokens, _EQUAL) if has_number(side)]
    final, noted = read_side(sides[-1], style, reader), False
    for side in reversed(sides[:-1]):
        try:
            working = read_side(side, style, reader)
        except AnswerError:
            continue  # words and half sums on the way are nobody's answer
        if _same(working, final) or converts(working.unit, final.unit):
            continue
        if not working.literal:
            if not noted:
                note = f"the working gives {working.shown}, the result says {final.shown}"
                final, noted = final._replace(notes=(*final.notes, note)), True
        elif side[0].kind == "number" and working.value.denominator == 1:
            exact = finer(working, final) if final.literal else None
            if exact is None:
                raise AnswerError(f"{working.shown} = {final.shown} cannot be: which one is meant?")
            final = exact
    return _approximate(final, tokens, sides[-1])


def _same(first: Number, second: Number) -> bool:
    values = {first.value, *[other.value for other in first.others]}
    return not values.isdisjoint({second.value, *[other.value for other in second.others]})


def _approximate(final: Number, tokens: list[AnswerToken], last: list[AnswerToken]) -> Number:
    """Note that the sign in front of the last side was `≈`."""
    at = len(tokens) - len(last) - 1
    if at >= 0 and tokens[at].kind == "approx":
        return final._replace(notes=(*final.notes, "given as approximate"))
    return final
