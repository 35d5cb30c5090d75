"""Transposed convolution: every input element adds a scaled kernel to the output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnncalc.executor.kernels import channelwise
from cnncalc.executor.kernels.sliding import Span, per_axis, stated_sides
from cnncalc.executor.kernels.tiling import clip, tiles
from cnncalc.executor.workspace import TILE_BYTES, Array, Workspace


def conv_transpose(
    work: Workspace,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    filters: int,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: Any = 0,
    output_padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Array:
    """The adjoint of a convolution: `weight` is (in, out/groups, *kernel), `padding` is cut off
    the result.

    Raises `ValueError` when channels and groups do not match the weight or nothing is left.
    """
    rank = x.ndim - 2
    sizes = per_axis(kernel, rank)
    wanted = (x.shape[-1], filters // groups, *sizes)
    if weight.shape != wanted or x.shape[-1] % groups or filters % groups:
        raise ValueError(f"a weight of {weight.shape}, but the products need {wanted}")
    steps, holes = per_axis(stride, rank), per_axis(dilation, rank)
    cuts = cut_sides(padding, sizes, steps, holes)
    # Everything that the input reaches, before cutting: from its first element's first tap to its
    # last's last.
    reach = [range(0, n * s, s)[-1] + range(0, k * d, d)[-1] + 1
             for n, k, s, d in zip(x.shape[1:-1], sizes, steps, holes, strict=True)]  # fmt: skip
    extra = per_axis(output_padding, rank)
    lengths = [r - before - after + more
               for r, (before, after), more in zip(reach, cuts, extra, strict=True)]  # fmt: skip
    if min(lengths) < 1:
        raise ValueError(f"padding {cuts} leaves nothing of {reach}")
    out = work.empty((x.shape[0], *lengths, filters))
    out[...] = 0
    origins = [before for before, _ in cuts]
    for box, parts in spread(work, x, weight, groups):
        for tap in product(*map(range, sizes)):
            offsets = [t * d - b for t, d, b in zip(tap, holes, origins, strict=True)]
            add_at(out, part_of(parts, tap), box, steps, offsets)
    if bias is not None:
        channelwise.add(out, bias, out)
    return out


def cut_sides(
    padding: Any, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[Span, ...]:
    """What is cut off both ends of each axis; less than nothing is added.

    `same` leaves `stride` positions for each input element: of what two neighbours' kernels share,
    half at either end, the odd one after (`same_lower`: before).
    """
    if padding not in ("same", "same_lower"):
        return stated_sides(0 if padding == "valid" else padding, len(kernel))
    pairs = []
    for k, s, d in zip(kernel, stride, dilation, strict=True):
        shared = range(0, k * d, d)[-1] + 1 - s
        small = max(shared, 0) // 2
        pairs.append((small, shared - small) if padding == "same" or shared < 0 else
                     (shared - small, small))  # fmt: skip
    return tuple(pairs)


def part_of(parts: Array, tap: tuple[int, ...]) -> Array:
    """What one tap contributes: `(batch, *positions, out)`."""
    outer = (slice(None),) * (parts.ndim - 1 - len(tap))
    place: tuple[slice | int, ...] = (*outer, *tap)
    return np.asarray(parts[place])


def spread(
    work: Workspace, x: Array, weight: Array, groups: int
) -> Iterator[tuple[tuple[Span, ...], Array]]:
    """Tile by tile, the products of each input element: its box, and (batch, *positions, *kernel,
    out).
    """
    channels, per_group, *kernel = weight.shape
    taps = prod(kernel)
    # (groups, in/groups, taps · out/groups), a view of weights that lie with axis 0 innermost
    order = (*range(2, weight.ndim), 1, 0)
    matrices = weight.transpose(order).reshape(taps * per_group, groups, -1).transpose(1, 2, 0)
    rows = x.reshape(-1, groups, channels // groups).swapaxes(0, 1)
    done = 0
    for box in tiles(x.shape[:-1], taps * per_group * groups * x.itemsize, TILE_BYTES):
        shape = tuple(high - low for low, high in box)
        size = prod(shape)
        products = work.scratch("columns", (groups, size, taps * per_group))
        work.matmul(rows[:, done : done + size], matrices, products)
        parts = products.reshape(groups, *shape, *kernel, per_group)
        done += size
        yield box, np.moveaxis(parts, 0, -2).reshape(*shape, *kernel, groups * per_group)


def add_at(
    out: Array, part: Array, box: Sequence[Span], steps: Sequence[int], offsets: Sequence[int]
) -> None:
    """Add one tap's products to the output positions that they reach and that were not cut off."""
    (first, last), *ranges = box
    into, of = [slice(first, last)], [slice(None)]
    for (low, high), step, offset, length in zip(
        ranges, steps, offsets, out.shape[1:-1], strict=True
    ):
        source, target = clip(range(low * step + offset, high * step + offset, step), length)
        into.append(target)
        of.append(source)
    out[tuple(into)] += part[tuple(of)]
