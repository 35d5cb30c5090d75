"""Reads answers that should be a shape: `32×32×10`, `(10, 32, 32)`, `10@32x32`, `H=32, W=32`.

A shape is a list of axes. Crosses, commas, brackets and words separate them; a product such as
`10240` is one axis and so never a volume. Whether the order is right is decided by the marking.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

from cnncalc.grading.answers.axes import AXIS_WORDS, SIDES, ShapePiece, named
from cnncalc.grading.answers.clauses import has_number, refuse_doubt, split, without_reasons
from cnncalc.grading.answers.numerals import DecimalMark
from cnncalc.grading.answers.reading import Unread, Volume, is_blank, show_number
from cnncalc.grading.answers.scan import listed
from cnncalc.grading.answers.spelled import NUMBER_WORDS
from cnncalc.grading.answers.statements import legend, names_sizes, stated
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken, TokenKind, tokenize

MAX_AXES = 8
_DATE = re.compile(r"(19|20)\d\d-[01]\d-[0-3]\d.*|[0-3]?\d-[A-Za-z]{3}(-\d+)?|[A-Za-z]{3}-\d+")
#: The usual spellings, `30x30x8` and `(30, 30, 8)`; the grammar would say the same.
_SIMPLE = re.compile(
    r"[1-9]\d{0,5}(?:[ ]?[x×][ ]?[1-9]\d{0,5}){1,3}|\([1-9]\d{0,5}(?:,[ ]?[1-9]\d{0,5}){1,3}\)"
)
_SIZE = re.compile(r"\d+")
_PIECES: frozenset[TokenKind] = frozenset(("comma", "semi"))
_TWO = "two answers: which one is meant?"


def read_shape(raw: str, decimal: DecimalMark = "point") -> Volume | Unread:
    """Return the axes that `raw` gives, in the typed order, or why no shape was found in it.

    Of working followed by an answer the last shape counts; two different shapes are no answer.
    """
    if len(raw) < 60 and _SIMPLE.fullmatch(raw):
        sizes = tuple([Fraction(int(size)) for size in _SIZE.findall(raw)])
        return Volume(sizes, ("",) * len(sizes), show_axes(sizes))
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    if _DATE.fullmatch(text):
        return Unread("looks like a date: a spreadsheet may have changed what was typed")
    try:
        return _read(without_reasons(tokenize(text, "list", decimal)[:-1]))
    except AnswerError as error:
        return Unread(str(error))


def _read(tokens: list[AnswerToken]) -> Volume:
    refuse_doubt(tokens)
    bounds = [token for token in tokens if token.kind == "compare"]
    if bounds and [bounds[0], bounds[-1]] != [tokens[0], tokens[-1]]:  # `<32, 32, 10>` has two
        raise AnswerError("a bound is not an answer")
    lines = [line for line in split(tokens, frozenset(("line",))) if _has_size(line)]
    if not lines:
        raise AnswerError("there is no number in it")
    found = [_clause(line) for line in lines]
    parts = [volume for volume in found if len(volume.axes) == 1 and any(volume.names)]
    volumes = [volume for volume in found if len(volume.axes) > 1]
    if len({volume.axes for volume in volumes}) > 1:
        raise AnswerError(_TWO)
    if not volumes and len(parts) > 1:
        return _joined(parts)
    return volumes[-1] if volumes else found[-1]


def _joined(parts: list[Volume]) -> Volume:
    """Return the shape whose axes stand on lines of their own, each with its name."""
    axes = tuple([part.axes[0] for part in parts])
    names = tuple([part.names[0] for part in parts])
    if len(set(names)) < len(names):
        raise AnswerError("an axis is given twice")
    return Volume(axes, names, show_axes(axes, names))


def _has_size(tokens: list[AnswerToken]) -> bool:
    return any(
        token.kind == "number" or (token.kind == "word" and token.text.lower() in NUMBER_WORDS)
        for token in tokens
    )


def _clause(tokens: list[AnswerToken]) -> Volume:
    """Return the shape of one line: what stands behind its last arrow or `so`."""
    *before, last = [part for part in split(tokens, frozenset(("arrow",))) if _has_size(part)]
    answers = [_sides(part) for part in split(last, frozenset(("or",))) if _has_size(part)]
    if len({(answer.axes, answer.names) for answer in answers}) > 1:
        raise AnswerError(_TWO)
    if len(answers[-1].axes) == 1 and any(_is_volume(part) for part in before):
        raise AnswerError(_TWO)  # `28x28x6, so it shrinks by 4`
    return answers[-1]


def _sides(tokens: list[AnswerToken]) -> Volume:
    """Return the shape of a chain `… = …`, unless the signs name axes (`H=32, W=32`)."""
    names, rest = legend(tokens)
    if names:
        return _renamed(_axes(rest), names)
    by_name = False
    if names_sizes(tokens):
        tokens, by_name = stated(tokens)
    if by_name or _names_axes(tokens):
        return _axes([token for token in tokens if token.kind not in ("equals", "colon")])
    sides = [_axes(side) for side in split(tokens, frozenset(("equals",))) if _has_size(side)]
    final = sides[-1]
    if len(final.axes) == 1 and len(sides) > 1 and len(sides[-2].axes) > 1:
        volume, product = sides[-2], Fraction(1)
        for axis in volume.axes:
            product *= 1 if axis is None else axis
        if product == final.axes[0]:  # a volume with its number of elements written behind
            return volume
    return final


def _renamed(volume: Volume, names: tuple[str, ...]) -> Volume:
    """Return `volume` with `names` given to the axes that have none, if they are as many."""
    bare = [index for index, name in enumerate(volume.names) if not name]
    axes, own = list(volume.axes), list(volume.names)
    if len(bare) == 1 and len(names) == 2 and {name.lower() for name in names} <= SIDES:
        axes.insert(bare[0], axes[bare[0]])
        own.insert(bare[0], "")
        bare = [bare[0], bare[0] + 1]
    if len(bare) == len(names):
        for index, name in zip(bare, names, strict=True):
            own[index] = name
    if len({name for name in own if name}) < sum(map(bool, own)):
        raise AnswerError("an axis is named twice")
    return Volume(tuple(axes), tuple(own), show_axes(tuple(axes), tuple(own)), volume.notes)


def _names_axes(tokens: list[AnswerToken]) -> bool:
    return any(
        token.text.lower() in AXIS_WORDS and following.kind in ("equals", "colon")
        for token, following in pairwise(tokens)
        if token.kind == "word"
    ) and not any(
        token.kind == "equals" and before.kind in ("number", "close")
        for before, token in pairwise(tokens)
    )


def _axes(tokens: list[AnswerToken]) -> Volume:
    tokens = _unlabelled(tokens)
    hyphenated = _hyphenated(tokens)
    if hyphenated:
        return hyphenated
    pieces = split(tokens, _PIECES)
    if len(pieces) > 1:
        volumes = [piece for piece in pieces if _is_volume(piece)]
        if len(volumes) > 1:
            return _repeated(volumes)
        if volumes and all(piece in volumes or _repeats(piece, volumes[0]) for piece in pieces):
            tokens = volumes[0]
    items, notes = listed(tokens)
    return _volume(items, notes)


def _volume(items: list[ShapePiece], notes: tuple[str, ...]) -> Volume:
    names = named(items)
    axes = tuple([item.value for item in items if item.kind == "axis"])
    if not axes:
        raise AnswerError("there is no number in it")
    if len(axes) > MAX_AXES:
        raise AnswerError(f"{len(axes)} numbers are no shape")
    return Volume(axes, names, show_axes(axes, names), notes)


def _is_volume(tokens: list[AnswerToken]) -> bool:
    """Tell whether a piece between commas is a whole shape of its own: `28x28x6`, `(28, 28, 6)`."""
    if not tokens or not has_number(tokens):
        return False
    if tokens[0].kind == "open" and tokens[-1].kind == "close":
        return any(token.kind in _PIECES or token.kind == "cross" for token in tokens)
    crosses = [token for token in tokens if token.kind == "cross" or token.text == "*"]
    return bool(crosses) and tokens[-1].kind == "number"


def _repeats(piece: list[AnswerToken], volume: list[AnswerToken]) -> bool:
    """Tell whether a piece says once more what the shape says: its channels, its values."""
    axes = [axis for axis in _axes(volume).axes if axis is not None]
    numbers = [token.number.value for token in piece if token.number]
    product = Fraction(1)
    for axis in axes:
        product *= axis
    channels = any(AXIS_WORDS.get(token.text.lower()) == "C" for token in piece)
    return len(axes) > 2 and (numbers == [product] or (channels and numbers in [[a] for a in axes]))


def _repeated(pieces: list[list[AnswerToken]]) -> Volume:
    volumes = [_axes(piece) for piece in pieces]
    if len({volume.axes for volume in volumes}) > 1:
        raise AnswerError(_TWO)
    return volumes[-1]


def show_axes(axes: tuple[Fraction | None, ...], names: tuple[str, ...] = ()) -> str:
    """Return `32×32×10`, the axes that were named with their names."""
    shown = ["N" if axis is None else show_number(axis) for axis in axes]
    if any(names):
        shown = [
            f"{name}={axis}" if name else axis for name, axis in zip(names, shown, strict=True)
        ]
        return ", ".join(shown)
    return "×".join(shown)


def _unlabelled(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return `tokens` without a leading label such as `C1:` or `output shape -`."""
    for position, token in enumerate(tokens):
        if token.kind == "colon" and position:
            head = tokens[:position]
            if head[0].kind == "word" and head[0].text.lower() not in AXIS_WORDS:
                return tokens[position + 1 :]
            if head[0].kind == "word" and len(head) > 1 and not has_number(tokens[:1]):
                return tokens[position + 1 :]
        if token.kind in ("open", "comma"):
            break
    return tokens


def _hyphenated(tokens: list[AnswerToken]) -> Volume | None:
    """Return the shape of `32-32-10` or `32/32/10`, which are no differences and no quotients."""
    signs = {token.text for token in tokens[1::2]}
    numbers = [token.number.value for token in tokens[::2] if token.number]
    plain_list = len(numbers) == (len(tokens) + 1) // 2 and len(signs) == 1
    if not plain_list or not signs <= {"-", "/"} or len(tokens) % 2 == 0:
        return None
    if len(numbers) < (2 if signs == {"-"} else 3):
        return None
    note = "hyphens read as ×" if signs == {"-"} else "slashes read as ×"
    axes = tuple(numbers)
    return Volume(axes, ("",) * len(axes), show_axes(axes), (note,))
