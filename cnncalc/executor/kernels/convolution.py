"""Convolution in one, two or three dimensions, as matrix products over bounded tiles.

A k x k window is laid out as one row of a matrix (im2col), but only for as many windows as fit in
the caches; a 1 x 1 convolution needs no layout at all, since channels-last arrays already are
that matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnncalc.executor.kernels import channelwise
from cnncalc.executor.kernels.arrangement import pad
from cnncalc.executor.kernels.depthwise import depthwise
from cnncalc.executor.kernels.sliding import (
    Axis,
    axes_of,
    per_axis,
    planar_windows,
    positions,
    tiles,
    windows,
)
from cnncalc.executor.workspace import TILE_BYTES, Array, Workspace

SHORT_RUN = 16
"""Copies of fewer neighbouring elements than this are dominated by the cost of starting each
(copies along the image suffer from a stride instead)."""


def conv(
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
    groups: int = 1,
    padding_mode: str = "zeros",
    rounding: str = "floor",
    connections: Sequence[Sequence[int]] | None = None,
) -> Array:
    """Cross-correlation of `x` (batch, *spatial, in) with `weight` (out, in/groups, *kernel).

    With `connections` (for each output channel the input channels it reads) `weight` holds one
    plane for each connection. Raises `ValueError` when channels and weight do not match or no
    window fits.
    """
    rank = x.ndim - 2
    sizes = per_axis(kernel, rank)
    axes = axes_of(x.shape[1:-1], sizes, stride, padding, dilation, rounding)
    borrowed = None
    if padding_mode != "zeros":
        x = borrowed = pad(work, x, [axis.overhang() for axis in axes], padding_mode)
        axes = tuple(axis.padded() for axis in axes)
    wanted = (filters, x.shape[-1] // groups, *sizes)
    if connections is not None:
        wanted = (sum(map(len, connections)), *sizes)
    if weight.shape != wanted or x.shape[-1] % groups or filters % groups:
        raise ValueError(f"a weight of {weight.shape}, but the products need {wanted}")
    out = work.empty((x.shape[0], *positions(axes), filters))
    if connections is not None:
        by_table(work, x, weight, axes, connections, out)
    else:
        by_groups(work, x, weight, axes, groups, out)
    if bias is not None:
        channelwise.add(out, bias, out)
    if borrowed is not None:
        work.discard(borrowed)
    return out


def by_groups(
    work: Workspace, x: Array, weight: Array, axes: Sequence[Axis], groups: int, out: Array
) -> None:
    """Convolve in the way that suits the groups and the kernel."""
    out_channels, per_group = weight.shape[:2]
    if per_group == 1 and groups > 1:
        depthwise(work, x, weight, axes, out)
    elif all(axis.starts == range(axis.length) and axis.kernel == 1 for axis in axes):
        rows, matrices = x.reshape(-1, groups, per_group), matrices_of(weight, groups)
        target = out.reshape(-1, groups, out_channels // groups)
        work.matmul(rows.swapaxes(0, 1), matrices, target.swapaxes(0, 1))
    elif per_group * (axes[-1].kernel if groups == 1 else 1) * axes[-1].stride < SHORT_RUN:
        by_planes(work, x, weight, axes, groups, out)
    else:
        by_tiles(work, x, weight, axes, groups, out)


def matrices_of(weight: Array, groups: int) -> Array:
    """One matrix (taps x channels, outputs) per group; a view of weights that lie outputs last in
    memory.
    """
    order = (*range(2, weight.ndim), 1, 0)
    matrix = weight.transpose(order).reshape(-1, groups, weight.shape[0] // groups)
    by_group: Array = matrix.swapaxes(0, 1)
    return by_group


def by_tiles(
    work: Workspace, x: Array, weight: Array, axes: Sequence[Axis], groups: int, out: Array
) -> None:
    """Lay windows out as rows, channels innermost, and multiply tile by tile."""
    matrices = matrices_of(weight, groups)
    target = out.reshape(-1, groups, matrices.shape[-1]).swapaxes(0, 1)
    cost = groups * matrices.shape[1] * x.itemsize
    done = 0
    for box in tiles(out.shape[:-1], cost, TILE_BYTES):
        view = windows(work, x, axes, box)
        view = np.moveaxis(view.reshape(*view.shape[:-1], groups, -1), -2, 0)
        rows = work.scratch("columns", view.shape)
        np.copyto(rows, view)
        rows = rows.reshape(groups, -1, matrices.shape[1])
        work.matmul(rows, matrices, target[:, done : done + rows.shape[1]])
        done += rows.shape[1]


def by_planes(
    work: Workspace, x: Array, weight: Array, axes: Sequence[Axis], groups: int, out: Array
) -> None:
    """The same for few channels: positions innermost, so that copies run along the image."""
    order = (*range(1, weight.ndim), 0)
    matrix = weight.transpose(order).reshape(-1, groups, weight.shape[0] // groups)
    matrices = matrix.swapaxes(0, 1)
    target = out.reshape(-1, groups, matrices.shape[-1]).swapaxes(0, 1)
    cost = groups * matrices.shape[1] * x.itemsize
    done = 0
    for box in tiles(out.shape[:-1], cost, TILE_BYTES):
        view = planar_windows(work, x, axes, box)
        columns = work.scratch("columns", view.shape)
        np.copyto(columns, view)
        rows = columns.reshape(groups, matrices.shape[1], -1).swapaxes(1, 2)
        work.matmul(rows, matrices, target[:, done : done + rows.shape[1]])
        done += rows.shape[1]


def by_table(
    work: Workspace,
    x: Array,
    weight: Array,
    axes: Sequence[Axis],
    connections: Sequence[Sequence[int]],
    out: Array,
) -> None:
    """Convolve each output channel with the input channels that its row of the table names."""
    target = out.reshape(-1, len(connections))
    taps = weight[0].size
    done = 0
    for box in tiles(out.shape[:-1], taps * x.shape[-1] * x.itemsize, TILE_BYTES):
        rows = windows(work, x, axes, box).reshape(-1, taps, x.shape[-1])
        piece = target[done : done + len(rows)]
        used = 0
        for output, row in enumerate(connections):
            planes = weight[used : used + len(row)].reshape(len(row), taps)
            read = rows[:, :, list(row)].reshape(len(rows), -1)
            work.matmul(read, planes.T.reshape(-1, 1), piece[:, output : output + 1])
            used += len(row)
        done += len(rows)
