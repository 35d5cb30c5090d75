"""The figures of a whole network by name, and those of several side by side (`compare`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cnncalc.analysis.conventions import CONVENTIONS, Convention
from cnncalc.analysis.memory import measure
from cnncalc.analysis.summary import convention_flops
from cnncalc.analysis.summary import part as sums_of
from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import UsageError, did_you_mean
from cnncalc.fields.node_fields import field_before_head
from cnncalc.quantities import AtLeast, show_shape, sum_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analysis.figures import Totals
    from cnncalc.analysis.walk import Analysis
    from cnncalc.graph import Graph

Figure: TypeAlias = int | str | AtLeast | None


def summed(totals: Totals, name: str, known_by: str | None = None) -> Figure:
    """Return a sum by its name, or what it is at least; `known_by` is the sum that tells which."""
    found: int = getattr(totals if hasattr(totals, name) else totals.ops, name)
    return AtLeast(found) if (known_by or name) in totals.at_least else found


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
    "trainable": ("trainable", "", lambda a: summed(a.totals(False), "trainable", "params")),
    "frozen": ("frozen", "", lambda a: summed(a.totals(False), "frozen", "params")),
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
            help = did_you_mean(name, FIGURES, "known: " + ", ".join(FIGURES))
            raise UsageError(f"there is no figure `{word.strip()}`", help)
        result.append(name)
    return tuple(dict.fromkeys(result))


def figures(analysis: Analysis, names: tuple[str, ...]) -> dict[str, Figure]:
    """Return some figures of a network by name."""
    return {name: FIGURES[name][2](analysis) for name in names}


DEFAULT = ("input", "params", "macs", "flops", "peak", "depth", "receptive_field")


@dataclass(frozen=True)
class ComparedNetwork:
    """A network as `compare` takes it: `name`, or `name@width=32,input=3x64x64,freeze=stem`."""

    text: str
    spec: str
    variant: str | None
    settings: tuple[str, ...]
    inputs: tuple[str, ...]
    frozen: tuple[str, ...]


def request(text: str) -> ComparedNetwork:
    """Return what a text such as `wrn_28_10@widen=4` asks for; raises `UsageError`."""
    spec, _, rest = text.partition("@")
    variant, settings, inputs, frozen = None, [], [], []
    for part in rest.split(",") if rest else []:
        name, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"`{part}` in `{text}` wants NAME=VALUE", f"{spec}@width=32")
        if name == "variant":
            variant = value
        elif name == "input":
            inputs.append(value)
        elif name == "freeze":
            frozen.append(value)
        else:
            settings.append(part)
    return ComparedNetwork(text, spec, variant, tuple(settings), tuple(inputs), tuple(frozen))


@dataclass(frozen=True)
class Comparison:
    """Networks side by side: for each its label and its figures by name."""

    names: tuple[str, ...]
    convention: Convention
    rows: tuple[tuple[str, dict[str, Figure]], ...]

    def ratio(self, row: int, name: str) -> float | None:
        """Return a figure as a multiple of the first network's, None where that says nothing."""
        first, own = self.rows[0][1][name], self.rows[row][1][name]
        if not isinstance(first, int) or not isinstance(own, int) or not first:
            return None
        return own / first


def compare(
    networks: Sequence[tuple[str, Graph]],
    names: tuple[str, ...],
    batch: int,
    dtype: str,
    convention: Convention = CONVENTIONS["default"],
) -> Comparison:
    """Return the figures of labelled networks, FLOPs as a convention counts them.

    Raises `ShapeError` if one does not fit, `SpecError` where the convention has no count.
    """
    rows = []
    for label, graph in networks:
        analysis = analyze(graph, batch, dtype)
        found = figures(analysis, names)
        if "flops" in found:
            flops = convention_flops(analysis, convention)
            found["flops"] = summed(sums_of(analysis, convention, flops, aux=False), "flops")
        rows.append((label, found))
    return Comparison(names, convention, tuple(rows))
