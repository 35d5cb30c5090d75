"""Feedback for one student at three levels: the score, hints without the value, everything."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from cnncalc.grading.marking import Bounded
from cnncalc.grading.marking.marker import Mark, says
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.markup import MARKUPS
from cnncalc.grading.model import Item, show_points
from cnncalc.grading.points import Account, ItemPoints, QuestionPoints, out_of
from cnncalc.grading.results import MOST, StudentResult
from cnncalc.grading.sheet import working

LEVELS = ("score", "hint", "full")
#: How many remarks about files are shown to a student.
MAX_REMARKS = 5
#: A point or comma within a number.
_MARK = re.compile(r"(?<=\d)[.,](?=\d)")
_CLASS_ROW = re.compile(r":\d+$")
_OPENINGS = {
    "exact": "Right.",
    "note": "Right:",
    "order": "Right, but",
    "parts": "Partly right:",
    "wrong": "Not right:",
    "unreadable": "This could not be read:",
    "blank": "No answer.",
    "manual": "This is marked by a person, and not yet marked:",
    "internal": "This is not marked:",
}
#: How the notes on a network handed in begin, and how they are worded, the former first.
_NETWORK = {"not met: ": "Not met", "met: ": "Met", "": "Checked"}


def sentence(mark: Mark, level: str = "full") -> str:
    """Return what is said of a mark, without the right value at any level."""
    notes = "; ".join(dict.fromkeys(mark.notes))
    if mark.reason == "follow_through":
        *others, last = mark.follows
        if not others:
            return f"Right given your own answer to {last}, which is not right itself."
        earlier = f"{', '.join(others)} and {last}"
        return f"Right given your own answers to {earlier}, which are not right."
    if mark.reason == "repeated":
        said = f". {says(mark, level)}" if level == "hint" else f": {says(mark)}."
        return f"Right but for {mark.notes[-1]}{said}"
    if mark.slip:
        return _slip_sentence(mark, level, notes)
    if mark.reason == "network":
        return _network_sentence(mark)
    opening = _OPENINGS["wrong" if mark.reason == "parts" and not mark.credit else mark.reason]
    text = f"{opening} {notes}" if notes and not opening.endswith(".") else opening.rstrip(":")
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _slip_sentence(mark: Mark, level: str, notes: str) -> str:
    known = SLIPS[mark.slip]
    said = known.hint if level == "hint" else f"{known.says}."
    if notes and mark.reason == "parts":
        said = f"{notes}. {said[0].upper()}{said[1:]}"
    opening = "Partly right" if mark.credit else "Not right"
    text = f"{opening}. {said[0].upper()}{said[1:]}" if level == "hint" else f"{opening}: {said}"
    if known.convention:
        text += f" It would be right under another convention: {known.convention}."
    return text


def _network_sentence(mark: Mark) -> str:
    lines: dict[str, list[str]] = {word: [] for word in _NETWORK.values()}
    for note in mark.notes:
        start = next(start for start in _NETWORK if note.startswith(start))
        lines[_NETWORK[start]].append(note[len(start) :])
    return " ".join(f"{word}: {'; '.join(own)}." for word, own in lines.items() if own)


class Pages:
    """Writes feedback in one markup and level; remembers what it said of equal answers.

    `trouble` is said of every submission, where more could not be.
    """

    def __init__(self, level: str, markup: str, trouble: str = "") -> None:
        self.level = level
        self.trouble = trouble
        self.markup = MARKUPS[markup]
        self._prose = lru_cache(MOST)(self.markup.prose)
        self._asked = lru_cache(MOST)(self._asked_anew)
        self._text = lru_cache(MOST)(self._text_anew)
        self._section = lru_cache(MOST)(self._section_anew)
        self._row = lru_cache(MOST)(self._row_anew)
        self._workings: dict[int, tuple[Item, str]] = Bounded(MOST)

    def page(self, account: Account) -> str:
        """Return the whole page of one student."""
        title = f"{account.assignment.title}: {account.person.name or account.person.key}"
        body = [self.markup.heading(1, self.markup.prose(title)), self.summary(account)]
        if account.counted:
            body += map(self._section, account.questions)
        return self.markup.page(title, "".join(body))

    def summary(self, account: Account) -> str:
        """Return what is said of the whole submission: the total, and of files what was odd."""
        remarks = _remarks(account.result)
        if not account.counted:
            return self._paragraph(_not_graded(account.result, "; ".join(remarks)))
        total = f"Total: {account.shown} of {show_points(account.assignment.points)} points."
        if account.penalty:
            total += f" {account.late} late: {show_points(account.penalty)} points were taken off."
        lines = [total, *filter(None, (self.trouble,)), *remarks]
        return "".join(map(self._paragraph, lines))

    def text(self, earned: QuestionPoints) -> str:
        """Return what a question asks, what was answered, and what a person set."""
        return "" if self.level == "score" else self._text(earned)

    def _section_anew(self, earned: QuestionPoints) -> str:
        head = f"{earned.question.id}: {earned.shown} / {show_points(earned.question.points)}"
        text = "" if self.level == "score" else self._text_anew(earned)
        return self.markup.heading(2, self._prose(head)) + text

    def _text_anew(self, earned: QuestionPoints) -> str:
        question, first = earned.question, earned.items[0]
        text = self._asked(question.text, question.stated)
        if first.mark and first.mark.item != question.id:
            text += self._table(earned.items)
        elif first.mark:
            text += self._answered(first, first.mark)
        for one in earned.items:
            if one.note and one.points is not None:
                by_hand = f"{one.of.id} was set by hand to {show_points(one.points)}: {one.note}"
                text += self._paragraph(by_hand)
        return text

    def _asked_anew(self, asked: str, stated: tuple[str, ...]) -> str:
        text = self.markup.paragraph(self.markup.trusted(asked))
        return text + self._paragraph(f"Conventions: {'; '.join(stated)}.") if stated else text

    def _answered(self, one: ItemPoints, mark: Mark) -> str:
        assert one.item
        text = ""
        if answer := self.markup.verbatim(mark.raw):
            shown = self.markup.prose(_local(one.item, mark.shown))
            read = f", read as {shown}" if mark.shown else ""
            text += self.markup.paragraph(f"Your answer: {answer}{read}.")
        text += self._paragraph(sentence(mark, self.level))
        if self.level == "full" and one.item.truth.tellable:
            text += self._paragraph(f"Answer: {_local(one.item, one.item.right_answer)}.")
            text += self._working(one, one.item)
        return text

    def _table(self, items: tuple[ItemPoints, ...]) -> str:
        full = self.level == "full"
        head = ["layer", "asked", "your answer", "read as", "points", "remark"]
        rows = [self._row(one) for one in items if one.item]
        table = self.markup.table([*head, "right answer"] if full else head, rows)
        for one in items if full else ():
            if one.item and one.mark and one.mark.reason not in ("exact", "note"):
                name = f"{one.item.row}, {one.item.column.replace('_', ' ')}:"
                text = self._working(one, one.item)
                table += self._paragraph(name) + text if text else ""
        return table

    def _row_anew(self, one: ItemPoints) -> str:
        item, mark, prose = one.item, one.mark, self._prose
        assert item
        assert mark
        cells = [
            prose(item.row), prose(item.column.replace("_", " ")), self.markup.verbatim(mark.raw),
            self.markup.prose(_local(item, mark.shown)),
            "" if one.points is None else out_of(one.points, item.points),
            prose(sentence(mark, self.level)),
        ]  # fmt: skip
        if self.level == "full":
            cells.append(prose(_local(item, item.right_answer)))
        return self.markup.row(cells)

    def _working(self, one: ItemPoints, item: Item) -> str:
        """Return the lines that lead to the right answer, worked out once for an item."""
        if id(item) not in self._workings:
            lines = [_local(item, text) for text in working(item, one.question.network)]
            self._workings[id(item)] = item, self.markup.lines(lines)
        return self._workings[id(item)][1]

    def _paragraph(self, text: str) -> str:
        return self.markup.paragraph(self._prose(text))


def _local(item: Item, text: str) -> str:
    """Return a text with the marks in numbers that the question is asked with."""
    if item.conventions.decimal_mark != "comma":
        return text
    return _MARK.sub(lambda mark: "," if mark[0] == "." else ".", text)


def _not_graded(result: StudentResult, why: str) -> str:
    if result.status == "missing":
        return "Nothing was handed in."
    if "internal error" in why:  # no fault of the student's
        return f"Not graded: {why}."
    text = f"What was handed in could not be read{': ' if why else ''}{why}."
    return f"{text} Plain text is best, one answer to a line, such as `q1: 42`."


def _remarks(result: StudentResult) -> list[str]:
    """Return what was odd about the files, named where there are several of them."""
    odd = [row for row in result.rows if row.detail]
    if len(result.rows) == 1:
        return [row.detail for row in odd]
    names = [os.path.basename(_CLASS_ROW.sub("", row.file)) for row in odd]
    remarks = dict.fromkeys(f"{name}: {row.detail}" for name, row in zip(names, odd, strict=True))
    return list(remarks)[:MAX_REMARKS]
