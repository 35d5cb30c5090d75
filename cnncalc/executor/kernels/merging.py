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
