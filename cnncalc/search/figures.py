"""The figures that constraints and objectives may name, cheapest first.

`FIGURES` belong to the whole network (its main path), `NODE_FIGURES` to a layer or a scope of it.
What is dearer than a sum over the layers is computed only when a formula reads it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from cnncalc.analysis.machine import load, total
from cnncalc.analysis.memory import measure, peak_bytes
from cnncalc.quantities import OPERATIONS, AtLeast, bytes_of, exact_sum
from cnncalc.teaching import figures as tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.analysis.figures import Totals
    from cnncalc.analysis.training import TrainingCost
    from cnncalc.analysis.walk import Analysis
    from cnncalc.fields.states import State

Figure: TypeAlias = int | float | str | None

#: What a figure costs: a parameter needs no network, a sum one pass over the layers, a walk an
#: analysis of its own, a field the recurrence along all paths.
PARAMETER, SUM, WALK, TERMS, FIELD = range(5)


SUMS = ("params", "trainable", "frozen", "buffers", "flops", *OPERATIONS)


class Measured:
    """The figures of one network, each computed once."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    @cached_property
    def totals(self) -> Totals:
        """The sums of the main path."""
        return self.analysis.totals(False)

    @cached_property
    def states(self) -> list[State]:
        """Where the receptive fields of all nodes stand, on the first input."""
        from cnncalc.fields.forward import forward

        graph = self.analysis.graph
        return forward(graph, self.analysis.output_shapes(), graph.inputs[0])

    @property
    def main(self) -> list[int]:
        """The nodes of the main path."""
        return [i for i, node in enumerate(self.analysis.graph.nodes) if not node.aux]

    @cached_property
    def steps(self) -> list[TrainingCost]:
        """What a step of training costs at every node."""
        from cnncalc.analysis.training import steps

        return steps(self.analysis)

    def flops(self, convention: str) -> int | None:
        """Return the main path's operations as a convention counts them; None if not known."""
        from cnncalc.analysis.conventions import CONVENTIONS
        from cnncalc.analysis.summary import convention_flops

        nodes = self.analysis.graph.nodes
        flops = convention_flops(self.analysis, CONVENTIONS[convention])
        return exact_sum(count for count, node in zip(flops, nodes, strict=True) if not node.aux)

    def nodes(self, name: str) -> list[int]:
        """Return the nodes of a layer or scope; empty if the network has none of that name."""
        return self.analysis.graph.within(name)


def sums(name: str) -> Callable[[Measured], Figure]:
    """Return the figure that is one of the sums; it is None where not all of it is known."""
    return lambda measured: measured.totals.exact(name)


def sums_within(name: str) -> Callable[[Measured, list[int]], Figure]:
    """Return the same for a layer or a scope."""
    return lambda measured, within: measured.analysis.sums(within).exact(name)


def whole(figure: Callable[[Analysis], tables.Figure]) -> Callable[[Measured], Figure]:
    """Return a figure of an analysis as one of what was measured; None if not all is known."""

    def exact(measured: Measured) -> Figure:
        found = figure(measured.analysis)
        return None if isinstance(found, AtLeast) else found

    return exact


def intensity(measured: Measured) -> float | None:
    """Return the operations for every byte that is moved."""
    return intensity_within(measured, measured.main)


def intensity_within(measured: Measured, within: list[int]) -> float | None:
    """Return the same for some nodes."""
    return total([load(measured.analysis, index) for index in within]).intensity


def training(part: str) -> Callable[[Measured], Figure]:
    """Return what a step of training costs as a figure: its `macs` or its `flops`."""
    within = training_within(part)
    return lambda measured: within(measured, measured.main)


def training_within(part: str) -> Callable[[Measured, list[int]], Figure]:
    """Return the same for a layer or a scope; it is None where not all is known."""

    def cost(measured: Measured, within: list[int]) -> Figure:
        counts = [getattr(measured.steps[index], part) for index in within]
        return None if None in counts else sum(counts)

    return cost


def weights(measured: Measured) -> Figure:
    """Return the bytes of the weights; None if their number is not known."""
    analysis, params = measured.analysis, measured.totals.exact("params")
    if params is None or analysis.is_uniform:
        return None if params is None else bytes_of(params, analysis.dtype)
    return measure(analysis).weights


FIGURES: dict[str, tuple[int, str, Callable[[Measured], Figure]]] = {
    **{name: (SUM, "", sums(name)) for name in SUMS},
    "activations": (SUM, "", lambda m: m.totals.activations),
    "layers": (SUM, "", lambda m: len(m.analysis.facts) - len(m.analysis.graph.inputs)),
    "weights": (SUM, "bytes", weights),
    "intensity": (SUM, "", intensity),
    "training_macs": (WALK, "", training("macs")),
    "training_flops": (WALK, "", training("flops")),
    "depth": (WALK, "", lambda m: m.analysis.depth() if m.analysis.knows_depth else None),
    "peak": (WALK, "bytes", lambda m: peak_bytes(m.analysis)[0]),
    "training": (WALK, "bytes", whole(tables.FIGURES["training"][2])),
    "field": (FIELD, "", whole(tables.receptive_field)),
}
#: What tables of networks show besides: shapes, and the field under its long name.
FIGURES |= {
    name: (FIELD, unit, whole(figure))
    for name, (_title, unit, figure) in tables.FIGURES.items()
    if name not in FIGURES
}
ALIASES = {
    "rf": "field", "memory": "peak", "parameters": "params",
    "mac": "macs", "madds": "macs", "mult_adds": "macs", "flop": "flops",
}  # fmt: skip


def node_field(measured: Measured, indices: list[int]) -> Figure:
    """Return the field of a layer or of a scope's last, if it is one size along all axes."""
    from cnncalc.fields.node_fields import common_sizes

    last = indices[-1]
    sizes = common_sizes(measured.states[last], measured.analysis.facts[last].output)
    return sizes[0] if sizes and len(set(sizes)) == 1 else None


def axis(number: int) -> Callable[[Measured, list[int]], Figure]:
    """Return the figure that is one axis of the output shape."""

    def length(measured: Measured, indices: list[int]) -> Figure:
        shape = measured.analysis.facts[indices[-1]].output
        return shape[number] if len(shape) > number else None

    return length


NODE_FIGURES: dict[str, tuple[int, Callable[[Measured, list[int]], Figure]]] = {
    **{name: (SUM, sums_within(name)) for name in SUMS if name not in OPERATIONS[1:]},
    "intensity": (SUM, intensity_within),
    "training_macs": (WALK, training_within("macs")),
    "training_flops": (WALK, training_within("flops")),
    "activations": (SUM, lambda m, within: m.analysis.sums(within).activations),
    "layers": (SUM, lambda _m, within: len(within)),
    "channels": (SUM, axis(0)),
    "height": (SUM, axis(1)),
    "width": (SUM, axis(2)),
    "depth": (WALK, lambda m, within: m.analysis.depth(within)),
    "field": (FIELD, node_field),
}
