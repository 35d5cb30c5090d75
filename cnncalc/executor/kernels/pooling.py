"""Pools over sliding windows, one axis after the other: rows first, then what is left of the
columns."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from cnncalc.executor.kernels import channelwise
from cnncalc.executor.kernels.sliding import Axis, axes_of, per_axis, positions, volume
from cnncalc.executor.kernels.tiling import clip, tiles
from cnncalc.executor.workspace import Array, Workspace

Index = tuple[slice, ...]

BLOCK_BYTES = 1 << 18
"""Output of one tile; what lies between the axes' passes then stays in the second cache."""


def pool_axes(
    x: Array,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    rounding: str | None,
) -> tuple[Axis, ...]:
    """The windows of a pool, whose stride is its kernel where none is given.

    A last window that only `ceil` has is dropped if it begins beyond the input and its left
    padding: it would hold nothing but padding (PyTorch's `ceil_mode`).
    """
    sizes = per_axis(kernel, x.ndim - 2)
    steps = sizes if stride is None else stride
    if not ceil_mode and rounding not in ("ceil", "caffe"):
        return axes_of(x.shape[1:-1], sizes, steps, padding, dilation, rounding or "floor")
    axes = axes_of(x.shape[1:-1], sizes, steps, padding, dilation, "ceil")
    return tuple(
        axis._replace(starts=axis.starts[:-1])
        if axis.starts[-1] >= axis.length
        and axis.starts[-1] + axis.extent > axis.length + axis.after
        else axis
        for axis in axes
    )


def max_pool(work: Workspace, x: Array, axes: Sequence[Axis]) -> Array:
    """The largest element of each window; the padding is minus infinity."""
    return reduce_windows(work, x, axes, np.maximum, -np.inf)


def min_pool(work: Workspace, x: Array, axes: Sequence[Axis]) -> Array:
    """The smallest element of each window; the padding is infinity."""
    return reduce_windows(work, x, axes, np.minimum, np.inf)


def avg_pool(
    work: Workspace,
    x: Array,
    axes: Sequence[Axis],
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """The mean of each window, as PyTorch has it.

    The padding counts unless `count_include_pad` is false; what a last window of `ceil_mode`
    has beyond the padding never does.
    """
    out = reduce_windows(work, x, axes, np.add, 0.0)
    divide(out, axes, count_include_pad, divisor_override)
    return out


def divide(out: Array, axes: Sequence[Axis], with_padding: bool, divisor: int | None) -> None:
    """Turn sums over windows into means, each by the number of elements that its window holds."""
    if divisor is not None:
        np.divide(out, divisor, out=out)
        return
    members = [window_members(axis, with_padding) for axis in axes]
    if all(min(counts) == max(counts) for counts in members):
        np.divide(out, prod(counts[0] for counts in members), out=out)
        return
    for index, counts in enumerate(members):
        shape = [1] * out.ndim
        shape[index + 1] = len(counts)
        np.divide(out, np.array(counts, out.dtype).reshape(shape), out=out)


def window_members(axis: Axis, with_padding: bool) -> list[int]:
    """How many taps of each window along an axis lie on the input (or on the padded input).

    A window with none counts as one, so that its sum of nothing stays 0.
    """
    low, high = (-axis.before, axis.length + axis.after) if with_padding else (0, axis.length)
    hole, last = axis.dilation, axis.kernel - 1
    return [
        max(1, min(last, (high - 1 - s) // hole) - max(0, -((s - low) // hole)) + 1)
        for s in axis.starts
    ]


def raised(work: Workspace, x: Array, norm_type: float) -> Array:
    """Every element to the power of a norm."""
    powers = work.empty(x.shape)
    if norm_type == 2:
        np.square(x, out=powers)
    else:
        np.power(x, x.dtype.type(norm_type), out=powers)
    return powers


def root(out: Array, norm_type: float) -> Array:
    """The roots of sums of powers, in their place."""
    if norm_type == 2:
        np.sqrt(out, out=out)
    elif norm_type != 1:
        np.power(out, out.dtype.type(1 / norm_type), out=out)
    return out


def global_lp_pool(work: Workspace, x: Array, norm_type: float = 2.0) -> Array:
    """The p-norm of each channel."""
    powers = raised(work, x, norm_type)
    out = work.empty((x.shape[0], *[1] * (x.ndim - 2), x.shape[-1]))
    np.add.reduce(powers, axis=tuple(range(1, x.ndim - 1)), out=out, keepdims=True)
    work.discard(powers)
    return root(out, norm_type)


def lp_pool(work: Workspace, x: Array, axes: Sequence[Axis], norm_type: float = 2.0) -> Array:
    """The p-norm of each window, `(sum of x**p) ** (1/p)`.

    A window of `ceil_mode` that hangs over the end is scaled to a full one, as PyTorch does.
    """
    powers = raised(work, x, norm_type)
    out = reduce_windows(work, powers, axes, np.add, 0.0)
    work.discard(powers)
    if any(axis.starts[-1] + axis.extent > axis.length + axis.after for axis in axes):
        divide(out, axes, True, None)
        np.multiply(out, volume(axes), out=out)
    return root(out, norm_type)


def subsample(work: Workspace, x: Array, axes: Sequence[Axis], weight: Array, bias: Array) -> Array:
    """The sum of each window times its channel's coefficient, plus its channel's bias (LeNet-5)."""
    out = reduce_windows(work, x, axes, np.add, 0.0)
    channelwise.multiply(out, weight, out)
    channelwise.add(out, bias, out)
    return out


def reduce_windows(
    work: Workspace, x: Array, axes: Sequence[Axis], ufunc: np.ufunc, fill: float
) -> Array:
    """Combine the elements of each window by `ufunc`; padding holds its neutral element `fill`.

    Works through one tile of outputs after the other, and in each reduces axis after axis.
    """
    out = work.empty((x.shape[0], *positions(axes), x.shape[-1]))
    row = out[0, 0].size * x.itemsize
    for (first, last), (low, high) in tiles(out.shape[:2], row, BLOCK_BYTES):
        part = x[first:last]
        for index, axis in enumerate(axes):
            starts = axis.starts[low:high] if index == 0 else axis.starts
            shape = (*part.shape[: index + 1], len(starts), *part.shape[index + 2 :])
            if index == len(axes) - 1:
                result = out[first:last, low:high]
            else:
                result = work.scratch(f"pooled {index % 2}", shape)
            reduce_axis(part, index + 1, axis, starts, ufunc, fill, result)
            part = result
    return out


def reduce_axis(
    x: Array, axis: int, window: Axis, starts: range, ufunc: np.ufunc, fill: float, out: Array
) -> None:
    """Combine the taps of the windows that begin at `starts` along one axis of `x`."""
    before = (slice(None),) * axis
    whole: list[tuple[Index, Index]] = []
    partial: list[tuple[Index, Index]] = []
    # Taps that no window has over the input are not walked: there may be millions.
    first = max(0, -(starts[-1] // window.dilation))
    last = min(window.kernel - 1, (window.length - 1 - starts[0]) // window.dilation)
    for tap in range(first, last + 1):
        offset = tap * window.dilation
        reads = range(starts.start + offset, starts.stop + offset, starts.step)
        some, elements = clip(reads, window.length)
        kind = whole if some == slice(0, len(reads)) else partial
        kind.append(((*before, some), (*before, elements)))
    if len(whole) > 1:
        ufunc(x[whole[0][1]], x[whole[1][1]], out=out)
    elif whole:
        out[...] = x[whole[0][1]]
    else:
        out[...] = fill
    for into, of in [*whole[2:], *partial]:
        ufunc(out[into], x[of], out=out[into])
