"""Questions for a formula in symbols, compared at many points."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from math import gcd, prod
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.grading.answers import Formula, Unread, read_formula
from cnncalc.grading.answers.arithmetic import evaluate
from cnncalc.grading.answers.tokens import AnswerError
from cnncalc.grading.model import FormulaTruth, Item, NumberTruth, Point, Question, ShapeTruth
from cnncalc.grading.question_types.letters import Sample, in_letters, other_letters
from cnncalc.grading.question_types.parameter_search import Search, Unknowns
from cnncalc.grading.question_types.question import QuestionReader, truth_of
from cnncalc.grading.question_types.wording import title_of
from cnncalc.language.tree import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.grading.model import Network

MAX_POINTS = 120
LEAST_POINTS = 3
LEAST_SAMPLES = 12


def expression_question(reader: QuestionReader) -> Question:
    """Return a question for a formula, by its values over a grid of the symbols."""
    search = Search(reader)
    symbols = search.names("symbols")
    place = reader.keys.node("symbols") or reader.mapping
    if not symbols:
        help = "add `symbols: {F: 1..9}` with the spec's parameters that may stand in the formula"
        raise SpecError(Diagnostic("the question has no symbols", place.span, help))
    unknowns = search.names("unknown") if reader.keys.node("unknown") else []
    if len(unknowns) > 1:
        where = (reader.keys.node("unknown") or place).span
        raise SpecError(Diagnostic("a formula gives one unknown", where, "ask for each in turn"))
    quantity = "inverse" if unknowns else reader.quantity("size")
    points, samples = _points(reader, search, symbols, unknowns)
    if len(points) < LEAST_POINTS:
        if search.example is None and search.trouble is not None:
            raise search.trouble
        help = "give the symbols more values, or check the spec at those"
        text = f"only {len(points)} points can be computed, too few to tell formulas apart"
        raise SpecError(Diagnostic(text, place.span, help))
    if len({value for _, value in points}) < 2:
        help = "ask for a quantity that hangs on a symbol"
        text = f"no symbol makes a difference: the value is always {points[0][1]}"
        raise SpecError(Diagnostic(text, place.span, help))
    letters = tuple([name for name, _ in symbols])
    names = (*letters, *[name.text for name, _ in reader.keys.entries("also")])
    formula = in_letters(quantity, reader.conventions, points, samples, letters)
    further = other_letters(samples, letters, names)
    truth = FormulaTruth(names, points, formula, further)
    item = Item(
        reader.id, "expression", "", (), reader.points, truth, reader.conventions, reader.rubric
    )
    what = unknowns[0][0] if unknowns else f"the {title_of(quantity)}"
    wanted = " and ".join(want.sentence() for want in search.wants)
    text = f"Give {what} as a formula in {', '.join(names)}"
    text += f" so that {wanted}." if wanted else "."
    asked = [want.quantity for want in search.wants] if unknowns else [quantity]
    return reader.finish("expression", asked, (item,), None, text, search.example)


def _points(
    reader: QuestionReader, search: Search, symbols: Unknowns, unknowns: Unknowns
) -> tuple[tuple[Point, ...], list[Sample]]:
    """Return points of the grid with the right value, and the networks at some of them."""
    points: list[Point] = []
    samples: list[Sample] = []
    for given in islice(_grid(symbols), MAX_POINTS):
        network = None
        if unknowns:
            value = _solution(search, unknowns, given)
            if value is not None and len(samples) < LEAST_SAMPLES:
                network = search.network({**given, unknowns[0][0]: int(value)})
        else:
            network = search.network(given)
            value = None if network is None else _value(reader, network)
        if value is None:
            continue
        point = {name: Fraction(number) for name, number in given.items()}
        points.append(({**point, **_also(reader, point)}, value))
        if network is not None:
            samples.append(Sample(point, network, reader.target(network)))
    return tuple(points), samples


def _grid(symbols: Unknowns) -> Iterator[dict[str, int]]:
    """Yield every point of the grid once, spread over all of it from the beginning."""
    total = prod(len(values) for _, values in symbols)
    stride = max(1, int(total * 0.618))
    while gcd(stride, total) > 1:
        stride += 1
    for number in range(total):
        rest = number * stride % total
        point = {}
        for name, values in symbols:
            rest, at = divmod(rest, len(values))
            point[name] = values[at]
        yield point


def _solution(search: Search, unknowns: Unknowns, given: dict[str, int]) -> Fraction | None:
    """Return the one value of the unknown that gives what is wanted; None if it is not one."""
    found = list(islice(search.solutions(unknowns, given), 2))
    return Fraction(found[0][0]) if len(found) == 1 else None


def _value(reader: QuestionReader, network: Network) -> Fraction | None:
    place = reader.keys.node("node") or reader.mapping
    quantity = reader.quantity("size")
    truth = truth_of(reader, network, quantity, reader.target(network), place)
    if isinstance(truth, NumberTruth):
        return truth.value
    if isinstance(truth, ShapeTruth) and quantity != "shape":
        return Fraction(truth.shape[0]) if len(set(truth.shape)) == 1 else None
    help = "ask for `height`, `width`, `size` or `channels`"
    raise SpecError(Diagnostic("a formula gives one number, not a shape", place.span, help))


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
