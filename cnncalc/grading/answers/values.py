"""Reads a set of numbers, or one number per unknown: answers to inverse questions."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.grading.answers.clauses import has_number, refuse_doubt, refuse_ranges, split
from cnncalc.grading.answers.number import NumberStyle, read_number
from cnncalc.grading.answers.reading import Unread, Values, is_blank, show_number
from cnncalc.grading.answers.spelled import spelled
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken, tokenize

MAX_VALUES = 2000
_LENGTH = NumberStyle(quantity="size")
_NONE = frozenset(("none", "no", "nothing", "impossible", "cannot", "never", "empty", "∅"))


def read_values(raw: str) -> Values | Unread:
    """Return the numbers of a list (`5, 6`, `5 or 6`, `{5;6}`, `0..3`), or of one number."""
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    try:
        tokens = tokenize(text, "list")[:-1]
        if not has_number(tokens):
            word = spelled(text)
            if word:
                return Values((Fraction(word),), show_number(word))
            if _NONE & set(text.lower().split()) or "∅" in text:
                return Values((), "no value at all")
            raise AnswerError("there is no number in it")
        values = _listed(tokens)
    except AnswerError as error:
        return Unread(str(error))
    return Values(values, ", ".join(map(show_number, values)))


def _listed(tokens: list[AnswerToken]) -> tuple[Fraction, ...]:
    sides = [side for side in split(tokens, frozenset(("arrow", "line"))) if has_number(side)]
    found: list[Fraction] = []
    for token in sides[-1]:
        if token.kind in ("pm", "compare"):
            raise AnswerError("an interval is not an answer: list the values")
    parts = [part for part in _parts(sides[-1]) if has_number(part)]
    for part in parts:
        if [token.kind for token in part[:3]] == ["number", "word", "equals"]:
            if part is parts[-1]:
                raise AnswerError("solve the equation for the unknown")
            continue  # `2P = 4, P = 2`
        found += _part(part)
        if len(found) > MAX_VALUES:
            raise AnswerError(f"more than {MAX_VALUES} values")
    return tuple(dict.fromkeys(found))


def _parts(tokens: list[AnswerToken]) -> list[list[AnswerToken]]:
    inner = [token for token in tokens if token.kind not in ("open", "close")]
    parts: list[list[AnswerToken]] = [[]]
    for token in inner:
        before = parts[-1][-1].kind if parts[-1] else "end"
        word = token.text.lower()
        if token.kind in ("comma", "semi", "or") or word in ("and", "und", "&"):
            parts.append([])
        elif token.kind == "number" and before == "number":
            parts.append([token])
        else:
            parts[-1].append(token)
    return parts


def _part(tokens: list[AnswerToken]) -> list[Fraction]:
    """Return the values of `5`, `P = 2`, `0..3` or `2 to 4`."""
    numbers = [token.number.value for token in tokens if token.number]
    between = [token for token in tokens if token.kind == "range" or token.text.lower() == "to"]
    hyphen = [token.kind for token in tokens] == ["number", "op", "number"] and tokens[
        1
    ].text == "-"
    if len(numbers) == 2 and (between or (hyphen and numbers[0] < numbers[1])):
        low, high = numbers
        if low.denominator != 1 or high.denominator != 1 or high - low > MAX_VALUES:
            raise AnswerError("a range of values that cannot be listed")
        return [Fraction(value) for value in range(int(low), int(high) + 1)]
    number = read_number(" ".join(token.text for token in tokens), _LENGTH)
    if isinstance(number, Unread):
        raise AnswerError(number.problem)
    return [number.value]


def read_assignment(raw: str, unknowns: tuple[str, ...]) -> Values | Unread:
    """Return one number per unknown, named (`F=3, P=1`, in any order) or in the asked order."""
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    try:
        tokens = tokenize(text, "list")[:-1]
        refuse_doubt(tokens)
        refuse_ranges(tokens)
    except AnswerError as error:
        return Unread(str(error))
    named: dict[str, Fraction] = {}
    last = ""
    bare: list[Fraction] = []
    known = {name.lower(): name for name in unknowns}
    for token in tokens:
        if token.kind == "word" and token.text.lower() in known:
            last = known[token.text.lower()]
        elif token.kind == "number" and token.number:
            if last and named.setdefault(last, token.number.value) != token.number.value:
                return Unread(f"two values for {last}: which one is meant?")
            bare.append(token.number.value)
    values = [named[name] for name in unknowns] if len(named) == len(unknowns) else bare
    if len(values) != len(unknowns):
        return Unread(f"{len(unknowns)} values are asked for ({', '.join(unknowns)})")
    shown = ", ".join(f"{n} = {show_number(v)}" for n, v in zip(unknowns, values, strict=True))
    return Values(tuple(values), shown)
