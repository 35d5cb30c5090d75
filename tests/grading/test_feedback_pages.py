"""Feedback as it is read: rendered whole, harmless whatever was typed, and without the answer."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.feedback import Pages, sentence
from cnncalc.grading.marking.marker import Mark, Marker
from cnncalc.grading.markup import Html, Markdown, shortened, tidy
from cnncalc.grading.model import Assignment
from cnncalc.grading.points import Account, Book
from cnncalc.grading.results import FileRow, StudentResult
from cnncalc.grading.submissions.roster import Person

ASSIGNMENT = """
title: Homework
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: stem, out_channels: 16, kernel_size: 3, padding: 1}
      - add:
          name: res
          main:
            - conv: {name: c1, out_channels: 16, kernel_size: 3, padding: 1}
            - batch_norm: {name: bn}
          shortcut: []
      - max_pool: {name: pool, kernel_size: 3, stride: 2}
      - conv: {name: c2, out_channels: 32, kernel_size: 5, stride: 2}
      - flatten: {name: flat}
      - linear: {name: fc, out_features: 11}
  pad:
    parameters: {W: 32, F: 5, P: 0, S: 1}
    input: [1, W, W]
    layers: [conv: {name: conv, out_channels: 1, kernel_size: F, padding: P, stride: S}]
questions:
  - {id: q1, spec: net, kind: shape, node: c2}
  - {id: q2, spec: net, kind: table, rows: all, columns: [shape, params, macs]}
  - {id: q3, spec: net, kind: receptive_field, node: c2}
  - {id: q4, spec: net, kind: flops, node: c2}
  - {id: q5, spec: net, kind: weight_bytes, unit: KB}
  - {id: q6, spec: pad, kind: inverse, unknown: W, range: 12..60, want: {size: 21}}
  - {id: q7, spec: pad, kind: expression, symbols: {W: 20..40, F: 1..7}, quantity: size}
  - {id: q8, spec: pad, kind: choice, node: conv, options: [28x28x1, 32x32x1, does not fit]}
  - {id: q9, spec: pad, kind: fits, node: conv}
  - {id: q10, spec: net, kind: connections, node: c2}
  - {id: q11, spec: net, kind: activations}
"""
ODD = [
    "idk", "a|b", "`x`", "<script>alert(1)</script>", "$x_1$ **b** [a](http://e)", "=1+1",
    "x" * 999, "760 or 750", "12,34", "two\nlines", "\\times \\|", "&lt;", "7..9", "\u202e32",
    "~~1~~", "1e999",
]  # fmt: skip
READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")


@pytest.fixture(scope="module")
def homework() -> Assignment:
    return read_assignment_text(Source("hw.yaml", ASSIGNMENT), ".")


@pytest.fixture(scope="module")
def marker(homework: Assignment) -> Marker:
    return Marker(homework)


def answers_of(homework: Assignment, draw: random.Random) -> dict[str, str]:
    """Return a sheet of wrong answers: other items' values, near values, and nonsense."""
    numbers = [item.right_answer for item in homework.items if item.quantity != "expression"]
    answers = {}
    for item in homework.items:
        value = item.right_answer
        near = re.sub(r"\d+", lambda n: str(max(0, int(n[0]) + draw.choice([-2, -1, 1, 2]))), value)
        twice = re.sub(r"\d[\d,]*", lambda n: str(2 * int(n[0].replace(",", ""))), value)
        half = re.sub(r"\d[\d,]*", lambda n: str(int(n[0].replace(",", "")) // 2), value)
        answers[item.id] = draw.choice([near, twice, half, draw.choice(numbers), draw.choice(ODD)])
    return answers


def account_of(assignment: Assignment, marks: list[Mark], name: str = "Ada") -> Account:
    row = FileRow("in/ada.txt", "partial", "`q99` is no | question <b>")
    result = StudentResult(Person("ada", name), True, "partial", marks, 0, (row,))
    return Book(assignment, {}).account(result)


def plain(text: str) -> str:
    return re.sub(r"[,\s`\\]", "", text)


def tells(text: str, value: str) -> bool:
    """Tell whether a text holds a value, as a number or shape by itself."""
    wanted = re.escape(plain(value))
    return re.search(rf"(?<![\d×.,]){wanted}(?![\d×]|[.,]\d)", plain(text)) is not None


@pytest.mark.parametrize("seed", range(40))
def test_hints_never_hold_the_value(homework: Assignment, marker: Marker, seed: int) -> None:
    marks = marker.mark(answers_of(homework, random.Random(seed)))
    for mark, item in zip(marks, homework.items, strict=True):
        value = item.right_answer
        if len(plain(value)) > 1 and not tells(f"{mark.raw} {mark.shown}", value):
            for level in ("score", "hint"):
                said = sentence(mark, level)
                for other in homework.items:
                    said = said.replace(other.id, "")
                assert not tells(said, value), (item.id, mark.raw)
    account = account_of(homework, marks)
    page = Pages("hint", "md").page(account)
    assert "Answer:" not in page
    assert "right answer |" not in page
    page = Pages("score", "md").page(account)
    assert "Your answer" not in page


def test_what_was_typed_and_understood_is_shown(homework: Assignment, marker: Marker) -> None:
    for seed in range(5):
        marks = marker.mark(answers_of(homework, random.Random(seed)))
        for name in ("md", "html", "text"):
            page = Pages("hint", name).page(account_of(homework, marks))
            shown = rendered(page) if name == "md" else page
            shown = Document(page).text if name == "html" else shown
            for mark in marks:
                if "\\|" not in shortened(mark.raw):
                    assert " ".join(shortened(mark.raw).split()) in " ".join(shown.split())
                assert tidy(mark.shown) in " ".join(shown.split())


def rendered(page: str) -> str:
    """Return what a reader of Markdown sees."""
    return Document(READER.render(page)).text


class Document(HTMLParser):
    """Reads HTML strictly: every element is closed, in order."""

    VOID = ("meta", "br", "hr")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("level", ["score", "hint", "full"])
def test_html_is_whole_and_accessible(homework: Assignment, marker: Marker, level: str) -> None:
    marks = marker.mark(answers_of(homework, random.Random(3)))
    account = account_of(homework, marks, "<b>A & B</b> `c`")
    document = Document(Pages(level, "html").page(account))
    tags = [tag for tag, _ in document.seen]
    assert set(tags) <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "code", "pre", "table",
        "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert document.seen[0] == ("html", {"lang": "en"})
    assert tags.count("title") == tags.count("h1") == 1
    assert tags.count("h2") == len(homework.questions)
    assert all("scope" in attrs for tag, attrs in document.seen if tag == "th")
    assert not any({"src", "href"} & attrs.keys() for _, attrs in document.seen)
    assert "<b>A & B</b>" in document.text


@pytest.mark.parametrize("level", ["hint", "full"])
def test_markdown_renders_as_meant(homework: Assignment, marker: Marker, level: str) -> None:
    marks = marker.mark(answers_of(homework, random.Random(4)))
    page = Pages(level, "md").page(account_of(homework, marks, "*A* _b_ [c](d) `e"))
    document = Document(READER.render(page))
    tags = [tag for tag, _ in document.seen]
    assert not {"a", "em", "strong", "s", "script", "img", "hr", "ul", "blockquote"} & set(tags)
    assert (tags.count("h1"), tags.count("h2")) == (1, len(homework.questions))
    table = next(question for question in homework.questions if question.kind == "table")
    columns = 7 if level == "full" else 6
    assert tags.count("tr") == 1 + len(table.items)
    assert tags.count("td") == columns * len(table.items)
    assert "*A* _b_ [c](d) `e" in document.text


SIGNS = st.text("ab1 _*`[]()<>|\\$~&#;!=-+.\n\t\u202e×é", max_size=25)


@settings(max_examples=60, deadline=None)
@given(SIGNS)
def test_any_text_survives_markdown(text: str) -> None:
    markdown = Markdown()
    spans = tidy(text).replace("`", "'")  # pairs of backticks are meant as code
    page = markdown.paragraph("Said: " + markdown.prose(spans) + ".")
    assert rendered(page).strip() == f"Said: {spans}."
    if "\\|" not in shortened(text):
        page = markdown.table(["a", "b"], [markdown.row([markdown.verbatim(text), "c"])])
        document = Document(READER.render(page))
        assert [tag for tag, _ in document.seen].count("td") == 2
        assert document.text.split() == ["a", "b", *shortened(text).split(), "c"]


@settings(max_examples=60, deadline=None)
@given(SIGNS)
def test_any_text_survives_html(text: str) -> None:
    html = Html()
    document = Document(html.paragraph(html.prose(text)) + html.paragraph(html.verbatim(text)))
    assert {tag for tag, _ in document.seen} <= {"p", "code"}
    shown = document.text.replace("`", "").split()
    assert shown == [
        *tidy(text).replace("`", "").split(),
        *shortened(text).replace("`", "").split(),
    ]


def test_bars_behind_backslashes_stay_in_their_cell() -> None:
    markdown = Markdown()
    for text in ("a\\|b", "a\\\\|b", "\\|\\|", "|\\"):
        page = markdown.table(["a", "b"], [markdown.row([markdown.verbatim(text), "c"])])
        document = Document(READER.render(page))
        assert document.text.split()[-1] == "c"
        assert [tag for tag, _ in document.seen].count("td") == 2


def test_a_page_says_what_to_do_where_nothing_was_graded(
    homework: Assignment, tmp_path: Path
) -> None:
    def page_of(row: FileRow) -> str:
        result = StudentResult(Person("ada"), True, "unreadable", (), 0, (row,))
        return Pages("hint", "md").page(Book(homework, {}).account(result))

    page = page_of(FileRow(str(tmp_path / "a.pdf"), "unreadable", "a PDF file, not a text"))
    assert "could not be read: a PDF file, not a text. Plain text is best" in page
    assert str(tmp_path) not in page
    page = page_of(FileRow("in/a.txt", "unreadable", "internal error (KeyError: 'x'), tell us"))
    assert "Not graded: internal error (KeyError: 'x'), tell us." in page
    assert "Plain text is best" not in page


def test_students_of_a_quiz_read_of_their_own_variant(homework: Assignment) -> None:
    other = read_assignment_text(Source("hw.yaml", ASSIGNMENT.replace("3x32x32", "3x48x48")), ".")
    pages = Pages("full", "md")
    for assignment in (homework, other, homework):
        account = account_of(assignment, Marker(assignment).mark({"q1": "1x1x1"}))
        assert pages.page(account) == Pages("full", "md").page(account)


def test_numbers_have_the_marks_of_the_question() -> None:
    text = "specs: {net: lenet5}\nquestions:\n  - {id: q1, kind: macs, node: C1, MORE}\n"
    for mark, typed, shown in (("comma", "117.601", "117.601"), ("point", "9,999", "9,999")):
        source = Source("hw.yaml", text.replace("MORE", f"conventions: {{decimal_mark: {mark}}}"))
        assignment = read_assignment_text(source, ".")
        page = Pages("full", "md").page(
            account_of(assignment, Marker(assignment).mark({"q1": typed}))
        )
        right = "117.600" if mark == "comma" else "117,600"
        assert f"Your answer: `{typed}`, read as {shown}." in page
        assert f"Answer: {right}." in page
        assert f"= {right}" in page.split("Answer:")[1]


def test_an_answer_that_earned_nothing_is_not_called_partly_right() -> None:
    text = "specs:\n  net:\n    parameters: {S: 1}\n    input: 1x33x33\n    layers:\n"
    text += "      - conv: {name: conv, out_channels: 1, kernel_size: 3, stride: S}\nquestions:\n"
    text += "  - {id: q1, kind: inverse, unknown: S, range: 1..9, want: {size: 8}, answer: all}\n"
    assignment = read_assignment_text(Source("hw.yaml", text), ".")
    for typed in ("4; 3", "3; 5; 4", "5"):
        (mark,) = Marker(assignment).mark({"q1": typed})
        assert mark.credit or sentence(mark).startswith("Not right")


def test_a_network_is_told_first_what_it_fails() -> None:
    text = "questions:\n  - {id: q1, kind: network, constraints: {output: 10, params: {max: 99}}}\n"
    assignment = read_assignment_text(Source("hw.yaml", text), ".")
    spec = "input: 3x8x8\nlayers: [flatten, linear: 10]\n"
    (mark,) = Marker(assignment).mark({"q1": spec})
    assert sentence(mark) == (
        "Not met: parameters at most 99 (found 1,930). Met: output 10 (found 10)."
    )


def test_a_hint_names_a_repeated_slip_no_more_than_a_first_one(homework: Assignment) -> None:
    answers = {"q2/stem/params": "432", "q2/res/main/c1/params": "2304"}
    marks = {mark.item: mark for mark in Marker(homework).mark(answers)}
    first, second = marks["q2/stem/params"], marks["q2/res/main/c1/params"]
    assert {first.slip, second.slip} == {"bias_forgotten"}
    for mark in (first, second):
        assert "biases were left out" not in sentence(mark, "hint")
        assert "biases were left out" in sentence(mark, "full")
        assert sentence(mark, "hint").endswith("?")
