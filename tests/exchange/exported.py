"""Random numbers for a network, and what the executor makes of them: the measure for exports."""

from __future__ import annotations

from typing import Any

import numpy as np
import random_layers

from cnncalc.executor.execution import Executor
from cnncalc.executor.initial import declared_arrays
from cnncalc.executor.weights import GivenWeights
from cnncalc.graph import Graph

#: Layers that want positive input: roots, and powers that need not be whole.
POSITIVE = ("sqrt", "lp_pool", "global_lp_pool")


def ends(graph: Graph) -> list[int]:
    """Return the outputs of a network, those of auxiliary heads last."""
    return list(dict.fromkeys((*graph.outputs, *graph.aux_outputs)))


def weights_of(graph: Graph, seed: int = 0) -> dict[str, Any]:
    """Return random weights by name, scaled so that values keep their size through the network."""
    generator = np.random.default_rng(seed)
    result = {}
    for name, _node, spec in declared_arrays(graph):
        array = generator.normal(size=spec.shape) / max(1, np.prod(spec.shape[1:])) ** 0.5
        if spec.name in ("weight", "running_var") and len(spec.shape) == 1:
            array = np.abs(array) / 4 + 0.5
        result[name] = array.astype(np.float32)
    return result


def inputs_of(graph: Graph, batch: int = 2, seed: int = 1) -> list[Any]:
    """Return random inputs."""
    generator = np.random.default_rng(seed)
    shapes = [graph.nodes[i].layer.output_shape(()) for i in graph.inputs]
    inputs = [generator.normal(size=(batch, *shape)).astype(np.float32) for shape in shapes]
    if any(node.layer.keyword in POSITIVE for node in graph.nodes):
        inputs = [np.abs(x) + 0.1 for x in inputs]
    return inputs


def executed(graph: Graph, weights: dict[str, Any], inputs: list[Any]) -> list[Any]:
    """Return the outputs of a network as the executor computes them."""
    executor = Executor(graph, GivenWeights(graph, weights, np.float32), np.float32)
    kept = executor.run(inputs, keep=frozenset(ends(graph)))
    return [kept[i] for i in ends(graph)]


def assert_equal(found: list[Any], wanted: list[Any]) -> None:
    """Hold outputs to those of the executor, within 1e-4 of their size."""
    lowest = np.finfo(np.float32).min  # of a window that reads padding only: -inf here
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(
            np.maximum(one, lowest), np.maximum(other, lowest),
            rtol=1e-4, atol=random_layers.tolerance(other),
        )  # fmt: skip
