"""Convolution in one, two or three dimensions, as matrix products over bounded tiles.

A k x k window is laid out as one row of a matrix (im2col), but only for as many windows as fit in
the caches; a 1 x 1 convolution needs no layout at all, since channels-last arrays already are
that matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from cnncalc.executor.kernels import channelwise
from cnncalc.executor.kernels.arrangement import pad
from cnncalc.executor.kernels.depthwise import depthwise
from cnncalc.executor.kernels.sliding import Axis, Span, axes_of, per_axis, positions, volume
from cnncalc.executor.kernels.tiling import planar_windows, tiles, windows
from cnncalc.executor.workspace import TILE_BYTES, Array, Workspace

Boxes = Iterable[Sequence[Span]]

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
    row = None if bias is None else channelwise.tiled(bias, out)
    if connections is None and (weight.shape[1] > 1 or groups == 1):
        multiply_by_tiles(work, x, weight, axes, groups, row, out)
    else:
        plane_by_plane(work, x, weight, axes, connections, row, out)
    if borrowed is not None:
        work.discard(borrowed)
    return out


def plane_by_plane(
    work: Workspace,
    x: Array,
    weight: Array,
    axes: Sequence[Axis],
    connections: Sequence[Sequence[int]] | None,
    row: Array | None,
    out: Array,
) -> None:
    """Write a convolution each of whose planes reads one channel, then add the bias."""
    if connections is None:
        depthwise(work, x, weight, axes, out)
    else:
        by_table(work, x, weight, axes, connections, out)
    if row is not None:
        channelwise.combine(np.add, out, row, out)


def multiply_by_tiles(
    work: Workspace,
    x: Array,
    weight: Array,
    axes: Sequence[Axis],
    groups: int,
    bias: Array | None,
    out: Array,
) -> None:
    """Multiply windows with kernels, in the layout that suits them, and add the (tiled) bias."""
    per_group = weight.shape[1]
    copies = per_group * (axes[-1].kernel if groups == 1 else 1) * axes[-1].stride
    boxes = tiles(out.shape[:-1], x.shape[-1] * volume(axes) * x.itemsize, TILE_BYTES)
    channels_inside = True
    if all(axis.starts == range(axis.length) and axis.kernel == 1 for axis in axes):
        parts = iter([x.reshape(-1, groups, per_group).swapaxes(0, 1)])
    elif copies >= SHORT_RUN:
        parts = windows_as_rows(work, x, axes, groups, boxes)
    else:
        parts = windows_as_columns(work, x, axes, groups, boxes)
        channels_inside = False
    matrices = matrices_of(weight, groups, channels_inside)
    positions_first = out.reshape(-1, out.shape[-1])
    by_group = out.reshape(len(positions_first), groups, -1).swapaxes(0, 1)
    done = 0
    for part in parts:
        last = done + part.shape[1]
        work.matmul(part, matrices, by_group[:, done:last])
        if bias is not None:
            piece = positions_first[done:last]
            channelwise.combine(np.add, piece, bias, piece)
        done = last


def matrices_of(weight: Array, groups: int, channels_inside: bool) -> Array:
    """One matrix (taps and channels, outputs) per group.

    With `channels_inside` it is a view of weights that lie outputs last in memory.
    """
    taps = range(2, weight.ndim)
    order = (*taps, 1, 0) if channels_inside else (1, *taps, 0)
    matrix = weight.transpose(order).reshape(-1, groups, weight.shape[0] // groups)
    by_group: Array = matrix.swapaxes(0, 1)
    return by_group


def windows_as_rows(
    work: Workspace, x: Array, axes: Sequence[Axis], groups: int, boxes: Boxes
) -> Iterator[Array]:
    """Tile by tile, each window laid out as a row with channels innermost: (groups, rows, taps)."""
    taps = volume(axes) * x.shape[-1] // groups
    for box in boxes:
        view = windows(work, x, axes, box)
        view = np.moveaxis(view.reshape(*view.shape[:-1], groups, -1), -2, 0)
        rows = work.scratch("columns", view.shape)
        np.copyto(rows, view)
        yield rows.reshape(groups, -1, taps)


def windows_as_columns(
    work: Workspace, x: Array, axes: Sequence[Axis], groups: int, boxes: Boxes
) -> Iterator[Array]:
    """The same for few channels: laid out with positions innermost, so that copies run along the
    image, and seen transposed.
    """
    taps = volume(axes) * x.shape[-1] // groups
    for box in boxes:
        view = planar_windows(work, x, axes, box)
        columns = work.scratch("columns", view.shape)
        np.copyto(columns, view)
        yield columns.reshape(groups, taps, -1).swapaxes(1, 2)


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
