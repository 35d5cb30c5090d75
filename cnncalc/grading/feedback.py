"""Feedback for one student at three levels: the score, hints without the value, everything."""

from __future__ import annotations

import html
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.grading.marking import Mark, says
from cnncalc.grading.misconceptions.names import MISCONCEPTIONS
from cnncalc.grading.model import Item, Question, earned, show_points
from cnncalc.grading.truths import show_truth, working

if TYPE_CHECKING:
    from cnncalc.grading.gradebook.book import Book
    from cnncalc.grading.outcome import Outcome
from cnncalc.grading.scoring import Score

ONE = Fraction(1)
LEVELS = ("score", "hint", "full")
_OPENINGS = {
    "exact": "Right.",
    "note": "Right",
    "order": "Right but for the order",
    "parts": "Partly right",
    "wrong": "Not right",
    "unreadable": "This could not be read",
    "blank": "No answer.",
    "network": "Checked",
}


def sentence(mark: Mark, level: str = "full") -> str:
    """Return what is said of a mark, without the right value at any level."""
    notes = "; ".join(mark.notes)
    if mark.reason == "follow_through":
        earlier = ", ".join(mark.follows)
        which = "which is not right itself" if len(mark.follows) == 1 else "which are not right"
        return f"Right given your own answer to {earlier}, {which}."
    if mark.reason == "repeated":
        return f"Right but for {mark.notes[-1]}: {says(mark)}."
    if mark.slip:
        return _slip_sentence(mark, level, notes)
    opening = _OPENINGS.get(mark.reason, mark.reason)
    if not notes or mark.reason == "blank":
        return opening if opening.endswith(".") else opening + "."
    return f"{opening.rstrip('.')}: {notes}."


def _slip_sentence(mark: Mark, level: str, notes: str) -> str:
    known = MISCONCEPTIONS[mark.slip]
    opening = "Partly right" if mark.credit else "Not right"
    said = known.hint if level == "hint" else known.says + "."
    if notes and mark.reason == "parts":
        said = f"{notes}. {said[0].upper()}{said[1:]}"
    text = f"{opening}: {said}" if level != "hint" else f"{opening}. {said[0].upper()}{said[1:]}"
    if known.convention and level == "full":
        text += f" It would be right under another convention: {known.convention}."
    return text


def quoted(raw: str, markup: str) -> str:
    """Return a student's own text, harmless in the markup and on one line."""
    text = " ⏎ ".join(raw.split("\n"))
    text = text if len(text) <= 200 else text[:199] + "…"
    if markup == "html":
        return f"<code>{html.escape(text)}</code>"
    return "`" + text.replace("`", "'") + "`" if text.strip() else ""


def _plain(text: str, markup: str) -> str:
    if markup == "html":
        return html.escape(text)
    return text.replace("<", "&lt;").replace("|", "\\|")


class Pages:
    """Writes feedback pages in one markup and level; remembers what it said of equal answers."""

    def __init__(self, level: str, markup: str) -> None:
        self.level = level
        self.markup = markup
        self._key = f"feedback/{level}/{markup}"
        self._workings: dict[str, list[str]] = {}
        self._asked: dict[str, str] = {}
        self._points: dict[str, str] = {}

    def page(self, book: Book, outcome: Outcome, score: Score) -> str:
        """Return the whole page of one student."""
        assignment = book.assignment
        title = f"{assignment.title}: {outcome.person.name or outcome.person.key}"
        body = [self._heading(1, title), self._paragraph(_total(book, outcome, score))]
        if outcome.marks:
            position = 0
            for question, points in zip(assignment.questions, score.shown, strict=True):
                marks = outcome.marks[position : position + len(question.items)]
                position += len(question.items)
                body.append(self._heading(2, f"{question.id}: {points} / {self._most(question)}"))
                if self.level != "score":
                    body.append(self.question(question, marks, score))
        text = "".join(body)
        if self.markup != "html":
            return text
        head = (
            f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>{_plain(title, "html")}'
        )
        return f"{head}</title>\n<style>{_STYLE}</style>\n{text}</html>\n"

    def question(self, question: Question, marks: Sequence[Mark], score: Score) -> str:
        """Return what is said about one question."""
        parts = [self._asked_once(question)]
        if question.kind == "table":
            parts.append(self._table(question, marks))
        else:
            for item, mark in zip(question.items, marks, strict=True):
                parts.append(self._item(question, item, mark))
        for name, note in score.notes.items():
            if name == question.id or name.startswith(question.id + "/"):
                parts.append(self._paragraph(f"Set by hand ({name}): {note}"))
        return "".join(parts)

    def _asked_once(self, question: Question) -> str:
        text = self._asked.get(question.id)
        if text is None:
            text = self._paragraph(question.text)
            if question.stated:
                text += self._paragraph("Conventions: " + "; ".join(question.stated) + ".")
            self._asked[question.id] = text
        return text

    def _most(self, question: Question) -> str:
        if question.id not in self._points:
            self._points[question.id] = show_points(question.points)
        return self._points[question.id]

    def _item(self, question: Question, item: Item, mark: Mark) -> str:
        known = mark.memo.get(self._key)
        if known is not None:
            return str(known)
        answer = quoted(mark.raw, self.markup)
        lines = []
        if answer:
            read = f", read as {_plain(mark.shown, self.markup)}" if mark.shown else ""
            lines.append(self._raw_paragraph(f"Your answer: {answer}{read}."))
        lines.append(self._paragraph(sentence(mark, self.level)))
        if self.level == "full":
            lines.append(self._paragraph(f"Answer: {show_truth(item)}."))
            lines += [self._line(text) for text in self._working(question, item)]
            lines.append("\n" if self.markup != "html" else "")
        text = "".join(lines)
        mark.memo[self._key] = text
        return text

    def _working(self, question: Question, item: Item) -> list[str]:
        if item.id not in self._workings:
            self._workings[item.id] = working(item, question.network)
        return self._workings[item.id]

    def _table(self, question: Question, marks: Sequence[Mark]) -> str:
        head = ["layer", "asked", "your answer", "read as", "points", "remark"]
        if self.level == "full":
            head.append("right answer")
        rows = []
        for item, mark in zip(question.items, marks, strict=True):
            known = mark.memo.get(self._key)
            if known is None:
                known = mark.memo[self._key] = self._row(item, mark)
            rows.append(known)
        if self.markup == "html":
            cells = "".join(f"<th>{name}</th>" for name in head)
            return f"<table><tr>{cells}</tr>\n{''.join(rows)}</table>\n"
        rule = "|" + " --- |" * len(head)
        return f"| {' | '.join(head)} |\n{rule}\n{''.join(rows)}\n"

    def _row(self, item: Item, mark: Mark) -> str:
        points = f"{earned(mark.credit, item.points)} / {earned(ONE, item.points)}"
        cells = [
            _plain(item.row, self.markup), _plain(item.column.replace("_", " "), self.markup),
            quoted(mark.raw, self.markup).replace("|", "\\|"), _plain(mark.shown, self.markup),
            points, _plain(sentence(mark, self.level), self.markup),
        ]  # fmt: skip
        if self.level == "full":
            cells.append(_plain(show_truth(item), self.markup))
        if self.markup == "html":
            return "<tr>" + "".join(f"<td>{one}</td>" for one in cells) + "</tr>\n"
        return "| " + " | ".join(cells) + " |\n"

    def _heading(self, rank: int, text: str) -> str:
        if self.markup == "html":
            return f"<h{rank}>{_plain(text, 'html')}</h{rank}>\n"
        return "#" * rank + f" {_plain(text, 'md')}\n\n"

    def _paragraph(self, text: str) -> str:
        return self._raw_paragraph(_plain(text, self.markup))

    def _raw_paragraph(self, text: str) -> str:
        return f"<p>{text}</p>\n" if self.markup == "html" else text + "\n\n"

    def _line(self, text: str) -> str:
        if self.markup == "html":
            return f"<p class=w>{_plain(text, 'html')}</p>\n"
        return f"    {text}\n"


_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:48em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2em .5em;text-align:left}"
    ".w{font-family:monospace;margin:.2em 0 .2em 2em}code{background:#eee}"
)


def _total(book: Book, outcome: Outcome, score: Score) -> str:
    most = show_points(book.assignment.points)
    if not outcome.marks and not score.notes:
        details = [row.detail for row in outcome.rows if row.detail]
        why = f": {details[0]}" if details else ""
        return f"Not graded ({outcome.status}){why}."
    text = f"Total: {show_points(score.total)} of {most} points."
    if score.penalty:
        days = "day" if outcome.days == 1 else "days"
        text += f" {outcome.days} {days} late: {show_points(score.penalty)} points were taken off."
    return text


def summary_text(book: Book, outcome: Outcome, score: Score) -> str:
    """Return the total in a sentence, for systems that show it above the questions."""
    return _total(book, outcome, score)
