"""Upsampling: nearest neighbours, and linear interpolation along every axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnncalc.executor.kernels.sliding import per_axis
from cnncalc.executor.workspace import Array, Workspace


def upsample(
    work: Workspace,
    x: Array,
    scale: int | Sequence[int] | None,
    size: int | Sequence[int] | None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Array:
    """Make every spatial axis `scale` times longer, or `size` long, as PyTorch's `interpolate`
    does.
    """
    rank = x.ndim - 2
    if scale is not None:
        grown = [
            len(range(n)) * f for n, f in zip(x.shape[1:-1], per_axis(scale, rank), strict=True)
        ]
    else:
        grown = list(per_axis(size or 1, rank))
    part = x
    for axis, length in enumerate(grown, 1):
        if mode == "nearest":
            longer = nearest(work, part, axis, length)
        else:
            longer = linear(work, part, axis, length, align_corners)
        if part is not x:
            work.discard(part)
        part = longer
    return part


def nearest(work: Workspace, x: Array, axis: int, length: int) -> Array:
    """Element `floor(i · n / length)` of `n` at each position `i` of one axis."""
    picks = [i * x.shape[axis] // length for i in range(length)]
    out = work.empty((*x.shape[:axis], length, *x.shape[axis + 1 :]))
    np.take(x, picks, axis=axis, out=out, mode="clip")
    return out


def linear(work: Workspace, x: Array, axis: int, length: int, align_corners: bool) -> Array:
    """A mean of two neighbours, weighted by nearness, at each position of one axis.

    Positions are `(i + 1/2) · n / length - 1/2`, cut at the first element; with `align_corners`
    the first and last elements of both lie on each other. A neighbour of weight zero is not read.
    """
    n = x.shape[axis]
    wanted = np.arange(length)
    if align_corners:
        at = wanted * ((n - 1) / (length - 1)) if length > 1 else np.zeros(1)
    else:
        at = np.maximum((wanted + 0.5) * (n / length) - 0.5, 0)
    low = np.minimum(at.astype(np.intp), n - 1)
    nearness = np.where(low < n - 1, at - low, 0)
    high = np.where(nearness > 0, np.minimum(low + 1, n - 1), low)
    out = work.empty((*x.shape[:axis], length, *x.shape[axis + 1 :]))
    other = work.empty(out.shape)
    np.take(x, low, axis=axis, out=out, mode="clip")
    np.take(x, high, axis=axis, out=other, mode="clip")
    weights = nearness.astype(x.dtype).reshape(-1, *[1] * (x.ndim - axis - 1))
    np.multiply(other, weights, out=other)
    np.multiply(out, 1 - weights, out=out)
    np.add(out, other, out=out)
    work.discard(other)
    return out
