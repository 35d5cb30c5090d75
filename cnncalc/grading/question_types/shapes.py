"""What is right where a shape is asked for, of an output or of a receptive field.

A typed shape can often be read in several ways: orders, batch axes, axes of size 1, one number for
two axes. Each way is an `AxesReading`; the likeliest stands first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.grading.answers import (
    Number,
    NumberStyle,
    Unread,
    Volume,
    read_number,
    read_shape,
    show_number,
)
from cnncalc.grading.model import ZERO, Form, Item, Judged, Meaning, Truth, Value, Word
from cnncalc.grading.quantities import printed_shape
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

#: What is a shape, whatever it is asked for.
_CROSSED = re.compile(r"\d+(?: ?[x×] ?\d+)+")
#: That a unit sees the whole input, in words.
_WHOLE = re.compile(
    r"(?:(?:it|the unit|a unit|each unit|every unit|one unit) )?(?:sees |covers |is )?"
    r"(?:the |all (?:of )?(?:the )?)?(?:whole|entire|full|complete|all)"
    r"(?: of)?(?: the)?(?: input)?(?: image| map| volume| picture)?(?: pixels)?\W*"
    r"|everything\W*",
    re.IGNORECASE,
)
_ORDER = {"hwc": "height × width × channels", "chw": "channels × height × width"}


class AxesReading(NamedTuple):
    """One way to read the axes: `shape` as a truth has it, None where an axis is missing.

    `depth` and `spatial` are what is known of its parts: of equal axes none is known to be the
    channels. `reordered` if the question fixed the other order.
    """

    shape: Shape | None = None
    depth: int | None = None
    spatial: Shape = ()
    notes: tuple[str, ...] = ()
    reordered: bool = False


class Parts(NamedTuple):
    """How much of a shape's parts is right, in halves, and what is to be said."""

    spatial: int = 0
    depth: int = 0
    notes: tuple[str, ...] = ()
    slip: str = ""


@dataclass(frozen=True, slots=True)
class ShapeTruth(Truth):
    """A shape `(C, *spatial)`; with `spatial` only the lengths of the spatial axes.

    One number may stand for these where they are equal. `whole` if it is a receptive field that
    takes in the whole input, which may be said in words. `depth` are the channels that may be added
    to a spatial size (0: any).
    """

    shape: Shape
    spatial: bool = False
    whole: bool = False
    depth: int = 0

    @property
    def numbers(self) -> Shape:
        return self.shape

    @property
    def form(self) -> Form:
        return "number" if self.spatial and len(set(self.shape)) == 1 else "text"

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        if len(self.shape) == 1 and not self.spatial and not _CROSSED.fullmatch(raw):
            number = read_number(raw, NumberStyle(item.conventions.decimal_mark))
            # `7x7x40` is the volume before it was flattened, and not its length worked out.
            if isinstance(number, Number) and number.literal and number.value == self.shape[0]:
                return item.right(number.shown, number.notes, Meaning(self.shape))
        if self.whole and len(raw) < 80 and _WHOLE.fullmatch(raw.strip()):
            return item.right("the whole input", (), Meaning(self.shape))
        volume = read_shape(raw, item.conventions.decimal_mark)
        if isinstance(volume, Unread):
            return volume
        layout = item.conventions.layout
        found = self._readings(volume, layout)
        if isinstance(found, str):
            return Judged.wrong(volume.shown, found)
        for one in found:
            if one.shape == self.shape and one.reordered:
                note = f"the order of the axes is swapped: {_ORDER[layout]} was asked for"
                order, meant = item.rubric.order, (Meaning(one.shape),)
                return Judged("accept_note", "order", volume.shown, order, (note,), "", meant)
            if one.shape == self.shape:
                notes = (*volume.notes, *one.notes)
                return item.right(volume.shown, notes, Meaning(one.shape))
        return self._partly(item, volume.shown, found)

    def show(self, item: Item) -> str:
        if not self.spatial:
            return printed_shape(self.shape, item.conventions.layout)
        lengths = "×".join(map(show_number, self.shape))
        return f"{lengths} (the whole input)" if self.whole else lengths

    def texts(self, item: Item) -> tuple[str, ...]:
        return self.mistaken(item, self.shape)

    def mistaken(self, item: Item, value: Value) -> tuple[str, ...]:
        if not isinstance(value, tuple):
            return ()
        if self.form == "number":
            return (str(value[0]),) if len(set(value)) == 1 else ()
        orders = [value]
        if not self.spatial and len(value) > 1:
            last = (*value[1:], value[0])
            orders = {"hwc": [last], "chw": [value]}.get(item.conventions.layout, [last, value])
        texts = []
        for order in orders:
            sizes = [str(size) for size in order]
            texts += [sign.join(sizes) for sign in ("×", "x", " x ", " × ")]
            texts += ["(" + ", ".join(sizes) + ")", "(" + ",".join(sizes) + ")", ",".join(sizes)]
        return tuple(dict.fromkeys(texts))

    def _readings(self, volume: Volume, layout: str) -> list[AxesReading] | str:
        """Return the ways to read a typed shape, the likeliest first, or why it can be none."""
        axes, names, notes = list(volume.axes), list(volume.names), tuple[str, ...]()
        if axes and (axes[0] is None or (names[0] == "N" and len(axes) > 1)):
            axes, names = axes[1:], names[1:]
            notes = ("the batch axis was left out of account",)
        sizes = [
            int(axis) for axis in axes if axis and axis.numerator > 0 and axis.denominator == 1
        ]
        if len(sizes) < len(axes):
            return "sizes are whole numbers of at least 1"
        if not self.spatial and len(sizes) == len(self.shape) + 1 and sizes[0] == 1:
            sizes, names = sizes[1:], names[1:]
            notes += ("a leading axis of 1 was read as the batch",)
        read = self._sizes(sizes, names) if self.spatial else self._volumes(sizes, names, layout)
        return [one._replace(notes=(*notes, *one.notes)) for one in read] if notes else read

    def _volumes(self, sizes: list[int], names: list[str], layout: str) -> list[AxesReading]:
        """Return the ways to read sizes as channels and spatial axes."""
        rank, given = len(self.shape), tuple(sizes)
        if len(sizes) == rank:
            return _orders(sizes, names, layout)
        squeezed = [size for size in sizes if size > 1]
        if squeezed == [length for length in self.shape if length > 1] and len(squeezed) < 2:
            return [AxesReading(self.shape, notes=("axes of size 1 made no difference",))]
        if self.shape[0] == 1 and given == self.shape[1:]:
            return [AxesReading(self.shape, notes=("the single channel was left out",))]
        if len(sizes) == rank - 1 and "C" not in names:
            return [AxesReading(spatial=given)]
        if len(sizes) == 2 < rank and names.count("C") == 1:
            at = names.index("C")
            same = (sizes[1 - at],) * (rank - 1)
            return [
                AxesReading((sizes[at], *same), sizes[at], same, ("one number read for all axes",))
            ]
        return [AxesReading(spatial=given * (rank - 1) if len(sizes) == 1 and rank > 2 else ())]

    def _sizes(self, sizes: list[int], names: list[str]) -> list[AxesReading]:
        """Return the ways to read sizes as spatial axes, to which channels may have been added."""
        rank, given = len(self.shape), tuple(sizes)
        if len(sizes) == rank:
            spatial = given[::-1] if names == ["W", "H"] else given
            return [AxesReading(spatial, None, spatial)]
        if len(sizes) == 1 and len(set(self.shape)) == 1:
            return [AxesReading(given * rank, None, given * rank)]
        if len(sizes) != rank + 1:
            return [AxesReading(spatial=given if len(sizes) == 1 else ())]
        places = [names.index("C")] if "C" in names else [0, rank] if sizes[0] == 1 else [rank, 0]
        read = [_with_channels_at(at, sizes, names) for at in places]
        return [
            AxesReading(spatial=one.spatial)
            if self.depth and one.depth not in (1, self.depth)  # they must be right then
            else AxesReading(one.spatial, None, one.spatial, ("a channel axis was added",))
            for one in read
        ]

    def _partly(self, item: Item, shown: str, found: list[AxesReading]) -> Judged:
        """Return the judgement of a wrong shape, with its meanings, the likeliest first.

        A meaning is the likelier the more parts of it are right, and if its spatial axes are equal
        where the right ones are.
        """

        square = len(set(self.shape[1:])) == 1

        def unlikely(pair: tuple[Parts, AxesReading]) -> int:
            parts, one = pair
            return -2 * (parts.spatial + parts.depth) - (square and len(set(one.spatial)) == 1)

        ranked = sorted([(self._parts(one), one) for one in found], key=unlikely)
        meant = [one for _, one in ranked if one.shape is not None and not one.reordered]
        meanings = tuple([Meaning(one.shape, notes=one.notes) for one in meant if one.shape])
        best, credit = ranked[0][0], ZERO
        if best.spatial or best.depth:
            credit = (item.rubric.spatial * best.spatial + item.rubric.depth * best.depth) / 2
        word: tuple[Word, str] = ("partial", "parts") if credit else ("wrong", "wrong")
        return Judged(*word, shown, credit, best.notes, best.slip, meanings)

    def _parts(self, one: AxesReading) -> Parts:
        """Return which parts of the shape a reading has right."""
        lengths, given = self.shape if self.spatial else self.shape[1:], one.spatial
        swapped = len(given) > 1 and given == lengths[::-1] != lengths
        slip = "axes_swapped" if swapped else ""
        if self.spatial:
            if len(given) == 1 < len(lengths) and given[0] in lengths:
                return Parts(1, notes=("one number for a map that is not square",))
            if given == lengths:
                return Parts(2, notes=("the size is right, the channels added to it are not",))
            return Parts(slip=slip)
        if given and given[0] == product(self.shape) and given != lengths:
            return Parts(slip="product_for_volume")
        depth = 2 * (one.depth == self.shape[0])
        if lengths and given == lengths:
            missing = "missing" if one.shape is None else "not"
            return Parts(2, depth, (f"the spatial part is right, the depth is {missing}",), slip)
        if lengths and depth:
            return Parts(0, depth, ("the depth is right, the spatial part is not",), slip)
        return Parts(slip=slip)


def _orders(sizes: list[int], names: list[str], layout: str) -> list[AxesReading]:
    """Return the ways to read sizes, one of them being the channels."""
    if "C" in names or len(sizes) == 1:
        return [_with_channels_at(names.index("C") if "C" in names else 0, sizes, names)]
    last, first = [_with_channels_at(at, sizes, names) for at in (len(sizes) - 1, 0)]
    if len(set(sizes)) == 1:
        last, first = last._replace(depth=None), first._replace(depth=None)
    if layout == "free":
        return [last, first._replace(notes=("read as channels first",))]
    asked, other = (last, first) if layout == "hwc" else (first, last)
    return [asked, other._replace(reordered=True)]


def _with_channels_at(at: int, sizes: list[int], names: list[str]) -> AxesReading:
    """Return sizes read as channels at one place, and spatial axes in the order height, width."""
    spatial = (*sizes[:at], *sizes[at + 1 :])
    if [*names[:at], *names[at + 1 :]] == ["W", "H"]:
        spatial = spatial[::-1]
    return AxesReading((sizes[at], *spatial), sizes[at], spatial)
