"""Reads one question of an assignment and computes what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.grading.answers.units import unit
from cnncalc.grading.conventions import COUNTS, Conventions, read_conventions, stated
from cnncalc.grading.model import Item, Network, NumberTruth, Question, ShapeTruth, Truth
from cnncalc.grading.networks import Changes, Networks
from cnncalc.grading.quantities import QUANTITIES, SYNONYMS, counted, total
from cnncalc.grading.question_types.receptive_field import field_truth
from cnncalc.grading.question_types.wording import ask, show_shape
from cnncalc.grading.rubric import Rubric, read_rubric
from cnncalc.grading.yaml_keys import Faults, Keys
from cnncalc.language import tree
from cnncalc.language.tree import Scalar, Sequence

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

COMMON = (
    "id", "kind", "points", "text", "spec", "set", "variant", "input", "conventions", "credit",
    "draw", "where", "fits",
)  # fmt: skip
ALIASES = {
    "type": "kind", "score": "points", "marks": "points", "layer": "node", "prompt": "text",
    "question": "text", "network": "spec", "rubric": "credit", "of": "node", "convention":
    "conventions", "name": "id", "parameters": "set", "what": "quantity",
    "choices": "options", "layers": "rows",
}  # fmt: skip
MAX_POINTS = Fraction(1_000_000)
_SHAPE = re.compile(r"\d{1,9}(?:[x×]\d{1,9}){0,3}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What all questions of a file are read with.

    `spec` is the network of questions that name none; `draws` are values drawn for a student, by
    question and name.
    """

    networks: Networks
    conventions: Conventions
    rubric: Rubric
    spec: Node | None
    faults: Faults
    draws: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class QuestionReader:
    """One question on its way from its mapping; every fault is gathered with its place."""

    def __init__(self, mapping: tree.Mapping, reading: Reading, known: tuple[str, ...]) -> None:
        self.mapping = mapping
        self.networks = reading.networks
        self.faults = faults = reading.faults
        words = (*COMMON, *known)
        self.keys = Keys(mapping, "a question", words, faults, ALIASES, answerless=True)
        self.conventions = read_conventions(
            self.keys.node("conventions"), reading.conventions, faults
        )
        self.rubric = read_rubric(self.keys.node("credit"), reading.rubric, faults)
        self.id = self.keys.required("id", "every question has an id, such as `id: q1`")
        self.points = self.keys.share("points", Fraction(1), MAX_POINTS)
        self.place: Node = self.keys.node("spec") or reading.spec or mapping
        self.has_spec = self.place is not mapping
        self.drawn = reading.draws.get(self.id, {})

    def holding(self, quantity: str) -> Conventions:
        """Return the conventions for a quantity: a tolerance holds for counts alone."""
        exact = not self.conventions.tolerance or quantity in COUNTS
        return self.conventions if exact else replace(self.conventions, tolerance=Fraction(0))

    def settings(self) -> dict[str, str]:
        """Return the parameters that the question sets, as texts."""
        result: dict[str, str] = {}
        for name, value in self.keys.entries("set"):
            text = value.text if isinstance(value, Scalar) else ""
            if text:
                result[name.text] = text
            else:
                self.faults.add(value, "a parameter is set to a number or a word")
        return result | {name: text for name, text in self.drawn.items() if name != "input"}

    def shape(self) -> str | None:
        """Return the input shape that replaces the spec's, if any; raises SpecError."""
        node = self.keys.node("input")
        if node is None or "input" in self.drawn:
            return self.drawn.get("input")
        parts = node.items if isinstance(node, Sequence) else [node]
        text = "x".join(part.text if isinstance(part, Scalar) else "?" for part in parts)
        if not _SHAPE.fullmatch(text):
            help = "write channels x height x width, such as 3x224x224, or a list"
            raise SpecError(Diagnostic(f"{quoted(text)} is not an input shape", node.span, help))
        return text.replace("×", "x")

    def network(self, rounding: str | None = None) -> Network:
        """Return the question's network; raises SpecError with the faults of its spec."""
        self.need_spec()
        changes = self.changes()
        if rounding:
            changes = changes._replace(rounding=rounding)
        return self.networks.network(self.place, changes)

    def changes(self) -> Changes:
        """Return what the question says of the network over and above its spec."""
        variant = self.keys.text("variant") or None
        return Changes(self.settings(), self.conventions.rounding, variant, self.shape())

    def given(self, network: Network) -> str:
        """Return a sentence with the network's input, where the question changes the network."""
        if not any(self.keys.node(key) for key in ("set", "input", "variant")):
            return ""
        shapes = [network.right.shapes[index] or () for index in network.graph.inputs]
        return f" The input is {' and '.join(map(show_shape, shapes))}."

    def need_spec(self) -> None:
        """Raise SpecError if the question names no network."""
        if not self.has_spec:
            named = ", ".join(self.networks.named)
            help = "add `spec: NAME`, or `specs:` with a single network at the top"
            help = f"add `spec: NAME`; the file names {named}" if named else help
            raise SpecError(Diagnostic("the question has no spec", self.mapping.span, help))

    def target(self, network: Network, key: str = "node") -> tuple[int, ...]:
        """Return the nodes that a key names: a node, the nodes of a scope, or none at all."""
        node = self.keys.node(key)
        return () if node is None else self.find(network, node)

    def find(self, network: Network, place: Node) -> tuple[int, ...]:
        """Return the nodes under a name; raises SpecError with the nearest name."""
        if not isinstance(place, Scalar):
            what = f"a node is named by one word, not {place.kind}"
            raise SpecError(Diagnostic(what, place.span, nodes_of(network)))
        found = tuple(network.graph.within(place.text))
        if not found:
            what = f"the network has no node {quoted(place.text)}"
            raise SpecError(Diagnostic(what, place.span, nodes_of(network, place.text)))
        return found

    def quantity(self, default: str = "") -> str:
        """Return the quantity asked for, under our own name."""
        word = self.keys.text("quantity", default)
        word = SYNONYMS.get(word, word)
        known = ("shape", "spatial", "receptive_field", *QUANTITIES)
        if word not in known:
            place = self.keys.node("quantity") or self.mapping
            meant = suggest(word, known) if word else None
            help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(known)
            what = f"there is no quantity `{word}`" if word else "the question needs `quantity`"
            raise SpecError(Diagnostic(what, place.span, help))
        return word

    def finish(
        self,
        kind: str,
        quantities: Collection[str],
        items: tuple[Item, ...],
        network: Network | None,
        text: str,
        example: Network | None = None,
        ranges: str = "",
    ) -> Question:
        """Return the question with its text and the conventions that matter for it.

        `example` is one of the networks that a question speaks of which has none of its own;
        `ranges` say which values an answer may have.
        """
        known = network or example
        nodes = {index for item in items for index in item.nodes}
        if known and not network:
            nodes = set(range(len(known.graph.nodes)))
        lines = stated(
            self.conventions, quantities, known.graph if known else None, nodes,
            whole=any(item.whole for item in items), unit=self.keys.text("unit"),
        )  # fmt: skip
        typed = self.keys.text("text").strip()
        own = typed or text
        lines = (ranges, *lines) if ranges and typed else lines
        for name, value in {**self.settings(), "input": self.shape() or ""}.items():
            own = own.replace("{" + name + "}", value)
        return Question(
            self.id, kind, self.points, own, items, lines, network, self.mapping.span,
            bool(typed),
        )  # fmt: skip


def nodes_of(network: Network, name: str = "") -> str:
    """Return the help for a name that is no node's: what was meant, or which nodes there are."""
    nodes = network.graph.nodes
    names = [*[node.name for node in nodes], *(network.graph.scopes or ())]
    meant = suggest(name, names) if name else None
    if meant:
        return f"did you mean `{meant}`?"
    few = [node.name for index, node in enumerate(nodes) if index not in network.graph.inputs]
    return "its nodes: " + ", ".join(few) if len(few) <= 12 else "`cnncalc show` lists the nodes"


def truth_of(
    reader: QuestionReader, network: Network, quantity: str, nodes: tuple[int, ...], place: Node
) -> Truth:
    """Return what is right for a quantity of some nodes; refuses what has no single answer.

    Raises SpecError at `place` where the quantity is not defined there.
    """
    world = network.right
    last = nodes[-1] if nodes else network.graph.outputs[0]
    if not nodes and quantity in ("shape", "spatial") and len(network.graph.outputs) > 1:
        raise _refused(place, "the network has several outputs", "name one by `node`")
    if quantity in ("shape", "spatial"):
        shape = world.shapes[last]
        if shape is None or (quantity == "spatial" and len(shape) < 2):
            raise _refused(place, "a flat vector has no spatial size", "ask for its shape")
        if quantity == "shape":
            return ShapeTruth(shape)
        return ShapeTruth(shape[1:], True, True, depth=shape[0])
    if quantity == "receptive_field":
        return field_truth(network, last, place)
    known = QUANTITIES[quantity]
    value = total(known, world, members(network, quantity, nodes), reader.conventions)
    if value is None:
        help = "ask for the shape, or for another quantity"
        raise _refused(place, f"`{quantity}` has no single value here", help)
    sizes = quantity.endswith("bytes")
    return NumberTruth(Fraction(value), sizes, _unit(reader) if sizes else "")


def _unit(reader: QuestionReader) -> str:
    """Return the unit of bytes that a question asks for; raises SpecError if there is none such."""
    node, word = reader.keys.node("unit"), reader.keys.text("unit")
    if node is not None and unit(word, sizes=True) is None:
        what = f"there is no unit {quoted(word)}"
        raise SpecError(Diagnostic(what, node.span, "write bytes, KB, MB, GB, KiB, MiB or GiB"))
    return word


def members(network: Network, quantity: str, nodes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the nodes over which a quantity is summed (or the single node it belongs to)."""
    known = QUANTITIES[quantity]
    graph = network.graph
    if not known.sums:
        return (nodes[-1] if nodes else graph.outputs[0],)
    if len(nodes) == 1:
        return nodes
    return counted(known, network.right, nodes or range(len(graph.nodes)))


def _refused(place: Node, message: str, help: str) -> SpecError:
    return SpecError(Diagnostic(message, place.span, help))


def plain_question(reader: QuestionReader, kind: str, quantity: str) -> Question:
    """Return a question for one quantity of a node, of a scope, or of the whole network."""
    network = reader.network()
    nodes = reader.target(network)
    place = reader.keys.node("node") or reader.mapping
    truth = truth_of(reader, network, quantity, nodes, place)
    name = reader.keys.text("node")
    whole = quantity in QUANTITIES and QUANTITIES[quantity].sums and len(nodes) != 1
    used = members(network, quantity, nodes) if quantity in QUANTITIES else nodes[-1:]
    used = used or (network.graph.outputs[0],)
    item = Item(
        reader.id, quantity, name, used, reader.points, truth, reader.holding(quantity),
        reader.rubric, whole,
    )  # fmt: skip
    layer = network.graph.nodes[used[-1]].layer
    text = ask(quantity, name, layer, whole, reader.keys.text("unit")) + reader.given(network)
    return reader.finish(kind, (quantity,), (item,), network, text)


def shape_question(reader: QuestionReader) -> Question:
    """Return a question for the shape of a node's output."""
    axes = reader.keys.word("axes", ("all", "spatial"), "all")
    return plain_question(reader, "shape", "spatial" if axes == "spatial" else "shape")


def field_question(reader: QuestionReader) -> Question:
    """Return a question for a node's receptive field on the input."""
    return plain_question(reader, "receptive_field", "receptive_field")


def integer_question(reader: QuestionReader) -> Question:
    """Return a question for a count."""
    quantity = reader.quantity()
    if quantity == "receptive_field":
        return plain_question(reader, "receptive_field", quantity)
    if quantity in ("shape", "spatial"):
        return plain_question(reader, "shape", quantity)
    return plain_question(reader, "integer", quantity)


def quantity_question(quantity: str) -> Callable[[QuestionReader], Question]:
    """Return the reader of the kind that is called like its quantity (`kind: params`)."""
    return lambda reader: plain_question(reader, "integer", quantity)
