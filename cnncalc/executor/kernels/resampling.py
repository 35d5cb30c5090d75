"""Upsampling: nearest neighbours, and linear or cubic interpolation along every axis."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from cnncalc.executor.kernels.sliding import per_axis
from cnncalc.executor.workspace import Array, Workspace


def upsample(
    work: Workspace,
    x: Array,
    scale: float | Sequence[float] | None,
    size: int | Sequence[int] | None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Array:
    """Make every spatial axis `scale` times longer, or `size` long, as PyTorch's `interpolate`
    does.

    A position of the output lies `1 / scale` positions of the input after the one before it.
    """
    rank = x.ndim - 2
    lengths = x.shape[1:-1]
    if scale is not None:
        factors = (scale,) * rank if isinstance(scale, int | float) else scale
        grown = [int(n * f) for n, f in zip(lengths, factors, strict=True)]
        paces = [1 / Fraction(f).limit_denominator(1000) for f in factors]
    else:
        grown = list(per_axis(size or 1, rank))
        paces = [Fraction(n, length) for n, length in zip(lengths, grown, strict=True)]
    if min(grown) < 1:
        raise ValueError(f"{scale} leaves nothing of {lengths}")
    part = x
    for axis, (length, pace) in enumerate(zip(grown, paces, strict=True), 1):
        if mode == "nearest":
            longer = picked(work, part, axis, [int(i * pace) for i in range(length)])
        else:
            places = places_of(part.shape[axis], length, pace, align_corners)
            longer = (cubic if mode == "bicubic" else linear)(work, part, axis, places)
        if part is not x:
            work.discard(part)
        part = longer
    return part


def picked(work: Workspace, x: Array, axis: int, picks: Sequence[int]) -> Array:
    """The elements with these numbers along one axis."""
    out = work.empty((*x.shape[:axis], len(picks), *x.shape[axis + 1 :]))
    np.take(x, picks, axis=axis, out=out, mode="clip")
    return out


def places_of(n: int, length: int, pace: Fraction, align_corners: bool) -> list[Fraction]:
    """Where on an axis of `n` elements each of `length` new ones lies, to the last digit.

    With `align_corners` the first and the last elements of both lie on each other; otherwise the
    centres are `pace` apart, and the edges lie on each other.
    """
    if align_corners:
        pace = Fraction(n - 1, length - 1) if length > 1 else Fraction(0)
        return [i * pace for i in range(length)]
    half = Fraction(1, 2)
    return [(i + half) * pace - half for i in range(length)]


def linear(work: Workspace, x: Array, axis: int, places: Sequence[Fraction]) -> Array:
    """A mean of two neighbours, weighted by nearness, for each place along one axis.

    Places beyond an end lie on it. A neighbour of weight zero is not read.
    """
    inside = [min(max(place, Fraction(0)), Fraction(x.shape[axis] - 1)) for place in places]
    rests = [place % 1 for place in inside]
    taps = [[int(place) + (tap if rest else 0) for place, rest in zip(inside, rests, strict=True)]
            for tap in (0, 1)]  # fmt: skip
    near = np.array([float(rest) for rest in rests])
    return weighted(work, x, axis, taps, [1 - near, near])


def cubic(work: Workspace, x: Array, axis: int, places: Sequence[Fraction]) -> Array:
    """Cubic convolution with a = -0.75: four neighbours for each place along one axis.

    Those beyond an end are copies of it; on an element it is that one alone. Source: Keys 1981,
    "Cubic Convolution Interpolation for Digital Image Processing", equation 4; PyTorch's a.
    """
    last, rests = x.shape[axis] - 1, [place % 1 for place in places]
    taps = [
        [min(max(place // 1 + (tap if rest else 0), 0), last)
         for place, rest in zip(places, rests, strict=True)]
        for tap in (-1, 0, 1, 2)
    ]  # fmt: skip
    near = np.array([float(rest) for rest in rests])
    return weighted(work, x, axis, taps, [keys(np.abs(near - tap)) for tap in (-1, 0, 1, 2)])


def keys(distance: Array, a: float = -0.75) -> Array:
    """The weight of an element at a distance of up to two from the place."""
    d = distance
    inner = ((a + 2) * d - (a + 3)) * d * d + 1
    outer = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, inner, outer)


def weighted(
    work: Workspace, x: Array, axis: int, taps: Sequence[Sequence[int]], weights: Sequence[Array]
) -> Array:
    """The sum over taps of the elements with these numbers, each times its weight."""
    shape = (-1, *[1] * (x.ndim - axis - 1))
    out = None
    for numbers, each in zip(taps, weights, strict=True):
        part = picked(work, x, axis, numbers)
        np.multiply(part, each.astype(x.dtype).reshape(shape), out=part)
        if out is None:
            out = part
            continue
        np.add(out, part, out=out)
        work.discard(part)
    assert out is not None
    return out
