"""Layers in which every output has weights of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from cnncalc.executor.kernels.sliding import axes_of, per_axis, positions
from cnncalc.executor.kernels.tiling import tiles, windows
from cnncalc.executor.workspace import TILE_BYTES, Array, Workspace

BLOCK = 1 << 18
"""Codes compared at a time."""


def linear(
    work: Workspace,
    x: Array,
    blocks: Iterable[tuple[int, Array]],
    out_features: int,
    bias: Array | None = None,
) -> Array:
    """`x @ weight.T + bias` for `x` (batch, in), with the weight (out, in) in blocks of rows.

    Blocks come as (first row, rows); they let a weight be used that never exists as a whole.
    Raises `ValueError` when the weight's sizes do not match.
    """
    out = work.empty((x.shape[0], out_features))
    done = 0
    for first, rows in blocks:
        if rows.shape[1:] != x.shape[1:] or first != done:
            raise ValueError(f"a weight of {rows.shape} cannot read {x.shape[1]} features")
        work.matmul(x, rows.T, out[:, first : first + len(rows)])
        done += len(rows)
    if done != out_features:
        raise ValueError(f"a weight of {done} rows for {out_features} features")
    if bias is not None:
        if bias.shape != (out_features,):
            raise ValueError(f"a bias of {bias.shape} for {out_features} features")
        np.add(out, bias, out=out)
    return out


def linear_along(work: Workspace, x: Array, weight: Array, bias: Array | None, axis: int) -> Array:
    """`weight @ v + bias` for every vector `v` along an axis of a map (0: the channels)."""
    place = axis or x.ndim - 1
    turned = np.ascontiguousarray(np.moveaxis(x, place, -1))
    if weight.shape[1:] != turned.shape[-1:]:
        raise ValueError(f"a weight of {weight.shape} cannot read {turned.shape[-1]} elements")
    rows = work.empty((turned.size // turned.shape[-1], len(weight)))
    work.matmul(turned.reshape(-1, turned.shape[-1]), weight.T, rows)
    if bias is not None:
        np.add(rows, bias, out=rows)
    whole = rows.reshape(*turned.shape[:-1], len(weight))
    if place == x.ndim - 1:
        return whole
    back = np.moveaxis(whole, -1, place)
    out = work.empty(back.shape)
    np.copyto(out, back)
    work.discard(rows)
    return out


def rbf(work: Workspace, x: Array, codes: Array, out_features: int) -> Array:
    """The squared distance of every row of `x` (batch, in) to every code (out, in)."""
    if codes.shape != (out_features, x.shape[1]):
        raise ValueError(f"codes of {codes.shape}, but {(out_features, x.shape[1])} are needed")
    out = work.empty((len(x), len(codes)))
    step = max(1, BLOCK // codes.size)
    for low in range(0, len(x), step):
        apart = x[low : low + step, None, :] - codes
        np.einsum("nof,nof->no", apart, apart, out=out[low : low + step])
    return out


def locally_connected(
    work: Workspace,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    filters: int,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: Any = 0,
    dilation: int | Sequence[int] = 1,
    rounding: str = "floor",
) -> Array:
    """A convolution with `weight` (*positions, out, in, *kernel) and `bias` (out, *positions) of
    its own at each position. Raises `ValueError` when their sizes do not match the windows found.
    """
    rank = x.ndim - 2
    sizes = per_axis(kernel, rank)
    axes = axes_of(x.shape[1:-1], sizes, stride, padding, dilation, rounding)
    counts = positions(axes)
    wanted = (*counts, filters, x.shape[-1], *sizes)
    if weight.shape != wanted:
        raise ValueError(f"a weight of {weight.shape}, but the products need {wanted}")
    out = work.empty((x.shape[0], *counts, filters))
    target = out.reshape(x.shape[0], -1, filters)
    matrices = weight.reshape(target.shape[1], filters, -1)
    done = 0
    cost = matrices.shape[-1] * x.itemsize * x.shape[0]
    for box in tiles(counts, cost, TILE_BYTES):
        view = np.moveaxis(windows(work, x, axes, [(0, x.shape[0]), *box]), -1, rank + 1)
        rows = view.reshape(x.shape[0], -1, matrices.shape[-1]).swapaxes(0, 1)
        last = done + len(rows)
        work.matmul(rows, matrices[done:last].swapaxes(1, 2), target[:, done:last].swapaxes(0, 1))
        done = last
    if bias is not None:
        if bias.shape != (filters, *counts):
            raise ValueError(f"a bias of {bias.shape} for {filters} filters at {counts} positions")
        np.add(out, np.moveaxis(bias, 0, -1), out=out)
    return out
