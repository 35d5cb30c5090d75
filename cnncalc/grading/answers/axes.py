"""The sizes in a run of tokens, and the axes that words beside them name: `10 maps of 32×32`."""

from __future__ import annotations

import re
from fractions import Fraction
from math import prod
from typing import Literal, NamedTuple

from cnncalc.grading.answers.arithmetic import arithmetic_end, evaluate, parse, worked_out
from cnncalc.grading.answers.reading import show_number
from cnncalc.grading.answers.tokens import (
    END,
    AnswerError,
    AnswerToken,
    has_number,
    matching,
    numbers,
)
from cnncalc.grading.answers.units import NUMBER_WORDS, counted

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
_CROSSES = ("x", "X", "×", "by")


def axis_name(word: str) -> str:
    """Return the axis (C H W L N, or '') of a name such as `H`, `H_out`, `Wout` or `out_w`."""
    lower = word.lower()
    return AXIS_WORDS.get(lower) or AXIS_WORDS.get(_OUTPUT.sub("", lower), "")


class ShapePiece(NamedTuple):
    """A piece of a shape: an `axis` with its size (None: any batch), a `word` that names an axis,
    one of a `legend` of names behind the shape, what divides sizes, or any `other` word."""

    kind: Literal["axis", "word", "legend", "×", ",", "@", "other"]
    size: Fraction | None = None
    word: str = ""


COMMA = ShapePiece(",")
_DIVIDERS = {
    "×": ShapePiece("×"), ",": COMMA, ";": COMMA, ":": COMMA, "|": COMMA, "@": ShapePiece("@"),
}  # fmt: skip


class AxesScan:
    """Goes over tokens: arithmetic is worked out to a size, crosses and commas divide sizes.

    Raises AnswerError for what no shape holds: units of memory, percentages, words on a number.
    """

    def __init__(self, tokens: list[AnswerToken]) -> None:
        self.pieces: list[ShapePiece] = []
        self.notes: list[str] = []
        if not self._hyphenated(tokens):
            self._read(tokens)
        if not self.sizes() and has_number(tokens):
            raise AnswerError("there is no size in it")
        if self.pieces and self.pieces[-1].kind == "×":
            raise AnswerError("a size is missing at the end")

    def sizes(self) -> tuple[Fraction | None, ...]:
        """Return the sizes that were found."""
        return sizes(self.pieces)

    def _hyphenated(self, tokens: list[AnswerToken]) -> bool:
        """Take `32-32-10` or `32/32/10`, which are no differences and no quotients."""
        found, signs = numbers(tokens[::2]), {token.text for token in tokens[1::2]}
        if 2 * len(found) != len(tokens) + 1 or signs not in ({"-"}, {"/"}):
            return False
        if len(found) < (2 if signs == {"-"} else 3):
            return False
        self.pieces += [ShapePiece("axis", size) for size in found]
        self.notes.append("hyphens read as ×" if signs == {"-"} else "slashes read as ×")
        return True

    def _read(self, tokens: list[AnswerToken]) -> None:
        at = 0
        while at < len(tokens):
            token, end = tokens[at], at + 1
            if token.kind in _DIVIDERS:
                self.pieces.append(_DIVIDERS[token.kind])
            elif token.text == "?":
                self._batch()
            elif token.kind == "%":
                raise AnswerError("a percentage is no size")
            elif token.text == "^" and not self.sizes():
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
        if not self.sizes():
            self.pieces.append(ShapePiece("axis"))

    def _word(self, tokens: list[AnswerToken], at: int) -> None:
        token, before = tokens[at], tokens[at - 1] if at else END
        following = [*tokens[at + 1 : at + 2], END][0]
        word = token.text.lower()
        if word in _BATCH_WORDS and following.kind in _DIVIDERS and not self.sizes():
            self._batch()
        elif word in ORDERS:
            self.pieces += [ShapePiece("legend", word=letter) for letter in word]
        elif word in AXIS_WORDS:
            self.pieces.append(ShapePiece("word", word=word))
        elif word in NUMBER_WORDS:
            self.pieces.append(ShapePiece("axis", Fraction(NUMBER_WORDS[word])))
        elif counted(word) == "memory":
            raise AnswerError(f"`{token.text}` is no unit of a shape")
        elif word not in _FILLERS:
            if before.kind == "×" or (before.number and not token.spaced):
                raise AnswerError(f"`{token.text}` where a size should stand")
            self.pieces.append(ShapePiece("other"))

    def _size(self, tokens: list[AnswerToken]) -> None:
        """Add a size that is worked out; a power of two or three is as many axes."""
        signs = [at for at, token in enumerate(tokens) if token.kind == "op"]
        power = signs if len(signs) == 1 and tokens[signs[0]].text == "^" else []
        times = worked_out(tokens[power[0] + 1 :]) if power else None
        if power and times in (2, 3):
            base = evaluate(parse(tokens[: power[0]]))
            self.pieces += [ShapePiece("axis", base)] * int(times or 0)
            self.notes.append(f"{show_number(base)}^{times} read as {times} axes")
            return
        value = evaluate(parse(tokens))
        if value < 0 and len(tokens) > 2:
            raise AnswerError("a range is not an answer")
        if value == -1:
            self._batch()
        else:
            self.pieces.append(ShapePiece("axis", value))

    def _group(self, inner: list[AnswerToken]) -> None:
        """Add what stands in brackets: axes, or a remark about those in front of it."""
        words = [token.text.lower() for token in inner if token.kind == "word"]
        known = [word for word in words if word in ORDERS or word in AXIS_WORDS]
        first = inner[0].text.lower() if inner and inner[0].kind == "word" else "a"
        about = first not in AXIS_WORDS and first not in _FILLERS and first not in NUMBER_WORDS
        if not self.sizes() or not (about or self._is_count(inner) or not has_number(inner)):
            self._read(inner)  # `28x28 (6 channels)`, but not `(stride 1)`
        elif len(words) == len(known) == 1 and words[0] in AXIS_WORDS:
            self.pieces.append(ShapePiece("word", word=words[0]))  # `32 (height)`
        else:  # `32×32×10 (height × width × channels)`
            letters = [letter for word in known for letter in (word if word in ORDERS else [word])]
            self.pieces += [ShapePiece("legend", word=letter) for letter in letters]

    def _is_count(self, inner: list[AnswerToken]) -> bool:
        """Tell whether a remark gives the number of values: `32×32×10 (10,240 values)`."""
        found = self.sizes()
        return len(found) > 1 and numbers(inner) == [count(found)]


def sizes(pieces: list[ShapePiece]) -> tuple[Fraction | None, ...]:
    """Return the sizes of the axes among some pieces."""
    return tuple([piece.size for piece in pieces if piece.kind == "axis"])


def count(found: tuple[Fraction | None, ...]) -> Fraction:
    """Return the number of values of a shape, in one sample."""
    return prod([size for size in found if size is not None], start=Fraction(1))


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
    if any(token.kind in ",;" or token.text in _CROSSES for token in outside):
        return True
    # `(28*28*6)` holds axes where it stands alone.
    alone = before.kind not in ("×", "op", "number") and after.kind not in ("×", "number")
    signs = {token.kind for token in outside}
    return "op" not in signs and (alone or "×" not in signs)


def names(pieces: list[ShapePiece]) -> tuple[str, ...]:
    """Return the name (or '') of every axis among `pieces`, in their order.

    A counted noun (`10 channels`) belongs to the number in front of it, the name of a dimension
    (`depth 10`) to the number behind it, if one follows. The number alone on its side of an `@`
    counts channels. A legend behind the shape names all axes, if it has as many words.
    """
    named = {at: "" for at, piece in enumerate(pieces) if piece.kind == "axis"}
    legend = [AXIS_WORDS[piece.word] for piece in pieces if piece.kind == "legend"]
    if len(legend) == len(named) == len(set(legend)):
        return tuple(legend)
    for at, piece in enumerate(pieces):
        owner = _owner(pieces, at) if piece.kind == "word" else None
        if owner is not None:
            named[owner] = named[owner] or AXIS_WORDS[piece.word]
        if piece.kind == "@":
            before, after = [one for one in named if one < at], [one for one in named if one > at]
            alone = before if len(before) == 1 and after else after if len(after) == 1 else []
            named |= dict.fromkeys(alone, "C")
    found = tuple(named.values())
    given = frozenset(filter(None, found))
    if len(given) < sum(map(bool, found)):
        return ("",) * len(found)
    if len(found) == len(given) + 1:
        return tuple([name or _LAST_OF.get(given, "") for name in found])
    return ("W", "H", "C") if found == ("W", "", "") else found


def _owner(pieces: list[ShapePiece], at: int) -> int | None:
    """Return which axis a word at a position names."""
    kinds = ["", *[piece.kind for piece in pieces], "", ""]  # one place further on
    before = at - 1 if kinds[at] == "axis" else None
    after = at + 1 if kinds[at + 2] == "axis" else None
    if pieces[at].word in _DIMENSIONS:
        behind = before is not None and kinds[1] != "word"  # `32 width 32 height`
        behind = behind and kinds[at + 3] == "word" and pieces[at + 2].word in _DIMENSIONS
        return before if after is None or behind else after
    if before is None:
        return after
    first = before
    while kinds[first] == "×" and kinds[first - 1] == "axis":
        first -= 2
    if AXIS_WORDS[pieces[at].word] != "C" or first == before:
        return before
    if kinds[first] == "axis":
        return first - 1  # `10 32x32 maps`
    return None if first == before - 2 else before  # `28x28 maps`
