"""Questions whether the window of a layer fits its input exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.grading.answers import Unread, read_fit, show_number
from cnncalc.grading.judgement import ONE, Judged, unread, wrong
from cnncalc.grading.model import Item, Network, Question, Truth
from cnncalc.grading.question_types.question import QuestionReader, QuestionType, show_shape
from cnncalc.grading.yaml_keys import refused
from cnncalc.layers.window import Windowed

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

_WORDS = ("fits exactly", "does not fit exactly")


@dataclass(frozen=True, slots=True)
class FitTruth(Truth):
    """Whether windows fit exactly: `value` is the unrounded output length per axis."""

    fits: bool
    value: tuple[Fraction, ...]

    form = "choice"

    def judge(self, item: Item, raw: str) -> Judged:
        """Return how a yes or no compares, or the number that shows it."""
        reading = read_fit(raw, item.conventions.decimal_mark)
        if isinstance(reading, Unread):
            return unread(reading)
        if reading.fits is self.fits:
            return Judged("accept", "exact", reading.shown, ONE)
        if reading.fits is not None:
            return wrong(reading.shown)
        broken = next((v for v in self.value if v.denominator != 1), self.value[0])
        if reading.value is not None and abs(reading.value - broken) < Fraction(1, 100):
            notes = ("the value is right; say whether it fits",)
            return Judged("accept_note", "note", reading.shown, item.rubric.note, notes)
        if not self.fits and reading.value == broken.__floor__():
            note = "this is the size rounded down; the question is whether the window fits exactly"
            return wrong(reading.shown, note)
        return wrong(reading.shown)

    def show(self, item: Item) -> str:
        """Return whether it fits, and the length that shows it."""
        values = "×".join(dict.fromkeys(show_number(value) for value in self.value))
        return f"fits ({values})" if self.fits else f"does not fit ({values})"

    @property
    def differs(self) -> str:
        """What the size is."""
        return "the size is " + ("a whole number" if self.fits else "no whole number")

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return the right one of the two options."""
        return (_WORDS[not self.fits],)

    def offered(self, item: Item) -> tuple[str, ...]:
        """Return the other one."""
        return (_WORDS[self.fits],)


def fit_truth(network: Network, index: int, place: Node) -> FitTruth:
    """Return whether the windows of a node fit, and the unrounded lengths of its output."""
    right = network.right
    windows, inputs = right.windows(index), right.inputs[index]
    if windows is None or not inputs or not isinstance(right.layers[index], Windowed):
        help = "name a convolution or a pool by `node`"
        raise refused(place, "this layer has no window that could fit or not", help)
    values = tuple(
        Fraction(length + window.before + window.after - window.extent, window.stride) + 1
        for length, window in zip(inputs[0][1:], windows, strict=True)
    )
    return FitTruth(all(value.denominator == 1 for value in values), values)


def with_windows(network: Network) -> list[int]:
    """Return the nodes whose windows could fit or not."""
    layers = network.right.layers
    return [
        index
        for index, layer in enumerate(layers)
        if isinstance(layer, Windowed) and network.right.windows(index) is not None
    ]


def loses_nothing(network: Network, place: Node) -> bool:
    """Tell whether every window of a network fits its input exactly."""
    return all(fit_truth(network, index, place).fits for index in with_windows(network))


def fitting_node(reader: QuestionReader, network: Network) -> int:
    """Return the node that a question names, or the last one that has a window."""
    nodes = reader.target(network) or tuple(with_windows(network))
    if not nodes:
        raise refused(reader.at(), "no layer of the network has a window")
    return nodes[-1]


def read_fits(reader: QuestionReader) -> Question:
    """Return a question whether the window of a node fits its input exactly."""
    network = reader.network(rounding="floor")
    index = fitting_node(reader, network)
    node = network.graph.nodes[index]
    item = reader.item("fits", fit_truth(network, index, reader.at()), node.name, (index,))
    read = show_shape((network.right.inputs[index] or ((),))[0])
    text = f"Does the window of `{node.name}` ({node.layer.in_words()})"
    text += f" fit its input of {read} exactly?"
    return reader.finish("fits", ("fits",), (item,), network, text)


FITS = QuestionType("fits", read_fits, "does the window fit exactly?", ("node",))
