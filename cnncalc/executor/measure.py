"""Runs the layers of many networks, to see what shapes, weights and products there really are.

What `verify` does for one network is done here for thousands of small ones that have layers in
common: a layer is run once on inputs of the same shapes, wherever it stands. Numbers are random,
and never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.diagnostics import SpecError
from cnncalc.executor.execution import Executor, Shape, sample_shape
from cnncalc.executor.filters import given_array
from cnncalc.executor.weights import (
    STREAM_BYTES,
    Key,
    given_in_spec,
    laid_out,
    memory_order,
    memory_shape,
)
from cnncalc.executor.workspace import Array, Workspace, owner
from cnncalc.graph import Graph, Node
from cnncalc.quantities import ParamSpec

KIND = np.dtype(np.float32)
#: How many layers are remembered, each on inputs of some shapes.
MAX_REMEMBERED = 20_000


class Figures(NamedTuple):
    """What running a layer gave: the shape of one sample, elements of weights, products.

    `arrays` are the names of the weights that it asked for.
    """

    shape: Shape
    params: int
    buffers: int
    macs: int
    arrays: tuple[str, ...]


class Numbers:
    """Random numbers between 0 and 1; the same ones are used again and again."""

    def __init__(self) -> None:
        self.generator = np.random.default_rng(0)
        self.all = self.generator.random(0, KIND)

    def take(self, shape: Sequence[int]) -> Array:
        """Return an array that must not be written to."""
        size = prod(shape)
        if size > self.all.size:
            self.all = self.generator.random(size, KIND)
            self.all.flags.writeable = False
        return self.all[:size].reshape(shape)


class TakenWeights:
    """Weights for a network whose sizes alone matter; given kernels as they are."""

    def __init__(self, graph: Graph, numbers: Numbers) -> None:
        self.nodes = graph.nodes
        self.numbers = numbers

    def array(self, owner: int, spec: ParamSpec, outputs_last: bool) -> Array:
        """See `Source`."""
        given = given_in_spec(self.nodes[owner], spec)
        if given is not None:
            return laid_out(given_array(given, spec, KIND), outputs_last)
        array = self.numbers.take(memory_shape(spec.shape, outputs_last))
        return array.transpose(memory_order(len(spec.shape))) if outputs_last else array

    def rows(self, owner: int, spec: ParamSpec) -> Iterator[tuple[int, Array]]:  # noqa: ARG002
        """See `Source`."""
        outputs, inputs = spec.shape
        step = max(1, STREAM_BYTES // (inputs * KIND.itemsize))
        for first in range(0, outputs, step):
            yield first, self.numbers.take((inputs, min(step, outputs - first))).T


class Meter:
    """Runs networks layer by layer, and remembers what layers gave on inputs of some shapes."""

    def __init__(self) -> None:
        self.work = Workspace(KIND)
        self.numbers = Numbers()
        self.known: dict[tuple[object, ...], Figures] = {}

    def measure(self, graph: Graph) -> list[Figures]:
        """Return what running each node gave, up to the first that cannot be run."""
        executor = Executor(graph, TakenWeights(graph, self.numbers), KIND, self.work)
        found: list[Figures] = []
        for index, node in enumerate(graph.nodes):
            if index < len(graph.inputs):
                array = self.numbers.take((1, *node.layer.output_shape(())))
                found.append(Figures(array.shape[1:], 0, 0, 0, ()))
                continue
            shapes = tuple([found[source].shape for source in node.inputs])
            key = (node.layer, shapes)
            figures = self.known.get(key) if node.shares is None else None
            if figures is None:
                try:
                    figures = self.run(executor, index, node, shapes, found)
                except SpecError:
                    break
                if node.shares is None:
                    self.remember(key, figures)
            found.append(figures)
        return found

    def run(
        self,
        executor: Executor,
        index: int,
        node: Node,
        shapes: Sequence[Shape],
        found: Sequence[Figures],
    ) -> Figures:
        """Run one node on inputs of some shapes; raises SpecError if that is not possible."""
        handed: set[Key] = set()
        if node.shares is not None:
            handed.update((node.shares, name) for name in found[node.shares].arrays)
        inputs = [self.numbers.take((1, *shape[1:], shape[0])) for shape in shapes]
        with np.errstate(all="ignore"):
            step = executor.step(index, node, inputs, handed)
        arrays = tuple(sorted(name for _, name in handed))
        figures = Figures(sample_shape(step.output), step.params, step.buffers, step.macs, arrays)
        if owner(step.output) is not owner(self.numbers.all):
            self.work.discard(step.output)
        return figures

    def remember(self, key: tuple[object, ...], figures: Figures) -> None:
        """Keep what a layer gave, unless there is too much already."""
        if len(self.known) >= MAX_REMEMBERED:
            self.known.clear()
        self.known[key] = figures
