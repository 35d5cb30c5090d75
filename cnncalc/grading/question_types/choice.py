"""Questions with options: one is computed to be right, or named by the instructor."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnncalc.diagnostics import SpecError, quoted
from cnncalc.grading.answers import Unread, read_choice
from cnncalc.grading.conventions import stated
from cnncalc.grading.judgement import ONE, Judged, unread, wrong
from cnncalc.grading.model import Item, Question, Truth
from cnncalc.grading.quantities import title_of
from cnncalc.grading.question_types.fits import fit_truth, fitting_node, read_fits
from cnncalc.grading.question_types.measured import ask, members, truth_of
from cnncalc.grading.question_types.question import QuestionReader, QuestionType, nodes_of
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.yaml_keys import refused
from cnncalc.language.tree import Mapping, Scalar

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChoiceTruth(Truth):
    """The position of the right option among `options` (label, text)."""

    index: int
    options: Options

    form = "choice"
    differs = "another option is right"

    @property
    def choices(self) -> Options:
        """The options to choose from, as label and text."""
        return self.options

    def judge(self, item: Item, raw: str) -> Judged:
        """Return whether the right option was picked."""
        reading = read_choice(raw, self.options)
        if isinstance(reading, Unread):
            return unread(reading)
        if reading.position == self.index:
            return Judged("accept", "exact", reading.shown, ONE)
        return wrong(reading.shown)

    def show(self, item: Item) -> str:
        """Return label and text of the right option."""
        return ": ".join(self.options[self.index])

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return the right option."""
        label, text = self.options[self.index]
        return (text or label,)

    def offered(self, item: Item) -> tuple[str, ...]:
        """Return the others."""
        others = self.options[: self.index] + self.options[self.index + 1 :]
        return tuple([text or label for label, text in others])


def read_options(reader: QuestionReader) -> Question:
    """Return a question with options; exactly one of them is right."""
    options = _options(reader)
    if reader.keys.node("answer") is not None:
        return _named(reader, options)
    extreme = reader.keys.word("pick", ("equal", "largest", "smallest"), "equal")
    if extreme != "equal":
        return _extreme(reader, options, extreme)
    if reader.keys.text("quantity") == "fits":
        question = read_fits(reader)
    else:
        question = _computed(reader, reader.quantity("shape"))
    item = question.items[0]
    judged = [item.truth.judge(item, text) for _, text in options]
    right = [
        position
        for position, found in enumerate(judged)
        if found.verdict in ("accept", "accept_note") and found.reason != "order"
    ]
    return _chosen(reader, question, options, right)


def _named(reader: QuestionReader, options: Options) -> Question:
    """Return a question for which the instructor says which option is right."""
    found = read_choice(reader.keys.text("answer"), options)
    if isinstance(found, Unread):
        labels = ", ".join(label for label, _ in options)
        raise refused(reader.at("answer"), found.problem, f"one of {labels}")
    return reader.typed("choice", ChoiceTruth(found.position, options))


def _computed(reader: QuestionReader, word: str) -> Question:
    """Return a question for a quantity of a node; some option will be right.

    Where a window on the way does not fit although it must, the option that says so is the right
    one, whatever quantity is asked for.
    """
    try:
        network, misfit = reader.network(), None
    except SpecError:
        network = reader.network(rounding="floor")
        used: tuple[int, ...] = (fitting_node(reader, network),)
        misfit = fit_truth(network, used[0], reader.at())
        if misfit.fits or reader.conventions.rounding != "strict":
            raise
    nodes, name = reader.target(network), reader.keys.text("node")
    truth: Truth | None = misfit
    if truth is None:
        truth = truth_of(reader, network, word, nodes, reader.at())
        used = members(network, word, nodes)
    item = reader.item("fits" if misfit else word, truth, name, used)
    layer = network.graph.nodes[used[-1]].layer
    text = ask(word, name, layer, not nodes) + reader.given(network)
    question = reader.finish("choice", (word,), (item,), network, text)
    # Of the network in which windows are cut off the layers' own rounding would be said.
    return replace(question, stated=stated(reader.conventions, (word,))) if misfit else question


def _chosen(
    reader: QuestionReader, question: Question, options: Options, right: list[int]
) -> Question:
    if len(right) != 1:
        what = "none of the options is right" if not right else "more than one option is right: "
        what += ", ".join(options[position][0] for position in right)
        help = "a question needs a unique answer: change the options, the node or the conventions"
        raise refused(reader.at("options"), what, help)
    item: Item = replace(question.items[0], truth=ChoiceTruth(right[0], options))
    return replace(question, kind="choice", items=(item,))


def _options(reader: QuestionReader) -> Options:
    place = reader.keys.node("options")
    if isinstance(place, Mapping):
        pairs = [(label.text, value) for label, value in place.entries]
    else:
        nodes = reader.keys.items("options")
        pairs = [(_LETTERS[min(i, 25)], node) for i, node in enumerate(nodes)]
    if not 2 <= len(pairs) <= 26:
        raise refused(
            reader.at("options"), "a choice needs two to 26 options", "add `options: […]`"
        )
    result: list[tuple[str, str]] = []
    for label, node in pairs:
        if not isinstance(node, Scalar):
            what = f"an option is a text, not {node.kind}"
            raise refused(node, what, "put the option between quotes")
        if any(text == node.text for _, text in result):
            what = f"the option {quoted(node.text)} stands twice"
            raise refused(node, what, "leave one of them out")
        result.append((label, node.text))
    return tuple(result)


def _extreme(reader: QuestionReader, options: Options, extreme: str) -> Question:
    """Return a question which of some nodes has most or least of a quantity."""
    network, quantity, place = reader.network(), reader.quantity(), reader.at("options")
    values = []
    for _, text in options:
        nodes = tuple(network.graph.within(text))
        if not nodes:
            what = f"the network has no node {quoted(text)}, and the options name nodes here"
            raise refused(place, what, nodes_of(network, text))
        truth = truth_of(reader, network, quantity, nodes, place)
        if not isinstance(truth, NumberTruth):
            raise refused(place, f"`{quantity}` cannot be compared")
        values.append(truth.value)
    best = max(values) if extreme == "largest" else min(values)
    right = [position for position, value in enumerate(values) if value == best]
    item = reader.item(quantity, NumberTruth(best))
    text = f"Which layer has the {extreme} {title_of(quantity)}?"
    question = reader.finish("choice", (quantity,), (item,), network, text)
    return _chosen(reader, question, options, right)


CHOICE = QuestionType(
    "choice",
    read_options,
    "one of `options`; exactly one is computed to be right",
    ("node", "quantity", "options", "pick", "unit", "answer"),
)
