"""Reads one question of an assignment; what its kind adds is what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from cnncalc.diagnostics import quoted
from cnncalc.grading.assignment_keys import COMMON, QUESTION
from cnncalc.grading.conventions import COUNTS, Conventions, Rubric, read_terms, stated
from cnncalc.grading.model import Item, Network, Question, Truth
from cnncalc.grading.networks import AssignmentNetworks, Changes
from cnncalc.grading.quantities import MEASURES, SYNONYMS, printed_shape
from cnncalc.grading.yaml_keys import KeyFaults, Keys, Table, known_word, meant, refused, word_of
from cnncalc.language import tree

MAX_POINTS = Fraction(1_000_000)
#: What may be drawn beside parameters of specs: which numbers a network is run on.
NUMBERS = "numbers"
_SHAPE = re.compile(r"\d{1,9}(?:[x×]\d{1,9}){0,3}")


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
        spec = word_of(question.get("spec"))
        shared = self.draws.get(f"networks/{spec}", {}) if spec in self.shared else {}
        return {**shared, **self.draws.get(word_of(question.get("id")), {})}


@dataclass(frozen=True, slots=True)
class QuestionType:
    """A kind of question: its name, how it is read, what it asks for, and its keys.

    `keys` are those of `QUESTION` that it has, `own` further ones with their meaning.
    """

    name: str
    read: Callable[[QuestionReader], Question]
    asks: str
    keys: tuple[str, ...] = ()
    own: Table = field(default_factory=dict)

    @property
    def known(self) -> Table:
        """All keys of such a question."""
        return {**COMMON, **{name: QUESTION[name] for name in self.keys}, **self.own}


class QuestionReader:
    """One question on its way from its mapping; every fault is gathered with its place.

    `shared` are the keys of a network that several questions share, called `shared_name`.
    """

    def __init__(self, mapping: tree.Mapping, reading: QuestionContext, kind: QuestionType) -> None:
        self.mapping, self.reading, self.kind = mapping, reading, kind.name
        self.networks, self.faults = reading.networks, reading.faults
        self.keys = Keys(mapping, "a question", kind.known, self.faults, answerless=True)
        terms = read_terms(self.keys, reading.conventions, reading.rubric)
        self.conventions, self.rubric = terms
        self.id = self.keys.required("id", "every question has an id, such as `id: q1`")
        self.points = self.keys.share("points", Fraction(1), MAX_POINTS)
        self.drawn = reading.drawn_for(mapping)
        named = self.keys.node("spec")
        name = word_of(named)
        self.shared = reading.shared.get(name)
        self.shared_name = name if self.shared else ""
        self._spec = (self.shared.node("spec") if self.shared else named) or reading.spec

    def at(self, key: str = "node") -> tree.Node:
        """Return the place of a key, or that of the question where it has none."""
        return self.keys.node(key) or self.mapping

    @property
    def spec(self) -> tree.Node:
        """The place of the question's network; raises SpecError if it names none."""
        if self._spec is None:
            named = ", ".join(self.networks.named)
            help = f"the file names {named}" if named else "or `specs:` with one network"
            raise refused(self.mapping, "the question has no spec", f"add `spec: NAME`; {help}")
        return self._spec

    def _of_network(self, key: str) -> tree.Node | None:
        """Return what is said of the network under a key; the question's own word counts."""
        return self.keys.node(key) or (self.shared.node(key) if self.shared else None)

    def settings(self) -> dict[str, str]:
        """Return the parameters that the question sets, as texts, those that were drawn too."""
        result: dict[str, str] = {}
        shared = self.shared.entries("set") if self.shared else []
        for name, value in (*shared, *self.keys.entries("set")):
            result[name.text] = word_of(value)
            if not result[name.text]:
                self.faults.add(value, "a parameter is set to a number or a word")
        drawn = {name: text for name, text in self.drawn.items() if name != "input"}
        if NUMBERS in drawn and NUMBERS not in self.networks.parameters(self.spec):
            del drawn[NUMBERS]
        return result | drawn

    def shape(self) -> str | None:
        """Return the input shape that replaces the spec's, if any; raises SpecError."""
        node = self._of_network("input")
        if node is None or "input" in self.drawn:
            return self.drawn.get("input")
        parts = node.items if isinstance(node, tree.Sequence) else [node]
        text = "x".join(word_of(part) or "?" for part in parts)
        if not _SHAPE.fullmatch(text):
            help = "write channels x height x width, such as 3x224x224, or a list"
            raise refused(node, f"{quoted(text)} is not an input shape", help)
        return text.replace("×", "x")

    def changes(self) -> Changes:
        """Return what the question says of the network over and above its spec."""
        variant = word_of(self._of_network("variant")) or None
        return Changes(self.settings(), self.conventions.rounding, variant, self.shape())

    def network(self, rounding: str | None = None) -> Network:
        """Return the question's network; raises SpecError with the faults of its spec."""
        place, changes = self.spec, self.changes()
        if rounding is not None:
            changes = changes._replace(rounding=rounding)
        return self.networks.network(place, changes)

    def given(self, network: Network) -> str:
        """Return a sentence with the network's input, where the question changes the network."""
        if not any(self._of_network(key) for key in ("set", "input", "variant")):
            return ""
        shapes = [network.right.shapes[index] or () for index in network.graph.inputs]
        return f" The input is {' and '.join(map(printed_shape, shapes))}."

    def target(self, network: Network) -> tuple[int, ...]:
        """Return the nodes that `node` names: a node, the nodes of a scope, or none at all."""
        node = self.keys.node("node")
        return () if node is None else self.find(network, node)

    def find(self, network: Network, place: tree.Node, name: str = "") -> tuple[int, ...]:
        """Return the nodes under a name; raises SpecError with the nearest name."""
        name = name or word_of(place)
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
        node = self.keys.node("quantity")
        if node is None and not default:
            raise refused(self.mapping, "the question needs `quantity`", "such as `params`")
        return default if node is None else known_word(node, "quantity", MEASURES, SYNONYMS)

    def item(
        self,
        truth: Truth,
        nodes: tuple[int, ...] = (),
        quantity: str = "",
        *,
        whole: bool = False,
        tolerance: Fraction | None = None,
    ) -> Item:
        """Return what is answered and marked: a quantity (as a rule the kind's own) of nodes.

        A `tolerance` of its own holds whatever it is; that of the conventions for counts alone.
        """
        conventions, quantity = self.conventions, quantity or self.kind
        if tolerance is None:
            tolerance = conventions.tolerance if quantity in COUNTS else Fraction(0)
        if tolerance != conventions.tolerance:
            conventions = replace(conventions, tolerance=tolerance)
        return Item(self.id, quantity, nodes, self.points, truth, conventions, self.rubric, whole)

    def cell(self, item: Item, row: str, column: str, cells: int) -> Item:
        """Return an item as one cell of a table of so many."""
        name, share = f"{self.id}/{row}/{column}", self.points / cells
        return replace(item, id=name, points=share, row=row, column=column)

    def typed(self, truth: Truth, tolerance: Fraction | None = None) -> Question:
        """Return a question about no network; raises SpecError without a text to be read."""
        if not self.keys.text("text").strip():
            help = "add what students read, such as `text: Why is a pool used here?`"
            raise refused(self.mapping, "the question needs `text`", help)
        return self.question("", self.item(truth, tolerance=tolerance))

    def question(
        self,
        text: str,
        *items: Item,
        network: Network | None = None,
        kind: str = "",
        asks: Collection[str] = (),
        example: Network | None = None,
        ranges: str = "",
        written: str = "",
    ) -> Question:
        """Return the question; `text` is what students read unless the file has its own.

        `asks` are quantities whose conventions are stated, as a rule those of the items. `example`
        is one of the networks that a question speaks of if it has none of its own; `ranges` say
        which values an answer may have; `written` is the network in lines, if it has no values yet.
        """
        shown = network or example
        graph = shown.graph if shown else None
        nodes = {index for item in items for index in item.nodes}
        lines = stated(
            self.conventions, asks or {item.quantity for item in items}, graph,
            range(len(graph.nodes)) if graph and not network else nodes,
            whole=any(item.whole for item in items), unit=self.keys.text("unit"),
        )  # fmt: skip
        own = self.keys.text("text").strip()
        text = own or text
        for name, value in {**self.settings(), "input": self.shape() or ""}.items():
            text = text.replace("{" + name + "}", value)
        lines = (ranges, *lines) if ranges and own else lines
        visibility = self.keys.word("visibility", "")
        return Question(
            self.id, kind or self.kind, self.points, text, items, lines, network,
            self.mapping.span, bool(own), visibility, written,
        )  # fmt: skip
