"""Answers that were once read as something else, each with its neighbours."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.diagnostics import Source
from cnncalc.grading.answers import Number, Unread, Volume, is_blank, read_number, read_shape
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Marker

SIZES = st.lists(st.integers(1, 999), min_size=2, max_size=4)


@given(SIZES)
def test_an_escaped_cross_of_markdown_is_the_cross(sizes: list[int]) -> None:
    plain, escaped = ("*".join(map(str, sizes)), r"\*".join(map(str, sizes)))
    assert read_shape(escaped) == read_shape(plain)
    assert read_number(escaped) == read_number(plain)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        (r"10\*(5\*5\*3+1)", 760), (r"750 \+ 10", 760), (r"\-1", -1), (r"760\.", 760),
        (r"\(10 \cdot 76\)", 760), ("~~750~~ 760", 760), ("<s>750</s> 760", 760),
        ("<del>750</del> <b>760</b>", 760), (r"\sout{750} 760", 760), ("1_000", 1000),
    ],
)  # fmt: skip
def test_escaped_and_crossed_out_numbers(typed: str, value: int) -> None:
    found = read_number(typed)
    assert isinstance(found, Number)
    assert found.value == Fraction(value)


@given(SIZES, SIZES)
def test_a_crossed_out_shape_is_not_the_answer(old: list[int], new: list[int]) -> None:
    shapes = ["x".join(map(str, sizes)) for sizes in (old, new)]
    found = read_shape(f"~~{shapes[0]}~~ {shapes[1]}")
    assert isinstance(found, Volume)
    assert found.axes == tuple(map(Fraction, new))
    assert read_shape(f"~~{shapes[0]}~~") == Unread("no answer", blank=True)


@pytest.mark.parametrize(
    "typed", ["32_32_10", "1_0000", "750 (+10)", "750(+10)", "750 (-10)", "750 weights (+10)"]
)
def test_what_is_no_number_is_read_as_none(typed: str) -> None:
    assert isinstance(read_number(typed), Unread)


@pytest.mark.parametrize(
    "text",
    ["# YOUR CODE HERE", "YOUR ANSWER HERE", "TODO: shape", "...", "?", "n/a",
     "raise NotImplementedError()", "type your answer here", "<!-- your answer here -->"],
)  # fmt: skip
def test_what_a_template_holds_is_blank(text: str) -> None:
    assert is_blank(text)


FORMULA = """
specs:
  pad:
    parameters: {W: 32, F: 5, P: 0, S: 1}
    input: [1, W, W]
    layers: [conv: {name: conv, out_channels: 1, kernel_size: F, padding: P, stride: S}]
questions:
  - {id: q, kind: expression, symbols: {W: 20..40, F: 1..7, P: 0..3, S: [1, 2]}, quantity: size}
  - {id: r, kind: size, node: conv}
"""


@pytest.mark.parametrize(
    "formula",
    ["W/P", "sqrt(W)", "W^0.5", "W/(S-1)", "2^1000", "(W-F+2P)/(S-1)+1", "W^W^W", "1/0", "0^(-1)",
     "floor(W/P)", "pow(W, 0.5)", "(W-F+2P)/P+1"],
)  # fmt: skip
def test_a_formula_that_cannot_be_worked_out_is_wrong_and_voids_nothing(formula: str) -> None:
    first, second = Marker(read_assignment_text(Source("a.yaml", FORMULA))).mark(
        {"q": formula, "r": "28"}
    )
    assert first.verdict == "wrong"
    assert "cannot be worked out" in " ".join(first.notes)
    assert second.verdict == "accept"
