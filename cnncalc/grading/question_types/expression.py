"""Questions for a formula in symbols, compared at many points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from math import prod
from random import Random

from cnncalc.grading.answers import AnswerFormula, Unread, read_formula, show_number
from cnncalc.grading.answers.formula import (
    Point,
    Points,
    differs,
    lacks_rounding,
    renamed,
    value_at,
)
from cnncalc.grading.model import Item, Judged, Question, Truth
from cnncalc.grading.quantities import title_of
from cnncalc.grading.question_types.measured import truth_of
from cnncalc.grading.question_types.parameter_search import (
    FreeParameter,
    ParameterSearch,
    parameters_under,
    read_wants,
)
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import refused, word_of

MAX_POINTS = 120
LEAST_POINTS = 3
#: Letters that courses use for the same size of a layer.
_LETTERS = (
    ("F", "K", "kernel"), ("S", "stride"), ("P", "pad"), ("D", "dilation"),
    ("W", "N", "I", "W_in"), ("C_in", "channels"), ("C_out", "filters"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormulaTruth(Truth):
    """A formula, by its values at several points of the question's symbols.

    `formula` is what the instructor typed to be shown, right at every point; it may be empty.
    `further` are other letters that students may use, each with the symbol it stands for. `rounds`
    if sizes may have been rounded on the way to a value.
    """

    symbols: tuple[str, ...]
    points: Points
    formula: str = ""
    further: Mapping[str, str] = field(default_factory=dict)
    rounds: bool = False

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        reading = read_formula(raw, self.symbols)
        if isinstance(reading, Unread) and self.further and not reading.blank:
            wider = read_formula(raw, (*self.symbols, *self.further))
            reading = reading if isinstance(wider, Unread) else renamed(wider, self.further)
        if isinstance(reading, Unread):
            return reading
        other = differs(reading, self.points)
        if other is None:
            vain = reading.rounds and not self.rounds
            notes = ("its rounding is right at the allowed values",)
            return item.right(reading.shown, notes * vain)
        why = _counterexample(reading, other, ", which is not right")
        if self.rounds and lacks_rounding(reading, self.points):
            text = "the quotient has to be rounded to a whole number"
            return Judged("partial", "parts", reading.shown, item.rubric.misconception, (text, why))
        return Judged.wrong(reading.shown, why)

    def show(self, item: Item) -> str:
        if self.formula:
            return self.formula
        point, value = self.points[len(self.points) // 2]
        return f"a formula that gives, for instance, {show_number(value)} for {_where(point)}"


def _where(point: Point) -> str:
    return ", ".join(f"{name} = {show_number(value)}" for name, value in point.items())


def _counterexample(reading: AnswerFormula, point: Point, end: str = "") -> str:
    value = value_at(reading, point)
    if value is None:
        return f"for {_where(point)} it cannot be worked out"
    return f"for {_where(point)} it gives {show_number(value)}{end}"


def read_expression(reader: QuestionReader) -> Question:
    """Return a question for a formula, by its values over a grid of the symbols."""
    symbols, unknowns = [parameters_under(reader, key) for key in ("symbols", "unknown")]
    place = reader.at("symbols")
    if not symbols:
        help = "add `symbols: {F: 1..9}` with the spec's parameters that may stand in the formula"
        raise refused(place, "the question has no symbols", help)
    if len(unknowns) > 1:
        raise refused(reader.at("unknown"), "a formula gives one unknown", "ask for each in turn")
    search = ParameterSearch(reader, reader.spec, unknowns, read_wants(reader))
    quantity = "inverse" if unknowns else reader.quantity("size")
    points = tuple(_points(search, symbols, quantity))
    if len(points) < LEAST_POINTS:
        if search.example is None and search.trouble is not None:
            raise search.trouble
        what = f"only {len(points)} points can be computed, too few to tell formulas apart"
        raise refused(place, what, "give the symbols more values, or check the spec at those")
    if len({value for _, value in points}) < 2:
        what = f"no symbol makes a difference: the value is always {points[0][1]}"
        raise refused(place, what, "ask for a quantity that depends on a symbol")
    names = tuple(points[0][0])
    shown = _shown(reader, names, points)
    truth = FormulaTruth(names, points, shown, _letters(names), rounds=not unknowns)
    what = unknowns[0].name if unknowns else f"the {title_of(quantity)}"
    wanted = " and ".join(want.sentence() for want in search.wants)
    text = f"Give {what} as a formula in {', '.join(names)}"
    text += f" so that {wanted}." if wanted else "."
    asked = [want.quantity for want in search.wants] if unknowns else [quantity]
    item, written = reader.item(truth), search.written(symbols)
    return reader.question(text, item, asks=asked, example=search.example, written=written)


def _shown(reader: QuestionReader, names: tuple[str, ...], points: Points) -> str:
    """Return the formula to show, as typed; raises SpecError if it is not right at every point."""
    place, text = reader.keys.node("formula"), reader.keys.text("formula")
    if place is None:
        return ""
    found = read_formula(text, names)
    if isinstance(found, Unread):
        raise refused(place, f"`formula`: {found.problem}")
    other = differs(found, points)
    if other is not None:
        value = next(value for point, value in points if point == other)
        what = f"`formula` is not right: {_counterexample(found, other)}"
        raise refused(place, f"{what}; the spec gives {show_number(value)}")
    return text


def _points(
    search: ParameterSearch, symbols: list[FreeParameter], quantity: str
) -> Iterator[tuple[Point, Fraction]]:
    """Yield points of the grid of the symbols, spread over all of it, with the right value."""
    total = prod(len(symbol.values) for symbol in symbols)
    for number in sorted(Random("points").sample(range(total), min(total, MAX_POINTS))):
        rest, given = number, dict[str, int]()
        for symbol in symbols:
            rest, at = divmod(rest, len(symbol.values))
            given[symbol.name] = symbol.values[at]
        value = _solution(search, given) if search.unknowns else _value(search, given, quantity)
        if value is not None:
            point = {name: Fraction(size) for name, size in given.items()}
            yield {**point, **_also(search.reader, point)}, value


def _solution(search: ParameterSearch, given: dict[str, int]) -> Fraction | None:
    """Return the one value of the unknown that gives what is wanted; None if several do."""
    found = list(islice(search.solutions(given), 2))
    return Fraction(found[0][0]) if len(found) == 1 else None


def _value(search: ParameterSearch, given: dict[str, int], quantity: str) -> Fraction | None:
    """Return the quantity at a point; None if axes differ, or if there is no network."""
    network, reader = search.network(given), search.reader
    if network is None:
        return None
    truth = truth_of(reader, network, quantity, reader.target(network), reader.at())
    values = set(truth.numbers)
    return Fraction(values.pop()) if len(values) == 1 else None


def _also(reader: QuestionReader, point: Point) -> dict[str, Fraction]:
    """Return the values of further symbols that students may use (`O: I`)."""
    result: dict[str, Fraction] = {}
    for name, node in reader.keys.entries("also"):
        found = read_formula(word_of(node), tuple(point))
        value = None if isinstance(found, Unread) else value_at(found, point)
        if value is None:
            why = found.problem if isinstance(found, Unread) else f"no value for {_where(point)}"
            raise refused(node, f"`{name.text}`: {why}")
        result[name.text] = value
    return result


def _letters(symbols: tuple[str, ...]) -> dict[str, str]:
    """Return further letters that students may use, each with the symbol it stands for.

    F may be called K as well, unless the question uses that letter for something else.
    """

    def plain(name: str) -> str:
        return name.replace("_", "").lower()

    used = {plain(name): name for name in symbols}
    result = {}
    for group in _LETTERS:
        own = [used[plain(letter)] for letter in group if plain(letter) in used]
        if len(own) == 1:
            result.update({letter: own[0] for letter in group if plain(letter) not in used})
    return result


EXPRESSION = QuestionType(
    "expression", read_expression, "a formula, compared at many points",
    ("node", "quantity", "symbols", "unknown", "range", "want", "also", "formula"),
)  # fmt: skip
