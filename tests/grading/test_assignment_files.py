"""Assignment files: faults with their place, and questions without a single answer refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading import load
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Marker

NET = """specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: c1, out_channels: 8, kernel_size: 5, stride: 2}
      - max_pool: {name: p1, kernel_size: 3}
questions:
"""
#: Question → words of the message, and the text under the caret.
BAD = {
    "{id: q, kind: shap, node: c1}": ("there is no kind of question `shap`", "shap"),
    "{id: q, kind: shape, node: c2}": ("no node `c2`", "c2"),
    "{id: q, kind: shape, nod: c1}": ("no key `nod`", "nod"),
    "{id: q, kind: params, spec: nett}": ("no network", "nett"),
    "{id: q, kind: integer, quantity: parms}": ("no quantity `parms`", "parms"),
    "{id: q, kind: shape, points: many}": ("`points` must be a number", "many"),
    "{id: q, kind: shape, answer_key: 3}": ("holds no answers", "3"),
    "{id: q q, kind: shape}": ("cannot be the id", "q q"),
    "{kind: shape}": ("needs `id`", "{kind"),
    "{id: q, kind: shape, conventions: {rounding: up}}": ("`rounding` cannot be `up`", "up"),
    "{id: q, kind: shape, credit: {misconceptions: {bias: 1}}}": ("has no key `bias`", "bias"),
    "{id: q, kind: shape, credit: {note: 3}}": ("at most 1, not", "3"),
    "{id: q, kind: choice, node: c1, options: [1x1, 2x2]}": ("none of the options", "[1x1"),
    "{id: q, kind: choice, node: c1, options: [14x14x8, 8x14x14]}": ("more than one", "[14x14x8"),
    "{id: q, kind: inverse, unknown: K, range: 1..3, want: {size: 3}}": ("no parameter `K`", "K"),
    "{id: q, kind: table, rows: [c1, c1]}": ("stands twice", "c1]"),
    "{id: q, kind: table, columns: [shape, cost]}": ("no column `cost`", "cost"),
    "{id: q, kind: shape, conventions: {rounding: strict}}": ("does not fit exactly", "2"),
    "{id: q, kind: width, node: c1, spec: {input: [5], layers: [relu]}}": ("", ""),
    "{id: q, kind: receptive_field, spec: {input: [9], layers: [relu]}}": (
        "a flat vector without pixels",
        "{id",
    ),
    "{id: q, kind: receptive_field, spec: efficientnet_b0, node: stage1}": (
        "a side path sees the whole input",
        "stage1",
    ),
    "{id: q, kind: receptive_field, spec: {input: 1x9x9, layers: [{upsample: 2}, {conv: "
    "{out_channels: 1, kernel_size: 2}}]}}": ("differs from unit to unit: 1 to 2", "{id"),
    "{id: q, kind: value, channel: abc, spec: {input: 1x4x4, layers: [max_pool: 2]}}": (
        "`channel` cannot be `abc`",
        "abc",
    ),
    "{id: q, kind: value, channel: -1, spec: {input: 1x4x4, layers: [max_pool: 2]}}": (
        "`channel` cannot be `-1`",
        "-1",
    ),
    "{id: q, kind: network}": ("no constraints", "{id"),
    "{id: q, kind: shape, answer: 28x28x8}": ("holds no answers", "28x28x8"),
    "{id: q, kind: [shape]}": ("`kind` must be one word, not a list", "[shape]"),
    "{id: q, kind: shape, node: }": ("`node` has no value", "node"),
    "{id: q, kind: shape, node: [c1]}": ("a node is named by one word, not a list", "[c1]"),
    "{id: q, kind: shape, input: 3xfoo}": ("`3xfoo` is not an input shape", "3xfoo"),
    "{id: q, kind: shape, input: 3x-1x5}": ("is not an input shape", "3x-1x5"),
    "{id: q, kind: shape, points: 1e300}": ("at most 1,000,000", "1e300"),
    "{id: q, kind: shape, points: -1}": ("of at least 0", "-1"),
    "{id: q, kind: shape, points: [1]}": ("must be a number, not a list", "[1]"),
    "{id: q, kind: shape, conventions: [ceil]}": ("must be a mapping, not a list", "[ceil]"),
    "{id: q, kind: shape, credit: 3}": ("must be a mapping, not a number", "3"),
    "{id: q, kind: weight_bytes, unit: QB}": ("no unit `QB`", "QB"),
    "{id: q, kind: params, unit: KB}": ("no key `unit`", "unit"),
    "{id: q, kind: table, columns: []}": ("no columns", "[]"),
    "{id: q, kind: table, columns: [shape, shape]}": ("stands twice", "shape]"),
    "{id: q, kind: table, columns: {shape: 1}}": ("must be a list", "{shape: 1}"),
    "{id: q, kind: choice, node: c1, options: [14x14x8, 1x1, 1x1]}": ("stands twice", "1x1]"),
    f"{{id: {'a' * 101}, kind: shape}}": ("cannot be the id", "aaa"),
    "{id: q, kind: shape, spec: {input: 3x4x4, layers: [{conv: {out_channels: 2}}]}}": (
        "kernel_size",
        "",
    ),
}


@pytest.mark.parametrize("question", BAD)
def test_a_fault_is_told_with_its_place(question: str) -> None:
    message, under = BAD[question]
    with pytest.raises(SpecError) as caught:
        read_assignment_text(Source("hw.yaml", NET + f"  - {question}\n"))
    first = caught.value.diagnostics[0]
    assert message in first.message
    assert first.span is not None
    line = first.span.source.line(first.span.line)
    assert line[first.span.column - 1 :].startswith(under)


def test_all_faults_are_told_at_once_with_what_was_meant() -> None:
    text = (
        NET
        + "  - {id: a, kind: shap}\n  - {id: b, kind: shape, node: c9}\n  - {id: b, kind: size}\n"
    )
    with pytest.raises(SpecError) as caught:
        read_assignment_text(Source("hw.yaml", text))
    assert len(caught.value.diagnostics) == 2
    assert "did you mean `shape`?" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("# only\n", "holds nothing but comments"),
        ("- a\n", "a mapping, not a list"),
        ("hello\n", "a mapping, not a word"),
        ("title: x\n", "there are no questions"),
        ("questions:\n", "`questions` has no value"),
        ("questions: []\n", "there are no questions"),
        ("questions: [" + "{id: q}, " * 1001 + "]", "1,001 questions are too many, 1,000 can be"),
        ("questions: {a: 1}\n", "must be a list, not a mapping"),
        ("answers: {q: 3}\n" + NET + "  - {id: q, kind: shape}\n", "holds no answers"),
        ("specs: {a: lenet5, b: lenet55}\nquestions: [{id: q, kind: shape, spec: a}]", "lenet55"),
        (
            "specs: {a: lenet5, b: {input: 3x8x8, layers: [{convv: 3}]}}\n"
            "questions: [{id: q, kind: shape, spec: a}]",
            "convv",
        ),
    ],
)
def test_a_file_that_is_no_assignment_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_assignment_text(Source("hw.yaml", text))
    first = caught.value.diagnostics[0]
    assert message in first.message
    assert first.span is not None
    assert "a spec begins" not in str(caught.value)


def test_two_questions_of_one_id_are_refused() -> None:
    text = NET + "  - {id: a, kind: shape}\n  - {id: A, kind: params}\n"
    with pytest.raises(SpecError, match="two questions"):
        read_assignment_text(Source("hw.yaml", text))


def test_inverse_questions_without_or_with_only_solutions_are_refused() -> None:
    spec = "{parameters: {P: 0}, input: 1x8x8, layers: [conv: "
    spec += "{out_channels: 1, kernel_size: 3, padding: P}]}"
    start = "questions: [{id: q, kind: inverse, unknown: P, range: 0..5, spec: " + spec
    for want, message in (("{size: 100}", "no solution"), ("{channels: 1}", "every value")):
        with pytest.raises(SpecError, match=message):
            read_assignment_text(Source("hw.yaml", f"{start}, want: {want}}}]"))
    found = read_assignment_text(Source("hw.yaml", start + ", want: {size: input}}]"))
    assert found.items[0].right_answer == "P = 1"


def test_specs_come_by_name_by_file_and_inline(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "input: 1x8x8\nlayers: [conv: {out_channels: 2, kernel_size: 3}]"
    )
    path = tmp_path / "hw.yaml"
    path.write_text(
        "specs: {a: own.yaml, b: lenet5}\nquestions:\n"
        "  - {id: q1, kind: shape, spec: a}\n  - {id: q2, kind: params, spec: b}\n"
        "  - {id: q3, kind: shape, spec: own.yaml}\n  - {id: q4, kind: params, spec: vgg16}\n"
    )
    found = load(str(path))
    keys = [item.right_answer for item in found.items]
    assert keys == ["6×6×2", "61,706", "6×6×2", "138,357,544"]
    assert set(found.specs) == {"own.yaml"}


def test_conventions_are_printed_and_can_differ_by_question() -> None:
    text = """conventions: {bias: apart, rounding: ceil}
specs:
  net:
    input: 3x15x15
    layers: [conv: {name: c, out_channels: 4, kernel_size: 4, stride: 2}]
questions:
  - {id: a, kind: params}
  - {id: b, kind: params, conventions: {bias: counted}}
  - {id: c, kind: shape}
  - {id: d, kind: shape, conventions: {rounding: floor}}
"""
    found = read_assignment_text(Source("hw.yaml", text))
    assert [item.right_answer for item in found.items] == ["192", "196", "7×7×4", "6×6×4"]
    assert "biases are not counted" in found.questions[0].stated
    assert any("rounded up" in line for line in found.questions[2].stated)


def test_every_kind_of_question_can_be_asked() -> None:
    text = """
specs:
  net:
    parameters: {W: 32, F: 5, P: 2, S: 1}
    input: [3, W, W]
    layers:
      - conv: {name: c, out_channels: 10, kernel_size: F, padding: P, stride: S}
      - flatten
      - linear: {name: fc, out_features: 4}
questions:
  - {id: q1, kind: shape, node: c}
  - {id: q2, kind: shape, node: c, axes: spatial}
  - {id: q3, kind: receptive_field, node: c}
  - {id: q4, kind: choice, node: c, options: {x: 28x28x10, y: 32x32x10}}
  - {id: q5, kind: choice, quantity: params, pick: largest, options: [c, fc]}
  - {id: q6, kind: fits, node: c, set: {S: 2}}
  - {id: q7, kind: inverse, node: c, unknown: {F: 1..7, P: 0..3}, want: {spatial: input}}
  - {id: q8, kind: expression, node: c, symbols: {W: 20..30, F: 1..5, P: 0..2}, quantity: size}
  - {id: q9, kind: table, rows: {first: c, last: fc}, columns: [shape, params]}
  - {id: q10, kind: weight_bytes, unit: KiB}
  - {id: q11, kind: choice, quantity: fits, node: c, set: {S: 2}, options: [fits, does not fit]}
  - {id: q12, kind: inverse, node: c, unknown: S, range: 1..9, want: {fits: true}, answer: all}
"""
    found = read_assignment_text(Source("hw.yaml", text))
    shown = {item.id: item.right_answer for item in found.items}
    assert shown["q1"] == "32×32×10"
    assert shown["q2"] == "32×32"
    assert shown["q4"] == "y: 32x32x10"
    assert shown["q5"] == "b: fc"
    assert shown["q6"] == "does not fit (16.5)"
    assert shown["q7"].startswith("F = 1, P = 0; F = 3, P = 1; F = 5, P = 2; F = 7, P = 3")
    assert shown["q9/first/shape"] == "32×32×10"
    assert shown["q10"].startswith("163 KiB")
    assert shown["q11"] == "b: does not fit"
    assert shown["q12"] == "S = 1"
    assert sum(item.points for item in found.items) == found.points == 12


def stated(question: str) -> str:
    text = f"""
specs:
  net:
    input: 3x15x15
    layers:
      - conv: {{name: c, out_channels: 4, kernel_size: 4, stride: 2}}
      - batch_norm: {{name: b}}
      - max_pool: {{name: p, kernel_size: 2, ceil_mode: true}}
      - flatten
      - linear: {{name: fc, out_features: 3}}
questions: [{{id: q, {question}}}]
"""
    return "; ".join(read_assignment_text(Source("hw.yaml", text)).questions[0].stated)


def test_what_is_stated_is_what_matters_for_the_question() -> None:
    assert "but in p: a last, partly filled window counts" in stated("kind: shape, node: p")
    assert "biases" not in stated("kind: shape, node: p")
    assert stated("kind: params, node: c") == "biases are counted"
    assert "4 values per channel" in stated("kind: params, node: b, conventions: {batch_norm: 4}")
    assert "rounded down" in stated("kind: params, node: fc")  # it hangs on the size of the map
    assert "biases are not counted" in stated("kind: connections, conventions: {bias: apart}")
    table = stated("kind: table, columns: [shape, params, flops]")
    for word in ("rounded down", "in any order", "biases are counted", "batch norm has 2", "FLOPs"):
        assert word in table
    assert "the input does not" in stated("kind: activations")
    assert "the input does not" not in stated("kind: activations, node: c")
    assert "padding belongs to" in stated("kind: receptive_field, node: p")
    assert "1 KB" not in stated("kind: weight_bytes, unit: KiB")
    assert "within 5%" in stated("kind: params, conventions: {tolerance: 5%}")
    assert "within 5%" not in stated("kind: height, node: c, conventions: {tolerance: 5%}")


def test_an_option_may_say_that_the_window_does_not_fit() -> None:
    text = """
specs: {net: {input: [1, 10], layers: [conv: {out_channels: 1, kernel_size: 3, stride: 2}]}}
questions:
  - {id: a, kind: choice, quantity: size, options: ['4', '5', invalid]}
  - {id: b, kind: choice, quantity: size, options: ['4', '5', invalid],
     conventions: {rounding: ceil}}
  - {id: c, kind: choice, quantity: size, options: ['4', '5', invalid],
     conventions: {rounding: strict}}
"""
    found = read_assignment_text(Source("hw.yaml", text))
    assert [item.right_answer for item in found.items] == ["a: 4", "b: 5", "c: invalid"]
    assert found.questions[2].text == "What is the side of the output map of the whole network?"


def test_whole_receptive_fields_may_be_said_in_words() -> None:
    text = "questions: [{id: q, kind: receptive_field, spec: lenet5, node: C5}]"
    marker = Marker(read_assignment_text(Source("hw.yaml", text)))
    words = ("whole input", "The entire image.", "all of the input", "all pixels", "everything")
    for answer in ("32x32", "32", *words):
        assert marker.mark({"q": answer})[0].verdict == "accept", answer
    assert marker.mark({"q": "14"})[0].verdict == "wrong"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("54x54", "accept"), ("54x54x6", "accept_note"), ("6x54x54", "accept_note"),
     ("54x54x1", "accept_note"), ("W=54, H=54, C=6", "accept_note"), ("54x54x3", "partial"),
     ("54x55x6", "wrong")],
)  # fmt: skip
def test_channels_added_to_a_spatial_size_must_be_right(answer: str, verdict: str) -> None:
    text = """
specs: {net: {input: 3x58x58, layers: [conv: {out_channels: 6, kernel_size: 5}]}}
questions: [{id: q, kind: shape, axes: spatial}]
"""
    marker = Marker(read_assignment_text(Source("hw.yaml", text)))
    assert marker.mark({"q": answer})[0].verdict == verdict


def test_the_word_that_others_use_for_a_size_leads_to_ours() -> None:
    given = "{input: 32x32, output: 32x32, kernel_size: 5, filters: any}"
    text = f"questions: [{{id: q, kind: inverse, layer: conv, unknown: padding, given: {given}}}]"
    with pytest.raises(SpecError) as caught:
        read_assignment_text(Source("a.yaml", text))
    assert "did you mean `out_channels`?" in str(caught.value)
