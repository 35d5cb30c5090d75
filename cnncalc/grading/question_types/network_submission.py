"""Networks that students hand in: checked against constraints, under tight limits.

A constraint is a shape, bounds of a figure, or layers that are used or avoided.

The text is bounded before it is read, the graph before it is analysed, the work before it is run;
all of it happens in a child process, which is ended if it takes too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.analysis.unknown import refuse_opaque
from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import Source, SpecError, UsageError, quoted
from cnncalc.grading.answers import Number, Volume, read_number, read_shape, show_number
from cnncalc.grading.judgement import ZERO, Judged, Word
from cnncalc.grading.model import Item, Question, Truth
from cnncalc.grading.question_types.child_process import (
    FaultError,
    LostError,
    TooSlowError,
    in_child_process,
)
from cnncalc.grading.question_types.parameter_search import ANY, Bounds, bounds
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import known_word, refused
from cnncalc.language.document import build
from cnncalc.language.library import builtin_names, stems
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar, Sequence
from cnncalc.layers import LAYERS
from cnncalc.quantities import show_shape

if TYPE_CHECKING:
    from cnncalc.language.tree import Node
    from cnncalc.quantities import Shape

MAX_CHARACTERS = 20_000
MAX_NODES = 2_000
MAX_MACS_RUN = 5_000_000
MAX_VALUES_RUN = 2_000_000
MAX_SECONDS = 2
_TOO_LARGE = "it is too large to be worked out: hand in a smaller one"
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


@dataclass(frozen=True, slots=True)
class NetworkTruth(Truth):
    """What a network handed in must meet; with `execute` it is run, too."""

    constraints: tuple[Constraint, ...]
    execute: bool

    tellable = False

    @property
    def executes(self) -> bool:
        """Whether networks are run."""
        return self.execute

    def judge(self, item: Item, raw: str) -> Judged:
        """Return the share of the constraints that a network meets.

        It comes back within a few seconds, whatever the text holds.
        """
        if not raw.strip():
            return Judged("blank", "blank", "", notes=("no answer",))
        if len(raw) > MAX_CHARACTERS:
            return _refusal(f"longer than {MAX_CHARACTERS:,} characters")
        try:
            found = in_child_process(__name__, "checked", (self, raw), MAX_SECONDS)
        except TooSlowError:
            what = f"it takes longer than {MAX_SECONDS} seconds to work it out"
            return _refusal(f"{what}: hand in a smaller one")
        except LostError:
            return _refusal(_TOO_LARGE)
        except FaultError as error:
            what = f"it could not be worked out, by a fault of this program ({error})"
            return Judged("unmarked", "internal", "", ZERO, (f"{what}: staff look at it",))
        assert isinstance(found, Judged)
        return found

    def show(self, item: Item) -> str:
        """Return the constraints."""
        return "; ".join(one.sentence() for one in self.constraints)


def read_network(reader: QuestionReader) -> Question:
    """Return a question that asks for a network meeting constraints."""
    constraints = [read_constraint(*entry) for entry in reader.keys.entries("constraints")]
    if not constraints:
        help = "add `constraints: {output: 10, params: {max: 50000}}`"
        raise refused(reader.mapping, "the question has no constraints", help)
    truth = NetworkTruth(tuple(constraints), reader.keys.truth("execute", False))
    item = reader.item("network", truth)
    text = f"Hand in a network: {truth.show(item)}."
    return reader.finish("network", ("network",), (item,), None, text)


def _refusal(problem: str) -> Judged:
    return Judged("unreadable", "unreadable", "", ZERO, (problem,))


def checked(truth: NetworkTruth, text: str) -> Judged:
    """Return how a student's spec meets the constraints, worked out in this process."""
    try:
        source = Source("the network handed in", text)
        _refuse_files(parse(source))
        graph = build(source)
        if len(graph.nodes) > MAX_NODES:
            return _refusal(f"it has more than {MAX_NODES:,} layers")
        analysis = analyze(graph)
        refuse_opaque(analysis.graph, "nothing of it can be checked")
    except SpecError as error:
        return _refusal(_located(error))
    except UsageError as error:
        return _refusal(error.message)
    except UnicodeError:
        return _refusal("it holds characters that are no text")
    except (RecursionError, MemoryError, OverflowError):
        return _refusal(_TOO_LARGE)
    lines, met = [], 0
    for constraint in truth.constraints:
        fine, found = constraint.met_by(analysis)
        met += fine
        lines.append(f"{'met' if fine else 'not met'}: {constraint.sentence()} (found {found})")
    if truth.execute:
        lines.append(_executed(analysis))
    share = Fraction(met, len(truth.constraints))
    verdict: Word = "accept" if share == 1 else "partial" if share else "wrong"
    return Judged(verdict, "network", "a network", share, tuple(lines))


def _refuse_files(root: Node) -> None:
    """Raise SpecError where a spec takes another from a file: only built-in ones are at hand."""
    for node in _within(root):
        for key, value in node.entries:
            spec = value.get("spec") if isinstance(value, Mapping) else value
            if key.text != "network" or not isinstance(spec, Scalar):
                continue
            if spec.text not in (*stems(), *[name for name, *_ in builtin_names()]):
                what = f"a network handed in may use built-in networks, not {quoted(spec.text)}"
                raise refused(spec, what, "`cnncalc list` shows their names")


def _within(node: Node) -> Iterator[Mapping]:
    """Yield all mappings below a node, each once: an alias stands for the same one."""
    waiting, seen = [node], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Mapping):
            yield one
            waiting += [value for _, value in one.entries]
        elif isinstance(one, Sequence):
            waiting += one.items


def _located(error: SpecError) -> str:
    """Return the first fault of a spec with its place and what helps."""
    first, *others = error.diagnostics
    text = first.message
    if first.span is not None:
        text = f"line {first.span.line}, column {first.span.column}: {text}"
    text += f"; {first.help}" if first.help else ""
    return text + (f" (and {len(others)} more)" if others else "")


def _executed(analysis: Analysis) -> str:
    """Run a small network once; return a line that says what came of it."""
    totals = analysis.totals()
    if totals.ops.macs > MAX_MACS_RUN or totals.params + totals.activations > MAX_VALUES_RUN:
        return f"not run: it is larger than {MAX_MACS_RUN:,} MACs or {MAX_VALUES_RUN:,} values"
    from cnncalc.executor.verify import verify

    try:
        passed = verify(analysis).passed
    except (SpecError, UsageError, ArithmeticError, MemoryError) as error:
        return f"could not be run: {error or type(error).__name__}"
    return f"it was run and gives {'the computed' if passed else 'other'} figures"


NETWORK = QuestionType(
    "network",
    read_network,
    "a network, written as a spec, that meets constraints",
    ("constraints", "execute"),
    ("spec",),
)
