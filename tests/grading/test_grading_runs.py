"""Whole runs: every file has one row, nothing is lost, interrupted runs end as others do."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from cnncalc.cli import run
from cnncalc.grading import results
from cnncalc.grading.class_run import ClassRun
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.roster import collect
from cnncalc.grading.work import open_work

ASSIGNMENT = """
title: Homework 1
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv, out_channels: 10, kernel_size: 5, padding: 2}
      - max_pool: {name: pool, kernel_size: 2}
questions:
  - {id: q1, kind: shape, node: conv, points: 2}
  - {id: q2, kind: params, node: conv}
  - {id: q3, kind: shape, node: pool}
"""
ALL = "grades,gradebook,submissions,canvas,moodle,nbgrader,feedback,gradescope,prairielearn,github"


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(tmp_path: Path, files: Mapping[str, str | bytes], assignment: str = ASSIGNMENT) -> None:
    (tmp_path / "hw.yaml").write_text(assignment)
    (tmp_path / "in").mkdir(exist_ok=True)
    for name, text in files.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def grade(tmp_path: Path, *options: str, out: str = "out", status: int = 0) -> Path:
    place = [str(tmp_path / name) for name in ("hw.yaml", "in", out)]
    assert run(["grade", place[0], place[1], "-o", place[2], *options]) == status
    return tmp_path / out


MIXED: dict[str, str | bytes] = {
    "ada.txt": "q1: 32x32x10\nq2: 760\nq3: 16x16x10\n",
    "bob.yaml": "q1: 28x28x10\nq2: 750\nq3: 14x14x10\n",
    "cleo.md": "q1: 32x32x10\nq2: 7,60\n",
    "dan.pdf": b"%PDF-1.4",
    "eve.json": '{"q1": "10x32x32", "q2": "=760", "q3": "(16,16,10)"}',
    "zed.txt": "q1: 1x1x1",
}
ROSTER = "id,name\nada,Ada\nbob,Bob\ncleo,Cleo\ndan,Dan\neve,Eve\nfay,Fay\n"


def test_every_file_and_every_student_has_exactly_one_row(tmp_path: Path) -> None:
    write(tmp_path, MIXED)
    (tmp_path / "roster.csv").write_text(ROSTER)
    out = grade(tmp_path, "--roster", str(tmp_path / "roster.csv"))
    found = rows(out / "submissions.csv")
    status = {row["student"]: row["status"] for row in found}
    assert status == {
        "ada": "graded", "bob": "graded", "cleo": "partial", "dan": "unreadable",
        "eve": "graded", "fay": "missing", "zed": "unknown student",
    }  # fmt: skip
    files = Counter(Path(row["file"]).name for row in found if row["file"])
    assert files == Counter(list(MIXED))
    unknown = [row for row in rows(out / "review.csv") if row["kind"] == "unknown student"]
    assert [(row["student"], Path(row["where"]).name) for row in unknown] == [("zed", "zed.txt")]
    totals = {row["student"]: row["total"] for row in rows(out / "gradebook.csv")}
    assert totals["ada"] == totals["eve"] == "4"
    assert totals["bob"] == "2.5"  # half for the padding, half for the bias, all for following
    assert totals["fay"] == totals["dan"] == ""


def test_lateness_by_the_times_given(tmp_path: Path) -> None:
    text = "q1: 32x32x10\nq2: 760\nq3: 16x16x10\nsubmitted: "
    write(tmp_path, {
        "ada.txt": text + "2025-03-01 23:50", "bob.txt": text + "2025-03-02 00:10",
        "cy.txt": text + "2025-03-03T12:00:00Z", "dot.txt": text.replace("submitted: ", ""),
    })  # fmt: skip
    out = grade(
        tmp_path, "--deadline", "2025-03-01 23:59", "--grace", "15m", "--late-penalty", "10%"
    )
    found = {row["student"]: (row["status"], row["total"]) for row in rows(out / "gradebook.csv")}
    assert found["ada"] == found["bob"] == found["dot"] == ("graded", "4")
    assert found["cy"] == ("late", "3.2")


def class_of(tmp_path: Path, students: int) -> None:
    dice = random.Random(3)
    shapes = ["32x32x10", "28x28x10", "(10, 32, 32)", "31x31x10", "?", "nonsense", "", "7x7"]
    write(tmp_path, {
        f"s{n:04}.txt": f"q1: {dice.choice(shapes)}\nq2: {dice.choice(['760', '750', '76', 'x'])}\n"
        f"q3: {dice.randint(1, 20)}x{dice.randint(14, 16)}x10\n"
        for n in range(students)
    })  # fmt: skip


def contents(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
    }


def test_a_second_run_gives_the_same_bytes(tmp_path: Path) -> None:
    class_of(tmp_path, 60)
    one = contents(grade(tmp_path, "--outputs", ALL))
    assert contents(grade(tmp_path, "--outputs", ALL)) == one
    assert contents(grade(tmp_path, "--outputs", ALL, out="two")) == one
    assert not any(".partial" in name for name in one)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_killed_run_leaves_the_old_files(tmp_path: Path) -> None:
    class_of(tmp_path, 240)
    old = contents(grade(tmp_path))
    for path in (tmp_path / "in").iterdir():
        path.write_text(path.read_text().replace("760", "761"))
    new = contents(grade(tmp_path, out="other"))
    command = [sys.executable, "-m", "cnncalc", "grade", "hw.yaml", "in", "-o", "out"]
    partial = tmp_path / "out" / ".partial" / "results.jsonl"
    for size in (0, 15_000, 30_000):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            if partial.exists() and partial.stat().st_size > size:
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.001)
        process.wait()
        assert process.returncode != 0
        found = contents(tmp_path / "out")
        kept = {name: data for name, data in found.items() if not name.startswith(".partial")}
        assert kept == old
    again = contents(grade(tmp_path))
    assert again == new


def test_a_run_that_fails_leaves_the_old_files(tmp_path: Path) -> None:
    class_of(tmp_path, 60)
    old = contents(grade(tmp_path))
    work = open_work(str(tmp_path / "hw.yaml"))
    units = collect([str(tmp_path / "in")], None, Ids(work.assignment))

    def stop(done: int, _: int) -> None:
        if done >= 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ClassRun(work, str(tmp_path / "out"), "grades").grade(units[::-1], stop)
    assert contents(tmp_path / "out") == old


def test_a_regrade_lists_whose_marks_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, MIXED)
    out = grade(tmp_path)
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT.replace("q2, kind: params", "q2, kind: weights"))
    assert run(["regrade", str(tmp_path / "hw.yaml"), str(out)]) == 0
    changed = {(row["student"], row["question"]) for row in rows(out / "changes.csv")}
    assert ("bob", "q2") in changed
    assert ("ada", "q2") in changed
    assert all(question == "q2" for _, question in changed)
    assert "bob q2: 0.5 → 1" in capsys.readouterr().out
    assert (out / "results.previous.jsonl").exists()
    assert run(["regrade", str(tmp_path / "hw.yaml"), str(tmp_path / "in")]) == 2


def test_corrupted_submissions_by_the_hundred(tmp_path: Path) -> None:
    dice = random.Random(11)
    good = b"q1: 32x32x10\nq2: 760\nq3: 16x16x10\n"
    files: dict[str, str | bytes] = {}
    for number in range(300):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(data) + 1)
            choice = dice.randrange(4)
            if choice == 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            elif choice == 1:
                del data[at : at + dice.randint(1, 8)]
            elif choice == 2:
                data[at:at] = dice.randbytes(dice.randint(1, 9))
            else:
                data[at:at] = bytes([dice.choice(b"{}[]'\":,#&*!|>%@`\0\n")]) * dice.randint(1, 40)
        files[f"s{number}.{dice.choice(['txt', 'yaml', 'json', 'csv', 'md', 'html'])}"] = bytes(
            data
        )
    write(tmp_path, files)
    out = grade(tmp_path)
    found = rows(out / "submissions.csv")
    assert len(found) == len(files)
    assert not any("internal error" in row["detail"] for row in found)


@pytest.mark.parametrize("where", ["marking", "writing"])
def test_a_fault_of_the_program_costs_the_one_student(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, name = (Marker, "mark") if where == "marking" else (results, "record_line")
    right = getattr(place, name)

    def broken(*arguments: object) -> object:
        if "666" in repr(arguments[-1]):
            raise ZeroDivisionError("broken")
        return right(*arguments)

    monkeypatch.setattr(place, name, broken)
    answers = {"ann": "32x32x10", "bob": "666x666x6", "cy": "10x32x32"}
    write(tmp_path, {f"{name}.txt": f"q1: {answer}\n" for name, answer in answers.items()})
    out = grade(tmp_path, status=1)
    found = {row["student"]: row for row in rows(out / "submissions.csv")}
    assert {name: row["status"] for name, row in found.items()} == {
        "ann": "partial", "bob": "unreadable", "cy": "partial",
    }  # fmt: skip
    assert "ZeroDivisionError: broken" in found["bob"]["detail"]
    assert "bob,internal error," in (out / "review.csv").read_text()
    assert (found["ann"]["total"], found["bob"]["total"]) == ("2", "")


def test_an_answer_of_any_length_leaves_tables_that_can_be_read(tmp_path: Path) -> None:
    typed = "32x32x10 " + "because " * 40_000
    write(tmp_path, {"ann.txt": f"q1: {typed}\n"})
    out = grade(tmp_path)
    answer = rows(out / "grades.csv")[0]["answer"]
    assert len(answer) < csv.field_size_limit()
    assert typed.startswith(answer.rstrip("…"))
    assert typed.strip() in (out / "results.jsonl").read_text()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("way", ["--roster", "--overrides", "check-key"])
def test_a_pipe_that_nobody_fills_is_refused_and_not_waited_for(way: str, tmp_path: Path) -> None:
    write(tmp_path, {"ann.txt": "q2: 760"})
    assignment, pipe = str(tmp_path / "hw.yaml"), str(tmp_path / "pipe.csv")
    os.mkfifo(pipe)
    if way == "check-key":
        assert run([way, assignment, pipe]) == 2
    else:
        grade(tmp_path, way, pipe, status=2)
