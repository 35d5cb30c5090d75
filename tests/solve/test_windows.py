"""Questions about one layer: all solutions and no others, against trying every value."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.cli import run
from cnncalc.diagnostics import LayerError, UsageError
from cnncalc.geometry import Window, output_length
from cnncalc.layers import layer_class
from cnncalc.solve.answer import Range, listed, parse_choice
from cnncalc.solve.counts import CountQuestion, solve_counts
from cnncalc.solve.each_axis import window_answer
from cnncalc.solve.window import WindowQuestion, solve_window
from cnncalc.solve.window_words import answer

RANGES = {
    "kernel": Range(1, 8, True),
    "stride": Range(1, 6, True),
    "padding": Range(0, 5, True),
    "dilation": Range(1, 3, True),
    "output_padding": Range(0, 2, True),
}


@st.composite
def questions(draw: Any) -> WindowQuestion:
    kind = draw(st.sampled_from(["conv", "pool", "conv_transpose"]))
    transposed = kind == "conv_transpose"
    same = not transposed and draw(st.integers(0, 9)) == 0
    tied = kind == "pool" and draw(st.booleans())
    known = {
        "kernel": draw(st.integers(1, 6)),
        "stride": draw(st.integers(1, 4)),
        "padding": draw(st.integers(0, 3)),
        "dilation": draw(st.sampled_from([1, 1, 2])),
    }
    if transposed:
        known["output_padding"] = draw(st.integers(0, 1))
    if tied:
        del known["stride"]
    if same:
        del known["padding"]
    unknown = draw(
        st.lists(st.sampled_from([*known, "input"]), min_size=1, max_size=2, unique=True)
    )
    choices = {name: RANGES[name] if name in unknown else value for name, value in known.items()}
    axes = draw(st.integers(1, 2))
    inputs = tuple(draw(st.integers(1, 20)) for _ in range(axes))
    outputs = tuple(draw(st.integers(1, 12)) for _ in range(1 if "input" in unknown else axes))
    return WindowQuestion(
        kind,
        Range(1, 20, True) if "input" in unknown else inputs,
        None if not transposed and draw(st.booleans()) else outputs,
        choices,
        draw(st.sampled_from(["floor", "ceil", "strict"])),
        tied,
        same,
    )


def output_of(question: WindowQuestion, values: dict[str, int], length: int) -> int | None:
    """The output length by the layers themselves, which know nothing of the solver."""
    fields: dict[str, Any] = {"kernel_size": values["kernel"], "stride": values["stride"]}
    fields["padding"] = "same" if question.same else values["padding"]
    if question.kind != "pool" or values["dilation"] > 1:
        fields["dilation"] = values["dilation"]
    if question.transposed:
        fields["output_padding"] = values["output_padding"]
    elif not question.same:
        fields["rounding"] = question.rounding
    keyword = {"pool": "max_pool"}.get(question.kind, question.kind)
    if keyword != "max_pool":
        fields["out_channels"] = 1
    return length_of(keyword, tuple(fields.items()), length)


@cache
def length_of(keyword: str, fields: tuple[tuple[str, Any], ...], length: int) -> int | None:
    """The output length of a layer with these fields, None if it refuses."""
    try:
        return int(layer_class(keyword)(**dict(fields)).output_shape(((1, length),))[1])
    except LayerError:
        return None


def holds(question: WindowQuestion, values: dict[str, int], inputs: tuple[int, ...]) -> bool:
    """Whether values solve a question, found without the solver."""
    extent = values["dilation"] * (values["kernel"] - 1) + 1
    if question.outputs is None and not question.same:
        asked = question.choices.get("padding")
        typed = not isinstance(asked, Range) or asked.stated
        if question.kind == "conv" and not typed and values["padding"] > extent - 1:
            return False
        rooms = [n + 2 * values["padding"] - extent for n in inputs]
        if any(room < 0 or room % values["stride"] for room in rooms):
            return False
    outputs = question.outputs or (None,) * len(inputs)
    outputs = outputs * len(inputs) if len(outputs) == 1 else outputs
    for length, wanted in zip(inputs, outputs, strict=True):
        got = output_of(question, values, length)
        if got is None or (wanted is not None and got != wanted):
            return False
    return True


@settings(max_examples=60)
@given(questions())
def test_the_solutions_are_exactly_those_of_trying_everything(question: WindowQuestion) -> None:
    found = solve_window(question)
    answer(found)
    names = found.unknowns
    spans = [question.range_of(name) for name in names]
    wanted = set()
    for combination in product(*[range(s.lo, (s.hi or 0) + 1) for s in spans]):
        values = {"output_padding": 0, "padding": 0, "stride": 1, **{
            n: v for n, v in question.choices.items() if isinstance(v, int)}}  # fmt: skip
        values |= dict(zip(names, combination, strict=True))
        if question.tied:
            values["stride"] = values["kernel"]
        inputs = (values["input"],) if isinstance(question.inputs, Range) else question.inputs
        if holds(question, values, inputs):
            wanted.add(combination)
    assert {tuple(row[name] for name in names) for row in found.rows} == wanted


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 6), st.integers(1, 40))
def test_without_a_range_no_solution_is_missed(
    length: int, kernel: int, stride: int, out: int
) -> None:
    question = WindowQuestion(
        "conv", (length,), (out,), {"kernel": kernel, "stride": stride, "padding": Range(0, 7)}
    )
    found = {row["padding"] for row in solve_window(question).rows}
    wanted = {
        p
        for p in range(200)
        if length + 2 * p >= kernel and output_length(length, Window(kernel, stride, p, p)) == out
    }
    assert found == wanted


def conv(given: Any, wanted: Any, **choices: Any) -> tuple[str, bool]:
    result = answer(solve_window(WindowQuestion("conv", given, wanted, choices)))
    return result.summary, result.found


def test_padding_that_keeps_the_size() -> None:
    for kernel, padding in ((3, 1), (5, 2), (7, 3)):
        summary, _ = conv((32,), (32,), kernel=kernel, stride=1, padding=Range(0, 7))
        assert summary == f"padding {padding}"


def test_an_even_kernel_needs_uneven_padding() -> None:
    summary, found = conv((32,), (32,), kernel=4, stride=1, padding=Range(0, 7))
    assert not found
    assert summary == "no padding does it; padding of 1 before and 2 after would"


def test_lengths_that_fit_go_on_without_end() -> None:
    question = WindowQuestion("conv", Range(1, None), None, {"kernel": 5, "stride": 2}, "strict")
    result = answer(solve_window(question))
    assert result.summary == "input 5, 7, 9, 11, 13, ... without end, every 2"


def test_a_question_without_unknowns_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing is unknown"):
        solve_window(WindowQuestion("conv", (32,), (32,), {"kernel": 3}))


@given(
    rank=st.integers(1, 3),
    kernel=st.integers(1, 4),
    channels=st.integers(1, 12),
    filters=st.integers(1, 12),
    bias=st.booleans(),
    unknown=st.lists(
        st.sampled_from(["kernel", "channels", "filters"]), min_size=1, max_size=2, unique=True
    ),
)
def test_counts_are_solved_like_trying_everything(
    rank: int, kernel: int, channels: int, filters: int, bias: bool, unknown: list[str]
) -> None:
    known = {"kernel": kernel, "channels": channels, "filters": filters}

    def params(values: dict[str, int]) -> int:
        each = values["kernel"] ** rank * values["channels"] + bias
        return values["filters"] * each

    spans = {"kernel": Range(1, 5), "channels": Range(1, 60), "filters": Range(1, 60)}
    asked = {n: spans[n] if n in unknown else v for n, v in known.items()}
    result = solve_counts(CountQuestion(rank, **asked, bias=bias, params=params(known)))
    found = {tuple(sorted(row.items())) for row in result.value}  # type: ignore[attr-defined]  # a list here
    names = sorted(unknown)
    wanted = set()
    for combination in product(*[range(1, (spans[n].hi or 0) + 1) for n in names]):
        values = known | dict(zip(names, combination, strict=True))
        if params(values) == params(known):
            wanted.add(tuple(zip(names, combination, strict=True)))
    assert found == wanted
    assert tuple((n, known[n]) for n in names) in found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("any", Range(1, 15)), ("?", Range(1, 15)), ("3", 3), ("2..5", Range(2, 5, True))],
)
def test_choices(text: str, wanted: Any) -> None:
    assert parse_choice(text, 1, Range(1, 15), "--kernel") == wanted


@pytest.mark.parametrize("text", ["", "x", "5..2", "0", "-1", "1..", "1.5", "²"])
def test_bad_choices_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_choice(text, 1, Range(1, 15), "--kernel")


def test_lists_of_numbers_in_words() -> None:
    assert listed([1]) == "1"
    assert listed([1, 2]) == "1 and 2"
    assert listed([1, 2, 3, 7]) == "1 to 3 and 7"
    assert listed([]) == "none"


def test_a_padding_that_is_typed_is_taken_however_wide() -> None:
    fixed: dict[str, Any] = {"kernel": 2, "dilation": 2, "stride": Range(1, 6, stated=True)}
    given_four = solve_window(WindowQuestion("conv", (22,), None, {**fixed, "padding": 4}))
    assert [row["stride"] for row in given_four.rows] == [1, 3]
    spanned = {"kernel": 3, "stride": 1, "padding": Range(0, 4, stated=True)}
    assert len(solve_window(WindowQuestion("conv", (8,), None, spanned)).rows) == 5
    spanned["padding"] = Range(0, 4)
    assert len(solve_window(WindowQuestion("conv", (8,), None, spanned)).rows) == 3


@settings(max_examples=60)
@given(questions(), st.integers(1, 12), st.integers(1, 12))
def test_axis_by_axis_the_solutions_are_exactly_those_of_trying_everything(
    question: WindowQuestion, first: int, second: int
) -> None:
    if isinstance(question.inputs, Range) or question.outputs is None:
        return
    lengths, outputs = (question.inputs[0], first + 3), (question.outputs[0], second)
    question = replace(question, inputs=lengths, outputs=outputs)
    names = question.unknowns()
    spans = [question.range_of(name) for name in names]
    own: list[list[tuple[int, ...]]] = []
    for length, out in zip(lengths, outputs, strict=True):
        axis = replace(question, inputs=(length,), outputs=(out,))
        own.append([])
        for combination in product(*[range(s.lo, (s.hi or 0) + 1) for s in spans]):
            values = {"output_padding": 0, "padding": 0, "stride": 1, **{
                n: v for n, v in question.choices.items() if isinstance(v, int)}}  # fmt: skip
            values |= dict(zip(names, combination, strict=True))
            if question.tied:
                values["stride"] = values["kernel"]
            if holds(axis, values, (length,)):
                own[-1].append(combination)
    result = window_answer(question)
    common = set(own[0]) & set(own[1])
    assert result.found == all(own)
    assert isinstance(result.value, list)
    if common:
        assert {tuple(row[n] for n in names) for row in result.value} == common
        assert "the same along every axis" in result.summary or len(question.axes()) == 1
    elif all(own):
        wanted = {tuple(zip(*pair, strict=True)) for pair in product(*own)}
        assert {tuple(tuple(row[n]) for n in names) for row in result.value} == wanted
        best = min(sum(len(set(v)) > 1 for v in row) for row in wanted)
        assert sum(len(set(row)) > 1 for row in result.value[0].values()) == best


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("conv --input 32x40 --output-size 16x40 -k 3 -s any -p 1", {"stride": [2, 1]}),
        ("conv --input 32x40 --output-size 16x20 -k 3 -s any -p 1", {"stride": 2}),
        (
            "conv-transpose --input 46x62 --output-size 368x489 -k 16 -s 8 -p any"
            " --output-padding any",
            {"padding": [4, 8], "output_padding": [0, 1]},
        ),
        ("conv --input any --output-size 55x27 -k 3 -s 2", {"input": [111, 55]}),
        ("pool --input 28x14 --output-size 14x2 -k any", {"kernel": [2, 5]}),
        ("conv --input 32x32x3 --output-size 28x28x6 -k 5 --filters any", {"filters": 6}),
        ("conv --input 32x32x3 --output-size 28x28x6 -k 5 --channels any", {"channels": 3}),
        ("conv --input 8x8x6 --output-size 6x6x4 -k 3 --groups any", {"groups": 1}),
        ("conv --input 8x8x6 --output-size 6x6x4 -k 3 --groups 2..8", {"groups": 2}),
    ],
)
def test_typed_questions(typed: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", *typed.split(), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"][0] == value


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            "conv --input 32x40 --output-size 16x41 -k any -s 2",
            "no solution: no kernel does it along",
        ),
        (
            "conv --input 32 --output-size 99 -k any -s any",
            "none found: no kernel and stride does it in",
        ),
        ("conv --input 9 --output-size 99 -k 1..3 -s 1..4", "no solution: no kernel and stride"),
        ("conv --input 32x32x3 --output-size 27x28x6 -k 5 --filters any", "the window makes 28x28"),
        (
            "conv --input 8x8x6 --output-size 6x6x4 -k 3 -g 4 --filters any",
            "no number of filters does it",
        ),
    ],
)
def test_no_solution_is_said_only_where_it_is_proved(
    typed: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["solve", *typed.split()]) == 1
    assert words in capsys.readouterr().out
