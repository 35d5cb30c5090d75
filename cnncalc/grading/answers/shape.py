"""Reads answers that should be a shape: `32×32×10`, `(10, 32, 32)`, `10@32x32`, `H=32, W=32`.

A shape is a list of axes. Crosses, commas, brackets and words separate them; a product such as
`10240` is one axis and so never a volume. Whether the order is right is decided by the marking.
"""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.grading.answers.arithmetic import worked_out
from cnncalc.grading.answers.axes import AXIS_WORDS, ORDERS, axis_name, read_axes
from cnncalc.grading.answers.reading import Unread, Volume, show_number, understood
from cnncalc.grading.answers.text import NUMBER_WORDS
from cnncalc.grading.answers.tokens import (
    END,
    AnswerError,
    AnswerToken,
    TokenKind,
    has_number,
    refuse_doubt,
    split,
    tokenize,
    without_reasons,
)
from cnncalc.grading.answers.units import DecimalMark, Numeral

MAX_AXES = 8
_DATE = re.compile(r"(19|20)\d\d-[01]\d-[0-3]\d.*|[0-3]?\d-[A-Za-z]{3}(-\d+)?|[A-Za-z]{3}-\d+")
#: The usual spellings, `30x30x8` and `(30, 30, 8)`; the grammar would say the same.
_SIMPLE = re.compile(
    r"[1-9]\d{0,5}(?:[ ]?[x×][ ]?[1-9]\d{0,5}){1,3}|\([1-9]\d{0,5}(?:,[ ]?[1-9]\d{0,5}){1,3}\)"
)
_SIZE = re.compile(r"\d+")
_TWO = "two answers: which one is meant?"
_NAMING: tuple[TokenKind, ...] = ("equals", "colon")
_COMMA = AnswerToken("comma", ",")


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
    axes: tuple[Fraction | None, ...], names: tuple[str, ...] = (), notes: tuple[str, ...] = ()
) -> Volume:
    """Return a shape; raises AnswerError if it has too many axes, or one twice."""
    if len(axes) > MAX_AXES:
        raise AnswerError(f"{len(axes)} numbers are no shape")
    names = names or ("",) * len(axes)
    given = [name for name in names if name]
    if len(set(given)) < len(given):
        raise AnswerError("an axis is given twice")
    return Volume(axes, names, show_axes(axes, names), notes)


def _read(text: str, decimal: DecimalMark) -> Volume:
    if _DATE.fullmatch(text):
        raise AnswerError("looks like a date: a spreadsheet may have changed what was typed")
    tokens = without_reasons(tokenize(text, "list", decimal)[:-1])
    refuse_doubt(tokens)
    bounds = [token for token in tokens if token.kind == "compare"]
    if bounds and [bounds[0], bounds[-1]] != [tokens[0], tokens[-1]]:  # `<32, 32, 10>` has two
        raise AnswerError("a bound is not an answer")
    found = [_line(line) for line in split(tokens, "line") if _has_size(line)]
    if not found:
        raise AnswerError("there is no number in it")
    parts = [volume for volume in found if len(volume.axes) == 1 and any(volume.names)]
    volumes = [volume for volume in found if len(volume.axes) > 1]
    if len({volume.axes for volume in volumes}) > 1:
        raise AnswerError(_TWO)
    if not volumes and len(parts) > 1:  # each axis on a line of its own
        return _volume(
            tuple([part.axes[0] for part in parts]), tuple([part.names[0] for part in parts])
        )
    return volumes[-1] if volumes else found[-1]


def _has_size(tokens: list[AnswerToken]) -> bool:
    return has_number(tokens) or any(token.text.lower() in NUMBER_WORDS for token in tokens)


def _line(tokens: list[AnswerToken]) -> Volume:
    """Return the shape of one line: what stands behind its last arrow or `so`."""
    *before, last = [part for part in split(tokens, "arrow") if _has_size(part)]
    answers = [_statement(part) for part in split(last, "or") if _has_size(part)]
    if len({(answer.axes, answer.names) for answer in answers}) > 1:
        raise AnswerError(_TWO)
    if len(answers[-1].axes) == 1 and any(_is_volume(part) for part in before):
        raise AnswerError(_TWO)  # `28x28x6, so it shrinks by 4`
    return answers[-1]


def _statement(tokens: list[AnswerToken]) -> Volume:
    """Return the shape of a chain `… = …`, unless the signs name axes (`H=32, W=32`)."""
    names, rest = _legend(tokens)
    if names:
        return _renamed(_axes(rest), names)
    if any(token.kind in _NAMING for token in tokens):
        tokens, by_name = _equations(tokens)
        if by_name:
            return _axes([token for token in tokens if token.kind not in _NAMING])
    sides = [_axes(side) for side in split(tokens, "equals") if _has_size(side)]
    final, volume = sides[-1], sides[-2] if len(sides) > 1 else sides[-1]
    if len(final.axes) == 1 < len(volume.axes) and _product(volume) == final.axes[0]:
        return volume  # with its number of elements written behind
    return final


def _product(volume: Volume) -> Fraction:
    product = Fraction(1)
    for axis in volume.axes:
        product *= 1 if axis is None else axis
    return product


def _legend(tokens: list[AnswerToken]) -> tuple[tuple[str, ...], list[AnswerToken]]:
    """Return the axes named in front of a shape (`H x W x C = …`, `(C, H, W):`) and the rest."""
    at = next((i for i, token in enumerate(tokens) if token.kind in _NAMING), 0)
    words = [token.text.lower() for token in tokens[:at] if token.kind == "word"]
    kinds = {token.kind for token in tokens[:at]}
    if not words or kinds - {"word", "cross", "comma", "open", "close", "other"}:
        return (), tokens
    order = words[0].replace("x", "")
    if len(words) == 1 and order in ORDERS:
        names = tuple(order.upper().replace("B", "N"))
    elif kinds & {"cross", "comma"}:
        names = tuple([AXIS_WORDS.get(word, "") for word in words])
    else:
        return (), tokens
    known = all(names) and len(set(names)) == len(names) > 1
    return (names, tokens[at + 1 :]) if known else ((), tokens)


def _renamed(volume: Volume, names: tuple[str, ...]) -> Volume:
    """Return `volume` with `names` given to the axes that have none, if they are as many."""
    bare = [index for index, name in enumerate(volume.names) if not name]
    axes, own = list(volume.axes), list(volume.names)
    if len(bare) == len(names):
        for index, name in zip(bare, names, strict=True):
            own[index] = name
    return _volume(tuple(axes), tuple(own), volume.notes)


def _equations(tokens: list[AnswerToken]) -> tuple[list[AnswerToken], bool]:
    """Return `tokens` with equations replaced by what they state, and whether axes are named.

    `H_out = (12-3)/1+1 = 10` becomes the name and its number, `H = W = 28` two of them; working
    such as `112/2 = 56` is left out where more follows. Raises AnswerError if a name comes twice.
    """
    pieces = [piece for piece in split(_prepared(tokens), "comma", "semi", "line") if piece]
    kept: list[list[AnswerToken]] = []
    named: list[str] = []
    for position, piece in enumerate(pieces):
        names = _names(piece)
        following = any(has_number(later) for later in pieces[position + 1 :])
        if names:
            named += [axis_name(name.text) for name in names]
            value = _value(piece)
            kept += [[name, value] for name in names]
        elif following and _is_step(piece):
            kept = [before for before in kept if [token.kind for token in before] != ["number"]]
        else:
            kept.append(piece)
    if len(set(named)) < len(named):
        raise AnswerError("an axis is given twice")
    return [token for piece in kept for token in (*piece, _COMMA)][:-1], bool(named)


def _prepared(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return `tokens` with commas in `H=28 and W=28 C=6`, without the indices of `W2 = 28`."""
    result: list[AnswerToken] = []
    ahead = [*tokens[1:], END, END]
    for before, token, after, sign in zip([END, *tokens], tokens, ahead, ahead[1:], strict=False):
        letter = before.kind == "word" and len(before.text) == 1
        if token.kind == "number" and not token.spaced and letter and after.kind == "equals":
            continue
        if after.kind == "word" and sign.kind in _NAMING and axis_name(after.text):
            if token.text.lower() in ("and", "und"):
                token = _COMMA
            elif token.kind in ("number", "close"):
                result.append(token)
                token = _COMMA
        result.append(token)
    return result


def _names(piece: list[AnswerToken]) -> list[AnswerToken]:
    """Return the names of axes (as words that are known) that an equation gives a value."""
    sides = [side for side in split(piece, *_NAMING) if side]
    if len(sides) < 2 or not has_number(sides[-1]):
        return []
    names: list[AnswerToken] = []
    for side in sides[:-1]:
        start = next((i for i, t in enumerate(side) if t.kind not in ("word", "other")), len(side))
        found = [token for token in side[:start] if axis_name(token.text)]
        order = any(token.text.lower() in ("first", "last") for token in side)
        if len(found) == 1 and not order and (start == len(side) or side[start].kind != "number"):
            names.append(found[0]._replace(text=axis_name(found[0].text)))
        elif not names:
            return []
    return names


def _value(piece: list[AnswerToken]) -> AnswerToken:
    """Return the value of the last side as one number."""
    value = worked_out(
        [token for token in split(piece, *_NAMING)[-1] if token.kind not in ("word", "other")]
    )
    if value is None:
        raise AnswerError("one size has several numbers")
    return AnswerToken("number", str(value), number=Numeral(value), spaced=True)


def _is_step(piece: list[AnswerToken]) -> bool:
    """Tell whether a piece is working that ends in one number, such as `112/2 = 56`."""
    last = [token for token in split(piece, "equals")[-1] if token.kind not in ("word", "other")]
    works = any(token.kind == "op" or token.text in "⌊⌈" for token in piece)
    return works and last != piece and worked_out(last) is not None


def _axes(tokens: list[AnswerToken]) -> Volume:
    tokens = _unlabelled(tokens)
    hyphenated = _hyphenated(tokens)
    if hyphenated:
        return hyphenated
    pieces = split(tokens, "comma", "semi")
    volumes = [piece for piece in pieces if _is_volume(piece)] if len(pieces) > 1 else []
    if len(volumes) > 1:
        found = [_axes(piece) for piece in volumes]
        if len({volume.axes for volume in found}) > 1:
            raise AnswerError(_TWO)
        return found[-1]
    if volumes and all(piece in volumes or _repeats(piece, volumes[0]) for piece in pieces):
        tokens = volumes[0]
    axes = read_axes(tokens)
    return _volume(axes.sizes, axes.names, axes.notes)


def _is_volume(tokens: list[AnswerToken]) -> bool:
    """Tell whether a piece between commas is a whole shape of its own: `28x28x6`, `(28, 28, 6)`."""
    if not has_number(tokens):
        return False
    if tokens[0].kind == "open" and tokens[-1].kind == "close":
        return any(token.kind in ("comma", "semi", "cross") for token in tokens)
    crosses = any(token.kind == "cross" or token.text == "*" for token in tokens)
    return crosses and tokens[-1].kind == "number"


def _repeats(piece: list[AnswerToken], volume: list[AnswerToken]) -> bool:
    """Tell whether a piece says once more what the shape says: its channels, its values."""
    whole = _axes(volume)
    numbers = [token.number.value for token in piece if token.number]
    channels = any(AXIS_WORDS.get(token.text.lower()) == "C" for token in piece)
    again = channels and len(numbers) == 1 and numbers[0] in whole.axes
    return len(whole.axes) > 2 and (numbers == [_product(whole)] or again)


def _unlabelled(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return `tokens` without a leading label such as `C1:` or `output shape -`."""
    for position, token in enumerate(tokens):
        axis = position == 1 and tokens[0].text.lower() in AXIS_WORDS
        if token.kind == "colon" and position and tokens[0].kind == "word" and not axis:
            return tokens[position + 1 :]
        if token.kind in ("open", "comma"):
            break
    return tokens


def _hyphenated(tokens: list[AnswerToken]) -> Volume | None:
    """Return the shape of `32-32-10` or `32/32/10`, which are no differences and no quotients."""
    signs = {token.text for token in tokens[1::2]}
    numbers = [token.number.value for token in tokens[::2] if token.number]
    if 2 * len(numbers) != len(tokens) + 1 or signs not in ({"-"}, {"/"}):
        return None
    if len(numbers) < (2 if signs == {"-"} else 3):
        return None
    note = "hyphens read as ×" if signs == {"-"} else "slashes read as ×"
    return _volume(tuple(numbers), notes=(note,))
