"""What windows read, piece by piece: tiles that fit in the caches, and views of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from cnncalc.executor.kernels.sliding import Axis, Span
from cnncalc.executor.workspace import Array, Workspace


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
