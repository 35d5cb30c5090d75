"""Reads one question of an assignment and computes what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from cnncalc.diagnostics import quoted
from cnncalc.grading.answers import show_number
from cnncalc.grading.assignment_keys import COMMON, NETWORK, question_keys
from cnncalc.grading.conventions import COUNTS, Conventions, Rubric, read_terms, stated
from cnncalc.grading.model import Item, Network, Question, Truth
from cnncalc.grading.networks import AssignmentNetworks, Changes
from cnncalc.grading.quantities import MEASURES, SYNONYMS
from cnncalc.grading.yaml_keys import KeyFaults, Keys, known_word, meant, refused
from cnncalc.language import tree

MAX_POINTS = Fraction(1_000_000)
#: What may be drawn beside parameters of specs: which numbers a network is run on.
NUMBERS = "numbers"
_SHAPE = re.compile(r"\d{1,9}(?:[x×]\d{1,9}){0,3}")


def show_shape(shape: tuple[int, ...], layout: str = "hwc") -> str:
    """Return a shape as a sheet prints it: channels last unless the layout is `chw`."""
    return "×".join(map(show_number, shape if layout == "chw" else (*shape[1:], shape[0])))


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """What all questions of a file are read with.

    `spec` is the network of questions that name none; `shared` are networks that several questions
    speak of, by name; `draws` are values drawn for a student, by question (or by `networks/NAME`).
    `questions` are all of the file.
    """

    networks: AssignmentNetworks
    conventions: Conventions
    rubric: Rubric
    spec: tree.Node | None
    faults: KeyFaults
    draws: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shared: Mapping[str, Keys] = field(default_factory=dict)
    questions: tuple[tree.Mapping, ...] = ()

    def drawn_for(self, question: tree.Mapping) -> dict[str, str]:
        """Return what was drawn for a question, and for the network that it shares."""
        name, spec = question.get("id"), question.get("spec")
        found: dict[str, str] = {}
        if isinstance(spec, tree.Scalar) and spec.text in self.shared:
            found.update(self.draws.get(f"networks/{spec.text}", {}))
        if isinstance(name, tree.Scalar):
            found.update(self.draws.get(name.text, {}))
        return found


def read_shared(name: str, node: tree.Node, faults: KeyFaults) -> Keys | None:
    """Return a network that questions share; None if it is no mapping."""
    if not isinstance(node, tree.Mapping):
        help = f"write `{name}: {{spec: net, draw: {{W: 24..64}}}}`"
        faults.add(node, f"a network is a mapping, not {node.kind}", help)
        return None
    return Keys(node, "a network", NETWORK, faults)


@dataclass(frozen=True, slots=True)
class QuestionType:
    """A kind of question: its name, how it is read, what it asks for, and keys of its own.

    `aliases` are other words for it; an error about one names the right word.
    """

    name: str
    read: Callable[[QuestionReader], Question]
    asks: str
    keys: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class QuestionReader:
    """One question on its way from its mapping; every fault is gathered with its place.

    `place` is where its network stands, or the question itself if it names none; `shared` are the
    keys of a network that several questions share, called `shared_name`.
    """

    def __init__(
        self, mapping: tree.Mapping, reading: QuestionContext, known: tuple[str, ...]
    ) -> None:
        self.mapping, self.reading = mapping, reading
        self.networks, self.faults = reading.networks, reading.faults
        self.keys = Keys(mapping, "a question", question_keys(known), self.faults, answerless=True)
        terms = read_terms(self.keys, reading.conventions, reading.rubric)
        self.conventions, self.rubric = terms
        self.id = self.keys.required("id", "every question has an id, such as `id: q1`")
        self.points = self.keys.share("points", Fraction(1), MAX_POINTS)
        self.drawn = reading.drawn_for(mapping)
        named = self.keys.node("spec")
        name = named.text if isinstance(named, tree.Scalar) else ""
        self.shared = reading.shared.get(name)
        self.shared_name = name if self.shared else ""
        if self.shared is not None:
            named = self.shared.node("spec")
        self.place: tree.Node = named or reading.spec or mapping

    def at(self, key: str = "node") -> tree.Node:
        """Return the place of a key, or that of the question where it has none."""
        return self.keys.node(key) or self.mapping

    def _of_network(self, key: str) -> tree.Node | None:
        """Return what is said of the network under a key; the question's own word counts."""
        return self.keys.node(key) or (self.shared.node(key) if self.shared else None)

    def settings(self) -> dict[str, str]:
        """Return the parameters that the question sets, as texts, those that were drawn too."""
        result: dict[str, str] = {}
        shared = self.shared.entries("set") if self.shared else []
        for name, value in (*shared, *self.keys.entries("set")):
            if isinstance(value, tree.Scalar) and value.text:
                result[name.text] = value.text
            else:
                self.faults.add(value, "a parameter is set to a number or a word")
        drawn = {name: text for name, text in self.drawn.items() if name != "input"}
        if NUMBERS in drawn and NUMBERS not in self.networks.parameters(self.place):
            del drawn[NUMBERS]
        return result | drawn

    def shape(self) -> str | None:
        """Return the input shape that replaces the spec's, if any; raises SpecError."""
        node = self._of_network("input")
        if node is None or "input" in self.drawn:
            return self.drawn.get("input")
        parts = node.items if isinstance(node, tree.Sequence) else [node]
        text = "x".join(part.text if isinstance(part, tree.Scalar) else "?" for part in parts)
        if not _SHAPE.fullmatch(text):
            help = "write channels x height x width, such as 3x224x224, or a list"
            raise refused(node, f"{quoted(text)} is not an input shape", help)
        return text.replace("×", "x")

    def changes(self) -> Changes:
        """Return what the question says of the network over and above its spec."""
        node = self._of_network("variant")
        variant = node.text if isinstance(node, tree.Scalar) else None
        return Changes(self.settings(), self.conventions.rounding, variant, self.shape())

    def need_spec(self) -> None:
        """Raise SpecError if the question names no network."""
        if self.place is self.mapping:
            named = ", ".join(self.networks.named)
            help = f"the file names {named}" if named else "or `specs:` with one network"
            raise refused(self.mapping, "the question has no spec", f"add `spec: NAME`; {help}")

    def network(self, rounding: str | None = None) -> Network:
        """Return the question's network; raises SpecError with the faults of its spec."""
        self.need_spec()
        changes = self.changes()
        if rounding is not None:
            changes = changes._replace(rounding=rounding)
        return self.networks.network(self.place, changes)

    def given(self, network: Network) -> str:
        """Return a sentence with the network's input, where the question changes the network."""
        if not any(self._of_network(key) for key in ("set", "input", "variant")):
            return ""
        shapes = [network.right.shapes[index] or () for index in network.graph.inputs]
        return f" The input is {' and '.join(map(show_shape, shapes))}."

    def target(self, network: Network) -> tuple[int, ...]:
        """Return the nodes that `node` names: a node, the nodes of a scope, or none at all."""
        node = self.keys.node("node")
        return () if node is None else self.find(network, node)

    def find(self, network: Network, place: tree.Node, name: str = "") -> tuple[int, ...]:
        """Return the nodes under a name; raises SpecError with the nearest name."""
        name = name or (place.text if isinstance(place, tree.Scalar) else "")
        if not name:
            raise refused(place, f"a node is named by one word, not {place.kind}")
        found = tuple(network.graph.within(name))
        if not found:
            nodes = network.graph.nodes
            names = [*[node.name for node in nodes], *(network.graph.scopes or ())]
            layers = [one.name for i, one in enumerate(nodes) if i not in network.graph.inputs]
            few = "its nodes: " + ", ".join(layers)
            help = meant(name, names, {}, few if len(layers) <= 12 else "see `cnncalc show`")
            raise refused(place, f"the network has no node {quoted(name)}", help)
        return found

    def quantity(self, default: str = "") -> str:
        """Return the quantity asked for, under our own name."""
        word = self.keys.text("quantity", default)
        word = SYNONYMS.get(word, word)
        what = f"there is no quantity `{word}`" if word else "the question needs `quantity`"
        return known_word(self.at("quantity"), word, MEASURES, what)

    def item(
        self,
        quantity: str,
        truth: Truth,
        target: str = "",
        nodes: tuple[int, ...] = (),
        *,
        whole: bool = False,
        tolerance: Fraction | None = None,
    ) -> Item:
        """Return the one thing that a question asks for, with everything that it earns.

        A `tolerance` of its own holds whatever it is; that of the conventions for counts alone.
        """
        conventions = self.conventions
        if tolerance is None:
            tolerance = conventions.tolerance if quantity in COUNTS else Fraction(0)
        if tolerance != conventions.tolerance:
            conventions = replace(conventions, tolerance=tolerance)
        return Item(
            self.id, quantity, target, nodes, self.points, truth, conventions, self.rubric, whole
        )

    def typed(self, kind: str, truth: Truth, tolerance: Fraction | None = None) -> Question:
        """Return a question about no network; raises SpecError without a text to be read."""
        text = self.keys.text("text").strip()
        if not text:
            help = "add what students read, such as `text: Why is a pool used here?`"
            raise refused(self.mapping, "the question needs `text`", help)
        item = self.item("typed", truth, tolerance=tolerance)
        return self.finish(kind, (), (item,), None, text)

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

        `example` is one of the networks that a question speaks of if it has none of its own;
        `ranges` say which values an answer may have.
        """
        shown = network or example
        graph = shown.graph if shown else None
        nodes = {index for item in items for index in item.nodes}
        lines = stated(
            self.conventions, quantities, graph,
            range(len(graph.nodes)) if graph and not network else nodes,
            whole=any(item.whole for item in items), unit=self.keys.text("unit"),
        )  # fmt: skip
        own = self.keys.text("text").strip()
        text = own or text
        for name, value in {**self.settings(), "input": self.shape() or ""}.items():
            text = text.replace("{" + name + "}", value)
        lines = (ranges, *lines) if ranges and own else lines
        visibility = self.keys.word("visibility", COMMON["visibility"].choices, "")
        return Question(
            self.id, kind, self.points, text, items, lines, network, self.mapping.span, bool(own),
            visibility,
        )  # fmt: skip
