"""Networks that students hand in: analysed under tight limits against constraints."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import Diagnostic, Source, SpecError, UsageError, suggest
from cnncalc.grading.answers import Number, Volume, read_number, read_shape, show_number
from cnncalc.grading.fields import fields
from cnncalc.grading.model import Item, NetworkTruth, Question
from cnncalc.grading.questions import QuestionReader
from cnncalc.grading.world import explore
from cnncalc.quantities import show_shape
from cnncalc.spec.document import build
from cnncalc.spec.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.quantities import Shape
    from cnncalc.spec.tree import Node

MAX_CHARACTERS = 20_000
MAX_NODES = 2_000
MAX_MACS_RUN = 5_000_000
MAX_VALUES_RUN = 2_000_000
_SHAPES = ("input", "output")
_BOUNDS = ("params", "macs", "receptive_field", "depth", "layers")
_LAYERS = ("uses", "avoids")
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
        title = {"params": "parameters", "macs": "MACs"}.get(self.name, self.name.replace("_", " "))
        if self.shape is not None:
            return f"{title} {show_shape(self.shape)}"
        if self.words:
            return f"{title} {', '.join(self.words)}"
        low = "" if self.low is None else f"at least {self.low:,}"
        high = "" if self.high is None else f"at most {self.high:,}"
        return f"{title} " + " and ".join(part for part in (low, high) if part)


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome for one network: the share of constraints met, and a line about each."""

    met: Fraction
    lines: tuple[str, ...]
    problem: str = ""


def network_question(reader: QuestionReader) -> Question:
    """Return a question that asks for a network meeting constraints."""
    constraints = []
    for name, node in reader.keys.entries("constraints"):
        constraints.append(_constraint(name, node))
    if not constraints:
        help = "add `constraints: {output: 10, params: {max: 50000}}`"
        raise SpecError(Diagnostic("the question has no constraints", reader.mapping.span, help))
    truth = NetworkTruth(tuple(constraints), reader.keys.truth("execute", False))
    item = Item(
        reader.id, "network", "", (), reader.points, truth, reader.conventions, reader.rubric
    )
    text = "Hand in a network with " + "; ".join(one.sentence() for one in constraints) + "."
    return reader.finish("network", ("network",), (item,), None, text)


def _constraint(name: Scalar, node: Node) -> Constraint:
    if name.text not in NAMES:
        meant = suggest(name.text, NAMES)
        help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(NAMES)
        raise SpecError(Diagnostic(f"there is no constraint `{name.text}`", name.span, help))
    if name.text in _LAYERS:
        nodes = [node] if isinstance(node, Scalar) else getattr(node, "items", [])
        return Constraint(name.text, words=tuple(n.text for n in nodes if isinstance(n, Scalar)))
    if name.text in _SHAPES and isinstance(node, Scalar):
        volume = read_shape(node.text)
        if isinstance(volume, Volume):
            return Constraint(name.text, tuple(int(axis or 0) for axis in volume.axes))
    if isinstance(node, Mapping):
        low, high = _bound(node.get("min")), _bound(node.get("max"))
        if low is not None or high is not None:
            return Constraint(name.text, None, low, high)
    help = "write {max: 50000}, {min: 20}, or a shape for input and output"
    raise SpecError(Diagnostic(f"`{name.text}` needs bounds or a shape", node.span, help))


def _bound(node: Node | None) -> int | None:
    number = read_number(node.text) if isinstance(node, Scalar) else None
    return int(number.value) if isinstance(number, Number) else None


def check_network(truth: NetworkTruth, text: str) -> Checked:
    """Return how a student's spec meets the constraints.

    The text is bounded before it is read, the graph before it is analysed, the work before it is
    executed; whatever is wrong with it becomes `problem`.
    """
    if len(text) > MAX_CHARACTERS:
        return Checked(Fraction(0), (), f"longer than {MAX_CHARACTERS:,} characters")
    try:
        graph = build(Source("the network handed in", text))
        if len(graph.nodes) > MAX_NODES:
            return Checked(Fraction(0), (), f"more than {MAX_NODES:,} layers")
        analysis = analyze(graph)
    except SpecError as error:
        first = error.diagnostics[0]
        where = f" (line {first.span.line})" if first.span else ""
        help = f"; {first.help}" if first.help else ""
        return Checked(Fraction(0), (), first.message + where + help)
    except (UsageError, RecursionError, MemoryError, OverflowError) as error:
        return Checked(Fraction(0), (), str(error) or "too large to be read")
    lines, met = [], 0
    for constraint in truth.constraints:
        fine, found = _met(constraint, analysis)
        met += fine
        lines.append(f"{'met' if fine else 'not met'}: {constraint.sentence()} (found {found})")
    share = Fraction(met, len(truth.constraints))
    if truth.execute:
        problem = _executed(analysis)
        if problem:
            return Checked(Fraction(0), tuple(lines), problem)
    return Checked(share, tuple(lines))


def _met(constraint: Constraint, analysis: Analysis) -> tuple[bool, str]:
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
    value = _number(constraint.name, analysis)
    if value is None:
        return False, "no single value"
    fine = (constraint.low or 0) <= value and (constraint.high is None or value <= constraint.high)
    return fine, show_number(value)


def _number(name: str, analysis: Analysis) -> int | None:
    totals = analysis.totals(False)
    if name == "receptive_field":
        return _widest_field(analysis)
    values = {
        "params": totals.params,
        "macs": totals.ops.macs,
        "depth": analysis.depth(),
        "layers": len(analysis.graph.nodes) - len(analysis.graph.inputs),
    }
    return values[name]


def _widest_field(analysis: Analysis) -> int | None:
    """Return the receptive field of the last node that has one, on its smaller axis."""
    found = [own for own in fields(explore(analysis.graph)) if own]
    return min(field.size for field in found[-1]) if found else None


def _executed(analysis: Analysis) -> str:
    """Run a small network once; return what went wrong, '' if nothing or if it is too large."""
    totals = analysis.totals()
    if totals.ops.macs > MAX_MACS_RUN or totals.params + totals.activations > MAX_VALUES_RUN:
        return ""
    from cnncalc.executor.verify import verify

    result = verify(analysis)
    return "" if result.passed else "running it does not give the computed figures"
