"""Folders that systems export, with what happens in real courses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.grader import Grader
from cnncalc.grading.results import StudentResult
from cnncalc.grading.submissions.roster import collect, read_roster

TEXT = """
specs: {net: lenet5}
deadline: 2025-03-01 23:59
questions:
  - {id: q1, kind: shape, node: C1}
  - {id: q2, kind: params, node: C1}
"""
GRADER = Grader(read_assignment_text(Source("hw.yaml", TEXT)))


def outcomes(tmp_path: Path, files: dict[str, str], roster: str = "") -> dict[str, StudentResult]:
    place = tmp_path / "in"
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    (tmp_path / "roster.csv").write_text(roster)
    known = read_roster(str(tmp_path / "roster.csv")) if roster else None
    units = collect([str(place)], known, GRADER.reader.ids)
    return {unit.person.key: GRADER.outcome(unit) for unit in units}


def first(found: dict[str, StudentResult]) -> dict[str, str]:
    return {student: outcome.answers.get("q1", "") for student, outcome in found.items()}


def test_what_canvas_numbers_is_handed_in_again(tmp_path: Path) -> None:
    files = {
        "adal_1_9_hw.txt": "q1: 1",
        "adal_1_10_hw-1.txt": "q1: 2",
        "adal_1_11_hw-2.txt": "q1: 3",
    }
    found = outcomes(tmp_path, files)["1"]
    assert found.answers["q1"] == "3"
    assert [row.status for row in found.rows] == ["partial"] * 3


@pytest.mark.parametrize("numbers", [(5, 5), (5, 6)])
def test_two_files_of_one_canvas_submission_belong_together(
    numbers: tuple[int, int], tmp_path: Path
) -> None:
    one, two = numbers
    names = (f"adal_1_{one}_part-1.txt", f"adal_1_{two}_part-2.txt") if one == two else (
        f"adal_1_{one}_a.txt", f"adal_1_{two}_b.txt")  # fmt: skip
    found = outcomes(tmp_path, dict(zip(names, ("q1: 1", "q2: 2"), strict=True)))["1"]
    assert found.answers == {"q1": "1", "q2": "2"}
    assert [row.status for row in found.rows] == [found.status] * 2


def test_two_participants_of_one_name_are_two(tmp_path: Path) -> None:
    files = {"Ann Lee_7_assignsubmission_file_/a.txt": "q1: 1",
             "Ann Lee_8_assignsubmission_file_/a.txt": "q1: 2",
             "Bo Chi_9_assignsubmission_file_/a.txt": "q1: 3"}  # fmt: skip
    assert first(outcomes(tmp_path, files)) == {
        "Ann Lee (7)": "1", "Ann Lee (8)": "2", "Bo Chi": "3",
    }  # fmt: skip
    roster = (
        "Identifier,Full name,Email address\nParticipant 7,Ann Lee,a7@x\n"
        "Participant 8,Ann Lee,a8@x\nParticipant 9,Bo Chi,b@x\n"
    )
    assert first(outcomes(tmp_path, files, roster)) == {"a7@x": "1", "a8@x": "2", "b@x": "3"}
    nameless = roster.replace("a7@x", "").replace("a8@x", "").replace("b@x", "")
    assert list(outcomes(tmp_path, files, nameless)) == [f"Participant {n}" for n in (7, 8, 9)]


METADATA = """---
submission_1:
  :submitters:
  - :name: Ada
    :sid: s1
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: &1 2025-03-01 22:00:00.000000000 Z
    zone: &2 !ruby/object:ActiveSupport::TimeZone
      name: America/Los_Angeles
    time: 2025-03-01 14:00:00.000000000 Z
  :results:
    output: "foo: [bar"
  :history:
  - :created_at: 1999-01-01 00:00:00 Z
    :submitters:
    - :name: Nobody
submission_2:
  :submitters:
  - :sid: 's2'
  :created_at: 2025-03-01 22:00:00.000000000 -08:00
"""


def test_metadata_of_gradescope_with_tags_of_ruby(tmp_path: Path) -> None:
    files = {"submission_metadata.yml": METADATA, "submission_1/a.txt": "q1: 28x28x6\nq2: 156",
             "submission_2/a.txt": "q1: 2"}  # fmt: skip
    found = outcomes(tmp_path, files, "id\ns1\ns2\n")
    assert {student: outcome.status for student, outcome in found.items()} == {
        "s1": "graded", "s2": "late",
    }  # fmt: skip


def test_nbgraders_times_have_zones(tmp_path: Path) -> None:
    files = {}
    for student, time in (
        ("s1", "2025-03-01 23:00:00.5 UTC"),
        ("s2", "2025-03-01 19:00:00 -05:00"),
        ("s3", "3/4/2025"),
    ):
        files[f"submitted/{student}/hw/a.txt"] = "q1: 28x28x6\nq2: 156"
        files[f"submitted/{student}/hw/timestamp.txt"] = f"{time}\n"
    found = outcomes(tmp_path, files)
    assert [outcome.status for outcome in found.values()] == ["graded", "late", "graded"]
    assert found["s3"].rows[0].detail == "the time `3/4/2025` cannot be read"


def test_strange_entries_are_one_row_each(tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    for name in (b"caf\xe9.txt", b"new\nline.txt", b"-o.txt", b"x" * 251 + b".txt"):
        Path(os.fsdecode(bytes(place) + b"/" + name)).write_text("q1: 1")
    (place / "gone.txt").symlink_to("nowhere")
    (place / "loop.txt").symlink_to("loop.txt")
    os.mkfifo(place / "pipe.csv")
    found = outcomes(tmp_path, {})
    assert (
        sorted(outcome.status for outcome in found.values()) == ["partial"] * 4 + ["unreadable"] * 3
    )
    assert "caf\\xe9" in found


def test_results_of_an_earlier_run_are_no_submissions(tmp_path: Path) -> None:
    files = {"a.txt": "q1: 1", "marks/results.jsonl": "{}", "marks/grades.csv": "q1,3"}
    assert first(outcomes(tmp_path, files)) == {"a": "1"}


def test_a_roster_of_nothing_but_addresses(tmp_path: Path) -> None:
    found = outcomes(tmp_path, {"a@x.edu.txt": "q1: 1"}, "email\na@x.edu\nb@x.edu\n")
    assert first(found) == {"a@x.edu": "1", "b@x.edu": ""}
