"""What every format of a lesson says in the same words: titles, shapes, equations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.quantities import show_shape
from cnncalc.teaching.formula import TEXT

if TYPE_CHECKING:
    from cnncalc.teaching.derivation import Derivation, Explanation

TITLES = {
    "shape": "shape",
    "params": "params",
    "macs": "MACs",
    "flops": "FLOPs",
    "connections": "connections",
    "receptive_field": "field",
    "memory": "memory",
    "training": "training",
    "units": "units",
    "dense": "dense",
    "kept": "kept",
}
LAYOUTS = {"chw": "channels x height x width", "hwc": "height x width x channels"}


def arrow(explanation: Explanation, layout: str) -> str:
    """Return what goes in and what comes out: `1x32x32 -> 6x28x28`."""
    given = ", ".join(show_shape(shape, layout) for shape in explanation.inputs[:6])
    if len(explanation.inputs) > 6:
        given += f", ... ({len(explanation.inputs)} inputs)"
    return f"{given} -> {show_shape(explanation.output, layout)}"


def equation(derivation: Derivation) -> str:
    """Return a derivation on one line: symbol, formula, numbers, result."""
    return " = ".join([derivation.symbol, *derivation.stages(TEXT)])
