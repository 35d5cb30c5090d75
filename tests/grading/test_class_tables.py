"""One table for the class: every student gets their own answers, however the table is written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.grader import Grader
from cnncalc.grading.submissions.columns import lines_of, records
from cnncalc.grading.submissions.roster import collect

ASSIGNMENT = read_assignment_text(
    Source(
        "hw.yaml",
        """
specs: {net: lenet5}
questions:
  - {id: q1, kind: shape, node: C1}
  - {id: q2, kind: params, node: C1}
  - {id: q3, kind: integer, quantity: macs, node: C1}
""",
    )
)
GRADER = Grader(ASSIGNMENT)


def answers(tmp_path: Path, text: str | bytes) -> dict[str, dict[str, str]]:
    """Return student → question → answer of a class table."""
    path = tmp_path / "class.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    units = collect([str(path)], None, GRADER.reader.ids)
    return {unit.person.key: dict(GRADER.outcome(unit).answers) for unit in units}


TABLE = 'id,q1,q2,q3\ns1,28x28x6,156,117600\nZoë,"(28,28,6)",150,"1,176"\n'
WANTED = {
    "s1": {"q1": "28x28x6", "q2": "156", "q3": "117600"},
    "Zoë": {"q1": "(28,28,6)", "q2": "150", "q3": "1,176"},
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n"])
def test_encodings_and_line_ends(encoding: str, end: str, tmp_path: Path) -> None:
    assert answers(tmp_path, TABLE.replace("\n", end).encode(encoding)) == WANTED


def test_lines_before_the_head(tmp_path: Path) -> None:
    assert answers(tmp_path, "sep=,\n" + TABLE) == WANTED
    assert answers(tmp_path, "# exported in March\n" + TABLE) == WANTED


@pytest.mark.parametrize(
    "broken", ['s1,"28x28x6,156,5\n', 's1,28x28x6,15"6,5\n', 's1,"28x28x6"x,156,5\n',
               f"s1,{'9' * 140_000},156,5\n", "s1,28\x00x28x6,156,5\n"],
)  # fmt: skip
def test_a_broken_row_spoils_no_other_student(broken: str, tmp_path: Path) -> None:
    after = 's2,1,2,3\ns3,4,"5",6\n'
    found = answers(tmp_path, "id,q1,q2,q3\n" + broken + after)
    assert found["s1"]["q3"] == "5"
    assert found["s2"] == {"q1": "1", "q2": "2", "q3": "3"}
    assert found["s3"] == {"q1": "4", "q2": "5", "q3": "6"}


@pytest.mark.parametrize("row", ['s1,"28,28,6,156,5\n', "s1,28,28,6,156,5\n"])
def test_a_row_of_too_many_cells_is_left_to_a_person(row: str, tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text(f"id,q1,q2,q3\n{row}s2,1,2,3\n")
    units = collect([str(tmp_path / "class.csv")], None, GRADER.reader.ids)
    found = [GRADER.outcome(unit) for unit in units]
    assert [outcome.status for outcome in found] == ["unreadable", "graded"]
    assert "6 cells under 4 headings" in found[0].rows[0].detail


def test_forms_with_questions_over_several_lines(tmp_path: Path) -> None:
    text = (
        'Timestamp,Email Address,"Q1. What is the\nshape of C1? [2 points]",Q2: how many?\n'
        '2025/03/01 10:00:00 AM GMT+1,a@x.edu,"28x28x6\nas it has\nno padding",156\n'
    )
    assert answers(tmp_path, text) == {
        "a@x.edu": {"q1": "28x28x6\nas it has\nno padding", "q2": "156"}
    }


def test_responses_are_the_answers_where_questions_are_exported_too(tmp_path: Path) -> None:
    text = (
        "Surname,First name,Question 1,Response 1,Right answer 1,Question 2,Response 2\n"
        "Smith,Ann,What shape?,28x28x6,9,How many?,156\nSmith,Bob,What shape?,1,9,How many?,2\n"
    )
    assert answers(tmp_path, text) == {
        "Ann Smith": {"q1": "28x28x6", "q2": "156"}, "Bob Smith": {"q1": "1", "q2": "2"},
    }  # fmt: skip


def test_a_question_may_head_its_column_with_its_text(tmp_path: Path) -> None:
    head = ASSIGNMENT.questions[1].text.replace('"', '""')
    assert answers(tmp_path, f'name,"{head}"\nAda,156\n') == {"Ada": {"q2": "156"}}


def test_rows_of_one_student_are_one_submission(tmp_path: Path) -> None:
    text = f"student,question,answer\ns1,q1,1\ns2,q1,{'(' * 140_000}\ns1,Q2,2\ns2,q2,3\n"
    path = tmp_path / "class.csv"
    path.write_text(text)
    units = collect([str(path)], None, GRADER.reader.ids)
    outcomes = [GRADER.outcome(unit) for unit in units]
    assert [len(outcome.rows) for outcome in outcomes] == [1, 1]
    assert outcomes[0].answers == {"q1": "1", "q2": "2"}
    assert outcomes[1].answers["q2"] == "3"


def test_one_students_table_is_no_class(tmp_path: Path) -> None:
    assert answers(tmp_path, "id,question,answer\nq1,shape?,1\nq2,params?,2\n") == {
        "class": {"q1": "1", "q2": "2"}
    }


CELLS = st.text(st.sampled_from("ab1x,;\t\"' \n"), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_whatever_a_writer_wrote_is_read(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    found = list(records(lines_of(text.getvalue()), ",", 3))
    assert [row for _, row in found] == rows
    assert sum(len(record) for record, _ in found) == len(list(lines_of(text.getvalue())))


@given(st.text(st.sampled_from('ab,"\n\r'), max_size=60), st.integers(0, 4))
def test_records_take_every_line_once(text: str, width: int) -> None:
    found = list(records(lines_of(text), ",", width))
    assert sum(len(record) for record, _ in found) == len(list(lines_of(text)))
