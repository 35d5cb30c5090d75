"""Banks of questions for quiz programs: Moodle XML, Cloze, and text2qti for Canvas.

Each format is a function of the same entries: a text, and for every input its answers:
the right ones are worth everything, and those that usual slips lead to a share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import escape as escape_html
from itertools import groupby
from math import lcm
from random import Random
from typing import NamedTuple

from cnncalc.escaping import html as escape
from cnncalc.grading.marking.reasons import Explainer
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.markup import coded
from cnncalc.grading.model import ONE, ZERO, Form, Item, Question, Value, show_points
from cnncalc.grading.sheet import statement, working

#: How many slips are offered at most, and how few make a choice.
MOST, FEWEST = 4, 2
#: The shares of a grade that Moodle accepts, in percent; another one would be an error on import.
_PERCENTS = (0, 5, 10, 11.11111, 12.5, 14.28571, 16.66667, 20, 25, 30, 33.33333, 40, 50, 60,
             66.66667, 70, 75, 80, 83.33333, 90, 100)  # fmt: skip
#: Forms of answers: what Moodle calls them in XML and in Cloze, and what else it has to know.
_MOODLE = {
    "number": ("numerical", "NUMERICAL", ""),
    "choice": ("multichoice", "MULTICHOICE_S", "<single>true</single><answernumbering>abc"
               "</answernumbering><shuffleanswers>true</shuffleanswers>"),
    "text": ("shortanswer", "SHORTANSWER", "<usecase>0</usecase>"),
    "essay": ("essay", "SHORTANSWER", "<responseformat>editor</responseformat>"),
}  # fmt: skip


class BankAnswer(NamedTuple):
    """One answer with the share of the points that it is worth, and what is said of it."""

    text: str
    share: Fraction = ONE
    says: str = ""


@dataclass(frozen=True, slots=True)
class BankField:
    """One input, called `label` in a table; `tolerance` is how far off a number may be."""

    label: str
    form: Form
    answers: list[BankAnswer]
    points: Fraction
    working: list[str]
    tolerance: str

    @property
    def right(self) -> list[str]:
        """The texts that are right, the shown one first."""
        return [answer.text for answer in self.answers if answer.share == 1]


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One variant of a question in a bank."""

    name: str
    question: str
    text: str
    points: Fraction
    fields: list[BankField]
    table: bool


def entry(question: Question, name: str, choices: bool = False) -> BankEntry:
    """Return a question as quiz programs see it; with `choices` as a multiple choice if it can."""
    slips = Explainer(question.network.right) if question.network is not None else None
    fields = [_field(item, question, slips, name, choices) for item in question.items]
    text, table = statement(question), question.kind == "table"
    return BankEntry(name, question.id, text, question.points, fields, table)


def _field(
    item: Item, question: Question, slips: Explainer | None, name: str, choices: bool
) -> BankField:
    form, texts, off = item.truth.form, item.truth.texts(item), item.truth.margin(item)
    wrong = list(_slips(item, slips))
    single = form == "text" or (form == "number" and len(texts) == 1)
    if form == "choice":
        answers = [BankAnswer(text, ZERO) for text in item.truth.offered(item)]
    elif choices and single and len(wrong) >= FEWEST:
        form, texts = "choice", texts[:1]
        answers = [BankAnswer(spellings[0], ZERO, says) for _, says, spellings in wrong]
    else:
        answers = [
            BankAnswer(text, share, says)
            for share, says, spellings in wrong
            for text in (spellings if form == "text" else spellings[:1])
        ]
    answers = [*map(BankAnswer, texts), *answers]
    if form == "choice":
        Random(f"{name} {item.label}").shuffle(answers)
    tolerance = str(off) if off.denominator == 1 else f"{float(off):.12g}"
    return BankField(
        item.label, form, answers, item.points, working(item, question.network), tolerance
    )


def _slips(item: Item, slips: Explainer | None) -> Iterator[tuple[Fraction, str, tuple[str, ...]]]:
    """Yield what slips lead to: its share, what is said, its spellings; the worthiest first."""
    known: dict[Value, str]
    if slips is not None:
        known = slips.table(item)
    else:  # what a truth knows, without what several slips lead to
        values = [value for _, value in item.truth.mistakes]
        known = {value: name for name, value in item.truth.mistakes if values.count(value) == 1}
    used, said = set(item.truth.texts(item)), set[str]()
    table = [
        (-item.rubric.slip(name), SLIPS[name].says, item.truth.mistaken(item, value))
        for value, name in known.items()
    ]
    for share, says, texts in sorted(table):
        if texts and says not in said and not used & set(texts) and len(said) < MOST:
            said.add(says)
            used.update(texts)
            yield -share, says, texts


def moodle_xml(title: str, entries: Iterable[BankEntry]) -> str:
    """Return a question bank as Moodle XML, one category per question of the quiz."""
    parts = []
    for name, variants in groupby(entries, lambda entry: entry.question):
        parts += [_category(title, name), *map(_moodle, variants)]
    return _document(parts)


def cloze_xml(title: str, entries: Iterable[BankEntry]) -> str:
    """Return every question as a Cloze question: fields within the text, best for tables."""
    return _document([_category(title), *map(_cloze, entries)])


def _document(parts: list[str]) -> str:
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *parts, "</quiz>", ""])


def _category(*names: str) -> str:
    """Return a category by its path, in which a slash within a name is written twice."""
    plain = [" ".join(name.split()).replace("/", "//") for name in names]
    path = escape("/".join(["$course$", "top", *plain]))
    return f'<question type="category"><category><text>{path}</text></category></question>'


def _moodle(entry: BankEntry) -> str:
    if entry.table:
        return _cloze(entry)
    (field,) = entry.fields
    kind, _, more = _MOODLE[field.form]
    if field.form == "essay":
        more += _block("graderinfo", _html(field.right[0]))
    else:
        more += "".join([f"\n  {_answer(answer, field)}" for answer in field.answers])
    return _question(entry, kind, _html(entry.text), field.working, more)


def _answer(answer: BankAnswer, field: BankField) -> str:
    percent = min(_PERCENTS, key=lambda one: abs(one - float(answer.share * 100)))
    text = _starred(answer.text) if field.form == "text" else answer.text
    inner = f"<text>{escape(text)}</text>" + _block("feedback", escape(answer.says))
    if field.form == "number":
        inner += f"<tolerance>{field.tolerance}</tolerance>"
    return f'<answer fraction="{percent:g}" format="plain_text">{inner}</answer>'


def _cloze(entry: BankEntry) -> str:
    """Return a question whose fields stand within its text, in a table one to a row."""
    shown = [(escape(field.label), cloze(field)) for field in entry.fields]
    rows = "".join(f"<tr><td>{label}</td><td>{field}</td></tr>" for label, field in shown)
    inner = f"<table>{rows}</table>" if entry.table else f"<p>{shown[0][1]}</p>"
    feedback = [line for field in entry.fields for line in field.working[:1]]
    return _question(entry, "cloze", _html(entry.text) + inner, feedback)


def cloze(field: BankField) -> str:
    """Return a field in Moodle's notation: `{1:NUMERICAL:=760:0~%50%750:0#bias}`."""
    parts = []
    for text, share, says in field.answers:
        worth = "=" if share == 1 else f"%{round(float(share * 100))}%" if share else ""
        end = f":{field.tolerance}" if field.form == "number" else ""
        shown = _safe(text if field.form in ("number", "choice") else _starred(text))
        parts.append(worth + shown + end + (f"#{_safe(says)}" if says else ""))
    points = max(1, round(float(field.points)))
    return f"{{{points}:{_MOODLE[field.form][1]}:{'~'.join(parts)}}}"


def _question(entry: BankEntry, kind: str, text: str, feedback: list[str], more: str = "") -> str:
    name, remark = escape(entry.name), _html("\n".join(feedback))
    return f"""<question type="{kind}">
  <name><text>{name}</text></name>
  {_block("questiontext", text)}
  {_block("generalfeedback", remark)}
  <defaultgrade>{show_points(entry.points)}</defaultgrade>
  <penalty>0.3333333</penalty><hidden>0</hidden><idnumber>{name}</idnumber>
  {more}
</question>"""


def _html(text: str) -> str:
    """Return lines as a paragraph; names between backticks are set as code."""
    return "<p>" + "<br>".join(coded(escape(line)) for line in text.split("\n")) + "</p>"


def _block(name: str, html: str) -> str:
    inner = html.replace("]]>", "]]]]><![CDATA[>")
    return f'<{name} format="html"><text><![CDATA[{inner}]]></text></{name}>'


def _starred(text: str) -> str:
    return text.replace("*", "\\*")  # alone a star stands for any text


def _safe(text: str) -> str:
    return re.sub(r'([\\~#}"/])', r"\\\1", escape_html(text, quote=False))


def text2qti(title: str, entries: Iterable[BankEntry]) -> str:
    """Return a quiz for text2qti; each input is a group, and every student gets one of it.

    text2qti knows whole points only in groups: if need be all are multiplied.
    """
    groups: dict[tuple[str, str], list[tuple[BankEntry, BankField]]] = {}
    for entry in entries:
        for field in entry.fields:
            groups.setdefault((entry.question, field.label), []).append((entry, field))
    times = lcm(*[variants[0][1].points.denominator for variants in groups.values()])
    lines = [f"Quiz title: {' '.join(title.split())}"]
    if times > 1:
        lines.append(f"Quiz description: All points are multiplied by {times}.")
    lines += ["shuffle answers: true", ""]
    for variants in groups.values():
        points = show_points(max(ONE, variants[0][1].points * times))
        lines += ["GROUP", "pick: 1", f"points per question: {points}", ""]
        shown: dict[str, str] = {}  # a question that stands twice is refused
        for entry, field in variants:
            shown.setdefault(_plain_question(entry, field), entry.name)
        for question, name in shown.items():
            lines += [f"Title: {name}", question, ""]
        lines += ["END_GROUP", ""]
    return "\n".join(lines)


def _plain_question(entry: BankEntry, field: BankField) -> str:
    first, *rest = (entry.text + (f"\n\n{field.label}?" if field.label else "")).split("\n\n")
    lines = [f"1.  {_markdown(first)}"]
    for part in rest:
        inner = part.split("\n")  # several lines are those of a network
        shown = [f"    {_markdown(part)}"] if len(inner) == 1 else [f"        {i}" for i in inner]
        lines += ["", *shown]
    lines += [f"... {_markdown(line)}" for line in field.working[:1]]
    if field.form == "number" and len(field.right) == 1 and field.right != ["0"]:
        off = f" +- {field.tolerance}" if field.tolerance != "0" else ""
        return "\n".join([*lines, f"=   {field.right[0]}{off}"])
    if field.form == "choice":
        for position, (option, share, _) in enumerate(field.answers):
            lines.append(f"{'*' * (share == 1)}{chr(97 + position)})  {_markdown(option)}")
        return "\n".join(lines)
    if field.form == "essay":
        return "\n".join([*lines, "____"])
    # Zero too is a text: Canvas has no number below 0.0001.
    return "\n".join([*lines, *[f"*   {' '.join(text.split())}" for text in field.right]])


def _markdown(text: str) -> str:
    """Return one line in which nothing but code between backquotes is text2qti's own Markdown."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(
        part if at % 2 else re.sub(r"([\\*_$\[\]#!])", r"\\\1", escape_html(part, quote=False))
        for at, part in enumerate(parts)
    )
