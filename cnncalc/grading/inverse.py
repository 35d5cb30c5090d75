"""Questions whose answer is searched for: inverse questions, and formulas in symbols."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError, suggest
from cnncalc.grading.answers import Formula, Unread, read_formula
from cnncalc.grading.answers.arithmetic import evaluate
from cnncalc.grading.answers.tokens import AnswerError
from cnncalc.grading.asked import QUANTITIES, SYNONYMS
from cnncalc.grading.model import (
    FormulaTruth,
    Item,
    Network,
    NumberTruth,
    Point,
    Question,
    ShapeTruth,
    ValuesTruth,
)
from cnncalc.grading.phrase import title_of
from cnncalc.grading.questions import QuestionReader, truth_of
from cnncalc.grading.special import fit_truth
from cnncalc.spec.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.spec.tree import Node

MAX_CANDIDATES = 5000
MAX_POINTS = 120
LEAST_POINTS = 3


def steps(node: Node, name: str) -> tuple[int, ...]:
    """Return the integers of a range `1..9`, `1..9:2`, a list, or a single number."""
    texts = node.items if not isinstance(node, Scalar | Mapping) else [node]
    found: list[int] = []
    for text in texts:
        word = text.text if isinstance(text, Scalar) else ""
        span, _, step = word.partition(":")
        low, dots, high = span.partition("..")
        numbers = (low, high if dots else low, step or "1")
        if not all(part.strip().isdigit() and len(part) < 8 for part in numbers) or step == "0":
            help = "write 1..9, 1..9:2 or [3, 5, 7]"
            raise SpecError(
                Diagnostic(f"the values of `{name}` are a range or a list", node.span, help)
            )
        first, last, by = (int(part) for part in numbers)
        found += list(islice(range(first, last + 1, by), MAX_CANDIDATES + 1))
    values = tuple(dict.fromkeys(found))
    if not values or len(values) > MAX_CANDIDATES:
        what = f"`{name}` has no values" if not values else f"`{name}` has too many values"
        raise SpecError(Diagnostic(what, node.span, "write a range such as 1..9"))
    return values


class Search:
    """Networks at given values of the spec's parameters, and what is wanted of them."""

    def __init__(self, reader: QuestionReader) -> None:
        reader.need_spec()
        self.reader = reader
        self.parameters = reader.networks.parameters(reader.place)
        self.wants = self._wants()

    def names(self, key: str) -> list[tuple[str, tuple[int, ...]]]:
        """Return the parameters under a key, each with the values it may take."""
        node = self.reader.keys.node(key)
        if isinstance(node, Mapping):
            pairs = [(name, steps(values, name.text)) for name, values in node.entries]
        else:
            span = self.reader.keys.node("range") or node or self.reader.mapping
            default = steps(span, "range") if self.reader.keys.node("range") else tuple(range(65))
            pairs = [(name, default) for name in self.reader.keys.texts(key)]
        for name, _ in pairs:
            if name.text not in self.parameters:
                meant = suggest(name.text, self.parameters)
                known = ", ".join(self.parameters) or "none"
                help = f"did you mean `{meant}`?" if meant else f"it has {known}"
                text = f"the spec has no parameter `{name.text}`"
                raise SpecError(Diagnostic(text, name.span, help))
        return [(name.text, values) for name, values in pairs]

    def _wants(self) -> list[tuple[str, str, Node]]:
        result: list[tuple[str, str, Node]] = []
        for name, value in self.reader.keys.entries("want"):
            word = SYNONYMS.get(name.text, name.text)
            known = ("shape", "spatial", "receptive_field", "fits", *QUANTITIES)
            if word not in known or not isinstance(value, Scalar):
                meant = suggest(word, known)
                help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(known)
                raise SpecError(Diagnostic(f"`{name.text}` cannot be wanted", name.span, help))
            result.append((word, value.text, value))
        return result

    def network(self, values: dict[str, int]) -> Network | None:
        """Return the network at some values of its parameters; None if there is none."""
        reader = self.reader
        settings = reader.settings() | {name: str(value) for name, value in values.items()}
        try:
            return reader.networks.network(
                reader.place, settings, reader.conventions.rounding,
                reader.keys.text("variant") or None, reader.shape(),
            )  # fmt: skip
        except SpecError:
            return None  # sizes that cannot be are no solutions

    def meets(self, network: Network) -> bool:
        """Tell whether a network gives everything that is wanted."""
        return all(self._meets(network, *want) for want in self.wants)

    def _meets(self, network: Network, quantity: str, value: str, place: Node) -> bool:
        reader = self.reader
        nodes = reader.target(network)
        if quantity == "fits":
            index = nodes[-1] if nodes else len(network.graph.nodes) - 1
            return fit_truth(network, index, place).fits is (value != "false")
        truth = truth_of(reader, network, quantity, nodes, place)
        if value == "input":
            shape = network.world.shapes[network.graph.inputs[0]] or ()
            wanted = {"shape": shape, "spatial": shape[1:], "channels": shape[:1]}.get(
                quantity, shape[1:2] if quantity != "width" else shape[2:3]
            )
            given = truth.shape if isinstance(truth, ShapeTruth) else ()
            if isinstance(truth, NumberTruth):
                given = (int(truth.value),)
            return given == wanted
        from cnncalc.grading.compare import judge

        item = Item("", quantity, "", (), Fraction(1), truth, reader.conventions, reader.rubric)
        return judge(item, value).verdict in ("accept", "accept_note")

    def solutions(
        self, unknowns: list[tuple[str, tuple[int, ...]]], given: dict[str, int]
    ) -> Iterator[tuple[int, ...]]:
        """Yield the values of the unknowns that give what is wanted, all of them tried in turn."""
        for values in product(*[values for _, values in unknowns]):
            chosen = dict(zip([name for name, _ in unknowns], values, strict=True))
            network = self.network({**given, **chosen})
            if network is not None and self.meets(network):
                yield values


def inverse_question(reader: QuestionReader) -> Question:
    """Return a question for the parameters that lead to a wanted result: a set of answers."""
    search = Search(reader)
    unknowns = search.names("unknown")
    place = reader.keys.node("unknown") or reader.mapping
    count = 1
    for _, values in unknowns:
        count *= len(values)
    if not unknowns or not search.wants or count > MAX_CANDIDATES:
        help = "add `unknown: P`, `range: 0..9` and `want: {spatial: 32x32}`"
        text = "an inverse question needs an unknown, a range and what is wanted"
        if count > MAX_CANDIDATES:
            text, help = f"{count} combinations are too many to try", "make the ranges smaller"
        raise SpecError(Diagnostic(text, place.span, help))
    solutions = tuple(search.solutions(unknowns, {}))
    every = reader.keys.word("answer", ("any", "all"), "any") == "all"
    if not solutions:
        help = "change the range or what is wanted"
        raise SpecError(Diagnostic("the question has no solution in its range", place.span, help))
    if len(solutions) == count and count > 1 and not every:
        help = "ask for something that not every value gives"
        raise SpecError(Diagnostic("every value of the range is a solution", place.span, help))
    names = tuple(name for name, _ in unknowns)
    ranges = ", ".join(f"{name} from {min(v)} to {max(v)}" for name, v in unknowns)
    truth = ValuesTruth(names, solutions, every, ranges)
    item = Item(
        reader.id, "inverse", "", (), reader.points, truth, reader.conventions, reader.rubric
    )
    wanted = " and ".join(_wanted(*want[:2]) for want in search.wants)
    which = "all values" if every else "a value"
    text = f"Give {which} of {', '.join(names)} ({ranges}) for which {wanted}."
    return reader.finish("inverse", "inverse", (item,), None, text)


def _wanted(quantity: str, value: str) -> str:
    if quantity == "fits":
        return "the window fits exactly" if value != "false" else "the window does not fit exactly"
    same = "equals the input's" if value == "input" else f"is {value}"
    return f"the {title_of(quantity)} {same}"


def expression_question(reader: QuestionReader) -> Question:
    """Return a question for a formula, by its values over a grid of the symbols."""
    search = Search(reader)
    symbols = search.names("symbols")
    place = reader.keys.node("symbols") or reader.mapping
    if not symbols:
        help = "add `symbols: {F: 1..9}` with the spec's parameters that may stand in the formula"
        raise SpecError(Diagnostic("the question has no symbols", place.span, help))
    points = _points(reader, search, symbols)
    if len({value for _, value in points}) < 2 or len(points) < LEAST_POINTS:
        help = "give the symbols more values, or check the spec at those"
        text = f"only {len(points)} points can be computed, too few to tell formulas apart"
        raise SpecError(Diagnostic(text, place.span, help))
    also = [name.text for name, _ in reader.keys.entries("also")]
    names = (*[name for name, _ in symbols], *also)
    truth = FormulaTruth(names, points)
    quantity = "inverse" if reader.keys.node("unknown") else reader.quantity("size")
    item = Item(
        reader.id, "expression", "", (), reader.points, truth, reader.conventions, reader.rubric
    )
    own = reader.keys.text("unknown") if quantity == "inverse" else ""
    what = own or f"the {title_of(quantity)}"
    wanted = " and ".join(_wanted(*want[:2]) for want in search.wants)
    text = f"Give {what} as a formula in {', '.join(names)}"
    text += f" so that {wanted}." if wanted else "."
    return reader.finish("expression", quantity, (item,), None, text)


def _points(
    reader: QuestionReader, search: Search, symbols: list[tuple[str, tuple[int, ...]]]
) -> tuple[Point, ...]:
    combinations = list(islice(product(*[values for _, values in symbols]), MAX_CANDIDATES))
    stride = max(1, len(combinations) // MAX_POINTS)
    # A stride that shares no factor with the ranges meets every symbol's values.
    while stride > 1 and any(len(values) % stride == 0 for _, values in symbols):
        stride += 1
    points = []
    unknowns = search.names("unknown") if reader.keys.node("unknown") else []
    for values in combinations[::stride]:
        given = dict(zip([name for name, _ in symbols], values, strict=True))
        value = _value_at(reader, search, unknowns, given)
        if value is not None:
            point = {name: Fraction(number) for name, number in given.items()}
            points.append(({**point, **_also(reader, point)}, Fraction(value)))
    return tuple(points)


def _value_at(
    reader: QuestionReader,
    search: Search,
    unknowns: list[tuple[str, tuple[int, ...]]],
    given: dict[str, int],
) -> Fraction | None:
    if unknowns:
        found = list(islice(search.solutions(unknowns, given), 2))
        return Fraction(found[0][0]) if len(found) == 1 else None
    network = search.network(given)
    if network is None:
        return None
    place = reader.keys.node("node") or reader.mapping
    truth = truth_of(reader, network, reader.quantity("size"), reader.target(network), place)
    if isinstance(truth, ShapeTruth):
        return Fraction(truth.shape[0]) if len(set(truth.shape)) == 1 else None
    return truth.value if isinstance(truth, NumberTruth) else None


def _also(reader: QuestionReader, point: dict[str, Fraction]) -> dict[str, Fraction]:
    """Return the values of further symbols that students may use (`O: I`)."""
    result: dict[str, Fraction] = {}
    for name, node in reader.keys.entries("also"):
        text = node.text if isinstance(node, Scalar) else ""
        formula: Formula | Unread = read_formula(text, tuple(point))
        if isinstance(formula, Unread):
            raise SpecError(Diagnostic(f"`{name.text}`: {formula.problem}", node.span))
        try:
            result[name.text] = evaluate(formula.expr, point)
        except AnswerError as error:
            raise SpecError(Diagnostic(f"`{name.text}`: {error}", node.span)) from None
    return result
