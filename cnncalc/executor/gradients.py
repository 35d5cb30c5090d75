"""Gradients of one unit with respect to the input, layer by layer backwards.

The forward pass is the executor's. Where a layer only moves, selects or weighs elements, running
it on the elements' numbers, or on single ones, says which element went where; so its rule needs
no geometry of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.executor.execution import Executor
from cnncalc.executor.initial import initial_arrays
from cnncalc.executor.weights import GivenWeights
from cnncalc.executor.workspace import Workspace
from cnncalc.graph import Graph, Node

Values = NDArray[np.float64]
Rule = Callable[["Context", Values], list[Values]]


class Context:
    """One executed node: its layer, what it read and gave (channels first), and its weights."""

    def __init__(
        self,
        executor: Executor,
        index: int,
        inputs: Sequence[Values],
        output: Values,
        arrays: Mapping[str, Any],
    ) -> None:
        self.executor = executor
        self.index = index
        self.node: Node = executor.graph.nodes[index]
        self.layer: Any = self.node.layer
        self.inputs = inputs
        self.output = output
        owner = index if self.node.shares is None else self.node.shares
        self.prefix = executor.graph.nodes[owner].name
        self.arrays = arrays

    @property
    def work(self) -> Workspace:
        """Memory for kernels."""
        return self.executor.work

    def weight(self, name: str) -> Values:
        """An array of the layer's weights."""
        return np.asarray(self.arrays[f"{self.prefix}.{name}"], np.float64)

    def forward(self, *inputs: Values, layer: Any = None) -> Values:
        """Run the layer, or one like it, on other values."""
        node = self.node if layer is None else Node(self.node.name, layer, self.node.inputs)
        read = [np.ascontiguousarray(np.moveaxis(x[None], 1, -1)) for x in inputs]
        output = self.executor.step(self.index, node, read, set()).output
        return np.array(np.moveaxis(output, -1, 1)[0])


def input_gradient(
    graph: Graph, index: int, unit: tuple[int, ...], source: int, init: str, seed: int
) -> Values:
    """Return the gradient of one unit with respect to an input, for random weights and input.

    The unit's channels are summed with random normal weights, so that the square of the result is,
    on average, the sum of all channels' squares. Shape: that of the input, channels first. Raises
    `SpecError` for a layer without a rule.
    """
    from cnncalc.executor.gradient_rules import RULES

    arrays = dict(initial_arrays(graph, init, seed, np.float64))
    generator = np.random.default_rng([seed, 1])
    executor = Executor(graph, GivenWeights(graph, arrays, np.float64), np.float64)
    shapes = [graph.nodes[i].layer.output_shape(()) for i in graph.inputs]
    inputs = [generator.standard_normal((1, *shape)) for shape in shapes]
    kept = executor.run(inputs, keep=range(index + 1))
    values = {at: array[0] for at, array in kept.items()}
    held: dict[int, Values] = {index: np.zeros_like(values[index])}
    place: tuple[slice | int, ...] = (slice(None), *unit)
    where = place if values[index].ndim > 1 else unit
    held[index][where] = generator.standard_normal(held[index][where].shape)
    for current in range(index, source, -1):
        gradient = held.pop(current, None)
        node = graph.nodes[current]
        if gradient is None or not node.inputs:
            continue
        rule = RULES.get(node.layer.keyword)
        if rule is None:
            message = f"the gradient of {node.layer.keyword} is not known"
            raise SpecError(Diagnostic(message, node.span, node=node.name))
        read = [values[i] for i in node.inputs]
        context = Context(executor, current, read, values[current], arrays)
        with np.errstate(all="ignore"):
            for origin, part in zip(node.inputs, rule(context, gradient), strict=True):
                held[origin] = held[origin] + part if origin in held else part
    return held.get(source, np.zeros(shapes[graph.inputs.index(source)]))


def gradient_energy(
    graph: Graph,
    index: int,
    unit: tuple[int, ...],
    source: int,
    init: str,
    seeds: Sequence[int],
    progress: Callable[[int, int], None] | None = None,
) -> Values:
    """Return each pixel's share of the squared gradients of a unit; shares sum to 1.

    Squares are summed over the input's channels and averaged over `seeds`, each of which stands
    for other weights and another input. All zero if the unit depends on nothing.
    """
    total: Values = np.zeros(())
    for done, seed in enumerate(seeds):
        if progress is not None:
            progress(done, len(seeds))
        gradient = input_gradient(graph, index, unit, source, init, seed)
        energy = np.square(gradient).sum(axis=0)
        # Deep networks may scale all gradients: each draw counts alike.
        total = total + (energy / energy.sum() if energy.any() else energy)
    return np.asarray(total / total.sum() if total.any() else total)
