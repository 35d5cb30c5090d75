"""Quizzes: reproducible variants, checked draws, banks that quiz programs can read."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from cnncalc.cli import run
from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading import load
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.model import Item
from cnncalc.grading.practice import practise, rounds
from cnncalc.grading.quiz.banks import entry
from cnncalc.grading.quiz.draw import draw_quiz
from cnncalc.grading.quiz.template import Template

TEMPLATE = """
title: Quiz
specs:
  one:
    parameters: {W: 32, F: 5, P: 2, S: 1, K: 10, C: 3}
    input: [C, W, W]
    layers: [conv: {name: conv, out_channels: K, kernel_size: F, padding: P, stride: S}]
  two:
    parameters: {W: 32, K: 8}
    input: [3, W, W]
    layers:
      - conv: {name: conv, out_channels: K, kernel_size: 3}
      - max_pool: {name: pool, kernel_size: 2}
questions:
  - id: q1
    kind: shape
    spec: one
    node: conv
    text: "A {W}×{W}×{C} image, {K} filters of {F}×{F}, stride {S}, padding {P}: what comes out?"
    draw: {W: 24..64, F: [3, 5, 7], P: 0..3, S: [1, 2], K: 4..32, C: [1, 3]}
    where: [2 * P < F + 4, S < F]
  - {id: q2, kind: params, spec: one, node: conv, draw: {F: [3, 5, 7], K: 4..32, C: 3..12}}
  - {id: q3, kind: fits, spec: one, node: conv, fits: never, draw: {W: 24..64, S: [2, 3]}}
  - {id: q4, kind: table, spec: two, points: 4, draw: {W: 20..40, K: 4..16}}
  - {id: q5, kind: choice, spec: one, node: conv, options: [28x28x10, 32x32x10, 30x30x10]}
"""
Drawn = tuple[Template, dict[str, dict[str, dict[str, str]]]]
STUDENTS = [f"s{number}" for number in range(40)]


def template(text: str = TEMPLATE) -> Template:
    return Template(Source("template.yaml", text))


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    found = template()
    draws = draw_quiz(found, STUDENTS, "secret").draws
    return found, json.loads(json.dumps(draws))


def test_the_same_secret_draws_the_same_and_another_does_not(drawn: Drawn) -> None:
    again = draw_quiz(template(), STUDENTS, "secret", check=False).draws
    assert json.loads(json.dumps(again)) == drawn[1]
    assert draw_quiz(template(), STUDENTS[:1], "other").draws["s0"] != drawn[1]["s0"]


def test_variants_differ_and_meet_their_conditions(drawn: Drawn) -> None:
    found, draws = drawn
    for drawable in found.drawables[:4]:
        own = [json.dumps(draws[student][drawable.id]) for student in STUDENTS]
        assert len(set(own)) == len(own), drawable.id
    for student in STUDENTS:
        q1 = {name: int(value) for name, value in draws[student]["q1"].items()}
        assert 2 * q1["P"] < q1["F"] + 4
        assert (q1["W"] - q1["F"] + 2 * q1["P"]) % q1["S"] == 0
        q3 = {name: int(value) for name, value in draws[student]["q3"].items()}
        assert (q3["W"] - 5 + 4) % q3["S"] != 0


def test_what_a_bank_offers_as_right_is_marked_right_and_distractors_are_not(drawn: Drawn) -> None:
    assert drawn[1].keys() == set(STUDENTS)
    manifest = draw_quiz(template(), STUDENTS[:10], "secret", check=False)
    for student in STUDENTS[:10]:
        assignment = manifest.assignment(student)
        marker = Marker(assignment)
        for question in assignment.questions[:3]:
            one = entry(question, question.id)
            for item, field in zip(question.items, one.fields, strict=True):
                assert all(accepted(item, marker, text) for text in field.right), field
                assert not any(accepted(item, marker, d.text) for d in field.answers if d.share < 1)


def accepted(item: Item, marker: Marker, text: str) -> bool:
    """Tell whether a text would be marked as right."""
    mark = next(mark for mark in marker.mark({item.id: text}) if mark.item == item.id)
    return mark.verdict in ("accept", "accept_note")


def test_a_template_without_good_draws_says_so() -> None:
    bad = TEMPLATE.replace("where: [2 * P < F + 4, S < F]", "where: F > 100")
    with pytest.raises(SpecError, match="no draw of `q1`"):
        draw_quiz(template(bad), ["s"], "secret")
    faulty = TEMPLATE.replace("where: [2 * P < F + 4, S < F]", "where: F > > 2")
    with pytest.raises(SpecError):
        template(faulty)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("quiz")
    (place / "t.yaml").write_text(TEMPLATE)
    (place / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\n")
    students = ["--students", str(place / "roster.csv")]
    command = ["quiz", str(place / "t.yaml"), "--seed", "x", *students]
    command += ["--format", "sheets,html,moodle,cloze,text2qti", "-o", str(place / "out")]
    assert run(command) == 0
    return place


def test_moodle_xml_parses_and_numbers_are_whole(place: Path) -> None:
    root = ElementTree.parse(place / "out" / "moodle.xml").getroot()
    kinds = [question.get("type") for question in root]
    assert set(kinds) == {"category", "shortanswer", "numerical", "multichoice", "cloze"}
    for question in root.iter("question"):
        if question.get("type") == "category":
            continue
        parts = "name questiontext generalfeedback defaultgrade penalty hidden"
        for name in parts.split():
            assert question.find(name) is not None, name
        fractions = [float(answer.get("fraction", "")) for answer in question.iter("answer")]
        assert not fractions or max(fractions) == 100
        if question.get("type") == "numerical":
            for answer in question.iter("answer"):
                assert answer.findtext("tolerance") == "0"
                assert re.fullmatch(r"\d+", answer.findtext("text") or "")


def test_cloze_fields_are_well_formed(place: Path) -> None:
    root = ElementTree.parse(place / "out" / "cloze.xml").getroot()
    fields = []
    for question in root.iter("question"):
        text = question.findtext("questiontext/text") or ""
        fields += re.findall(r"\{\d+:[A-Z_]+:(?:[^{}\\]|\\.)*\}", text)
        assert len(re.findall(r"(?<!\\)\{", text)) == len(re.findall(r"(?<!\\)\}", text))
    assert any(field.startswith("{1:NUMERICAL:=") for field in fields)


def test_text2qti(place: Path) -> None:
    text = (place / "out" / "text2qti.txt").read_text()
    assert text.count("GROUP\npick: 1") == text.count("END_GROUP")
    assert re.search(r"^=   \d+$", text, re.MULTILINE)
    assert re.search(r"^\*[a-z]\)  ", text, re.MULTILINE)


def practised(answers: list[str]) -> tuple[str, str]:
    """Return what a practice of one round says, and its summary."""
    said: list[str] = []
    given = iter(answers)
    tally = practise(rounds(template(), "seed", 1), lambda _: next(given, None), said.append)
    return "\n".join(said), str(tally)


def test_practice_explains_at_once() -> None:
    text, summary = practised(["1x1x1", "2x2x2", "0", "1", "fits", "fits"])
    assert summary == "0 of 3 points"
    assert "Not right" in text
    assert "params = (" in text


def test_practice_gives_hints_skips_and_asks_again() -> None:
    text, summary = practised(
        ["hint", "gibberish", "", "?", "1x1x1", "1x1x1", "skip", "quit", "never"]
    )
    assert summary == "0 of 1 points, 1 skipped"
    shown = text.split("q2. ")[0]
    assert "W_out = ⌊(W - K + 2·P)/S⌋ + 1\n" in shown
    assert shown.count("Try again") == 1
    assert shown.count("the answer is") == 1
    assert shown.index("Try once more") < shown.index("the answer is")
    assert "the answer is" in text.split("q2. ")[1]


def test_right_answers_earn_all_points_in_practice() -> None:
    answers = [
        item.right_answer.split(" (")[0]
        for assignment in rounds(template(), "seed", 1)
        for item in assignment.items
    ]
    text, summary = practised(answers)
    assert summary == "8 of 8 points"
    assert "Not right" not in text


def test_a_wrong_answer_gets_a_hint_and_a_second_try() -> None:
    first = next(iter(next(rounds(template(), "seed", 1)).items))
    right = first.right_answer
    text, summary = practised(["1x1x1", right, "quit"])
    assert summary == "2 of 2 points" if first.points == 2 else "1 of 1 points"
    assert "hint: W_out = " in text
    assert "the answer is" not in text
    text, summary = practised(["answer", "quit"])
    assert f"the answer is {right}" in text
    assert summary == "no question was answered"


def test_practice_ends_when_its_input_is_closed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cnncalc", "practice", "lenet5"]
    for closing in ("<&-", "</dev/null"):
        shell = f"{shlex.join(command)} {closing}"
        done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("no question was answered\n")
        assert "Traceback" not in done.stderr


def test_a_handout_tells_no_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hw.yaml").write_text(
        "specs: {net: lenet5}\n"
        "questions: [{id: q1, kind: params}, {id: q2, kind: macs, node: C1}]\n"
    )
    assert run(["sheet", str(tmp_path / "hw.yaml"), "--format", "html"]) == 0
    page = capsys.readouterr().out
    assert page.count("<svg") == 1
    keys = [item.right_answer for item in load(str(tmp_path / "hw.yaml")).items]
    assert not any(key in page for key in keys)
    assert not re.search("params|MACs", page.partition("<svg")[2].partition("</svg>")[0])
    assert run(["sheet", str(tmp_path / "hw.yaml"), "--answers"]) == 0
    page = capsys.readouterr().out
    assert all(f"Answer: {key}" in page for key in keys)
