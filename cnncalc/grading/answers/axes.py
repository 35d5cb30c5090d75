"""The sizes in a run of tokens, and the axes that words beside them name: `10 maps of 32×32`."""

from __future__ import annotations

import re
from fractions import Fraction
from math import prod
from typing import NamedTuple

from cnncalc.grading.answers.arithmetic import arithmetic_end, evaluate, parse, worked_out
from cnncalc.grading.answers.reading import show_number
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
_COUNTED = {
    "channels": "C", "chans": "C", "filters": "C", "maps": "C", "kernels": "C", "features": "C",
    "planes": "C", "layers": "C", "slices": "C", "rows": "H", "columns": "W", "cols": "W",
    "wide": "W", "high": "H", "tall": "H", "deep": "C", "long": "L", "neurons": "L", "units": "L",
}  # fmt: skip
#: Words of axes; `C` for anything that counts feature maps.
AXIS_WORDS = {**_DIMENSIONS, **_COUNTED}
_BATCH_WORDS = frozenset(("none", "n", "b", "bs", "batch", "batchsize"))
#: Words between a name and its number that change nothing.
_FILLERS = frozenset(
    ("of", "is", "size", "and", "with", "each", "the", "a", "are", "feature", "px", "pixel",
     "pixels", "pix")
)  # fmt: skip
#: Words that spell an order of axes behind a shape: `10×32×32 (CHW)`.
ORDERS = frozenset(("hwc", "chw", "whc", "cwh", "nchw", "nhwc", "bchw", "bhwc", "hw", "wh"))
#: The axis that is left when all others of a map have names: `20 (width) x 10 (height) x 16`.
_LAST_OF = {
    frozenset("HW"): "C", frozenset("CH"): "W", frozenset("CW"): "H", frozenset("W"): "H",
    frozenset("H"): "W",
}  # fmt: skip
_OUTPUT = re.compile(r"_?(?:out|output|o|new|2)$|^(?:out|output|o)_?")
_LEADING = _FILLERS.union(AXIS_WORDS, NUMBER_WORDS)
_DIVIDERS = "×,;:|@"
COMMA = AnswerToken(",", ",")
Pieces = list[AnswerToken]
Sizes = tuple[Fraction | None, ...]


def axis_name(word: str) -> str:
    """Return the axis (C H W L N, or '') of a name such as `H`, `H_out`, `Wout` or `out_w`."""
    lower = word.lower()
    return AXIS_WORDS.get(lower) or AXIS_WORDS.get(_OUTPUT.sub("", lower), "")


def read_axes(tokens: list[AnswerToken]) -> tuple[Pieces, list[str]]:
    """Return the pieces of a run of tokens, and notes.

    A piece is a token: an `axis` with its size (without, a batch of any size), the name of an axis
    (`word`), a name of a `legend` behind the shape, ×, @ or a comma, or any `other` word. Raises
    AnswerError for what no shape holds: units of memory, percentages, words on a number.
    """
    scan = _Scan([], [])
    scan.read(tokens)
    if not sizes(scan.pieces):
        raise AnswerError("there is no number in it")
    if scan.pieces[-1].kind == "×":
        raise AnswerError("a size is missing at the end")
    return scan.pieces, scan.notes


def axis(size: Fraction | None) -> AnswerToken:
    """Return the piece of an axis."""
    return AnswerToken("axis", "", number=None if size is None else Numeral(size))


def sizes(pieces: Pieces) -> Sizes:
    """Return the sizes of the axes among some pieces."""
    return tuple([p.number.value if p.number else None for p in pieces if p.kind == "axis"])


def count(found: Sizes) -> Fraction:
    """Return the number of values of a shape, in one sample."""
    return prod([size for size in found if size is not None], start=Fraction(1))


class _Scan(NamedTuple):
    """Goes over tokens: arithmetic is worked out to a size, crosses and commas divide sizes."""

    pieces: Pieces
    notes: list[str]

    def read(self, tokens: list[AnswerToken]) -> None:
        at = 0
        while at < len(tokens):
            token, end = tokens[at], at + 1
            if token.kind in _DIVIDERS:
                self.pieces.append(token if token.kind in "×@" else COMMA)
            elif token.text == "?":
                self._batch()
            elif token.kind == "%" or (token.kind == "word" and counted(token.text) == "memory"):
                raise AnswerError(f"`{token.text}` is no unit of a shape")
            elif token.text == "^" and not sizes(self.pieces):
                pass  # ℝ^{32×32×10}
            elif token.kind == "open" and _is_list(tokens, at):
                end = matching(tokens, at) + 1
                self._group(tokens[at + 1 : end - 1])
            elif (run := arithmetic_end(tokens, at)) > at:
                end = run
                self._size(tokens[at:end])
            elif token.kind == "word":
                self._word(tokens, at)
            at = end

    def _batch(self) -> None:
        if not sizes(self.pieces):
            self.pieces.append(axis(None))

    def _word(self, tokens: list[AnswerToken], at: int) -> None:
        token, before = tokens[at], [END, *tokens[:at]][-1]
        following = [*tokens[at + 1 : at + 2], END][0]
        word = token.text.lower()
        if word in _BATCH_WORDS and following.kind in _DIVIDERS and not sizes(self.pieces):
            self._batch()
        elif word in ORDERS:
            self.pieces.extend([AnswerToken("legend", letter) for letter in word])
        elif word in AXIS_WORDS:
            self.pieces.append(AnswerToken("word", word))
        elif word in NUMBER_WORDS:
            self.pieces.append(axis(Fraction(NUMBER_WORDS[word])))
        elif word not in _FILLERS:
            if before.kind == "×" or (before.number and not token.spaced):
                raise AnswerError(f"`{token.text}` where a size should stand")
            self.pieces.append(AnswerToken("other", word))

    def _size(self, tokens: list[AnswerToken]) -> None:
        """Add a size that is worked out; a power of two or three is as many axes."""
        signs = [at for at, token in enumerate(tokens) if token.kind == "op"]
        power = signs[0] if len(signs) == 1 and tokens[signs[0]].text == "^" else len(tokens)
        times = worked_out(tokens[power + 1 :])
        if times in (2, 3):
            base = evaluate(parse(tokens[:power]))
            self.pieces.extend([axis(base)] * int(times))
            self.notes.append(f"{show_number(base)}^{times} read as {times} axes")
            return
        value = evaluate(parse(tokens))
        if value.denominator > 1 and len(tokens) == 3 and tokens[1].text == "/":
            raise AnswerError("`/` between two sizes: type a cross")  # `28x28/6`
        if value < 0 and len(tokens) > 2:
            raise AnswerError("a range is not an answer")
        if value == -1:
            self._batch()
        else:
            self.pieces.append(axis(value))

    def _group(self, inner: list[AnswerToken]) -> None:
        """Add what stands in brackets: axes, or a remark about those in front of it."""
        words = [token.text.lower() for token in inner if token.kind == "word"]
        known = [word for word in words if word in ORDERS or word in AXIS_WORDS]
        found = sizes(self.pieces)
        again = sizes(read_axes(inner)[0]) if found and has_number(inner) else ()
        if len(again) > 1 and self.pieces[-1].kind not in "×@":
            if says_again(again, found):
                return  # `28x28x6 (6x28x28 in PyTorch)`
            if len(found) > 1:
                raise AnswerError("two shapes: which one is meant?")
        about = inner and inner[0].kind == "word" and not _LEADING.issuperset(words[:1])
        is_count = len(found) > 1 and numbers(inner) == [count(found)]  # `(10,240 values)`
        if not found or (has_number(inner) and not about and not is_count):
            self.read(inner)  # `28x28 (6 channels)`, but not `(stride 1)`
        elif len(words) == 1 and words[0] in AXIS_WORDS:
            self.pieces.append(AnswerToken("word", words[0]))  # `32 (height)`
        else:  # `32×32×10 (height × width × channels)`
            letters = [letter for word in known for letter in (word if word in ORDERS else [word])]
            self.pieces.extend([AnswerToken("legend", letter) for letter in letters])


def says_again(again: Sizes, found: Sizes) -> bool:
    """Tell whether two shapes are the same one, channels first or last; axes of 1 do not count."""
    first, second = [[size for size in one if size != 1] for one in (again, found)]
    return second in (first, first[1:] + first[:1], first[-1:] + first[:-1])


def _is_list(tokens: list[AnswerToken], at: int) -> bool:
    """Tell whether the bracket here holds axes and not a step of arithmetic."""
    end = matching(tokens, at)
    before, after = [END, *tokens[:at]][-1], [*tokens[end + 1 : end + 2], END][0]
    if after.kind == "op" or tokens[at].text in "⌊⌈":
        return False
    outside: list[AnswerToken] = []
    depth = 0
    for token in tokens[at + 1 : end]:
        depth += (token.kind == "open") - (token.kind == "close")
        outside += [] if depth else [token]
    if any(token.kind in ",;" or token.text in ("x", "X", "×", "by") for token in outside):
        return True
    # `(28*28*6)` holds axes where it stands alone.
    alone = before.kind not in ("×", "op", "number") and after.kind not in ("×", "number")
    signs = {token.kind for token in outside}
    return "op" not in signs and (alone or "×" not in signs)


def names(pieces: Pieces) -> list[str]:
    """Return the name (or '') of every axis among `pieces`, in their order.

    A counted noun (`10 channels`) belongs to the number in front of it, the name of a dimension
    (`depth 10`) to the number behind it, if one follows. The number alone on its side of an `@`
    counts channels. A legend behind the shape names all axes, if it has as many words.
    """
    named = {at: "" for at, piece in enumerate(pieces) if piece.kind == "axis"}
    legend = [AXIS_WORDS[piece.text] for piece in pieces if piece.kind == "legend"]
    if len(legend) == len(named) == len(set(legend)):
        return legend
    for at, piece in enumerate(pieces):
        owner = _owner(pieces, at) if piece.kind == "word" else None
        if owner is not None:
            named[owner] = named[owner] or AXIS_WORDS[piece.text]
        if piece.kind == "@":
            before, after = [one for one in named if one < at], [one for one in named if one > at]
            alone = before if len(before) == 1 and after else after if len(after) == 1 else []
            named |= dict.fromkeys(alone, "C")
    found = list(named.values())
    given = frozenset(filter(None, found))
    if len(given) < sum(map(bool, found)):
        return [""] * len(found)
    if len(found) == len(given) + 1:
        return [name or _LAST_OF.get(given, "") for name in found]
    return ["W", "H", "C"] if found == ["W", "", ""] else found


def _owner(pieces: Pieces, at: int) -> int | None:
    kinds = ["", *[piece.kind for piece in pieces], "", ""]  # one place further on
    before = at - 1 if kinds[at] == "axis" else None
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
