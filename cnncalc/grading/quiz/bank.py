"""A question as quiz programs see it: a text, a kind of input, right answers and distractors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

from cnncalc.grading.judgement import Value
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.marking.slips import Slips
from cnncalc.grading.model import Form, Item, Question
from cnncalc.grading.right_answers import working
from cnncalc.grading.sheet import statement

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
class BankField:
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
class BankEntry:
    """One variant of a question in a bank."""

    name: str
    question: str
    text: str
    points: Fraction
    fields: tuple[BankField, ...]
    table: bool = False


def entry(question: Question, name: str, choices: bool = False) -> BankEntry:
    """Return a question as quiz programs see it; with `choices` as a multiple choice if it can."""
    slips = Slips(question.network.right) if question.network is not None else None
    fields = [_field(item, question, slips) for item in question.items]
    fields = list(map(_choice, fields)) if choices else fields
    table = question.kind == "table"
    return BankEntry(name, question.id, statement(question), question.points, tuple(fields), table)


def _choice(field: BankField) -> BankField:
    """Return a number or a text as a choice between the right one and those of usual slips."""
    single = field.form == "text" or (field.form == "number" and len(field.right) == 1)
    if not single or len(field.distractors) < FEWEST:
        return field
    wrong = tuple(replace(one, share=Fraction(0)) for one in field.distractors)
    return replace(field, form="choice", right=field.right[:1], distractors=wrong)


def _field(item: Item, question: Question, slips: Slips | None) -> BankField:
    """Return an item as one input, in the form that its truth has."""
    truth = item.truth
    label = f"{item.row}, {item.column.replace('_', ' ')}" if item.row else ""
    wrong = tuple(_distractors(item, slips))
    if truth.form == "choice":
        wrong = tuple(Distractor(text, Fraction(0), "") for text in truth.offered(item))
    off = truth.margin(item)
    return BankField(
        label, truth.form, truth.texts(item), wrong, item.points,
        tuple(working(item, question.network)),
        str(off) if off.denominator == 1 else f"{float(off):.12g}",
    )  # fmt: skip


def _distractors(item: Item, slips: Slips | None) -> Iterator[Distractor]:
    """Yield wrong answers that slips lead to, the worthiest first, no two alike."""
    known: dict[Value, str]
    if slips is not None:
        known = slips.table(item)
    else:  # what a truth knows, without what several slips lead to
        values = [value for _, value in item.truth.mistakes]
        known = {value: name for name, value in item.truth.mistakes if values.count(value) == 1}
    used, said = set(item.truth.texts(item)), set[str]()
    table = [
        (-item.rubric.slip(name), SLIPS[name].says, item.truth.mistaken(item, value))
        for value, name in known.items()
    ]
    for share, says, texts in sorted(table):
        if not texts or says in said or used & set(texts):
            continue
        said.add(says)
        used.update(texts)
        yield Distractor(texts[0], -share, says, texts)
        if len(said) == MOST:
            return
