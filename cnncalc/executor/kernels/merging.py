"""Element-by-element sums and products of several arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnncalc.executor.workspace import Array, Workspace, owner


def add(work: Workspace, parts: Sequence[Array]) -> Array:
    """The sum of all parts; an axis of size one stands for any size."""
    return _fold(work, parts, np.add)


def multiply(work: Workspace, parts: Sequence[Array]) -> Array:
    """The product of all parts; an axis of size one stands for any size."""
    return _fold(work, parts, np.multiply)


def subtract(work: Workspace, parts: Sequence[Array]) -> Array:
    """The first part minus all others; an axis of size one stands for any size."""
    return _fold(work, parts, np.subtract)


def maximum(work: Workspace, parts: Sequence[Array]) -> Array:
    """The largest of all parts; an axis of size one stands for any size."""
    return _fold(work, parts, np.maximum)


def minimum(work: Workspace, parts: Sequence[Array]) -> Array:
    """The smallest of all parts; an axis of size one stands for any size."""
    return _fold(work, parts, np.minimum)


def matmul(work: Workspace, parts: Sequence[Array]) -> Array:
    """Matrix products over the last two axes of arrays (batch, *spatial, channels).

    The axes of a sample count channels first, so that the last one is the last spatial axis.
    """
    one, other = [np.ascontiguousarray(np.moveaxis(part, -1, 1)) for part in parts]
    first = work.empty((*one.shape[:-1], other.shape[-1]))
    work.matmul(one, other, first)
    out = work.empty((first.shape[0], *first.shape[2:], first.shape[1]))
    np.copyto(out, np.moveaxis(first, 1, -1))
    work.discard(first)
    return out


def _fold(work: Workspace, parts: Sequence[Array], ufunc: np.ufunc) -> Array:
    first, *others = parts
    if not others:
        return first
    if any(part.ndim != first.ndim for part in others):
        raise ValueError(f"cannot combine {[part.shape for part in parts]}")
    shape = np.broadcast_shapes(*(part.shape for part in parts))
    later = [id(owner(part)) for part in others[1:]]
    out = next(
        (
            part
            for part in parts[:2]
            if part.shape == shape and work.may_overwrite(part) and id(owner(part)) not in later
        ),
        None,
    )
    if out is None:
        out = work.empty(shape)
    ufunc(first, others[0], out=out)
    for part in others[1:]:
        ufunc(out, part, out=out)
    return out
