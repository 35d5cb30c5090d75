"""Layers that move elements without computing: padding, cropping, shuffling, joining."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnncalc.executor.kernels.sliding import Span, stated_sides
from cnncalc.executor.kernels.tiling import fill_patch
from cnncalc.executor.workspace import Array, Workspace


def pad(
    work: Workspace,
    x: Array,
    around: Sequence[Span],
    mode: str = "zeros",
    value: float = 0.0,
    channels: Span = (0, 0),
) -> Array:
    """Surround `x` (batch, *spatial, channels) with `around` elements per axis, and with constant
    channels.
    """
    if mode == "zeros":
        amounts = [(0, 0), *around, channels]
        spans = [
            range(-before, n + after) for n, (before, after) in zip(x.shape, amounts, strict=True)
        ]
        out = work.empty(tuple(map(len, spans)))
        fill_patch(out, x, spans, value)
        return out
    picks = [
        source_positions(length, before, after, mode)
        for length, (before, after) in zip(x.shape[1:-1], around, strict=True)
    ]
    out = work.empty((x.shape[0], *map(len, picks), x.shape[-1]))
    chosen: tuple[Any, ...] = (slice(None), *np.ix_(*picks))
    out[...] = x[chosen]
    if any(channels):
        whole = pad(work, out, [(0, 0)] * len(around), "zeros", value, channels)
        work.discard(out)
        return whole
    return out


def source_positions(length: int, before: int, after: int, mode: str) -> list[int]:
    """Which element stands at each position of a padded axis."""
    wanted = range(-before, length + after)
    if mode == "replicate":
        return [min(max(i, 0), length - 1) for i in wanted]
    if mode == "circular":
        return [i % length for i in wanted]
    # Reflection walks to and fro between the first and the last element.
    period = max(2 * (length - 1), 1)
    return [min(i % period, -i % period) for i in wanted]


def pad_layer(
    work: Workspace, x: Array, padding: Any, mode: str, value: float, channels: Sequence[int]
) -> Array:
    """`pad` with the padding as a layer states it."""
    before, after = channels
    return pad(work, x, stated_sides(padding, x.ndim - 2), mode, value, (before, after))


def differences(larger: Array, smaller: Array) -> list[Span]:
    """By how much one array is larger along each spatial axis: before and after, the odd one
    after.
    """
    pairs = []
    for n, m in zip(larger.shape[1:-1], smaller.shape[1:-1], strict=True):
        pairs.append(((n - m) // 2, n - m - (n - m) // 2))
    return pairs


def crop(work: Workspace, x: Array, cropping: Any) -> Array:
    """Cut some elements off both ends of every spatial axis; raises `ValueError` when nothing is
    left.
    """
    edges = stated_sides(cropping, x.ndim - 2)
    kept = [
        slice(before, n - after) for n, (before, after) in zip(x.shape[1:-1], edges, strict=True)
    ]
    inner: tuple[slice, ...] = (slice(None), *kept)
    return copied(work, x[inner])


def pick(
    work: Workspace, x: Array, start: int, stop: int | None, step: int, axis: int = 0
) -> Array:
    """Positions `start` to before `stop`, every `step`-th, along an axis; 0: the channels."""
    places: list[slice] = [slice(None)] * x.ndim
    places[axis or -1] = slice(start, stop, step)
    return copied(work, x[tuple(places)])


def copied(work: Workspace, view: Array) -> Array:
    """A contiguous copy of a view; raises `ValueError` when it holds nothing."""
    if not view.size:
        raise ValueError("nothing is left")
    out = work.empty(view.shape)
    np.copyto(out, view)
    return out


def channel_shuffle(work: Workspace, x: Array, groups: int) -> Array:
    """Deal the channels of each group out over all groups: channel `g·n + i` goes to `i·groups +
    g`.
    """
    out = work.empty(x.shape)
    dealt = x.reshape(-1, groups, x.shape[-1] // groups).swapaxes(1, 2)
    np.copyto(out.reshape(dealt.shape), dealt)
    return out


def pixel_shuffle(work: Workspace, x: Array, factor: int) -> Array:
    """Deal groups of channels out over space: channel `(c·r + i)·r + j` at y, x goes to channel c
    at `r·y + i, r·x + j`.
    """
    rank = x.ndim - 2
    grid = x.reshape(*x.shape[:-1], -1, *[factor] * rank)
    pairs = [axis for place in range(1, rank + 1) for axis in (place, place + 1 + rank)]
    moved = grid.transpose(0, *pairs, rank + 1)
    out = work.empty((x.shape[0], *[n * factor for n in x.shape[1:-1]], grid.shape[rank + 1]))
    np.copyto(out.reshape(moved.shape), moved)
    return out


def concat(work: Workspace, parts: Sequence[Array], axis: int = 0) -> Array:
    """All parts one after the other along an axis; 0 is that of the channels."""
    place = axis or parts[0].ndim - 1
    shape = list(parts[0].shape)
    shape[place] = sum(part.shape[place] for part in parts)
    out = work.empty(tuple(shape))
    np.concatenate(parts, axis=place, out=out)
    return out


def flatten(work: Workspace, x: Array) -> Array:
    """All elements of each sample in a row, channel after channel; no copy where there is one
    position only.
    """
    if x.size == x.shape[0] * x.shape[-1]:
        return x.reshape(x.shape[0], -1)
    out = work.empty((x.shape[0], x[0].size))
    channels_first = np.moveaxis(x, -1, 1)
    np.copyto(out.reshape(channels_first.shape), channels_first)
    return out


def flatten_from(work: Workspace, x: Array, axis: int) -> Array:
    """The spatial axes from number `axis` on, counted from 1, in a row; channels stay."""
    return copied(work, x.reshape(*x.shape[:axis], -1, x.shape[-1]))


def reshape(work: Workspace, x: Array, shape: Sequence[int]) -> Array:
    """The elements of each sample, channels first, in the same order under other axes."""
    return channels_last(work, np.moveaxis(x, -1, 1).reshape(x.shape[0], *shape))


def permute(work: Workspace, x: Array, dims: Sequence[int]) -> Array:
    """The axes of each sample in another order; 0 is that of the channels."""
    return channels_last(work, np.moveaxis(x, -1, 1).transpose(0, *[axis + 1 for axis in dims]))


def channels_last(work: Workspace, first: Array) -> Array:
    """A contiguous copy of an array (batch, channels, *spatial) with its channels at the end."""
    return copied(work, np.moveaxis(first, 1, -1))


def space_to_depth(work: Workspace, x: Array, block_size: Any, channels_first: bool) -> Array:
    """The places of each block as channels of one position; raises `ValueError` for blocks that
    do not fill an axis.
    """
    rank = x.ndim - 2
    blocks = [block_size] * rank if isinstance(block_size, int) else block_size
    parts: list[int] = []
    for length, block in zip(x.shape[1:-1], blocks, strict=True):
        parts += [length // block, block]
    grid = x.reshape(x.shape[0], *parts, x.shape[-1])
    outer, inner = range(1, 2 * rank, 2), range(2, 2 * rank + 1, 2)
    last = (2 * rank + 1, *inner) if channels_first else (*inner, 2 * rank + 1)
    moved = grid.transpose(0, *outer, *last)
    return copied(work, moved.reshape(*moved.shape[: rank + 1], -1))
