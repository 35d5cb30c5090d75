"""Marks a student's answers: exact, with a note, following from earlier answers, a known slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from cnncalc.grading.judgement import ONE, ZERO, Judged, Word, failed
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.marking.own_values import ValueExplainer
from cnncalc.grading.marking.reasons import Explainer
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.marking.statements import Statement
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Assignment, Item, Network

#: Marks are remembered, so that equal answers are judged once; the number bounds the memory.
MAX_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
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


class Marker:
    """Marks answers against one assignment; remembers what it has marked before."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.items = assignment.items
        self._explainers = _explainers(assignment)
        self._judged: dict[tuple[int, str], Judged] = {}
        self._statements: dict[tuple[int, str], Statement] = {}
        self._alone: dict[tuple[int, str], Mark | None] = {}
        self._in_context: dict[tuple[object, ...], Mark] = Bounded(MAX_REMEMBERED)

    def mark(self, answers: Mapping[str, str]) -> list[Mark]:
        """Return a mark for every item, in their order; items without an answer are blank."""
        if len(self._alone) > MAX_REMEMBERED:  # only between two students: all belong together
            self._alone.clear()
            self._judged.clear()
            self._statements.clear()
        marks: list[Mark | None] = []
        wrong: dict[int, str] = {}
        for index, item in enumerate(self.items):
            raw = answers.get(item.id, "")
            found = self._alone.get((index, raw), self)
            if found is self:
                found = self._mark_alone(index, item, raw)
            if found is None:
                wrong[index] = raw
            marks.append(found)  # type: ignore[arg-type]  # `self` only stands for "not found"
        if wrong:
            self._mark_together(answers, marks, wrong)
        return [mark for mark in marks if mark is not None]

    def _mark_alone(self, index: int, item: Item, raw: str) -> Mark | None:
        """Return the mark of an answer that needs no other to be marked, or None."""
        judged = self._judged[index, raw] = item.judge(raw)
        explainer = self._explainers[index]
        stated = explainer and explainer.statement(item, judged, index)
        if stated:
            self._statements[index, raw] = stated
        settled = judged.verdict not in ("wrong", "partial") or judged.reason == "order"
        settled = settled or explainer is None or not judged.candidates
        found = self._alone[index, raw] = _plain(item, raw, judged) if settled else None
        return found

    def _mark_together(
        self, answers: Mapping[str, str], marks: list[Mark | None], wrong: Mapping[int, str]
    ) -> None:
        """Mark what was wrong at first sight, in the light of the student's other answers."""
        said: dict[int, Any] = {}
        absent = {
            index
            for index, mark in enumerate(marks)
            if mark is not None and mark.verdict in ("blank", "unreadable")
        }
        for index, raw in wrong.items():
            explainer = self._explainers[index]
            assert explainer is not None
            context = [
                (other, wrong.get(other))
                for other in explainer.relevant(index)
                if other in wrong or other in absent
            ]
            key = (index, raw, *context)
            found = self._in_context.get(key)
            if found is None:
                if id(explainer) not in said:
                    said[id(explainer)] = self._said(explainer, answers)
                found = self._explained(index, raw, marks, said[id(explainer)])
                self._in_context[key] = found
            marks[index] = found
        self._charge_once(marks)

    def _said(self, explainer: Explainer | ValueExplainer, answers: Mapping[str, str]) -> Any:
        """Return what a student says of one network, for its own explainer."""
        own = [
            self._statements.get((index, answers.get(self.items[index].id, "")))
            for index in explainer.own
        ]
        return explainer.answers([one for one in own if one is not None])

    def _explained(self, index: int, raw: str, marks: list[Mark | None], said: Any) -> Mark:
        """Return the best of: follows from earlier answers, a known slip, parts, wrong."""
        item, explainer = self.items[index], self._explainers[index]
        judged = self._judged[index, raw]
        assert explainer is not None
        plain = _plain(item, raw, judged)
        earned = {mark.item: mark.credit for mark in marks if mark} if item.rubric.gate else {}
        try:
            sources, slip, convention = explainer.explanation(item, judged, said, earned)
        except Exception as error:
            return _plain(item, raw, failed(error))
        if sources:
            return _following(item, plain, sources)
        if slip:
            return _slipped(item, plain, slip)
        return _otherwise_right(item, plain, convention) if convention else plain

    def _charge_once(self, marks: list[Mark | None]) -> None:
        """Give back what a slip costs but where it costs most: there it is charged.

        So a slip that is mended somewhere never makes the same slip elsewhere dearer. The cells of
        one map are one place.
        """
        costs: dict[str, dict[str, Fraction]] = {}
        repeated = []
        for index, mark in enumerate(marks):
            if mark is None or not mark.slip or not _chargeable(mark):
                continue
            item = self.items[index]
            place = item.id.partition("/")[0] if item.cell else item.id
            own = costs.setdefault(mark.slip, {})
            own[place] = own.get(place, ZERO) + (ONE - mark.credit) * item.points
            if item.rubric.charge == "once":
                repeated.append((index, mark, place))
        for index, mark, place in repeated:
            own = costs[mark.slip]
            first = max(own, key=own.__getitem__)
            if first != place:
                key = ("repeated", index, mark.raw, first)
                if key not in self._in_context:
                    self._in_context[key] = _repeated(mark, first)
                marks[index] = self._in_context[key]


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


def _following(item: Item, plain: Mark, sources: tuple[str, ...]) -> Mark:
    credit = max(plain.credit, item.rubric.follow_through)
    return _with(plain, credit, "follow_through", notes=(), slip="", follows=sources[:3])


def _slipped(item: Item, plain: Mark, name: str) -> Mark:
    worth = item.rubric.slip(name)
    reason = "misconception" if worth or not plain.credit else plain.reason
    return _with(plain, max(plain.credit, worth), reason, slip=name)


def _otherwise_right(item: Item, plain: Mark, name: str) -> Mark:
    """Return the mark of what another convention makes right, but a slip as well."""
    convention = SLIPS[name].convention
    credit = max(plain.credit, item.rubric.other_convention)
    if credit == 1:
        notes: tuple[str, ...] = (f"by another convention: {convention}",)
        return _with(plain, credit, "note", notes=notes, slip="")
    notes = (*plain.notes, f"it would be right under another convention: {convention}")
    return _with(plain, credit, "parts" if credit else plain.reason, notes=notes)


def _repeated(mark: Mark, first: str) -> Mark:
    note = f"the same slip as in {first}, charged there"
    return _with(mark, ONE, "repeated", notes=(*mark.notes, note))


def says(mark: Mark, level: str = "full") -> str:
    """Return what the slip of a mark is, or (level `hint`) the question that leads out of it."""
    known = SLIPS.get(mark.slip)
    if known is None:
        return ""
    return known.hint if level == "hint" else known.says
