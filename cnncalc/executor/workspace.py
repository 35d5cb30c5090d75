"""Memory that a run uses again and again, and the products that it counts.

Fresh pages are dear: writing to memory that the operating system has just handed out costs more
than the arithmetic of a whole activation layer. A workspace therefore keeps what is freed and
hands it out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Inputs = Sequence[Array]
"""What a layer's `forward` reads: one array per input, `(batch, *spatial, channels)` or `(batch,
features)`."""

TILE_BYTES = 4 << 20
"""The most bytes that a kernel may lay out at a time: a tile that stays in the caches."""


class Workspace:
    """Arrays handed out and taken back, scratch memory by name, and the count of products.

    `macs` is the number of multiply-accumulates performed so far; only `matmul`, `contract` and a
    kernel that multiplies in some other way (through `count`) add to it, always from the sizes of
    the arrays multiplied.
    """

    def __init__(self, dtype: DTypeLike = np.float32) -> None:
        self.dtype = np.dtype(dtype)
        self.macs = 0
        self.free: list[Array] = []
        self.scratches: dict[str, Array] = {}
        self.expendable: frozenset[int] = frozenset()

    def empty(self, shape: tuple[int, ...]) -> Array:
        """An uninitialised C-contiguous array, from freed memory where a large enough piece is at
        hand.
        """
        size = prod(shape)
        fitting = [slab for slab in self.free if slab.size >= size]
        if fitting:
            slab = min(fitting, key=_size)
            self.free = [other for other in self.free if other is not slab]
        else:
            if self.free:  # outgrown: give the largest back instead of hoarding both
                outgrown = max(self.free, key=_size)
                self.free = [other for other in self.free if other is not outgrown]
            slab = np.empty(max(size, 1), self.dtype)
        return slab[:size].reshape(shape)

    def discard(self, array: Array) -> None:
        """Take back the memory of an array from `empty`: nobody may read it, or a view of it, any
        more.
        """
        self.free.append(owner(array))

    def result_like(self, x: Array) -> Array:
        """Where an elementwise kernel may write: `x` itself when this kernel is its last reader."""
        return x if self.may_overwrite(x) else self.empty(x.shape)

    def may_overwrite(self, x: Array) -> bool:
        """Whether the kernel that runs now is the last reader of `x` and of all views of its
        memory.
        """
        return id(owner(x)) in self.expendable

    def scratch(self, name: str, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """An uninitialised array that lives until the same name is asked for again."""
        wanted = np.dtype(dtype or self.dtype)
        size = prod(shape) * wanted.itemsize
        slab = self.scratches.get(name)
        if slab is None or slab.size < size:
            slab = self.scratches[name] = np.empty(max(size, 1), np.uint8)
        return slab[:size].view(wanted).reshape(shape)

    def count(self, products: int) -> None:
        """Add multiply-accumulates to the count."""
        self.macs += products

    def matmul(self, a: Array, b: Array, out: Array) -> None:
        """`out = a @ b`, counted: every row of `a` meets every column of `b`."""
        np.matmul(a, b, out=out)
        self.macs += out.size * a.shape[-1]


def owner(array: Array) -> Array:
    """The array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _size(slab: Array) -> int:
    return int(slab.size)
