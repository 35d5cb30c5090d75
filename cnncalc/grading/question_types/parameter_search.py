"""Searches the networks of a spec over values of its parameters, for what is wanted of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise, product
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.diagnostics import Diagnostic, SpecError, quoted, suggest
from cnncalc.grading.answers import Number, read_number, show_number
from cnncalc.grading.marking.believed_network import window_of
from cnncalc.grading.model import Network
from cnncalc.grading.networks import Changes
from cnncalc.grading.quantities import MEASURES, SYNONYMS
from cnncalc.grading.question_types.fits import fit_truth
from cnncalc.grading.question_types.measured import truth_of
from cnncalc.grading.question_types.numbers import NumberTruth
from cnncalc.grading.question_types.question import QuestionReader
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.grading.question_types.wording import title_of
from cnncalc.language.tree import Mapping, Scalar
from cnncalc.layers.window import Windowed

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

MAX_CANDIDATES = 5000
#: The side of the input, as an unknown beside the spec's parameters.
INPUT = "input"
#: What may vary, each with the values it may take.
Unknowns = list[tuple[str, tuple[int, ...]]]
_KNOWN = (*MEASURES, "fits", "lossless")


def steps(node: Node, name: str) -> tuple[int, ...]:
    """Return the integers of a range `1..9`, `1..9:2`, a list, or a single number."""
    texts = node.items if not isinstance(node, Scalar | Mapping) else [node]
    found: list[int] = []
    for text in texts:
        word = text.text if isinstance(text, Scalar) else ""
        span, _, step = word.partition(":")
        low, dots, high = span.partition("..")
        parts = [part.strip() for part in (low, high if dots else low, step or "1")]
        if not all(part.isascii() and part.isdigit() for part in parts) or not int(parts[2][:9]):
            what = f"the values of `{name}` are a range or a list, not {quoted(word)}"
            raise SpecError(Diagnostic(what, node.span, "write 1..9, 1..9:2 or [3, 5, 7]"))
        if max(map(len, parts)) > 9:
            what = f"the values of `{name}` are too large"
            raise SpecError(Diagnostic(what, node.span, "at most 999999999"))
        first, last, by = map(int, parts)
        found += islice(range(first, last + 1, by), MAX_CANDIDATES + 1)
    values = tuple(dict.fromkeys(found))
    if not values:
        help = "a range begins with its smallest value, such as 1..9"
        raise SpecError(Diagnostic(f"`{name}` has no values", node.span, help))
    if len(values) > MAX_CANDIDATES:
        what = f"`{name}` has more than {MAX_CANDIDATES:,} values"
        raise SpecError(Diagnostic(what, node.span, "write a smaller range, such as 1..99"))
    return values


def spread(values: tuple[int, ...]) -> str:
    """Return in words which values something may take: `from 1 to 9`, `3, 5 or 7`."""
    gaps = {b - a for a, b in pairwise(values)}
    if gaps == {1} and len(values) > 2:
        return f"from {values[0]} to {values[-1]}"
    if len(values) <= 6:
        rest = ", ".join(map(str, values[:-1]))
        return f"{rest} or {values[-1]}" if rest else str(values[-1])
    by = f" in steps of {gaps.pop()}" if len(gaps) == 1 else ", not all of them"
    return f"from {min(values)} to {max(values)}{by}"


class Want(NamedTuple):
    """What is wanted of a network: a quantity that equals `text`, or lies between two bounds."""

    quantity: str
    text: str
    low: Fraction | None
    high: Fraction | None
    place: Node

    def sentence(self) -> str:
        """Return what is wanted as a clause."""
        if self.quantity == "lossless":
            return "no pixel is lost, neither of the image nor of any map behind it"
        if self.quantity == "fits":
            return "the window " + ("does not fit" if self.text == "false" else "fits") + " exactly"
        title = f"the {title_of(self.quantity)}"
        if self.low is not None or self.high is not None:
            low = "" if self.low is None else f"at least {show_number(self.low)}"
            high = "" if self.high is None else f"at most {show_number(self.high)}"
            return f"{title} is " + " and ".join(part for part in (low, high) if part)
        return f"{title} equals the input's" if self.text == "input" else f"{title} is {self.text}"


Wants = list[Want]


class ParameterSearch:
    """Networks at given values of the spec's parameters, and what is wanted of them."""

    def __init__(
        self, reader: QuestionReader, place: Node | None = None, wants: Wants | None = None
    ) -> None:
        if place is None:
            reader.need_spec()
        self.reader = reader
        self.place = place or reader.place
        self.parameters = reader.networks.parameters(self.place)
        self.wants = self._wants() if wants is None else wants
        self.example: Network | None = None
        self.trouble: SpecError | None = None

    def names(self, key: str) -> Unknowns:
        """Return the parameters under a key, each with the values it may take."""
        node = self.reader.keys.node(key)
        if isinstance(node, Mapping):
            pairs = [(name, steps(values, name.text)) for name, values in node.entries]
        else:
            span = self.reader.keys.node("range")
            default = steps(span, "range") if span else tuple(range(65))
            pairs = [(name, default) for name in self.reader.keys.texts(key)]
        for name, _ in pairs:
            if name.text not in self.parameters and name.text != INPUT:
                meant = suggest(name.text, (*self.parameters, INPUT))
                known = ", ".join((*self.parameters, INPUT))
                help = f"did you mean `{meant}`?" if meant else f"it has {known}"
                text = f"the spec has no parameter {quoted(name.text)}"
                raise SpecError(Diagnostic(text, name.span, help))
        return [(name.text, values) for name, values in pairs]

    def _wants(self) -> list[Want]:
        result = []
        for name, value in self.reader.keys.entries("want"):
            word = SYNONYMS.get(name.text, name.text)
            if word not in _KNOWN:
                meant = suggest(word, _KNOWN)
                help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(_KNOWN)
                what = f"{quoted(name.text)} cannot be wanted"
                raise SpecError(Diagnostic(what, name.span, help))
            low, high = bounds(value)
            if not isinstance(value, Scalar) and low is None and high is None:
                what = f"what is wanted of `{name.text}` is a value or bounds, not {value.kind}"
                raise SpecError(Diagnostic(what, value.span, "such as 28 or {max: 50000}"))
            text = value.text if isinstance(value, Scalar) else ""
            result.append(Want(word, text, low, high, value))
        return result

    def network(self, values: dict[str, int]) -> Network | None:
        """Return the network at some values of its parameters; None if there is none."""
        reader = self.reader
        given = {name: str(value) for name, value in values.items() if name != INPUT}
        try:
            changes = reader.changes()
            settings, shape = {**changes.settings, **given}, self._shape(values)
            changes = changes._replace(settings=settings, shape=shape)
            found = reader.networks.build(self.place, changes)
        except SpecError as error:
            self.trouble = self.trouble or error
            return None  # sizes that cannot be are no solutions
        self.example = found
        return found

    def _shape(self, values: dict[str, int]) -> str | None:
        """Return the input that replaces the spec's, if any."""
        given = self.reader.shape()
        if INPUT not in values:
            return given
        base = given.split("x") if given else None
        if base is None:
            as_set = Changes(self.reader.settings())
            graph = self.reader.networks.graph(self.place, as_set)
            base = list(map(str, graph.nodes[graph.inputs[0]].layer.output_shape(())))
        return "x".join([base[0], *[str(values[INPUT])] * (len(base) - 1)])

    def meets(self, network: Network) -> bool:
        """Tell whether a network gives everything that is wanted."""
        return all(self._meets(network, want) for want in self.wants)

    def _meets(self, network: Network, want: Want) -> bool:
        reader, quantity = self.reader, want.quantity
        if quantity == "lossless":
            return loses_nothing(network, want.place)
        nodes = reader.target(network)
        if quantity == "fits":
            index = nodes[-1] if nodes else len(network.graph.nodes) - 1
            return fit_truth(network, index, want.place).fits is (want.text != "false")
        truth = truth_of(reader, network, quantity, nodes, want.place)
        if want.low is not None or want.high is not None:
            values = truth.shape if isinstance(truth, ShapeTruth) else ()
            if isinstance(truth, NumberTruth):
                values = (truth.value,)  # type: ignore[assignment]
            return all(
                (want.low is None or value >= want.low)
                and (want.high is None or value <= want.high)
                for value in values
            )
        if want.text == "input":
            return _like_input(network, quantity, truth)
        judged = truth.judge(reader.item(quantity, truth), want.text)
        return judged.verdict in ("accept", "accept_note")

    def solutions(self, unknowns: Unknowns, given: dict[str, int]) -> Iterator[tuple[int, ...]]:
        """Yield the values of the unknowns that give what is wanted, all of them tried in turn."""
        for values in product(*[values for _, values in unknowns]):
            chosen = dict(zip([name for name, _ in unknowns], values, strict=True))
            network = self.network({**given, **chosen})
            if network is not None and self.meets(network):
                yield values


def bounds(node: Node) -> tuple[Fraction | None, Fraction | None]:
    """Return the numbers of `{min: 20, max: 50k}`; None for what is not there."""
    if not isinstance(node, Mapping):
        return None, None
    for key, _ in node.entries:
        if key.text not in ("min", "max"):
            help = "write {max: 50000}, {min: 20} or both"
            what = f"bounds are `min` and `max`, not {quoted(key.text)}"
            raise SpecError(Diagnostic(what, key.span, help))
    low, high = _bound(node.get("min")), _bound(node.get("max"))
    if low is not None and high is not None and low > high:
        raise SpecError(Diagnostic("no number is within these bounds", node.span, "swap them"))
    return low, high


def _bound(node: Node | None) -> Fraction | None:
    if node is None:
        return None
    number = read_number(node.text) if isinstance(node, Scalar) else None
    if not isinstance(number, Number):
        raise SpecError(Diagnostic("a bound is a number", node.span, "such as 50000 or 50k"))
    return number.value


def _like_input(network: Network, quantity: str, truth: object) -> bool:
    """Tell whether a quantity of the output is the same as the input's."""
    shape = network.right.shapes[network.graph.inputs[0]] or ()
    wanted = {"shape": shape, "spatial": shape[1:], "channels": shape[:1]}.get(
        quantity, shape[1:2] if quantity != "width" else shape[2:3]
    )
    given = truth.shape if isinstance(truth, ShapeTruth) else ()
    if isinstance(truth, NumberTruth):
        given = (int(truth.value),)
    return given == wanted


def loses_nothing(network: Network, place: Node) -> bool:
    """Tell whether every window of a network fits its input exactly."""
    right = network.right
    return all(
        fit_truth(network, index, place).fits
        for index, layer in enumerate(right.layers)
        if isinstance(layer, Windowed) and window_of(layer, right.inputs[index] or ())
    )
