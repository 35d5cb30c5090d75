"""Normalisations, executed as at inference.

Statistics of the sample are summed and taken off in double precision: where a map is nearly
constant, what is left of it is smaller than the error of single precision.
"""

from __future__ import annotations

from math import prod

import numpy as np

from cnncalc.executor.kernels import channelwise
from cnncalc.executor.workspace import Array, Workspace

Pair = tuple[Array, Array]

BLOCK = 1 << 16
"""Elements worked on at a time, so that each further pass finds them in cache."""


def batch_norm(
    work: Workspace,
    x: Array,
    mean: Array,
    variance: Array,
    weight: Array | None,
    bias: Array | None,
    eps: float,
) -> Array:
    """Scale and shift of each channel from its running statistics and learned pair."""
    scale = 1 / np.sqrt(variance + x.dtype.type(eps))
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    out = work.result_like(x)
    channelwise.scale_and_shift(x, scale, shift, out)
    return out


def layer_norm(work: Workspace, x: Array, learned: Pair | None, eps: float, axes: str) -> Array:
    """Normalise each sample as a whole (`axes="all"`), each position over its channels, or over the
    last spatial axis (`axes="last"`; of a vector, over all).

    `learned` are scale and shift: one per element, channels first, or one per channel or place.
    """
    if axes == "last" and x.ndim > 2:
        turned = np.ascontiguousarray(x.swapaxes(-1, -2))
        found = layer_norm(work, turned, learned, eps, "channels")
        out = work.result_like(x)
        np.copyto(out, found.swapaxes(-1, -2))
        work.discard(found)
        return out
    if axes != "all":
        out = work.result_like(x)
        rows, target = x.reshape(-1, x.shape[-1]), out.reshape(-1, x.shape[-1])
        step = max(1, BLOCK // rows.shape[1])
        for low in range(0, len(rows), step):
            standardise(rows[low : low + step], target[low : low + step], eps)
        return out if learned is None else learn(out, learned)
    out = group_norm(work, x, 1, None, eps)
    if learned is None:
        return out
    scale, shift = (np.moveaxis(array, 0, -1) for array in learned)
    if not scale.shape == shift.shape == x.shape[1:]:
        raise ValueError(f"weights of {scale.shape} and {shift.shape} for samples of {x.shape[1:]}")
    np.multiply(out, scale, out=out)
    np.add(out, shift, out=out)
    return out


def group_norm(work: Workspace, x: Array, groups: int, learned: Pair | None, eps: float) -> Array:
    """Normalise each group of channels of each sample over all positions."""
    out = work.result_like(x)
    channels = x.shape[-1]
    if channels % groups:
        raise ValueError(f"{groups} groups of {channels} channels")
    members = prod(x.shape[1:-1]) * (channels // groups)
    for sample, target in zip(x, out, strict=True):
        rows, results = sample.reshape(-1, channels), target.reshape(-1, channels)
        step = max(1, BLOCK // channels)
        pieces = [slice(low, low + step) for low in range(0, len(rows), step)]
        sums = sum(rows[piece].sum(axis=0, dtype=np.float64) for piece in pieces)
        mean = by_group(sums, groups) / members
        squares = sum(np.square(rows[piece] - mean).sum(axis=0) for piece in pieces)
        scale = 1 / np.sqrt(by_group(squares, groups) / members + eps)
        for piece in pieces:
            np.multiply(rows[piece] - mean, scale, out=results[piece], casting="same_kind")
    return out if learned is None else learn(out, learned)


def by_group(totals: Array, groups: int) -> Array:
    """For each channel, the sum of the totals of its group's channels."""
    return np.repeat(totals.reshape(groups, -1).sum(axis=1), totals.size // groups)


def instance_norm(work: Workspace, x: Array, learned: Pair | None, eps: float) -> Array:
    """Normalise each channel of each sample over all positions."""
    return group_norm(work, x, x.shape[-1], learned, eps)


def learn(out: Array, learned: Pair) -> Array:
    """Apply a learned scale and shift per channel in place."""
    channelwise.scale_and_shift(out, *learned, out)
    return out


def standardise(rows: Array, out: Array, eps: float) -> None:
    """`out = (row - mean) / sqrt(variance + eps)` with the statistics of each row."""
    centred = rows - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    variance = np.square(centred).mean(axis=1, keepdims=True)
    np.multiply(centred, 1 / np.sqrt(variance + eps), out=out, casting="same_kind")


def l2_normalize(work: Workspace, x: Array, eps: float) -> Array:
    """The channels at each position, or the features, over their Euclidean length."""
    out = work.result_like(x)
    rows, target = x.reshape(-1, x.shape[-1]), out.reshape(-1, x.shape[-1])
    step = max(1, BLOCK // x.shape[-1])
    for low in range(0, len(rows), step):
        piece = rows[low : low + step]
        length = np.sqrt(np.square(piece).sum(axis=1, keepdims=True))
        np.divide(piece, np.maximum(length, x.dtype.type(eps)), out=target[low : low + step])
    return out


def local_response_norm(
    work: Workspace, x: Array, size: int, alpha: float, beta: float, k: float
) -> Array:
    """`x / (k + alpha/size · sum of squares over `size` neighbouring channels) ** beta`."""
    out = work.result_like(x)
    channels = x.shape[-1]
    rows, target = x.reshape(-1, channels), out.reshape(-1, channels)
    # What a window has beyond all channels is not walked: its size may be any.
    before, after = min(size // 2, channels), min((size - 1) // 2, channels)
    width = channels + before + after
    step = max(1, BLOCK // width)
    kind = x.dtype.type
    for low in range(0, len(rows), step):
        piece = rows[low : low + step]
        squares = work.scratch("squares", (len(piece), width))
        squares[:, :before] = 0
        squares[:, before + channels :] = 0
        np.square(piece, out=squares[:, before : before + channels])
        # Shifted sums over the flat block: what runs over a row's end lands in columns that are not
        # read.
        flat = squares.reshape(-1)
        energy = work.scratch("energy", flat.shape)
        reach = flat.size - before - after
        np.multiply(flat[:reach], kind(1), out=energy[:reach])
        for shift in range(1, before + after + 1):
            np.add(energy[:reach], flat[shift : shift + reach], out=energy[:reach])
        np.multiply(energy[:reach], kind(alpha / size), out=energy[:reach])
        np.add(energy[:reach], kind(k), out=energy[:reach])
        _power(energy[:reach], beta, flat[:reach])
        np.divide(piece, energy.reshape(squares.shape)[:, :channels], out=target[low : low + step])
    return out


def _power(x: Array, exponent: float, spare: Array) -> None:
    """`x **= exponent` in place; the usual exponents by square roots, which are many times
    faster.
    """
    if exponent == 0.5:
        np.sqrt(x, out=x)
    elif exponent == 0.75:
        np.sqrt(x, out=x)
        np.sqrt(x, out=spare)
        np.multiply(x, spare, out=x)
    else:
        np.power(x, x.dtype.type(exponent), out=x)
