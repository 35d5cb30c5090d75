"""Reads an answer that gives several numbers: a set of them, or one for each unknown."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.grading.answers.number import NumberStyle, read_number
from cnncalc.grading.answers.reading import Unread, Values, show_number, understood
from cnncalc.grading.answers.tokens import (
    AnswerError,
    AnswerToken,
    has_number,
    numbers,
    refuse_doubt,
    refuse_ranges,
    split,
    tokenize,
)
from cnncalc.grading.answers.units import spelled

MAX_VALUES = 2000
_NONE = frozenset(("none", "no", "nothing", "impossible", "cannot", "never", "empty", "∅"))


def read_values(raw: str) -> Values | Unread:
    """Return the numbers of a list (`5, 6`, `5 or 6`, `{5;6}`, `0..3`), or of one number."""
    return understood(raw, _values)


def _values(text: str) -> Values:
    tokens = tokenize(text, "list")
    word = None if has_number(tokens) else spelled(text)
    if has_number(tokens):
        values = _listed(tokens)
    elif word:
        values = [Fraction(word)]
    elif _NONE & set(text.lower().split()):
        values = []
    else:
        raise AnswerError("there is no number in it")
    return Values(tuple(values), ", ".join(map(show_number, values)) or "no value at all")


def _listed(tokens: list[AnswerToken]) -> list[Fraction]:
    last = [side for side in split(tokens, "→", "\n") if has_number(side)][-1]
    if any(token.kind in "±<" for token in last):
        raise AnswerError("an interval is not an answer: list the values")
    parts: list[list[AnswerToken]] = [[]]
    for token in last:
        if token.kind in (",", ";", "or") or token.text.lower() in ("and", "und", "&"):
            parts.append([])
        elif token.number and parts[-1] and parts[-1][-1].number:
            parts.append([token])
        elif token.kind not in ("open", "close"):
            parts[-1].append(token)
    parts = [part for part in parts if has_number(part)]
    found: list[Fraction] = []
    for part in parts:
        if [token.kind for token in part[:3]] != ["number", "word", "="]:
            found += _part(part)
        elif part is parts[-1]:  # else a step: `2P = 4, P = 2`
            raise AnswerError("solve the equation for the unknown")
    if len(found) > MAX_VALUES:
        raise AnswerError(f"more than {MAX_VALUES} values")
    return list(dict.fromkeys(found))


def _part(tokens: list[AnswerToken]) -> list[Fraction]:
    """Return the values of `5`, `P = 2`, `0..3` or `2 to 4`."""
    ends = numbers(tokens)
    between = any(token.kind == "…" or token.text.lower() == "to" for token in tokens)
    hyphen = len(tokens) == 3 and tokens[1].text == "-" and ends[:1] < ends[1:]
    if len(ends) == 2 and (between or hyphen):
        if max(end.denominator for end in ends) > 1 or ends[1] - ends[0] > MAX_VALUES:
            raise AnswerError("a range of values that cannot be listed")
        return [Fraction(value) for value in range(int(ends[0]), int(ends[1]) + 1)]
    number = read_number(" ".join(token.text for token in tokens), NumberStyle(quantity="size"))
    if isinstance(number, Unread):
        raise AnswerError(number.problem)
    return [number.value]


def read_assignment(raw: str, unknowns: tuple[str, ...]) -> Values | Unread:
    """Return one number per unknown, named (`F=3, P=1`, in any order) or in the asked order."""
    return understood(raw, lambda text: _assigned(text, unknowns))


def _assigned(text: str, unknowns: tuple[str, ...]) -> Values:
    tokens = tokenize(text, "list")
    refuse_doubt(tokens)
    refuse_ranges(tokens)
    named: dict[str, Fraction] = {}
    last = ""
    known = {name.lower(): name for name in unknowns}
    for token in tokens:
        if token.kind == "word":
            last = known.get(token.text.lower(), last)
        value = token.number.value if token.number else None
        if value is not None and last and named.setdefault(last, value) != value:
            raise AnswerError(f"two values for {last}: which one is meant?")
    every = len(named) == len(unknowns)
    values = [named[name] for name in unknowns] if every else numbers(tokens)
    if len(values) != len(unknowns):
        raise AnswerError(f"{len(unknowns)} values are asked for ({', '.join(unknowns)})")
    shown = ", ".join(f"{n} = {show_number(v)}" for n, v in zip(unknowns, values, strict=True))
    return Values(tuple(values), shown)
