"""What a submission cannot do: read others' files, or make tables that no program opens."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from cnncalc.cli import run

ASSIGNMENT = """
title: Homework
specs:
  net: {input: 3x32x32, layers: [conv: {name: conv, out_channels: 10, kernel_size: 5}]}
questions:
  - {id: q1, kind: shape, spec: net, node: conv}
"""


def grade(place: Path) -> dict[str, list[dict[str, str]]]:
    (place / "hw.yaml").write_text(ASSIGNMENT)
    out = place / "out"
    assert run(["grade", str(place / "hw.yaml"), str(place / "in"), "-o", str(out)]) == 0
    found = {}
    for name in ("grades", "submissions"):
        with open(out / f"{name}.csv", encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def test_a_link_in_a_students_folder_earns_nothing(tmp_path: Path) -> None:
    (tmp_path / "in" / "ann").mkdir(parents=True)
    (tmp_path / "in" / "bob").mkdir()
    (tmp_path / "in" / "ann" / "answers.txt").write_text("q1: 28x28x10\n")
    (tmp_path / "in" / "bob" / "answers.txt").symlink_to("../ann/answers.txt")
    rows = grade(tmp_path)["submissions"]
    assert {(row["student"], row["status"]) for row in rows} == {
        ("ann", "graded"), ("bob", "unreadable"),
    }  # fmt: skip
    assert "not followed" in next(row["detail"] for row in rows if row["student"] == "bob")


def test_an_answer_of_any_length_leaves_tables_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    typed = "28x28x10 " + "because " * 40_000
    (tmp_path / "in" / "ann.txt").write_text(f"q1: {typed}\n")
    answer = grade(tmp_path)["grades"][0]["answer"]
    assert len(answer) < csv.field_size_limit()
    assert typed.startswith(answer.rstrip("…"))
    assert typed.strip() in (tmp_path / "out" / "results.jsonl").read_text()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("way", ["--roster", "--overrides", "check-key"])
def test_a_pipe_that_nobody_fills_is_refused_and_not_waited_for(way: str, tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    (tmp_path / "ann.txt").write_text("q1: 28x28x10\n")
    os.mkfifo(tmp_path / "pipe.csv")
    assignment, pipe = str(tmp_path / "hw.yaml"), str(tmp_path / "pipe.csv")
    grade = ["grade", assignment, str(tmp_path / "ann.txt"), "-o", str(tmp_path / "out")]
    assert run(["check-key", assignment, pipe] if way == "check-key" else [*grade, way, pipe]) == 2
