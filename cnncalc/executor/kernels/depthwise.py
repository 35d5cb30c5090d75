"""Depthwise convolution: every channel on its own, so that a matrix product would be mostly
zeros."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from cnncalc.executor.kernels.sliding import Axis, Span, volume
from cnncalc.executor.kernels.tiling import contiguous_strides, fill_patch, strided, tiles
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
        view = rows_of_taps(work, x, axes, box, channels, together)
        if kernel.shape[-1] != together * channels:
            kernel = np.tile(taps, together)
        size = prod(high - low for low, high in box) * channels
        piece = target[done : done + size].reshape(view.shape[rank:])
        np.einsum(view, letters, kernel, [*letters[:rank], letters[-1]], letters[rank:], out=piece)
        work.count(view.size)
        done += size


def rows_of_taps(
    work: Workspace,
    x: Array,
    axes: Sequence[Axis],
    box: Sequence[Span],
    channels: int,
    together: int,
) -> Array:
    """What a tile reads: `(*kernel, batch, *positions but the last, pieces, run)`, where a run is
    `together` positions with all their channels.
    """
    *outer, inner = axes
    (first, last), *ranges, (low, high) = box
    base = taken_apart(work, x, axes, box, channels)
    steps = contiguous_strides(base.shape)
    spatial = steps[1:-3]
    across = steps[-2] * inner.dilation if inner.stride == 1 else steps[-3]
    run = together * channels
    return strided(
        base,
        0,
        [
            *(axis.kernel for axis in axes),
            last - first,
            *(hi - lo for lo, hi in ranges),
            (high - low) // together,
            run,
        ],
        [step * axis.dilation for step, axis in zip(spatial, outer, strict=True)]
        + [across, steps[0]]
        + [step * axis.stride for step, axis in zip(spatial, outer, strict=True)]
        + [run, 1],
    )


def taken_apart(
    work: Workspace, x: Array, axes: Sequence[Axis], box: Sequence[Span], channels: int
) -> Array:
    """A tile's input with zeros around: `(batch, *spatial but the last, lines, columns, channels)`.

    There is one line where windows move by one; where they step over positions, one for each tap
    along the last axis, so that what neighbouring windows read lies side by side. With more than
    one filter per channel the channels are repeated.
    """
    *outer, inner = axes
    (first, last), *ranges, (low, high) = box
    spans = [range(*axis.span(*limits)) for axis, limits in zip(outer, ranges, strict=True)]
    lines = [range(*inner.span(low, high))]
    if inner.stride > 1:
        starts = inner.starts[low:high]
        offsets = range(0, inner.kernel * inner.dilation, inner.dilation)
        lines = [range(starts.start + o, starts.stop + o, inner.stride) for o in offsets]
    shape = (last - first, *map(len, spans), len(lines), len(lines[0]), channels)
    base = work.scratch("patch", shape)
    source, images = x, range(first, last)
    if channels != x.shape[-1]:
        source = np.repeat(x[first:last], channels // x.shape[-1], -1)
        images = range(last - first)
    for index, line in enumerate(lines):
        covered = [images, *spans, line, range(channels)]
        fill_patch(base[..., index, :, :], source, covered)
    return base


def _largest_divisor(number: int, limit: int) -> int:
    return next(d for d in range(min(number, limit), 0, -1) if number % d == 0)
