"""A fault of the program itself costs the student at whom it happens, and nobody else."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cnncalc.cli import run
from cnncalc.grading import results
from cnncalc.grading.marking.marker import Marker

ASSIGNMENT = """
title: Homework
specs:
  net: {input: 3x32x32, layers: [conv: {name: conv, out_channels: 10, kernel_size: 5}]}
questions:
  - {id: q1, kind: shape, spec: net, node: conv}
"""


@pytest.mark.parametrize("where", ["marking", "writing"])
def test_one_students_fault_does_not_end_the_batch(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Marker.mark if where == "marking" else results.record_line

    def broken(*arguments: object) -> object:
        if "666" in repr(arguments[-1]):
            raise ZeroDivisionError("broken")
        return right(*arguments)

    if where == "marking":
        monkeypatch.setattr(Marker, "mark", broken)
    else:
        monkeypatch.setattr(results, "record_line", broken)
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    (tmp_path / "in").mkdir()
    for student, answer in (("ann", "28x28x10"), ("bob", "666x666x6"), ("cy", "10x28x28")):
        (tmp_path / "in" / f"{student}.txt").write_text(f"q1: {answer}\n")
    out = tmp_path / "out"
    assert run(["grade", str(tmp_path / "hw.yaml"), str(tmp_path / "in"), "-o", str(out)]) == 1
    with open(out / "submissions.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: row["status"] for name, row in rows.items()} == {
        "ann": "graded", "bob": "unreadable", "cy": "graded",
    }  # fmt: skip
    assert "ZeroDivisionError: broken" in rows["bob"]["detail"]
    assert "bob,internal error," in (out / "review.csv").read_text()
    assert (rows["ann"]["total"], rows["bob"]["total"]) == ("1", "")
