"""What would follow from a student's own values of a network on drawn numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import SpecError
from cnncalc.grading.judgement import Judged, near
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.marking.own_answers import LONGEST, Statement
from cnncalc.grading.marking.reasons import MarkReason
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.marking.slips import only
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Item

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array

#: Maps that follow from answers are kept for so many different sets of answers.
MAX_KEPT = 500
Statements = tuple[Statement, ...]


class ValueExplainer:
    """Explains wrong values by earlier answers about the same numbers, or by a slip.

    `items` are all items of the assignment, `own` the positions of those on these numbers.
    """

    def __init__(self, numbers: DrawnNumbers, items: Sequence[Item], own: Sequence[int]) -> None:
        self.numbers = numbers
        self.items = items
        self.own = tuple(own)
        self.cells = {items[at].id: items[at].cell for at in own}
        self._kept: dict[Statements, dict[int, Array]] = Bounded(MAX_KEPT)

    def relevant(self, index: int) -> tuple[int, ...]:
        """Return the items about nodes that come before an item's own."""
        node = self.items[index].nodes[-1]
        return tuple([at for at in self.own if self.items[at].nodes[-1] < node])

    def statement(self, item: Item, judged: Judged, position: int) -> Statement | None:
        """Return what an answer says of a cell; None if it is no number to go on from."""
        value = judged.candidates[0].value if judged.candidates else None
        if not isinstance(value, Fraction) or abs(value) > LONGEST:
            return None
        wrong = "" if judged.verdict in ("accept", "accept_note") else item.id
        return Statement(item.id, item.quantity, item.nodes, wrong, position, value)

    def answers(self, statements: Iterable[Statement]) -> Statements:
        """Return what a student says of the cells."""
        return tuple(statements)

    def explanation(
        self, item: Item, judged: Judged, answers: Statements, earned: Mapping[str, Fraction]
    ) -> MarkReason:
        """Return why a value is wrong, as `Explainer.explanation` does."""
        node = item.nodes[-1]
        wrong = tuple([one for one in answers if one.wrong and one.nodes[-1] < node])
        names = {name for name, value in item.truth.mistakes if _means(item, judged, value)}
        try:
            if wrong and _means(item, judged, self._value(item, wrong)):
                sources = self._sources(item, wrong)
                passes = all(earned.get(one, 0) >= item.rubric.gate for one in sources)
                return MarkReason(sources if passes or not item.rubric.gate else ())
            if wrong:
                own = self.numbers.slips(node, item.cell, self._maps(wrong, node))
                names |= {name for name, value in own.items() if _means(item, judged, value)}
        except (SpecError, OverflowError, ValueError):
            pass  # nothing follows from numbers with which the network cannot be run
        others = only(name for name in names if SLIPS[name].convention)
        return MarkReason((), only(names), others)

    def _value(self, item: Item, wrong: Statements) -> Fraction:
        """Return what an item would be if some wrong answers were right."""
        node = item.nodes[-1]
        return self.numbers.value(node, item.cell, self._maps(wrong, node))

    def _sources(self, item: Item, wrong: Statements) -> tuple[str, ...]:
        """Return those wrong answers without which an item would be another; all, if none is."""
        value = self._value(item, wrong)
        alone = [
            one.wrong
            for one in wrong
            if self._value(item, tuple([other for other in wrong if other is not one])) != value
        ]
        return tuple(alone) or tuple([one.wrong for one in wrong])

    def _maps(self, wrong: Statements, last: int) -> dict[int, Array]:
        """Return the maps of all nodes before the last, with the wrong answers put into them."""
        key = tuple([one for one in wrong if one.nodes[-1] < last])
        maps = self._kept.get(key)
        if maps is None:
            maps = self._kept[key] = self.numbers.run.again(
                {
                    node: {self.cells[one.item]: float(one.number or 0) for one in key
                           if one.nodes[-1] == node}
                    for node in {one.nodes[-1] for one in key}
                }
            )  # fmt: skip
        return maps


def _means(item: Item, judged: Judged, value: Fraction) -> bool:
    """Tell whether an answer means a value, which may be rounded if it is no whole number."""
    rounded = value.denominator != 1
    given = [one._replace(rounded=True) if rounded else one for one in judged.candidates]
    return any(near(one, value, item.conventions.tolerance) is not None for one in given)
