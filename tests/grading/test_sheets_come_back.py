"""Sheets that come back: filled ones earn all points, unfilled ones are blank.

Each is filled with its exact key, and changed as word processors and editors change a text.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from functools import cache

import pytest

from cnncalc.cli.homework import figure
from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.model import Assignment
from cnncalc.grading.quiz.draw import draw_quiz
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.sheet import LINE, rendered, sheet
from cnncalc.grading.submissions.read import SubmissionReader
from cnncalc.grading.submissions.text import html_text

NETS = """
specs:
  net:
    parameters: {W: 32, F: 5, P: 0, K: 8}
    input: [3, W, W]
    layers:
      - conv: {name: conv1, out_channels: K, kernel_size: F, padding: P}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: 16, kernel_size: 3}
      - flatten
      - linear: {name: fc, out_features: 10}
  one:
    parameters: {W: 32, F: 5, P: 0, S: 1}
    input: [3, W, W]
    layers: [conv: {name: conv, out_channels: 8, kernel_size: F, padding: P, stride: S}]
  small: {input: 1x4x4, layers: [conv: {name: c, out_channels: 1, kernel_size: 3}]}
"""
DRAWS = "draw: {W: 24..64, F: [3, 5], K: 4..16}"
TEMPLATES = {
    "kinds": f"""
title: Quiz 1 (shapes)
{NETS}
questions:
  - {{id: q1, kind: shape, spec: net, node: conv1, points: 2, {DRAWS}}}
  - {{id: q2, kind: params, spec: net, node: conv2, {DRAWS}}}
  - {{id: q3, kind: table, spec: net, columns: [shape, params, macs], points: 4, {DRAWS}}}
  - {{id: q4, kind: choice, spec: net, node: conv1, options: [28x28x8, 32x32x8, does not fit]}}
  - {{id: q5, kind: fits, spec: one, draw: {{W: 24..64, S: [2, 3]}}}}
  - {{id: q6, kind: receptive_field, spec: net, node: conv2, {DRAWS}}}
  - {{id: q7, kind: inverse, spec: one, unknown: P, range: 0..8, want: {{spatial: input}}}}
  - {{id: q8, kind: macs, spec: net, node: conv2, {DRAWS}}}
  - {{id: q9, kind: weight_bytes, spec: net, unit: KB}}
""",
    "own words": f"""
title: Sizes
{NETS}
questions:
  - id: a
    kind: shape
    spec: one
    draw: {{W: 24..64, F: [3, 5, 7]}}
    text: "A {{W}}×{{W}} image passes 8 filters of {{F}}×{{F}}... What's its shape -> H x W x C?"
  - id: b
    kind: params
    spec: one
    text: 'How many "weights" are learned by 1/2 of it? Count all of it; answer: a number.'
  - id: c
    kind: width
    spec: one
    draw: {{W: 20..64}}
    text: Give the width of the map that comes out (8 filters of 5x5 pixels, input {{W}}x{{W}}).
""",
    "like nodes": f"""
title: Names of layers as ids
{NETS}
questions:
  - {{id: conv1, kind: shape, spec: net, node: conv1, {DRAWS}}}
  - {{id: pool1, kind: size, spec: net, node: pool1, {DRAWS}}}
  - {{id: conv2, kind: table, spec: net, rows: [conv2, fc], columns: [shape, params], {DRAWS}}}
""",
    "numbers as ids": f"""
title: 1. Test
{NETS}
questions:
  - {{id: 1, kind: value, spec: small, node: c, cell: map, draw: {{numbers: 1..500}}}}
  - {{id: 2, kind: peak_bytes, spec: net, unit: KiB}}
  - {{id: 3, kind: text, text: What is the connection around a block called?, answer: skip}}
  - {{id: 4, kind: number, text: How cold was it?, answer: -2}}
  - {{id: 5, kind: inverse, spec: one, unknown: {{F: 3..4, P: 0..1}}, want: {{spatial: input}}}}
  - {{id: 6, kind: number, text: How many networks were there?, answer: 4}}
""",
    "letters as ids": f"""
title: Letters
{NETS}
questions:
  - {{id: a, kind: params, spec: net, node: conv2, {DRAWS}}}
  - {{id: b, kind: choice, spec: net, node: conv1, options: [28x28x8, 32x32x8, does not fit]}}
  - {{id: c, kind: text, text: Which letter stands for the stride?, answer: a}}
  - {{id: f, kind: expression, spec: one, symbols: {{F: 1..9}}, unknown: P, range: 0..4,
     want: {{spatial: input}}, formula: (F - 1)/2}}
""",
    "shared": f"""
title: One network
{NETS}
questions:
  - {{id: q1, kind: shape, spec: net, node: conv1}}
  - {{id: q2, kind: table, spec: net, columns: [shape, params, macs], total: true}}
  - {{id: q3, kind: params, spec: net, set: {{K: 4}}}}
  - {{id: q4, kind: params, spec: net, draw: {{K: 4..40}}}}
""",
}  # fmt: skip


@cache
def variants() -> list[tuple[str, Assignment]]:
    found = []
    for name, text in TEMPLATES.items():
        template = Template(Source(f"{name}.yaml", text))
        students = [f"s{number}" for number in range(2)]
        manifest = draw_quiz(template, students, "secret", check=False)
        found += [(f"{name} {student}", manifest.assignment(student)) for student in students]
        plain = read_assignment_text(Source(f"{name}.yaml", text))
        found.append((f"{name} as it stands", plain))
    return found


@cache
def graders() -> dict[int, tuple[SubmissionReader, Marker]]:
    """Return what reads and marks the sheets of each variant."""
    return {id(own): (SubmissionReader(own), Marker(own)) for _, own in variants()}


@cache
def printed(name: str, markup: str) -> str:
    """Return the sheet of a variant."""
    return rendered(sheet(dict(variants())[name]), markup)


def key(assignment: Assignment) -> dict[str, str]:
    return {item.id: item.right_answer.split(" (")[0] for item in assignment.items}


def filled(text: str, assignment: Assignment, place: Callable[[str, str], str], cell: str) -> str:
    """Return a sheet with every answer's place and every empty cell filled in."""
    answers = key(assignment)
    for question in assignment.questions:
        if question.kind != "table":
            answer = answers[question.id]
            text = text.replace(f"{question.id}: {LINE}", place(question.id, answer), 1)
        for item in question.items if question.kind == "table" else ():
            text = text.replace(
                cell, cell.replace(cell.strip("|<>/td"), f" {answers[item.id]} "), 1
            )
    return text


PLACES: dict[str, Callable[[str, str], str]] = {
    "at its place": lambda name, answer: f"{name}: {answer}",
    "before the line": lambda name, answer: f"{name}: {answer} {LINE[:12]}",
    "on the line": lambda name, answer: f"{name}: {LINE[:5]}{answer}{LINE[:9]}",
    "below": lambda name, answer: f"{name}: {LINE}\n\n{answer}",
    "alone": lambda _, answer: answer,
    "labelled": lambda _, answer: f"**Answer:** {answer}",
}


def autocorrected(text: str) -> str:
    """Return a text as Word leaves it: other quotes, dashes, dots, arrows, fractions, capitals."""
    for old, new in (("...", "…"), ("->", "→"), ("--", "–"), ("1/2", "½"), ("'", "’")):
        text = text.replace(old, new)
    text = re.sub(r'"([^"\n]*)"', "“\\1”", text)
    return re.sub(r"(?m)^([a-z])(?=\w* [a-z])", lambda first: first[1].upper(), text)


def wrapped(text: str) -> str:
    """Return a text whose long lines are broken at the 60th column, but for tables."""
    lines = []
    for line in text.split("\n"):
        while len(line) > 60 and "|" not in line:
            at = line.rfind(" ", 0, 60)
            if at < 20:
                break
            lines.append(line[:at])
            line = line[at + 1 :]
        lines.append(line)
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Return Markdown as Google Docs exports it: signs behind backslashes."""
    return re.sub(r"([*_#+\-.~=<>](?=[\w ]))", r"\\\1", text.replace("|", "¦")).replace("¦", "|")


EDITORS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "old line ends": lambda text: text.replace("\n", "\r"),
    "hard spaces": lambda text: text.replace(" ", "\xa0"),
    "no blank lines": lambda text: re.sub(r"\n\n+", "\n", text),
    "double spaced": lambda text: re.sub(r"(?m)^([^|\n]*)\n(?!\|)", r"\1\n\n", text),
    "trailing spaces": lambda text: text.replace("\n", "  \n"),
    "no indents": lambda text: re.sub(r"(?m)^[ \t]+", "", text),
    "Word": autocorrected,
    "wrapped": wrapped,
    "no signs of Markdown": lambda text: re.sub(r"(?m)^#+ |[`*]", "", text),
    "escaped": escaped,
    "crosses as x": lambda text: text.replace("×", "x"),
    "anchors": lambda text: re.sub(r"(?m)^(#.*)$", r"\1 {#h.2a-(b)}", text),
    "zero width": lambda text: text.replace(" ", " \u200b"),
}  # fmt: skip


def earned(assignment: Assignment, data: bytes, name: str) -> dict[str, str]:
    """Return the items that do not have all their points, with the answers that were read."""
    reader, marker = graders()[id(assignment)]
    marks = marker.mark(reader.read(data, name).answers)
    return {mark.item: mark.raw for mark in marks if mark.credit != 1}


def blank(assignment: Assignment, data: bytes, name: str) -> dict[str, str]:
    reader, _ = graders()[id(assignment)]
    answers = reader.placed(reader.text(data.decode(), name)).answers
    return {item: text for item, text in answers.items() if text}


@pytest.mark.parametrize(
    ("editor", "place"),
    [(e, p) for i, e in enumerate(EDITORS) for j, p in enumerate(PLACES) if (i + j) % 3 == 0],
)
def test_a_filled_sheet_of_markdown_earns_all_points(editor: str, place: str) -> None:
    for name, assignment in variants():
        text = printed(name, "md")
        text = filled(text, assignment, PLACES[place], "|         |"[1:])
        text = EDITORS[editor](text)
        assert not earned(assignment, text.encode(), "a.md"), (name, text)
        assert not earned(assignment, text.encode(), "a.txt"), (name, text)


@pytest.mark.parametrize("editor", EDITORS)
def test_an_unfilled_sheet_is_blank(editor: str) -> None:
    for name, assignment in variants():
        for markup, suffix in (("md", "md"), ("html", "html"), ("word", "html")):
            text = printed(name, markup)
            if markup == "md" or editor != "escaped":
                text = EDITORS[editor](text)
            assert not blank(assignment, text.encode(), f"a.{suffix}"), (name, text)


def paragraphs(name: str, answer: str) -> str:
    return f"{name}: {html.escape(answer)}"


def word_html(text: str) -> str:
    """Return HTML as Word saves it: attributes, spans, and lines of its source broken anywhere."""
    text = text.replace("<p>", "<p class=MsoNormal style='margin:0cm'><span lang=EN-US>")
    text = text.replace("</p>", "<o:p></o:p></span></p>").replace(" ", "\n", 40)
    text = text.replace("<td>", "<td width=120 valign=top><p class=MsoNormal>")
    return text.replace("</td>", "</p></td>").replace("<table", "<div align=center><table")


def docx(text: str) -> bytes:
    """Return a Word document of the blocks of an HTML page."""
    body = text.split("</style>")[1]
    body = re.sub(r"<(h1|h2|p|li)>(.*?)</\1>", r"<w:p><w:r><w:t>\2</w:t></w:r></w:p>", body)
    body = re.sub(
        r"<pre>(.*?)</pre>",
        lambda pre: "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>"
                            for line in pre[1].split("\n")),
        body, flags=re.DOTALL,
    )  # fmt: skip
    body = re.sub(r"<td>(.*?)</td>", r"<w:tc><w:p><w:r><w:t>\1</w:t></w:r></w:p></w:tc>", body)
    body = body.replace("<tr>", "<w:tr>").replace("</tr>", "</w:tr>")
    body = re.sub(r"<table[^>]*>", "<w:tbl>", body).replace("</table>", "</w:tbl>")
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document><w:body>{body}</w:body></w:document>")
    return page.getvalue()


PAGES: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "Windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "Word": lambda text: word_html(text).encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "hard spaces": lambda text: text.replace(": ", ":&nbsp;").encode(),
    "upper case": lambda text: re.sub(r"</?\w+", lambda tag: tag[0].upper(), text).encode(),
    "within a table": lambda text: text.replace(
        "<h1>", "<table><tr><td><h1>").replace("</html>", "</td></tr></table>").encode(),
    "docx": docx,
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("markup", ["html", "word"])
def test_a_filled_sheet_of_html_earns_all_points(page: str, markup: str) -> None:
    for name, assignment in variants():
        text = printed(name, markup)
        text = filled(text, assignment, paragraphs, "<td>&nbsp;</td>")
        found = earned(assignment, PAGES[page](text), "a.docx" if page == "docx" else "a.html")
        assert not found, (name, found, text)


def notebook(cells: list[tuple[str, str]]) -> bytes:
    return json.dumps({"cells": [{"cell_type": k, "source": s} for k, s in cells]}).encode()


@pytest.mark.parametrize("form", ["{1}", "{0}: {1}", "**Answer:** {1}", "**{0}** = {1}"])
def test_a_notebook_may_have_the_answer_in_the_next_cell(form: str) -> None:
    for name, assignment in variants():
        text = printed(name, "md")
        text = filled(text, assignment, lambda *_: "", "|         |"[1:])
        cells = []
        for part in re.split(r"(?m)^(?=## )", text):
            cells.append(("markdown", part))
            own = part[3:].split(" ")[0] if part.startswith("## ") else ""
            if own in key(assignment):
                cells.append(("markdown", form.format(own, key(assignment)[own])))
        assert not earned(assignment, notebook(cells), "a.ipynb"), (name, cells)


TEMPLATE_CODE = ["{} = None  # YOUR CODE HERE", "{} = 0  # TODO", "{} = ...", "{} = None",
                "# {}\n# YOUR CODE HERE\n", "{} = []", '{} = ""']  # fmt: skip


@pytest.mark.parametrize("code", TEMPLATE_CODE)
@pytest.mark.parametrize("suffix", [".py", ".ipynb", ".txt", ".md"])
def test_what_a_template_has_in_place_of_an_answer_is_blank(code: str, suffix: str) -> None:
    spec = "specs: {n: {input: 3x8x8, layers: [max_pool: {name: p, kernel_size: 2}]}}\n"
    questions = "questions: [{id: q1, kind: params}, {id: q2, kind: params}]\n"
    assignment = read_assignment_text(Source("a.yaml", spec + questions))
    lines = "\n".join(code.format(item.id) for item in assignment.items)
    data = notebook([("code", lines)]) if suffix == ".ipynb" else lines.encode()
    reader = SubmissionReader(assignment)
    marks = Marker(assignment).mark(reader.placed(reader.text(data.decode(), "a" + suffix)).answers)
    assert [mark.credit for mark in marks] == [0, 0]


def test_none_is_a_students_own_word_for_zero() -> None:
    text = variants()[-1][1]
    raw = SubmissionReader(text).read(b"q2/pool1/params: none\nq1: None\n", "a.txt")
    assert raw.answers["q2/pool1/params"] == "none"


def as_text(page: str, cell: str) -> str:
    """Return a page as programs save it as plain text: cells of a row with `cell` between them."""
    lines = []
    for line in html_text(page).split("\n"):
        cells = [one.strip() for one in re.split(r"(?<!\\)\|", line)[1:-1]]
        lines.append(cell.join(cells) if cells else line.lstrip("# ").replace("**", ""))
    return "\n".join(lines)


@pytest.mark.parametrize("cell", ["\t", "    ", "\n"])
def test_a_sheet_saved_as_plain_text_is_read(cell: str) -> None:
    for name, assignment in variants():
        if name.startswith("like nodes"):
            continue  # a line that is a question's id alone begins an answer to it
        page = printed(name, "html")
        assert not blank(assignment, as_text(page, cell).encode(), "a.txt"), name
        text = as_text(filled(page, assignment, paragraphs, "<td>&nbsp;</td>"), cell)
        assert not earned(assignment, text.encode(), "a.txt"), (name, text)


def test_the_picture_of_a_network_is_no_answer() -> None:
    for name, assignment in variants():
        page = rendered(sheet(assignment, figure=figure), "html")
        assert not blank(assignment, page.encode(), "a.html"), name
        text = filled(page, assignment, paragraphs, "<td>&nbsp;</td>")
        assert not earned(assignment, text.encode(), "a.html"), (name, text)


@pytest.mark.parametrize(
    "text", ["a: H=28, W=28, C=8\nc: 16", "a = 28x28x8, c = 16", "## a\nH=28\nW=28\nC=8\n## c\n16"]
)
def test_a_letter_may_be_an_id_and_an_axis(text: str) -> None:
    questions = "questions: [{id: a, kind: shape, spec: net, node: conv1}, {id: c, kind: channels"
    lines = f"{NETS}{questions}, spec: net, node: conv2}}]"
    assignment = read_assignment_text(Source("letters.yaml", lines))
    raw = SubmissionReader(assignment).read(text.encode(), "a.md")
    assert [mark.credit for mark in Marker(assignment).mark(raw.answers)] == [1, 1]


@pytest.mark.parametrize("title", ["q1", "Question 1", "1"])
def test_a_title_may_be_the_id_of_a_question(title: str) -> None:
    lines = f"title: '{title}'\n{NETS}questions: [{{id: q1, kind: shape, spec: net, node: conv1}}]"
    assignment = read_assignment_text(Source("title.yaml", lines))
    reader = SubmissionReader(assignment)
    page = rendered(sheet(assignment), "md")
    assert not any(reader.placed(reader.text(page, "a.md")).answers.values())
    forms = [page.replace(LINE[:30], "28x28x8"), page.replace(f"q1: {LINE}", "28x28x8")]
    for text in (*forms, "# q1\n\n28x28x8\n", "# Question 1\n\n28x28x8\n"):
        assert reader.read(text.encode(), "a.md").answers == {"q1": "28x28x8"}, text


LETTERS = f"""
{NETS}
questions:
  - {{id: b, kind: channels, spec: net, node: conv1}}
  - {{id: c, kind: inverse, spec: one, unknown: {{F: 1..7, P: 0..3}}, want: {{spatial: input}}}}
  - {{id: f, kind: manual, text: Explain.}}
  - {{id: g, kind: network, constraints: {{uses: [conv]}}}}
"""
SPEC = "input: 1x8x8\nlayers:\n  - conv: 8"


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("**b: 8**", {"b": "8"}),
        ("*b: 8*", {"b": "8"}),
        ("- __b: 2**3__", {"b": "2**3"}),
        ("`b: 8`", {"b": "8"}),
        ("### b: 8 ###", {"b": "8"}),
        ("**b:** *8*", {"b": "*8*"}),
        ("**b: *8***", {"b": "*8*"}),
        ("## b\n**Answer:** *8*", {"b": "*8*"}),
        ("## b\n**Answer: 8**", {"b": "8"}),
        ("## b\nAnswer: **8**", {"b": "**8**"}),
        ("> b: **8**\n>\n> f: see *below*\n> \n> and here", {"b": "**8**", "f": "see *below*"}),
        # A letter of another case, or in the middle of a line, is an id only where no other is.
        ("c:\n\nF: 3, P: 1\n\nf: more", {"c": "F: 3, P: 1", "f": "more"}),
        ("Question C: P=1, F=3", {"c": "P=1, F=3"}),
        ("f: more layers; b: 3\nb: 8", {"f": "more layers", "b": "8"}),
        # A network is what stands in the fence, whatever is printed around it.
        (f"g:\n\n```yaml\n{SPEC}\n```\n\n## **h (1 point)** {{#h}}\n\nNext one.", {"g": SPEC}),
        (f"g (1 point)\n-----------\n\ng:\n\n```yaml\n{SPEC}\n```", {"g": SPEC}),
        (f"g:\n\n```yaml\n\n```\n\n{SPEC}", {"g": SPEC}),
        ("g:\n" + SPEC.replace("  - ", "– "), {"g": SPEC.replace("  - ", "- ")}),
        ("> g:\n>\n> ```yaml\n> " + SPEC.replace("\n", "\n> ") + "\n> ```", {"g": SPEC}),
    ],
)
def test_emphasis_quotations_and_fences_around_answers(text: str, answers: dict[str, str]) -> None:
    reader = SubmissionReader(read_assignment_text(Source("letters.yaml", LETTERS)))
    assert reader.read(text.encode(), "a.md").answers == answers


@pytest.mark.parametrize("value", ["F=3, P=1", "F: 3, P: 1", "f=3; p=1"])
def test_letters_in_the_cells_of_a_csv_are_no_heads(value: str) -> None:
    reader = SubmissionReader(read_assignment_text(Source("letters.yaml", LETTERS)))
    raw = reader.read(f'id,answer\nb,8\nc,"{value}"\nf,more\n'.encode(), "a.csv")
    assert raw.answers == {"b": "8", "c": value, "f": "more"}
