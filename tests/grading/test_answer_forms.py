"""Every recorded form of an answer, put to a question that asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc.diagnostics import Source
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.submissions.read import SubmissionReader

DATA = Path(__file__).parent.parent / "data" / "answer_forms.json"

NETWORKS = """
specs:
  lecture: {input: 3x32x32, layers: [conv: {out_channels: 10, kernel_size: 5, padding: 2}]}
  odd: {input: 1x6x7, layers: [conv: {out_channels: 1, kernel_size: 3}]}
  cube: {input: 3x30x30, layers: [conv: {out_channels: 28, kernel_size: 3}]}
  wide: {input: 64x64x64, layers: [conv: {out_channels: 128, kernel_size: 3, padding: 1}]}
  three: {input: 1x32x32, layers: [conv: {out_channels: 1, kernel_size: 3, repeat: 3}]}
  vector: {input: [1233], layers: [linear: 1]}
  million: {input: [1234566], layers: [linear: 1]}
  half: {input: 3x10x10, layers: [conv: {out_channels: 1, kernel_size: 3, stride: 2}]}
  choice: {input: 3x31x31, layers: [conv: {out_channels: 32, kernel_size: 3}]}
  pad:
    parameters: {F: 3, P: 0}
    input: 1x32x32
    layers: [conv: {out_channels: 1, kernel_size: F, padding: P}]
  stack:
    parameters: {k: 3, n: 1}
    input: 1x200x200
    layers: [conv: {out_channels: 1, kernel_size: k, repeat: n}]
  # 60,950,432 bytes are 15,237,608 values; 1,448,813,632 FLOPs are 724,406,816 MACs.
  bytes: {input: [15237607], layers: [linear: 1]}
  flops: {input: [22637713], layers: [linear: {out_features: 32, bias: false}]}
questions:
"""
QUESTIONS = {
    ("shape", "[32, 32, 10]"): "kind: shape, spec: lecture",
    ("shape", "[4, 5]"): "kind: shape, spec: odd, axes: spatial",
    ("shape", "[28, 28, 28]"): "kind: shape, spec: cube",
    ("shape", "[128, 64, 64]"): "kind: shape, spec: wide, conventions: {layout: chw}",
    ("shape", "[7, 7]"): "kind: receptive_field, spec: three",
    ("int", "760"): "kind: params, spec: lecture",
    ("int", "1234"): "kind: params, spec: vector",
    ("int", "1234567"): "kind: params, spec: million",
    ("int", "62378344"): "kind: params, spec: alexnet_single_tower",
    ("int", "60950432"): "kind: weight_bytes, spec: bytes",
    ("int", "1448813632"): "kind: flops, spec: flops, conventions: {tolerance: 1%}",
    ("expr", '"(F-1)/2"'): "kind: expression, spec: pad, symbols: {F: 1..15}, unknown: P,"
    " range: 0..8, want: {spatial: input}",
    ("expr", '"(k-1)*(n-1)+k"'): "kind: expression, spec: stack, symbols: {k: 1..7, n: 1..9},"
    " quantity: receptive_field",
    ("choice", '"c"'): "kind: choice, spec: choice, quantity: shape,"
    " options: [31x31x32, 30x30x32, 29x29x32, 28x28x32]",
    ("choice", '"invalid"'): "kind: fits, spec: half",
}
CASES = [case for case in json.loads(DATA.read_text()) if case["kind"] != "table"]


def marker(question: str) -> Marker:
    text = NETWORKS + "- {id: q, " + question + "}"
    return Marker(read_assignment_text(Source("forms.yaml", text)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}-{case['given']}")
def test_every_recorded_form_is_judged_as_recorded(case: dict[str, object]) -> None:
    question = QUESTIONS[str(case["kind"]), json.dumps(case["expected"])]
    mark = marker(question).mark({"q": str(case["given"])})[0]
    assert mark.verdict == case["verdict"], mark


TABLE = """
specs:
  net:
    input: 1x32x32
    layers:
      - conv: {name: conv_1, out_channels: 6, kernel_size: 5}
      - max_pool: {name: pool_1, kernel_size: 2}
      - conv: {name: conv_2, out_channels: 16, kernel_size: 5}
questions: [{id: t, kind: table}]
"""
TABLES = [case for case in json.loads(DATA.read_text()) if case["kind"] == "table"]


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case["why"][:20])
def test_recorded_tables(case: dict[str, object]) -> None:
    assignment = read_assignment_text(Source("table.yaml", TABLE))
    raw = SubmissionReader(assignment).read(json.dumps({"t": case["given"]}).encode(), "table.json")
    marks = Marker(assignment).mark(raw.answers)
    given = case["given"]
    assert isinstance(given, list)
    assert [mark.verdict for mark in marks].count("accept") == 2 * len(given)
    assert (case["verdict"] == "accept") is all(mark.verdict == "accept" for mark in marks)


def test_rows_of_json_may_have_keys() -> None:
    assignment = read_assignment_text(Source("table.yaml", TABLE))
    cells = [("conv_2", "10x10x16", 2416), ("pool_1", "14x14x6", 0)]
    rows = [dict(zip(("layer", "shape", "params"), row, strict=True)) for row in cells]
    raw = SubmissionReader(assignment).read(json.dumps({"t": rows}).encode(), "table.json")
    verdicts = [mark.verdict for mark in Marker(assignment).mark(raw.answers)]
    assert verdicts.count("accept") == 4
    assert verdicts.count("blank") == 2
