"""The sizes in one typed shape, and the axes that words beside them name: `10 maps of 32×32`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import Literal, NamedTuple

from cnncalc.grading.answers.arithmetic import arithmetic_end, evaluate, parse, worked_out
from cnncalc.grading.answers.reading import show_number
from cnncalc.grading.answers.text import NUMBER_WORDS
from cnncalc.grading.answers.tokens import END, AnswerError, AnswerToken, has_number, matching
from cnncalc.grading.answers.units import counted

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


def axis_name(word: str) -> str:
    """Return the axis (C H W D L N, or '') of a name such as `H`, `H_out`, `Wout` or `out_w`."""
    lower = word.lower()
    return AXIS_WORDS.get(lower) or AXIS_WORDS.get(_OUTPUT.sub("", lower), "")


class ShapePiece(NamedTuple):
    """A piece of a shape: an `axis` with its value, a `word` or `legend` that names axes, or what
    divides."""

    kind: Literal["axis", "word", "legend", "cross", "comma", "at", "filler"]
    value: Fraction | None = None
    word: str = ""


_CROSS, _COMMA = ShapePiece("cross"), ShapePiece("comma")
_PIECES = {
    "cross": _CROSS, "comma": _COMMA, "semi": _COMMA, "colon": _COMMA, "pipe": _COMMA,
    "at": ShapePiece("at"),
}  # fmt: skip


class NamedAxes(NamedTuple):
    """The sizes of a shape, None for a batch of any size, with the names of its axes, or ''."""

    sizes: tuple[Fraction | None, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]


def read_axes(tokens: list[AnswerToken]) -> NamedAxes:
    """Return the axes of one shape in their order.

    Raises AnswerError for what no shape holds: units of memory, percentages, words on a number.
    """
    scan = _Scan()
    scan.read(tokens)
    last = max((at for at, token in enumerate(tokens) if token.kind == "cross"), default=-1)
    if last >= 0 and not any(map(_holds_size, tokens[last + 1 :])):
        raise AnswerError("a size is missing at the end")
    sizes = tuple([piece.value for piece in scan.pieces if piece.kind == "axis"])
    if not sizes:
        raise AnswerError("there is no number in it")
    return NamedAxes(sizes, _named(scan.pieces), tuple(scan.notes))


def _holds_size(token: AnswerToken) -> bool:
    word = token.text.lower()
    return token.kind in ("number", "open", "other") or word in NUMBER_WORDS or word in AXIS_WORDS


class _Scan:
    """Goes over tokens: arithmetic is worked out to a size, crosses and commas divide sizes."""

    def __init__(self) -> None:
        self.pieces: list[ShapePiece] = []
        self.notes: list[str] = []

    def read(self, tokens: list[AnswerToken]) -> None:
        """Add the pieces of some tokens."""
        at = 0
        while at < len(tokens):
            token, end = tokens[at], at + 1
            if token.kind in _PIECES or token.text == "*":
                self.pieces.append(_PIECES.get(token.kind, _CROSS))
            elif token.kind == "other" and token.text in "?-":
                self._batch()
            elif token.kind == "percent":
                raise AnswerError("a percentage is no size")
            elif token.text == "^" and not self._has_axes():
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

    def _has_axes(self) -> bool:
        return any(piece.kind == "axis" for piece in self.pieces)

    def _batch(self) -> None:
        if not self._has_axes():
            self.pieces.append(ShapePiece("axis"))

    def _word(self, tokens: list[AnswerToken], at: int) -> None:
        token, before, following = (
            tokens[at],
            tokens[at - 1] if at else END,
            tokens[at + 1 : at + 2],
        )
        word = token.text.lower()
        divided = following and (following[0].kind in _PIECES or following[0].text == "*")
        if word in _BATCH_WORDS and divided and not self._has_axes():
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
            if before.kind == "cross" or (before.kind == "number" and not token.spaced):
                raise AnswerError(f"`{token.text}` where a size should stand")
            self.pieces.append(ShapePiece("filler"))

    def _size(self, tokens: list[AnswerToken]) -> None:
        """Add a size that is worked out; a power of two or three is as many axes."""
        powers = [at for at, token in enumerate(tokens) if token.text == "^"]
        signs = [token for token in tokens if token.kind == "op"]
        times = worked_out(tokens[powers[0] + 1 :]) if powers and len(signs) == 1 else None
        if times in (2, 3) and powers[0] > 0:
            base = evaluate(parse(tokens[: powers[0]]))
            self.pieces += [ShapePiece("axis", base), _CROSS] * (int(times) - 1)
            self.pieces.append(ShapePiece("axis", base))
            self.notes.append(f"{show_number(base)}^{times} read as {times} axes")
            return
        value = evaluate(parse(tokens))
        if value == -1 and not self._has_axes():
            self._batch()
        elif value < 0 and len(tokens) > 2:
            raise AnswerError("a range is not an answer")
        else:
            self.pieces.append(ShapePiece("axis", value))

    def _group(self, inner: list[AnswerToken]) -> None:
        """Add what stands in brackets: axes, or a remark about those in front of it."""
        words = [token.text.lower() for token in inner if token.kind == "word"]
        if not self._has_axes() or not (
            not has_number(inner) or _explains(inner) or self._is_count(inner)
        ):
            self.read(inner)
        elif (
            len(words) == 1
            and words[0] in AXIS_WORDS
            and (words[0] in "hwc" or len(words[0]) > 1)
            and self.pieces[-1].kind == "axis"
        ):
            self.pieces.append(ShapePiece("word", word=words[0]))  # `32 (height)`
        else:  # `32×32×10 (height × width × channels)`
            known = [word for word in words if word in ORDERS or word in AXIS_WORDS]
            letters = [letter for word in known for letter in (word if word in ORDERS else [word])]
            self.pieces += [ShapePiece("legend", word=letter) for letter in letters]

    def _is_count(self, inner: list[AnswerToken]) -> bool:
        """Tell whether a remark gives the number of values: `32×32×10 (10,240 values)`."""
        numbers = [token.number.value for token in inner if token.number]
        sizes = [piece.value for piece in self.pieces if piece.kind == "axis" and piece.value]
        return len(sizes) > 1 and numbers == [prod(sizes)]


def _explains(inner: list[AnswerToken]) -> bool:
    """Tell whether a remark is about something else: `(stride 1)`, but not `(depth 10)`."""
    word = inner[0].text.lower() if inner and inner[0].kind == "word" else ""
    return bool(word) and not (word in AXIS_WORDS or word in _FILLERS or word in NUMBER_WORDS)


def _is_list(tokens: list[AnswerToken], at: int) -> bool:
    """Tell whether the bracket here holds axes and not a step of arithmetic."""
    end = matching(tokens, at)
    inner = tokens[at + 1 : end]
    before, after = [END, *tokens[:at]][-1], [*tokens[end + 1 : end + 2], END][0]
    if (after.kind == "op" and after.text != "*") or tokens[at].text in "⌊⌈":
        return False
    if inner and inner[0].kind == "open" and matching(inner, 0) == len(inner) - 1:
        return True  # `torch.Size([-1, 10])`
    alone = before.text == "^" or before.kind in ("end", "word", "open", "other", "equals")
    alone = alone and after.kind in ("end", "close", "other", "word")
    divides = ("x", "X", "×", "by", "*") if alone else ("x", "X", "×", "by")
    if any(t.kind in ("comma", "semi") or t.text in divides for t in _outside(inner)):
        return True
    return not any(token.kind in ("op", "cross") for token in inner)


def _outside(tokens: list[AnswerToken]) -> Iterator[AnswerToken]:
    """Yield the tokens that stand in no bracket."""
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0:
            yield token


def _named(pieces: list[ShapePiece]) -> tuple[str, ...]:
    """Return the name (or '') of every axis among `pieces`, in their order.

    A counted noun (`10 channels`) belongs to the number in front of it, the name of a dimension
    (`depth 10`) to the number behind it, if one follows. The number alone on its side of an `@`
    counts channels. A legend behind the shape names all axes, if it has as many words.
    """
    names = {at: "" for at, piece in enumerate(pieces) if piece.kind == "axis"}
    legend = [AXIS_WORDS[piece.word] for piece in pieces if piece.kind == "legend"]
    if len(legend) == len(names) == len(set(legend)):
        return tuple(legend)
    for at, piece in enumerate(pieces):
        owner = _owner(pieces, at) if piece.kind == "word" else None
        if owner is not None:
            names[owner] = names[owner] or AXIS_WORDS[piece.word]
        if piece.kind == "at":
            before = [position for position in names if position < at]
            after = [position for position in names if position > at]
            one = before if len(before) == 1 and after else after if len(after) == 1 else []
            names |= dict.fromkeys(one, "C")
    found = tuple(names.values())
    given = frozenset(filter(None, found))
    if len(given) < sum(map(bool, found)):
        return ("",) * len(found)
    if len(found) == len(given) + 1:
        return tuple([name or _LAST_OF.get(given, "") for name in found])
    return ("W", "H", "C") if found == ("W", "", "") else found


def _owner(pieces: list[ShapePiece], at: int) -> int | None:
    """Return which axis a word at a position names."""
    before = at - 1 if at and pieces[at - 1].kind == "axis" else None
    after = at + 1 if [piece.kind for piece in pieces[at + 1 : at + 2]] == ["axis"] else None
    if pieces[at].word in _COUNTED:
        return after if before is None else _counted(pieces, before)
    if before is None or after is None or pieces[0].kind == "word":
        return before if after is None else after  # `H 32 W 32 C 10`
    followed = [piece.word in _DIMENSIONS for piece in pieces[at + 2 : at + 3]]
    return before if followed == [True] else after  # `32 width 32 height`


def _counted(pieces: list[ShapePiece], before: int) -> int | None:
    """Return the number that a noun counts: in `10 32×32 maps` the one apart from the crosses."""
    first = before
    while first >= 2 and pieces[first - 1].kind == "cross" and pieces[first - 2].kind == "axis":
        first -= 2
    if AXIS_WORDS[pieces[before + 1].word] != "C" or first == before:
        return before
    if first and pieces[first - 1].kind == "axis":
        return first - 1
    return None if first == before - 2 else before  # `28x28 maps`
