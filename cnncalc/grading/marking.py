"""Marks a student's answers: exact, with a note, following from earlier answers, a known slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from cnncalc.grading.beliefs import Beliefs, Value, ancestors_of
from cnncalc.grading.compare import Judged, Word, judge, near
from cnncalc.grading.handed import check_network
from cnncalc.grading.misconceptions.names import MISCONCEPTIONS
from cnncalc.grading.model import Assignment, Item, Network, NetworkTruth, NumberTruth
from cnncalc.grading.slips import Slips

#: Marks are remembered, so that equal answers are judged once; the number bounds the memory.
MAX_REMEMBERED = 6_000
MAX_TABLES = 1_000
#: A rounded number is only taken for a slip's if it is further off than this share.
FAR_OFF = Fraction(1, 5)
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
        self._networks: dict[int, tuple[Network, Slips, dict[int, int]]] = {}
        self._group: list[int] = []
        for question in assignment.questions:
            key = id(question.network)
            if question.network is not None and key not in self._networks:
                world = question.network.world
                self._networks[key] = (question.network, Slips(world), ancestors_of(world))
            self._group += [key] * len(question.items)
        self._judged: dict[tuple[int, str], Judged] = {}
        self._alone: dict[tuple[int, str], Mark | None] = {}
        self._in_context: dict[tuple[object, ...], Mark] = {}
        self._tables: dict[tuple[object, ...], dict[Value, str]] = {}

    def mark(self, answers: Mapping[str, str]) -> list[Mark]:
        """Return a mark for every item, in their order; items without an answer are blank."""
        if len(self._alone) > MAX_REMEMBERED:  # only between two students: both belong together
            self._alone.clear()
            self._judged.clear()
        marks: list[Mark | None] = []
        open_items: list[int] = []
        for index, item in enumerate(self.items):
            raw = answers.get(item.id, "")
            found = self._alone.get((index, raw), self)
            if found is self:
                found = self._mark_alone(index, item, raw)
            if found is None:
                open_items.append(index)
            marks.append(found)  # type: ignore[arg-type]  # `self` only stands for "not found"
        if open_items:
            self._mark_together(answers, marks, open_items)
        return [mark for mark in marks if mark is not None]

    def _mark_alone(self, index: int, item: Item, raw: str) -> Mark | None:
        """Return the mark of an answer that needs no other to be marked, or None."""
        if isinstance(item.truth, NetworkTruth):
            found: Mark | None = _handed_in(item, item.truth, raw)
        else:
            judged = judge(item, raw)
            self._judged[index, raw] = judged
            settled = judged.verdict not in ("wrong", "partial") or judged.reason == "order"
            found = _plain(item, raw, judged) if settled else None
        self._alone[index, raw] = found
        return found

    def _mark_together(
        self, answers: Mapping[str, str], marks: list[Mark | None], open_items: list[int]
    ) -> None:
        """Mark what was wrong at first sight, in the light of the student's other answers."""
        contexts: dict[int, tuple[Beliefs | None, tuple[object, ...]]] = {}
        for index in open_items:
            key = self._group[index]
            if key not in contexts:
                contexts[key] = self._beliefs(key, answers, open_items)
            beliefs, signature = contexts[key]
            item = self.items[index]
            raw = answers.get(item.id, "")
            found = self._in_context.get((index, raw, signature))
            if found is None:
                if len(self._in_context) > MAX_REMEMBERED:
                    self._in_context.clear()
                found = self._explain(index, item, raw, beliefs, marks)
                self._in_context[index, raw, signature] = found
            marks[index] = found
        self._charge_once(marks)

    def _beliefs(
        self, key: int, answers: Mapping[str, str], open_items: list[int]
    ) -> tuple[Beliefs | None, tuple[object, ...]]:
        """Return what a student believes of one network, and what it was drawn from."""
        if key not in self._networks:
            return None, ()
        beliefs = Beliefs(self._networks[key][0].world)
        wrong = [index for index in open_items if self._group[index] == key]
        signature = tuple((index, answers.get(self.items[index].id, "")) for index in wrong)
        for index, item in enumerate(self.items):
            if self._group[index] != key:
                continue
            judged = self._judged.get((index, answers.get(item.id, "")))
            if judged is not None:
                beliefs.add(item, judged)
        return beliefs, signature

    def _explain(
        self,
        index: int,
        item: Item,
        raw: str,
        beliefs: Beliefs | None,
        marks: list[Mark | None],
    ) -> Mark:
        """Return the best of: follows from earlier answers, a known slip, parts, wrong."""
        judged = self._judged[index, raw]
        plain = _plain(item, raw, judged)
        if beliefs is None or not judged.candidates:
            return plain
        _, slips, ancestors = self._networks[self._group[index]]
        if not beliefs.empty:
            for value, sources in beliefs.follows(item, ancestors):
                if sources and _is(item, judged, value) and self._passes(item, sources, marks):
                    return _better(plain, _following(item, plain, sources))
        name = self._slip(item, judged, slips, beliefs)
        if not name:
            return plain
        return _better(plain, _slipped(item, plain, name))

    def _passes(self, item: Item, sources: tuple[str, ...], marks: list[Mark | None]) -> bool:
        """Tell whether the earlier answers earned enough for others to build on them."""
        if not item.rubric.gate:
            return True
        earned = {mark.item: mark.credit for mark in marks if mark is not None}
        return all(earned.get(source, ZERO) >= item.rubric.gate for source in sources)

    def _slip(self, item: Item, judged: Judged, slips: Slips, beliefs: Beliefs) -> str:
        """Return the one misconception that explains an answer, on the right or own inputs."""
        found = _matching(item, judged, self._table(item, slips, None))
        if not found and beliefs.shapes and beliefs.touch(item):
            found = _matching(item, judged, self._table(item, slips, beliefs))
        return found

    def _table(self, item: Item, slips: Slips, beliefs: Beliefs | None) -> dict[Value, str]:
        own: tuple[object, ...] = ()
        if beliefs is not None:
            world = beliefs.world
            own = tuple((world.inputs[node], world.shapes[node]) for node in item.nodes)
        key = (item.id, own)
        table = self._tables.get(key)
        if table is None:
            if len(self._tables) > MAX_TABLES:
                self._tables = {name: one for name, one in self._tables.items() if not name[1]}
            table = slips.table(item, beliefs.world if beliefs else None)
            self._tables[key] = table
        return table

    def _charge_once(self, marks: list[Mark | None]) -> None:
        """Give back what a slip costs wherever the same slip was charged before."""
        charged: dict[str, str] = {}
        for index, mark in enumerate(marks):
            if mark is None or mark.reason != "misconception" or not mark.credit:
                continue
            rubric = self.items[index].rubric
            if mark.slip in charged and rubric.charge == "once":
                note = f"the same slip as in {charged[mark.slip]}, charged there"
                marks[index] = replace(
                    mark, memo={}, verdict="accept_note", credit=ONE, reason="repeated",
                    notes=(*mark.notes, note),
                )  # fmt: skip
            charged.setdefault(mark.slip, mark.item)


def _plain(item: Item, raw: str, judged: Judged) -> Mark:
    slip = judged.slip
    worth = item.rubric.slip(slip) if slip else ZERO
    credit = max(judged.credit, worth)
    verdict: Word = judged.verdict
    reason = judged.reason
    if slip and credit > judged.credit:
        verdict, reason = "partial", "misconception"
    return Mark(item.id, raw, judged.shown, verdict, credit, reason, judged.notes, slip)


def _better(first: Mark, second: Mark) -> Mark:
    """Return the mark with more credit; the second, which explains more, if they are equal."""
    return replace(second, memo={}, credit=max(first.credit, second.credit))


def _following(item: Item, plain: Mark, sources: tuple[str, ...]) -> Mark:
    credit = item.rubric.follow_through
    verdict: Word = "accept_note" if credit == 1 else "partial" if credit else "wrong"
    return replace(
        plain, memo={}, verdict=verdict, credit=credit, reason="follow_through", notes=(), slip="",
        follows=sources[:3],
    )  # fmt: skip


def _slipped(item: Item, plain: Mark, name: str) -> Mark:
    credit = max(plain.credit, item.rubric.slip(name))
    verdict: Word = "accept_note" if credit == 1 else "partial" if credit else "wrong"
    reason = "misconception" if item.rubric.slip(name) or not plain.credit else plain.reason
    return replace(plain, memo={}, verdict=verdict, credit=credit, reason=reason, slip=name)


def _is(item: Item, judged: Judged, value: Value) -> bool:
    """Tell whether an answer means a value, within the item's tolerance."""
    for candidate in judged.candidates:
        if not isinstance(value, tuple):
            if near(candidate, Fraction(value), item.conventions.tolerance) is not None:
                return True
        elif candidate.value == value:
            return True
    return False


def _matching(item: Item, judged: Judged, table: Mapping[Value, str]) -> str:
    for candidate in judged.candidates:
        name = table.get(candidate.value)
        if name:
            return name
    if not item.conventions.tolerance and not any(c.rounded for c in judged.candidates):
        return ""
    names = {name for value, name in table.items() if _is(item, judged, value)}
    return names.pop() if len(names) == 1 and _far_off(item, judged) else ""


def _far_off(item: Item, judged: Judged) -> bool:
    """Tell whether an answer is so far off that a rounded one still tells slips apart."""
    value, truth = judged.candidates[0].value, item.truth
    if not isinstance(truth, NumberTruth) or isinstance(value, tuple):
        return False
    return abs(value - truth.value) > FAR_OFF * truth.value


def _handed_in(item: Item, truth: NetworkTruth, raw: str) -> Mark:
    if not raw.strip():
        return Mark(item.id, raw, "", "blank", ZERO, "blank", ("no answer",))
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
