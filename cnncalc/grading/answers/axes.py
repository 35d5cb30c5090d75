"""The sizes in a run of tokens, and the axes that words beside them name: `10 maps of 32×32`.

A piece of a shape is a token: an `axis` with its size (without, a batch of any size), the name of
an axis (`word`), one of a `legend` that names all axes, ×, @ or a comma, or any `other` word.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import prod

from cnncalc.grading.answers.arithmetic import arithmetic_end, evaluate, parse, worked_out
from cnncalc.grading.answers.side import counted
from cnncalc.grading.answers.tokens import (
    END,
    NUMBER_WORDS,
    AnswerError,
    AnswerToken,
    Numeral,
    has_number,
    matching,
    numbers,
)

_DIMENSIONS = {
    "h": "H", "height": "H", "w": "W", "width": "W", "c": "C", "ch": "C", "depth": "C", "d": "C",
    "channel": "C", "l": "L", "length": "L", "b": "N", "n": "N", "batch": "N",
}  # fmt: skip
#: Words of axes; `C` for anything that counts feature maps.
AXIS_WORDS = _DIMENSIONS | {
    "channels": "C", "filters": "C", "maps": "C", "kernels": "C", "features": "C", "rows": "H",
    "columns": "W", "cols": "W", "wide": "W", "high": "H", "tall": "H", "deep": "C", "long": "L",
    "neurons": "L", "units": "L",
}  # fmt: skip
_BATCH_WORDS = frozenset(("none", "n", "b", "bs", "batch", "batchsize"))
#: Words between a name and its number that change nothing.
_FILLERS = frozenset(
    ("of", "is", "size", "and", "with", "each", "the", "a", "are", "feature", "px", "pixel",
     "pixels", "pix")
)  # fmt: skip
#: Words that spell an order of axes: `10×32×32 (CHW)`.
_ORDERS = frozenset(("hwc", "chw", "whc", "cwh", "nchw", "nhwc", "bchw", "bhwc", "hw", "wh"))
_OUTPUT = re.compile(r"_?(?:out|output|o|new|2)$|^(?:out|output|o)_?")
_LEADING = _FILLERS.union(AXIS_WORDS, NUMBER_WORDS)
_SETTINGS = frozenset(
    ("stride", "strides", "padding", "pad", "kernel", "filter", "dilation", "batch")
)
_DIVIDERS = "×,;:|@"
COMMA = AnswerToken(",", ",")
Pieces = list[AnswerToken]
Sizes = tuple[Fraction | None, ...]


def axis_name(word: str) -> str:
    """Return the axis (C H W L N, or '') of a name such as `H`, `H_out`, `Wout` or `out_w`."""
    lower = word.lower()
    return AXIS_WORDS.get(lower) or AXIS_WORDS.get(_OUTPUT.sub("", lower), "")


def axis(size: Fraction | None) -> AnswerToken:
    """Return the piece of an axis."""
    return AnswerToken("axis", "", number=None if size is None else Numeral(size))


def sizes(pieces: Pieces) -> Sizes:
    """Return the sizes of the axes among some pieces."""
    return tuple([p.number.value if p.number else None for p in pieces if p.kind == "axis"])


def count(found: Sizes) -> Fraction:
    """Return the number of values of a shape, in one sample."""
    return prod([size for size in found if size is not None], start=Fraction(1))


def legend(tokens: list[AnswerToken]) -> Pieces:
    """Return the axes that words name together: `H x W x C`, `HWC` or `channels, rows`."""
    words = [token.text.lower() for token in tokens if token.kind == "word"]
    spelled = [order if (order := word.replace("x", "")) in _ORDERS else [axis_name(word).lower()]
               for word in words]  # fmt: skip
    return [AnswerToken("legend", one) for order in spelled for one in order if one in AXIS_WORDS]


def read_axes(tokens: list[AnswerToken]) -> Pieces:
    """Return the pieces of a run of tokens: arithmetic is worked out to a size.

    Raises AnswerError for what no shape holds: units of memory, percentages, words on a number.
    """
    pieces: Pieces = []
    _read(tokens, pieces)
    if not sizes(pieces):
        raise AnswerError("there is no number in it")
    if pieces[-1].kind == "×":
        raise AnswerError("a size is missing at the end")
    crosses = "".join({"axis": "a", "×": "x"}.get(piece.kind, " ") for piece in pieces)
    if len(re.findall("a(?:xa)+", crosses)) > 1:
        raise AnswerError("two shapes: which one is meant?")  # `a 5x5 kernel gives 28x28x6`
    return pieces


def _read(tokens: list[AnswerToken], pieces: Pieces) -> None:
    at = 0
    while at < len(tokens):
        token, end = tokens[at], at + 1
        if token.kind in _DIVIDERS:
            pieces.append(token if token.kind in "×@" else COMMA)
        elif token.text == "?":
            _batch(pieces)
        elif token.kind == "%" or (token.kind == "word" and counted(token.text) == "memory"):
            raise AnswerError(f"`{token.text}` is no unit of a shape")
        elif token.text == "^" and not sizes(pieces):
            pass  # ℝ^{32×32×10}
        elif token.kind == "open" and _is_list(tokens, at):
            end = matching(tokens, at) + 1
            _group(tokens[at + 1 : end - 1], pieces)
        elif (run := arithmetic_end(tokens, at)) > at:
            end = run
            _size(tokens[at:end], pieces)
        elif token.kind == "word":
            _word(tokens, at, pieces)
        at = end


def _batch(pieces: Pieces) -> None:
    if not sizes(pieces):
        pieces.append(axis(None))


def _word(tokens: list[AnswerToken], at: int, pieces: Pieces) -> None:
    token, before = tokens[at], [END, *tokens[:at]][-1]
    following = [*tokens[at + 1 : at + 2], END][0]
    word = token.text.lower()
    if word in _SETTINGS and following.number and sizes(pieces):
        raise AnswerError(f"`{token.text}` is a setting, and no size")
    if word in _BATCH_WORDS and following.kind in _DIVIDERS and not sizes(pieces):
        _batch(pieces)
    elif word in _ORDERS:
        pieces.extend(legend([token]))
    elif word in AXIS_WORDS:
        pieces.append(AnswerToken("word", word))
    elif word in NUMBER_WORDS:
        pieces.append(axis(Fraction(NUMBER_WORDS[word])))
    elif word not in _FILLERS:
        if before.kind == "×" or (before.number and not token.spaced):
            raise AnswerError(f"`{token.text}` where a size should stand")
        pieces.append(AnswerToken("other", word))


def _size(tokens: list[AnswerToken], pieces: Pieces) -> None:
    """Add a size that is worked out; a power of two or three is as many axes."""
    signs = [at for at, token in enumerate(tokens) if token.kind == "op"]
    power = signs[0] if len(signs) == 1 and tokens[signs[0]].text == "^" else len(tokens)
    times = worked_out(tokens[power + 1 :])
    if times in (2, 3):
        pieces.extend([axis(evaluate(parse(tokens[:power])))] * int(times))
        return
    value = evaluate(parse(tokens))
    is_quotient = len(tokens) == 3 and tokens[1].text == "/"
    if is_quotient and (value.denominator > 1 or value == 1):
        raise AnswerError("`/` between two sizes: type a cross")  # `28x28/6`
    if value < 0 and (len(tokens) > 2 or value != -1):
        raise AnswerError("a range, or a dash that is no minus")
    if value == -1:
        _batch(pieces)
    else:
        pieces.append(axis(value))


def _group(inner: list[AnswerToken], pieces: Pieces) -> None:
    """Add what stands in brackets: axes, or a remark about those in front of it."""
    words = [token.text.lower() for token in inner if token.kind == "word"]
    found = sizes(pieces)
    about = inner and inner[0].kind == "word" and not _LEADING.issuperset(words[:1])
    again = sizes(read_axes(inner)) if found and has_number(inner) and not about else ()
    if again and pieces[-1].kind not in "×@" and len(again) + len(found) > 3:
        # `28x28x6 (6x28x28 in PyTorch)`, `28x28x6 (6 filters)`, `32x32x10 (10,240 values)`
        if _is_same(again, found) or (len(again) == 1 and again[0] in (*found, count(found))):
            return
        if len(found) > 1:
            raise AnswerError("two shapes: which one is meant?")
    if len(found) == 1 and len(again) > 1 and {*again} == {*found}:
        pieces.clear()  # `7 (7x7)`
        found = ()
    is_count = len(found) > 1 and numbers(inner) == [count(found)]  # `(10,240 values)`
    if not found or (has_number(inner) and not about and not is_count):
        _read(inner, pieces)  # `28x28 (6 channels)`, but not `(stride 1)`
    elif len(words) == 1 and words[0] in AXIS_WORDS:
        pieces.append(AnswerToken("word", words[0]))  # `32 (height)`
    else:
        pieces.extend(legend(inner))  # `32×32×10 (height × width × channels)`


def _is_same(again: Sizes, found: Sizes) -> bool:
    """Tell whether two shapes are one, channels first or last; axes of 1 make no difference."""
    first, second = [[size for size in one if size != 1] for one in (again, found)]
    return second in (first, first[1:] + first[:1], first[-1:] + first[:-1])


def _is_list(tokens: list[AnswerToken], at: int) -> bool:
    """Tell whether the bracket here holds axes and not a step of arithmetic."""
    end = matching(tokens, at)
    before, after = [END, *tokens[:at]][-1], [*tokens[end + 1 : end + 2], END][0]
    inner = tokens[at + 1 : end]
    if after.kind == "op" or tokens[at].text in "⌊⌈":
        return False
    if any(token.kind in ",;" or token.text in ("x", "X", "×", "by") for token in inner):
        return True
    # `(28*28*6)` holds axes where it stands alone.
    alone = before.kind not in ("×", "op", "number") and after.kind not in ("×", "number")
    signs = {token.kind for token in inner}
    return "op" not in signs and (alone or "×" not in signs)


def names(pieces: Pieces) -> list[str]:
    """Return the name (or '') of every axis among `pieces`, in their order.

    A counted noun (`10 channels`) belongs to the number in front of it, the name of a dimension
    (`depth 10`) to the number behind it, if one follows. The number alone on its side of an `@`
    counts channels. A legend names all axes that have no other name, if it has as many words.
    """
    named = {at: "" for at, piece in enumerate(pieces) if piece.kind == "axis"}
    for at, piece in enumerate(pieces):
        owner = _owner(pieces, at) if piece.kind == "word" else None
        if owner is not None:
            named[owner] = named[owner] or AXIS_WORDS[piece.text]
        if piece.kind == "@":
            before, after = [one for one in named if one < at], [one for one in named if one > at]
            alone = before if len(before) == 1 and after else after if len(after) == 1 else []
            named |= dict.fromkeys(alone, "C")
    found = list(named.values())
    given = [AXIS_WORDS[piece.text] for piece in pieces if piece.kind == "legend"]
    if found.count("") == len(given):
        found = [name or given.pop(0) for name in found]
    if found.count("L") > 1:  # `(1L, 28L, 28L, 6L)` of old Pythons
        return [""] * len(found)
    if found == ["W", "", ""]:
        return ["W", "H", "C"]
    left = {2: {"H", "W"}, 3: {"C", "H", "W"}}.get(len(found), set[str]()).difference(found)
    if found.count("") == len(left) == 1:  # `20 (width) x 10 (height) x 16`
        found[found.index("")] = left.pop()
    return found


def _owner(pieces: Pieces, at: int) -> int | None:
    kinds = ["", *[piece.kind for piece in pieces], "", ""]  # one place further on
    back = at
    while kinds[back] == "other" and pieces[at].text not in _DIMENSIONS:
        back -= 1  # `6 activation maps`
    before = back - 1 if kinds[back] == "axis" else None
    after = at + 1 if kinds[at + 2] == "axis" else None
    if pieces[at].text in _DIMENSIONS:
        behind = before is not None and kinds[1] != "word"  # `32 width 32 height`
        behind = behind and kinds[at + 3] == "word" and pieces[at + 2].text in _DIMENSIONS
        return before if after is None or behind else after
    if before is None:
        return after
    first = before
    while kinds[first] == "×" and kinds[first - 1] == "axis":
        first -= 2
    if AXIS_WORDS[pieces[at].text] != "C" or first == before:
        return before
    if kinds[first] == "axis":
        return first - 1  # `10 32x32 maps`
    return None if first == before - 2 else before  # `28x28 maps`
