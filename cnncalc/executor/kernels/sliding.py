"""Windows sliding over arrays: where they lie, what they read, and how many fit in a tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from cnncalc.executor.workspace import Array, Workspace

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

    A window is there when it ends inside the padding (`floor`). With `ceil` one more may hang
    over the end, when the window before it left something unread; then the last window is
    dropped if it begins beyond the input and its left padding (PyTorch's `ceil_mode`).
    `strict` accepts only windows that leave nothing unread.
    """
    end = length + after
    whole = range(-before, end - extent + 1, stride)
    following = -before + len(whole) * stride
    unread = following - stride + extent < end
    if rounding == "strict" and unread:
        raise ValueError(
            f"windows of {extent} with stride {stride} leave a rest of {length} with padding"
        )
    if rounding == "ceil":
        found = range(-before, following + 1, stride) if unread else whole
        whole = found[:-1] if found and found[-1] >= length else found
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


def tiles(counts: Sequence[int], cost: int, budget: int) -> Iterator[tuple[Span, ...]]:
    """Boxes that cover `counts` in order, each of at most `budget // cost` elements (and at least
    one).

    Filled from the last axis outwards, so that a box is one contiguous piece of an array of that
    shape.
    """
    room = max(1, budget // cost)
    steps = []
    for count in reversed(counts):
        # Equal pieces, not a full one and a rest: a short product runs slower.
        pieces = -(-count // min(count, room))
        steps.append(-(-count // pieces))
        room = max(1, room // count)
    ranges = [
        [(low, min(low + step, count)) for low in range(0, count, step)]
        for count, step in zip(counts, reversed(steps), strict=True)
    ]
    return product(*ranges)


def contiguous_strides(shape: Sequence[int]) -> list[int]:
    """Strides in elements of a C-contiguous array, from its shape: NumPy's own lie for axes of
    size one.
    """
    strides = [1] * len(shape)
    for axis in range(len(shape) - 1, 0, -1):
        strides[axis - 1] = strides[axis] * shape[axis]
    return strides


def strided(base: Array, offset: int, shape: Sequence[int], strides: Sequence[int]) -> Array:
    """A view of a C-contiguous array, with offset and strides in elements."""
    size = base.itemsize
    view: Array = np.ndarray(
        tuple(shape), base.dtype, base, offset * size, tuple(stride * size for stride in strides)
    )
    return view


def clip(span: range, length: int) -> tuple[slice, slice]:
    """Which part of `span` lies in an axis of `length` elements, and which elements these are."""
    first = len(range(span.start, min(0, span.stop), span.step))
    last = max(first, len(range(span.start, min(length, span.stop), span.step)))
    origin = span.start + first * span.step
    return slice(first, last), slice(origin, max(origin, span.start + last * span.step), span.step)


def patch(work: Workspace, x: Array, spans: Sequence[range], fill: float = 0.0) -> Array:
    """A copy of what lies under `spans` (positions, one range per axis), with `fill` where they
    leave `x`.
    """
    copy = work.scratch("patch", tuple(len(span) for span in spans))
    fill_patch(copy, x, spans, fill)
    return copy


def fill_patch(copy: Array, x: Array, spans: Sequence[range], fill: float = 0.0) -> None:
    """Do the copying of `patch` into an array of the right shape."""
    inside, source = [], []
    for axis, (span, length) in enumerate(zip(spans, x.shape, strict=True)):
        into, of = clip(span, length)
        if into.start:
            copy[(slice(None),) * axis + (slice(0, into.start),)] = fill
        if into.stop < len(span):
            copy[(slice(None),) * axis + (slice(into.stop, None),)] = fill
        inside.append(into)
        source.append(of)
    copy[tuple(inside)] = x[tuple(source)]


def windows(work: Workspace, x: Array, axes: Sequence[Axis], box: Sequence[Span]) -> Array:
    """What the windows of one tile read: shape `(batch, *positions, *kernel, channels)`, without
    copying twice.

    `box` gives ranges of the batch and of the output positions. Only a tile that touches the
    padding is copied, into a patch with zeros around.
    """
    (first, last), *ranges = box
    spans = [axis.span(low, high) for axis, (low, high) in zip(axes, ranges, strict=True)]
    if all(low >= 0 and high <= axis.length for axis, (low, high) in zip(axes, spans, strict=True)):
        base, origin = x, [first, *(low for low, _ in spans), 0]
    else:
        covered = [range(low, high) for low, high in spans]
        base = patch(work, x, [range(first, last), *covered, range(x.shape[-1])])
        origin = [0] * x.ndim
    steps = contiguous_strides(base.shape)
    inner = steps[1:-1]
    return strided(
        base,
        sum(o * s for o, s in zip(origin, steps, strict=True)),
        [
            last - first,
            *(high - low for low, high in ranges),
            *(a.kernel for a in axes),
            x.shape[-1],
        ],
        [steps[0]]
        + [s * a.stride for s, a in zip(inner, axes, strict=True)]
        + [s * a.dilation for s, a in zip(inner, axes, strict=True)]
        + [1],
    )


def planar_windows(work: Workspace, x: Array, axes: Sequence[Axis], box: Sequence[Span]) -> Array:
    """What the windows of one tile read, channels first: `(channels, *kernel, batch,
    *positions)`.
    """
    (first, last), *ranges = box
    spans = [axis.span(low, high) for axis, (low, high) in zip(axes, ranges, strict=True)]
    images = np.moveaxis(x, -1, 0)
    covered = [range(low, high) for low, high in spans]
    base = patch(work, images, [range(x.shape[-1]), range(first, last), *covered])
    steps = contiguous_strides(base.shape)
    inner = steps[2:]
    return strided(
        base,
        0,
        [x.shape[-1], *(a.kernel for a in axes), last - first, *(hi - lo for lo, hi in ranges)],
        [steps[0]]
        + [s * a.dilation for s, a in zip(inner, axes, strict=True)]
        + [steps[1]]
        + [s * a.stride for s, a in zip(inner, axes, strict=True)],
    )


def positions(axes: Sequence[Axis]) -> tuple[int, ...]:
    """How many windows there are along each axis."""
    return tuple(len(axis.starts) for axis in axes)


def volume(axes: Sequence[Axis]) -> int:
    """How many taps one window has."""
    return prod(axis.kernel for axis in axes)
