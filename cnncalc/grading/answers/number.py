"""Reads an answer that should be one number, or several: arithmetic among words.

The answer is cut into clauses; the last counts, and is cut into equal sides.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.answers.reading import Number, Unread, show_number, understood
from cnncalc.grading.answers.side import OPERATIONS, NumberStyle, Side, counted, finer, same
from cnncalc.grading.answers.tokens import (
    DOUBT,
    NUMBER_WORDS,
    AnswerError,
    AnswerToken,
    has_number,
    numbers,
    refuse_doubt,
    refuse_ranges,
    split,
    tokenize,
    without_reasons,
)

_NONE = frozenset(("none", "no", "nothing", "impossible", "cannot", "never", "empty", "∅"))
_SO = re.compile(r"[→\n]|\b(?:so|thus|hence|therefore|then|gives)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_BETWEEN = re.compile(
    r"[,;&]|/(?= *[A-Za-z] *=)|\b(?:or|and|und|oder)\b|(?<=\d)\s+(?=\d)", re.IGNORECASE
)
#: Brackets around a list, `{5, 6}`.
_BRACKETS = re.compile(r"[\[({]([^\[\](){}]*(?:[,;]|\d \d|\b(?:or|and)\b)[^\[\](){}]*)[\])}]")
#: `0..3`, `5-6` or `from 2 to 4`
_SPAN = re.compile(r"[^\d(]*?(\d+) ?(?:\.\.+|…|-|to) ?(\d+)\W*", re.IGNORECASE)
#: `2P =` or `28 + 2P =`
_EQUATION = re.compile(r"[\d+*·×/() -]*\d[+*·×/() -]*[A-Za-z][\d+*·×/() -]*=")
_LOST_POWER = re.compile(r"\d[.,]\d+ ?[x×·*] ?10[2-9]\b")
#: One number a line.
_LINES = re.compile(r"(?:[^\W\d]\w* *= *)?\d+(?:\n(?:and\n)?(?:[^\W\d]\w* *= *)?\d+)+")
_GIVEN = re.compile(r"\W*[A-Za-z] *= *\d+\W*")
_SIDES = frozenset(("height", "width", "size", "length"))
#: `28x28`, `28 by 28` or `28x28x1`, and no product.
_SQUARE = re.compile(
    r"(?:(?<=\d \()|(?<![\w.+*/^×(-])(?<![+*/^×x-] ))(?:1 ?[x×] ?)?"
    r"(\d+) ?(?:[x×*]|by) ?\1(?: ?[x×] ?1)?(?!\d|\.\d| ?(?:[x×*/^+-]|by))",
    re.IGNORECASE,
)

_SMALL = NUMBER_WORDS | {
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_LARGE = {"hundred": 100, "thousand": 1000, "million": 1000**2, "billion": 1000**3}
_WORD = re.compile(r"[^\W\d_]+")
_NOTHING = re.compile(
    r"(?:none|nothing|nil|zero|no|∅)\W*(?:at all\W*)?"
    r"|(?:none|nothing|nil)\W(?!of\b|but\b|except\b|more\b|less\b).*"
    r"|.*\bno (?:(?:learnable|trainable|learned|free|extra|additional|such|any) )*"
    r"(?:param\w*|weights?|bias\w*|macs?|flops?|multiplications?|operations?|padding|values?)\b.*",
    re.IGNORECASE | re.DOTALL,
)

PLAIN_STYLE = NumberStyle()


class Values(NamedTuple):
    """A set of numbers, as an inverse question asks for, or one for each unknown."""

    values: tuple[Fraction, ...]
    shown: str


def read_number(raw: str, style: NumberStyle = PLAIN_STYLE) -> Number | Unread:
    """Return the number that `raw` gives, or why none (or more than one) was found in it.

    Arithmetic is worked out exactly; of working such as `(5*5*3+1)*10 = 76*10 = 760` the last
    result counts. Two different results, ranges, intervals and bounds are no answer.
    """
    if len(raw) <= 15 and raw.isascii() and raw.isdigit() and not style.unit:
        return _whole(int(raw))
    return understood(raw, lambda text: _read(text, style))


def _whole(value: int) -> Number:
    return Number(Fraction(value), show_number(value), Fraction(1))


def _read(text: str, style: NumberStyle) -> Number:
    if style.quantity in _SIDES:
        text = _SQUARE.sub(r"\1", text)
    if _LOST_POWER.search(text):
        raise AnswerError("a power of ten without its sign: type 10^2")
    tokens = without_reasons(tokenize(text, "single", style.decimal))
    refuse_ranges(tokens)
    if not has_number(tokens):
        return _in_words(text, tokens)
    works = any(token.kind in ("=", "→", "op", "×") for token in tokens)
    *_, clause = filter(has_number, split(tokens, "→", *(";\n" if works else "")))
    *ahead, behind = filter(has_number, split(clause, ":"))
    if any(token.kind == "=" for token in behind):
        clause = behind  # `3 channels, 32 filters: 3*9*32 = 864`
    elif ahead:  # `896: (27+1)*32` says it twice
        clause = [token._replace(kind="or") if token.kind == ":" else token for token in clause]
    items = list(filter(has_number, split(clause, ",", "or", ";", "\n")))
    results = [_chain(item, style) for item in items]
    if len({result.value for result in results}) > 1 and (
        any(token.kind == "or" for token in clause) or not _leads_on(items, results)
    ):
        shown = " and ".join(result.shown for result in results[:3])
        raise AnswerError(f"two answers ({shown}): which one is meant?")
    return results[-1]


def _leads_on(items: list[list[AnswerToken]], results: list[Number]) -> bool:
    """Tell whether each item is a step to the next (`3*9 = 27, 27+1 = 28`), or all give letters
    their values for the last (`K = 3, C = 3, (3*3*3+1)*32 = 896`)."""
    kinds = [[token.kind for token in item] for item in items]
    given = [kind == ["word", "=", "number"] and len(item[0].text) < 3
             for kind, item in zip(kinds, items, strict=True)]  # fmt: skip
    if all(given[:-1]) and "=" in kinds[-1] and not {"op", "×"}.isdisjoint(kinds[-1]):
        return True
    return all(
        result.value in numbers(following) and "=" in kind
        for kind, result, following in zip(kinds, results, items[1:], strict=False)
    )


def _in_words(text: str, tokens: list[AnswerToken]) -> Number:
    """Return the number that a text without digits spells; raises AnswerError if it does not."""
    if not any(token.text.lower() in DOUBT for token in tokens):
        value = _spelled(text)
        if value is not None:
            return _whole(value)
        if len(text) < 80 and _NOTHING.fullmatch(text):
            return _whole(0)._replace(notes=("read as 0",))
    raise AnswerError("there is no number in it")


def _spelled(text: str) -> int | None:
    """Return the number that a text without digits spells, or None unless there is just one."""
    words = _WORD.findall(text.lower())
    places = [at for at, word in enumerate(words) if word in _SMALL or word in _LARGE]
    run = words[places[0] : places[-1] + 1] if places else []
    if not run or len(places) < len(run) - run.count("and") or (run == ["one"] and len(words) > 2):
        return None  # `the one with a bias` is no number
    total = part = last = 0
    for word in run:
        value = _SMALL.get(word, 0)
        if word == "hundred":
            part = (part or 1) * 100
        elif word in _LARGE:
            total, part = total + (part or 1) * _LARGE[word], 0
        elif last and not (last >= 20 and last % 10 == 0 and value < 10):
            return None  # `three five` are two numbers
        part, last = part + value, value
    return total + part


def _chain(tokens: list[AnswerToken], style: NumberStyle) -> Number:
    """Return the value of one chain of equal sides: its last side that holds a number.

    A number before it that it rounds (`27,000,100 ≈ 27M`) counts instead. Two different bare
    numbers are no answer; working with another result is noted.
    """
    sides = [side for side in split(tokens, "=", "~") if has_number(side)]
    final, notes = Side(style).read(sides[-1]), list[str]()
    for side in reversed(sides[:-1]):
        try:
            working = Side(style).read(side)
        except AnswerError:
            continue  # words and half sums on the way are nobody's answer
        if same(working, final) or {counted(working.unit), counted(final.unit)} == OPERATIONS:
            continue
        if not working.literal:
            notes.append(f"the working gives {working.shown}, the result says {final.shown}")
        elif side[0].number and working.value.denominator == 1:
            exact = finer(working, final) if final.literal else None
            if exact is None:
                raise AnswerError(f"{working.shown} = {final.shown} cannot be: which one is meant?")
            final = exact
    return final._replace(notes=(*final.notes, *notes[:1]))


def read_values(raw: str) -> Values | Unread:
    """Return the numbers of a list (`5, 6`, `5 or 6`, `{5;6}`, `0..3`), or of one number."""
    return understood(raw, _values)


def _values(text: str) -> Values:
    found: list[Fraction] = []
    if _LINES.fullmatch(text):
        text = text.replace("\n", ", ")
    *steps, last = ["", *filter(_DIGIT.search, _SO.split(text))]
    if any(map(_GIVEN.fullmatch, steps)) and not re.search(r"\b[A-Za-z] *=", last):
        raise AnswerError("a letter has a value, and so has something else: which is meant?")
    parts = list(filter(_DIGIT.search, _BETWEEN.split(_BRACKETS.sub(r"\1", last))))
    for part in parts:
        low, high = map(int, span.groups()) if (span := _SPAN.fullmatch(part)) else (0, 0)
        if low < high <= low + 2000:
            found += map(Fraction, range(low, high + 1))
        elif _EQUATION.match(part) and part is parts[-1]:
            raise AnswerError("solve the equation for the unknown")
        elif not _EQUATION.match(part):  # else a step: `2P = 4, P = 2`
            if re.search(r"\d\s*:", part):
                raise AnswerError("working for each value: type the values alone")
            found.append(_read(part, NumberStyle(quantity="size")).value)
    word = None if found else _spelled(text)
    if word:
        found = [Fraction(word)]
    elif not found and not _NONE & set(text.lower().split()):
        raise AnswerError("there is no number in it")
    found = list(dict.fromkeys(found))
    return Values(tuple(found), ", ".join(map(show_number, found)) or "no value at all")


def read_assignment(raw: str, unknowns: tuple[str, ...]) -> Values | Unread:
    """Return one number per unknown, named (`F=3, P=1`, in any order) or in the asked order."""
    return understood(raw, lambda text: _assigned(text, unknowns))


def _assigned(text: str, unknowns: tuple[str, ...]) -> Values:
    tokens = tokenize(text, "list")
    refuse_doubt(tokens)
    refuse_ranges(tokens)
    values, known = numbers(tokens), {name.lower(): name for name in unknowns}
    named = [known[word] for token in tokens if (word := token.text.lower()) in known]
    if len(values) != len(unknowns) or (named and sorted(named) != sorted(unknowns)):
        raise AnswerError(f"{len(unknowns)} values are asked for ({', '.join(unknowns)})")
    if named:  # `P=1, F=3`, or `P, F = 1, 3`
        values = [
            value for _, value in sorted(zip(map(unknowns.index, named), values, strict=True))
        ]
    shown = ", ".join(f"{n} = {show_number(v)}" for n, v in zip(unknowns, values, strict=True))
    return Values(tuple(values), shown)
