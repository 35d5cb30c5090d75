"""Submissions as they come: formats, encodings, broken pieces, folders of learning systems."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.cli import run
from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.submissions.ids import Ids
from cnncalc.grading.submissions.read import SubmissionReader
from cnncalc.grading.submissions.roster import collect, read_roster
from cnncalc.grading.submissions.text import Unreadable, decode

ASSIGNMENT = read_assignment_text(
    Source(
        "hw.yaml",
        """
specs:
  net:
    input: 1x32x32
    layers:
      - conv: {name: conv_1, out_channels: 6, kernel_size: 5}
      - max_pool: {name: pool_1, kernel_size: 2}
      - conv: {name: conv_2, out_channels: 16, kernel_size: 5}
questions:
  - {id: q1, kind: shape, node: conv_1}
  - {id: q2, kind: params, node: conv_1}
  - {id: q3, kind: table, columns: [shape, params]}
  - {id: q4, kind: network, constraints: {output: 10}}
""",
    )
)
READER = SubmissionReader(ASSIGNMENT)


def read(text: str | bytes, name: str = "a.txt") -> dict[str, str]:
    return READER.read(text if isinstance(text, bytes) else text.encode(), name).answers


FORMS = {
    "a.txt": "q1: 28x28x6\nq2: 156\n",
    "b.txt": "Q1) 28x28x6\nquestion q2 = 156\n",
    "c.txt": "1. 28x28x6\n2. 156\n",
    "d.txt": "q1 -\n28x28x6\nq2 -\n156\n",
    "e.txt": "Ex. 1: 28x28x6\nEx. 2: 156\n",
    "c.md": "### 1. How large?\n\nAnswer: 28x28x6\n\n### 2. How many?\n\n**Answer:**\n156\n",
    "a.md": "# Homework\n\n## q1\n\n28x28x6\n\n**q2**: 156\n",
    "b.md": "| id | answer |\n|---|---|\n| q1 | 28x28x6 |\n| q2 | 156 |\n",
    "a.yaml": 'q1: 28x28x6  # the first\nq2: "156"\n',
    "b.yaml": "answers:\n  q1: 28x28x6\n  q2: 156\n",
    "a.json": '{"q1": "28x28x6", "q2": 156}',
    "b.json": '[{"id": "q1", "answer": "28x28x6"}, {"id": "q2", "answer": 156}]',
    "twice.json": '{"q1": "28x28x6", "q1": "5x5x6", "q2": 156}',
    "c.json": '{"student": "x", "answers": {"q1": "28x28x6", "q2": 156}}',
    "a.csv": "id,answer\nq1,28x28x6\nq2,156\n",
    "b.csv": "q1,q2\n28x28x6,156\n",
    "c.csv": "question;answer\nq1;28x28x6\nq2;156\n",
    "a.html": "<p>q1: 28x28x6</p><p>q2: 156</p>",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_format_gives_the_same_answers(name: str) -> None:
    found = read(FORMS[name], name)
    assert {key: found[key] for key in ("q1", "q2")} == {"q1": "28x28x6", "q2": "156"}


def test_raw_text_is_never_typed() -> None:
    found = read("q1: {28,28,6}\nq2: 010\n", "a.yaml")
    assert found == {"q1": "{28,28,6}", "q2": "010"}
    assert read("q1: 28:28:6\nq2: 1_5.6e1\n", "a.yaml") == {"q1": "28:28:6", "q2": "1_5.6e1"}
    assert read('{"q1": [28, 28, 6], "q2": 1.56e2}', "a.json")["q2"] == "1.56e2"
    cell = read('{"q3": {"conv_1": {"shape": [28, 28, 6]}}}', "a.json")
    assert cell == {"q3/conv_1/shape": "[28, 28, 6]"}
    assert read("q1: [28, 28,\n  6]\nq2: on\n", "a.yaml") == {"q1": "[28, 28, 6]", "q2": "on"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_every_encoding_is_read(encoding: str) -> None:
    assert read("q1: 28×28×6\nq2: 156\n".encode(encoding)) == {"q1": "28×28×6", "q2": "156"}


def test_latin_1_bytes_and_nul_bytes() -> None:
    assert read(b"q1: 28\xd728\xd76\nq2: 156\x81\n")["q1"] == "28×28×6"
    assert read(b"q1: 28x28x6\x00\x00\nq2: 156")["q2"] == "156"


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"%PDF-1.7 q1: 3", "PDF"), (b"PK\x03\x04", "zip"), (b"", "empty"), (b" \n", "empty"),
     (bytes(range(128, 256)) * 50, "no answer"), (b"hello", "no answer"),
     (b"a" * 2_000_000, "larger"), (b'{"q1": ' + b"[" * 9999, "not valid JSON")],
)  # fmt: skip
def test_what_is_no_submission_says_why(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        READER.read(data, "a.txt")


def test_bare_numbers_beside_ids_are_told_and_not_read() -> None:
    raw = READER.read(b"1: 28x28x6\nq2: 156\n", "a.txt")
    assert raw.answers == {"q2": "156"}
    assert raw.problems == ["`1: 28x28x6` may answer q1, and was not read"]
    assert READER.read(b"q1: 28x28x6\n1: because\nq2: 156\n", "a.txt").problems == []


def test_what_is_left_out_stands_where_staff_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hw.yaml").write_text(
        "specs: {net: lenet5}\nquestions: [{id: q1, kind: shape}, {id: q2, kind: params}]\n"
    )
    Path("ada.txt").write_text("1: 28x28x6\nq2: 156\n")
    assert run(["grade", "hw.yaml", "ada.txt", "-o", "out"]) == 0
    told = 'ada,unclear,ada.txt,"`1: 28x28x6` may answer q1, and was not read"\n'
    assert told in Path("out/review.csv").read_text().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", '{"q1": "28x28x6",}'), ("a.csv", "Teilnehmer,q1,q2\nAda,1,2\nBob,3,4\n"),
     ("a.md", "| who | q1 | q2 |\n|--|--|--|\n| Ada | 1 | 2 |\n| Bob | 3 | 4 |\n")],
)  # fmt: skip
def test_what_has_another_form_is_left_to_a_person(name: str, text: str) -> None:
    with pytest.raises(Unreadable):
        read(text, name)


@pytest.mark.parametrize("item", ["1. -3", "1) -3", "- -3", "– -3", "* -3", "> -3", "1.-3"])
def test_the_sign_or_number_of_a_list_is_no_part_of_an_answer(item: str) -> None:
    text = f"q2:\n{item}\nq1: 1\n"
    assert read(text) == read(text, "a.md") == {"q1": "1", "q2": "-3"}
    if item[0] in "-1":
        assert read(text, "a.yaml") == {"q1": "1", "q2": "-3"}


def test_the_number_of_a_list_in_html_is_no_part_of_an_answer() -> None:
    assert read("<p>q2:</p><ol><li>-3</li></ol>", "a.html") == {"q2": "-3"}


def test_one_broken_answer_does_not_void_the_others() -> None:
    assert read("q1: {28, 28\n  : [\nq2: 156\n", "a.yaml")["q2"] == "156"
    assert read('q1: "28x28x6\nq2: 156\n', "a.yaml")["q2"] == "156"
    assert read('id,answer\nq1,"28x28x6\nq2,156\n', "a.csv")["q2"] == "156"
    raw = READER.read(b"q1: 1\nq1: 2\nq2: 3", "a.txt")
    assert raw.answers["q1"] == "1"
    assert "twice" in raw.problems[0]


TABLES = {
    "cells": "q3/conv_1/shape: 28x28x6\nq3.conv_1.params: 156\nq3 pool_1 shape: 14x14x6\n"
    "q3/pool_1/params: 0\nq3/conv_2/shape: 10x10x16\nq3/conv_2/params: 2416\n",
    "md": "## q3\n| Layer | Output shape | #Params |\n|---|---|---|\n| conv_1 | 28x28x6 | 156 |\n"
    "| pool_1 | 14x14x6 | 0 |\n| conv_2 | 10x10x16 | 2416 |\n",
    "swapped": "q3:\n| Layer | parameters | shape |\n|---|---|---|\n| conv_1 | 156 | 28x28x6 |\n"
    "| pool_1 | 0 | 14x14x6 |\n| conv_2 | 2416 | 10x10x16 |\n",
    "csv": "q3:\nconv_1, 28x28x6, 156\npool_1, 14x14x6, 0\nconv_2, 10x10x16, 2416\n",
    "kinds": "q3:\nconv, (28,28,6), 156\npool, (14,14,6), 0\nconv, (10,10,16), 2416\n",
    "yaml": "q3:\n  conv_1: {shape: 28x28x6, params: 156}\n  pool_1: {shape: 14x14x6, params: 0}\n"
    "  conv_2: {shape: 10x10x16, params: 2416}\n",
    "nested": "q3:\n  conv_1:\n    shape: 28x28x6\n    params: 156\n  pool_1:\n    shape: 14x14x6\n"
    "    params: 0\n  conv_2:\n    shape: 10x10x16\n    params: 2416\n",
    "list": "q3:\n  - [conv, 28x28x6, 156]\n  - [pool, 14x14x6, 0]\n  - [conv, 10x10x16, 2416]\n",
}
CELLS = {
    "q3/conv_1/params": "156", "q3/pool_1/params": "0", "q3/conv_2/params": "2416",
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_tables_in_every_notation(name: str) -> None:
    suffix = (
        "md"
        if name in ("md", "swapped")
        else "txt"
        if name in ("csv", "cells", "kinds")
        else "yaml"
    )
    found = read(TABLES[name], f"a.{suffix}")
    assert {key: found[key] for key in CELLS} == CELLS
    shape = found["q3/conv_2/shape"].strip("()").replace(",", "x").replace("×", "x")
    assert shape.replace(" ", "") == "10x10x16"


def test_rows_are_matched_by_name_and_order_not_by_position() -> None:
    # The recorded case: the pool's row is missing, both rows are called `conv`.
    found = read("q3:\nconv, 28x28x6, 156\nconv, 10x10x16, 2416\n")
    assert found["q3/conv_2/params"] == "2416"
    assert "q3/pool_1/params" not in found
    found = read("q3:\nconv_2, 10x10x16, 2416\nconv_1, 28x28x6, 156\n")
    assert (found["q3/conv_1/params"], found["q3/conv_2/params"]) == ("156", "2416")
    # Which of two layers of that kind one row means is for a person to say.
    raw = READER.read(b"q1: 28x28x6\nq3:\nconv, 10x10x16, 2416\n", "a.txt")
    assert set(raw.answers) == {"q1"}
    assert "which of the rows is `conv`" in raw.problems[0]


def test_a_row_of_too_many_cells_is_told() -> None:
    raw = READER.read(b"q1: 28x28x6\nq3:\nconv_1, 28, 28, 6, 156\n", "a.txt")
    assert set(raw.answers) == {"q1"}
    assert "too many cells for `conv_1`" in raw.problems[0]


def test_a_network_handed_in_is_kept_as_it_stands() -> None:
    text = "q1: 28x28x6\nq4: |\n  name: q2\n  layers:\n    - conv: {q1: 3}\nq2: 156\n"
    found = read(text, "a.yaml")
    assert found["q4"] == "name: q2\nlayers:\n  - conv: {q1: 3}"
    assert found["q2"] == "156"


PIECES = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["cut", "drop", "byte", "double"]),
        st.integers(0, 255),
    ),
    max_size=6,
)  # fmt: skip


@given(st.sampled_from(sorted(FORMS)), PIECES)
def test_corrupted_files_never_break_the_reader(
    name: str, pieces: list[tuple[int, str, int]]
) -> None:
    data = bytearray(FORMS[name].encode())
    for at, what, byte in pieces:
        at %= max(1, len(data))
        if what == "cut":
            del data[at:]
        elif what == "drop":
            del data[at : at + 3]
        elif what == "byte":
            data[at : at + 1] = bytes([byte])
        else:
            data[at:at] = data[: at + 1]
    with contextlib.suppress(Unreadable):
        READER.read(bytes(data), name)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        decode(data)


ROSTER = """id,name,email,login,canvas id
s1,Ada Lovelace,ada@x.edu,ada,1001
s2,Grace Hopper,grace@x.edu,grace,1002
s3,"Turing, Alan",alan@x.edu,alan,1003
"""


def folder(tmp_path: Path, files: dict[str, str]) -> tuple[Path, Path]:
    (tmp_path / "roster.csv").write_text(ROSTER)
    for name, text in files.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "in", tmp_path / "roster.csv"


LAYOUTS = {
    "plain": {"s1.txt": "q1: 1", "grace@x.edu.yaml": "q1: 1", "alan.md": "q1: 1"},
    "inside": {"file1.txt": "student: s1\nq1: 1", "file2.txt": "login: grace\nq1: 1",
               "file3.json": '{"student": "s3", "q1": 1}'},
    "canvas": {"lovelaceada_1001_5551_hw.txt": "q1: 1",
               "hoppergrace_LATE_1002_5552_hw-2.txt": "q1: 1",
               "turingalan_1003_5553_answers.yaml": "q1: 1"},
    "moodle": {"Ada Lovelace_77_assignsubmission_file_/hw.txt": "q1: 1",
               "Grace Hopper_78_assignsubmission_onlinetext_/onlinetext.html": "<p>q1: 1</p>",
               "Alan Turing_79_assignsubmission_file_/hw.md": "q1: 1"},
    "gradescope": {
        "submission_metadata.yml": "submission_1:\n  :submitters:\n  - :name: Ada Lovelace\n"
        "    :sid: s1\n  :created_at: 2025-01-02 10:00:00 Z\nsubmission_2:\n  :submitters:\n"
        "  - :email: grace@x.edu\nsubmission_3:\n  :submitters:\n  - :sid: s3\n",
        "submission_1/hw.txt": "q1: 1", "submission_2/hw.txt": "q1: 1",
        "submission_3/a.md": "q1: 1"},
    "nbgrader": {"submitted/s1/hw1/answers.txt": "q1: 1", "submitted/s1/hw1/timestamp.txt":
                 "2025-01-02 03:04:05.000000 UTC", "submitted/grace/hw1/answers.txt": "q1: 1",
                 "submitted/s3/hw1/a.yaml": "q1: 1"},
    "class": {"class.csv": "id,q1,q2\ns1,1,2\ngrace,3,4\ns3,5,6\n"},
    "long": {"class.csv": "student,question,answer\ns1,q1,1\ns1,q2,2\ns2,q1,3\ns3,q1,4\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_folders_that_systems_export(name: str, tmp_path: Path) -> None:
    place, roster = folder(tmp_path, LAYOUTS[name])
    units = collect([str(place)], read_roster(str(roster)), Ids(ASSIGNMENT))
    assert [unit.person.key for unit in units] == ["s1", "s2", "s3"]
    assert all(unit.files and unit.known for unit in units)


def test_who_is_not_on_the_roster_and_who_is_missing(tmp_path: Path) -> None:
    place, roster = folder(tmp_path, {"s1.txt": "q1: 1", "nobody.txt": "q1: 2"})
    units = collect([str(place)], read_roster(str(roster)), Ids(ASSIGNMENT))
    found = [(unit.person.key, unit.known, len(unit.files)) for unit in units]
    assert found == [("s1", True, 1), ("s2", True, 0), ("s3", True, 0), ("nobody", False, 1)]


def test_what_a_group_handed_in_counts_for_each_member(tmp_path: Path) -> None:
    metadata = "submission_1:\n  :submitters:\n  - :sid: s1\n  - :email: grace@x.edu\n"
    files = {"submission_metadata.yml": metadata, "submission_1/hw.txt": "q1: 1"}
    place, roster = folder(tmp_path, files)
    units = collect([str(place)], read_roster(str(roster)), Ids(ASSIGNMENT))
    assert [len(unit.files) for unit in units] == [1, 1, 0]


def test_the_assignment_and_earlier_results_are_no_submissions(tmp_path: Path) -> None:
    place, _ = folder(tmp_path, {"s1.txt": "q1: 1", "hw.yaml": "x", "out/grades.csv": "x"})
    exclude = [str(place / "hw.yaml"), str(place / "out")]
    units = collect([str(place)], None, Ids(ASSIGNMENT), exclude)
    assert [unit.person.key for unit in units] == ["s1"]


def test_a_file_that_is_a_network_answers_the_question_for_one() -> None:
    spec = "name: mine\ninput: 1x8x8\nlayers:\n  - flatten\n"
    assert read(spec, "net.yaml") == {"q4": spec}
    fenced = f"q1: 28x28x6\n\n## q4\n\n```yaml\n{spec}```\n\nq2: 156\n"
    assert read(fenced, "a.md") == {"q1": "28x28x6", "q4": spec.strip(), "q2": "156"}


def test_system_files_are_no_submissions(tmp_path: Path) -> None:
    place, _ = folder(tmp_path, {"s1.txt": "q1: 1", ".DS_Store": "x", "__MACOSX/s1.txt": "x"})
    units = collect([str(place)], None, Ids(ASSIGNMENT))
    assert [unit.person.key for unit in units] == ["s1"]


@pytest.mark.parametrize(
    "text",
    [
        "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
        '"Lovelace, Ada",1001,s1,ada,A\n',
        "First name,Surname,ID number,Email address\nAda,Lovelace,s1,ada@x.edu\n",
        "student_id,last_name,first_name,email\ns1,Lovelace,Ada,ada@x.edu\n",
    ],
)
def test_rosters_of_every_system(text: str, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(text)
    found = read_roster(str(tmp_path / "roster.csv"))
    assert [person.key for person in found.people] == ["s1"]
    assert found.find(["adalovelace"]) == found.find(["lovelaceada"]) == 0


def test_a_roster_without_students_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="no column of students"):
        read_roster(str(tmp_path / "roster.csv"))
    with pytest.raises(UsageError, match="there is no roster"):
        read_roster(str(tmp_path / "none.csv"))
    with pytest.raises(UsageError, match="no file or folder"):
        collect([str(tmp_path / "none")], None, Ids(ASSIGNMENT))


@pytest.mark.parametrize("mark", ["|-", "-", "* ", " ", "\t ", "question ", "_", "1,"])
def test_long_rules_and_runs_neither_stall_nor_hide_an_answer(mark: str) -> None:
    """A table's rule once took time that doubled with each dash: this test would not end."""
    run = (mark * 20_000)[:20_000]
    assert read(f"{run}\nq1: 28x28x6\n{run}\n\nq2: 156\n")["q2"].split()[0] == "156"
