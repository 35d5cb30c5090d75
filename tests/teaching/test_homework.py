"""Every question of the collected homework is answered by the tool, with the key's answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from questions import ANSWERS, AT_A_POINT, ONE_D, fields_of

DATA = Path(__file__).resolve().parents[1] / "data" / "homework_questions.json"
QUESTIONS = {q["id"]: q for q in json.loads(DATA.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_answer(name: str) -> None:
    assert ANSWERS[name]() == QUESTIONS[name]["answer"]


@pytest.mark.parametrize("name", sorted(AT_A_POINT))
def test_answer_of_a_formula(name: str) -> None:
    assert AT_A_POINT[name]() == QUESTIONS[name]["check_at"]["values"]


def test_receptive_fields_layer_by_layer(tmp_path: Path) -> None:
    file = tmp_path / "one_d.yaml"
    file.write_text(ONE_D, encoding="utf-8")
    assert fields_of(str(file)) == QUESTIONS["udl-10-11"]["answer"]


def test_no_question_is_left_out() -> None:
    assert set(QUESTIONS) == {*ANSWERS, *AT_A_POINT, "udl-10-11"}
