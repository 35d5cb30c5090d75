"""Questions with options: one is computed to be right, or named by the instructor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import ascii_lowercase

from cnncalc.diagnostics import SpecError, quoted
from cnncalc.grading.answers import Unread, read_choice
from cnncalc.grading.conventions import stated
from cnncalc.grading.model import Item, Judged, Question, Truth
from cnncalc.grading.quantities import title_of
from cnncalc.grading.question_types.fits import fit_truth, fitting_node, read_fits
from cnncalc.grading.question_types.measured import measured, truth_of
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.yaml_keys import refused
from cnncalc.language.tree import Mapping, Scalar

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChoiceTruth(Truth):
    """The position of the right option among `choices` (label, text)."""

    index: int
    choices: Options

    form = "choice"
    differs = "another option is right"

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        reading = read_choice(raw, self.choices)
        if isinstance(reading, Unread):
            return reading
        if reading.position == self.index:
            return item.right(reading.shown)
        return Judged.wrong(reading.shown)

    def show(self, item: Item) -> str:
        return ": ".join(self.choices[self.index])

    def texts(self, item: Item) -> tuple[str, ...]:
        label, text = self.choices[self.index]
        return (text or label,)

    def offered(self, item: Item) -> tuple[str, ...]:
        texts = [text or label for label, text in self.choices]
        return tuple(texts[: self.index] + texts[self.index + 1 :])


def read_options(reader: QuestionReader) -> Question:
    """Return a question with options; exactly one of them is right."""
    options = _options(reader)
    if answer := reader.keys.text("answer"):
        found = read_choice(answer, options)
        if isinstance(found, Unread):
            help = "one of " + ", ".join(label for label, _ in options)
            raise refused(reader.at("answer"), found.problem, help)
        return reader.typed(ChoiceTruth(found.position, options))
    if extreme := reader.keys.word("pick", "", ("largest", "smallest")):
        return _extreme(reader, options, extreme)
    fits = reader.keys.text("quantity") == "fits"
    question = read_fits(reader) if fits else _computed(reader, reader.quantity("shape"))
    reasons = [question.items[0].judge(text).reason for _, text in options]
    right = [position for position, why in enumerate(reasons) if why in ("exact", "note")]
    return _chosen(reader, question, options, right)


def _computed(reader: QuestionReader, quantity: str) -> Question:
    """Return a question for a quantity of a node; some option will be right.

    Where a window on the way does not fit although it must, the option that says so is the right
    one, whatever quantity is asked for.
    """
    try:
        return measured(reader, quantity)
    except SpecError:
        network = reader.network(rounding="floor")
        index = fitting_node(reader, network)
        misfit = fit_truth(network, index, reader.at())
        if misfit.fits or reader.conventions.rounding != "strict":
            raise
    asked = measured(reader, quantity, network)
    item = reader.item(misfit, (index,), "fits")
    # Of the network in which windows are cut off the layers' own rounding would be said.
    return replace(asked, items=(item,), stated=stated(reader.conventions, (quantity,)))


def _extreme(reader: QuestionReader, options: Options, extreme: str) -> Question:
    """Return a question which of some nodes has most or least of a quantity."""
    network, quantity, place = reader.network(), reader.quantity(), reader.at("options")
    found = [reader.find(network, place, text) for _, text in options]
    truths = [truth_of(reader, network, quantity, nodes, place) for nodes in found]
    values = [truth.value for truth in truths if isinstance(truth, NumberTruth)]
    if len(values) < len(truths):
        raise refused(place, f"`{quantity}` cannot be compared")
    best = max(values) if extreme == "largest" else min(values)
    right = [position for position, value in enumerate(values) if value == best]
    text = f"Which layer has the {extreme} {title_of(quantity)}?"
    item = reader.item(NumberTruth(best), (), quantity)
    return _chosen(reader, reader.question(text, item, network=network), options, right)


def _chosen(
    reader: QuestionReader, question: Question, options: Options, right: list[int]
) -> Question:
    if len(right) != 1:
        what = "none of the options is right" if not right else "more than one option is right: "
        what += ", ".join(options[position][0] for position in right)
        help = "a question needs a unique answer: change the options, the node or the conventions"
        raise refused(reader.at("options"), what, help)
    item = replace(question.items[0], truth=ChoiceTruth(right[0], options))
    return replace(question, items=(item,))


def _options(reader: QuestionReader) -> Options:
    place = reader.at("options")
    if isinstance(place, Mapping) and place is not reader.mapping:
        pairs = [(label.text, value) for label, value in place.entries]
    else:
        nodes = reader.keys.items("options")
        pairs = [(ascii_lowercase[min(i, 25)], node) for i, node in enumerate(nodes)]
    if not 2 <= len(pairs) <= 26:
        raise refused(place, "a choice needs two to 26 options", "add `options: […]`")
    texts: list[str] = []
    for _, node in pairs:
        if not isinstance(node, Scalar):
            what = f"an option is a text, not {node.kind}"
            raise refused(node, what, "put the option between quotes")
        if node.text in texts:
            raise refused(node, f"the option {quoted(node.text)} stands twice", "leave one out")
        texts.append(node.text)
    return tuple(zip((label for label, _ in pairs), texts, strict=True))


CHOICE = QuestionType(
    "choice", read_options, "one of `options`; exactly one is computed to be right",
    ("node", "quantity", "options", "pick", "unit", "answer"),
)  # fmt: skip
