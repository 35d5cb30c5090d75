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
