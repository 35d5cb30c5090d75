"""Which axis a word means, and which number beside it the word belongs to."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, NamedTuple

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
BATCH_WORDS = frozenset(("none", "n", "b", "bs", "batch", "batchsize"))
#: Words between a name and its number that change nothing.
FILLERS = frozenset(
    ("of", "is", "size", "and", "with", "each", "the", "a", "are", "feature", "px", "pixel",
     "pixels", "pix")
)  # fmt: skip
SIDES = frozenset(("h", "w", "height", "width"))
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
    """A piece of a shape: an `axis` with its value, a `word` that names one, or what divides.

    The `word` of a separator is `x` for a cross and empty for a comma.
    """

    kind: Literal["axis", "word", "separator", "at", "filler", "legend"]
    value: Fraction | None = None
    word: str = ""


def named(items: list[ShapePiece]) -> tuple[str, ...]:
    """Return the name (or '') of every axis among `items`, in their order.

    A counted noun (`10 channels`) belongs to the number in front of it, the name of a dimension
    (`depth 10`) to the number behind it, if one follows. The number alone on its side of an `@`
    counts channels. A legend behind the shape names all axes, if it has as many words.
    """
    positions = [index for index, item in enumerate(items) if item.kind == "axis"]
    names = dict.fromkeys(positions, "")
    for index, item in enumerate(items):
        if item.kind == "word":
            owner = _owner(items, index)
            if owner is not None and not names[owner]:
                names[owner] = AXIS_WORDS[item.word]
    legend = [AXIS_WORDS[item.word] for item in items if item.kind == "legend"]
    if len(legend) == len(positions) and len(set(legend)) == len(legend):
        return tuple(legend)
    _channels_at(items, names)
    listed = tuple(names[index] for index in positions)
    given = {name for name in listed if name}
    if len(given) < sum(map(bool, listed)):
        return ("",) * len(listed)
    if len(listed) == len(given) + 1:
        return tuple([name or _LAST_OF.get(frozenset(given), "") for name in listed])
    return ("W", "H", "C") if listed == ("W", "", "") else listed


def _owner(items: list[ShapePiece], index: int) -> int | None:
    before = index - 1 if index and items[index - 1].kind == "axis" else None
    after = index + 1 if index + 1 < len(items) and items[index + 1].kind == "axis" else None
    if items[index].word in _COUNTED:
        return after if before is None else _counted(items, before)
    if after is not None:
        if items[0].kind == "word":  # `H 32 W 32 C 10`: every name in front of its number
            return after
        followed = index + 2 < len(items) and items[index + 2].kind == "word"
        if before is not None and followed and items[index + 2].word in _DIMENSIONS:
            return before  # `32 width 32 height`: every name behind its number
        return after
    return before


def _counted(items: list[ShapePiece], before: int) -> int | None:
    """Return the number that a noun counts: in `10 32×32 maps` the one apart from the crosses."""
    first = before
    while first >= 2 and items[first - 1].word == "x" and items[first - 2].kind == "axis":
        first -= 2
    apart = first - 1
    channels = AXIS_WORDS[items[before + 1].word] == "C"
    if first < before and apart >= 0 and items[apart].kind == "axis" and channels:
        return apart
    return None if channels and first == before - 2 else before  # `28x28 maps`


def _channels_at(items: list[ShapePiece], names: dict[int, str]) -> None:
    for index, item in enumerate(items):
        if item.kind != "at":
            continue
        before = [position for position in names if position < index]
        after = [position for position in names if position > index]
        if len(before) == 1 and after:
            names[before[0]] = "C"
        elif len(after) == 1:
            names[after[0]] = "C"
