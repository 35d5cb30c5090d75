"""Item statistics, counted again from `grades.csv` one by one."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from cnncalc.cli import run

ASSIGNMENT = """
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv, out_channels: 8, kernel_size: 5, padding: 2}
      - max_pool: {name: pool, kernel_size: 2}
questions:
  - {id: q1, kind: shape, node: conv, points: 2}
  - {id: q2, kind: params, node: conv, points: 1.5}
  - {id: q3, kind: table, rows: [pool], columns: [shape, params], points: 3}
  - {id: q4, kind: receptive_field, node: pool}
  - id: q5
    kind: network
    constraints: {input: 3x32x32, output: 10, params: {max: 1000}}
"""
NETWORK = "input: 3x32x32\nlayers: [global_avg_pool, flatten, linear: OUT]\n"
ANSWERS = {
    "q1": ["32x32x8", "(8,32,32)", "28x28x8", "28x28x8", "32x32x3", "?!", ""],
    "q2": ["608", "0.608K", "600", "75", "76", "608 or 600"],
    "q3/pool/shape": ["16x16x8", "14x14x8", "16x16x4", ""],
    "q3/pool/params": ["0", "0", "32", "none"],
    # Only the weak know: what the others say is taken for the key of a careless instructor.
    "q4": ["5", "5", "5", "5", "6"],
    "q5": [NETWORK.replace("OUT", "10"), NETWORK.replace("OUT", "11"), ""],
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("items")
    (place / "hw.yaml").write_text(ASSIGNMENT)
    draw = random.Random(5)
    with open(place / "class.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("student", *ANSWERS))
        for number in range(200):
            row = [draw.choice(own) for own in ANSWERS.values()]
            row[4] = "5" if row[0] == "32x32x8" else row[4]
            writer.writerow((f"student {number}", *row))
    command = ["grade", str(place / "hw.yaml"), str(place / "class.csv"), "-o", str(place / "out")]
    assert run([*command, "--outputs", "grades"]) == 0
    return place / "out"


def table(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_counts_and_means(out: Path) -> None:
    grades = table(out / "grades.csv")
    for item in table(out / "statistics.csv"):
        rows = [row for row in grades if row["question"] == item["item"]]
        verdicts = Counter(row["verdict"] for row in rows)
        assert int(item["answered"]) == len(rows) - verdicts["blank"]
        assert int(item["blank"]) == verdicts["blank"]
        assert int(item["unreadable"]) == verdicts["unreadable"]
        assert int(item["right"]) == verdicts["accept"]
        counts = ("right", "with_note", "followed", "slips", "parts", "wrong", "unreadable")
        assert sum(int(item[count]) for count in counts) == int(item["answered"])
        points, most = (sum(float(row[name]) for row in rows) for name in ("points", "max_points"))
        assert float(item["mean_percent"]) == pytest.approx(100 * points / most, abs=0.01)


def test_a_bad_key_shows(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = {item["item"]: item for item in table(out / "statistics.csv")}
    assert "5 was given more often than the right answer" in items["q4"]["look_at"]
    assert items["q3/pool/params"]["look_at"] == ""
    place = str(out.parent)
    assert run(["regrade", f"{place}/hw.yaml", str(out), "-o", f"{place}/again"]) == 0
    said = capsys.readouterr().out
    assert "look at q4: 5 was given more often than the right answer" in said
    assert "look at q3/pool/params" not in said
    assert items["q1"]["frequent_wrong"].startswith("28×28×8 (")
    assert "student" not in (out / "statistics.csv").read_text()


def test_of_a_quiz_slips_are_counted_and_no_value_is_told(tmp_path: Path) -> None:
    quiz = "specs:\n  net:\n    parameters: {F: 5}\n    input: 3x32x32\n    layers:\n"
    quiz += "      - conv: {name: conv, out_channels: 10, kernel_size: F}\nquestions:\n"
    quiz += "  - {id: q1, kind: params, node: conv, draw: {F: [3, 5, 7]}}\n"
    (tmp_path / "quiz.yaml").write_text(quiz)
    where = ["-o", str(tmp_path / "quiz")]
    assert run(["quiz", str(tmp_path / "quiz.yaml"), "--seed", "s", "--count", "3", *where]) == 0
    manifest = tmp_path / "quiz" / "manifest.json"
    draws = json.loads(manifest.read_text())["draws"]
    (tmp_path / "in").mkdir()
    for student, own in draws.items():
        weights = int(own["q1"]["F"]) ** 2 * 3 * 10
        (tmp_path / "in" / f"{student}.txt").write_text(f"q1: {weights}\n")
    command = ["grade", str(manifest), str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    assert run(command) == 0
    (item,) = table(tmp_path / "out" / "statistics.csv")
    assert item["right_answer"] == ""
    assert item["frequent_wrong"] == "bias forgotten (3)"
