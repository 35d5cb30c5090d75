"""Reads an answer that should be one number, or several: arithmetic among words.

The answer is cut into clauses; the last counts, and is cut into equal sides.
"""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.grading.answers.reading import Number, Unread, Values, show_number, understood
from cnncalc.grading.answers.side import APPROXIMATE, NumberStyle, Side, finer, same
from cnncalc.grading.answers.tokens import (
    DOUBT,
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
from cnncalc.grading.answers.units import converts, says_nothing, spelled

MAX_VALUES = 2000
_NONE = frozenset(("none", "no", "nothing", "impossible", "cannot", "never", "empty", "∅"))
_SO = re.compile(r"[→\n]|\b(?:so|thus|hence|therefore|then|gives)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_BETWEEN = re.compile(r"[,;&]|\b(?:or|and|und|oder)\b|(?<=\d)\s+(?=\d)", re.IGNORECASE)
#: Brackets around a list, `{5, 6}`.
_BRACKETS = re.compile(r"[\[({]([^\[\](){}]*(?:[,;]|\d \d|\b(?:or|and)\b)[^\[\](){}]*)[\])}]")
#: `0..3`, `5-6` or `from 2 to 4`
_SPAN = re.compile(r"[^\d(]*?(\d+) ?(?:\.\.+|…|-|to) ?(\d+)\W*", re.IGNORECASE)
_EQUATION = re.compile(r"\s*\d+\s*[*·×]?\s*[A-Za-z]\s*=")
_QUOTIENT = re.compile(r"\W*\d+ ?/ ?\d+\W*")
#: One number a line.
_LINES = re.compile(r"(?:[^\W\d]\w* *= *)?\d+(?:\n(?:[^\W\d]\w* *= *)?\d+)+")
_SIDES = frozenset(("height", "width", "size", "length"))
#: `28x28`, `28 by 28` or `28x28x1`, and no product.
_SQUARE = re.compile(
    r"(?<![\w.+*/^×(-])(?<![+*/^×x-] )(?:1 ?[x×] ?)?(\d+) ?(?:[x×*]|by) ?\1(?: ?[x×] ?1)?"
    r"(?!\d|\.\d| ?(?:[x×*/^+-]|by))",
    re.IGNORECASE,
)


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
    found = results[-1]
    return found._replace(notes=(*found.notes, "one side of a square")) if squares else found


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
    if not any(token.text.lower() in DOUBT for token in tokens):
        value = spelled(text)
        if value is not None:
            number = Fraction(value)
            return Number(number, show_number(number), Fraction(1), notes=("a number in words",))
        if says_nothing(text):
            word = tokens[0].text.lower() if len(tokens) < 4 else "this"
            return Number(Fraction(0), "0", Fraction(1), notes=(f"{word} read as 0",))
    raise AnswerError("there is no number in it")


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
        if same(working, final) or converts(working.unit, final.unit):
            continue
        if not working.literal:
            notes.append(f"the working gives {working.shown}, the result says {final.shown}")
        elif side[0].number and working.value.denominator == 1:
            exact = finer(working, final) if final.literal else None
            if exact is None:
                raise AnswerError(f"{working.shown} = {final.shown} cannot be: which one is meant?")
            final = exact
    at = len(tokens) - len(sides[-1]) - 1
    about = [APPROXIMATE] if at >= 0 and tokens[at].kind == "~" else []
    return final._replace(notes=(*final.notes, *notes[:1], *about))


def read_values(raw: str) -> Values | Unread:
    """Return the numbers of a list (`5, 6`, `5 or 6`, `{5;6}`, `0..3`), or of one number."""
    return understood(raw, _values)


def _values(text: str) -> Values:
    found: list[Fraction] = []
    if _LINES.fullmatch(text):
        text = text.replace("\n", ", ")
    *_, last = ["", *filter(_DIGIT.search, _SO.split(text))]
    parts = list(filter(_DIGIT.search, _BETWEEN.split(_BRACKETS.sub(r"\1", last))))
    for part in parts:
        low, high = map(int, span.groups()) if (span := _SPAN.fullmatch(part)) else (0, 0)
        if low < high <= low + MAX_VALUES:
            found += map(Fraction, range(low, high + 1))
        elif _EQUATION.match(part) and part is parts[-1]:
            raise AnswerError("solve the equation for the unknown")
        elif not _EQUATION.match(part):  # else a step: `2P = 4, P = 2`
            value = _read(part, NumberStyle(quantity="size")).value
            if value.denominator > 1 and _QUOTIENT.fullmatch(part):
                raise AnswerError("one number or two? type a comma between two")  # `5/6`
            found.append(value)
    word = None if found else spelled(text)
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
    named: dict[str, Fraction] = {}
    last = ""
    known = {name.lower(): name for name in unknowns}
    first = next((at for at, token in enumerate(tokens) if token.number), 0)
    ahead = [known[word] for token in tokens[:first] if (word := token.text.lower()) in known]
    if len(ahead) == len(known) == len(numbers(tokens)):  # `F, P = 3, 1`
        named, tokens = dict(zip(ahead, numbers(tokens), strict=True)), []
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
