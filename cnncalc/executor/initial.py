"""First values for weights: what training would start from, or plain zeros and ones."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.filters import given_array
from cnncalc.executor.weights import given_in_spec
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


#: Random numbers drawn at a time: between two blocks an interruption is heard.
BLOCK = 1 << 20


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
        given = given_in_spec(node, spec)
        if given is not None:
            yield name, given_array(given, spec, dtype)
        else:
            yield name, first_values(node, spec, init, generator).astype(dtype)


def first_values(node: Node, spec: ParamSpec, init: str, generator: np.random.Generator) -> Array:
    """The first values of one array."""
    shape = spec.shape
    value = node.layer.initial(spec)
    if value is None and not spec.trainable:
        return generator.choice([-1.0, 1.0], shape)
    if spec.trainable and init in ("zeros", "ones"):
        value = 0.0 if init == "zeros" else 1.0
    if value is not None:
        return np.full(shape, value)
    deviation = 0.01 if init == "normal" else sqrt(2 / node.layer.fan_in(shape))
    values = np.empty(shape)
    flat = values.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        block = flat[start : start + BLOCK]
        generator.standard_normal(out=block)
        block *= deviation
    return values
