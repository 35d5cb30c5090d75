"""Reads answers that should be a shape: `32×32×10`, `(10, 32, 32)`, `10@32x32`, `H=32, W=32`.

A shape is a list of axes. Crosses, commas, brackets and words separate them; a product such as
`10240` is one axis and so never a volume. Whether the order is right is decided by the marking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.answers.arithmetic import worked_out
from cnncalc.grading.answers.axes import (
    AXIS_WORDS,
    COMMA,
    ORDERS,
    AxesScan,
    ShapePiece,
    axis_name,
    count,
    names,
    sizes,
)
from cnncalc.grading.answers.reading import Unread, Volume, show_number, understood
from cnncalc.grading.answers.tokens import (
    END,
    AnswerError,
    AnswerToken,
    DecimalMark,
    has_number,
    refuse_doubt,
    split,
    tokenize,
    without_reasons,
)
from cnncalc.grading.answers.units import NUMBER_WORDS

MAX_AXES = 8
_DATE = re.compile(r"(19|20)\d\d-[01]\d-[0-3]\d.*|[0-3]?\d-[A-Za-z]{3}(-\d+)?|[A-Za-z]{3}-\d+")
#: The usual spellings, `30x30x8` and `(30, 30, 8)`; the grammar would say the same.
_SIMPLE = re.compile(
    r"[1-9]\d{0,5}(?:[ ]?[x×][ ]?[1-9]\d{0,5}){1,3}|\([1-9]\d{0,5}(?:,[ ]?[1-9]\d{0,5}){1,3}\)"
)
_SIZE = re.compile(r"\d+")
_TWO = "two answers: which one is meant?"


def read_shape(raw: str, decimal: DecimalMark = "point") -> Volume | Unread:
    """Return the axes that `raw` gives, in the typed order, or why no shape was found in it.

    Of working followed by an answer the last shape counts; two different shapes are no answer.
    """
    if len(raw) < 60 and _SIMPLE.fullmatch(raw):
        return _volume(tuple([Fraction(int(size)) for size in _SIZE.findall(raw)]))
    return understood(raw, lambda text: _read(text, decimal))


def show_axes(axes: tuple[Fraction | None, ...], names: tuple[str, ...] = ()) -> str:
    """Return `32×32×10`, the axes that were named with their names."""
    shown = ["N" if axis is None else show_number(axis) for axis in axes]
    if not any(names):
        return "×".join(shown)
    return ", ".join(f"{n}={axis}" if n else axis for n, axis in zip(names, shown, strict=True))


def _volume(
    axes: tuple[Fraction | None, ...], named: tuple[str, ...] = (), notes: tuple[str, ...] = ()
) -> Volume:
    """Return a shape; raises AnswerError if it has too many axes, or one twice."""
    if len(axes) > MAX_AXES:
        raise AnswerError(f"{len(axes)} numbers are no shape")
    named = named or ("",) * len(axes)
    given = [name for name in named if name]
    if len(set(given)) < len(given):
        raise AnswerError("an axis is given twice")
    return Volume(axes, named, show_axes(axes, named), notes)


def _read(text: str, decimal: DecimalMark) -> Volume:
    if _DATE.fullmatch(text):
        raise AnswerError("looks like a date: a spreadsheet may have changed what was typed")
    tokens = without_reasons(tokenize(text, "list", decimal))
    refuse_doubt(tokens)
    bounds = [token for token in tokens if token.kind in "<±"]
    if bounds and [bounds[0], bounds[-1]] != [tokens[0], tokens[-1]]:  # `<32, 32, 10>` has two
        raise AnswerError("a bound or an interval is not an answer")
    found = [_shape(part) for part in split(tokens, "or") if _has_size(part)]
    if not found:
        raise AnswerError("there is no number in it")
    if len({(volume.axes, volume.names) for volume in found}) > 1:
        raise AnswerError(_TWO)
    return found[-1]


def _has_size(tokens: list[AnswerToken]) -> bool:
    return has_number(tokens) or any(token.text.lower() in NUMBER_WORDS for token in tokens)


class _Statement(NamedTuple):
    """What stands between commas: its pieces; the `axes` that it names by `=`; whether it is a
    step of working such as `112/2 = 56`."""

    pieces: list[ShapePiece]
    axes: tuple[str, ...] = ()
    step: bool = False
    notes: tuple[str, ...] = ()


def _shape(tokens: list[AnswerToken]) -> Volume:
    """Return the shape of an answer: in each line what stands behind its last arrow or `so`."""
    legend: tuple[str, ...] = ()
    found: list[_Statement] = []
    for line in split(tokens, "\n"):
        parts = [part for part in split(line, "→") if _has_size(part)]
        if parts:
            legend, rest = _legend(parts[-1]) or (legend, parts[-1])
            line_found = [_statement(one) for one in _statements(rest) if _has_size(one)]
            crossed = [part for part in parts[:-1] if any(token.kind == "×" for token in part)]
            if sum(len(sizes(one.pieces)) for one in line_found) == 1 and crossed:
                raise AnswerError(_TWO)  # `28x28x6, so it shrinks by 4`
            found += line_found
    kept = _answered(found)
    pieces = [piece for one in kept for piece in (*one.pieces, COMMA)]
    axes, named = sizes(pieces), list(names(pieces))
    if named.count("") == len(legend):
        rest_of = iter(legend)
        named = [name or next(rest_of) for name in named]
    return _volume(axes, tuple(named), tuple([note for one in kept for note in one.notes]))


def _answered(found: list[_Statement]) -> list[_Statement]:
    """Return the statements that give the shape: no working, and no size of it once more."""
    kept: list[_Statement] = []
    for one in found:
        if one.step and one is not found[-1]:
            kept = [before for before in kept if len(before.pieces) > 1]
        else:
            kept.append(one)
    axes = [axis for one in kept for axis in one.axes]
    if len(set(axes)) < len(axes):
        raise AnswerError("an axis is given twice")
    wholes = [one for one in kept if len(sizes(one.pieces)) > 1 and not one.axes]
    if len({sizes(one.pieces) for one in wholes}) > 1:
        raise AnswerError(_TWO)
    if not wholes:
        return kept
    whole = sizes(wholes[-1].pieces)
    if len(whole) == 2:  # the channels are said beside it
        return [one for one in kept if one is wholes[-1] or one not in wholes]
    if any(not {*sizes(one.pieces)} <= {*whole, count(whole)} for one in kept):
        raise AnswerError(_TWO)
    return wholes[-1:]


def _legend(tokens: list[AnswerToken]) -> tuple[tuple[str, ...], list[AnswerToken]] | None:
    """Return the axes named in front of a shape (`H x W x C = …`, `(C, H, W):`) and the rest."""
    at = next((i for i, token in enumerate(tokens) if token.kind in "=:"), 0)
    words = [token.text.lower() for token in tokens[:at] if token.kind == "word"]
    kinds = {token.kind for token in tokens[:at]}
    if not words or kinds - {"word", "×", ",", "open", "close", "other"}:
        return None
    orders = [order for word in words if (order := word.replace("x", "")) in ORDERS]
    named = tuple([AXIS_WORDS.get(word, "") for word in words])
    if len(orders) == 1:
        named = tuple(orders[0].upper().replace("B", "N"))
    elif not kinds & {"×", ","} or not all(named) or len(set(named)) < len(named):
        return None
    return named, tokens[at + 1 :]


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
    value = _value(sides[-1])
    axes = _equated(sides)
    equal = any(token.kind == "=" for token in tokens)
    if axes and value is None and equal:
        raise AnswerError("one size has several numbers")
    if axes and value is not None:
        pairs = [
            (ShapePiece("word", word=axis.lower()), ShapePiece("axis", value), COMMA)
            for axis in axes
        ]
        return _Statement([piece for pair in pairs for piece in pair], axes)
    sized = [side for side in sides if _has_size(side)]
    if len(sized) > 1 and not equal and sides[0] and sides[0][0].number:
        sized = [tokens]  # `32:32:10`
    scan = AxesScan(sized[-1])
    found = scan.sizes()
    if len(found) == 1 and any(token.text in "×xX*^" for side in sized[-2:-1] for token in side):
        product = AxesScan(sized[-2])
        if len(product.sizes()) > 1 and count(product.sizes()) == found[0]:
            return _Statement(product.pieces, notes=tuple(product.notes))
    numbered = bool(sides[0]) and sides[0][-1].text[-1:].isdigit()  # `r1 = 3, r2 = 5`
    works = numbered or any(token.kind == "op" for token in tokens)
    step = equal and works and len(found) == 1
    return _Statement(scan.pieces, (), step, tuple(scan.notes))


def _value(side: list[AnswerToken]) -> Fraction | None:
    """Return the one number of a side, which is no shape."""
    if any(token.text in ("x", "X", "×", "by") for token in side):
        return None
    return worked_out([token for token in side if token.kind not in ("word", "other")])


def _equated(sides: list[list[AnswerToken]]) -> tuple[str, ...]:
    """Return the axes that an equation gives a value: `H_out = W_out = 28`, `height (12-3)+1 =`."""
    axes: list[str] = []
    for side in sides[:-1]:
        start = next((i for i, t in enumerate(side) if t.kind not in ("word", "other")), len(side))
        found = [name for token in side[:start] if (name := axis_name(token.text))]
        if len(found) == 1 and (start == len(side) or not side[start].number):
            axes += found
        elif not axes:
            return ()
    return tuple(axes)
