"""A question as quiz programs see it: a text, a kind of input, right answers and distractors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor, log10
from random import Random
from typing import Literal

from cnncalc.grading.answers.units import unit
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.marking.misconceptions.names import MISCONCEPTIONS
from cnncalc.grading.marking.slips import Slips, Value
from cnncalc.grading.model import (
    ChoiceTruth,
    FitTruth,
    Item,
    NumberTruth,
    Question,
    ShapeTruth,
    ValuesTruth,
)
from cnncalc.grading.right_answers import show_truth, working
from cnncalc.grading.sheet import statement

#: How a system should ask: a number, one of several options, or a text of accepted spellings.
Form = Literal["number", "choice", "text", "essay"]
#: How many wrong answers are offered at most, and how few make a choice.
MOST = 4
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Distractor:
    """A wrong answer with the share of the points that it is worth, and what is said of it.

    `spellings` are the ways to type it where texts are compared, the shown one first.
    """

    text: str
    share: Fraction
    says: str
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One input: `label` in a table, `right` the accepted texts, the shown one first.

    `tolerance` is how far off a number may be.
    """

    label: str
    form: Form
    right: tuple[str, ...]
    distractors: tuple[Distractor, ...]
    points: Fraction
    working: tuple[str, ...] = ()
    tolerance: str = "0"

    def options(self, seed: str) -> list[tuple[str, Distractor | None]]:
        """Return what there is to choose from in a reproducible order, None by the right one."""
        found: list[tuple[str, Distractor | None]] = [(self.right[0], None)]
        found += [(wrong.text, wrong) for wrong in self.distractors]
        Random(f"{seed} {self.label}").shuffle(found)
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One variant of a question in a bank."""

    name: str
    question: str
    text: str
    points: Fraction
    fields: tuple[Field, ...]
    table: bool = False


def entry(question: Question, name: str, choices: bool = False) -> Entry:
    """Return a question as quiz programs see it; with `choices` as a multiple choice if it can."""
    slips = Slips(question.network.right) if question.network is not None else None
    fields = tuple(_field(item, question, slips) for item in question.items)
    if choices:
        fields = tuple(map(_choice, fields))
    table = question.kind == "table"
    return Entry(name, question.id, statement(question), question.points, fields, table)


def _choice(field: Field) -> Field:
    """Return a number or a text as a choice between the right one and those of usual slips."""
    if field.form not in ("number", "text") or (len(field.right) > 1 and field.form == "number"):
        return field
    if len(field.distractors) < FEWEST:
        return field
    wrong = tuple(replace(one, share=Fraction(0)) for one in field.distractors)
    return replace(field, form="choice", right=field.right[:1], distractors=wrong)


def _field(item: Item, question: Question, slips: Slips | None) -> Field:
    truth = item.truth
    label = f"{item.row}, {item.column.replace('_', ' ')}" if item.row else ""
    lines = tuple(working(item, question.network))
    wrong = tuple(_distractors(item, slips)) if slips is not None else ()
    if isinstance(truth, NumberTruth):
        number, off = _number(truth.value / _scale(item)), _number(_tolerance(item, truth))
        return Field(label, "number", (number,), wrong, item.points, lines, off)
    if isinstance(truth, ShapeTruth) and truth.spatial and len(set(truth.shape)) == 1:
        right = (str(truth.shape[0]),)
        single = tuple(_single(wrong))
        return Field(label, "number", right, single, item.points, lines)
    if isinstance(truth, ShapeTruth):
        texts = _spellings(item, truth.shape)
        return Field(label, "text", texts, wrong, item.points, lines)
    if isinstance(truth, ChoiceTruth):
        others = tuple(
            Distractor(text or name, Fraction(0), "")
            for index, (name, text) in enumerate(truth.options)
            if index != truth.index
        )
        right = (truth.options[truth.index][1] or truth.options[truth.index][0],)
        return Field(label, "choice", right, others, item.points, lines)
    if isinstance(truth, FitTruth):
        words = ("fits exactly", "does not fit exactly")
        other = Distractor(words[truth.fits], Fraction(0), show_truth(item))
        return Field(label, "choice", (words[not truth.fits],), (other,), item.points, lines)
    if isinstance(truth, ValuesTruth) and len(truth.unknowns) == 1 and not truth.every:
        values = tuple(str(solution[0]) for solution in truth.solutions)
        return Field(label, "number", values, (), item.points, lines)
    return Field(label, "essay", (show_truth(item),), (), item.points, lines)


def _single(wrong: Iterable[Distractor]) -> Iterator[Distractor]:
    """Yield the wrong sizes that are the same along all axes, as one number."""
    for one in wrong:
        sizes = set(one.text.split("×"))
        if len(sizes) == 1:
            yield replace(one, text=sizes.pop())


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


def _scale(item: Item) -> Fraction:
    """Return how many bytes the unit is that a question asks for; 1 for other numbers."""
    truth = item.truth
    if not isinstance(truth, NumberTruth) or not truth.sizes or not truth.unit:
        return Fraction(1)
    asked = unit(truth.unit, sizes=True, kilo=item.conventions.kilobyte)
    return asked.scale if asked is not None else Fraction(1)


def _tolerance(item: Item, truth: NumberTruth) -> Fraction:
    """Return how far off a number may be; in KB or MB three digits will do."""
    value = abs(truth.value / _scale(item))
    allowed = item.conventions.tolerance * value
    if _scale(item) == 1 or not value:
        return allowed
    return max(allowed, Fraction(10) ** (floor(log10(value)) - 2) / 2)


def _spellings(item: Item, shape: tuple[int, ...]) -> tuple[str, ...]:
    """Return the usual ways to type a shape, in the orders that the conventions allow."""
    orders = [shape]
    spatial = isinstance(item.truth, ShapeTruth) and item.truth.spatial
    if not spatial and len(shape) > 1:
        last = (*shape[1:], shape[0])
        layout = item.conventions.layout
        orders = {"hwc": [last], "chw": [shape]}.get(layout, [last, shape])
    texts = []
    for order in orders:
        sizes = [str(size) for size in order]
        texts += ["×".join(sizes), "x".join(sizes), " x ".join(sizes), " × ".join(sizes)]
        texts += ["(" + ", ".join(sizes) + ")", "(" + ",".join(sizes) + ")", ",".join(sizes)]
    return tuple(dict.fromkeys(texts))


def _distractors(item: Item, slips: Slips) -> Iterator[Distractor]:
    """Yield wrong answers that misconceptions lead to, the worthiest first, no two alike."""
    truth = item.truth
    used = set(_spellings(item, truth.shape)) if isinstance(truth, ShapeTruth) else set()
    said: set[str] = set()
    table = [
        (item.rubric.slip(name), MISCONCEPTIONS[name].says, value)
        for value, name in slips.table(item).items()
        if not (isinstance(truth, NumberTruth) and _too_near(item, truth, value))
    ]
    for share, says, value in sorted(table, key=lambda one: (-one[0], one[1], str(one[2]))):
        if isinstance(value, tuple):
            texts = _spellings(item, value)
        else:
            texts = (_number(Fraction(value) / _scale(item)),)
        if says in said or used & set(texts):
            continue
        said.add(says)
        used.update(texts)
        yield Distractor(texts[0], share, says, texts)
        if len(said) == MOST:
            return


def _too_near(item: Item, truth: NumberTruth, value: Value) -> bool:
    """Tell whether a wrong number would be taken for the right one."""
    if isinstance(value, tuple):
        return False
    return abs(truth.value - value) / _scale(item) <= _tolerance(item, truth)


def accepted(item: Item, marker: Marker, text: str) -> bool:
    """Tell whether a text would be marked as right: what a bank offers as right must be."""
    answers: Mapping[str, str] = {item.id: text}
    mark = next(mark for mark in marker.mark(answers) if mark.item == item.id)
    return mark.verdict in ("accept", "accept_note")
