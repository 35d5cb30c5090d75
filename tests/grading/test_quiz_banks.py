"""What quiz programs are given: as their own readers want it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

from cnncalc.diagnostics import Source
from cnncalc.grading.quiz.banks import BankEntry, cloze_xml, entry, moodle_xml, text2qti
from cnncalc.grading.quiz.draw import draw_quiz
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.sheet import rendered, sheet

TITLE = "Odd ~ {title}: a/b # = \\ <c> & ]]>"
TEMPLATE = """
title: Banks
specs:
  net:
    parameters: {W: 32, K: 8}
    input: [3, W, W]
    layers:
      - conv: {name: conv, out_channels: K, kernel_size: 3}
      - max_pool: {name: pool, kernel_size: 2}
questions:
  - id: q1
    kind: shape
    node: conv
    draw: {W: 20..40, K: 4..16}
    text: "~{W}~ `code` {K} = # : \\\\ <b>not bold</b> & ]]> a/b *x*"
  - {id: q2, kind: weight_bytes, unit: KB, node: conv, draw: {K: 20..90}}
  - {id: q3, kind: table, points: 2, columns: [shape, params], draw: {W: 20..40, K: 4..16}}
  - {id: q4, kind: macs, node: conv, conventions: {tolerance: 1%}, draw: {W: 20..40, K: 4..16}}
"""


def bank(choices: bool = False) -> list[BankEntry]:
    """Return six variants of every question."""
    students = [f"s{number}" for number in range(6)]
    quiz = draw_quiz(Template(Source("t.yaml", TEMPLATE)), students, "x", check=False)
    return [
        entry(question, f"{question.id}-{student}", choices)
        for number in range(4)
        for student in students
        for question in quiz.assignment(student).questions[number : number + 1]
    ]


@pytest.fixture(scope="module")
def entries() -> list[BankEntry]:
    return bank()


def moodle_questions(text: str, kind: str) -> list[ElementTree.Element]:
    return [one for one in ElementTree.fromstring(text) if one.get("type") == kind]


def test_texts_arrive_as_they_were_written(entries: list[BankEntry]) -> None:
    asked = moodle_questions(moodle_xml(TITLE, entries), "shortanswer")[0]
    shown = asked.findtext("questiontext/text") or ""
    assert "&lt;b&gt;not bold&lt;/b&gt; &amp; ]]&gt; a/b *x*" in shown
    lines = text2qti(TITLE, entries).splitlines()
    asked_line = next(line for line in lines if line.startswith("1.  ~"))
    assert "`code`" in asked_line
    assert "&lt;b&gt;not bold&lt;/b&gt; &amp; \\]\\]&gt; a/b \\*x\\*" in asked_line


def test_a_slash_in_a_title_makes_no_category(entries: list[BankEntry]) -> None:
    for text in (moodle_xml(TITLE, entries), cloze_xml(TITLE, entries)):
        path = moodle_questions(text, "category")[0].findtext("category/text") or ""
        assert path.startswith("$course$/top/Odd ~ {title}: a//b # =")


def test_sizes_are_in_the_unit_asked_for_and_may_be_rounded(entries: list[BankEntry]) -> None:
    found = [one for one in entries if one.question == "q2"]
    for one in found:
        number = one.fields[0]
        filters = int(re.findall(r"(\d+) filters", one.text)[0])
        right = 28 * filters * 4 / 1000
        assert float(number.right[0]) == right
        assert float(number.tolerance) >= abs(right - float(f"{right:.3g}"))
        wrong = [float(slip.text) for slip in number.answers if slip.share < 1]
        assert all(abs(value - right) > float(number.tolerance) for value in wrong)


def test_a_tolerance_reaches_every_bank(entries: list[BankEntry]) -> None:
    one = next(one for one in entries if one.question == "q4")
    right = int(one.fields[0].right[0])
    off = one.fields[0].tolerance
    assert float(off) == right / 100
    asked = moodle_questions(moodle_xml("T", [one]), "numerical")[0]
    assert asked.findtext("answer/tolerance") == off
    assert f"{{1:NUMERICAL:={right}:{off}" in cloze_xml("T", [one])
    assert f"=   {right} +- {off}" in text2qti("T", [one])


def test_slips_are_known_in_every_spelling(entries: list[BankEntry]) -> None:
    for asked in moodle_questions(moodle_xml("T", entries), "shortanswer"):
        answers = [
            (answer.findtext("text"), answer.get("fraction")) for answer in asked.iter("answer")
        ]
        texts = [text for text, _ in answers]
        assert len(set(texts)) == len(texts)
        slips = [text or "" for text, fraction in answers if fraction != "100"]
        assert any("x" in text for text in slips)
        assert any("×" in text for text in slips)


def test_text2qti_gets_whole_points_no_zero_and_nothing_twice(entries: list[BankEntry]) -> None:
    text = text2qti("T", entries)
    assert "\nQuiz description: All points are multiplied by 2.\nshuffle answers" in text
    points = re.findall(r"^points per question: (.*)$", text, re.MULTILINE)
    assert points == ["2", "2", "1", "1", "1", "1", "2"]
    assert not re.search(r"^=   0$", text, re.MULTILINE)
    assert re.search(r"^\*   0$", text, re.MULTILINE)
    assert "\n        conv: convolution" in text  # a line of its own for every layer
    twice = [*entries, *entries]
    assert text2qti("T", twice) == text


def test_choices_have_one_right_option_at_any_place() -> None:
    entries = bank(choices=True)
    places: Counter[int] = Counter()
    for asked in moodle_questions(moodle_xml("T", entries), "multichoice"):
        answers = [
            (answer.findtext("text"), answer.get("fraction")) for answer in asked.iter("answer")
        ]
        assert len({text for text, _ in answers}) == len(answers) >= 3
        assert [fraction for _, fraction in answers].count("100") == 1
        places[[fraction for _, fraction in answers].index("100")] += 1
    assert len(places) >= 3


def test_a_printed_sheet_shows_names_as_code_and_keeps_questions_together() -> None:
    quiz = draw_quiz(Template(Source("t.yaml", TEMPLATE)), ["s"], "x", check=False)
    page = rendered(sheet(quiz.assignment("s"), "s <b>"), "html")
    assert "<code>code</code>" in page
    assert "&lt;b&gt;not bold" in page
    assert "s &lt;b&gt;" in page
    assert "break-inside:avoid" in page
