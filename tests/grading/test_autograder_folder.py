"""The Gradescope autograder, unpacked and run by its own scripts as the container runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cnncalc.cli import run
from cnncalc.grading.autograder import main
from cnncalc.grading.autograder import run as run_autograder

ASSIGNMENT = """
title: Homework 1
late_penalty: 25%
specs: {net: lenet5}
questions:
  - {id: q1, kind: shape, node: C1, points: 2}
  - {id: q2, kind: params, node: C1}
"""
TEMPLATE = """
title: Quiz
specs:
  net:
    parameters: {F: 5}
    input: 3x32x32
    layers: [conv: {name: conv, out_channels: 10, kernel_size: F}]
questions:
  - {id: q1, kind: params, node: conv, draw: {F: [3, 5, 7, 9]}}
"""
SHELL = pytest.mark.skipif(os.name == "nt", reason="the container runs Linux")


def unpacked(place: Path, assignment: Path, *options: str, whole: bool = False) -> Path:
    """Return the folder `/autograder` as Gradescope lays it out; the package only if `whole`."""
    archive = place / "autograder.zip"
    command = ["grade", "--make-gradescope", str(assignment), "-o", str(archive), *options]
    assert run(command) == 0
    root = place / "autograder"
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            if whole or not info.filename.startswith("cnncalc/"):
                os.chmod(file.extract(info, root / "source"), info.external_attr >> 16 & 0o777)
    (root / "submission").mkdir()
    (root / "run_autograder").write_bytes((root / "source" / "run_autograder").read_bytes())
    return root


def homework(place: Path, *options: str, whole: bool = False) -> Path:
    (place / "hw.yaml").write_text(ASSIGNMENT)
    root = unpacked(place, place / "hw.yaml", *options, whole=whole)
    (root / "submission" / "inner").mkdir()
    (root / "submission" / "inner" / "a.txt").write_text("q1: 28x28x6\nq2: 156\n")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return homework(tmp_path)


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return homework(tmp_path_factory.mktemp("container"), whole=True)


def bash(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    environment = {"PATH": path, "HOME": str(script.parent)}
    command = ["bash", str(script), *arguments]
    return subprocess.run(
        command, env=environment, cwd=script.parent, capture_output=True, text=True, check=False
    )


def result(root: Path) -> dict[str, Any]:
    found = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    assert isinstance(found["score"], int | float)
    assert all(test["status"] in ("passed", "failed") for test in found["tests"])
    return dict(found)


@SHELL
def test_the_scripts_grade(container: Path) -> None:
    for name in ("setup.sh", "run_autograder"):
        assert os.access(container / "source" / name, os.X_OK)
        assert (container / "source" / name).read_text().startswith("#!/usr/bin/env bash\n")
    assert bash(container / "run_autograder", str(container)).returncode == 0
    assert result(container)["score"] == 3
    command = [sys.executable, "-m", "cnncalc.grading.autograder", "--check", "."]
    built = subprocess.run(
        command, cwd=container / "source", capture_output=True, text=True, check=True
    )
    assert built.stdout == "Homework 1: ready, 2 questions\n"


def test_equal_assignments_give_equal_archives(tmp_path: Path) -> None:
    archives = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        homework(tmp_path / name)
        archives.append((tmp_path / name / "autograder.zip").read_bytes())
    assert archives[0] == archives[1]


def test_values_are_shown_after_the_due_date_unless_a_question_says_otherwise(
    tmp_path: Path,
) -> None:
    text = ASSIGNMENT.replace("points: 2}", "points: 2, visibility: hidden}")
    (tmp_path / "hw.yaml").write_text(text)
    for level, usual in (("hint", "visible"), ("full", "after_due_date")):
        (tmp_path / level).mkdir()
        root = unpacked(tmp_path / level, tmp_path / "hw.yaml", "--feedback", level)
        (root / "submission" / "a.txt").write_text("q1: 28x28x10\n")
        assert [test["visibility"] for test in graded(root, {})["tests"]] == ["hidden", usual]
    (tmp_path / "hw.yaml").write_text(text.replace("hidden", "never"))
    assert run(["grade", str(tmp_path / "hw.yaml")]) == 1


@SHELL
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("assignment.yaml", "questions: 3"),
        ("assignment.yaml", "\x00{{"),
        ("settings.json", "5"),
        ("settings.json", "{}"),
        ("cnncalc/grading/marking/marker.py", "import ("),
        ("cnncalc/grading/results.py", "import os; os.kill(os.getpid(), 9)"),
        ("cnncalc/grading/results.py", "raise MemoryError"),
    ],
)
def test_a_broken_grader_leaves_a_valid_result(container: Path, file: str, text: str) -> None:
    broken = container / "source" / file
    before = broken.read_text(encoding="utf-8")
    broken.write_text(text)
    try:
        assert bash(container / "run_autograder", str(container)).returncode == 0
    finally:
        broken.write_text(before, encoding="utf-8")
    found = result(container)
    assert found["score"] == 0
    assert "could not be graded" in found["output"]
    assert "Tell the staff." in found["output"]


@pytest.mark.parametrize("words", [["--help"], ["--check"], ["a", "b"]])
def test_no_option_is_taken_for_a_folder(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="usage: "):
        main(words)


@pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), RecursionError("deep"), OSError()])
def test_an_error_while_marking_is_a_result(
    root: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("cnncalc.grading.marking.marker.Marker.mark", fail)
    found = json.loads(run_autograder(str(root)))
    assert found["score"] == 0
    assert found["tests"][0]["max_score"] == 3
    assert type(error).__name__ in found["output"] or found["output"].startswith("What was")


def graded(root: Path, metadata: object) -> Mapping[str, Any]:
    (root / "submission_metadata.json").write_text(json.dumps(metadata))
    return dict(json.loads(run_autograder(str(root))))


@pytest.mark.parametrize(
    "metadata", [{}, {"users": []}, {"users": None, "assignment": None, "created_at": None}]
)
def test_metadata_that_are_missing_cost_nobody_a_grade(root: Path, metadata: object) -> None:
    assert graded(root, metadata)["score"] == 3


def test_a_date_of_ones_own_comes_first(root: Path) -> None:
    due = {"due_date": "2025-03-01T12:00:00.000000-08:00"}
    metadata: dict[str, Any] = {"created_at": "2025-03-02T10:00:00.000000-08:00"}
    metadata |= {"assignment": due, "users": [{"email": "a@x.edu"}]}
    assert graded(root, metadata)["score"] == 2.25
    metadata["users"][0]["assignment"] = {"due_date": "2025-03-03T12:00:00.000000-08:00"}
    assert graded(root, metadata)["score"] == 3


def test_options_about_lateness_go_with_it(tmp_path: Path) -> None:
    options = ("--deadline", "2025-03-01 00:00", "--grace", "2h", "--late-penalty", "50%")
    root = homework(tmp_path, *options)
    assert graded(root, {"created_at": "2025-03-01 01:00"})["score"] == 3
    assert graded(root, {"created_at": "2025-03-01 03:00"})["score"] == 1.5


def test_a_quiz_is_graded_by_each_students_own_variant(tmp_path: Path) -> None:
    (tmp_path / "quiz.yaml").write_text(TEMPLATE)
    (tmp_path / "roster.csv").write_text("id\nada\nbob@x.edu\neve\nzoe\n")
    command = ["quiz", str(tmp_path / "quiz.yaml"), "--seed", "s", "-o", str(tmp_path / "quiz")]
    assert run([*command, "--students", str(tmp_path / "roster.csv")]) == 0
    draws = json.loads((tmp_path / "quiz" / "manifest.json").read_text())["draws"]
    root = unpacked(tmp_path, tmp_path / "quiz" / "manifest.json")
    sizes = {key: int(own["q1"]["F"]) for key, own in draws.items()}
    assert len(set(sizes.values())) > 1
    for key, email in (("ada", "ada@x.edu"), ("bob@x.edu", "bob@x.edu"), ("zoe", "ZOE@x.edu")):
        (root / "submission" / "a.txt").write_text(f"q1: {(sizes[key] ** 2 * 3 + 1) * 10}")
        assert graded(root, {"users": [{"email": email}]})["score"] == 1
    stranger = graded(root, {"users": [{"email": "mallory@x.edu"}]})
    assert "no variant for mallory@x.edu" in stranger["output"]
