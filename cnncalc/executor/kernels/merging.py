"""Sums, products and extremes of several arrays, element by element, and products of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnncalc.executor.workspace import Array, Workspace, owner


def folded(ufunc: np.ufunc, work: Workspace, parts: Sequence[Array]) -> Array:
    """All parts combined by a function; an axis of size one stands for any size."""
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


add = partial(folded, np.add)
multiply = partial(folded, np.multiply)
subtract = partial(folded, np.subtract)
maximum = partial(folded, np.maximum)
minimum = partial(folded, np.minimum)


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
