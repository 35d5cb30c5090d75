"""Pools whose number of outputs is given: each axis is cut into that many bins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnncalc.executor.kernels.sliding import per_axis
from cnncalc.executor.workspace import Array, Workspace


def adaptive_avg_pool(work: Workspace, x: Array, bins: int | Sequence[int]) -> Array:
    """The mean over each bin; means of rows, then of what is left of the columns."""
    return _reduce(work, x, per_axis(bins, x.ndim - 2), np.add, mean=True)


def adaptive_max_pool(work: Workspace, x: Array, bins: int | Sequence[int]) -> Array:
    """The largest element of each bin."""
    return _reduce(work, x, per_axis(bins, x.ndim - 2), np.maximum, mean=False)


def _reduce(work: Workspace, x: Array, counts: Sequence[int], ufunc: np.ufunc, mean: bool) -> Array:
    part = x
    for axis, count in enumerate(counts, 1):
        length = x.shape[axis]
        shape = (*part.shape[:axis], count, *part.shape[axis + 1 :])
        out = work.empty(shape)
        if length % count == 0:
            bins = part.reshape(*part.shape[:axis], count, length // count, *part.shape[axis + 1 :])
            ufunc.reduce(bins, axis=axis + 1, out=out)
            sizes = np.array([length // count], out.dtype)
        else:
            cuts = [divide_axis(length, count, index) for index in range(count)]
            before = (slice(None),) * axis
            for index, (low, high) in enumerate(cuts):
                members: tuple[slice, ...] = (*before, slice(low, high))
                place: tuple[slice | int, ...] = (*before, index)
                ufunc.reduce(part[members], axis=axis, out=out[place])
            sizes = np.array([high - low for low, high in cuts], out.dtype)
        if mean:
            np.divide(out, sizes.reshape(-1, *[1] * (out.ndim - axis - 1)), out=out)
        if part is not x:
            work.discard(part)
        part = out
    return part


def divide_axis(length: int, count: int, index: int) -> tuple[int, int]:
    """The bin of one output: from the last element that begins at or before its share of the axis
    to the first that ends at or after it.
    """
    low = index * length / count
    high = (index + 1) * length / count
    first, last = int(low), int(high)
    return first, last if last >= high else last + 1
