"""A question as quiz programs see it: a text, a kind of input, right answers and distractors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cnncalc.grading.marking import Marker
from cnncalc.grading.misconceptions.names import MISCONCEPTIONS
from cnncalc.grading.model import (
    ChoiceTruth,
    FitTruth,
    Item,
    NumberTruth,
    Question,
    ShapeTruth,
    ValuesTruth,
)
from cnncalc.grading.phrase import network_lines, show_shape
from cnncalc.grading.slips import Slips
from cnncalc.grading.truths import show_truth, working

#: How a system should ask: a number, one of several options, or a text of accepted spellings.
Form = Literal["number", "choice", "text", "essay"]
MOST = 4


@dataclass(frozen=True, slots=True)
class Distractor:
    """A wrong answer with the share of the points that it is worth, and what is said of it."""

    text: str
    share: Fraction
    says: str


@dataclass(frozen=True, slots=True)
class Field:
    """One input: `label` in a table, `right` the accepted texts, the shown one first."""

    label: str
    form: Form
    right: tuple[str, ...]
    distractors: tuple[Distractor, ...]
    points: Fraction
    working: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One variant of a question in a bank; `students` are those it was drawn for."""

    name: str
    question: str
    text: str
    points: Fraction
    fields: tuple[Field, ...]
    table: bool = False
    students: tuple[str, ...] = ()


def entry(question: Question, name: str, students: tuple[str, ...] = ()) -> Entry:
    """Return a question as quiz programs see it."""
    slips = Slips(question.network.world) if question.network is not None else None
    fields = tuple(_field(item, question, slips) for item in question.items)
    return Entry(
        name, question.id, statement(question), question.points, fields,
        question.kind == "table", students,
    )  # fmt: skip


def statement(question: Question) -> str:
    """Return the text of a question, the network it speaks of, and its conventions."""
    lines = [question.text]
    network = question.network
    if network is not None:
        layers = len(network.graph.nodes) - len(network.graph.inputs)
        if layers > 1 or not question.own_text:
            lines += ["", *network_lines(network.graph)]
    if question.stated:
        lines += ["", "Conventions: " + "; ".join(question.stated) + "."]
    return "\n".join(lines)


def _field(item: Item, question: Question, slips: Slips | None) -> Field:
    truth = item.truth
    label = f"{item.row}, {item.column.replace('_', ' ')}" if item.row else ""
    lines = tuple(working(item, question.network))
    wrong = tuple(_distractors(item, slips)) if slips is not None else ()
    if isinstance(truth, NumberTruth):
        return Field(label, "number", (_number(truth.value),), wrong, item.points, lines)
    if isinstance(truth, ShapeTruth) and truth.spatial and len(set(truth.shape)) == 1:
        right = (str(truth.shape[0]),)
        single = tuple(_single(one) for one in wrong)
        return Field(label, "number", right, single, item.points, lines)
    if isinstance(truth, ShapeTruth):
        return Field(label, "text", _spellings(item, truth), wrong, item.points, lines)
    if isinstance(truth, ChoiceTruth):
        others = tuple(
            Distractor(text or name, Fraction(0), "")
            for index, (name, text) in enumerate(truth.options)
            if index != truth.index
        )
        right = (truth.options[truth.index][1] or truth.options[truth.index][0],)
        return Field(label, "choice", right, others, item.points, lines)
    if isinstance(truth, FitTruth):
        texts = ("fits exactly", "does not fit exactly")
        other = Distractor(texts[truth.fits], Fraction(0), show_truth(item))
        return Field(label, "choice", (texts[not truth.fits],), (other,), item.points, lines)
    if isinstance(truth, ValuesTruth) and len(truth.unknowns) == 1 and not truth.every:
        values = tuple(str(solution[0]) for solution in truth.solutions)
        return Field(label, "number", values, (), item.points, lines)
    return Field(label, "essay", (show_truth(item),), (), item.points, lines)


def _single(one: Distractor) -> Distractor:
    return Distractor(one.text.split("×")[0], one.share, one.says)


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"


def _spellings(item: Item, truth: ShapeTruth) -> tuple[str, ...]:
    """Return the usual ways to type a shape, in the orders that the conventions allow."""
    orders = [truth.shape]
    if not truth.spatial and len(truth.shape) > 1:
        last = (*truth.shape[1:], truth.shape[0])
        layout = item.conventions.layout
        orders = {"hwc": [last], "chw": [truth.shape]}.get(layout, [last, truth.shape])
    texts = []
    for order in orders:
        sizes = [str(size) for size in order]
        texts += ["×".join(sizes), "x".join(sizes), " x ".join(sizes), " × ".join(sizes)]
        texts += ["(" + ", ".join(sizes) + ")", "(" + ",".join(sizes) + ")", ",".join(sizes)]
    return tuple(dict.fromkeys(texts))


def _distractors(item: Item, slips: Slips) -> Iterator[Distractor]:
    """Yield wrong answers that misconceptions lead to, the worthiest first."""
    found: list[tuple[Fraction, str, str]] = []
    for value, name in slips.table(item).items():
        if isinstance(value, tuple):
            spatial = isinstance(item.truth, ShapeTruth) and item.truth.spatial
            layout = "chw" if item.conventions.layout == "chw" else "hwc"
            shown = "×".join(map(str, value)) if spatial else show_shape(value, layout)
        else:
            shown = _number(Fraction(value))
        found.append((item.rubric.slip(name), shown, MISCONCEPTIONS[name].says))
    seen: set[str] = set()
    for share, shown, says in sorted(found, key=lambda one: (-one[0], one[2], one[1])):
        if says not in seen and len(seen) < MOST:
            seen.add(says)
            yield Distractor(shown, share, says)


def accepted(item: Item, marker: Marker, text: str) -> bool:
    """Tell whether a text would be marked as right: what a bank offers as right must be."""
    answers: Mapping[str, str] = {item.id: text}
    mark = next(mark for mark in marker.mark(answers) if mark.item == item.id)
    return mark.verdict in ("accept", "accept_note")
