"""Networks that students hand in: checked against constraints, under tight limits.

The text is bounded before it is read, the graph before it is analysed; all of it happens in a
child process, which is ended if it takes too long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from cnncalc.analysis.unknown import refuse_opaque
from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import Source, SpecError, UsageError
from cnncalc.fields.node_fields import quick_fields
from cnncalc.grading.answers import Number, Unread, Volume, read_number, read_shape, show_number
from cnncalc.grading.model import Item, Judged, Question, Truth, Word
from cnncalc.grading.question_types.child_process import in_child_process
from cnncalc.grading.question_types.parameter_search import Bounds, bounds
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import known_word, refused, word_of
from cnncalc.language import tree
from cnncalc.language.document import build
from cnncalc.layers import LAYERS
from cnncalc.quantities import show_shape

MAX_CHARACTERS = 20_000
MAX_NODES = 2_000
MAX_SECONDS = 2
_TOO_LARGE = "it is too large to be worked out: hand in a smaller one"


def _field(analysis: Analysis) -> tuple[int | None, str]:
    """Return the smallest field of the last map that does not see everything, and its node."""
    for node in reversed(quick_fields(analysis)):
        sizes = [axis.smallest for axis in node.axes or node.without or ()]
        if sizes and None not in sizes and len(node.output) > 1:
            return min(filter(None, sizes)), f" at {node.name}"
    return None, ""


#: Figures by the key of their constraint: what they are called, and how they are found, with words
#: that say where.
_FIGURES: dict[str, tuple[str, Callable[[Analysis], tuple[int | None, str]]]] = {
    "params": ("parameters", lambda analysis: (analysis.totals(False).params, "")),
    "macs": ("MACs", lambda analysis: (analysis.totals(False).ops.macs, "")),
    "receptive_field": ("receptive field", _field),
    "depth": ("depth", lambda one: (one.depth() if one.knows_depth else None, "")),
    "layers": ("layers", lambda one: (len(one.graph.nodes) - len(one.graph.inputs), "")),
}
_SHAPES = ("input", "output")
_LAYERS = {"uses": "uses", "avoids": "does without"}


class Constraint(NamedTuple):
    """One thing that a network must meet: as a student reads it, and how it is checked.

    The check, of functions of this module, tells whether it is met and what was found.
    """

    sentence: str
    check: Callable[[Analysis], tuple[bool, str]]


def _within(name: str, bounds: Bounds, analysis: Analysis) -> tuple[bool, str]:
    value, where = _FIGURES[name][1](analysis)
    return (False, "none") if value is None else (bounds.hold(value), show_number(value) + where)


def _shaped(name: str, wanted: list[int], analysis: Analysis) -> tuple[bool, str]:
    graph = analysis.graph
    shape = analysis.facts[(graph.inputs if name == "input" else graph.outputs)[0]].output
    return [n for n in shape if n > 1] == [n for n in wanted if n > 1], show_shape(shape)


def _layered(name: str, words: list[str], analysis: Analysis) -> tuple[bool, str]:
    found = {node.layer.keyword for node in analysis.graph.nodes}
    used = [word for word in words if word in found]
    return used == (words if name == "uses" else []), ", ".join(used) or "none"


def read_constraint(name: tree.Scalar, node: tree.Node) -> Constraint:
    """Return one constraint; raises SpecError for one that there is not, or without a value."""
    word = known_word(name, "constraint", (*_SHAPES, *_LAYERS, *_FIGURES))
    if word in _LAYERS:
        layers = [node] if isinstance(node, tree.Scalar) else getattr(node, "items", [])
        if not layers:
            raise refused(node, "no layers are named", "write [conv, max_pool]")
        help = "`cnncalc layers` lists them"
        words = [known_word(one, "layer", LAYERS, otherwise=help) for one in layers]
        sentence = f"{_LAYERS[word]} {', '.join(words)}"
        return Constraint(sentence, partial(_layered, word, words))
    if word in _SHAPES:
        volume = read_shape(word_of(node))
        axes = [int(axis or 0) for axis in volume.axes] if isinstance(volume, Volume) else [0]
        if min(axes) < 1:
            help = "write it as 3x32x32, channels first, or as 10"
            raise refused(node, f"`{word}` is a shape", help)
        return Constraint(f"{word} {show_shape(axes)}", partial(_shaped, word, axes))
    number = read_number(word_of(node))
    exact = number.value if isinstance(number, Number) else None
    found = bounds(node) if exact is None else Bounds(exact, exact)
    if not found:
        raise refused(node, f"`{word}` needs bounds", "write {max: 50000}, {min: 20} or both")
    return Constraint(f"{_FIGURES[word][0]} {found.sentence()}", partial(_within, word, found))


@dataclass(frozen=True, slots=True)
class NetworkTruth(Truth):
    """What a network handed in must meet."""

    constraints: tuple[Constraint, ...]

    tellable = False

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        """Return the share of the constraints that a network meets.

        It comes back within a few seconds, whatever the text holds.
        """
        if not raw.strip():
            return Unread("no answer", blank=True)
        if len(raw) > MAX_CHARACTERS:
            return Unread(f"longer than {MAX_CHARACTERS:,} characters")
        try:
            return in_child_process(checked, (self, raw), MAX_SECONDS)
        except TimeoutError:
            what = f"it takes longer than {MAX_SECONDS} seconds to work it out"
            return Unread(f"{what}: hand in a smaller one")
        except ChildProcessError:
            return Unread(_TOO_LARGE)

    def show(self, item: Item) -> str:
        return "; ".join(one.sentence for one in self.constraints)


def read_network(reader: QuestionReader) -> Question:
    """Return a question that asks for a network meeting constraints."""
    constraints = [read_constraint(*entry) for entry in reader.keys.entries("constraints")]
    if not constraints:
        help = "add `constraints: {output: 10, params: {max: 50000}}`"
        raise refused(reader.mapping, "the question has no constraints", help)
    item = reader.item(truth := NetworkTruth(tuple(constraints)))
    text = f"Hand in a network: {truth.show(item)}."
    return reader.question(text, item)


def checked(truth: NetworkTruth, text: str) -> Judged | Unread:
    """Return how a student's spec meets the constraints, worked out in this process."""
    try:
        graph = build(Source("the network handed in", text))
        if len(graph.nodes) > MAX_NODES:
            return Unread(f"it has more than {MAX_NODES:,} layers")
        analysis = analyze(graph)
        refuse_opaque(analysis.graph, "nothing of it can be checked")
    except SpecError as error:
        return Unread(_located(error))
    except UsageError as error:
        return Unread(error.message)
    except UnicodeError:
        return Unread("it holds characters that are no text")
    except (RecursionError, MemoryError, OverflowError):
        return Unread(_TOO_LARGE)
    lines, met = [], 0
    for constraint in truth.constraints:
        fine, found = constraint.check(analysis)
        met += fine
        lines.append(f"{'met' if fine else 'not met'}: {constraint.sentence} (found {found})")
    share = Fraction(met, len(truth.constraints))
    verdict: Word = "accept" if share == 1 else "partial" if share else "wrong"
    return Judged(verdict, "network", "a network", share, tuple(lines))


def _located(error: SpecError) -> str:
    """Return the first fault of a spec with its place and what helps."""
    first, *others = error.diagnostics
    span, help = first.span, first.help
    place = f"line {span.line}, column {span.column}: " if span is not None else ""
    more = f" (and {len(others)} more)" if others else ""
    return f"{place}{first.message}{f'; {help}' if help else ''}{more}"


NETWORK = QuestionType(
    "network", read_network, "a network, written as a spec, that meets constraints",
    ("constraints",),
)  # fmt: skip
