"""Searches the networks of a spec over values of its parameters, for what is wanted of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise, product
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.diagnostics import SpecError, quoted
from cnncalc.grading.answers import Number, read_number, show_number
from cnncalc.grading.model import Network
from cnncalc.grading.networks import Changes
from cnncalc.grading.quantities import MEASURES, SYNONYMS, title_of
from cnncalc.grading.question_types.fits import fit_truth, loses_nothing
from cnncalc.grading.question_types.measured import truth_of
from cnncalc.grading.question_types.question import QuestionReader
from cnncalc.grading.yaml_keys import known_word, refused
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

MAX_CANDIDATES = 5000
#: The side of the input, as an unknown beside the spec's parameters.
INPUT = "input"
#: How far it is looked for where no range is given.
UP_TO = 512
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
            raise refused(node, what, "write 1..9, 1..9:2 or [3, 5, 7]")
        if max(map(len, parts)) > 9:
            raise refused(node, f"the values of `{name}` are too large", "at most 999999999")
        first, last, by = map(int, parts)
        found += islice(range(first, last + 1, by), MAX_CANDIDATES + 1)
    values = tuple(dict.fromkeys(found))
    if not values:
        help = "a range begins with its smallest value, such as 1..9"
        raise refused(node, f"`{name}` has no values", help)
    if len(values) > MAX_CANDIDATES:
        what = f"`{name}` has more than {MAX_CANDIDATES:,} values"
        raise refused(node, what, "write a smaller range, such as 1..99")
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


class Bounds(NamedTuple):
    """The least and the largest number that will do; None for no bound."""

    low: Fraction | None = None
    high: Fraction | None = None

    def __bool__(self) -> bool:
        return self != (None, None)

    def hold(self, value: Fraction | int) -> bool:
        """Tell whether a number lies within the bounds."""
        low, high = self
        return (low is None or value >= low) and (high is None or value <= high)

    def sentence(self) -> str:
        """Return the bounds in words: `at least 20 and at most 50,000`."""
        named = zip(("at least", "at most"), self, strict=True)
        return " and ".join(f"{word} {show_number(n)}" for word, n in named if n is not None)


ANY = Bounds()


def bounds(node: Node) -> Bounds:
    """Return the numbers of `{min: 20, max: 50k}`; raises SpecError for other keys."""
    if not isinstance(node, Mapping):
        return ANY
    for key, _ in node.entries:
        if key.text not in ("min", "max"):
            what = f"bounds are `min` and `max`, not {quoted(key.text)}"
            raise refused(key, what, "write {max: 50000}, {min: 20} or both")
    low, high = _bound(node.get("min")), _bound(node.get("max"))
    if low is not None and high is not None and low > high:
        raise refused(node, "no number is within these bounds", "swap them")
    return Bounds(low, high)


def _bound(node: Node | None) -> Fraction | None:
    if node is None:
        return None
    number = read_number(node.text) if isinstance(node, Scalar) else None
    if not isinstance(number, Number):
        raise refused(node, "a bound is a number", "such as 50000 or 50k")
    return number.value


class Want(NamedTuple):
    """What is wanted of a network: a quantity that equals `text`, or lies within bounds."""

    quantity: str
    text: str
    bounds: Bounds
    place: Node

    def sentence(self) -> str:
        """Return what is wanted as a clause."""
        if self.quantity == "lossless":
            return "no pixel is lost, neither of the image nor of any map behind it"
        if self.quantity == "fits":
            return "the window " + ("does not fit" if self.text == "false" else "fits") + " exactly"
        title = f"the {title_of(self.quantity)}"
        if self.bounds:
            return f"{title} is {self.bounds.sentence()}"
        return f"{title} equals the input's" if self.text == "input" else f"{title} is {self.text}"

    def met_by(self, network: Network, reader: QuestionReader) -> bool:
        """Tell whether a network gives it at the question's node."""
        nodes, quantity = reader.target(network), self.quantity
        if quantity == "lossless":
            return loses_nothing(network, self.place)
        if quantity == "fits":
            index = nodes[-1] if nodes else len(network.graph.nodes) - 1
            return fit_truth(network, index, self.place).fits is (self.text != "false")
        truth = truth_of(reader, network, quantity, nodes, self.place)
        if self.bounds:
            return all(map(self.bounds.hold, truth.numbers))
        if self.text == "input":
            own = truth_of(reader, network, quantity, network.graph.inputs[:1], self.place)
            return own.numbers == truth.numbers
        judged = truth.judge(reader.item(quantity, truth), self.text)
        return judged.verdict in ("accept", "accept_note")


class ParameterSearch:
    """Networks at given values of the spec's parameters, and what is wanted of them.

    `example` is the last network that was built, `trouble` why the first could not be. `pick` is
    which of the solutions is right whatever the question says.
    """

    pick = ""

    def __init__(
        self, reader: QuestionReader, place: Node | None = None, wants: list[Want] | None = None
    ) -> None:
        if place is None:
            reader.need_spec()
        self.reader = reader
        self.place = place or reader.place
        self.parameters = reader.networks.parameters(self.place)
        self.wants = self._wants() if wants is None else wants
        self.example: Network | None = None
        self.trouble: SpecError | None = None

    def unknowns(self) -> Unknowns:
        """Return what is unknown, with the values to be tried."""
        found, keys = self.names("unknown"), self.reader.keys
        stated = isinstance(keys.node("unknown"), Mapping) or keys.node("range") is not None
        if [name for name, _ in found] == [INPUT] and not stated:
            return [(INPUT, tuple(range(1, UP_TO + 1)))]
        return found

    def called(self, unknowns: Unknowns) -> tuple[str, ...]:
        """Return the names of unknowns as answers have them."""
        return tuple([name for name, _ in unknowns])

    def titles(self, unknowns: Unknowns) -> tuple[str, ...]:
        """Return the names of unknowns as a question has them."""
        return self.called(unknowns)

    def ranges(self, unknowns: Unknowns) -> str:
        """Return in words which values the unknowns may take."""
        titles = {INPUT: "the side of the input"} if len(unknowns) == 1 else {}
        return ", ".join(f"{titles.get(name, name)} {spread(values)}" for name, values in unknowns)

    def lead(self) -> str:
        """Return the sentences about the network that a question begins with."""
        return ""

    def shown(self) -> Network | None:
        """Return a network by which the question's conventions are stated."""
        return self.example

    def check(self, solutions: tuple[tuple[int, ...], ...]) -> None:
        """Raise SpecError where solutions make no question."""

    def names(self, key: str) -> Unknowns:
        """Return the parameters under a key, each with the values it may take."""
        node, known = self.reader.keys.node(key), (*self.parameters, INPUT)
        if isinstance(node, Mapping):
            pairs = [(name, steps(values, name.text)) for name, values in node.entries]
        else:
            span = self.reader.keys.node("range")
            default = steps(span, "range") if span else tuple(range(65))
            pairs = [(name, default) for name in self.reader.keys.texts(key)]
        for name, _ in pairs:
            known_word(name, name.text, known, f"the spec has no parameter {quoted(name.text)}")
        return [(name.text, values) for name, values in pairs]

    def _wants(self) -> list[Want]:
        result = []
        for name, value in self.reader.keys.entries("want"):
            word = SYNONYMS.get(name.text, name.text)
            known_word(name, word, _KNOWN, f"{quoted(name.text)} cannot be wanted")
            want = Want(word, value.text if isinstance(value, Scalar) else "", bounds(value), value)
            if not (want.bounds or isinstance(value, Scalar)):
                what = f"what is wanted of `{name.text}` is a value or bounds, not {value.kind}"
                raise refused(value, what, "such as 28 or {max: 50000}")
            result.append(want)
        return result

    def network(self, values: dict[str, int]) -> Network | None:
        """Return the network at some values of its parameters; None if there is none."""
        given = {name: str(value) for name, value in values.items() if name != INPUT}
        try:
            changes = self.reader.changes()
            settings = {**changes.settings, **given}
            changes = changes._replace(settings=settings, shape=self._shape(values))
            self.example = self.reader.networks.build(self.place, changes)
        except SpecError as error:
            self.trouble = self.trouble or error
            return None  # sizes that cannot be are no solutions
        return self.example

    def _shape(self, values: dict[str, int]) -> str | None:
        """Return the input that replaces the spec's, if any."""
        given = self.reader.shape()
        if INPUT not in values:
            return given
        base = given.split("x") if given else None
        if base is None:
            graph = self.reader.networks.graph(self.place, Changes(self.reader.settings()))
            base = list(map(str, graph.nodes[graph.inputs[0]].layer.output_shape(())))
        return "x".join([base[0], *[str(values[INPUT])] * (len(base) - 1)])

    def solutions(self, unknowns: Unknowns, given: dict[str, int]) -> Iterator[tuple[int, ...]]:
        """Yield the values of the unknowns that give what is wanted, all of them tried in turn."""
        for values in product(*[values for _, values in unknowns]):
            chosen = dict(zip([name for name, _ in unknowns], values, strict=True))
            network = self.network({**given, **chosen})
            if network is not None and all(w.met_by(network, self.reader) for w in self.wants):
                yield values
