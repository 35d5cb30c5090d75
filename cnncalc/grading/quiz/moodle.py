"""Moodle: question banks as XML (numerical, multichoice, shortanswer, cloze)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from cnncalc.grading.model import show_points
from cnncalc.grading.quiz.bank import BankEntry, BankField, Distractor

#: A name between backticks, as questions write those of layers.
_CODE = re.compile(r"`([^`<>]+)`")


def moodle_xml(title: str, entries: Iterable[BankEntry]) -> str:
    """Return a question bank as Moodle XML, one category per question of the quiz."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    category = ""
    for entry in entries:
        if entry.question != category:
            category = entry.question
            lines.append('  <question type="category">')
            lines.append(f"    <category><text>{escape(_path(title, category))}</text></category>")
            lines.append("  </question>")
        lines += _cloze_question(entry) if entry.table else _question(entry, entry.fields[0])
    return "\n".join([*lines, "</quiz>", ""])


def cloze_xml(title: str, entries: Iterable[BankEntry]) -> str:
    """Return every question as a Cloze question: fields within the text, best for tables."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    lines += ['  <question type="category">']
    lines += [f"    <category><text>{escape(_path(title))}</text></category>"]
    lines += ["  </question>"]
    for entry in entries:
        lines += _cloze_question(entry)
    return "\n".join([*lines, "</quiz>", ""])


def _path(*names: str) -> str:
    """Return the path of a category, in which a slash within a name is written twice."""
    plain = [" ".join(name.split()).replace("/", "//") for name in names]
    return "/".join(["$course$", "top", *plain])


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _html(text: str) -> str:
    """Return lines as a paragraph; names between backticks are set as code."""
    lines = "<br>".join(escape(line) for line in text.split("\n"))
    return "<p>" + _CODE.sub(r"<code>\1</code>", lines) + "</p>"


def _head(entry: BankEntry, kind: str, text: str, feedback: str) -> list[str]:
    return [
        f'  <question type="{kind}">',
        f"    <name><text>{escape(entry.name)}</text></name>",
        f'    <questiontext format="html"><text>{_cdata(text)}</text></questiontext>',
        f'    <generalfeedback format="html"><text>{_cdata(feedback)}</text></generalfeedback>',
        f"    <defaultgrade>{show_points(entry.points)}</defaultgrade>",
        "    <penalty>0.3333333</penalty>",
        "    <hidden>0</hidden>",
        f"    <idnumber>{escape(entry.name)}</idnumber>",
    ]


def _question(entry: BankEntry, field: BankField) -> list[str]:
    kind = {"number": "numerical", "choice": "multichoice", "text": "shortanswer"}.get(
        field.form, "essay"
    )
    lines = _head(entry, kind, _html(entry.text), _html("\n".join(field.working)))
    if kind == "numerical":
        answers = [_answer(text, 100, "", field.tolerance) for text in field.right]
        answers += [
            _answer(d.text, _percent(d), d.says, field.tolerance) for d in field.distractors
        ]
    elif kind == "multichoice":
        lines += ["    <single>true</single>", "    <shuffleanswers>true</shuffleanswers>"]
        lines += ["    <answernumbering>abc</answernumbering>"]
        answers = [
            _answer(text, _percent(wrong) if wrong else 100, wrong.says if wrong else "")
            for text, wrong in field.options(entry.name)
        ]
    elif kind == "shortanswer":
        lines += ["    <usecase>0</usecase>"]
        answers = [_answer(_starred(text), 100, "") for text in field.right]
        answers += [
            _answer(_starred(text), _percent(d), d.says)
            for d in field.distractors
            for text in d.spellings
        ]
    else:
        lines += ["    <responseformat>editor</responseformat>"]
        note = (
            f'<graderinfo format="html"><text>{_cdata(_html(field.right[0]))}</text></graderinfo>'
        )
        answers = ["    " + note]
    return [*lines, *answers, "  </question>"]


def _starred(text: str) -> str:
    return text.replace("*", "\\*")  # alone a star stands for any text


#: The shares of a grade that Moodle accepts, in percent; another one would be an error on import.
_FRACTIONS = (0, 5, 10, 11.11111, 12.5, 14.28571, 16.66667, 20, 25, 30, 33.33333, 40, 50, 60,
              66.66667, 70, 75, 80, 83.33333, 90, 100)  # fmt: skip


def _percent(distractor: Distractor) -> float:
    wanted = float(distractor.share * 100)
    return min(_FRACTIONS, key=lambda one: abs(one - wanted))


def _answer(text: str, fraction: float, feedback: str, tolerance: str = "") -> str:
    inner = f"<text>{escape(text)}</text>"
    inner += f'<feedback format="html"><text>{_cdata(escape(feedback))}</text></feedback>'
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
    lines = _head(entry, "cloze", text, feedback)
    return [*lines, "  </question>"]


def cloze(field: BankField, seed: str) -> str:
    """Return a field in Moodle's notation: `{1:NUMERICAL:=760:0#ok~%50%750:0#bias}`."""
    weight = max(1, round(float(field.points)))
    if field.form == "number":
        off = field.tolerance
        parts = [f"={text}:{off}" for text in field.right]
        parts += [f"%{_whole(d)}%{d.text}:{off}#{_safe(d.says)}" for d in field.distractors]
        return f"{{{weight}:NUMERICAL:{'~'.join(parts)}}}"
    if field.form == "choice":
        parts = [
            f"{_safe(text)}#{_safe(wrong.says)}" if wrong else f"={_safe(text)}"
            for text, wrong in field.options(seed)
        ]
        return f"{{{weight}:MULTICHOICE_S:{'~'.join(parts)}}}"
    parts = [f"={_safe(_starred(text))}" for text in field.right]
    parts += [
        f"%{_whole(d)}%{_safe(_starred(text))}#{_safe(d.says)}"
        for d in field.distractors
        for text in d.spellings
    ]
    return f"{{{weight}:SHORTANSWER:{'~'.join(parts)}}}"


def _whole(distractor: Distractor) -> int:
    return round(float(distractor.share * 100))


def _safe(text: str) -> str:
    return re.sub(r'([\\~#}"/])', r"\\\1", escape(text, quote=False))
