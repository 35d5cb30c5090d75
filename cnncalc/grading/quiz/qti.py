"""text2qti: plain text that becomes a Canvas quiz, with a group of variants per question."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from cnncalc.grading.model import show_points
from cnncalc.grading.quiz.bank import BankEntry, BankField


def text2qti(title: str, entries: Iterable[BankEntry]) -> str:
    """Return a quiz for text2qti; each question is a group, and every student gets one of it.

    text2qti knows whole points only in groups: if need be all are multiplied.
    """
    groups: dict[str, list[BankEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.question, []).append(entry)
    points = [field.points for variants in groups.values() for field in variants[0].fields]
    times = lcm(*[share.denominator for share in points])
    lines = [f"Quiz title: {' '.join(title.split())}"]
    if times > 1:
        lines.append(f"Quiz description: All points are multiplied by {times}.")
    lines += ["shuffle answers: true", ""]
    for variants in groups.values():
        for position, first in enumerate(variants[0].fields):
            share = max(Fraction(1), first.points * times)
            lines += ["GROUP", "pick: 1", f"points per question: {show_points(share)}", ""]
            asked = set()  # a question that stands twice is refused
            for entry in variants:
                question = _question(entry, entry.fields[position])
                if question not in asked:
                    asked.add(question)
                    lines += [f"Title: {entry.name}", question, ""]
            lines += ["END_GROUP", ""]
    return "\n".join(lines)


def _question(entry: BankEntry, field: BankField) -> str:
    text = entry.text + (f"\n\n{field.label}?" if field.label else "")
    first, *rest = text.split("\n\n")
    lines = [f"1.  {_markdown(first)}"]
    for part in rest:
        inner = part.split("\n")  # several lines are those of a network
        shown = [f"    {_markdown(part)}"] if len(inner) == 1 else [f"        {i}" for i in inner]
        lines += ["", *shown]
    lines += [f"... {_markdown(line)}" for line in field.working[:1]]
    if field.form == "number" and len(field.right) == 1 and field.right != ("0",):
        off = f" +- {field.tolerance}" if field.tolerance != "0" else ""
        lines.append(f"=   {field.right[0]}{off}")
    elif field.form == "choice":
        for position, (option, wrong) in enumerate(field.options(entry.name)):
            lines.append(f"{'' if wrong else '*'}{chr(97 + position)})  {_markdown(option)}")
    elif field.form == "essay":
        lines.append("____")
    else:  # zero too is a text: Canvas has no number below 0.0001
        lines += [f"*   {' '.join(text.split())}" for text in field.right]
    return "\n".join(lines)


def _markdown(text: str) -> str:
    """Return one line in which nothing but code between backquotes is Markdown, HTML or LaTeX.

    It is text2qti's own Markdown, in which more signs mean something than elsewhere.
    """
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(
        part if at % 2 else re.sub(r"([\\*_$\[\]#!])", r"\\\1", html.escape(part, quote=False))
        for at, part in enumerate(parts)
    )
