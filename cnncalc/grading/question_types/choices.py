"""The kinds of questions with a few possible answers: choices, fits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError, quoted
from cnncalc.grading.conventions import stated
from cnncalc.grading.marking.compare import judge
from cnncalc.grading.marking.misconceptions.layers import window_of
from cnncalc.grading.model import (
    ChoiceTruth,
    FitTruth,
    Item,
    Network,
    NumberTruth,
    Question,
    Truth,
)
from cnncalc.grading.quantities import QUANTITIES
from cnncalc.grading.question_types.question import QuestionReader, members, nodes_of, truth_of
from cnncalc.grading.question_types.wording import ask, describe, show_shape
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def fits_question(reader: QuestionReader) -> Question:
    """Return a question whether the window of a node fits its input exactly."""
    reader.need_spec()
    network = reader.network(rounding="floor")
    nodes = reader.target(network)
    place = reader.keys.node("node") or reader.mapping
    index = nodes[-1] if nodes else _last_window(network, place)
    truth = fit_truth(network, index, place)
    node = network.graph.nodes[index]
    item = Item(
        reader.id, "fits", node.name, (index,), reader.points, truth, reader.conventions,
        reader.rubric,
    )  # fmt: skip
    read = show_shape((network.right.inputs[index] or ((),))[0])
    text = f"Does the window of `{node.name}` ({describe(node.layer)})"
    text += f" fit its input of {read} exactly?"
    return reader.finish("fits", ("fits",), (item,), network, text)


def _last_window(network: Network, place: Node) -> int:
    for index in range(len(network.graph.nodes) - 1, -1, -1):
        if window_of(network.right.layers[index], network.right.inputs[index] or ()):
            return index
    raise SpecError(Diagnostic("no layer of the network has a window", place.span))


def fit_truth(network: Network, index: int, place: Node) -> FitTruth:
    """Return whether the windows of a node fit, and the unrounded lengths of its output."""
    layer, inputs = network.right.layers[index], network.right.inputs[index] or ()
    windows = window_of(layer, inputs)
    if windows is None or layer.keyword == "conv_transpose":
        help = "name a convolution or a pool by `node`"
        raise SpecError(
            Diagnostic("this layer has no window that could fit or not", place.span, help)
        )
    values = tuple(
        Fraction(length + window.before + window.after - window.extent, window.stride) + 1
        for length, window in zip(inputs[0][1:], windows, strict=True)
    )
    return FitTruth(all(value.denominator == 1 for value in values), values)


def choice_question(reader: QuestionReader) -> Question:
    """Return a question with options of which exactly one is computed to be right."""
    options = _options(reader)
    extreme = reader.keys.word("pick", ("equal", "largest", "smallest"), "equal")
    if extreme != "equal":
        return _extreme_question(reader, options, reader.quantity(), extreme == "largest")
    if reader.keys.text("quantity") == "fits":
        question = fits_question(reader)
    else:
        question = _quantity_choice(reader, reader.quantity("shape"))
    item = question.items[0]
    judged = [judge(item, text) for _, text in options]
    right = [
        position
        for position, found in enumerate(judged)
        if found.verdict in ("accept", "accept_note") and found.reason != "order"
    ]
    return _chosen(reader, question, options, right)


def _quantity_choice(reader: QuestionReader, word: str) -> Question:
    """Return a question for a quantity of a node, of which some option will be right.

    Where the window does not fit although it must, the option that says so is the right one.
    """
    misfit = _misfits(reader)
    network = reader.network(rounding="floor" if misfit else None)
    nodes = reader.target(network)
    place = reader.keys.node("node") or reader.mapping
    if misfit:
        used: tuple[int, ...] = nodes[-1:] or (_last_window(network, place),)
        truth: Truth = fit_truth(network, used[0], place)
    else:
        truth = truth_of(reader, network, word, nodes, place)
        used = members(network, word, nodes) if word in QUANTITIES else nodes[-1:]
        used = used or (network.graph.outputs[0],)
    name = reader.keys.text("node")
    item = Item(
        reader.id, "fits" if misfit else word, name, used, reader.points, truth,
        reader.holding(word), reader.rubric,
    )  # fmt: skip
    layer = network.graph.nodes[used[-1]].layer
    text = ask(word, name, layer, not nodes) + reader.given(network)
    question = reader.finish("choice", (word,), (item,), network, text)
    strict = stated(reader.conventions, (word,)) if misfit else question.stated
    return replace(question, stated=strict)


def _misfits(reader: QuestionReader) -> bool:
    """Tell whether a window on the way does not fit where that is an error.

    The option that says so is the right one then, whatever quantity is asked for.
    """
    if reader.conventions.rounding != "strict":
        return False
    try:
        reader.network()
    except SpecError:
        network = reader.network(rounding="floor")
        nodes = reader.target(network)
        place = reader.keys.node("node") or reader.mapping
        index = nodes[-1] if nodes else _last_window(network, place)
        return not fit_truth(network, index, place).fits
    return False


def _chosen(
    reader: QuestionReader,
    question: Question,
    options: tuple[tuple[str, str], ...],
    right: list[int],
) -> Question:
    place = reader.keys.node("options") or reader.mapping
    if len(right) != 1:
        shown = "none of the options is right" if not right else "more than one option is right: "
        shown += ", ".join(options[position][0] for position in right)
        help = "a question needs a unique answer: change the options, the node or the conventions"
        raise SpecError(Diagnostic(shown, place.span, help))
    item = replace(question.items[0], truth=ChoiceTruth(right[0], options))
    return replace(question, kind="choice", items=(item,))


def _options(reader: QuestionReader) -> tuple[tuple[str, str], ...]:
    place = reader.keys.node("options")
    if isinstance(place, Mapping):
        pairs = [(label.text, value) for label, value in place.entries]
    else:
        nodes = reader.keys.items("options")
        pairs = [(_LETTERS[min(i, 25)], node) for i, node in enumerate(nodes)]
    if not 2 <= len(pairs) <= 26:
        where = (place or reader.mapping).span
        raise SpecError(Diagnostic("a choice needs two to 26 options", where, "add `options: […]`"))
    result: list[tuple[str, str]] = []
    for label, node in pairs:
        if not isinstance(node, Scalar):
            help = "put the option between quotes"
            raise SpecError(Diagnostic(f"an option is a text, not {node.kind}", node.span, help))
        if any(text == node.text for _, text in result):
            what = f"the option {quoted(node.text)} stands twice"
            raise SpecError(Diagnostic(what, node.span, "leave one of them out"))
        result.append((label, node.text))
    return tuple(result)


def _extreme_question(
    reader: QuestionReader, options: tuple[tuple[str, str], ...], quantity: str, largest: bool
) -> Question:
    """Return a question which of some nodes has most or least of a quantity."""
    network = reader.network()
    place = reader.keys.node("options") or reader.mapping
    values = []
    for _, text in options:
        nodes = tuple(network.graph.within(text))
        if not nodes:
            what = f"the network has no node {quoted(text)}, and the options name nodes here"
            raise SpecError(Diagnostic(what, place.span, nodes_of(network, text)))
        truth = truth_of(reader, network, quantity, nodes, place)
        if not isinstance(truth, NumberTruth):
            raise SpecError(Diagnostic(f"`{quantity}` cannot be compared", place.span))
        values.append(truth.value)
    best = max(values) if largest else min(values)
    right = [position for position, value in enumerate(values) if value == best]
    item = Item(
        reader.id, quantity, "", (), reader.points, NumberTruth(best), reader.conventions,
        reader.rubric,
    )  # fmt: skip
    word = "largest" if largest else "smallest"
    text = f"Which layer has the {word} {QUANTITIES[quantity].title}?"
    question = reader.finish("choice", (quantity,), (item,), network, text)
    return _chosen(reader, question, options, right)
