"""`compare`: the figures of several networks, and each as a multiple of the first one's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.analysis.conventions import CONVENTIONS, Convention
from cnncalc.analysis.summary import convention_flops
from cnncalc.analysis.summary import part as sums_of
from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import UsageError
from cnncalc.teaching.figures import figures, summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.graph import Graph
    from cnncalc.teaching.figures import Figure

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
