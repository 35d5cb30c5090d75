"""Reads a set of numbers, or one number per unknown: answers to inverse questions."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.grading.answers.number import NumberStyle, read_number
from cnncalc.grading.answers.reading import Unread, Values, show_number, understood
from cnncalc.grading.answers.text import spelled
from cnncalc.grading.answers.tokens import (
    AnswerError,
    AnswerToken,
    has_number,
    refuse_doubt,
    refuse_ranges,
    split,
    tokenize,
)

MAX_VALUES = 2000
_LENGTH = NumberStyle(quantity="size")
_NONE = frozenset(("none", "no", "nothing", "impossible", "cannot", "never", "empty", "∅"))


def read_values(raw: str) -> Values | Unread:
    """Return the numbers of a list (`5, 6`, `5 or 6`, `{5;6}`, `0..3`), or of one number."""
    return understood(raw, _read)


def _read(text: str) -> Values:
    tokens = tokenize(text, "list")[:-1]
    values = _listed(tokens) if has_number(tokens) else _in_words(text)
    return Values(values, ", ".join(map(show_number, values)) or "no value at all")


def _in_words(text: str) -> tuple[Fraction, ...]:
    word = spelled(text)
    if word:
        return (Fraction(word),)
    if _NONE & set(text.lower().split()) or "∅" in text:
        return ()
    raise AnswerError("there is no number in it")


def _listed(tokens: list[AnswerToken]) -> tuple[Fraction, ...]:
    last = [side for side in split(tokens, "arrow", "line") if has_number(side)][-1]
    if any(token.kind in ("pm", "compare") for token in last):
        raise AnswerError("an interval is not an answer: list the values")
    parts = [part for part in _parts(last) if has_number(part)]
    found: list[Fraction] = []
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
    """Return the members of a list, divided by commas, words or nothing but a space."""
    parts: list[list[AnswerToken]] = [[]]
    for token in tokens:
        if token.kind in ("comma", "semi", "or") or token.text.lower() in ("and", "und", "&"):
            parts.append([])
        elif token.kind == "number" and parts[-1][-1:] and parts[-1][-1].kind == "number":
            parts.append([token])
        elif token.kind not in ("open", "close"):
            parts[-1].append(token)
    return parts


def _part(tokens: list[AnswerToken]) -> list[Fraction]:
    """Return the values of `5`, `P = 2`, `0..3` or `2 to 4`."""
    numbers = [token.number.value for token in tokens if token.number]
    between = any(token.kind == "range" or token.text.lower() == "to" for token in tokens)
    hyphen = len(tokens) == 3 and tokens[1].text == "-" and numbers[:1] < numbers[1:]
    if len(numbers) == 2 and (between or hyphen):
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
    return understood(raw, lambda text: _assigned(text, unknowns))


def _assigned(text: str, unknowns: tuple[str, ...]) -> Values:
    tokens = tokenize(text, "list")[:-1]
    refuse_doubt(tokens)
    refuse_ranges(tokens)
    named: dict[str, Fraction] = {}
    last = ""
    known = {name.lower(): name for name in unknowns}
    for token in tokens:
        if token.kind == "word":
            last = known.get(token.text.lower(), last)
        elif (
            token.number
            and last
            and named.setdefault(last, token.number.value) != token.number.value
        ):
            raise AnswerError(f"two values for {last}: which one is meant?")
    bare = [token.number.value for token in tokens if token.number]
    values = [named[name] for name in unknowns] if len(named) == len(unknowns) else bare
    if len(values) != len(unknowns):
        raise AnswerError(f"{len(unknowns)} values are asked for ({', '.join(unknowns)})")
    shown = ", ".join(f"{n} = {show_number(v)}" for n, v in zip(unknowns, values, strict=True))
    return Values(tuple(values), shown)
