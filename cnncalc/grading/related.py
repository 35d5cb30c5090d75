"""Which quantities of the same layers make up others: MACs lead to FLOPs."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.conventions import Conventions

#: A sum of quantities, each with its weight.
Rule = tuple[tuple[str, Fraction | int], ...]


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
