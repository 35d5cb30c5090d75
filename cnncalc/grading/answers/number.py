"""Reads an answer that should be one number, or several: arithmetic among words.

The answer is cut into clauses; the last counts, and is cut into equal sides. Of a side
the arithmetic is kept and worked out; its words scale a number, say what it counts, or doubt it.
"""

from __future__ import annotations

from fractions import Fraction

from cnncalc.grading.answers.arithmetic import SEVERAL
from cnncalc.grading.answers.reading import Number, Unread, Values, show_number, understood
from cnncalc.grading.answers.side import PLAIN_STYLE, NumberStyle, Side, finer, same
from cnncalc.grading.answers.text import says_nothing, spelled
from cnncalc.grading.answers.tokens import (
    DOUBT,
    AnswerError,
    AnswerToken,
    has_number,
    refuse_doubt,
    refuse_ranges,
    split,
    tokenize,
    without_reasons,
)
from cnncalc.grading.answers.units import converts

__all__ = ["PLAIN_STYLE", "NumberStyle", "read_number"]

MAX_VALUES = 2000
_NONE = frozenset(("none", "no", "nothing", "impossible", "cannot", "never", "empty", "∅"))
_SIDES = frozenset(("height", "width", "size", "length"))


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
        if same(working, final) or converts(working.unit, final.unit):
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
    at = len(tokens) - len(sides[-1]) - 1
    if at >= 0 and tokens[at].kind == "approx":
        return final._replace(notes=(*final.notes, "given as approximate"))
    return final


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

    def remark(inner: list[AnswerToken]) -> Number:
        return _chain(inner, style, remarks=False)

    return Side(style, remark if remarks else None).read(tokens)


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


def read_values(raw: str) -> Values | Unread:
    """Return the numbers of a list (`5, 6`, `5 or 6`, `{5;6}`, `0..3`), or of one number."""
    return understood(raw, _read_values)


def _read_values(text: str) -> Values:
    tokens = tokenize(text, "list")[:-1]
    values = _listed(tokens) if has_number(tokens) else _values_in_words(text)
    return Values(values, ", ".join(map(show_number, values)) or "no value at all")


def _values_in_words(text: str) -> tuple[Fraction, ...]:
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
    number = read_number(" ".join(token.text for token in tokens), NumberStyle(quantity="size"))
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
