"""Real course questions: their key, computed; typed keys that were wrong, exposed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.typed_key import check_key

DATA = Path(__file__).parent.parent / "data" / "homework_questions.json"
QUESTIONS = {question["id"]: question for question in json.loads(DATA.read_text())}
WORDS = {
    "conv": "conv", "pool": "max_pool", "tconv": "conv_transpose", "fc": "linear",
    "flatten": "flatten", "relu": "relu", "bn": "batch_norm",
}  # fmt: skip
FIELDS = {"k": "kernel_size", "s": "stride", "p": "padding", "d": "dilation", "g": "groups"}


def spec(net: dict[str, Any]) -> str:
    """Return a recorded network as an inline spec; layers are called n1, n2, …"""
    layers = []
    for number, layer in enumerate(net["layers"], 1):
        fields = {"name": f"n{number}"}
        if "out" in layer:
            name = "out_features" if layer["op"] == "fc" else "out_channels"
            fields[name] = layer["out"]
        fields |= {FIELDS[key]: value for key, value in layer.items() if key in FIELDS}
        if "bias" in layer:
            fields["bias"] = layer["bias"]
        layers.append({WORDS[layer["op"]]: fields})
    return json.dumps({"input": net["input_chw"], "layers": layers})


def marks(questions: str, net: str, answers: dict[str, str]) -> list[str]:
    text = f"specs: {{net: {net}}}\nquestions:\n{questions}"
    found = Marker(read_assignment_text(Source("homework.yaml", text))).mark(answers)
    return [f"{mark.item}: {mark.verdict}" for mark in found]


SINGLE = {
    "uda-out": "kind: shape", "nptel-1024": "kind: shape", "cs231n-demo": "kind: shape",
    "dlai-pool": "kind: shape", "dlai-inception-direct": "kind: macs",
    "dlai-inception-bottleneck": "kind: macs", "utm-tconv-b": "kind: shape",
    "utm-tconv-params-a": "kind: params", "nptel-39": "kind: length",
    "rmit-rf-dil": "kind: receptive_field, node: n3", "srm-saq2": "kind: params",
    "mit-alex-params": "kind: params", "bits-dilated": "kind: shape, axes: spatial",
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_a_recorded_question_has_the_recorded_answer(name: str) -> None:
    question = QUESTIONS[name]
    answer = question["answer"]
    typed = "x".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    found = marks(f"- {{id: q, {SINGLE[name]}}}", spec(question["net"]), {"q": typed})
    assert found in (["q: accept"], ["q: accept_note"])  # channels first comes with a note


#: Recorded questions without a network: one that their facts describe, and how each part is asked.
DESCRIBED: dict[str, tuple[str, tuple[str, ...]]] = {
    "dlai-fc-params": ("input: 3x300x300, layers: [flatten, linear: 100]", ("kind: params",)),
    "dsf-64-128": (
        "input: 64x8x8, layers: [conv: {out_channels: 128, kernel_size: 3}]", ("kind: params",),
    ),
    "cs231n-lec-params": (
        "input: 3x32x32, layers: [conv: {out_channels: 10, kernel_size: 5}]", ("kind: params",),
    ),
    "it5427-c": (
        "input: 3x32x32, layers: [conv: {out_channels: 20, kernel_size: 5}]",
        ("kind: shape", "kind: params"),
    ),
    "srm-28": ("input: 1x28x28, layers: [conv: {out_channels: 32, kernel_size: 3}]",
               ("kind: shape",)),
    "cs231n-11x11": (
        "input: 4x11x11, layers: [conv: {out_channels: 1, kernel_size: 5, stride: 2}]",
        ("kind: size",),
    ),
    "udl-10-8": (
        "input: [3, 20], layers: [conv: {name: a, out_channels: 4, kernel_size: 3},"
        " conv: {name: b, out_channels: 10, kernel_size: 5}]",
        ("kind: weights, node: a", "kind: biases, node: a", "kind: weights, node: b",
         "kind: biases, node: b"),
    ),
    "cs231n-fc2conv": (
        "input: 3x384x384, layers: [conv: {name: a, out_channels: 512, kernel_size: 32,"
        " stride: 32}, conv: {name: b, out_channels: 1000, kernel_size: 7}]",
        ("kind: shape, node: a", "kind: shape, node: b"),
    ),
    "tai-dw": (
        "input: 64x56x56, layers: [conv: {out_channels: 64, kernel_size: 3, padding: 1,"
        " groups: 64}, conv: {out_channels: 128, kernel_size: 1}]",
        ("kind: macs", "kind: params, conventions: {bias: apart}"),
    ),
    "cs231n-stack-rf3": (
        "input: 1x32x32, layers: [conv: {out_channels: 1, kernel_size: 3, repeat: 3}]",
        ("kind: receptive_field",),
    ),
    "bank-conv-pool-rf": (
        "input: 3x256x256, layers: [conv: {out_channels: 1, kernel_size: 3, padding: 1},"
        " max_pool: {kernel_size: 3, stride: 2}]",
        ("kind: receptive_field",),
    ),
    "dv-inverse-input": (
        "input: 1x9x9, layers: [conv: {out_channels: 1, kernel_size: 3, stride: 2, padding: 1}]",
        ("kind: inverse, unknown: input, range: 1..20, want: {size: 3}, answer: all",),
    ),
    "dlai2-same-5": (
        "input: 32x121x121, layers: [conv: {out_channels: 32, kernel_size: 5}]",
        ("kind: inverse, layer: conv, given: {input: 121x121, output: 121x121, kernel_size: 5},"
         " unknown: padding",),
    ),
    "nyu-formula": (
        "parameters: {H: 40, W: 40, K: 3, P: 0, S: 1, D: 1, F: 8}, input: [3, H, W], layers:"
        " [conv: {out_channels: F, kernel_size: K, padding: P, stride: S, dilation: D}]",
        ("kind: expression, quantity: channels, symbols: {F: 1..30}",
         "kind: expression, quantity: height, symbols: {H: 30..60, K: 1..7, P: 0..3, S: 1..3,"
         " D: 1..3}",
         "kind: expression, quantity: width, symbols: {W: 30..60, K: 1..7, P: 0..3, S: 1..3,"
         " D: 1..3}"),
    ),
    "utm-tconv-d": (
        "parameters: {h: 5, w: 6, hk: 3, wk: 3, s: 2}, input: [3, h, w], layers:"
        " [conv_transpose: {out_channels: 4, kernel_size: [hk, wk], stride: s}]",
        ("kind: expression, quantity: height, symbols: {h: 3..12, hk: 1..5, s: 1..3}",
         "kind: expression, quantity: width, symbols: {w: 3..12, wk: 1..5, s: 1..3}"),
    ),
}  # fmt: skip


def typed_parts(answer: Any, count: int) -> list[str]:
    """Return a recorded answer as the texts of so many answers."""
    if count == 1:
        parts = [answer]
    elif isinstance(answer[0], list) and len(answer) != count:
        parts = [one for part in answer for one in part]
    else:
        parts = answer
    return [
        ("x" if len(part) > 1 else "").join(map(str, part)) if isinstance(part, list) else str(part)
        for part in parts
    ]


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_described_question_has_the_recorded_answer(name: str) -> None:
    net, kinds = DESCRIBED[name]
    lines = "\n".join(f"- {{id: q{i}, {kind}}}" for i, kind in enumerate(kinds))
    parts = typed_parts(QUESTIONS[name]["answer"], len(kinds))
    if "answer: all" in kinds[0]:
        parts = [", ".join(map(str, QUESTIONS[name]["answer"]))]
    found = marks(lines, f"{{{net}}}", {f"q{i}": part for i, part in enumerate(parts)})
    assert len(parts) == len(kinds) == len(found)
    assert {line.split(": ")[1] for line in found} <= {"accept", "accept_note"}, found


@pytest.mark.parametrize("name", ["num1-chain", "cs230-bn-table", "cs230-era-256"])
def test_a_recorded_table_is_right_cell_by_cell(name: str) -> None:
    question = QUESTIONS[name]
    rows = question["answer"]
    columns = [column for column in rows[0] if column != "layer"]
    kept = [
        number
        for number, layer in enumerate(question["net"]["layers"], 1)
        if len(rows) == len(question["net"]["layers"]) or layer["op"] != "flatten"
    ]
    table = (
        f"- {{id: t, kind: table, rows: [{', '.join(f'n{n}' for n in kept)}],"
        f" columns: [{', '.join(columns)}]}}"
    )
    answers = {}
    for number, row in zip(kept, rows, strict=True):
        for column in columns:
            cell = row[column]
            typed = "x".join(map(str, cell)) if isinstance(cell, list) else str(cell)
            answers[f"t/n{number}/{column}"] = typed
    found = marks(table, spec(question["net"]), answers)
    assert found
    assert {line.split(": ")[1] for line in found} == {"accept"}


def test_shapes_after_every_layer() -> None:
    for name in ("srm-saq1", "uw-sizes"):
        question = QUESTIONS[name]
        lines, answers = [], {}
        for number, shape in enumerate(question["answer"], 1):
            lines.append(f"- {{id: q{number}, kind: shape, node: n{number}}}")
            answers[f"q{number}"] = "x".join(map(str, shape))
        found = marks("\n".join(lines), spec(question["net"]), answers)
        assert {line.split(": ")[1] for line in found} == {"accept"}, name


def test_weights_of_a_neuron_neurons_and_connections() -> None:
    question = QUESTIONS["unsw-dqn-1"]
    kinds = ("fan_in", "neurons", "connections", "params")
    lines = "\n".join(f"- {{id: {kind}, kind: {kind}, node: n1}}" for kind in kinds)
    answers = dict(zip(kinds, map(str, question["answer"]), strict=True))
    found = marks(lines, spec(question["net"]), answers)
    assert found == [f"{kind}: accept" for kind in kinds]


def test_receptive_fields_in_one_dimension() -> None:
    question = QUESTIONS["udl-10-11"]
    net = dict(question["net"], input_chw=[1, 99])
    lines = "\n".join(f"- {{id: h{n}, kind: receptive_field, node: n{n}}}" for n in (1, 2, 3))
    answers = {f"h{n}": str(size) for n, size in enumerate(question["answer"], 1)}
    assert marks(lines, spec(net), answers) == ["h1: accept", "h2: accept", "h3: accept"]


@pytest.mark.parametrize(
    ("typed", "verdict"),
    list(
        zip(
            QUESTIONS["wit-100"]["observed_student_answers"],
            # The last one forgot in the result the + 1 that its working has.
            ("accept", "accept", "accept", "partial"),
            strict=True,
        )
    ),
)
def test_what_students_really_typed(typed: str, verdict: str) -> None:
    net = spec({"input_chw": [1, 100, 100], "layers": [{"op": "conv", "out": 1, "k": 2}]})
    found = marks("- {id: q, kind: shape, axes: spatial}", net, {"q": typed})
    assert found == [f"q: {verdict}"]


FORMULAS = dict.fromkeys(
    [
        *QUESTIONS["wit-solve-pad"]["observed_student_answers"][:4],
        *QUESTIONS["wit-solve-pad"]["equivalents"],
        QUESTIONS["wit-solve-pad"]["answer"],
    ],
    "accept",
) | {QUESTIONS["wit-solve-pad"]["observed_student_answers"][4]: "wrong"}


PADDING = """
specs:
  net:
    parameters: {S: 1, F: 3, I: 9, P: 0}
    input: [1, I, I]
    layers: [conv: {out_channels: 1, kernel_size: F, stride: S, padding: P}]
questions:
  - {id: q, kind: expression, symbols: {S: 1..3, F: 1..7, I: 5..13}, unknown: P, range: 0..20,
     want: {spatial: input, fits: true}, also: {O: I}}
"""


@pytest.fixture(scope="module")
def padding() -> Marker:
    return Marker(read_assignment_text(Source("formula.yaml", PADDING)))


@pytest.mark.parametrize(("typed", "verdict"), FORMULAS.items())
def test_formulas_for_the_padding_that_keeps_the_size(
    typed: str, verdict: str, padding: Marker
) -> None:
    assert padding.mark({"q": typed})[0].verdict == verdict


def test_the_published_key_that_assumed_a_second_pool_is_exposed(tmp_path: Path) -> None:
    question = QUESTIONS["srm-saq2"]
    key = tmp_path / "key.csv"
    key.write_text(f"id,answer\nq,{question['published_answer']}\n")
    text = f"specs: {{net: {spec(question['net'])}}}\nquestions: [{{id: q, kind: params}}]"
    found = check_key(read_assignment_text(Source("a.yaml", text)), str(key))
    assert [(one.state, one.computed) for one in found.items] == [("differs", "1,011,466")]
    assert found.unknown == ()


def test_the_published_key_of_the_model_size_is_exposed(tmp_path: Path) -> None:
    key = tmp_path / "key.csv"
    key.write_text("id,answer\nfp32,224 MB\nint8,61 MB\n")
    text = """
specs: {net: {input: [60999999], layers: [linear: 1]}}
questions:
  - {id: fp32, kind: weight_bytes, unit: MB}
  - {id: int8, kind: weight_bytes, unit: MB, conventions: {dtype: int8}}
"""
    found = check_key(read_assignment_text(Source("a.yaml", text)), str(key))
    assert [one.state for one in found.items] == ["differs", "same"]
