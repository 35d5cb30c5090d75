"""Outputs as Canvas, Moodle, nbgrader, Gradescope, PrairieLearn and GitHub read them."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from cnncalc.cli import run

ASSIGNMENT = """
title: Homework 1
deadline: 2025-03-01 12:00
late_penalty: 25%
specs: {net: own.yaml}
questions:
  - {id: q1, kind: shape, node: conv, points: 2}
  - {id: q2, kind: params, node: conv, points: 1.5}
  - {id: q3, kind: table, columns: [shape]}
"""
SPEC = """input: 3x32x32
layers:
  - conv: {name: conv, out_channels: 10, kernel_size: 5, padding: 2}
"""
ROSTER = """Student,ID,SIS User ID,SIS Login ID,Section
"Lovelace, Ada",1001,s1,ada,A
"Hopper, Grace",1002,s2,grace,B
"Turing, Alan",1003,s3,alan,B
"""
OUTPUTS = "grades,gradebook,canvas,moodle,nbgrader,gradescope,prairielearn,github,feedback"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("consumers")
    (place / "hw.yaml").write_text(ASSIGNMENT)
    (place / "own.yaml").write_text(SPEC)
    (place / "roster.csv").write_text(ROSTER)
    (place / "in").mkdir()
    (place / "in" / "s1.txt").write_text("q1: 28x28x10\nq2: 760\nq3/conv/shape: `x`|<b>\n")
    (place / "in" / "s2.pdf").write_bytes(b"%PDF-1.4")
    (place / "in" / "x9.txt").write_text("q1: 32x32x10\n")
    command = ["grade", str(place / "hw.yaml"), str(place / "in"), "-o", str(place / "out")]
    command += ["--roster", str(place / "roster.csv"), "--outputs", OUTPUTS, "--canvas-id", "4711"]
    assert run(command) == 0
    return place / "out"


def cells(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_canvas(out: Path) -> None:
    head, possible, *students = cells(out / "canvas.csv")
    assert head == [
        "Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 1 (4711)"
    ]  # fmt: skip
    assert possible == ["    Points Possible", "", "", "", "", "4.5"]
    # Who has no score has no row: a blank would wipe out a score that is there.
    assert students == [["Lovelace, Ada", "1001", "s1", "ada", "A", "2.5"]]


def test_canvas_wants_a_number(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["grade", str(out.parent / "hw.yaml"), str(out.parent / "in"), "--canvas-id", "4x"]
    assert run([*command, "-o", str(out.parent / "none")]) == 2
    assert "is not an assignment's number" in capsys.readouterr().err
    assert not (out.parent / "none").exists()


def test_moodle_and_nbgrader(out: Path) -> None:
    assert cells(out / "moodle.csv")[1][2:5] == ["s1", "", "2.5"]
    head, *students = cells(out / "nbgrader.csv")
    assert head == [
        "assignment",
        "duedate",
        "timestamp",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "raw_score",
        "late_submission_penalty",
        "score",
        "max_score",
    ]
    assert [row[3] for row in students] == ["s1", "s2", "s3"]
    assert students[0][7:] == ["2.5", "0", "2.5", "4.5"]


TEST_KEYS = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format",
    "tags", "visibility", "extra_data",
}  # fmt: skip
TOP_KEYS = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format",
    "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip


def check_gradescope(result: dict[str, object]) -> None:
    """Hold a result against the rules of Gradescope's autograder."""
    assert result.keys() <= TOP_KEYS
    assert isinstance(result["score"], int | float)
    tests = result["tests"]
    assert isinstance(tests, list)
    for test in tests:
        assert test.keys() <= TEST_KEYS
        assert test["status"] in ("passed", "failed")
        assert test["output_format"] in ("text", "html", "simple_format", "md", "ansi")
        assert test["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
        assert 0 <= test["score"] <= test["max_score"]


def test_gradescope(out: Path) -> None:
    for path in (out / "gradescope").iterdir():
        check_gradescope(json.loads(path.read_text()))
    result = json.loads((out / "gradescope" / "s1.json").read_text())
    assert result["score"] == 2.5
    assert [test["score"] for test in result["tests"]] == [1, 1.5, 0]


def test_prairielearn(out: Path) -> None:
    result = json.loads((out / "prairielearn" / "s1.json").read_text())
    assert result["gradable"] is True
    assert result["score"] == pytest.approx(2.5 / 4.5, abs=1e-6)
    assert all(
        {"name", "points", "max_points", "message"} <= test.keys() for test in result["tests"]
    )
    unread = json.loads((out / "prairielearn" / "s2.json").read_text())
    assert unread["gradable"] is False
    assert "PDF" in unread["format_errors"][0]


def test_github(out: Path) -> None:
    result = json.loads(base64.b64decode((out / "github" / "s1.b64").read_text()))
    assert (result["version"], result["status"], result["max_score"]) == (1, "fail", 4.5)
    assert {test["status"] for test in result["tests"]} == {"pass", "fail"}


def test_hints_do_not_tell_the_answer(out: Path) -> None:
    page = (out / "feedback" / "s1.md").read_text()
    assert "28×28×10" in page
    assert "32×32×10" not in page
    assert "Which pixels stand around the input" in page
    assert "`` `x`\\|<b> ``" in page


@pytest.mark.parametrize("level", ["score", "hint", "full"])
@pytest.mark.parametrize("markup", ["md", "html"])
def test_feedback_at_three_levels(level: str, markup: str, out: Path) -> None:
    place = out.parent
    command = ["regrade", str(place / "hw.yaml"), str(out), "-o", str(place / f"{level}-{markup}")]
    (place / f"{level}-{markup}" / "feedback").mkdir(parents=True)
    assert run([*command, "--feedback", level, "--markup", markup]) == 0
    page = (place / f"{level}-{markup}" / "feedback" / f"s1.{markup}").read_text()
    assert ("32×32×10" in page) is (level == "full")
    assert ("Your answer" in page) is (level != "score")
    assert ("(32 - 5 + 2·2)" in page) is (level == "full")
    assert "<b>" not in page or markup == "md"


def test_equal_assignments_give_equal_archives(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for place in (first, second):
        place.mkdir()
        (place / "hw.yaml").write_text(ASSIGNMENT)
        (place / "own.yaml").write_text(SPEC)
        command = ["grade", "--make-gradescope", str(place / "hw.yaml")]
        assert run([*command, "-o", str(place / "autograder.zip")]) == 0
    assert (first / "autograder.zip").read_bytes() == (second / "autograder.zip").read_bytes()
    names = zipfile.ZipFile(io.BytesIO((first / "autograder.zip").read_bytes())).namelist()
    assert {"setup.sh", "run_autograder", "assignment.yaml", "settings.json"} <= set(names)
    assert "cnncalc/architectures/alexnet.yaml" in names


def test_gradescope_shows_values_after_the_due_date_unless_a_question_says_otherwise(
    tmp_path: Path,
) -> None:
    text = ASSIGNMENT.replace("own.yaml", "alexnet").replace("node: conv", "node: conv1")
    text = text.replace("points: 2}", "points: 2, visibility: hidden}")
    (tmp_path / "hw.yaml").write_text(text)
    (tmp_path / "s1.txt").write_text("q1: 28x28x10\n")
    for level, usual in (("hint", "visible"), ("full", "after_due_date")):
        command = ["grade", str(tmp_path / "hw.yaml"), str(tmp_path / "s1.txt"), "-o"]
        options = ["--outputs", "gradescope", "--feedback", level]
        assert run([*command, str(tmp_path / level), *options]) == 0
        found = json.loads((tmp_path / level / "gradescope" / "s1.json").read_text())
        assert [test["visibility"] for test in found["tests"]] == ["hidden", usual, usual]
    (tmp_path / "hw.yaml").write_text(text.replace("hidden", "never"))
    assert run(["grade", str(tmp_path / "hw.yaml")]) == 1
