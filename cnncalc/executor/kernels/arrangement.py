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


def pick_channels(work: Workspace, x: Array, start: int, stop: int | None, step: int) -> Array:
    """Channels `start` to before `stop`, every `step`-th."""
    return copied(work, x[..., start:stop:step])


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


def concat(work: Workspace, parts: Sequence[Array]) -> Array:
    """The channels of all parts, one part after the other."""
    out = work.empty((*parts[0].shape[:-1], sum(part.shape[-1] for part in parts)))
    np.concatenate(parts, axis=-1, out=out)
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
