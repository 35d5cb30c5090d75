"""What hangs on what: nodes on those before them, quantities of a layer on one another."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from cnncalc.grading.conventions import Conventions
from cnncalc.grading.marking.believed_network import BelievedNetwork

if TYPE_CHECKING:
    from cnncalc.graph import Graph

#: A sum of quantities, each with its weight.
Rule = tuple[tuple[str, Fraction | int], ...]
#: By node the wrong answers before it, and those about it or else before it.
Sources = tuple[list[tuple[str, ...]], list[tuple[str, ...]]]


def rules_for(conventions: Conventions, quantity: str) -> tuple[Rule, ...]:
    """Return the sums by which a quantity follows from others of the same nodes."""
    return _rules(conventions.itemsize, conventions.flops).get(quantity, ())


def related(conventions: Conventions, quantity: str) -> frozenset[str]:
    """Return the quantities of the same nodes from which a quantity can follow."""
    return frozenset(name for rule in rules_for(conventions, quantity) for name, _ in rule)


@lru_cache(maxsize=64)
def _rules(size: int, flops: str) -> dict[str, tuple[Rule, ...]]:
    factor = {"2macs": 2, "macs": 1}.get(flops, 0)
    return {
        "params": ((("weights", 1), ("biases", 1)),),
        "weights": ((("params", 1), ("biases", -1)),),
        "flops": ((("macs", factor),),) if factor else (),
        "macs": ((("flops", Fraction(1, factor)),),) if factor else (),
        "weight_bytes": ((("params", size),),),
        "activation_bytes": ((("activations", size),),),
        "neurons": ((("activations", 1),),),
        "activations": ((("neurons", 1),),),
    }


def nearest(graph: Graph, answered: Mapping[int, tuple[bool, tuple[str, ...]]]) -> Sources:
    """Return for every node the nearest wrong answers before it, and for itself.

    `answered` tells of nodes whether all was answered, which hides what comes before, and wrongly.
    """
    before: list[tuple[str, ...]] = []
    own: list[tuple[str, ...]] = []
    for index, node in enumerate(graph.nodes):
        if len(node.inputs) == 1:
            found = own[node.inputs[0]]
        else:
            found = tuple(dict.fromkeys(item for source in node.inputs for item in own[source]))
        before.append(found)
        if index in answered:
            whole, items = answered[index]
            found = items if whole else tuple(dict.fromkeys((*items, *found)))
        own.append(found)
    return before, own


def ancestors_of(world: BelievedNetwork) -> dict[int, int]:
    """Return for every node the set of nodes it is computed from, as a bit mask."""
    result: dict[int, int] = {}
    for index, node in enumerate(world.graph.nodes):
        mask = 0
        for source in node.inputs:
            mask |= result[source] | (1 << source)
        result[index] = mask
    return result
