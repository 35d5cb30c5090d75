"""Reads answers that should be a shape: `32×32×10`, `(10, 32, 32)`, `10@32x32`, `H=32, W=32`.

A shape is a list of axes. Crosses, commas, brackets and words separate them; a product such as
`10240` is one axis and so never a volume. Whether the order is right is decided by the marking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import takewhile
from typing import NamedTuple

from cnncalc.grading.answers.arithmetic import worked_out
from cnncalc.grading.answers.axes import (
    AXIS_WORDS,
    COMMA,
    Pieces,
    Sizes,
    axis,
    axis_name,
    count,
    legend,
    names,
    read_axes,
    sizes,
)
from cnncalc.grading.answers.reading import Unread, Volume, show_number, understood
from cnncalc.grading.answers.tokens import (
    END,
    NUMBER_WORDS,
    AnswerError,
    AnswerToken,
    DecimalMark,
    has_number,
    numbers,
    refuse_doubt,
    split,
    tokenize,
    without_reasons,
)

MAX_AXES = 5
_SENTENCE = re.compile(r"\.\s+")
_DASH = re.compile(r"(?<=[^\W\d_]) - (?=\d)")
_DATE = re.compile(r"(19|20)\d\d-[01]\d-[0-3]\d.*|[0-3]?\d-[A-Za-z]{3}(-\d+)?|[A-Za-z]{3}-\d+")
#: The usual spellings, `30x30x8` and `(30, 30, 8)`; the grammar would say the same.
_SIMPLE = re.compile(
    r"[1-9]\d{0,5}(?:[ ]?[x×][ ]?[1-9]\d{0,5}){0,3}|\([1-9]\d{0,5}(?:,[ ]?[1-9]\d{0,5}){1,3}\)"
)
_SIZE = re.compile(r"\d+")
#: `32-32-10` and `32/32/10` are no differences and no quotients.
_HYPHENS = re.compile(r"(?:[^\d:]*: *)?\d+(?:(?:-\d+)+|(?:/\d+){2,})\W*")
#: `- 28x28x6` or `1. 28x28x6` in a list; what only says that an answer follows.
_OPENING = re.compile(r"\A(?:(?:-|\d[.)])\s+(?=\w)|(?:answer\s*:|=)\s*(?=\S))", re.IGNORECASE)
_CROSSES = ("x", "X", "×", "by")
_TWO = "two answers: which one is meant?"


def read_shape(raw: str, decimal: DecimalMark = "point") -> Volume | Unread:
    """Return the axes that `raw` gives, in the typed order, or why no shape was found in it.

    Of working followed by an answer the last shape counts; two different shapes are no answer.
    """
    if len(raw) < 60 and _SIMPLE.fullmatch(raw):
        return _volume(tuple([Fraction(int(size)) for size in _SIZE.findall(raw)]))
    return understood(raw, lambda text: _read(text, decimal))


def _volume(axes: Sizes, named: tuple[str, ...] = ()) -> Volume:
    named = named or ("",) * len(axes)
    if len(axes) > MAX_AXES:
        raise AnswerError(f"{len(axes)} numbers are no shape")
    if any(name and named.count(name) > 1 for name in named):
        raise AnswerError("an axis is given twice")
    shown = ["N" if size is None else show_number(size) for size in axes]
    if not any(named):
        return Volume(axes, named, "×".join(shown))
    pairs = zip(named, shown, strict=True)
    return Volume(
        axes, named, ", ".join(f"{name}={size}" if name else size for name, size in pairs)
    )


def _read(text: str, decimal: DecimalMark) -> Volume:
    if _DATE.fullmatch(text):
        raise AnswerError("looks like a date: a spreadsheet may have changed what was typed")
    hyphens = ("hyphens read as ×",) if _HYPHENS.fullmatch(text) else ()
    if hyphens:
        text = re.sub(r"(?<=\d)[-/](?=\d)", "x", text)
    text = _DASH.sub(": ", _SENTENCE.sub("; ", _OPENING.sub("", text)))
    tokens = without_reasons(tokenize(text, "list", decimal))
    refuse_doubt(tokens)
    bounds = [token for token in tokens if token.kind in "<±"]
    if bounds and [bounds[0], bounds[-1]] != [tokens[0], tokens[-1]]:  # `<32, 32, 10>` has two
        raise AnswerError("a bound or an interval is not an answer")
    found = list(map(_shape, filter(_has_size, split(tokens, "or"))))
    if not found:
        raise AnswerError("there is no number in it")
    if len({(volume.axes, volume.names) for volume in found}) > 1:
        raise AnswerError(_TWO)
    return found[-1]._replace(notes=hyphens)


def _has_size(tokens: list[AnswerToken]) -> bool:
    return has_number(tokens) or any(token.text.lower() in NUMBER_WORDS for token in tokens)


class _Statement(NamedTuple):
    """What stands between commas: its pieces; the axes that it names by `=`; whether it is a step
    of working such as `112/2 = 56`; its `label` in `r1 = 3, r2 = 5`."""

    pieces: Pieces
    named: list[str]
    step: bool = False
    label: str = ""


def _shape(tokens: list[AnswerToken]) -> Volume:
    """Return the shape of an answer: in each line what stands behind its last arrow or `so`."""
    order: Pieces = []
    found: list[_Statement] = []
    lines = [line for line in split(tokens, "\n") if line]
    if len(lines) == 2 and len(numbers(lines[0])) > 1 and _texts(lines[0]) == _texts(lines[1]):
        lines = lines[:1]  # typed twice
    for line in lines:
        parts = [[], *filter(_has_size, split(line, "→"))]
        in_front, rest = _in_front(parts[-1])
        order = in_front or order
        of_line = [_statement(one) for one in filter(_has_size, _statements(rest))]
        kinds = {token.kind for part in parts[:-1] for token in part}
        one_size = sum(len(sizes(one.pieces)) for one in of_line) == 1
        if one_size and ("×" in kinds or {"open", ","} <= kinds):
            raise AnswerError(_TWO)  # `28x28x6, so it shrinks by 4`
        found += of_line
    pieces = [piece for one in _answered(found) for piece in (*one.pieces, COMMA)]
    return _volume(sizes(pieces), tuple(names([*pieces, *order])))


def _texts(tokens: list[AnswerToken]) -> list[str]:
    return [token.text for token in tokens]


def _answered(found: list[_Statement]) -> list[_Statement]:
    """Return the statements that give the shape: no working, and no size of it once more."""
    if len(found) == 1:
        return found
    labels = {one.label for one in found}
    if "" not in labels and (len(labels) > 1 or labels & {"dim", "axis"}):
        raise AnswerError(_TWO)  # `conv1: 3, conv2: 5`
    kept: list[_Statement] = []
    for one in found:
        if one.step and one is not found[-1]:
            kept = [before for before in kept if len(before.pieces) > 1]
        else:
            kept.append(one)
    alone = sizes([piece for one in kept for piece in one.pieces])
    worked = [size for one in found if one.step for size in sizes(one.pieces)]
    if len(alone) == 1 and worked and not (found[-1].step or alone[0] in worked):
        raise AnswerError(_TWO)  # `12-3+1 = 10, 22-3+1 = 20, 16`
    wholes = [one for one in kept if len(one.pieces) > 1 and not one.named
              and (len(sizes(one.pieces)) > 1 or COMMA in one.pieces)]  # fmt: skip
    if len({sizes(one.pieces) for one in wholes}) > 1:
        raise AnswerError(_TWO)
    if not wholes:
        return kept
    whole = sizes(wholes[-1].pieces)
    others = [size for one in kept if one not in wholes for size in sizes(one.pieces)]
    if len(whole) == 2 and len(others) == 1:  # the channels are said beside it
        return [one for one in kept if one is wholes[-1] or one not in wholes]
    if not {*others} <= {*whole, count(whole)}:
        raise AnswerError(_TWO)
    return wholes[-1:]


def _in_front(tokens: list[AnswerToken]) -> tuple[Pieces, list[AnswerToken]]:
    """Return the axes named in front of a shape (`H x W x C = …`, `(C, H, W):`) and the rest."""
    at = next((i for i, token in enumerate(tokens) if token.kind in "=:"), 0)
    kinds = [token.kind for token in tokens[:at]]
    order = legend(tokens[:at])
    words = kinds.count("word")
    together = len(order) > words or (len(order) == words > 1 and not {"×", ","}.isdisjoint(kinds))
    distinct = len({AXIS_WORDS[one.text] for one in order}) == len(order)
    if together and distinct and {*kinds} <= {"word", "×", ",", "open", "close", "other"}:
        return order, tokens[at + 1 :]
    return [], tokens


def _statements(tokens: list[AnswerToken]) -> Iterator[list[AnswerToken]]:
    """Yield what stands between commas and in front of names: `H=28 and W=28 C=6` are three."""
    for part in split(tokens, ",", ";"):
        start = depth = 0
        for at, (token, sign) in enumerate(zip(part, [*part[1:], END], strict=False)):
            depth += (token.kind == "open") - (token.kind == "close")
            named = sign.kind in "=:" and depth == 0 and axis_name(token.text)
            if named and has_number(part[start:at]):
                yield part[start:at]
                start = at
        yield part[start:]


def _statement(tokens: list[AnswerToken]) -> _Statement:
    """Return what a chain `… = …` says: an axis (`H = 12-3+1 = 10`), a shape or a step."""
    sides = split(tokens, "=", ":")
    crossed = any(token.text in _CROSSES for token in sides[-1])
    value = None if crossed else worked_out([one for one in sides[-1] if not _is_word(one)])
    named = _equated(sides)
    equal = any(token.kind == "=" for token in tokens)
    if named and value is not None:
        given = [(AnswerToken("word", name.lower()), axis(value), COMMA) for name in named]
        return _Statement([one for three in given for one in three], named)
    if named and (equal or not (crossed or any(token.kind == "open" for token in tokens))):
        raise AnswerError("one size has several numbers")
    sized = list(filter(_has_size, sides))
    if not equal and sides[0] and sides[0][0].number:
        sized = [tokens]  # `32:32:10`
    pieces = read_axes(sized[-1])
    single = len(sizes(pieces)) == 1 < len(sides)
    before = sized[-2] if single and len(sized) > 1 and COMMA not in pieces else []
    if any(token.text in "×xX*^" for token in before):  # `32x32x10 = 10240`
        product = read_axes(before)
        if len(sizes(product)) > 1 and count(sizes(product)) == sizes(pieces)[0]:
            return _Statement(product, [])
    front = sides[0][-2:] if has_number(sides[0][-1:]) else sides[0][-1:]
    label = "".join(_texts(front)).lower() if single else ""
    if not label[-1:].isdigit() or not label[:1].isalpha():
        label = ""
    elif equal:
        label = label.rstrip("0123456789")  # `r1 = 3, r2 = 5` leads to the last
    works = label or has_number(sides[0][-1:]) or any(token.kind == "op" for token in tokens)
    return _Statement(pieces, [], bool(equal and works and single), label)


def _is_word(token: AnswerToken) -> bool:
    return token.kind in ("word", "other")


def _equated(sides: list[list[AnswerToken]]) -> list[str]:
    """Return the axes that an equation gives a value: `H_out = W_out = 28`, `height (12-3)+1 =`."""
    named: list[str] = []
    for side in sides[:-1]:
        label = list(takewhile(_is_word, side))
        found = [name for token in label if (name := axis_name(token.text))]
        if len(found) == 1 and not numbers(side[len(label) : len(label) + 1]):
            named += found
        elif not named:
            return []
    return named
