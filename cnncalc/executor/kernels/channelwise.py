"""One number per channel, added to or multiplied into a whole array at memory speed."""

from __future__ import annotations

import numpy as np

from cnncalc.executor.workspace import Array, Workspace

ROW = 2048
"""Elements that one inner loop should run over; a loop over 64 channels spends half its time
starting."""


def tiled(vector: Array, positions: int) -> Array:
    """The vector repeated until about `ROW` elements are there, but not over more than
    `positions`.
    """
    return np.tile(vector, max(1, min(ROW // vector.size, positions)))


def combine(ufunc: np.ufunc, x: Array, row: Array, out: Array) -> None:
    """`out = ufunc(x, channel vector)` for contiguous arrays, with the vector as `tiled` gives
    it.
    """
    flat, target = x.reshape(-1), out.reshape(-1)
    whole = flat.size - flat.size % row.size
    ufunc(flat[:whole].reshape(-1, row.size), row, out=target[:whole].reshape(-1, row.size))
    if whole < flat.size:
        ufunc(flat[whole:], row[: flat.size - whole], out=target[whole:])


def scale_and_shift(x: Array, scale: Array, shift: Array, out: Array) -> None:
    """`out = x * scale + shift` per channel, block by block so that the second pass finds the
    first in cache.
    """
    positions = x.size // scale.size
    factors, terms = tiled(scale, positions), tiled(shift, positions)
    flat, target = x.reshape(-1), out.reshape(-1)
    block = factors.size * max(1, (1 << 16) // factors.size)
    for low in range(0, flat.size, block):
        piece = target[low : low + block]
        combine(np.multiply, flat[low : low + block], factors, piece)
        combine(np.add, piece, terms, piece)


def add(x: Array, vector: Array, out: Array) -> None:
    """`out = x + vector` per channel."""
    check(x, vector)
    combine(np.add, x, tiled(vector, x.size // vector.size), out)


def multiply(x: Array, vector: Array, out: Array) -> None:
    """`out = x * vector` per channel."""
    check(x, vector)
    combine(np.multiply, x, tiled(vector, x.size // vector.size), out)


def check(x: Array, vector: Array) -> None:
    """Raise `ValueError` unless there is exactly one number per channel."""
    if vector.shape != x.shape[-1:]:
        raise ValueError(f"{vector.shape} numbers for {x.shape[-1]} channels")


def layer_scale(work: Workspace, x: Array, weight: Array) -> Array:
    """Each channel times a learned number."""
    out = work.result_like(x)
    multiply(x, weight, out)
    return out
