"""The figures of a whole network, by name: what `compare` and `sweep` put side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from cnncalc.analysis.memory import measure
from cnncalc.diagnostics import UsageError, suggest
from cnncalc.fields.node_fields import field_before_head
from cnncalc.quantities import AtLeast, show_shape, sum_of

if TYPE_CHECKING:
    from cnncalc.analysis.figures import Totals
    from cnncalc.analysis.walk import Analysis

Figure: TypeAlias = int | str | AtLeast | None


def summed(totals: Totals, name: str) -> Figure:
    """Return a sum by its name, or what it is at least."""
    found: int = getattr(totals if name in totals.as_dict() else totals.ops, name)
    return AtLeast(found) if name in totals.at_least else found


def trained(analysis: Analysis, name: str) -> Figure:
    """Return how many of the weights are `trainable` or `frozen`, or at least."""
    totals = analysis.totals(False)
    found: int = getattr(totals, name)
    return AtLeast(found) if "params" in totals.at_least else found


def training_macs(analysis: Analysis) -> Figure:
    """Return the products of one step of training, or what they are at least."""
    from cnncalc.analysis.training import steps

    nodes = analysis.graph.nodes
    return sum_of(
        one.macs for one, node in zip(steps(analysis), nodes, strict=True) if not node.aux
    )


def stored(analysis: Analysis, name: str) -> Figure:
    """Return an amount of memory by its name, or what it is at least."""
    memory = measure(analysis)
    found: int = getattr(memory, name)
    return AtLeast(found) if name in memory.at_least else found


def receptive_field(analysis: Analysis) -> Figure:
    """Return the field of the last map that does not see everything, such as `427` or `5x7`.

    A classifier sees the whole input; what tells networks apart is the map before it. None where
    the field differs from unit to unit or the input has no spatial axes.
    """
    sizes = field_before_head(analysis)
    if not sizes:
        return None
    return sizes[0] if len(set(sizes)) == 1 else show_shape(sizes)


def shape_of(analysis: Analysis, index: int) -> str:
    """Return the output shape of a node as it is typed."""
    return show_shape(analysis.facts[index].output)


#: Every figure: its title in tables, its unit, and how it is found. Sums are of the main path.
FIGURES: dict[str, tuple[str, str, Callable[[Analysis], Figure]]] = {
    "input": ("input", "", lambda a: shape_of(a, a.graph.inputs[0])),
    "output": ("output", "", lambda a: shape_of(a, a.graph.outputs[0])),
    "params": ("params", "", lambda a: summed(a.totals(False), "params")),
    "trainable": ("trainable", "", lambda a: trained(a, "trainable")),
    "frozen": ("frozen", "", lambda a: trained(a, "frozen")),
    "macs": ("MACs", "", lambda a: summed(a.totals(False), "macs")),
    "flops": ("FLOPs", "", lambda a: summed(a.totals(False), "flops")),
    "activations": ("activations", "", lambda a: a.totals(False).activations),
    "weights": ("weights", "bytes", lambda a: stored(a, "weights")),
    "peak": ("peak", "bytes", lambda a: measure(a).peak),
    "training_macs": ("training MACs", "", training_macs),
    "training": ("training", "bytes", lambda a: stored(a, "training")),
    "depth": ("depth", "", lambda a: a.depth() if a.knows_depth else AtLeast(a.depth())),
    "receptive_field": ("field", "", receptive_field),
    "layers": ("layers", "", lambda a: len(a.facts) - len(a.graph.inputs)),
}


def chosen(text: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the figures that a comma-separated text names; raises `UsageError`."""
    if text is None:
        return default
    result = []
    for word in text.split(","):
        name = word.strip().replace("-", "_")
        name = {"rf": "receptive_field", "memory": "peak"}.get(name, name)
        if name not in FIGURES:
            meant = suggest(name, FIGURES)
            help = f"did you mean `{meant}`?" if meant else "known: " + ", ".join(FIGURES)
            raise UsageError(f"there is no figure `{word.strip()}`", help)
        result.append(name)
    return tuple(dict.fromkeys(result))


def figures(analysis: Analysis, names: tuple[str, ...]) -> dict[str, Figure]:
    """Return some figures of a network by name."""
    return {name: FIGURES[name][2](analysis) for name in names}
