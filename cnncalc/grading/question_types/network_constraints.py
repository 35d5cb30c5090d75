"""What a network that is handed in must meet: shapes, bounds, layers used or avoided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.analysis.walk import Analysis
from cnncalc.diagnostics import quoted
from cnncalc.grading.answers import Number, Volume, read_number, read_shape, show_number
from cnncalc.grading.question_types.parameter_search import ANY, Bounds, bounds
from cnncalc.grading.yaml_keys import known_word, refused
from cnncalc.language.tree import Scalar
from cnncalc.layers import LAYERS
from cnncalc.quantities import show_shape

if TYPE_CHECKING:
    from cnncalc.language.tree import Node
    from cnncalc.quantities import Shape

#: The constraints by their key, each with what it is called.
TITLES = {
    "input": "input", "output": "output", "params": "parameters", "macs": "MACs",
    "receptive_field": "receptive field", "depth": "depth", "layers": "layers", "uses": "uses",
    "avoids": "does without",
}  # fmt: skip
_ALIASES = {
    "parameters": "params", "rf": "receptive_field", "field": "receptive_field", "use": "uses",
    "avoid": "avoids", "without": "avoids", "multiplications": "macs", "shape": "output",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing that a network must meet: a shape, bounds, or layers used or avoided."""

    name: str
    shape: Shape | None = None
    bounds: Bounds = ANY
    words: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Return the constraint as a student reads it."""
        low, high = self.bounds
        wanted = show_number(low) if low is not None and low == high else self.bounds.sentence()
        if self.shape is not None:
            wanted = show_shape(self.shape)
        return f"{TITLES[self.name]} {', '.join(self.words) or wanted}"

    def met_by(self, analysis: Analysis) -> tuple[bool, str]:
        """Return whether a network meets the constraint, and what was found of it."""
        graph = analysis.graph
        if self.words:
            words = {node.layer.keyword for node in graph.nodes}
            used = [word for word in self.words if word in words]
            fine = len(used) == len(self.words) if self.name == "uses" else not used
            return fine, ", ".join(used) or "none"
        if self.shape is not None:
            index = graph.inputs[0] if self.name == "input" else graph.outputs[0]
            shape = analysis.facts[index].output
            same = [n for n in shape if n > 1] == [n for n in self.shape if n > 1]
            return same, show_shape(shape)
        value, where = _measured(self.name, analysis)
        if value is None:
            return False, "none"
        return self.bounds.hold(value), show_number(value) + where


def read_constraint(name: Scalar, node: Node) -> Constraint:
    """Return one constraint; raises SpecError for one that there is not, or without a value."""
    what = f"there is no constraint {quoted(name.text)}"
    word = known_word(name, name.text, TITLES, what, _ALIASES)
    if word in ("uses", "avoids"):
        return Constraint(word, words=_keywords(node))
    if word in ("input", "output"):
        volume = read_shape(node.text) if isinstance(node, Scalar) else None
        if isinstance(volume, Volume) and all(axis and axis > 0 for axis in volume.axes):
            return Constraint(word, tuple(int(axis or 0) for axis in volume.axes))
        help = "write it as 3x32x32, channels first, or as 10"
        raise refused(node, f"`{word}` is a shape", help)
    number = read_number(node.text) if isinstance(node, Scalar) else None
    if isinstance(number, Number) and number.value.denominator == 1:
        return Constraint(word, bounds=Bounds(number.value, number.value))
    found = bounds(node)
    if not found:
        raise refused(node, f"`{word}` needs bounds", "write {max: 50000}, {min: 20} or both")
    return Constraint(word, bounds=found)


def _keywords(node: Node) -> tuple[str, ...]:
    """Return the layers that a list names; raises SpecError for a word that is none."""
    words = []
    for one in [node] if isinstance(node, Scalar) else getattr(node, "items", []):
        word = one.text if isinstance(one, Scalar) else ""
        what = f"there is no layer {quoted(word)}"
        words.append(known_word(one, word, LAYERS, what, otherwise="`cnncalc layers` lists them"))
    if not words:
        raise refused(node, "no layers are named", "write [conv, max_pool]")
    return tuple(words)


def _measured(name: str, analysis: Analysis) -> tuple[int | None, str]:
    """Return a figure of a network, and of a receptive field the node that has it."""
    if name == "depth":
        return (analysis.depth() if analysis.knows_depth else None), ""
    if name == "layers":
        return len(analysis.graph.nodes) - len(analysis.graph.inputs), ""
    if name != "receptive_field":
        totals = analysis.totals(False)
        return totals.params if name == "params" else totals.ops.macs, ""
    from cnncalc.fields.node_fields import quick_fields

    # The smallest field of the last map that does not see everything.
    for node in reversed(quick_fields(analysis)):
        sizes = [axis.smallest for axis in node.axes or node.without or ()]
        if sizes and None not in sizes and len(node.output) > 1:
            return min(size for size in sizes if size is not None), f" at {node.name}"
    return None, ""
