"""Feedback for one student at three levels: the score, hints without the value, everything."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from cnncalc.grading.gradebook.markup import MARKUPS
from cnncalc.grading.gradebook.shares import out_of
from cnncalc.grading.marking.marker import Mark, says
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.memory import Bounded, OfEach
from cnncalc.grading.model import Assignment, Item, Question, show_points
from cnncalc.grading.right_answers import show_truth, working
from cnncalc.grading.scoring import Score

if TYPE_CHECKING:
    from cnncalc.grading.gradebook.book import Book
    from cnncalc.grading.student_results import StudentResult

LEVELS = ("score", "hint", "full")
#: How many remarks about files are shown to a student.
MAX_REMARKS = 5
MAX_HEADS = 2_000
#: Marks whose rows and paragraphs are kept: equal answers share one.
MAX_KEPT = 2_000
#: A point or comma within a number.
_MARK = re.compile(r"(?<=\d)[.,](?=\d)")
_CLASS_ROW = re.compile(r":\d+$")
_OPENINGS = {
    "exact": "Right.",
    "note": "Right",
    "parts": "Partly right",
    "wrong": "Not right",
    "unreadable": "This could not be read",
    "blank": "No answer.",
    "manual": "This is marked by a person, and not yet marked",
    "internal": "This is not marked",
}
#: Points set by hand, with the note, by question or item of one student.
ByHand = Mapping[str, tuple[Fraction, str]]


def sentence(mark: Mark, level: str = "full") -> str:
    """Return what is said of a mark, without the right value at any level."""
    notes = "; ".join(dict.fromkeys(mark.notes))
    if mark.reason == "follow_through":
        if len(mark.follows) == 1:
            return f"Right given your own answer to {mark.follows[0]}, which is not right itself."
        earlier = " and ".join(filter(None, (", ".join(mark.follows[:-1]), mark.follows[-1])))
        return f"Right given your own answers to {earlier}, which are not right."
    if mark.reason == "repeated":
        text = f"Right but for {mark.notes[-1]}"
        return f"{text}. {says(mark, level)}" if level == "hint" else f"{text}: {says(mark)}."
    if mark.slip:
        return _slip_sentence(mark, level, notes)
    if mark.reason == "order":
        return f"Right, but {notes}."
    if mark.reason == "network":
        return _network_sentence(mark)
    opening = _OPENINGS.get(mark.reason, mark.reason)
    if mark.reason == "parts" and not mark.credit:
        opening = _OPENINGS["wrong"]
    if not notes or mark.reason == "blank":
        return _ended(opening)
    return _ended(f"{opening.rstrip('.')}: {notes}")


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."


def _slip_sentence(mark: Mark, level: str, notes: str) -> str:
    known = SLIPS[mark.slip]
    opening = "Partly right" if mark.credit else "Not right"
    said = known.hint if level == "hint" else known.says + "."
    if notes and mark.reason == "parts":
        said = f"{notes}. {said[0].upper()}{said[1:]}"
    text = f"{opening}: {said}" if level != "hint" else f"{opening}. {said[0].upper()}{said[1:]}"
    if known.convention:
        text += f" It would be right under another convention: {known.convention}."
    return text


def _network_sentence(mark: Mark) -> str:
    """Return what a network handed in fails and what it meets, the former first."""
    told = {"not met: ": "Not met", "met: ": "Met", "": "Checked"}
    lines: dict[str, list[str]] = {word: [] for word in told.values()}
    for note in mark.notes:
        start = next(start for start in told if note.startswith(start))
        lines[told[start]].append(note[len(start) :])
    return " ".join(f"{word}: {'; '.join(own)}." for word, own in lines.items() if own)


class Pages:
    """Writes feedback pages in one markup and level; remembers what it said of equal answers.

    `trouble` is said of every submission, where more could not be.
    """

    def __init__(self, level: str, markup: str, trouble: str = "") -> None:
        self.level = level
        self.trouble = trouble
        self.markup = MARKUPS[markup]
        self._rows: OfEach[Mark, str] = OfEach(MAX_KEPT)
        self._wholes: OfEach[Mark, str] = OfEach(MAX_KEPT)
        self._workings: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        self._heads: dict[tuple[str, str], str] = Bounded(MAX_HEADS)
        self._said: dict[str, str] = Bounded(MAX_HEADS)
        self._of: Assignment | None = None

    def page(self, book: Book, outcome: StudentResult, score: Score) -> str:
        """Return the whole page of one student."""
        assignment, markup = book.assignment, self.markup
        title = f"{assignment.title}: {outcome.person.name or outcome.person.key}"
        body = [markup.heading(1, markup.prose(title)), self.summary(book, outcome, score)]
        if outcome.marks or score.notes:
            asked = self.questions(book, outcome, score)
            for (question, _, text), points in zip(asked, score.shown, strict=True):
                body += (self._head(question, points), text)
        return markup.page(title, "".join(body))

    def questions(
        self, book: Book, outcome: StudentResult, score: Score
    ) -> list[tuple[Question, Fraction, str]]:
        """Return every question with the points earned and what is said about it."""
        if book.assignment is not self._of:  # of a quiz, students have assignments of their own
            self._of = book.assignment
            for made in (self._asked, self._workings, self._heads):
                made.clear()
        by_hand = book.by_hand(outcome, score)
        result = []
        position = 0
        for question, points in zip(book.assignment.questions, score.questions, strict=True):
            marks = outcome.marks[position : position + len(question.items)]
            position += len(question.items)
            text = "" if self.level == "score" else self._question(question, marks, by_hand)
            result.append((question, points, text))
        return result

    def summary(self, book: Book, outcome: StudentResult, score: Score) -> str:
        """Return what is said of the whole submission: the total, and of files what was odd."""
        remarks = _remarks(outcome)
        if not outcome.marks and not score.notes:
            return self._paragraph(_not_graded(outcome, remarks))
        lines = [_total(book, outcome, score), *filter(None, (self.trouble,)), *remarks]
        return "".join([self._paragraph(line) for line in lines])

    def _question(self, question: Question, marks: Sequence[Mark], by_hand: ByHand) -> str:
        if by_hand or len(marks) != 1:
            return self._asked_and_said(question, marks, by_hand)
        # Of one answer all that is said is the same for everybody who gave it.
        return self._wholes.get(
            marks[0], lambda mark: self._asked_and_said(question, (mark,), by_hand)
        )

    def _asked_and_said(self, question: Question, marks: Sequence[Mark], by_hand: ByHand) -> str:
        parts = [self._asked_once(question)]
        if marks and question.kind == "table":
            parts.append(self._table(question, marks, by_hand))
        elif marks:
            for item, mark in zip(question.items, marks, strict=True):
                parts.append(self._item(question, item, mark))
        for name, (points, note) in by_hand.items():
            if name == question.id or name.startswith(question.id + "/"):
                parts.append(
                    self._paragraph(f"{name} was set by hand to {show_points(points)}: {note}")
                )
        return "".join(parts)

    def _asked_once(self, question: Question) -> str:
        text = self._asked.get(question.id)
        if text is None:
            text = self.markup.paragraph(self.markup.trusted(question.text))
            if question.stated:
                text += self._paragraph("Conventions: " + "; ".join(question.stated) + ".")
            self._asked[question.id] = text
        return text

    def _head(self, question: Question, points: str) -> str:
        text = self._heads.get((question.id, points))
        if text is None:
            head = self.markup.prose(f"{question.id}: {points} / {show_points(question.points)}")
            text = self._heads[question.id, points] = self.markup.heading(2, head)
        return text

    def _item(self, question: Question, item: Item, mark: Mark) -> str:
        markup = self.markup
        answer = markup.verbatim(mark.raw)
        text = ""
        if answer:
            read = f", read as {markup.prose(_local(item, mark.shown))}" if mark.shown else ""
            text = markup.paragraph(f"Your answer: {answer}{read}.")
        text += self._paragraph(sentence(mark, self.level))
        if self.level == "full" and item.truth.tellable:
            text += self._paragraph(f"Answer: {_local(item, show_truth(item))}.")
            text += self._working(question, item)
        return text

    def _working(self, question: Question, item: Item) -> str:
        text = self._workings.get(item.id)
        if text is None:
            lines = [_local(item, line) for line in working(item, question.network)]
            text = self._workings[item.id] = self.markup.lines(lines)
        return text

    def _table(self, question: Question, marks: Sequence[Mark], by_hand: ByHand) -> str:
        head = ["layer", "asked", "your answer", "read as", "points", "remark"]
        if self.level == "full":
            head.append("right answer")
        rows = [
            self._rows.get(mark, partial(self._earned_row, item))
            for item, mark in zip(question.items, marks, strict=True)
        ]
        for index, item in enumerate(question.items if by_hand else ()):
            own = by_hand.get(item.id) if question.id not in by_hand else None
            if own is not None:
                rows[index] = self._row(item, marks[index], own[0])
        return self.markup.table(head, rows) + self._workings_of(question, marks)

    def _workings_of(self, question: Question, marks: Sequence[Mark]) -> str:
        """Return, at level `full`, the working of every cell that was not right by itself."""
        if self.level != "full":
            return ""
        parts = []
        for item, mark in zip(question.items, marks, strict=True):
            text = self._working(question, item)
            if text and mark.reason not in ("exact", "note"):
                parts.append(self._paragraph(f"{item.row}, {_asked(item)}:") + text)
        return "".join(parts)

    def _earned_row(self, item: Item, mark: Mark) -> str:
        return self._row(item, mark, mark.credit * item.points)

    def _row(self, item: Item, mark: Mark, points: Fraction) -> str:
        prose = self._prose
        cells = [
            prose(item.row), prose(_asked(item)), self.markup.verbatim(mark.raw),
            self.markup.prose(_local(item, mark.shown)),
            out_of(points, item.points),
            prose(sentence(mark, self.level)),
        ]  # fmt: skip
        if self.level == "full":
            cells.append(prose(_local(item, show_truth(item))))
        return self.markup.row(cells)

    def _paragraph(self, text: str) -> str:
        return self.markup.paragraph(self._prose(text))

    def _prose(self, text: str) -> str:
        """Return a sentence that is likely to be said again."""
        known = self._said.get(text)
        if known is None:
            known = self._said[text] = self.markup.prose(text)
        return known


def _asked(item: Item) -> str:
    return item.column.replace("_", " ")


def _local(item: Item, text: str) -> str:
    """Return a text with the marks in numbers that the question is asked with."""
    if item.conventions.decimal_mark != "comma":
        return text
    return _MARK.sub(lambda mark: "," if mark[0] == "." else ".", text)


def _not_graded(outcome: StudentResult, remarks: Iterable[str]) -> str:
    if outcome.status == "missing":
        return "Nothing was handed in."
    why = "; ".join(remarks)
    if "internal error" in why:  # no fault of the student's
        return f"Not graded: {why}."
    text = "What was handed in could not be read" + (f": {why}." if why else ".")
    return f"{text} Plain text is best, one answer to a line, such as `q1: 42`."


def _remarks(outcome: StudentResult) -> list[str]:
    """Return what was odd about the files, named where there are several of them."""
    told = [row for row in outcome.rows if row.detail]
    if len(outcome.rows) == 1:
        return [row.detail for row in told]
    names = [os.path.basename(_CLASS_ROW.sub("", row.file)) for row in told]
    remarks = [f"{name}: {row.detail}" for name, row in zip(names, told, strict=True)]
    return list(dict.fromkeys(remarks))[:MAX_REMARKS]


def _total(book: Book, outcome: StudentResult, score: Score) -> str:
    text = f"Total: {show_points(score.total)} of {show_points(book.assignment.points)} points."
    if score.penalty:
        days = "day" if outcome.days == 1 else "days"
        text += f" {outcome.days} {days} late: {show_points(score.penalty)} points were taken off."
    return text
