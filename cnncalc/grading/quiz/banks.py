"""Banks of questions for quiz programs: Moodle XML, Cloze, and text2qti for Canvas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from html import escape as escape_html
from itertools import groupby
from math import lcm

from cnncalc.escaping import html as escape
from cnncalc.grading.markup import coded
from cnncalc.grading.model import show_points
from cnncalc.grading.quiz.bank import BankEntry, BankField, Distractor

#: The shares of a grade that Moodle accepts, in percent; another one would be an error on import.
_FRACTIONS = (0, 5, 10, 11.11111, 12.5, 14.28571, 16.66667, 20, 25, 30, 33.33333, 40, 50, 60,
              66.66667, 70, 75, 80, 83.33333, 90, 100)  # fmt: skip
_KINDS = {"number": "numerical", "choice": "multichoice", "text": "shortanswer", "essay": "essay"}


def moodle_xml(title: str, entries: Iterable[BankEntry]) -> str:
    """Return a question bank as Moodle XML, one category per question of the quiz."""
    lines = []
    for name, variants in groupby(entries, lambda entry: entry.question):
        lines += _category(title, name)
        for entry in variants:
            lines += _cloze_question(entry) if entry.table else _question(entry, entry.fields[0])
    return _document(lines)


def cloze_xml(title: str, entries: Iterable[BankEntry]) -> str:
    """Return every question as a Cloze question: fields within the text, best for tables."""
    questions = [line for entry in entries for line in _cloze_question(entry)]
    return _document([*_category(title), *questions])


def _document(lines: list[str]) -> str:
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *lines, "</quiz>", ""])


def _category(*names: str) -> list[str]:
    """Return a category by its path, in which a slash within a name is written twice."""
    plain = [" ".join(name.split()).replace("/", "//") for name in names]
    path = escape("/".join(["$course$", "top", *plain]))
    return [
        '  <question type="category">',
        f"    <category><text>{path}</text></category>",
        "  </question>",
    ]


def _html(text: str) -> str:
    """Return lines as a paragraph; names between backticks are set as code."""
    return "<p>" + "<br>".join(coded(escape(line)) for line in text.split("\n")) + "</p>"


def _block(name: str, text: str) -> str:
    """Return an element that holds HTML."""
    inner = text.replace("]]>", "]]]]><![CDATA[>")
    return f'<{name} format="html"><text><![CDATA[{inner}]]></text></{name}>'


def _head(entry: BankEntry, kind: str, text: str, feedback: str) -> list[str]:
    return [
        f'  <question type="{kind}">',
        f"    <name><text>{escape(entry.name)}</text></name>",
        "    " + _block("questiontext", text),
        "    " + _block("generalfeedback", feedback),
        f"    <defaultgrade>{show_points(entry.points)}</defaultgrade>",
        "    <penalty>0.3333333</penalty>",
        "    <hidden>0</hidden>",
        f"    <idnumber>{escape(entry.name)}</idnumber>",
    ]


def _question(entry: BankEntry, field: BankField) -> list[str]:
    lines = _head(entry, _KINDS[field.form], _html(entry.text), _html("\n".join(field.working)))
    if field.form == "number":
        lines += [_answer(text, 100, "", field.tolerance) for text in field.right]
        lines += [_answer(d.text, _percent(d), d.says, field.tolerance) for d in field.distractors]
    elif field.form == "choice":
        lines += ["    <single>true</single>", "    <shuffleanswers>true</shuffleanswers>"]
        lines += ["    <answernumbering>abc</answernumbering>"]
        lines += [
            _answer(text, _percent(wrong) if wrong else 100, wrong.says if wrong else "")
            for text, wrong in field.options(entry.name)
        ]
    elif field.form == "text":
        lines += ["    <usecase>0</usecase>"]
        lines += [_answer(_starred(text), 100, "") for text in field.right]
        lines += [
            _answer(_starred(text), _percent(d), d.says)
            for d in field.distractors
            for text in d.spellings
        ]
    else:
        lines += ["    <responseformat>editor</responseformat>"]
        lines += ["    " + _block("graderinfo", _html(field.right[0]))]
    return [*lines, "  </question>"]


def _starred(text: str) -> str:
    return text.replace("*", "\\*")  # alone a star stands for any text


def _percent(distractor: Distractor) -> float:
    wanted = float(distractor.share * 100)
    return min(_FRACTIONS, key=lambda one: abs(one - wanted))


def _answer(text: str, fraction: float, feedback: str, tolerance: str = "") -> str:
    inner = f"<text>{escape(text)}</text>" + _block("feedback", escape(feedback))
    if tolerance:
        inner += f"<tolerance>{tolerance}</tolerance>"
    return f'    <answer fraction="{fraction:g}" format="plain_text">{inner}</answer>'


def _cloze_question(entry: BankEntry) -> list[str]:
    if entry.table:
        rows = "".join(
            f"<tr><td>{escape(field.label)}</td><td>{cloze(field, entry.name)}</td></tr>"
            for field in entry.fields
        )
        text = f"{_html(entry.text)}<table>{rows}</table>"
    else:
        text = _html(entry.text) + "<p>" + cloze(entry.fields[0], entry.name) + "</p>"
    feedback = _html("\n".join(line for field in entry.fields for line in field.working[:1]))
    return [*_head(entry, "cloze", text, feedback), "  </question>"]


def cloze(field: BankField, seed: str) -> str:
    """Return a field in Moodle's notation: `{1:NUMERICAL:=760:0#ok~%50%750:0#bias}`."""
    if field.form == "choice":
        kind = "MULTICHOICE_S"
        parts = [
            f"{_safe(text)}#{_safe(wrong.says)}" if wrong else f"={_safe(text)}"
            for text, wrong in field.options(seed)
        ]
    else:
        number = field.form == "number"
        kind, off = ("NUMERICAL", f":{field.tolerance}") if number else ("SHORTANSWER", "")
        shown: Callable[[str], str] = str if number else lambda text: _safe(_starred(text))
        parts = [f"={shown(text)}{off}" for text in field.right]
        parts += [
            f"%{round(float(d.share * 100))}%{shown(text)}{off}#{_safe(d.says)}"
            for d in field.distractors
            for text in ([d.text] if number else d.spellings)
        ]
    return f"{{{max(1, round(float(field.points)))}:{kind}:{'~'.join(parts)}}}"


def _safe(text: str) -> str:
    return re.sub(r'([\\~#}"/])', r"\\\1", escape_html(text, quote=False))


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
                question = _plain_question(entry, entry.fields[position])
                if question not in asked:
                    asked.add(question)
                    lines += [f"Title: {entry.name}", question, ""]
            lines += ["END_GROUP", ""]
    return "\n".join(lines)


def _plain_question(entry: BankEntry, field: BankField) -> str:
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
        part if at % 2 else re.sub(r"([\\*_$\[\]#!])", r"\\\1", escape_html(part, quote=False))
        for at, part in enumerate(parts)
    )
