"""Rows of typed tables find their layers: by name where they have one, else by order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.model import Item
from cnncalc.grading.submissions.ids import Ids, Row
from cnncalc.grading.submissions.tables import place

ASSIGNMENT = """
title: Table
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv1, out_channels: 8, kernel_size: 3}
      - relu: {name: act1}
      - conv: {name: conv2, out_channels: 16, kernel_size: 3}
      - max_pool: {name: pool, kernel_size: 2}
      - flatten: {name: flat}
      - linear: {name: fc, out_features: 10}
questions:
  - {id: t, kind: table, rows: all, columns: [shape, params]}
"""
READ = read_assignment_text(Source("t.yaml", ASSIGNMENT), ".", {})
QUESTION = READ.questions[0]
IDS = Ids(READ)
ROWS = list(dict.fromkeys(item.row for item in QUESTION.items))


def typed(labels: list[str]) -> list[Row]:
    return [Row(label, {"shape": f"s{row}"}) for row, label in enumerate(labels)]


@pytest.mark.parametrize("seed", range(20))
def test_named_rows_are_placed_by_name_in_any_order_and_any_case(seed: int) -> None:
    random_ = random.Random(seed)
    order = random_.sample(ROWS, random_.randint(1, len(ROWS)))
    labels = [random_.choice([name, name.upper(), f" {name}:", f"{name[:2]}_{name[2:]}"])
              for name in order]  # fmt: skip
    found = place(typed(labels), QUESTION, [])
    assert found == {f"t/{name}/shape": f"s{row}" for row, name in enumerate(order)}


def test_rows_without_a_name_of_their_own_go_where_the_named_ones_leave_room() -> None:
    rows = typed(["Conv", "ReLU", "Conv", "pool", "Flatten", "FC"])
    found = place(rows, QUESTION, [])
    assert found == {f"t/{name}/shape": f"s{row}" for row, name in enumerate(ROWS)}


ANSWERS = st.sampled_from(
    ["(30, 30, 8)", "[8, 30, 30]", "(30,)", "30x30x8", "224", "8*(27+1)", "(5*5*3+1)*8 = 608",
     "answer 5", "30 - 2 = 28", "= 3", "28: 3", "28. ", "(a) 5", "-> 28", "**28**"]
)  # fmt: skip
SIGNS = st.sampled_from([": ", " = ", "\t", " | ", ":", " -> ", "  "])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(QUESTION.items), st.sampled_from(["/", ".", " ", "_"]), SIGNS, ANSWERS)
def test_a_cell_in_a_line_of_its_own_keeps_the_whole_answer(
    item: Item, separator: str, sign: str, answer: str
) -> None:
    begun = IDS.openings(item.id.replace("/", separator) + sign + answer)
    opening = begun[0] if len(begun) == 1 else None
    if sign == "  ":  # nothing tells where the name ends
        assert opening is None or opening.name == item.id
        return
    assert opening is not None
    assert opening.name == item.id
    assert opening.rest.strip("*").lstrip("=-> ") == answer.strip("* ").lstrip("=-> ")
