"""First values for weights: what training would start from, or plain zeros and ones."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod, sqrt

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.filters import given_kernel
from cnncalc.executor.weights import kernel_in_spec
from cnncalc.executor.workspace import Array
from cnncalc.graph import Graph, Node
from cnncalc.quantities import ParamSpec

INITS = ("zeros", "ones", "normal", "kaiming")


def declared_arrays(graph: Graph) -> Iterator[tuple[str, Node, ParamSpec]]:
    """Every array of weights that a network has: its full name, its node and what it is."""
    shapes: list[tuple[int, ...]] = []
    for node in graph.nodes:
        facts = node.layer.facts(tuple([shapes[index] for index in node.inputs]))
        shapes.append(facts.output)
        if node.shares is None:
            for spec in facts.params:
                yield f"{node.name}.{spec.name}", node, spec


def initial_arrays(
    graph: Graph, init: str, seed: int, dtype: DTypeLike
) -> Iterator[tuple[str, Array]]:
    """Every array of a network with its first values, one after the other.

    `zeros` and `ones` fill all learned arrays; `normal` draws matrices from N(0, 0.01²), `kaiming`
    from N(0, 2/fan_in) (He et al. 2015), with biases 0 and scales 1. Running statistics are those
    of normal numbers, codes are ±1, and kernels given in the spec stay as given.
    """
    generator = np.random.default_rng(seed)
    for name, node, spec in declared_arrays(graph):
        given = kernel_in_spec(node, spec)
        if given is not None:
            yield name, given_kernel(given, spec.shape, dtype)
        else:
            yield name, first_values(node, spec, init, generator).astype(dtype)


def first_values(node: Node, spec: ParamSpec, init: str, generator: np.random.Generator) -> Array:
    """The first values of one array."""
    shape = spec.shape
    if spec.name == "codes":
        return generator.choice([-1.0, 1.0], shape)
    if not spec.trainable:
        return np.full(shape, 1.0 if spec.name == "running_var" else 0.0)
    if init in ("zeros", "ones"):
        return np.full(shape, 0.0 if init == "zeros" else 1.0)
    keyword = node.layer.keyword
    if spec.name == "bias":
        return np.zeros(shape)
    if len(shape) == 1 or keyword == "layer_norm":
        scale = {"layer_scale": getattr(node.layer, "init", 1.0), "prelu": 0.25}.get(keyword, 1.0)
        return np.full(shape, scale)
    deviation = 0.01 if init == "normal" else sqrt(2 / fan_in(node, shape))
    return generator.normal(0.0, deviation, shape)


def fan_in(node: Node, shape: tuple[int, ...]) -> int:
    """How many inputs one output sums up."""
    keyword = node.layer.keyword
    if keyword == "locally_connected":
        rank = (len(shape) - 2) // 2
        return prod(shape[rank + 1 :])
    if keyword == "conv" and getattr(node.layer, "connections", None) is not None:
        table = node.layer.connections  # type: ignore[attr-defined]  # a field of conv alone
        return max(len(row) for row in table) * prod(shape[1:])
    return prod(shape[1:])
