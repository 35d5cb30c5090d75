"""Inverse and expression questions: their keys from the solver, and formulas in letters."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest

from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.model import Assignment, Question
from cnncalc.grading.question_types.expression import FormulaTruth
from cnncalc.grading.question_types.inverse import ValuesTruth
from cnncalc.solve.answer import Range
from cnncalc.solve.window import WindowQuestion as Window
from cnncalc.solve.window import solve_window

SPECS = """
specs:
  one:
    parameters: {W: 32, F: 5, P: 0, S: 1, K: 4, D: 1}
    input: [3, W, W]
    layers:
      - conv: {name: c, out_channels: K, kernel_size: F, padding: P, stride: S, dilation: D}
"""


@cache
def assignment(text: str) -> Assignment:
    """Return the assignment of one question; one text is searched for its solutions once."""
    source = Source("hw.yaml", f"{SPECS}questions:\n  - {{id: q, {text}}}\n")
    return read_assignment_text(source)


def question(text: str) -> Question:
    return assignment(text).questions[0]


def key(text: str) -> str:
    return question(text).items[0].right_answer


def solutions(text: str) -> set[tuple[int, ...]]:
    truth = question(text).items[0].truth
    assert isinstance(truth, ValuesTruth)
    return set(truth.solutions)


def verdicts(text: str, *answers: str) -> list[str]:
    marker = Marker(assignment(text))
    return [marker.mark({"q": answer})[0].verdict for answer in answers]


def out(size: int, kernel: int, pad: int, stride: int, rounding: str) -> int | None:
    room = size + 2 * pad - kernel
    if room < 0 or (rounding == "strict" and room % stride):
        return None
    return room // stride + 1


@pytest.mark.parametrize("rounding", ["floor", "strict"])
@pytest.mark.parametrize(("wanted", "stride"), [(16, 2), (32, 1), (11, 3)])
def test_a_layer_a_spec_the_solver_and_a_loop_find_the_same(
    wanted: int, stride: int, rounding: str
) -> None:
    looped = {
        (kernel, pad)
        for kernel, pad in product(range(1, 8), range(5))
        if out(32, kernel, pad, stride, rounding) == wanted
    }
    ranges = "{F: 1..7, P: 0..4}"
    asked = f"conventions: {{rounding: {rounding}}}"
    spec = f"kind: inverse, spec: one, set: {{S: {stride}}}, unknown: {ranges}, {asked}"
    layer = f"kind: inverse, layer: conv, unknown: {{kernel_size: 1..7, padding: 0..4}}, {asked}"
    given = f"{{input: 32x32, output: {wanted}x{wanted}, stride: {stride}}}"
    choices = {"kernel": Range(1, 7, True), "padding": Range(0, 4, True), "stride": stride}
    found = solve_window(
        Window("conv", (32, 32), (wanted, wanted), choices, rounding)  # type: ignore[arg-type]
    )
    assert {(row["kernel"], row["padding"]) for row in found.rows} == looped
    assert solutions(f"{layer}, given: {given}") == looped
    assert solutions(f"{spec}, want: {{size: {wanted}}}") == looped


#: Inverse questions, with their key; docs/howto/grading-questions.md has more.
KEYS = {
    "layer: conv, given: {input: 121x121, output: 121x121, kernel_size: 5}, unknown: padding":
        "padding = 2",
    "layer: conv, given: {kernel_size: 5, stride: 2}, unknown: input, range: 1..12":
        "input = 5, 7, 9, 11 (any of them)",
    "layer: pool, given: {input: 28x28, output: 14x14}, unknown: kernel_size": "kernel_size = 2",
    "layer: conv_transpose, given: {input: 16, output: 32, stride: 2, padding: 1}, unknown:"
    " kernel_size": "kernel_size = 4",
    "layer: conv, given: {input: 3x32x32, kernel_size: 5, params: 750}, unknown: out_channels,"
    " conventions: {bias: apart}": "out_channels = 10",
    "layer: conv, given: {kernel_size: 2, stride: 2, input: 224, output: 7}, unknown: layers":
        "layers = 5",
    "spec: alexnet, unknown: input, want: {lossless: true}, range: 1..150":
        "input = 67, 99, 131 (any of them)",
    "spec: alexnet, unknown: input, pick: smallest": "input = 67",
    "spec: lenet5, unknown: input, want: {size: 5}, node: S4, range: 1..64":
        "input = 32, 33, 34, 35 (any of them)",
}  # fmt: skip


@pytest.mark.parametrize("text", KEYS)
def test_keys_of_inverse_questions(text: str) -> None:
    assert key(f"kind: inverse, {text}") == KEYS[text]


def test_the_largest_batch_is_the_largest() -> None:
    found = solutions("kind: inverse, spec: resnet50, unknown: batch,"
                      " want: {memory: 8GiB, training: true}")  # fmt: skip
    assert found == {(54,)}  # as docs/howto/solve.md works it out


def test_any_solution_is_right_and_all_must_be_listed_if_asked() -> None:
    text = "kind: inverse, layer: conv, given: {output: 3, kernel_size: 3, stride: 2, padding: 1}"
    assert verdicts(f"{text}, unknown: input", "5", "6", "W = 6", "4") == [
        "accept", "accept", "accept", "wrong",
    ]  # fmt: skip
    assert verdicts(f"{text}, unknown: input, answer: all", "5, 6", "6 and 5", "5") == [
        "accept", "accept", "partial",
    ]  # fmt: skip
    several = (
        "given: {input: 32, output: 16, stride: 2}, unknown: {kernel_size: 1..5, padding: 0..2}"
    )
    found = verdicts(f"kind: inverse, layer: conv, {several}", "3, 1", "padding 1, kernel_size 4",
                     "3, 2")  # fmt: skip
    assert found == ["accept", "accept", "wrong"]


def test_ranges_and_conventions_are_stated_even_under_a_text_of_ones_own() -> None:
    asked = "kind: inverse, spec: one, unknown: P, range: [1, 3, 5], want: {size: {min: 32}}"
    assert "(P 1, 3 or 5)" in question(asked).text
    own = question(f"{asked}, text: Which padding will do?")
    assert own.stated[0] == "P 1, 3 or 5"
    assert any("rounded down" in line for line in own.stated)


REFUSED = {
    "kind: inverse": "needs an unknown",
    "kind: inverse, unknown: P": "nothing that is wanted",
    "kind: inverse, unknown: Q, want: {size: 3}": "no parameter `Q`",
    "kind: inverse, unknown: P, want: {sise: 3}": "no quantity `sise`",
    "kind: inverse, unknown: P, want: {size: {most: 3}}": "bounds are `min` and `max`",
    "kind: inverse, unknown: P, want: {size: {min: 3, max: 2}}": "no number is within",
    "kind: inverse, unknown: P, range: 5..1, want: {size: 3}": "`range` has no values",
    "kind: inverse, unknown: P, range: 1..1000000, want: {size: 3}": "more than 5,000 values",
    "kind: inverse, unknown: P, range: 0..5, want: {size: 99}": "no solution in its range",
    "kind: inverse, unknown: P, range: 0..5, want: {channels: 4}": "every value of the range",
    "kind: inverse, unknown: {F: 1..5, P: 0..2}, want: {spatial: input}, answer: all":
        "of one unknown",
    "kind: inverse, layer: convv, unknown: padding, given: {input: 3}": "cannot be `convv`",
    "kind: inverse, layer: conv, unknown: padding": "nothing is given",
    "kind: inverse, layer: conv, unknown: pad, given: {input: 3}": "no size `pad`",
    "kind: inverse, layer: conv, unknown: padding, given: {input: 9, output: 9}": "kernel's size",
    "kind: inverse, layer: conv, unknown: padding, given: {kernel_size: 5, input: x, output: 9}":
        "no shape",
    "kind: inverse, layer: conv, unknown: input, given: {kernel_size: 5, stride: 2}": "without end",
    "kind: inverse, layer: conv, unknown: padding, given: {kernel_size: 5, stride: 2, input: 32}":
        "no solution in its range",
    "kind: inverse, unknown: batch, want: {params: 3}": "no key `params`",
    "kind: expression": "no symbols",
    "kind: expression, symbols: {Q: 1..3}": "no parameter `Q`",
    "kind: expression, symbols: {W: 20..30}, quantity: channels": "no symbol makes a difference",
    "kind: expression, symbols: {W: 20..30}, quantity: shape": "only 0 points",
    "kind: expression, symbols: {K: [1, 2]}, quantity: params": "only 2 points",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_questions_without_an_answer_are_refused_with_the_reason(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        question(text if "spec:" in text else f"spec: one, {text}")
    assert REFUSED[text] in caught.value.diagnostics[0].message
    assert caught.value.diagnostics[0].span is not None


#: Expression questions, with the formula that full feedback shows.
FORMULAS = {
    "symbols: {W: 20..40, F: 1..7, P: 0..3, S: 1..3}, quantity: size": "⌊(W - F + 2·P)/S⌋ + 1",
    "symbols: {W: 30..60, F: 1..7, S: 1..3, D: 1..3}, quantity: width":
        "⌊(W - D·(F - 1) - 1)/S⌋ + 1",
    "symbols: {W: 20..40, F: 1..7, S: 1..3}, quantity: size, conventions: {rounding: strict}":
        "(W - F)/S + 1",
    "symbols: {K: 1..64, F: 1..7}, quantity: params": "(F·F·3 + 1)·K",
    "symbols: {K: 1..64, F: 1..7}, quantity: params, conventions: {bias: apart}": "3·K·F·F",
    "symbols: {K: 1..9, W: 20..40}, quantity: flops": "2·75·K·(W - 4)·(W - 4)",
    "symbols: {K: 1..9}, quantity: channels": "K",
    "symbols: {D: 1..4, F: 1..7}, quantity: receptive_field": "D·(F - 1) + 1",
    "symbols: {F: 1..15}, unknown: P, range: 0..8, want: {spatial: input}": "(F - 1)/2",
}  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_a_typed_formula_is_checked_and_shown_as_it_stands(text: str) -> None:
    asked = f"kind: expression, spec: one, {text}"
    formula = FORMULAS[text]
    assert key(f"{asked}, formula: '{formula}'") == formula
    assert key(asked).startswith("a formula that gives, for instance, ")
    assert verdicts(asked, formula, formula.lower()) == ["accept", "accept"]
    with pytest.raises(SpecError, match="`formula` is not right: for"):
        question(f"{asked}, formula: '{formula} + 1'")


def test_a_formula_over_several_layers_and_over_a_whole_network() -> None:
    spec = """{parameters: {W: 28, C: 6}, input: [1, W, W], layers: [{conv: {out_channels: C,
      kernel_size: 5}}, relu, {max_pool: {name: p, kernel_size: 2}}, flatten, {linear: 10}]}"""
    where = f"kind: expression, spec: {spec}"
    size = f"{where}, symbols: {{W: 20..60}}, quantity: size, node: p"
    assert verdicts(size, "⌊(W - 6)/2⌋ + 1", "(W - 4)/2") == ["accept", "partial"]
    params = f"{where}, symbols: {{C: 1..20}}, quantity: params"
    assert verdicts(params, "26*C + 10*(144*C + 1)", "26*C") == ["accept", "wrong"]


def test_letters_that_courses_use_may_stand_for_the_questions() -> None:
    asked = "kind: expression, spec: one, symbols: {W: 20..40, F: 1..7, P: 0..3, S: 1..3}"
    answers = ("floor((N-K+2*pad)/s)+1", "⌊(w_in-kernel+2p)/stride⌋+1", "(W-F+2P)/S+1", "(K-Q)/S")
    assert verdicts(asked, *answers) == ["accept", "accept", "partial", "unreadable"]
    # K is another symbol of this question: it does not stand for the kernel.
    params = "kind: expression, spec: one, symbols: {K: 1..15, F: 1..5}, quantity: params"
    assert verdicts(params, "K(3F^2+1)", "kernel*(3F^2+1)", "F(3K^2+1)") == [
        "accept", "unreadable", "wrong",
    ]  # fmt: skip


def test_the_points_are_spread_over_all_values_of_every_symbol() -> None:
    text = "kind: expression, spec: one, symbols: {W: 20..400, F: 1..7, P: 0..3, S: 1..3}"
    truth = question(text).items[0].truth
    assert isinstance(truth, FormulaTruth)
    for name, count in (("W", 60), ("F", 7), ("P", 4), ("S", 3)):
        assert len({point[name] for point, _ in truth.points}) >= count
