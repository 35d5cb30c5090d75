"""Windows sliding over an array: where they lie, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

Span = tuple[int, int]


class Axis(NamedTuple):
    """One axis of a sliding window: the `starts` are first positions read, negative in the
    padding.
    """

    length: int
    before: int
    after: int
    kernel: int
    dilation: int
    starts: range

    @property
    def stride(self) -> int:
        """The distance between neighbouring windows."""
        return self.starts.step

    @property
    def extent(self) -> int:
        """How many positions a window spans, holes included."""
        return self.dilation * (self.kernel - 1) + 1

    def span(self, low: int, high: int) -> Span:
        """The half-open range of positions that windows `low` to `high - 1` read."""
        return self.starts[low], self.starts[high - 1] + self.extent

    def overhang(self) -> Span:
        """How many positions the windows read before the first element, and after the last."""
        return max(0, -self.starts[0]), max(0, self.starts[-1] + self.extent - self.length)

    def padded(self) -> Axis:
        """The same windows over an axis that has been padded by `overhang`."""
        before, after = self.overhang()
        starts = range(self.starts.start + before, self.starts.stop + before, self.stride)
        return self._replace(length=self.length + before + after, before=0, after=0, starts=starts)


def per_axis(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """One number per spatial axis; a single number stands for all of them."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def sides(
    padding: Any,
    lengths: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> tuple[Span, ...]:
    """The padding before and after each axis, from a number, one per axis, pairs, or a word.

    `same` asks for as many windows as there are strides begun inside the input, so that the last
    one needs `(windows - 1) * stride + extent` positions; what the input lacks is split, the odd
    one after (`same_lower`: before). TensorFlow and ONNX define it so.
    """
    rank = len(lengths)
    if padding == "valid":
        return ((0, 0),) * rank
    if padding in ("same", "same_lower"):
        pairs = []
        for length, k, s, d in zip(lengths, kernel, stride, dilation, strict=True):
            begun = range(0, length, s)
            lacking = max(begun[-1] + d * (k - 1) + 1 - length, 0)
            small, large = lacking // 2, lacking - lacking // 2
            pairs.append((small, large) if padding == "same" else (large, small))
        return tuple(pairs)
    return stated_sides(padding, rank)


def stated_sides(padding: Any, rank: int) -> tuple[Span, ...]:
    """The sides of every axis from a number, one per axis, or a pair per axis."""
    if isinstance(padding, int):
        return ((padding, padding),) * rank
    return tuple((side, side) if isinstance(side, int) else (side[0], side[1]) for side in padding)


def window_starts(
    length: int, before: int, after: int, extent: int, stride: int, rounding: str
) -> range:
    """The first position of every window, found by walking along the padded axis.

    A window is there when it ends inside the padding (`floor`, and `caffe` but for pools). With
    `ceil` one more may reach beyond the end, when the window before it left something unread and
    it begins inside the padding. `strict` accepts only windows that leave nothing unread.
    """
    end = length + after
    whole = range(-before, end - extent + 1, stride)
    following = -before + len(whole) * stride
    unread = following - stride + extent < end
    if rounding == "strict" and unread:
        raise ValueError(
            f"windows of {extent} with stride {stride} leave a rest of {length} with padding"
        )
    if rounding == "ceil" and unread and following < end:
        whole = range(-before, following + 1, stride)
    if not whole:
        raise ValueError(f"a window of {extent} does not fit in {before} + {length} + {after}")
    return whole


def axes_of(
    lengths: Sequence[int],
    kernel: Sequence[int],
    stride: int | Sequence[int],
    padding: Any,
    dilation: int | Sequence[int] = 1,
    rounding: str = "floor",
) -> tuple[Axis, ...]:
    """The sliding window along every axis of an array whose spatial `lengths` are given."""
    rank = len(lengths)
    steps, holes = per_axis(stride, rank), per_axis(dilation, rank)
    around = sides(padding, lengths, kernel, steps, holes)
    return tuple(
        Axis(n, before, after, k, d, window_starts(n, before, after, d * (k - 1) + 1, s, rounding))
        for n, (before, after), k, s, d in zip(lengths, around, kernel, steps, holes, strict=True)
    )


def positions(axes: Sequence[Axis]) -> tuple[int, ...]:
    """How many windows there are along each axis."""
    return tuple(len(axis.starts) for axis in axes)


def volume(axes: Sequence[Axis]) -> int:
    """How many taps one window has."""
    return prod(axis.kernel for axis in axes)
