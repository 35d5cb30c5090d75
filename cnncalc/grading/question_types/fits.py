"""Questions whether the window of a layer fits its input exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnncalc.geometry import Window
from cnncalc.grading.answers import Unread, read_fit, show_number
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.model import Item, Judged, Network, Question, Truth
from cnncalc.grading.quantities import printed_shape
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import refused
from cnncalc.language import tree
from cnncalc.layers.window import Windowed

_WORDS = ("fits exactly", "does not fit exactly")


@dataclass(frozen=True, slots=True)
class FitTruth(Truth):
    """Whether windows fit exactly: `lengths` are those of the output before they are rounded.

    `steps` lead to them, a line for each.
    """

    lengths: tuple[Fraction, ...]
    steps: tuple[str, ...] = ()

    form = "choice"

    @property
    def fits(self) -> bool:
        """Whether all lengths are whole."""
        return all(length.denominator == 1 for length in self.lengths)

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        reading = read_fit(raw, item.conventions.decimal_mark)
        if isinstance(reading, Unread):
            return reading
        if reading.fits is self.fits:
            return item.right(reading.shown)
        broken = next((one for one in self.lengths if one.denominator != 1), self.lengths[0])
        value = reading.value if reading.fits is None else None
        if value is not None and abs(value - broken) < Fraction(1, 100):
            return item.right(reading.shown, ("the value is right; say whether it fits",))
        return Judged.wrong(reading.shown)

    def show(self, item: Item) -> str:
        lengths = "×".join(dict.fromkeys(map(show_number, self.lengths)))
        return f"fits ({lengths})" if self.fits else f"does not fit ({lengths})"

    @property
    def differs(self) -> str:
        return "the size is " + ("a whole number" if self.fits else "no whole number")

    def working(self, item: Item) -> list[str]:
        return list(self.steps)

    def texts(self, item: Item) -> tuple[str, ...]:
        return (_WORDS[not self.fits],)

    def offered(self, item: Item) -> tuple[str, ...]:
        return (_WORDS[self.fits],)


def sliding(network: BelievedNetwork, index: int) -> list[tuple[int, Window]]:
    """Return the lengths that the windows of a node slide over, each with its window."""
    inputs, windows = network.inputs[index], network.windows(index)
    if not inputs or windows is None or not isinstance(network.layers[index], Windowed):
        return []
    return list(zip(inputs[0][1:], windows, strict=False))


def _quotient(length: int, window: Window) -> Fraction:
    """Return the length of an output before it is rounded."""
    return Fraction(length + window.before + window.after - window.extent, window.stride) + 1


def _step(length: int, window: Window) -> str:
    padding = f" + {window.before} + {window.after}" if window.before or window.after else ""
    value = show_number(_quotient(length, window))
    return f"({length}{padding} - {window.extent})/{window.stride} + 1 = {value}"


def window_fits(network: BelievedNetwork, index: int) -> bool:
    """Tell whether the windows of a node, if it has any, leave no pixels over."""
    return all(_quotient(*axis).denominator == 1 for axis in sliding(network, index))


def loses_nothing(network: BelievedNetwork) -> bool:
    """Tell whether every window of a network fits its input exactly."""
    return all(window_fits(network, index) for index in range(len(network.layers)))


def fit_truth(network: Network, index: int, place: tree.Node) -> FitTruth:
    """Return whether the windows of a node fit; raises SpecError at `place` if it has none."""
    axes = sliding(network.right, index)
    if not axes:
        help = "name a convolution or a pool by `node`"
        raise refused(place, "this layer has no window that could fit or not", help)
    steps = dict.fromkeys(_step(*axis) for axis in axes)
    return FitTruth(tuple([_quotient(*axis) for axis in axes]), tuple(steps))


def fitting_node(reader: QuestionReader, network: Network) -> int:
    """Return the node that a question names, or the last one that has a window."""
    every = range(len(network.graph.nodes))
    nodes = reader.target(network) or [i for i in every if sliding(network.right, i)]
    if not nodes:
        raise refused(reader.at(), "no layer of the network has a window")
    return nodes[-1]


def read_fits(reader: QuestionReader) -> Question:
    """Return a question whether the window of a node fits its input exactly."""
    network = reader.network(rounding="floor")
    index = fitting_node(reader, network)
    node = network.graph.nodes[index]
    item = reader.item(fit_truth(network, index, reader.at()), (index,), "fits")
    read = printed_shape((network.right.inputs[index] or ((),))[0])
    text = f"Does the window of `{node.name}` ({node.layer.in_words()})"
    text += f" fit its input of {read} exactly?"
    return reader.question(text, item, network=network)


FITS = QuestionType("fits", read_fits, "does the window fit exactly?", ("node",))
