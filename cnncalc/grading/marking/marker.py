"""Marks a student's answers: exact, with a note, following from earlier answers, a known slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from cnncalc.grading.marking.beliefs import Beliefs
from cnncalc.grading.marking.claims import Claim, claim_of
from cnncalc.grading.marking.compare import Judged, Word, judge
from cnncalc.grading.marking.misconceptions.names import MISCONCEPTIONS
from cnncalc.grading.marking.reasons import Explainer
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Assignment, Item, NetworkTruth

#: Marks are remembered, so that equal answers are judged once; the number bounds the memory.
MAX_REMEMBERED = 2_000
ONE, ZERO = Fraction(1), Fraction(0)


@dataclass(frozen=True, slots=True)
class Mark:
    """What one answer earned and why.

    `credit` is the share of the item's points. `reason` is `exact`, `note`, `order`,
    `follow_through`, `misconception`, `repeated`, `parts`, `wrong`, `unreadable`, `blank` or
    `network`; `slip` names the misconception; `follows` the earlier items that it builds on.
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
    #: Texts made from the mark, by who made them: equal answers share one mark and its texts.
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


class Marker:
    """Marks answers against one assignment; remembers what it has marked before."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.items = assignment.items
        self._explainers: list[Explainer | None] = []
        groups: dict[int, list[int]] = {}
        asked = [question for question in assignment.questions for _ in question.items]
        for index, question in enumerate(asked):
            groups.setdefault(id(question.network), []).append(index)
        for question in assignment.questions:
            if question.network is None:
                self._explainers += [None] * len(question.items)
                continue
            own = groups[id(question.network)]
            known = self._explainers[own[0]] if own[0] < len(self._explainers) else None
            explainer = known or Explainer(question.network, self.items, own)
            self._explainers += [explainer] * len(question.items)
        self._judged: dict[tuple[int, str], Judged] = {}
        self._claims: dict[tuple[int, str], Claim] = {}
        self._alone: dict[tuple[int, str], Mark | None] = {}
        self._in_context: dict[tuple[object, ...], Mark] = Bounded(MAX_REMEMBERED)

    def mark(self, answers: Mapping[str, str]) -> list[Mark]:
        """Return a mark for every item, in their order; items without an answer are blank."""
        if len(self._alone) > MAX_REMEMBERED:  # only between two students: both belong together
            self._alone.clear()
            self._judged.clear()
            self._claims.clear()
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
        if isinstance(item.truth, NetworkTruth):
            found: Mark | None = _handed_in(item, item.truth, raw)
        else:
            judged = judge(item, raw)
            self._judged[index, raw] = judged
            explainer = self._explainers[index]
            claim = explainer and claim_of(explainer.world, item, judged)
            if claim:
                self._claims[index, raw] = claim
            settled = judged.verdict not in ("wrong", "partial") or judged.reason == "order"
            found = _plain(item, raw, judged) if settled else None
        self._alone[index, raw] = found
        return found

    def _mark_together(
        self, answers: Mapping[str, str], marks: list[Mark | None], wrong: Mapping[int, str]
    ) -> None:
        """Mark what was wrong at first sight, in the light of the student's other answers."""
        beliefs: dict[int, Beliefs] = {}
        absent = {
            index
            for index, mark in enumerate(marks)
            if mark is not None and mark.verdict in ("blank", "unreadable")
        }
        for index, raw in wrong.items():
            explainer = self._explainers[index]
            context: tuple[object, ...] = ()
            if explainer is not None:
                others = explainer.relevant(index)
                context = tuple([
                    (other, wrong.get(other))
                    for other in others
                    if other in wrong or other in absent
                ])  # fmt: skip
            key = (index, raw, context)
            found = self._in_context.get(key)
            if found is None:
                found = self._explained(index, raw, answers, marks, beliefs)
                self._in_context[key] = found
            marks[index] = found
        self._charge_once(marks)

    def _explained(
        self,
        index: int,
        raw: str,
        answers: Mapping[str, str],
        marks: list[Mark | None],
        beliefs: dict[int, Beliefs],
    ) -> Mark:
        """Return the best of: follows from earlier answers, a known slip, parts, wrong."""
        items, explainer = self.items, self._explainers[index]
        item, judged = items[index], self._judged[index, raw]
        plain = _plain(item, raw, judged)
        if explainer is None or not judged.candidates:
            return plain
        if id(explainer) not in beliefs:
            own = [self._claims.get((one, answers.get(items[one].id, ""))) for one in explainer.own]
            beliefs[id(explainer)] = explainer.beliefs([claim for claim in own if claim])
        earned = {mark.item: mark.credit for mark in marks if mark} if item.rubric.gate else {}
        found = explainer.explanation(item, judged, beliefs[id(explainer)], earned)
        sources, slip, convention = found
        if sources:
            return _following(item, plain, sources)
        if slip:
            return _slipped(item, plain, slip)
        return _otherwise_right(item, plain, convention) if convention else plain

    def _charge_once(self, marks: list[Mark | None]) -> None:
        """Give back what a slip costs but where it costs most: there it is charged.

        So a slip that is mended somewhere never makes the same slip elsewhere dearer.
        """
        dearest: dict[str, tuple[Fraction, str]] = {}
        repeated = []
        for index, mark in enumerate(marks):
            if mark is None or not mark.slip or not _chargeable(mark):
                continue
            cost = (ONE - mark.credit) * self.items[index].points
            if mark.slip not in dearest or cost > dearest[mark.slip][0]:
                dearest[mark.slip] = cost, mark.item
            if self.items[index].rubric.charge == "once":
                repeated.append((index, mark))
        for index, mark in repeated:
            first = dearest[mark.slip][1]
            if first != mark.item:
                again = mark.memo.get(f"repeated/{first}")
                if again is None:
                    again = mark.memo[f"repeated/{first}"] = _repeated(mark, first)
                marks[index] = again


def _chargeable(mark: Mark) -> bool:
    """Tell whether a mark is less than full for a slip that can be made again and again."""
    known = MISCONCEPTIONS[mark.slip]
    return mark.credit < 1 and (known.worth is None or bool(known.convention))


def _plain(item: Item, raw: str, judged: Judged) -> Mark:
    """Return the mark that an answer earns by itself."""
    credit, verdict, reason = judged.credit, judged.verdict, judged.reason
    worth = item.rubric.slip(judged.slip) if judged.slip else ZERO
    if worth > credit:
        credit, verdict, reason = worth, "partial", "misconception"
    return Mark(item.id, raw, judged.shown, verdict, credit, reason, judged.notes, judged.slip)


def _following(item: Item, plain: Mark, sources: tuple[str, ...]) -> Mark:
    credit = max(plain.credit, item.rubric.follow_through)
    return replace(
        plain, memo={}, verdict=_word(credit), credit=credit, reason="follow_through", notes=(),
        slip="", follows=sources[:3],
    )  # fmt: skip


def _slipped(item: Item, plain: Mark, name: str) -> Mark:
    worth = item.rubric.slip(name)
    credit = max(plain.credit, worth)
    reason = "misconception" if worth or not plain.credit else plain.reason
    return replace(plain, memo={}, verdict=_word(credit), credit=credit, reason=reason, slip=name)


def _otherwise_right(item: Item, plain: Mark, name: str) -> Mark:
    """Return the mark of what another convention makes right, but a slip as well."""
    convention = MISCONCEPTIONS[name].convention
    credit = max(plain.credit, item.rubric.other_convention)
    if credit == 1:
        notes: tuple[str, ...] = (f"by another convention: {convention}",)
        return replace(
            plain,
            memo={},
            verdict="accept_note",
            credit=credit,
            reason="note",
            notes=notes,
            slip="",
        )
    notes = (*plain.notes, f"it would be right under another convention: {convention}")
    reason = "parts" if credit else plain.reason
    return replace(
        plain, memo={}, verdict=_word(credit), credit=credit, reason=reason, notes=notes
    )  # fmt: skip


def _repeated(mark: Mark, first: str) -> Mark:
    note = f"the same slip as in {first}, charged there"
    return replace(
        mark, memo={}, verdict="accept_note", credit=ONE, reason="repeated",
        notes=(*mark.notes, note),
    )  # fmt: skip


def _word(credit: Fraction) -> Word:
    return "accept_note" if credit == 1 else "partial" if credit else "wrong"


def _handed_in(item: Item, truth: NetworkTruth, raw: str) -> Mark:
    if not raw.strip():
        return Mark(item.id, raw, "", "blank", ZERO, "blank", ("no answer",))
    from cnncalc.grading.question_types.network_submission import check_network

    checked = check_network(truth, raw)
    shown = "a network" if not checked.problem else ""
    if checked.problem:
        notes = (checked.problem, *checked.lines)
        return Mark(item.id, raw, shown, "unreadable", ZERO, "unreadable", notes)
    verdict: Word = "accept" if checked.met == 1 else "partial" if checked.met else "wrong"
    return Mark(item.id, raw, shown, verdict, checked.met, "network", checked.lines)


def says(mark: Mark, level: str = "full") -> str:
    """Return what the slip of a mark is, or (level `hint`) the question that leads out of it."""
    known = MISCONCEPTIONS.get(mark.slip)
    if known is None:
        return ""
    return known.hint if level == "hint" else known.says
