"""Marks a student's answers: exact, with a note, following from earlier answers, a known slip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.grading.marking import Bounded
from cnncalc.grading.marking.believed_network import explore
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.marking.own_answers import OwnAnswers, OwnValues, Statement, statement_of
from cnncalc.grading.marking.reasons import Explainer, means, only
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.model import ONE, ZERO, Assignment, Item, Judged, Network, Word, failed
from cnncalc.grading.quantities import QUANTITIES, is_of_shape

#: Marks are remembered, so that equal answers are judged once; the number bounds the memory.
MAX_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """What one answer earned and why.

    `credit` is the share of the item's points. `reason` is `exact`, `note`, `order`,
    `follow_through`, `misconception`, `repeated`, `parts`, `wrong`, `unreadable`, `blank`,
    `network`, `manual` (a person marks it) or `internal` (a fault of ours: a person must look at
    it). `slip` names the misconception; `follows` the earlier items that it builds on.
    """

    item: str
    raw: str
    shown: str
    verdict: Word
    credit: Fraction
    reason: str
    notes: tuple[str, ...] = ()
    slip: str = ""
    follows: tuple[str, ...] = ()


class _Alone(NamedTuple):
    """An answer by itself: its judgement and mark, whether no other answer can mend it."""

    judged: Judged
    mark: Mark
    settled: bool
    statement: Statement | None


class _Topic(NamedTuple):
    """What explains answers about one network, and the items about it, by position.

    Of each there is its last node, and whether its answer bears on what comes after that.
    """

    explainer: Explainer
    items: dict[int, tuple[int, bool]]


class Marker:
    """Marks answers against one assignment; remembers what it has marked before."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.items = assignment.items
        self._topics = _topics(assignment)
        self._alone: list[tuple[str, dict[str, _Alone]]] = [(item.id, {}) for item in self.items]
        self._remembered = 0
        self._in_context: dict[tuple[object, ...], Mark] = Bounded(MAX_REMEMBERED)

    def mark(self, answers: Mapping[str, str]) -> list[Mark]:
        """Return a mark for every item, in their order; items without an answer are blank."""
        if self._remembered > MAX_REMEMBERED:  # only between two students: all belong together
            self._remembered = 0
            for _, known in self._alone:
                known.clear()
        alone = []
        for index, (name, known) in enumerate(self._alone):
            raw = answers.get(name, "")
            alone.append(known.get(raw) or self._by_itself(index, raw))
        marks = [one.mark for one in alone]
        wrong = [index for index, one in enumerate(alone) if not one.settled]
        if wrong:
            self._mark_together(alone, marks, wrong)
        return marks

    def _by_itself(self, index: int, raw: str) -> _Alone:
        item, topic = self.items[index], self._topics[index]
        judged = item.judge(raw)
        settled = judged.verdict not in ("wrong", "partial") or judged.reason == "order"
        settled = settled or topic is None or not judged.candidates
        stated = topic and statement_of(topic.explainer.right, item, judged)
        found = _Alone(judged, _plain(item, raw, judged), settled, stated)
        self._alone[index][1][raw] = found
        self._remembered += 1
        return found

    def _mark_together(
        self, alone: Sequence[_Alone], marks: list[Mark], wrong: Sequence[int]
    ) -> None:
        said: dict[Explainer, OwnAnswers | OwnValues] = {}
        # Besides what is wrong, what is missing makes a difference: all the rest is right.
        bears = {
            at: None if one.settled else one.mark.raw
            for at, one in enumerate(alone)
            if not one.settled or one.mark.verdict in ("blank", "unreadable")
        }
        for index in wrong:
            topic, item = self._topics[index], self.items[index]
            assert topic is not None
            # Later layers make no difference but in sums, or to a gate, which looks at marks.
            about = topic.items
            everything = item.whole or item.divided or item.rubric.gate
            last = about[index][0]
            context = [
                pair
                for pair in bears.items()
                if (place := about.get(pair[0]))
                if everything or place[0] == last or (place[1] and place[0] < last)
            ]
            key = (index, *context)
            found = self._in_context.get(key)
            if found is None:
                answers = said.get(topic.explainer)
                if answers is None:
                    own = [stated for at in topic.items if (stated := alone[at].statement)]
                    answers = said[topic.explainer] = topic.explainer.answers(own)
                found = self._explained(index, alone[index], marks, answers)
                self._in_context[key] = found
            marks[index] = found
        self._charge_once(marks)

    def _explained(
        self, index: int, alone: _Alone, marks: Sequence[Mark], answers: OwnAnswers | OwnValues
    ) -> Mark:
        """Return the best of: follows from earlier answers, a known slip, parts, wrong."""
        item, topic, plain, judged = (
            self.items[index],
            self._topics[index],
            alone.mark,
            alone.judged,
        )
        assert topic is not None
        try:
            sources = answers.followed(item, lambda value: means(item, judged, value))
            names = set() if sources else topic.explainer.slips(item, judged, answers)
        except Exception as error:
            return _plain(item, plain.raw, failed(error))
        gate = item.rubric.gate
        if sources and all(m.credit >= gate for m in marks if gate and m.item in sources):
            credit = max(plain.credit, item.rubric.follow_through)
            return _with(plain, credit, "follow_through", notes=(), slip="", follows=sources[:3])
        if not names:
            return plain
        slip, convention = only(names), only(name for name in names if SLIPS[name].convention)
        if slip:
            worth = item.rubric.slip(slip)
            reason = "misconception" if worth or not plain.credit else plain.reason
            return _with(plain, max(plain.credit, worth), reason, slip=slip)
        # That it is right under another convention is a fact, and alleges nothing.
        return _otherwise_right(item, plain, convention) if convention else plain

    def _charge_once(self, marks: list[Mark]) -> None:
        """Give back what a slip costs but where it costs most: there it is charged.

        So a slip that is mended somewhere never makes the same slip elsewhere dearer. The cells of
        one map are one place.
        """
        costs: dict[str, dict[str, Fraction]] = {}
        charged = []
        for index, mark in enumerate(marks):
            if mark.slip and _chargeable(mark):
                item = self.items[index]
                place = item.id.partition("/")[0] if item.cell else item.id
                own = costs.setdefault(mark.slip, {})
                own[place] = own.get(place, ZERO) + (ONE - mark.credit) * item.points
                charged.append((index, place))
        for index, place in charged:
            mark, own = marks[index], costs[marks[index].slip]
            first = max(own, key=own.__getitem__)
            if first != place and self.items[index].rubric.charge == "once":
                notes = (*mark.notes, f"the same slip as in {first}, charged there")
                marks[index] = _with(mark, ONE, "repeated", notes=notes)


def _topics(assignment: Assignment) -> list[_Topic | None]:
    known: dict[Network | DrawnNumbers, _Topic] = {}
    topics: list[_Topic | None] = []
    for question in assignment.questions:
        numbers, network, topic = question.numbers, question.network, None
        if numbers is not None:
            right = explore(numbers.graph)
            topic = known.setdefault(numbers, _Topic(Explainer(right, numbers), {}))
        elif network is not None:
            topic = known.setdefault(network, _Topic(Explainer(network.right), {}))
        for item in question.items:
            if topic is not None:
                bears = item.quantity not in QUANTITIES or is_of_shape(item.quantity)
                topic.items[len(topics)] = max(item.nodes, default=-1), bears
            topics.append(topic)
    return topics


def _chargeable(mark: Mark) -> bool:
    """Tell whether a mark is less than full for a slip that can be made again and again."""
    known = SLIPS[mark.slip]
    return mark.credit < 1 and (known.worth is None or bool(known.convention))


def _plain(item: Item, raw: str, judged: Judged) -> Mark:
    credit, verdict, reason = judged.credit, judged.verdict, judged.reason
    worth = item.rubric.slip(judged.slip) if judged.slip else ZERO
    if worth > credit:
        credit, verdict, reason = worth, "partial", "misconception"
    return Mark(item.id, raw, judged.shown, verdict, credit, reason, judged.notes, judged.slip)


def _with(plain: Mark, credit: Fraction, reason: str, **changes: Any) -> Mark:
    verdict: Word = "accept_note" if credit == 1 else "partial" if credit else "wrong"
    return replace(plain, verdict=verdict, credit=credit, reason=reason, **changes)


def _otherwise_right(item: Item, plain: Mark, name: str) -> Mark:
    convention = SLIPS[name].convention
    credit = max(plain.credit, item.rubric.other_convention)
    if credit == 1:
        notes: tuple[str, ...] = (f"by another convention: {convention}",)
        return _with(plain, credit, "note", notes=notes, slip="")
    notes = (*plain.notes, f"it would be right under another convention: {convention}")
    return _with(plain, credit, "parts" if credit else plain.reason, notes=notes)


def says(mark: Mark, level: str = "full") -> str:
    """Return what the slip of a mark is, or (level `hint`) the question that leads out of it."""
    known = SLIPS.get(mark.slip)
    if known is None:
        return ""
    return known.hint if level == "hint" else known.says
