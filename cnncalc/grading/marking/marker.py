"""Marks a student's answers: exact, with a note, following from earlier answers, a known slip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.grading.judgement import ONE, ZERO, Judged, Word, failed
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.marking.own_answers import Statement
from cnncalc.grading.marking.own_values import ValueExplainer
from cnncalc.grading.marking.reasons import Explainer
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Assignment, Item, Network

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
    """An answer by itself: its judgement and mark, and whether no other answer can mend it."""

    judged: Judged
    mark: Mark
    settled: bool
    statement: Statement | None


class Marker:
    """Marks answers against one assignment; remembers what it has marked before."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.items = assignment.items
        self._explainers = _explainers(assignment)
        self._alone: dict[tuple[int, str], _Alone] = {}
        self._in_context: dict[tuple[object, ...], Mark] = Bounded(MAX_REMEMBERED)

    def mark(self, answers: Mapping[str, str]) -> list[Mark]:
        """Return a mark for every item, in their order; items without an answer are blank."""
        if len(self._alone) > MAX_REMEMBERED:  # only between two students: all belong together
            self._alone.clear()
        known, alone = self._alone, []
        for index, item in enumerate(self.items):
            raw = answers.get(item.id, "")
            alone.append(known.get((index, raw)) or self._by_itself(index, raw))
        marks = [one.mark for one in alone]
        wrong = [index for index, one in enumerate(alone) if not one.settled]
        if wrong:
            self._mark_together(alone, marks, wrong)
        return marks

    def _by_itself(self, index: int, raw: str) -> _Alone:
        item, explainer = self.items[index], self._explainers[index]
        judged = item.judge(raw)
        settled = judged.verdict not in ("wrong", "partial") or judged.reason == "order"
        settled = settled or explainer is None or not judged.candidates
        stated = explainer and explainer.statement(item, judged, index)
        found = _Alone(judged, _plain(item, raw, judged), settled, stated or None)
        self._alone[index, raw] = found
        return found

    def _mark_together(
        self, alone: Sequence[_Alone], marks: list[Mark], wrong: Sequence[int]
    ) -> None:
        """Mark what was wrong at first sight, in the light of the student's other answers."""
        said: dict[Explainer | ValueExplainer, Any] = {}  # for each what its `answers` gave
        for index in wrong:
            explainer = self._explainers[index]
            assert explainer is not None
            # Besides what is wrong, what is missing makes a difference: all the rest is right.
            context = [
                (at, None if alone[at].settled else alone[at].mark.raw)
                for at in explainer.relevant(index)
                if not alone[at].settled or alone[at].mark.verdict in ("blank", "unreadable")
            ]
            key = (index, alone[index].mark.raw, *context)
            found = self._in_context.get(key)
            if found is None:
                if explainer not in said:
                    own = [alone[at].statement for at in explainer.own]
                    said[explainer] = explainer.answers([one for one in own if one is not None])
                found = self._explained(index, alone[index], marks, said[explainer])
                self._in_context[key] = found
            marks[index] = found
        self._charge_once(marks)

    def _explained(self, index: int, alone: _Alone, marks: Sequence[Mark], said: Any) -> Mark:
        """Return the best of: follows from earlier answers, a known slip, parts, wrong."""
        item, explainer, plain = self.items[index], self._explainers[index], alone.mark
        assert explainer is not None
        earned = {mark.item: mark.credit for mark in marks} if item.rubric.gate else {}
        try:
            found = explainer.explanation(item, alone.judged, said, earned)
        except Exception as error:
            return _plain(item, plain.raw, failed(error))
        if found.sources:
            credit = max(plain.credit, item.rubric.follow_through)
            follows = found.sources[:3]
            return _with(plain, credit, "follow_through", notes=(), slip="", follows=follows)
        if found.slip:
            worth = item.rubric.slip(found.slip)
            reason = "misconception" if worth or not plain.credit else plain.reason
            return _with(plain, max(plain.credit, worth), reason, slip=found.slip)
        return _otherwise_right(item, plain, found.convention) if found.convention else plain

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


def _explainers(assignment: Assignment) -> list[Explainer | ValueExplainer | None]:
    """Return for every item what explains answers about its network, if it has one."""
    known: dict[Network | DrawnNumbers, Explainer | ValueExplainer] = {}
    networks = [
        question.numbers or question.network
        for question in assignment.questions
        for _ in question.items
    ]
    for network in networks:
        if network is None or network in known:
            continue
        own = [index for index, other in enumerate(networks) if other == network]
        if isinstance(network, DrawnNumbers):
            known[network] = ValueExplainer(network, assignment.items, own)
        else:
            known[network] = Explainer(network, assignment.items, own)
    return [None if network is None else known[network] for network in networks]


def _chargeable(mark: Mark) -> bool:
    """Tell whether a mark is less than full for a slip that can be made again and again."""
    known = SLIPS[mark.slip]
    return mark.credit < 1 and (known.worth is None or bool(known.convention))


def _plain(item: Item, raw: str, judged: Judged) -> Mark:
    """Return the mark that an answer earns by itself."""
    credit, verdict, reason = judged.credit, judged.verdict, judged.reason
    worth = item.rubric.slip(judged.slip) if judged.slip else ZERO
    if worth > credit:
        credit, verdict, reason = worth, "partial", "misconception"
    return Mark(item.id, raw, judged.shown, verdict, credit, reason, judged.notes, judged.slip)


def _with(plain: Mark, credit: Fraction, reason: str, **changes: Any) -> Mark:
    """Return a mark with another credit, and the verdict that goes with it."""
    verdict: Word = "accept_note" if credit == 1 else "partial" if credit else "wrong"
    return replace(plain, verdict=verdict, credit=credit, reason=reason, **changes)


def _otherwise_right(item: Item, plain: Mark, name: str) -> Mark:
    """Return the mark of what another convention makes right, but a slip as well."""
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
