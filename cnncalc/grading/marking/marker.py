"""Marks a student's answers: exact, with a note, following from earlier answers, a known slip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.grading.marking.believed_network import explore
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.marking.own_answers import OwnAnswers, OwnValues, Statement, statement_of
from cnncalc.grading.marking.reasons import Explainer, Reasons, only
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.model import ONE, ZERO, Assignment, Item, Judged, Network, Word, failed
from cnncalc.grading.quantities import QUANTITIES, is_of_shape

#: Marks are remembered, so that equal answers are judged once; the number bounds the memory.
MAX_REMEMBERED = 2_000
#: An item by its position, and what bears on its answer: positions and texts of other answers.
Context = tuple[Any, ...]


@dataclass(slots=True, eq=False)  # not frozen: many are made, each at a third of the cost
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
    """An answer by itself: its judgement and mark, whether no other answer can mend it.

    `bears` if it makes a difference to other answers: a right one makes none. It `hides` what was
    answered about nodes before its own if it states a whole shape or field, and a wrong one.
    """

    judged: Judged
    mark: Mark
    settled: bool
    statement: Statement | None
    bears: bool
    hides: bool


class _Place(NamedTuple):
    """Which answers bear on an item: those about its `node`, or of what it `reads` before that.

    Its own answer is read as its `kind`: `shape`, if it is one or a length of one, or the quantity.
    On an item with `everything` all answers bear. `cuts` are nodes through which all goes that it
    is made of, node n as the bit n: what stands before a wrong answer there makes no difference.
    """

    node: int
    kind: str
    reads: tuple[str, ...]
    everything: bool
    cuts: int


class _Topic(NamedTuple):
    """What explains answers about one network, and the places of the items about it."""

    explainer: Explainer
    places: dict[int, _Place]


class Marker:
    """Marks answers against one assignment; remembers what it has marked before."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.items = assignment.items
        self._topics = _topics(assignment)
        nodes = {at: topic.places[at].node for at, topic in enumerate(self._topics) if topic}
        self._backwards = sorted(nodes, key=nodes.__getitem__, reverse=True)
        self._alone: list[tuple[str, dict[str, _Alone]]] = [(item.id, {}) for item in self.items]
        self._remembered = 0
        self._charged = [one.id.partition("/")[0] if one.cell else one.id for one in self.items]
        self._in_context: dict[tuple[str, Context], Mark] = {}
        self._reasons: dict[Context, Reasons | OwnValues] = {}

    def mark(self, answers: Mapping[str, str]) -> list[Mark]:
        """Return a mark for every item, in their order; items without an answer are blank."""
        if self._remembered > MAX_REMEMBERED:  # only between two students: all belong together
            self._remembered = 0
            for _, known in self._alone:
                known.clear()
        for kept in (self._in_context, self._reasons):
            if len(kept) > MAX_REMEMBERED:
                kept.clear()
        alone = [
            known.get(answers.get(name, "")) or self._by_itself(index, answers.get(name, ""))
            for index, (name, known) in enumerate(self._alone)
        ]
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
        bears = not settled or judged.verdict in ("blank", "unreadable")
        lengths = (stated.lengths or stated.size) if stated and stated.wrong else None
        hides = lengths is not None and None not in lengths
        found = _Alone(judged, _plain(item, raw, judged), settled, stated, bears, hides)
        self._alone[index][1][raw] = found
        self._remembered += 1
        return found

    def _mark_together(
        self, alone: Sequence[_Alone], marks: list[Mark], wrong: Sequence[int]
    ) -> None:
        said: dict[Explainer, OwnAnswers | OwnValues] = {}
        bearing = [at for at in self._backwards if alone[at].bears]
        for index in wrong:
            context = self._context(index, alone, bearing)
            key = marks[index].raw, context
            found = self._in_context.get(key)
            if found is None:
                found = self._explained(context, alone, marks, said)
                self._in_context[key] = found
            marks[index] = found
        self._charge_once(marks)

    def _context(self, index: int, alone: Sequence[_Alone], bearing: Sequence[int]) -> Context:
        """Return an item with the answers that bear on it, wrong ones with their text, or missing.

        Later layers make no difference but in sums, or to a gate, which looks at marks.
        """
        topic = self._topics[index]
        assert topic is not None
        node, _, reads, everything, cuts = topic.places[index]
        context: list[int | str] = [index]
        first = -1
        for at in bearing:
            place = topic.places.get(at)
            if place is None or at == index:
                continue
            if place.node < first:
                break
            if everything or place.node == node or (place.node < node and place.kind in reads):
                one = alone[at]
                context += (at, "" if one.settled else one.mark.raw)
                if one.hides and not everything and cuts >> place.node & 1:
                    first = place.node
        return tuple(context)

    def _explained(
        self,
        context: Context,
        alone: Sequence[_Alone],
        marks: Sequence[Mark],
        said: dict[Explainer, OwnAnswers | OwnValues],
    ) -> Mark:
        """Return the best of: follows from earlier answers, a known slip, parts, wrong."""
        index = context[0]
        item, topic, plain = self.items[index], self._topics[index], alone[index].mark
        assert topic is not None
        try:
            reasons = self._reasons.get(context)
            if reasons is None:
                if topic.explainer not in said:
                    own = [stated for at in topic.places if (stated := alone[at].statement)]
                    said[topic.explainer] = topic.explainer.answers(own)
                reasons = topic.explainer.reasons(item, said[topic.explainer])
                self._reasons[context] = reasons
            sources = reasons.followed(item, alone[index].judged)
            names = set() if sources else topic.explainer.slips(item, alone[index].judged, reasons)
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
        made: dict[str, list[int]] = {}
        for index, mark in enumerate(marks):
            if mark.slip and _chargeable(mark):
                made.setdefault(mark.slip, []).append(index)
        for places in made.values():
            if len(places) == 1:
                continue
            costs: dict[str, Fraction] = {}
            for index in places:
                cost = (ONE - marks[index].credit) * self.items[index].points
                costs[self._charged[index]] = costs.get(self._charged[index], ZERO) + cost
            first = max(costs, key=costs.__getitem__)
            for index in places:
                if self._charged[index] != first and self.items[index].rubric.charge == "once":
                    notes = (*marks[index].notes, f"the same slip as in {first}, charged there")
                    marks[index] = _with(marks[index], ONE, "repeated", notes=notes)


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
                topic.places[len(topics)] = _place(item, topic.explainer)
            topics.append(topic)
    return topics


def _place(item: Item, explainer: Explainer) -> _Place:
    node, nodes = max(item.nodes, default=-1), explainer.right.graph.nodes
    counts = item.quantity in QUANTITIES and not is_of_shape(item.quantity)
    of_field = item.quantity == "receptive_field"
    kind = item.quantity if counts or of_field else "shape"
    reads = (kind,) if of_field else ("shape", kind) if item.whole else ("shape",)
    everything, cuts = bool(item.divided or item.rubric.gate), 0
    alone = len(item.nodes) == 1 and not item.whole and explainer.numbers is None
    if alone and nodes[node].layer.takes != "vector":  # which depends on the map it was made of
        cuts = explainer.cuts[node]
    return _Place(node, kind, reads, everything, cuts)


def _chargeable(mark: Mark) -> bool:
    """Tell whether a mark is less than full for a slip that can be made again and again."""
    known = SLIPS[mark.slip]
    return (known.worth is None or bool(known.convention)) and mark.credit < 1


def _plain(item: Item, raw: str, judged: Judged) -> Mark:
    credit, verdict, reason = judged.credit, judged.verdict, judged.reason
    if judged.slip and (worth := item.rubric.slip(judged.slip)) > credit:
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
