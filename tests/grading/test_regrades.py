"""Regrading: what the first run was told still holds, and faults of overrides are located."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from cnncalc.cli import run

ASSIGNMENT = """
specs: {net: lenet5}
questions:
  - {id: q1, kind: shape, node: C1}
  - {id: q2, kind: params, node: C1}
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    text = "student,submitted,q1,q2\nada,2025-03-02 10:00,28x28x6,156\nbob,,28x28x6,150\n"
    (tmp_path / "class.csv").write_text(text)
    late = ["--deadline", "2025-03-01", "--late-penalty", "50%"]
    assert call(tmp_path, "grade", "hw.yaml", "class.csv", "-o", "marks", *late) == 0
    return tmp_path / "marks"


def call(place: Path, *words: str) -> int:
    files = {"hw.yaml", "class.csv", "in", "marks", "again", "overrides.csv"}
    return run([str(place / word) if word in files else word for word in words])


def totals(path: Path) -> dict[str, str]:
    return {row["student"]: row["total"] for row in rows(path / "gradebook.csv")}


def test_penalties_and_overrides_survive_in_another_folder(marks: Path, tmp_path: Path) -> None:
    assert totals(marks) == {"ada": "1", "bob": "1.5"}
    (marks / "overrides.csv").write_text("Student,Question,Points,Note\nbob,q2,1,as, agreed\n")
    for _ in range(2):
        assert call(tmp_path, "regrade", "hw.yaml", "marks", "-o", "again") == 0
        assert totals(tmp_path / "again") == {"ada": "1", "bob": "2"}
        assert call(tmp_path, "regrade", "hw.yaml", "marks") == 0
        assert totals(marks) == {"ada": "1", "bob": "2"}


def test_another_worth_of_a_question_is_a_change(marks: Path, tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(
        ASSIGNMENT.replace("params, node: C1", "params, node: C1, points: 3")
    )
    assert call(tmp_path, "regrade", "hw.yaml", "marks") == 0
    changes = rows(marks / "changes.csv")
    assert [(row["student"], row["points_before"], row["points_now"]) for row in changes] == [
        ("ada", "1", "3"), ("bob", "0.5", "1.5"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("zed,q1,1,x", "`zed`, who is no student"), ("bob,q9,1,x", "which is no question"),
        ("bob,q1,much,x", "line 3 of"), ("bob,q1,1e999999999,x", "line 3 of"),
        ("bob,q1,-1,x", "has `-1` for points"), ("bob,q1,1", "no note"),
        ("ada,q2,1,x", "line 3 of"), ("ada,Q2,1,x", "did you mean `q2`?"),
    ],
)  # fmt: skip
def test_faults_of_overrides_are_located(
    line: str, told: str, marks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (marks / "overrides.csv").write_text(f"student,question,points,note\nada,q2,0,y\n{line}\n")
    assert call(tmp_path, "regrade", "hw.yaml", "marks") == 2
    assert told in capsys.readouterr().err


def test_more_than_a_question_is_worth_is_said(
    marks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (marks / "overrides.csv").write_text("ada;q1;9,5;a bonus\nbob;q1;1;all of it\n")
    assert call(tmp_path, "regrade", "hw.yaml", "marks") == 0
    assert "1 more than full marks" in capsys.readouterr().out
    found = [row for row in rows(marks / "review.csv") if row["kind"] == "more than full marks"]
    assert [tuple(row.values()) for row in found] == [
        ("ada", "more than full marks", "q1", "9.5 of 1: a bonus")
    ]


def test_results_are_no_submissions(
    marks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, "grade", "hw.yaml", str(marks), "-o", str(tmp_path / "o")) == 2
    assert "holds results of `cnncalc grade`, not submissions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"), [('"marks":[', '"marks":'), ('"1/2"', '"1/0"'), (":", ";")]
)
def test_damaged_results_are_refused(old: str, new: str, marks: Path, tmp_path: Path) -> None:
    stored = marks / "results.jsonl"
    head, rest = stored.read_text().split("\n", 1)
    assert old in rest
    stored.write_text(f"{head}\n{rest.replace(old, new)}")
    assert call(tmp_path, "regrade", "hw.yaml", "marks") == 2


def test_nothing_is_made_where_nothing_was_stored(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    assert call(tmp_path, "regrade", "hw.yaml", "again") == 2
    assert not (tmp_path / "again").exists()


def test_random_class_folders_reconcile(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    for seed in range(4):
        chance = random.Random(seed)
        place = tmp_path / "in" / str(seed)
        expected = 0
        for student in range(chance.randrange(1, 12)):
            for number in range(chance.choice([1, 1, 2, 3])):
                text = chance.choice(
                    ["q1: 28x28x6\nq2: 156", "q2: 5", "", "\0\1\2", "hello", '"q1']
                )
                name = chance.choice([f"u{student}_{number}.txt", f"u{student}/{number}.md",
                                      f"lee_{student}_{number}_hw.txt"])  # fmt: skip
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_text(text)
        expected = sum(path.is_file() for path in place.rglob("*"))
        out = tmp_path / f"out{seed}"
        assert run(["grade", str(tmp_path / "hw.yaml"), str(place), "-o", str(out)]) == 0
        found = [row["file"] for row in rows(out / "submissions.csv")]
        assert len(found) == len(set(found)) == expected


def test_names_and_answers_that_are_no_unicode_are_kept(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text('{"q1": "\\ud800", "q2": 156}')
    Path(str(tmp_path / "in") + "/caf\udce9.txt").write_text("q1: 28x28x6")
    assert call(tmp_path, "grade", "hw.yaml", "in", "-o", "marks") == 0
    before = (tmp_path / "marks" / "grades.csv").read_bytes()
    assert call(tmp_path, "regrade", "hw.yaml", "marks") == 0
    assert (tmp_path / "marks" / "grades.csv").read_bytes() == before


def test_pages_of_students_who_are_gone_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    (tmp_path / "in").mkdir()
    for student in ("ada", "b.c d"):
        (tmp_path / "in" / f"{student}.txt").write_text("q1: 28x28x6")
    for _ in range(2):
        assert call(tmp_path, "grade", "hw.yaml", "in", "-o", "marks") == 0
    assert "earlier runs" not in capsys.readouterr().out
    (tmp_path / "in" / "ada.txt").unlink()
    assert call(tmp_path, "grade", "hw.yaml", "in", "-o", "marks") == 0
    assert "files of earlier runs, 1 in all: ada.md" in capsys.readouterr().out
