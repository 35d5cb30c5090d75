"""Searches the networks of a spec over values of its parameters, for what is wanted of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, product
from math import inf
from typing import NamedTuple

from cnncalc.diagnostics import SpecError, quoted
from cnncalc.grading.answers import Number, read_number, show_number
from cnncalc.grading.model import Network
from cnncalc.grading.networks import Changes, network_lines
from cnncalc.grading.quantities import MEASURES, SYNONYMS, joined, title_of
from cnncalc.grading.question_types.fits import fit_truth, loses_nothing
from cnncalc.grading.question_types.measured import truth_of
from cnncalc.grading.question_types.question import QuestionReader
from cnncalc.grading.yaml_keys import known_word, refused, word_of
from cnncalc.language import tree

MAX_CANDIDATES = 5000
#: The side of the input, as an unknown beside the spec's parameters.
INPUT = "input"
#: What stands before the size of a single layer where that is a parameter.
OWN = "the_"
_STEPS = re.compile(r"([0-9]{1,9})(?: *\.\. *([0-9]{1,9}) *(?:: *0*([1-9][0-9]{0,8}))?)?")


class FreeParameter(NamedTuple):
    """A parameter of a spec that varies, or its input: its `name` there, and the values it takes.

    `title` is what a question calls it, which says its range if `stated`.
    """

    name: str
    values: tuple[int, ...]
    title: str
    stated: bool = True

    @property
    def called(self) -> str:
        """Its name in answers; the sizes of a single layer are parameters under other names."""
        return self.name.removeprefix(OWN)


def steps(node: tree.Node, name: str) -> tuple[int, ...]:
    """Return the integers of a range `1..9`, `1..9:2`, a list, or a single number."""
    found: dict[int, None] = {}
    for one in node.items if isinstance(node, tree.Sequence) else [node]:
        match = _STEPS.fullmatch(word_of(one).strip())
        if match is None:
            what = f"the values of `{name}` are a range or a list, not {quoted(word_of(one))}"
            raise refused(node, what, "write 1..9, 1..9:2 or [3, 5, 7], at most 999999999")
        low, high, by = match.groups()
        values = range(int(low), int(high or low) + 1, int(by or 1))
        found.update(dict.fromkeys(values[: MAX_CANDIDATES + 1]))
    if not found:
        help = "a range begins with its smallest value, such as 1..9"
        raise refused(node, f"`{name}` has no values", help)
    if len(found) > MAX_CANDIDATES:
        what = f"`{name}` has more than {MAX_CANDIDATES:,} values"
        raise refused(node, what, "write a smaller range, such as 1..99")
    return tuple(found)


def ranges_under(
    reader: QuestionReader, key: str, known: Iterable[str], noun: str
) -> list[tuple[str, tuple[int, ...]]]:
    """Return the names under a key, each with the values that are stated for it, () for none."""
    node, span = reader.keys.node(key), reader.keys.node("range")
    if isinstance(node, tree.Mapping):
        pairs = [(name, steps(values, name.text)) for name, values in node.entries]
    else:
        shared = steps(span, "range") if span is not None else ()
        pairs = [(name, shared) for name in reader.keys.texts(key)]
    return [(known_word(name, noun, known), values) for name, values in pairs]


def parameters_under(reader: QuestionReader, key: str) -> list[FreeParameter]:
    """Return parameters of the question's spec, or its input, each with the values it may take."""
    known = (*reader.networks.parameters(reader.spec), INPUT)
    return [
        FreeParameter(name, values or tuple(range(1, 513)), "the side of the input")
        if name == INPUT
        else FreeParameter(name, values or tuple(range(65)), name)
        for name, values in ranges_under(reader, key, known, "parameter")
    ]


def spread(values: tuple[int, ...]) -> str:
    """Return in words which values something may take: `from 1 to 9`, `3, 5 or 7`."""
    values = tuple(sorted(values))
    gaps = {b - a for a, b in pairwise(values)}
    if gaps == {1} and len(values) > 2:
        return f"from {values[0]} to {values[-1]}"
    if len(values) <= 6:
        return joined(values, "or")
    by = f" in steps of {gaps.pop()}" if len(gaps) == 1 else ", not all of them"
    return f"from {values[0]} to {values[-1]}{by}"


class Bounds(NamedTuple):
    """The least and the largest number that will do."""

    low: Fraction | float = -inf
    high: Fraction | float = inf

    def __bool__(self) -> bool:
        return self != (-inf, inf)

    def hold(self, value: Fraction | int) -> bool:
        """Tell whether a number lies within the bounds."""
        return self.low <= value <= self.high

    def sentence(self) -> str:
        """Return the bounds in words: `at least 20 and at most 50,000`, or the one number."""
        named = {"at least ": self.low, "at most ": self.high}
        if self.low == self.high:
            named = {"": self.low}
        parts = [word + show_number(n) for word, n in named.items() if isinstance(n, Fraction)]
        return " and ".join(parts)


ANY = Bounds()


def bounds(node: tree.Node) -> Bounds:
    """Return the numbers of `{min: 20, max: 50k}`; raises SpecError for other keys."""
    found: dict[str, Fraction] = {}
    for key, value in node.entries if isinstance(node, tree.Mapping) else ():
        if key.text not in ("min", "max"):
            what = f"bounds are `min` and `max`, not {quoted(key.text)}"
            raise refused(key, what, "write {max: 50000}, {min: 20} or both")
        number = read_number(value.text) if isinstance(value, tree.Scalar) else None
        if not isinstance(number, Number):
            raise refused(value, "a bound is a number", "such as 50000 or 50k")
        found[key.text] = number.value
    if len(found) == 2 and found["min"] > found["max"]:
        raise refused(node, "no number is within these bounds", "swap them")
    return Bounds(found.get("min", -inf), found.get("max", inf))


class Want(NamedTuple):
    """What is wanted of a network: a quantity that equals `text`, or lies within bounds."""

    quantity: str
    text: str
    place: tree.Node
    bounds: Bounds = ANY

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
            return loses_nothing(network.right)
        if quantity == "fits":
            index = nodes[-1] if nodes else len(network.graph.nodes) - 1
            return fit_truth(network, index, self.place).fits is (self.text != "false")
        truth = truth_of(reader, network, quantity, nodes, self.place)
        if self.bounds:
            return all(map(self.bounds.hold, truth.numbers))
        if self.text == "input":
            own = truth_of(reader, network, quantity, network.graph.inputs[:1], self.place)
            return own.numbers == truth.numbers
        judged = reader.item(truth, nodes, quantity).judge(self.text)
        return judged.verdict in ("accept", "accept_note")


def read_wants(reader: QuestionReader) -> list[Want]:
    """Return what a question wants; raises SpecError for what cannot be wanted."""
    result = []
    for name, value in reader.keys.entries("want"):
        word = known_word(name, "quantity", (*MEASURES, "fits", "lossless"), SYNONYMS)
        text = word_of(value)
        want = Want(word, text, value, bounds(value))
        if not (want.bounds or text):
            what = f"what is wanted of `{name.text}` is a value or bounds, not {value.kind}"
            raise refused(value, what, "such as 28 or {max: 50000}")
        result.append(want)
    return result


@dataclass
class ParameterSearch:
    """Networks at given values of a spec's parameters, and what is wanted of them.

    `example` is the last network that was built, `trouble` why the first could not be.
    """

    reader: QuestionReader
    place: tree.Node
    unknowns: Sequence[FreeParameter]
    wants: Sequence[Want]
    example: Network | None = None
    trouble: SpecError | None = None

    def __post_init__(self) -> None:
        self.changes = self.reader.changes()

    def network(self, values: Mapping[str, int]) -> Network | None:
        """Return the network at some values of its parameters; None if there is none."""
        given = {name: str(value) for name, value in values.items() if name != INPUT}
        changes = self.changes._replace(settings={**self.changes.settings, **given})
        try:
            if INPUT in values:
                channels, *sides = self._input
                shape = "x".join([channels, *[str(values[INPUT])] * len(sides)])
                changes = changes._replace(shape=shape)
            self.example = self.reader.networks.build(self.place, changes)
        except SpecError as error:
            self.trouble = self.trouble or error
            return None  # sizes that cannot be are no solutions
        return self.example

    def written(self, symbols: Iterable[FreeParameter] = ()) -> str:
        """Return the network in lines, in the names of the unknowns and of further symbols.

        Where its input is asked for it is left out.
        """
        asked = [one.name for one in (*symbols, *self.unknowns)]
        if INPUT in asked:
            return network_lines(self.example, inputs=False) if self.example else ""
        return self.reader.networks.written(self.place, self.changes, asked)

    @cached_property
    def _input(self) -> list[str]:
        if self.changes.shape:
            return self.changes.shape.split("x")
        graph = self.reader.networks.graph(self.place, Changes(self.changes.settings))
        return [str(n) for n in graph.nodes[graph.inputs[0]].layer.output_shape(())]

    def solutions(self, given: Mapping[str, int] | None = None) -> Iterator[tuple[int, ...]]:
        """Yield the values of the unknowns that give what is wanted, all of them tried in turn."""
        names = [one.name for one in self.unknowns]
        for values in product(*[one.values for one in self.unknowns]):
            network = self.network({**(given or {}), **dict(zip(names, values, strict=True))})
            if network is not None and all(w.met_by(network, self.reader) for w in self.wants):
                yield values
