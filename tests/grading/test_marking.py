"""Credit: exact, with a note, following from earlier answers, recognised slips, parts."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Mark, Marker
from cnncalc.grading.marking.reasons import Explainer

CHAIN = """
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: c1, out_channels: 8, kernel_size: 5, padding: 1}
      - max_pool: {name: p1, kernel_size: 2}
      - conv: {name: c2, out_channels: 16, kernel_size: 3, stride: 2}
      - batch_norm: {name: bn}
      - flatten: {name: flat}
      - linear: {name: fc, out_features: 10}
"""
TABLE = CHAIN + "questions: [{id: t, kind: table, points: 12, columns: [shape, params, macs]}]"
FORK = """
specs:
  net:
    input: 4x16x16
    layers:
      - conv: {name: stem, out_channels: 8, kernel_size: 3, padding: 1}
      - concat:
          name: join
          left: [{conv: {name: l, out_channels: 4, kernel_size: 1}}]
          right: [{conv: {name: r, out_channels: 6, kernel_size: 3, padding: 1}}]
      - conv: {name: last, out_channels: 2, kernel_size: 1}
questions:
  - {id: stem, kind: shape, node: stem}
  - {id: left, kind: shape, node: join/left}
  - {id: right, kind: shape, node: join/right}
  - {id: join, kind: shape, node: join}
  - {id: last, kind: params, node: last}
"""


def marker(text: str) -> Marker:
    return Marker(read_assignment_text(Source("a.yaml", text)))


def marked(text: str, answers: dict[str, str]) -> dict[str, Mark]:
    return {mark.item: mark for mark in marker(text).mark(answers)}


def one(question: str, answer: str, net: str = CHAIN, credit: str = "") -> Mark:
    text = f"{net}credit: {{{credit}}}\nquestions: [{{id: q, {question}}}]"
    return marked(text, {"q": answer})["q"]


def test_an_error_is_charged_where_it_was_made_and_carried_forward() -> None:
    answers = {
        "t/c1/shape": "40x40x8", "t/p1/shape": "20x20x8", "t/c2/shape": "9x9x16",
        "t/flat/shape": "1296", "t/fc/params": "12970", "t/c1/macs": str(40 * 40 * 8 * 75),
    }  # fmt: skip
    found = marked(TABLE, answers)
    assert found["t/c1/shape"].reason != "follow_through"
    for name in list(answers)[1:]:
        assert found[name].reason == "follow_through", name
        assert found[name].credit == 1, name
    assert found["t/c2/shape"].follows[0] == "t/p1/shape"


def test_following_needs_an_earlier_answer_of_ones_own() -> None:
    found = marked(TABLE, {"t/p1/shape": "16x16x8"})
    assert found["t/p1/shape"].reason != "follow_through"


def test_following_crosses_forks_and_joins() -> None:
    found = marked(FORK, {"left": "16x16x5", "right": "16x16x6", "join": "16x16x11", "last": "24"})
    assert found["left"].verdict == "partial"
    assert found["join"].reason == found["last"].reason == "follow_through"
    assert "left" in found["join"].follows


def test_sums_follow_from_ones_own_rows() -> None:
    text = CHAIN + "questions: [{id: t, kind: table, columns: [params], total: true}]"
    rows = {"t/c1/params": "600", "t/c2/params": "1168", "t/bn/params": "32", "t/fc/params": "7850"}
    found = marked(text, {**rows, "t/total/params": str(600 + 1168 + 32 + 7850)})
    assert found["t/total/params"].reason == "follow_through"


def test_flops_follow_from_ones_own_macs_and_bytes_from_ones_own_parameters() -> None:
    text = (
        CHAIN
        + """questions:
  - {id: m, kind: macs, node: c1}
  - {id: f, kind: flops, node: c1}
  - {id: p, kind: params, node: c1}
  - {id: b, kind: weight_bytes, node: c1}
"""
    )
    found = marked(text, {"m": "1000", "f": "2000", "p": "611", "b": "2444"})
    assert found["f"].reason == found["b"].reason == "follow_through"


def test_receptive_fields_follow_from_ones_own_earlier_field() -> None:
    text = (
        CHAIN
        + """questions:
  - {id: a, kind: receptive_field, node: c1}
  - {id: b, kind: receptive_field, node: p1}
  - {id: c, kind: receptive_field, node: c2}
"""
    )
    right = marked(text, {"a": "5", "b": "6", "c": "10"})
    assert [mark.verdict for mark in right.values()] == ["accept"] * 3
    found = marked(text, {"a": "7", "b": "8", "c": "12"})
    assert found["b"].reason == found["c"].reason == "follow_through"


def test_following_can_cost_or_need_a_gate() -> None:
    answers = {"t/c1/shape": "20x20x3", "t/p1/shape": "10x10x3"}
    penalty = marked(TABLE + "\ncredit: {follow_through: 75%}", answers)
    assert penalty["t/p1/shape"].credit == Fraction(3, 4)
    gate = marked(TABLE + "\ncredit: {gate: 0.5}", answers)
    assert gate["t/p1/shape"].reason != "follow_through"


SLIPS = {
    "padding_ignored": ("kind: shape, node: c1", "28x28x8"),
    "padding_once": ("kind: shape, node: c, spec: lecture", "30x30x10"),
    "padding_twice": ("kind: shape, node: c1", "32x32x8"),
    "channels_kept": ("kind: shape, node: c1", "30x30x3"),
    "channels_multiplied": ("kind: shape, node: c1", "30x30x24"),
    "channels_pooled": ("kind: shape, node: p1", "15x15x4"),
    "ceil_for_floor": ("kind: shape, node: p2, spec: odd", "8x8x1"),
    "stride_ignored": ("kind: shape, node: c2", "13x13x16"),
    "missing_plus_one": ("kind: shape, node: c, spec: tall", "3x4x1"),
    "area_for_side": ("kind: receptive_field, node: c1", "25"),
    "bias_forgotten": ("kind: params, node: c1", "600"),
    "bias_added": ("kind: params, node: c1, conventions: {bias: apart}", "608"),
    "bias_per_slice": ("kind: params, node: c1", "624"),
    "input_depth_ignored": ("kind: params, node: c1", "208"),
    "one_filter": ("kind: params, node: c1", "76"),
    "side_for_area": ("kind: params, node: c1", "128"),
    "positions_counted": ("kind: params, node: c1", str(608 * 900)),
    "groups_ignored": ("kind: params, node: g, spec: grouped", "584"),
    "pool_with_weights": ("kind: params, node: p1", "32"),
    "flatten_forgotten": ("kind: params, node: fc", "170"),
    "running_statistics": ("kind: params, node: bn", "64"),
    "statistics_left_out": ("kind: params, node: bn, conventions: {batch_norm: 4}", "32"),
    "row_left_out": ("kind: params", str(608 + 1168 + 7850)),
    "mac_for_flop": ("kind: flops, node: c1", str(900 * 600)),
    "flop_for_mac": ("kind: macs, node: c1", str(2 * 900 * 600)),
    "filters_forgotten": ("kind: macs, node: c1", str(900 * 75)),
    "positions_forgotten": ("kind: macs, node: c1", "600"),
    "input_positions": ("kind: macs, node: c2", str(15 * 15 * 1152)),
    "depth_forgotten": ("kind: activations, node: c1", "900"),
    "params_for_connections": ("kind: connections, node: c1", "608"),
    "values_for_bytes": ("kind: weight_bytes, node: c1", "608"),
    "bits_for_bytes": ("kind: weight_bytes, node: c1", str(608 * 32)),
    "other_dtype": ("kind: weight_bytes, node: c1", str(608 * 8)),
    "layer_short": ("kind: receptive_field, node: c2", "6"),
    "strides_ignored": ("kind: receptive_field, node: c2", "8"),
    "kernels_multiplied": ("kind: receptive_field, node: p1", "10"),
    "pools_skipped": ("kind: receptive_field, node: c2", "7"),
    "dilation_ignored": ("kind: shape, node: d, spec: dilated", "8x8x1"),
    "transposed_as_conv": ("kind: shape, node: t, spec: up", "4x4x2"),
    "concat_as_add": ("kind: shape, node: j, spec: joined", "8x8x3"),
    "add_as_concat": ("kind: shape, node: j, spec: added", "8x8x6"),
    "input_size": ("kind: shape, node: conv1, spec: alexnet", "54x54x96"),
    "axes_swapped": ("kind: shape, node: c, spec: tall", "5x4x1"),
    "product_for_volume": ("kind: shape, node: c1", "7200"),
    "input_repeated": ("kind: shape, node: p1", "30x30x8"),
}  # fmt: skip
NETS = (
    CHAIN
    + """
  odd: {input: 1x15x15, layers: [max_pool: {name: p2, kernel_size: 2}]}
  grouped:
    input: 8x9x9
    layers: [conv: {name: g, out_channels: 8, kernel_size: 3, groups: 4}]
  dilated: {input: 1x10x10, layers: [conv: {name: d, out_channels: 1, kernel_size: 3, dilation: 2}]}
  up:
    input: 3x9x9
    layers: [conv_transpose: {name: t, out_channels: 2, kernel_size: 2, stride: 2}]
  joined:
    input: 3x8x8
    layers:
      - concat: {name: j, a: [], b: [{conv: {out_channels: 5, kernel_size: 1}}]}
  added: {input: 3x8x8, layers: [add: {name: j, a: [], b: [relu]}]}
  lecture:
    input: 3x32x32
    layers: [conv: {name: c, out_channels: 10, kernel_size: 5, padding: 2}]
  tall: {input: 1x6x7, layers: [conv: {name: c, out_channels: 1, kernel_size: 3}]}
"""
)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_recognised_by_its_value(name: str) -> None:
    question, answer = SLIPS[name]
    if "spec:" not in question:
        question += ", spec: net"
    mark = one(question, answer, NETS)
    assert mark.slip == name
    assert mark.credit == max(mark.credit, 0)


def test_a_slip_is_worth_what_the_rubric_says() -> None:
    assert one("kind: params, node: c1", "600").credit == Fraction(1, 2)
    own = "misconception: 0.25, misconceptions: {bias_forgotten: 0.75}"
    assert one("kind: params, node: c1", "600", credit=own).credit == Fraction(3, 4)
    assert one("kind: params, node: c1", "208", credit=own).credit == Fraction(1, 4)


def test_another_convention_is_said_and_credited_if_wanted() -> None:
    mark = one("kind: params, node: bn", "64")
    assert mark.slip == "running_statistics"
    assert mark.credit == 0
    mark = one("kind: params, node: bn", "64", credit="other_convention: 1")
    assert mark.verdict == "accept_note"
    assert mark.credit == 1


def test_a_value_that_two_slips_explain_alleges_none() -> None:
    # With F=3, P=1 and stride 1 both half the padding and a missing + 1 lead to 31.
    net = "specs: {net: {input: 1x32x32, layers: [conv: {out_channels: 1, kernel_size: 3, "
    mark = one("kind: shape, axes: spatial", "31x31", net + "padding: 1}]}}\n")
    assert (mark.slip, mark.reason) == ("", "wrong")


def test_another_convention_is_said_even_where_a_slip_would_explain_the_value_too() -> None:
    # 6 is (13 - 2)/2 rounded down plus 1, but also rounded up without the plus 1.
    net = "specs: {net: {input: 1x13x13, layers: [max_pool: {kernel_size: 2, ceil_mode: true}]}}\n"
    mark = one("kind: shape, axes: spatial", "6x6", net)
    assert (mark.slip, mark.reason, mark.credit) == ("", "wrong", 0)
    assert mark.notes[-1] == "it would be right under another convention: rounding down (floor)"
    mark = one("kind: shape, axes: spatial", "6x6", net, "other_convention: 1")
    assert (mark.slip, mark.reason, mark.credit) == ("", "note", 1)


def test_a_repeated_slip_is_charged_once() -> None:
    answers = {"t/c1/params": "600", "t/c2/params": "1152", "t/fc/params": "7840"}
    found = marked(TABLE, answers)
    reasons = [found[name].reason for name in answers]
    assert reasons == ["misconception", "repeated", "repeated"]
    always = marked(TABLE + "\ncredit: {charge: always}", answers)
    assert {always[name].reason for name in answers} == {"misconception"}


@pytest.mark.parametrize("quantity", ["size", "channels", "params"])
def test_a_choice_among_layers_has_no_slips(quantity: str) -> None:
    question = f"kind: choice, quantity: {quantity}, pick: largest, options: [c1, c2]"
    found = read_assignment_text(
        Source("a.yaml", f"{CHAIN}questions: [{{id: q, {question}}}]")
    ).questions[0]
    assert found.network is not None
    assert Explainer(found.network.right).table(found.items[0]) == {}


def test_shapes_earn_parts_and_cubes_do_not() -> None:
    assert one("kind: shape, node: c1", "30x30x9").credit == Fraction(1, 2)
    assert one("kind: shape, node: c1", "12x12x8").credit == Fraction(1, 2)
    assert one("kind: shape, node: c1", "8x8x8").credit == 0
    assert one("kind: shape, node: c1", "30x30").credit == Fraction(1, 2)


def test_a_fixed_order_of_axes() -> None:
    question = "kind: shape, node: c1, conventions: {layout: chw}"
    assert one(question, "8x30x30").verdict == "accept"
    swapped = one(question, "30x30x8")
    assert (swapped.verdict, swapped.credit) == ("accept_note", Fraction(1, 2))
    assert one(question, "30x8x30").verdict == "wrong"
    free = one("kind: shape, node: c1", "(8, 30, 30)")
    assert free.verdict == "accept_note"
    assert free.credit == 1


def test_sizes_in_megabytes_are_rounded_and_read_either_way() -> None:
    question = "kind: weight_bytes, spec: alexnet_single_tower"
    for typed in ("249.51 MB", "237.95 MiB", "237.95 MB", "249513376", "0.2495 GB"):
        assert one(question, typed).verdict.startswith("accept"), typed
    assert one(question, "0.2 GB").verdict == "wrong"
    asked = question + ", unit: MB"
    assert one(asked, "249.51").verdict == "accept_note"


def test_a_tolerance_accepts_rounding_and_without_one_it_is_wrong() -> None:
    assert one("kind: params, spec: alexnet_single_tower", "62.4M").verdict == "wrong"
    loose = "kind: params, spec: alexnet_single_tower, conventions: {tolerance: 0.5%}"
    assert one(loose, "62.4M").verdict == "accept_note"
    assert one(loose, "61M").verdict == "wrong"


SHARED = marker(TABLE)
ANSWERS = st.dictionaries(
    st.sampled_from([item.id for item in SHARED.items]),
    st.one_of(
        st.sampled_from(
            ["32x32x8", "30x30x8", "28x28x8", "600", "608", "7850", "15x15x8", "?", ""]
        ),
        st.tuples(st.integers(1, 40), st.integers(1, 40)).map(lambda p: f"{p[0]}x{p[0]}x{p[1]}"),
        st.integers(0, 10**6).map(str),
        st.text(max_size=12),
    ),
)


@settings(max_examples=40)
@given(ANSWERS)
def test_exact_answers_never_lose_by_a_rule(answers: dict[str, str]) -> None:
    own = SHARED  # what it has marked before changes nothing, as the next test shows
    for item, mark in zip(own.items, own.mark(answers), strict=True):
        assert 0 <= mark.credit <= 1
        alone = own.mark({item.id: answers.get(item.id, "")})[own.items.index(item)]
        if alone.reason in ("exact", "note"):
            assert mark.credit == alone.credit
        assert (mark.verdict == "blank") == (alone.verdict == "blank")


@settings(max_examples=40)
@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_answers_and_earlier_students_change_nothing(
    answers: dict[str, str], random: object
) -> None:
    shuffled = list(answers.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    used = marker(TABLE)
    used.mark({"t/c1/shape": "31x31x8", "t/p1/shape": "9x9x9"})
    again = used.mark(dict(shuffled))
    assert list(map(str, again)) == list(map(str, marker(TABLE).mark(answers)))


@pytest.mark.parametrize(
    ("answers", "follows"),
    [
        # Without the padding fc has 16·6·6·10 + 10 = 5,770 of 608 + 1,168 + 32 + 5,770 parameters.
        ({"c1": "28x28x8", "r": "5770/7578"}, ("c1",)),
        ({"c1": "28x28x8", "r": "76.1%"}, ("c1",)),
        # What was answered of a side counts before what would follow for it.
        ({"fc": "7000", "r": "7000:9658"}, ("fc",)),
        ({"fc": "7000", "sum": "8000", "r": "0.875"}, ("fc", "sum")),
        ({"c1": "28x28x8", "r": "0.5"}, ()),
    ],
)
def test_a_ratio_follows_from_wrong_answers_about_its_sides(
    answers: dict[str, str], follows: tuple[str, ...]
) -> None:
    marks = marked(
        CHAIN + "questions:\n"
        "  - {id: c1, kind: shape, node: c1}\n"
        "  - {id: fc, kind: params, node: fc}\n"
        "  - {id: sum, kind: params}\n"
        "  - {id: r, kind: ratio, of: {quantity: params, node: fc}, to: {quantity: params}}\n",
        answers,
    )
    assert (marks["r"].follows, marks["r"].credit) == (follows, bool(follows))


def test_what_others_answered_before_makes_no_difference() -> None:
    layers = (
        "[conv: {name: c1, out_channels: 8, kernel_size: 3}, max_pool: {name: p, kernel_size: 2},"
        " concat: {name: j, a: [conv: {out_channels: 4, kernel_size: 3, padding: 1}], b: []},"
        " conv: {name: c2, out_channels: 6, kernel_size: 3, stride: 2}, flatten, linear: 10]"
    )
    text = f"""specs: {{net: {{input: 3x32x32, layers: {layers}}}}}
questions:
  - {{id: t, kind: table, columns: [shape, params, macs]}}
  - {{id: f, kind: table, rows: [c1, p, j, c2], columns: [receptive_field]}}
  - {{id: h, kind: height, node: c2}}
  - {{id: s, kind: params}}
"""
    assignment = read_assignment_text(Source("a.yaml", text))
    random, marker = Random(3), Marker(assignment)
    for _ in range(80):
        answers = {}
        for item in assignment.items:
            right = item.truth.texts(item)[0]
            other = right.replace(right[0], random.choice("234"), 1)
            answers[item.id] = random.choice([right, other])
        found, alone = marker.mark(answers), Marker(assignment).mark(answers)
        told = [(one.reason, one.credit, one.slip, one.follows) for one in found]
        assert told == [(one.reason, one.credit, one.slip, one.follows) for one in alone]
