"""Printable sheets: one per student, without answers to hand out and with answers for staff."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from cnncalc.grading.manifest import Manifest
from cnncalc.grading.model import Assignment, Question, show_points
from cnncalc.grading.quiz.bank import statement
from cnncalc.grading.right_answers import show_truth, working

_STYLE = (
    "body{font:16px/1.5 serif;max-width:46em;margin:2em auto}table{border-collapse:collapse}"
    "td,th{border:1px solid #555;padding:.3em .8em;min-width:5em}"
    "pre{background:#f4f4f4;padding:.5em}"
    ".a{border-bottom:1px solid #000;height:2.5em}"
    "section{break-after:page}"
    "@media print{h2{break-after:avoid}pre,table,.a{break-inside:avoid}body{margin:0}}"
)
END = "</html>\n"


#: What a sheet is made of: kinds of blocks (`h1`, `p`, `pre`, `table`, `answer`) and their texts.
Blocks = tuple[tuple[str, str], ...]
#: How many questions are kept as they stand on sheets, each at other draws.
MAX_KEPT = 20_000


class Sheets:
    """Makes sheets; keeps what stands on them of a question until all have been drawn."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[Blocks, Blocks]] = {}

    def keep(self, question: Question, draw: Mapping[str, str]) -> None:
        """Keep a question at a draw as it stands on sheets, unless there are too many already."""
        if len(self._kept) < MAX_KEPT:
            self._kept[_key(question.id, draw)] = _both(question)

    def pages(self, manifest: Manifest, student: str, frame: Assignment) -> tuple[Blocks, Blocks]:
        """Return a student's sheet without answers and with them, as blocks.

        `frame` is any assignment of the quiz.
        """
        found = []
        draws = manifest.draws.get(student, {})
        for position, question in enumerate(frame.questions):
            own = self._kept.get(_key(question.id, draws.get(question.id, {})))
            if own is None:
                question = manifest.assignment(student).questions[position]
                own = _both(question)
            found.append(own)
        plain = [block for asked, _ in found for block in asked]
        solved = [block for _, answered in found for block in answered]
        return (
            (*_titled(frame.title, student, False), *plain),
            (*_titled(frame.title, student, True), *solved),
        )


def sheet(assignment: Assignment, student: str, answers: bool = False, markup: str = "md") -> str:
    """Return a student's sheet in Markdown or HTML; with `answers` the key and its working."""
    asked = [block for question in assignment.questions for block in _both(question)[answers]]
    return rendered((*_titled(assignment.title, student, answers), *asked), markup)


def rendered(blocks: Blocks, markup: str) -> str:
    """Return a sheet in Markdown or HTML."""
    return _markdown(blocks) if markup == "md" else _html(blocks[0][1], blocks)


def _key(name: str, draw: Mapping[str, str]) -> tuple[object, ...]:
    return (name, *sorted(draw.items()))


def _titled(title: str, student: str, answers: bool) -> Blocks:
    return ("h1", title + (" (answers)" if answers else "")), ("p", f"Student: {student}")


def _both(question: Question) -> tuple[Blocks, Blocks]:
    """Return a question as it stands on a sheet without answers, and on one with them."""
    stated = _stated(question)
    return (*stated, *_spaces(question)), (*stated, *_answers(question))


def _stated(question: Question) -> Blocks:
    points = show_points(question.points)
    unit = "point" if question.points == 1 else "points"
    text, *rest = statement(question).split("\n\n")
    blocks = [("h2", f"{question.id} ({points} {unit})"), ("p", text)]
    for part in rest:
        blocks.append(("p" if part.startswith("Conventions") else "pre", part))
    return tuple(blocks)


def _spaces(question: Question) -> list[tuple[str, str]]:
    if question.kind != "table":
        options = getattr(question.items[0].truth, "options", ())
        lines = [f"{label}) {text}" for label, text in options]
        return [("pre", "\n".join(lines))] * bool(lines) + [("answer", f"{question.id}:")]
    return [("table", _grid(question, answers=False))]


def _answers(question: Question) -> list[tuple[str, str]]:
    if question.kind == "table":
        return [("table", _grid(question, answers=True))]
    blocks = []
    for item in question.items:
        blocks.append(("p", f"Answer: {show_truth(item)}"))
        lines = working(item, question.network)
        if lines:
            blocks.append(("pre", "\n".join(lines)))
    return blocks


def _grid(question: Question, answers: bool) -> str:
    """Return a table as lines of cells joined by tabs, the head first."""
    columns = list(dict.fromkeys(item.column for item in question.items))
    rows = list(dict.fromkeys(item.row for item in question.items))
    cells = {(item.row, item.column): item for item in question.items}
    lines = ["\t".join(["layer", *[column.replace("_", " ") for column in columns]])]
    for row in rows:
        values = []
        for column in columns:
            item = cells.get((row, column))
            values.append("—" if item is None else show_truth(item) if answers else "")
        lines.append("\t".join([row, *values]))
    return "\n".join(lines)


def _markdown(blocks: Blocks) -> str:
    shown = []
    for kind, text in blocks:
        if kind in ("h1", "h2"):
            shown.append("#" * int(kind[1]) + " " + text)
        elif kind == "pre":
            shown.append("\n".join("    " + line for line in text.split("\n")))
        elif kind == "answer":
            shown.append(text + " ______________________________")
        elif kind == "table":
            rows = [line.split("\t") for line in text.split("\n")]
            lines = ["| " + " | ".join(cell or "       " for cell in row) + " |" for row in rows]
            shown.append("\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]))
        else:
            shown.append(text)
    return "\n\n".join(shown) + "\n"


def _coded(safe: str) -> str:
    """Return a text in which what stands between backquotes is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)


def _html(title: str, blocks: Blocks) -> str:
    shown = []
    for kind, text in blocks:
        safe = html.escape(text)
        if kind == "table":
            rows = [line.split("\t") for line in safe.split("\n")]
            lines = ["<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows]
            shown.append("<table>" + "\n".join(lines) + "</table>")
        elif kind == "answer":
            shown.append(f"<p>{safe}</p><div class=a></div>")
        else:
            shown.append(f"<{kind}>{_coded(safe) if kind == 'p' else safe}</{kind}>")
    return head(title) + "\n".join(shown) + "\n" + END


def head(title: str) -> str:
    """Return how an HTML page of sheets begins."""
    first = f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}'
    return f"{first}</title><style>{_STYLE}</style>\n"


def section(page: str) -> str:
    """Return an HTML sheet as a part of a page that holds several."""
    inner = page.split("</style>\n", 1)[1].removesuffix(END)
    return f"<section>\n{inner}</section>\n"
