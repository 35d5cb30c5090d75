"""One number per channel, added to or multiplied into a whole array at memory speed."""

from __future__ import annotations

import numpy as np

from cnncalc.executor.workspace import Array, Workspace

ROW = 1 << 13
"""Elements that one inner loop should run over; over 64 it spends half its time starting."""

BLOCK = 1 << 17
"""Elements after which a second pass begins, so that it finds what the first wrote in cache."""


def tiled(vector: Array, x: Array) -> Array:
    """One number per channel of `x`, repeated to a row of about `ROW` elements.

    Raises `ValueError` unless there is exactly one number per channel.
    """
    if vector.shape != x.shape[-1:]:
        raise ValueError(f"{vector.shape} numbers for {x.shape[-1]} channels")
    return np.tile(vector, max(1, min(ROW, x.size) // vector.size))


def combine(ufunc: np.ufunc, x: Array, row: Array, out: Array) -> None:
    """`out = ufunc(x, channel vector)` for contiguous arrays, with the vector from `tiled`."""
    flat, target = x.reshape(-1), out.reshape(-1)
    whole = flat.size - flat.size % row.size
    ufunc(flat[:whole].reshape(-1, row.size), row, out=target[:whole].reshape(-1, row.size))
    if whole < flat.size:
        ufunc(flat[whole:], row[: flat.size - whole], out=target[whole:])


def add(x: Array, vector: Array, out: Array) -> None:
    """`out = x + vector` per channel."""
    combine(np.add, x, tiled(vector, x), out)


def multiply(x: Array, vector: Array, out: Array) -> None:
    """`out = x * vector` per channel."""
    combine(np.multiply, x, tiled(vector, x), out)


def scale_and_shift(x: Array, scale: Array, shift: Array, out: Array) -> None:
    """`out = x * scale + shift` per channel, block by block."""
    factors, terms = tiled(scale, x), tiled(shift, x)
    flat, target = x.reshape(-1), out.reshape(-1)
    block = factors.size * max(1, BLOCK // factors.size)
    for low in range(0, flat.size, block):
        piece = target[low : low + block]
        combine(np.multiply, flat[low : low + block], factors, piece)
        combine(np.add, piece, terms, piece)


def layer_scale(work: Workspace, x: Array, weight: Array) -> Array:
    """Each channel times a learned number."""
    out = work.result_like(x)
    multiply(x, weight, out)
    return out


def scale(work: Workspace, x: Array, factor: Array | float, shift: Array | float) -> Array:
    """`x * factor + shift`: numbers, or arrays with one number per channel, per element (channels
    first), or in all.
    """
    out, source = work.result_like(x), x
    for ufunc, operand, neutral in ((np.multiply, factor, 1), (np.add, shift, 0)):
        if isinstance(operand, np.ndarray):
            if operand.shape == x.shape[-1:]:
                combine(ufunc, source, tiled(operand, x), out)
            else:
                ufunc(source, np.moveaxis(operand, 0, -1), out=out)
        elif operand != neutral:
            ufunc(source, x.dtype.type(operand), out=out)
        else:
            continue
        source = out
    if source is not out and out is not x:
        np.copyto(out, x)
    return out


def mean(work: Workspace, x: Array, over_channels: bool) -> Array:
    """The mean over the channels at each position, or over the positions of each channel."""
    axes = (x.ndim - 1,) if over_channels else tuple(range(1, x.ndim - 1))
    total = x.sum(axis=axes, keepdims=True, dtype=np.float64)
    out = work.empty(total.shape)
    np.divide(total, x.size // total.size, out=out, casting="same_kind")
    return out


def maximum(work: Workspace, x: Array, over_channels: bool) -> Array:
    """The largest over the channels at each position, or over the positions of each channel."""
    axes = (x.ndim - 1,) if over_channels else tuple(range(1, x.ndim - 1))
    largest = x.max(axis=axes, keepdims=True)
    out = work.empty(largest.shape)
    np.copyto(out, largest)
    return out
