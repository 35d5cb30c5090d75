"""Feedback for one student at three levels: the score, hints without the value, everything."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.marking.marker import Mark, says
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.markup import MARKUPS
from cnncalc.grading.memory import MOST, by_identity
from cnncalc.grading.model import Item, Question, show_points
from cnncalc.grading.right_answers import show_truth, working
from cnncalc.grading.scoring import Book, ByHand, Score, out_of
from cnncalc.grading.student_results import StudentResult

LEVELS = ("score", "hint", "full")
#: How many remarks about files are shown to a student.
MAX_REMARKS = 5
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
        self._prose = lru_cache(MOST)(self.markup.prose)
        self._asked = by_identity(self._asked_anew)
        self._working = by_identity(self._working_anew)
        self._earned_row = by_identity(self._row)
        self._answered = by_identity(self._answered_anew)

    def page(self, book: Book, outcome: StudentResult, score: Score) -> str:
        """Return the whole page of one student."""
        title = f"{book.assignment.title}: {outcome.person.name or outcome.person.key}"
        body = [self.markup.heading(1, self.markup.prose(title))]
        body.append(self.summary(book, outcome, score))
        if outcome.marks or score.notes:
            asked = self.questions(book, outcome, score)
            for (question, _, text), points in zip(asked, score.shown, strict=True):
                head = f"{question.id}: {points} / {show_points(question.points)}"
                body += (self.markup.heading(2, self._prose(head)), text)
        return self.markup.page(title, "".join(body))

    def summary(self, book: Book, outcome: StudentResult, score: Score) -> str:
        """Return what is said of the whole submission: the total, and of files what was odd."""
        remarks = _remarks(outcome)
        if not outcome.marks and not score.notes:
            return self._paragraph(_not_graded(outcome, remarks))
        lines = [_total(book, outcome, score), *filter(None, (self.trouble,)), *remarks]
        return "".join(map(self._paragraph, lines))

    def questions(
        self, book: Book, outcome: StudentResult, score: Score
    ) -> list[tuple[Question, Fraction, str]]:
        """Return every question with the points earned and what is said about it."""
        by_hand = book.by_hand(outcome, score)
        result = []
        position = 0
        for question, points in zip(book.assignment.questions, score.questions, strict=True):
            marks = outcome.marks[position : position + len(question.items)]
            position += len(question.items)
            text = "" if self.level == "score" else self._question(question, marks, by_hand)
            result.append((question, points, text))
        return result

    def _question(self, question: Question, marks: Sequence[Mark], by_hand: ByHand) -> str:
        """Return what is asked, what was answered, and what a person set."""
        if question.kind == "table" and marks:
            text = self._asked(question) + self._table(question, marks, by_hand)
        elif len(marks) == 1:
            text = self._answered(question, marks[0])
        else:
            text = self._asked(question)
        for name, (points, note) in by_hand.items():
            if name == question.id or name.startswith(question.id + "/"):
                text += self._paragraph(f"{name} was set by hand to {show_points(points)}: {note}")
        return text

    def _asked_anew(self, question: Question) -> str:
        text = self.markup.paragraph(self.markup.trusted(question.text))
        if question.stated:
            text += self._paragraph("Conventions: " + "; ".join(question.stated) + ".")
        return text

    def _answered_anew(self, question: Question, mark: Mark) -> str:
        """Return a question of one item, and what is said of the answer."""
        (item,) = question.items
        text = self._asked(question)
        answer = self.markup.verbatim(mark.raw)
        if answer:
            shown = self.markup.prose(_local(item, mark.shown))
            read = f", read as {shown}" if mark.shown else ""
            text += self.markup.paragraph(f"Your answer: {answer}{read}.")
        text += self._paragraph(sentence(mark, self.level))
        if self.level == "full" and item.truth.tellable:
            text += self._paragraph(f"Answer: {_local(item, show_truth(item))}.")
            text += self._working(item, question)
        return text

    def _working_anew(self, item: Item, question: Question) -> str:
        return self.markup.lines([_local(item, line) for line in working(item, question.network)])

    def _table(self, question: Question, marks: Sequence[Mark], by_hand: ByHand) -> str:
        head = ["layer", "asked", "your answer", "read as", "points", "remark"]
        if self.level == "full":
            head.append("right answer")
        rows, workings = [], ""
        for item, mark in zip(question.items, marks, strict=True):
            if item.id in by_hand and question.id not in by_hand:
                rows.append(self._row(item, mark, by_hand[item.id][0]))
            else:
                rows.append(self._earned_row(item, mark))
            if self.level == "full" and mark.reason not in ("exact", "note"):
                text = self._working(item, question)
                workings += self._paragraph(f"{item.row}, {_column(item)}:") + text if text else ""
        return self.markup.table(head, rows) + workings

    def _row(self, item: Item, mark: Mark, points: Fraction | None = None) -> str:
        """Return the row of a cell of a table; `points` are those set by hand."""
        prose = self._prose
        cells = [
            prose(item.row), prose(_column(item)), self.markup.verbatim(mark.raw),
            self.markup.prose(_local(item, mark.shown)),
            out_of(mark.credit * item.points if points is None else points, item.points),
            prose(sentence(mark, self.level)),
        ]  # fmt: skip
        if self.level == "full":
            cells.append(prose(_local(item, show_truth(item))))
        return self.markup.row(cells)

    def _paragraph(self, text: str) -> str:
        return self.markup.paragraph(self._prose(text))


def _column(item: Item) -> str:
    return item.column.replace("_", " ")


def _local(item: Item, text: str) -> str:
    """Return a text with the marks in numbers that the question is asked with."""
    if item.conventions.decimal_mark != "comma":
        return text
    return _MARK.sub(lambda mark: "," if mark[0] == "." else ".", text)


def _not_graded(outcome: StudentResult, remarks: Sequence[str]) -> str:
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
