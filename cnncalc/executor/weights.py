"""Where the executor's weights come from: given arrays, or random numbers made when they are
needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.filters import given_array
from cnncalc.executor.workspace import Array
from cnncalc.graph import Graph, Node
from cnncalc.quantities import ParamSpec

STREAM_BYTES = 1 << 20
"""How much of a large random weight exists at a time."""

RANDOM_BLOCK = 1 << 18
"""Numbers made at a time."""

Key = tuple[int, str]
"""Index of the node that owns an array, and the array's name."""


class WeightSource(Protocol):
    """Anything that can supply the arrays of a network's nodes."""

    def array(self, owner: int, spec: ParamSpec, outputs_last: bool) -> Array:
        """One array; with `outputs_last` in the memory order that `Weights.outputs_last`
        describes.
        """

    def rows(self, owner: int, spec: ParamSpec) -> Iterator[tuple[int, Array]]:
        """One matrix in blocks of rows: (index of the first row, rows)."""


class Weights:
    """The arrays of one node, as its `forward` asks for them.

    `params` and `buffers` count the elements handed out for the first time in this run, learned
    and not; they are what `verify` compares with the computed figures.
    """

    __slots__ = ("buffers", "handed_out", "owner", "params", "source", "specs")

    def __init__(
        self, source: WeightSource, owner: int, specs: Mapping[str, ParamSpec], handed_out: set[Key]
    ) -> None:
        self.source = source
        self.owner = owner
        self.specs = specs
        self.handed_out = handed_out
        self.params = 0
        self.buffers = 0

    def __getitem__(self, name: str) -> Array:
        """A learned array in PyTorch's shape; raises `KeyError` when the layer declares none of
        that name.
        """
        array = self.source.array(self.owner, self.specs[name], outputs_last=False)
        self._count_params(name, array.size)
        return array

    def outputs_last(self, name: str) -> Array:
        """The same, lying in memory with its first axis innermost, the second next to it, and the
        others around.

        That is the order in which matrix products read it without copying; shape and values are
        the same.
        """
        array = self.source.array(self.owner, self.specs[name], outputs_last=True)
        self._count_params(name, array.size)
        return array

    def rows(self, name: str) -> Iterator[tuple[int, Array]]:
        """A learned matrix in blocks of rows, so that it need never exist as a whole."""
        size = 0
        for first, rows in self.source.rows(self.owner, self.specs[name]):
            size += rows.size
            yield first, rows
        self._count_params(name, size)

    def buffer(self, name: str) -> Array:
        """An array that is kept but not learned."""
        array = self.source.array(self.owner, self.specs[name], outputs_last=False)
        if self._first(name):
            self.buffers += array.size
        return array

    def _count_params(self, name: str, size: int) -> None:
        if self._first(name):
            self.params += size

    def _first(self, name: str) -> bool:
        key = (self.owner, name)
        first = key not in self.handed_out
        self.handed_out.add(key)
        return first


class GivenWeights:
    """Weights from arrays, by node path and name: `{"conv_1.weight": array, ...}`.

    Arrays are converted to the type of the run and laid out for the kernels when they are used,
    and with `keep` held so. Kernels given in the spec are used where `arrays` has none.
    """

    def __init__(
        self, graph: Graph, arrays: Mapping[str, Array], dtype: DTypeLike, keep: bool = True
    ) -> None:
        self.nodes = graph.nodes
        self.arrays = arrays
        self.dtype = np.dtype(dtype)
        self.keep = keep
        self.ready: dict[tuple[int, str, bool], Array] = {}

    def array(self, owner: int, spec: ParamSpec, outputs_last: bool) -> Array:
        """See `WeightSource`; raises `KeyError` if there is none, `ValueError` for other shapes."""
        key = (owner, spec.name, outputs_last)
        if key in self.ready:
            return self.ready[key]
        name = f"{self.nodes[owner].name}.{spec.name}"
        given = None if name in self.arrays else given_in_spec(self.nodes[owner], spec)
        found = self.arrays[name] if given is None else given_array(given, spec, self.dtype)
        if found.shape != spec.shape:
            raise ValueError(f"{spec.name} has shape {found.shape}, not {spec.shape}")
        array = laid_out(np.asarray(found, self.dtype), outputs_last)
        if self.keep:
            self.ready[key] = array
        return array

    def rows(self, owner: int, spec: ParamSpec) -> Iterator[tuple[int, Array]]:
        """See `WeightSource`: all rows at once."""
        yield 0, self.array(owner, spec, outputs_last=True)


class RandomWeights:
    """Uniform random weights; given kernels of the spec as they are.

    With `keep` every array is made once and held; without, arrays are made anew in one piece of
    memory each time they are asked for (always the same numbers), and large matrices never exist
    as a whole.
    """

    def __init__(self, graph: Graph, seed: int, dtype: DTypeLike, keep: bool = False) -> None:
        self.nodes = graph.nodes
        self.seed = seed
        self.dtype = np.dtype(dtype)
        self.keep = keep
        self.ready: dict[tuple[int, str, bool], Array] = {}
        self.slabs: dict[str, Array] = {}

    def array(self, owner: int, spec: ParamSpec, outputs_last: bool) -> Array:
        """See `WeightSource`."""
        key = (owner, spec.name, outputs_last)
        if key in self.ready:
            return self.ready[key]
        given = given_in_spec(self.nodes[owner], spec)
        if given is not None:
            array = laid_out(given_array(given, spec, self.dtype), outputs_last)
        else:
            array = self._memory(spec.name, memory_shape(spec.shape, outputs_last))
            fill_random(array, self._bits(owner, spec), spec)
            if outputs_last:
                array = array.transpose(memory_order(len(spec.shape)))
        if self.keep:
            self.ready[key] = array
        return array

    def rows(self, owner: int, spec: ParamSpec) -> Iterator[tuple[int, Array]]:
        """See `WeightSource`."""
        outputs, inputs = spec.shape
        if self.keep or given_in_spec(self.nodes[owner], spec) is not None:
            yield 0, self.array(owner, spec, outputs_last=True)
            return
        bits = self._bits(owner, spec)
        step = max(1, STREAM_BYTES // (inputs * self.dtype.itemsize))
        for first in range(0, outputs, step):
            block = self._memory(spec.name, (inputs, min(step, outputs - first)))
            fill_random(block, bits, spec)
            yield first, block.T

    def _bits(self, owner: int, spec: ParamSpec) -> np.random.BitGenerator:
        return np.random.SFC64([self.seed, owner, *spec.name.encode()])

    def _memory(self, name: str, shape: tuple[int, ...]) -> Array:
        if self.keep:
            return np.empty(shape, self.dtype)
        size = prod(shape)
        slab = self.slabs.get(name)
        if slab is None or slab.size < size:
            slab = self.slabs[name] = np.empty(size, self.dtype)
        return slab[:size].reshape(shape)


def given_in_spec(node: Node, spec: ParamSpec) -> Any:
    """The values or the name of a kernel that the spec itself gives for an array, if it does."""
    return node.layer.given(spec)


def fill_random(array: Array, bits: np.random.BitGenerator, spec: ParamSpec) -> None:
    """Fill a contiguous array with uniform numbers that keep a deep network's values in range.

    Scales and variances lie around one, and matrices have the variance `1 / fan_in` (LeCun et al.
    1998), so that sums over residual branches grow slowly. Sixteen random bits make a number: as
    good as any for a proof, and three times as fast as a whole generator of floats.
    """
    middle, bound = 0.0, 0.1
    if len(spec.shape) > 1:
        bound = sqrt(3 * spec.shape[0] / prod(spec.shape))
    elif spec.name in ("weight", "running_var"):
        middle, bound = 1.0, 0.5
    flat = array.reshape(-1)
    for low in range(0, flat.size, RANDOM_BLOCK):
        piece = flat[low : low + RANDOM_BLOCK]
        raw = bits.random_raw(-(-piece.size // 4)).view(np.int16)[: piece.size]
        np.multiply(raw, array.dtype.type(bound / 2**15), out=piece)
        if middle:
            np.add(piece, array.dtype.type(middle), out=piece)


def memory_shape(shape: tuple[int, ...], outputs_last: bool) -> tuple[int, ...]:
    """The shape of an array as it lies in memory."""
    return (*shape[2:], *shape[1::-1]) if outputs_last else shape


def memory_order(rank: int) -> tuple[int, ...]:
    """The transposition from the order of memory, outputs last, to PyTorch's."""
    return (rank - 1, rank - 2, *range(rank - 2))


def laid_out(array: Array, outputs_last: bool) -> Array:
    """The same array, contiguous in the order asked for."""
    if not outputs_last:
        return np.ascontiguousarray(array)
    inverse = (*range(2, array.ndim), 1, 0)
    inside: Array = np.ascontiguousarray(array.transpose(inverse)).transpose(
        memory_order(array.ndim)
    )
    return inside
