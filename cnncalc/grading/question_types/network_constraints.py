"""What a network that is handed in must meet: shapes, bounds, layers used or avoided."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from cnncalc.analysis.walk import Analysis
from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.grading.answers import Number, Volume, read_number, read_shape, show_number
from cnncalc.grading.question_types.parameter_search import bounds
from cnncalc.language.tree import Scalar
from cnncalc.layers import LAYERS
from cnncalc.quantities import show_shape

if TYPE_CHECKING:
    from cnncalc.language.tree import Node
    from cnncalc.quantities import Shape

_SHAPES = ("input", "output")
_BOUNDS = ("params", "macs", "receptive_field", "depth", "layers")
_LAYERS = ("uses", "avoids")
_ALIASES = {
    "parameters": "params", "rf": "receptive_field", "field": "receptive_field", "use": "uses",
    "avoid": "avoids", "without": "avoids", "multiplications": "macs", "shape": "output",
}  # fmt: skip
NAMES = (*_SHAPES, *_BOUNDS, *_LAYERS)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing that a network must meet: a shape, bounds, or layers used or avoided."""

    name: str
    shape: Shape | None = None
    low: int | None = None
    high: int | None = None
    words: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return the constraint as a student reads it."""
        title = {"params": "parameters", "macs": "MACs", "avoids": "does without"}.get(
            self.name, self.name.replace("_", " ")
        )
        if self.shape is not None:
            return f"{title} {show_shape(self.shape)}"
        if self.words:
            return f"{title} {', '.join(self.words)}"
        if self.low == self.high and self.low is not None:
            return f"{title} {self.low:,}"
        low = "" if self.low is None else f"at least {self.low:,}"
        high = "" if self.high is None else f"at most {self.high:,}"
        return f"{title} " + " and ".join(part for part in (low, high) if part)


def read_constraint(name: Scalar, node: Node) -> Constraint:
    """Return one constraint; raises SpecError for one that there is not, or without a value."""
    if name.text not in NAMES:
        meant = suggest(name.text, NAMES, _ALIASES)
        help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(NAMES)
        raise SpecError(Diagnostic(f"there is no constraint {quoted(name.text)}", name.span, help))
    if name.text in _LAYERS:
        return Constraint(name.text, words=_keywords(node))
    if name.text in _SHAPES:
        volume = read_shape(node.text) if isinstance(node, Scalar) else None
        if isinstance(volume, Volume) and all(axis and axis > 0 for axis in volume.axes):
            return Constraint(name.text, tuple(int(axis or 0) for axis in volume.axes))
        what, help = f"`{name.text}` is a shape", "write it as 3x32x32, channels first, or as 10"
        raise SpecError(Diagnostic(what, node.span, help))
    if isinstance(node, Scalar):
        number = read_number(node.text)
        if isinstance(number, Number) and number.value.denominator == 1:
            return Constraint(name.text, None, int(number.value), int(number.value))
    low, high = bounds(node)
    if low is None and high is None:
        help = "write {max: 50000}, {min: 20} or both"
        raise SpecError(Diagnostic(f"`{name.text}` needs bounds", node.span, help))
    return Constraint(
        name.text, None, None if low is None else ceil(low), None if high is None else floor(high)
    )


def _keywords(node: Node) -> tuple[str, ...]:
    """Return the layers that a list names; raises SpecError for a word that is none."""
    words = []
    for one in [node] if isinstance(node, Scalar) else getattr(node, "items", []):
        word = one.text if isinstance(one, Scalar) else ""
        if word not in LAYERS:
            meant = suggest(word, LAYERS)
            help = f"did you mean `{meant}`?" if meant else "`cnncalc layers` lists them"
            raise SpecError(Diagnostic(f"there is no layer {quoted(word)}", one.span, help))
        words.append(word)
    if not words:
        raise SpecError(Diagnostic("no layers are named", node.span, "write [conv, max_pool]"))
    return tuple(words)


def met_by(constraint: Constraint, analysis: Analysis) -> tuple[bool, str]:
    """Return whether a network meets a constraint, and what was found of it."""
    graph = analysis.graph
    if constraint.name in _LAYERS:
        words = {node.layer.keyword for node in graph.nodes}
        used = [word for word in constraint.words if word in words]
        fine = len(used) == len(constraint.words) if constraint.name == "uses" else not used
        return fine, ", ".join(used) or "none"
    if constraint.shape is not None:
        index = graph.inputs[0] if constraint.name == "input" else graph.outputs[0]
        shape = analysis.facts[index].output
        same = [n for n in shape if n > 1] == [n for n in constraint.shape if n > 1]
        return same, show_shape(shape)
    if constraint.name == "receptive_field":
        value, where = _field(analysis)
    else:
        value, where = _number(constraint.name, analysis), ""
    if value is None:
        return False, "none"
    fine = (constraint.low or 0) <= value and (constraint.high is None or value <= constraint.high)
    return fine, show_number(value) + where


def _number(name: str, analysis: Analysis) -> int:
    totals = analysis.totals(False)
    values = {
        "params": totals.params,
        "macs": totals.ops.macs,
        "depth": analysis.depth(),
        "layers": len(analysis.graph.nodes) - len(analysis.graph.inputs),
    }
    return values[name]


def _field(analysis: Analysis) -> tuple[int | None, str]:
    """Return the smallest field of the last map that does not see everything, and its name."""
    from cnncalc.fields.node_fields import quick_fields

    for node in reversed(quick_fields(analysis)):
        sizes = [axis.smallest for axis in node.axes or node.without or ()]
        if sizes and None not in sizes and len(node.output) > 1:
            return min(size for size in sizes if size is not None), f" at {node.name}"
    return None, ""
