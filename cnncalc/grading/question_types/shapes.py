"""What is right where a shape is asked for, of an output or of a receptive field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.grading.answers import (
    Number,
    NumberStyle,
    Unread,
    read_number,
    read_shape,
    show_number,
)
from cnncalc.grading.judgement import ZERO, Judged, Meaning, Value, Word, right, unread, wrong
from cnncalc.grading.model import Form, Item, Truth
from cnncalc.grading.question_types.shape_axes import (
    AxesReading,
    Wanted,
    arrangements,
    parts_of,
    says_whole,
)
from cnncalc.grading.question_types.wording import show_shape

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

#: What is a shape, whatever it is asked for.
_CROSSED = re.compile(r"\d+(?: ?[x×] ?\d+)+")
_ORDER = {"hwc": "height × width × channels", "chw": "channels × height × width"}


@dataclass(frozen=True, slots=True)
class ShapeTruth(Truth):
    """A shape `(C, *spatial)`; with `spatial` only the lengths of the spatial axes.

    `single` if one number may stand for equal axes (receptive fields, spatial sizes); `whole` if
    it is a receptive field that takes in the whole input, which may be said in words. `depth` are
    the channels that may be added to a spatial size (0: any).
    """

    shape: Shape
    spatial: bool = False
    single: bool = False
    whole: bool = False
    depth: int = 0

    def judge(self, item: Item, raw: str) -> Judged:
        """Return how a typed shape compares; wrong ones earn for the parts that are right."""
        if len(self.shape) == 1 and not self.spatial and not _CROSSED.fullmatch(raw):
            number = read_number(raw, NumberStyle(item.conventions.decimal_mark))
            # `7x7x40` is the volume before it was flattened, and not its length worked out.
            if isinstance(number, Number) and number.literal and number.value == self.shape[0]:
                return right(item.rubric, number.shown, number.notes, Meaning(self.shape))
        if self.whole and says_whole(raw):
            return right(item.rubric, "the whole input", (), Meaning(self.shape))
        volume = read_shape(raw, item.conventions.decimal_mark)
        if isinstance(volume, Unread):
            return unread(volume)
        wanted = Wanted(self.shape, self.spatial, self.single, self.depth)
        found = arrangements(volume, wanted, item.conventions.layout)
        if isinstance(found, str):
            return wrong(volume.shown, found)
        for arrangement in found:
            if arrangement.shape == self.shape:
                notes = (*volume.notes, *arrangement.notes)
                return _arranged(item, volume.shown, notes, arrangement)
        return _parts(item, wanted, volume.shown, found)

    def show(self, item: Item) -> str:
        """Return the shape, channels last unless the layout is `chw`."""
        if not self.spatial:
            return show_shape(self.shape, "chw" if item.conventions.layout == "chw" else "hwc")
        lengths = "×".join(show_number(length) for length in self.shape)
        return f"{lengths} (the whole input)" if self.whole else lengths

    @property
    def form(self) -> Form:
        """A number where one stands for all axes, else a text."""
        return "number" if self.spatial and len(set(self.shape)) == 1 else "text"

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return the usual ways to type the shape, in the orders that the conventions allow."""
        return (str(self.shape[0]),) if self.form == "number" else self._typed(item, self.shape)

    def mistaken(self, item: Item, value: Value) -> tuple[str, ...]:
        """Return the usual ways to type a wrong shape."""
        if not isinstance(value, tuple):
            return ()
        if self.form == "text":
            return self._typed(item, value)
        return (str(value[0]),) if len(set(value)) == 1 else ()

    def _typed(self, item: Item, shape: Shape) -> tuple[str, ...]:
        orders = [shape]
        if not self.spatial and len(shape) > 1:
            last = (*shape[1:], shape[0])
            orders = {"hwc": [last], "chw": [shape]}.get(item.conventions.layout, [last, shape])
        texts = []
        for order in orders:
            sizes = [str(size) for size in order]
            texts += ["×".join(sizes), "x".join(sizes), " x ".join(sizes), " × ".join(sizes)]
            texts += ["(" + ", ".join(sizes) + ")", "(" + ",".join(sizes) + ")", ",".join(sizes)]
        return tuple(dict.fromkeys(texts))


def _arranged(item: Item, shown: str, notes: tuple[str, ...], arrangement: AxesReading) -> Judged:
    candidate = Meaning(arrangement.shape or ())
    if not arrangement.reordered:
        return right(item.rubric, shown, notes, candidate)
    text = f"the order of the axes is swapped: {_ORDER[item.conventions.layout]} was asked for"
    return Judged("accept_note", "order", shown, item.rubric.order, (text,), "", (candidate,))


def _parts(item: Item, wanted: Wanted, shown: str, found: tuple[AxesReading, ...]) -> Judged:
    """Return the judgement of a wrong shape, with its meanings, the likeliest first.

    A meaning is the likelier the more parts of it are right, and if its spatial axes are equal
    where the right ones are.
    """
    square = len(set(wanted.shape[1:])) == 1
    ranked = [(parts_of(arrangement, wanted), arrangement) for arrangement in found]
    if len(ranked) > 1:
        ranked.sort(key=lambda one: -2 * one[0].rank - (square and len(set(one[1].spatial)) == 1))
    candidates = tuple([
        Meaning(arrangement.shape, notes=arrangement.notes)
        for _, arrangement in ranked
        if arrangement.shape is not None and not arrangement.reordered
    ])  # fmt: skip
    best = ranked[0][0]
    credit = (item.rubric.spatial * best.spatial + item.rubric.depth * best.depth) / 2
    if not credit:
        return Judged("wrong", "wrong", shown, ZERO, best.notes, best.slip, candidates)
    word: Word = "partial"
    return Judged(word, "parts", shown, credit, best.notes, best.slip, candidates)
