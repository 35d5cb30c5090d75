"""A sheet of an assignment to hand out: its blocks, as Markdown or HTML.

What holds for several questions stands once at the top: conventions, and networks. An answer has a
place of its own, a line that begins with its id; `submissions/printed.py` takes out of what comes
back everything that was printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cnncalc.escaping import html as escape
from cnncalc.grading.markup import coded
from cnncalc.grading.model import Assignment, Network, Question, show_points
from cnncalc.grading.question_types.wording import network_lines, title_of
from cnncalc.grading.right_answers import show_truth, working

#: What draws a network as SVG, if anything does.
Figure = Callable[[Network], str]
LINE = "_" * 30


class SheetPart(NamedTuple):
    """A part of a sheet: `h1`, `h2`, `p`, `pre`, `list`, `code`, `table`, `answer` or `svg`.

    Lines of a list, and rows of a table with their cells between tabs, are divided by line ends.
    """

    kind: str
    text: str


def sheet(
    assignment: Assignment, student: str = "", answers: bool = False, figure: Figure | None = None
) -> list[SheetPart]:
    """Return a student's sheet; with `answers` the key and its working."""
    title = assignment.title + (" (answers)" if answers else "")
    blocks = [SheetPart("h1", title), SheetPart("p", f"Student: {student or LINE}")]
    shared = shared_networks(assignment)
    blocks += preamble(assignment, figure)
    for question in assignment.questions:
        points = show_points(question.points)
        unit = "point" if question.points == 1 else "points"
        blocks.append(SheetPart("h2", f"{question.id} ({points} {unit})"))
        blocks += asked(question, shared)
        blocks += _answers(question) if answers else _places(question)
    return blocks


def preamble(assignment: Assignment, figure: Figure | None = None) -> list[SheetPart]:
    """Return what stands above the first question: conventions, and networks of several."""
    blocks = []
    lines: dict[str, list[str]] = {}
    for question in assignment.questions:
        for line in question.stated:
            lines.setdefault(line, []).append(question.id)
    if lines:
        several = len(assignment.questions) > 1
        told = [f"{line} ({', '.join(ids)})" if several else line for line, ids in lines.items()]
        blocks += [SheetPart("p", "Conventions:"), SheetPart("list", "\n".join(told))]
    shared = shared_networks(assignment)
    for text, network in shared.items():
        blocks += [SheetPart("p", f"{_called(shared, text)}:"), SheetPart("pre", text)]
        if figure is not None:
            blocks.append(SheetPart("svg", figure(network)))
    return blocks


def shared_networks(assignment: Assignment) -> dict[str, Network]:
    """Return the networks that several questions speak of, by their printed lines."""
    found: dict[str, list[Network]] = {}
    for question in assignment.questions:
        if question.network is not None and (lines := network_shown(question)):
            found.setdefault(lines, []).append(question.network)
    return {text: networks[0] for text, networks in found.items() if len(networks) > 1}


def _called(shared: dict[str, Network], lines: str) -> str:
    """Return what one of the shared networks is called on the sheet."""
    return f"Network {list(shared).index(lines) + 1}" if len(shared) > 1 else "The network"


def asked(question: Question, shared: dict[str, Network]) -> list[SheetPart]:
    """Return the text of a question, its network unless that stands at the top, and options."""
    blocks = [SheetPart("p", question.text)]
    lines = network_shown(question)
    if lines and lines not in shared:
        blocks.append(SheetPart("pre", lines))
    elif lines and len(shared) > 1:
        blocks.append(SheetPart("p", f"({_called(shared, lines)})"))
    options = question.items[0].truth.choices if question.items else ()
    if options:
        blocks.append(SheetPart("pre", "\n".join(f"{label}) {text}" for label, text in options)))
    return blocks


def statement(question: Question) -> str:
    """Return a question by itself: its text, the network it speaks of, and its conventions."""
    parts = [question.text, network_shown(question)]
    if question.stated:
        parts.append("Conventions: " + "; ".join(question.stated) + ".")
    return "\n\n".join(filter(None, parts))


def network_shown(question: Question) -> str:
    """Return the lines of a question's network, '' if it has none.

    A single layer is not shown where the instructor's own text describes it.
    """
    network = question.network
    if network is None or (
        question.own_text and len(network.graph.nodes) - len(network.graph.inputs) <= 1
    ):
        return ""
    return lines_of(network)


@lru_cache(maxsize=256)
def lines_of(network: Network) -> str:
    """Return a network in a few lines, written once."""
    return "\n".join(network_lines(network.graph))


def _places(question: Question) -> list[SheetPart]:
    if question.kind == "table":
        return [SheetPart("table", _grid(question, answers=False))]
    if question.kind == "network":
        return [SheetPart("p", f"{question.id}:"), SheetPart("code", "\n\n")]
    return [SheetPart("answer", f"{question.id}:")]


def _answers(question: Question) -> list[SheetPart]:
    if question.kind == "table":
        return [SheetPart("table", _grid(question, answers=True))]
    blocks = []
    for item in question.items:
        blocks.append(SheetPart("p", f"Answer: {show_truth(item)}"))
        lines = working(item, question.network)
        if lines:
            blocks.append(SheetPart("pre", "\n".join(lines)))
    return blocks


def _grid(question: Question, answers: bool) -> str:
    """Return a table as lines of cells joined by tabs, the head first."""
    columns = list(dict.fromkeys(item.column for item in question.items))
    rows = list(dict.fromkeys(item.row for item in question.items))
    cells = {(item.row, item.column): item for item in question.items}
    lines = ["\t".join(["layer", *map(title_of, columns)])]
    for row in rows:
        values = []
        for column in columns:
            item = cells.get((row, column))
            values.append("—" if item is None else show_truth(item) if answers else "")
        lines.append("\t".join([row, *values]))
    return "\n".join(lines)


def rendered(blocks: Sequence[SheetPart], markup: str) -> str:
    """Return a sheet as `md`, `html`, or HTML for word processors (`word`: without pictures)."""
    if markup == "md":
        return "\n\n".join(filter(None, (_markdown(*block) for block in blocks))) + "\n"
    kept = [block for block in blocks if markup != "word" or block.kind != "svg"]
    body = "\n".join(_html(*block) for block in kept)
    return f"{head(blocks[0].text)}{body}\n{END}"


def _markdown(kind: str, text: str) -> str:
    lines = text.split("\n")
    if kind in ("h1", "h2"):
        return "#" * int(kind[1]) + " " + text
    if kind == "pre":
        return "\n".join("    " + line for line in lines)
    if kind == "list":
        return "\n".join("- " + line for line in lines)
    if kind == "code":
        return f"```yaml{text}```"
    if kind == "table":
        rows = [[cell or " " * 7 for cell in line.split("\t")] for line in lines]
        shown = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([shown[0], "|" + " --- |" * len(rows[0]), *shown[1:]])
    return {"answer": f"{text} {LINE}", "svg": ""}.get(kind, text)


def _html(kind: str, text: str) -> str:
    safe = escape(text)
    lines = safe.split("\n")
    if kind == "table":
        rows = ["".join(f"<td>{escape(cell) or '&nbsp;'}</td>" for cell in line.split("\t"))
                for line in text.split("\n")]  # fmt: skip
        inner = "\n".join(f"<tr>{row}</tr>" for row in rows)
        return f'<table border="1" cellpadding="6">{inner}</table>'
    if kind == "list":
        return "<ul>" + "".join(f"<li>{coded(line)}</li>" for line in lines) + "</ul>"
    if kind == "code":
        return "<p>&nbsp;</p>" * 2
    if kind == "answer":
        return f"<p>{safe} {LINE}</p>"
    return text if kind == "svg" else f"<{kind}>{coded(safe) if kind == 'p' else safe}</{kind}>"


_STYLE = (
    "body{font:16px/1.5 serif;max-width:46em;margin:2em auto}table{border-collapse:collapse}"
    "td{min-width:5em}pre{background:#f4f4f4;padding:.5em}section{break-after:page}"
    "@media print{h2{break-after:avoid}pre,table{break-inside:avoid}body{margin:0}}"
)
END = "</html>\n"


def head(title: str) -> str:
    """Return how an HTML page of sheets begins."""
    first = f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}'
    return f"{first}</title><style>{_STYLE}</style>\n"


def section(page: str) -> str:
    """Return an HTML sheet as a part of a page that holds several."""
    inner = page.split("</style>\n", 1)[1].removesuffix(END)
    return f"<section>\n{inner}</section>\n"
