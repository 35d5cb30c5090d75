"""Marking a quiz in which every student has numbers of their own."""

from __future__ import annotations

import json
from pathlib import Path

from cnncalc.cli import run
from cnncalc.grading.work import Manifest, manifest_of

TEMPLATE = """
title: Quiz
specs:
  net:
    parameters: {W: 32, K: 8}
    input: [3, W, W]
    layers: [conv: {name: conv, out_channels: K, kernel_size: 3}]
questions:
  - {id: q1, kind: shape, spec: net, node: conv, draw: {W: 20..90, K: 4..64}}
"""
MORE = "  - {id: q2, kind: params, spec: net, node: conv, draw: {K: 4..64}}\n"
STUDENTS = 52


def test_everybody_gets_feedback_on_their_own_variant(tmp_path: Path) -> None:
    (tmp_path / "quiz.yaml").write_text(TEMPLATE)
    people = [f"s{number:02}" for number in range(STUDENTS)]
    (tmp_path / "roster.csv").write_text("\n".join(["id", *people]) + "\n")
    options = ["--seed", "1", "--students", str(tmp_path / "roster.csv")]
    quiz = ["quiz", str(tmp_path / "quiz.yaml"), *options, "-o", str(tmp_path / "quiz")]
    assert run(quiz) == 0
    (tmp_path / "in").mkdir()
    for person in people:
        (tmp_path / "in" / f"{person}.txt").write_text("q1: 1x1x1\n")
    manifest = str(tmp_path / "quiz" / "manifest.json")
    command = ["grade", manifest, str(tmp_path / "in"), "--feedback", "full", "-o"]
    assert run([*command, str(tmp_path / "out")]) == 0
    pages = {path.stem: path.read_text() for path in (tmp_path / "out" / "feedback").iterdir()}
    answers = {pages[person].split("Answer:")[1].splitlines()[0] for person in people}
    assert len(answers) > STUDENTS // 2


def test_answers_that_fit_anothers_variant_are_listed(tmp_path: Path) -> None:
    (tmp_path / "quiz.yaml").write_text(TEMPLATE + MORE)
    options = ["--seed", "1", "--count", "6", "-o", str(tmp_path / "quiz")]
    assert run(["quiz", str(tmp_path / "quiz.yaml"), *options]) == 0
    manifest = manifest_of((tmp_path / "quiz" / "manifest.json").read_text())
    (tmp_path / "in").mkdir()
    for number in range(1, 7):
        source = "student4" if number == 2 else f"student{number}"
        keys = [f"{item.id}: {item.right_answer}" for item in manifest.assignment(source).items]
        if number == 5:
            keys = ["q1: 1x1x1", *keys[1:]]  # wrong, and of nobody
        (tmp_path / "in" / f"student{number}.txt").write_text("\n".join(keys))
    command = ["grade", str(tmp_path / "quiz" / "manifest.json"), str(tmp_path / "in"), "-o"]
    assert run([*command, str(tmp_path / "out")]) == 0
    found = (tmp_path / "out" / "review.csv").read_text().splitlines()[1:]
    assert found == ['student2,possible copy,"q1, q2",right for student4\'s variant']


MAPS = """
specs: {net: {input: 1x5x5, layers: [conv: {name: c, out_channels: 1, kernel_size: 3}]}}
questions:
  - {id: m, kind: value, spec: net, node: c, cell: map, points: 9, draw: {numbers: 1..500}}
"""


def test_cells_that_agree_by_chance_or_by_a_slip_are_no_copy(tmp_path: Path) -> None:
    (tmp_path / "quiz.yaml").write_text(MAPS)
    options = ["--seed", "1", "--count", "4", "-o", str(tmp_path / "quiz")]
    assert run(["quiz", str(tmp_path / "quiz.yaml"), *options]) == 0
    manifest = manifest_of((tmp_path / "quiz" / "manifest.json").read_text())
    (tmp_path / "in").mkdir()
    keys = [{item.id: item.right_answer for item in manifest.assignment(f"student{number}").items}
            for number in range(1, 5)]  # fmt: skip
    cells = list(keys[0])
    keys[0] = keys[1]  # all of another's map
    chance = {cell: keys[3][cell] for cell in cells if keys[2][cell] != keys[3][cell]}
    keys[2] = dict.fromkeys(cells, "1000") | dict(list(chance.items())[:2])
    for number, answers in enumerate(keys, 1):
        lines = [f"{cell}: {answer}" for cell, answer in answers.items()]
        (tmp_path / "in" / f"student{number}.txt").write_text("\n".join(lines))
    command = ["grade", str(tmp_path / "quiz" / "manifest.json"), str(tmp_path / "in"), "-o"]
    assert run([*command, str(tmp_path / "out")]) == 0
    found = (tmp_path / "out" / "review.csv").read_text().splitlines()[1:]
    assert [row.split(",")[:2] for row in found] == [["student1", "possible copy"]]


def test_who_has_no_variant_is_left_to_a_person(tmp_path: Path) -> None:
    (tmp_path / "quiz.yaml").write_text(TEMPLATE)
    quiz = ["quiz", str(tmp_path / "quiz.yaml"), "--seed", "1", "--count", "2"]
    assert run([*quiz, "-o", str(tmp_path / "quiz")]) == 0
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "student3.txt").write_text("q1: 1x1x1\n")
    cells = [{"cell_type": "markdown", "source": ["Student: student2\n", "q1: 1x1x1"]}]
    (tmp_path / "in" / "hw.ipynb").write_text(json.dumps({"cells": cells}, indent=1))
    page = "<h1>Quiz</h1><p>Student:&nbsp;<b>student1</b></p><p>q1: 1x1x1</p>"
    (tmp_path / "in" / "page.html").write_text(page)
    command = ["grade", str(tmp_path / "quiz" / "manifest.json"), str(tmp_path / "in"), "-o"]
    assert run([*command, str(tmp_path / "out")]) == 0
    found = (tmp_path / "out" / "submissions.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in found] == ["student1", "student2", "student3"]
    assert [row.split(",")[2] for row in found] == ["graded", "graded", "unreadable"]
    assert "no variant for `student3`" in found[2]


def test_the_quiz_of_a_large_course_can_be_marked(tmp_path: Path) -> None:
    drawn = {"q1": {"W": "32", "K": "8"}}
    others = {f"{number}-{'x' * 1000}": drawn for number in range(2_100)}
    quiz = Manifest("Quiz", TEMPLATE, {}, {**others, "s1": drawn})
    (tmp_path / "manifest.json").write_text(quiz.json())
    (tmp_path / "s1.txt").write_text("q1: 30x30x8")
    words = ["grade", str(tmp_path / "manifest.json"), str(tmp_path / "s1.txt")]
    assert run([*words, "-o", str(tmp_path / "out")]) == 0
    assert "s1,q1,1,1,accept" in (tmp_path / "out" / "grades.csv").read_text()
