"""Depthwise convolution: every channel on its own, so that a matrix product would be mostly
zeros."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from cnncalc.executor.kernels.sliding import (
    Axis,
    Span,
    contiguous_strides,
    fill_patch,
    strided,
    tiles,
    volume,
)
from cnncalc.executor.workspace import Array, Workspace

BLOCK_BYTES = 1 << 20
"""Output of one tile: larger ones leave the caches, smaller ones pay for starting."""

KERNEL_ELEMENTS = 1 << 17
"""How long the repeated kernel may become, and a single row of it a sixteenth of that."""


def depthwise(work: Workspace, x: Array, weight: Array, axes: Sequence[Axis], out: Array) -> None:
    """Fill `out` (batch, *positions, C·m) from `x` (batch, *spatial, C) and `weight` (C·m, 1,
    *kernel).

    One fused multiply-add per product: `numpy.einsum` accumulates tap after tap over rows in
    which positions and channels run together, with the kernel repeated to the same length.
    """
    rank = len(axes)
    taps = weight.transpose(*range(2, weight.ndim), 1, 0).reshape(*weight.shape[2:], -1)
    channels = out.shape[-1]
    target = out.reshape(-1)
    letters = list(range(2 * rank + 2))
    longest = min(KERNEL_ELEMENTS // volume(axes), KERNEL_ELEMENTS // 16) // channels
    kernel = taps
    done = 0
    for box in tiles(out.shape[:-1], channels * x.itemsize, BLOCK_BYTES):
        together = _largest_divisor(box[-1][1] - box[-1][0], max(1, longest))
        view = _rows(work, x, axes, box, channels, together)
        if kernel.shape[-1] != together * channels:
            kernel = np.tile(taps, together)
        size = prod(high - low for low, high in box) * channels
        piece = target[done : done + size].reshape(view.shape[rank:])
        np.einsum(view, letters, kernel, [*letters[:rank], letters[-1]], letters[rank:], out=piece)
        work.count(view.size)
        done += size


def _rows(
    work: Workspace,
    x: Array,
    axes: Sequence[Axis],
    box: Sequence[Span],
    channels: int,
    together: int,
) -> Array:
    """What a tile reads: `(*kernel, batch, *positions but the last, pieces, together ·
    channels)`.

    The last axis is taken apart once per tap if windows step over it, so that neighbours stay
    neighbours.
    """
    *outer, inner = axes
    (first, last), *ranges, (low, high) = box
    spans = [range(*axis.span(*r)) for axis, r in zip(outer, ranges, strict=True)]
    count = high - low
    if inner.stride == 1:
        lines = [range(*inner.span(low, high))]
    else:
        starts = inner.starts[low:high]
        lines = [
            range(
                starts.start + tap * inner.dilation,
                starts.stop + tap * inner.dilation,
                inner.stride,
            )
            for tap in range(inner.kernel)
        ]
    shape = (last - first, *map(len, spans), len(lines), len(lines[0]), channels)
    base = work.scratch("patch", shape)
    source = x if channels == x.shape[-1] else np.repeat(x[first:last], channels // x.shape[-1], -1)
    offset = 0 if source is x else first
    for index, line in enumerate(lines):
        images = range(first - offset, last - offset)
        fill_patch(base[..., index, :, :], source, [images, *spans, line, range(channels)])
    steps = contiguous_strides(shape)
    across = steps[-2] * inner.dilation if inner.stride == 1 else steps[-3]
    return strided(
        base,
        0,
        [
            *(a.kernel for a in axes),
            last - first,
            *(hi - lo for lo, hi in ranges),
            count // together,
            together * channels,
        ],
        [s * a.dilation for s, a in zip(steps[1:-3], outer, strict=True)]
        + [across, steps[0]]
        + [s * a.stride for s, a in zip(steps[1:-3], outer, strict=True)]
        + [together * channels, 1],
    )


def _largest_divisor(number: int, limit: int) -> int:
    return next(d for d in range(min(number, limit), 0, -1) if number % d == 0)
