"""Every output of one class, read by the rules of its consumer, says the same of every student."""

from __future__ import annotations

import base64
import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from cnncalc.cli import run
from cnncalc.grading.files import cell, plain_cell
from cnncalc.grading.result_files import safe_name

ASSIGNMENT = """
title: 'Homework <1> | `x` $a_b$ & "co"'
deadline: 2025-03-01 12:00
late_penalty: 10%
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv1, out_channels: 8, kernel_size: 5, padding: 2}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: 16, kernel_size: 3}
questions:
  - {id: q1, kind: shape, node: conv1, points: 0.1}
  - {id: -q2, kind: params, node: conv1, points: 0.2}
  - {id: '3', kind: table, rows: all, columns: [shape, params], points: 1}
  - {id: q4, kind: macs, node: conv2, points: 1/3}
  - {id: q5, kind: weight_bytes, points: 0, unit: KB}
  - {id: q.6_, kind: receptive_field, node: conv2, points: 1/3}
  - {id: q7, kind: biases, node: conv2, points: 1/3}
"""
#: Identifier, name, e-mail address, login and section, as only a roster has them.
STUDENTS = [
    ("007", "Bond, James", "", "jb", "A"),
    ("7", 'Seven "the" one', "seven@x.edu", "s7", ""),
    ("Ann", "Ann\nNewline", "ann@x.edu", "", ""),
    ("ann", "ann lower", "", "", ""),
    ("=cmd|calc!A0", "=cmd|' /C calc'!A0", "=1+1@x.edu", "", ""),
    ("+1", "+1", "plus@x.edu", "", "+B"),
    ("@x", "@SUM(A1)", "at@x.edu", "@x", "@"),
    ("-5", "-5", "m@x.edu", "", "-"),
    ("emoji😀", "Zoë 😀 Ünal", "z@x.edu", "", ""),
    ("rtl", "\u202eשלום עולם", "r@x.edu", "", ""),
    ("L" * 300, "Long " * 60, "l@x.edu", "", ""),
    ("con", "Ctrl \x01\x0b", "c@x.edu", "", ""),
    ("1e5", "Sci", "", "", ""),
    ("2024-03-01", "Date", "", "", ""),
    ("late", "Late `Comer` *b* [a](b)", "late@x.edu", "", ""),
    ("miss", "", "", "", ""),
    ("oral", "", "", "", ""),
    ("unread", "Un Read", "", "", ""),
]
ANSWERS = {
    "q1": ["32x32x8", "28x28x8", "(8,32,32)", "=1+1", "x`y|z<b>$x$", "32x32x8 or 28x28x8"],
    "-q2": ["608", "600", "-608", "75", "6.08e2", ""],
    "q4": ["14*14*16*3*3*8", "225792", "451584", "+225792", "@5"],
    "q5": ["8.3 KB", "8,000", "-1", ""],
    "q.6_": ["10", "6", "10x10", "12"],
    "q7": ["16", "1,6", "-16", "a\\|b"],
    "shape": ["32x32x8", "16x16x8", "14x14x16", "none", ""],
    "params": ["608", "600", "0", "1168", "-0", ""],
}
OVERRIDES = [
    ("007", "q4", "0.25", '=half, "of" it'),
    ("oral", "q1", "0.1", "oral exam"),
    ("1e5", "3", "0.7", "the whole table"),
    ("rtl", "3/pool1/shape", "0.05", "one cell"),
    ("2024-03-01", "q7", "0.5", "bonus"),
]
OUTPUTS = "grades,gradebook,canvas,moodle,nbgrader,gradescope,prairielearn,github,feedback"
QUESTIONS = ("q1", "-q2", "3", "q4", "q5", "q.6_", "q7")
MOST = Fraction(23, 10)
#: What a cell may lose where numbers are printed with four decimals.
HALF = Fraction(1, 20_000)


#: What Gradescope allows in a result, and in a test of it.
TOP_KEYS = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format",
    "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
TEST_KEYS = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format",
    "tags", "visibility", "extra_data",
}  # fmt: skip


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("agree")
    (place / "hw.yaml").write_text(ASSIGNMENT, encoding="utf-8")
    write(place / "roster.csv", [("id", "name", "email", "login", "section"), *STUDENTS])
    write(place / "overrides.csv", [("student", "question", "points", "note"), *OVERRIDES])
    draw = random.Random(1)
    rows = [("student", "question", "answer")]
    for key, *_ in STUDENTS[:14]:
        rows += [(key, name, draw.choice(ANSWERS[name])) for name in ANSWERS if "s" not in name]
        for row in ("conv1", "pool1", "conv2"):
            for column in ("shape", "params"):
                rows.append((key, f"3/{row}/{column}", draw.choice(ANSWERS[column])))
    rows.append(("stranger", "q1", "32x32x8"))
    write(place / "class.csv", rows)
    (place / "in").mkdir()
    (place / "in" / "unread.pdf").write_bytes(b"%PDF-1.4")
    late = "time: 2025-03-03 13:00\nq1: 28x28x8\n-q2: 608\nq7: 16\nq4: 225792\nq.6_: 10\n"
    (place / "in" / "late.txt").write_text(late)
    command = ["grade", str(place / "hw.yaml"), str(place / "class.csv"), str(place / "in")]
    command += ["-o", str(place / "out"), "--roster", str(place / "roster.csv")]
    command += ["--overrides", str(place / "overrides.csv"), "--outputs", OUTPUTS]
    assert run(command) == 0
    return place / "out"


def cells(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def table(path: Path) -> list[dict[str, str]]:
    head, *rows = ([plain_cell(value) for value in row] for row in cells(path))
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def totals(out: Path) -> Mapping[str, str]:
    """The total of every student as `gradebook.csv` prints it; '' of those without a score."""
    return {row["student"]: row["total"] for row in table(out / "gradebook.csv")}


def test_everybody_has_a_row_of_their_own(totals: Mapping[str, str]) -> None:
    assert list(totals) == [key for key, *_ in STUDENTS] + ["stranger"]
    assert {key for key, total in totals.items() if not total} == {"miss", "unread"}


def test_no_cell_is_a_formula_and_numbers_are_numbers(out: Path) -> None:
    for path in out.glob("*.csv"):
        for row in cells(path):
            for value in row:
                assert not re.match(r"\s*[=+@＝＋－＠]|[\t\r]", value)
                assert not value.startswith("-") or float(value) < 0
    for row in table(out / "gradebook.csv"):
        assert all(not row[name] or float(row[name]) >= 0 for name in (*QUESTIONS, "total"))


def test_rows_of_grades_add_up_to_the_gradebook(out: Path) -> None:
    sums: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for row in table(out / "grades.csv"):
        sums[row["student"], row["question"].split("/")[0]] += Fraction(row["points"] or 0)
    for row in table(out / "gradebook.csv"):
        for name in QUESTIONS:
            assert abs(sums[row["student"], name] - Fraction(row[name] or 0)) <= 6 * HALF
        whole = sum(Fraction(row[name] or 0) for name in QUESTIONS)
        rest = whole - Fraction(row["late_penalty"] or 0)
        assert abs(rest - Fraction(row["total"] or 0)) <= 9 * HALF
        assert row["max_points"] == "2.3"


def test_tables_of_learning_systems(out: Path, totals: Mapping[str, str]) -> None:
    known = {key: total for key, total in totals.items() if total and key != "stranger"}
    head, possible, *rows = cells(out / "canvas.csv")
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert possible[0].strip() == "Points Possible"
    assert possible[5] == "2.3"
    assert {plain_cell(row[2]): row[5] for row in rows} == known
    # Canvas takes the last comma or point for the decimal mark, and reads names on one line.
    assert all(re.fullmatch(r"\d+(\.\d+)?", row[5]) and "\n" not in row[0] for row in rows)
    moodle = table(out / "moodle.csv")
    title = list(moodle[0])[4]
    assert {row["ID number"]: row[title] for row in moodle} == known
    assert (moodle[0]["First name"], moodle[0]["Last name"]) == ("James", "Bond")
    assert all("@" in row["Email address"] or not row["Email address"] for row in moodle)
    nbgrader = {row["student_id"]: row for row in table(out / "nbgrader.csv")}
    assert {key: row["score"] for key, row in nbgrader.items()} == {
        key: total or "0" for key, total in totals.items() if key != "stranger"
    }
    late = nbgrader["late"]
    assert late["score"] == "0.875"
    assert Fraction(late["raw_score"]) - Fraction(late["late_submission_penalty"]) == Fraction(7, 8)


def test_results_of_autograders(out: Path, totals: Mapping[str, str]) -> None:
    for key, total in totals.items():
        name = safe_name(key)
        scope = json.loads((out / "gradescope" / f"{name}.json").read_text(encoding="utf-8"))
        assert scope["score"] == float(total or 0)
        assert scope.keys() <= TOP_KEYS
        for test in scope["tests"]:
            assert test.keys() <= TEST_KEYS
            assert (test["status"], test["output_format"]) in {("passed", "md"), ("failed", "md")}
            assert test["visibility"] == "visible"
        lean = json.loads((out / "prairielearn" / f"{name}.json").read_text(encoding="utf-8"))
        assert lean.get("gradable", True) is bool(total)
        assert total or lean["format_errors"]
        if total:
            assert 0 <= lean["score"] <= 1
            assert abs(lean["score"] * float(MOST) - float(total)) < 1e-4
            points = sum(Fraction(str(test["points"])) for test in lean["tests"])
            assert abs(points - Fraction(total)) <= 8 * HALF
        coded = json.loads(base64.b64decode((out / "github" / f"{name}.b64").read_text()))
        added = sum(Fraction(str(test["score"])) for test in coded["tests"])
        assert abs(added - Fraction(total or 0)) <= 8 * HALF
        assert coded["max_score"] == 2.3
        assert len({tuple(sorted(test)) for test in coded["tests"]}) == 1
        assert len({tuple(sorted(test)) for test in lean.get("tests", [{}])}) == 1
        assert coded["status"] == ("error" if not total else coded["status"])


def test_a_question_without_points_is_passed_only_if_it_is_right(out: Path) -> None:
    for row in table(out / "grades.csv"):
        if row["question"] == "q5" and row["verdict"] in ("wrong", "blank", "missing"):
            path = out / "gradescope" / f"{safe_name(row['student'])}.json"
            tests = {test["name"]: test for test in json.loads(path.read_text("utf-8"))["tests"]}
            assert tests["q5"]["status"] == "failed"


@pytest.mark.parametrize("text", ["=1", "+1", "@x", "-5", "\t=1", " =1", "'=1", "''-1", "＝1"])
def test_protected_cells_can_be_read_again(text: str) -> None:
    (shown,) = next(csv.reader([cell(text)], strict=True))
    assert shown.startswith("'")
    assert plain_cell(shown) == text


@pytest.mark.parametrize("text", ["", "'", "'a", "a=b", "007", "it's", "1-1", "“=”"])
def test_harmless_cells_stay(text: str) -> None:
    assert cell(text) == text == plain_cell(text)


def test_file_names_are_kept_apart() -> None:
    keys = ["a", "A", "a/b", "a_b", "con", "Con", "nul.txt", "..", "x" * 200, "x" * 201, "é", "è"]
    names = [safe_name(key).lower() for key in keys]
    assert len(set(names)) == len(keys)
    assert not {"con", "nul.txt", "..", ""} & set(names)


@pytest.mark.parametrize("markup", ["md", "html"])
def test_an_error_in_the_remarks_costs_no_points(
    out: Path, tmp_path: Path, markup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise KeyError("x")

    monkeypatch.setattr("cnncalc.grading.feedback.Pages._text_anew", fail)
    command = ["regrade", str(out.parent / "hw.yaml"), str(out), "-o", str(tmp_path)]
    options = ["--outputs", "gradescope,prairielearn,github,feedback", "--markup", markup]
    assert run([*command, *options]) == 0
    scope = json.loads((tmp_path / "gradescope" / "007.json").read_text(encoding="utf-8"))
    before = json.loads((out / "gradescope" / "007.json").read_text(encoding="utf-8"))
    assert [test["score"] for test in scope["tests"]][:3] == [
        test["score"] for test in before["tests"]
    ][:3]
    assert "No remarks: internal error" in scope["output"]
    assert json.loads((tmp_path / "prairielearn" / "007.json").read_text("utf-8"))["gradable"]
    assert json.loads(base64.b64decode((tmp_path / "github" / "007.b64").read_text()))["tests"]
    assert "No remarks" in (tmp_path / "feedback" / f"007.{markup}").read_text(encoding="utf-8")


def test_no_two_columns_share_a_name(tmp_path: Path) -> None:
    text = "specs: {net: lenet5}\nquestions:\n"
    for name in ("total", "student", "percent"):
        text += f"  - {{id: {name}, kind: shape, node: C1}}\n"
    (tmp_path / "hw.yaml").write_text(text)
    (tmp_path / "ada.txt").write_text("total: 28x28x6\n")
    command = ["grade", str(tmp_path / "hw.yaml"), str(tmp_path / "ada.txt")]
    assert run([*command, "-o", str(tmp_path / "out")]) == 0
    head = cells(tmp_path / "out" / "gradebook.csv")[0]
    assert len(set(head)) == len(head)
    assert table(tmp_path / "out" / "gradebook.csv")[0]["total"] == "1"


def test_prairielearns_limit_is_kept(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnncalc.grading.result_files.MAX_BYTES", 4_500)
    command = ["regrade", str(out.parent / "hw.yaml"), str(out), "-o", str(tmp_path)]
    command += ["--overrides", str(out.parent / "overrides.csv"), "--feedback", "full"]
    assert run([*command, "--outputs", "prairielearn"]) == 0
    cut: set[bool] = set()
    for path in (tmp_path / "prairielearn").iterdir():
        whole = json.loads((out / "prairielearn" / path.name).read_text(encoding="utf-8"))
        result = json.loads(path.read_text(encoding="utf-8"))
        assert len(path.read_bytes()) <= 4_500
        assert result.get("score") == whole.get("score")
        shortened = {test["message"].endswith("…") for test in result.get("tests", ())}
        assert len(shortened) <= 1
        cut |= shortened
    assert True in cut
