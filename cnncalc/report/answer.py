"""Answers of `solve` as text, Markdown and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnncalc import escaping
from cnncalc.diagnostics import folded

if TYPE_CHECKING:
    from cnncalc.solve.answer import Answer, Cell

WIDTH = 100
MOST_ROWS = 40


def text(answer: Answer, width: int = WIDTH) -> str:
    """Return an answer for the terminal: question, answer, reasoning, solutions, method."""
    lines = [*folded(answer.question, width), ""]
    lead = "" if answer.found else "no solution: " if answer.proved else "none found: "
    first = lead + answer.summary.lstrip()
    lines += folded(first, width)
    for line in answer.lines:
        lines += ["  " + piece for piece in folded(line, width - 2)]
    rows, left = answer.rows[:MOST_ROWS], len(answer.rows) - MOST_ROWS
    if rows and (len(answer.rows) > 1 or len(answer.columns) > 1):  # says more than the sentence
        table = [answer.columns, *[tuple(cell(value) for value in row) for row in rows]]
        column_widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines.append("")
        for cells in table:
            shown = [text.rjust(width) for text, width in zip(cells, column_widths, strict=True)]
            lines.append("  " + "  ".join(shown).rstrip())
        if left > 0:
            lines.append(f"  ... and {left} more (--format json has all)")
    for note in answer.notes:
        lines += folded(f"note: {note}", width)
    lines += ["", *folded(f"found by: {answer.method}", width)]
    return "\n".join(lines) + "\n"


def cell(value: Cell) -> str:
    """Return one cell of a table of solutions."""
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)


def markdown(answer: Answer) -> str:
    """Return an answer as Markdown."""
    lines = [f"**{escaping.markdown(answer.question)}**", "", escaping.markdown(answer.summary), ""]
    lines += [f"- {escaping.markdown(line)}" for line in answer.lines]
    if answer.rows:
        lines += ["", "| " + " | ".join(answer.columns) + " |"]
        lines.append("|" + " ---: |" * len(answer.columns))
        lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in answer.rows]
    lines += ["", f"*Found by: {escaping.markdown(answer.method)}.*"]
    return "\n".join(lines) + "\n"


def as_json(answer: Answer) -> str:
    """Return an answer for programs; `value` is None or empty where there is no solution."""
    own = ("question", "found", "proved", "value", "summary", "method")
    value = {
        "schema": "cnncalc.solve/1",
        **{name: getattr(answer, name) for name in own},
        "reasoning": answer.lines,
        **{name: getattr(answer, name) for name in ("columns", "rows", "notes")},
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def render(answer: Answer, format: str, width: int = WIDTH) -> str:
    """Return an answer as `text` (in lines of a width), `markdown` or `json`."""
    return text(answer, width) if format == "text" else RENDERERS[format](answer)


RENDERERS = {"markdown": markdown, "json": as_json}
