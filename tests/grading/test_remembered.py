"""What is remembered while a quiz is drawn, read and run is what would be found anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.analysis.walk import analyze
from cnncalc.cli import run
from cnncalc.diagnostics import Source
from cnncalc.executor.measure import Meter
from cnncalc.executor.verify import verify
from cnncalc.grading.assignment import AssignmentReader, read_assignment_text
from cnncalc.grading.quiz.draw import draw_quiz
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.sheet import sheet
from cnncalc.grading.work import Manifest
from cnncalc.language import load
from cnncalc.layers import base

TEMPLATE = """
title: Remembered
specs:
  one:
    parameters: {W: 32, F: 5, P: 2, K: 10}
    input: [3, W, W]
    layers: [conv: {name: conv, out_channels: K, kernel_size: F, padding: P}]
questions:
  - {id: shape, kind: shape, node: conv, draw: {W: 24..40, F: [3, 5], P: 0..2, K: 4..9}}
  - {id: fixed, kind: params, node: conv}
  - {id: table, kind: table, points: 2, columns: [shape, macs], draw: {W: 24..40, K: 4..9}}
"""
STUDENTS = [f"s{number}" for number in range(12)]


@pytest.mark.parametrize("name", ["lenet5", "squeezenet"])
def test_layers_run_apart_give_what_the_whole_network_gives(name: str) -> None:
    graph = load(name)
    first = len(graph.inputs)
    proof = verify(analyze(graph)).nodes
    meter = Meter()
    for _ in range(2):  # the second time all is remembered
        found = meter.measure(graph)
        assert len(found) == len(graph.nodes)
        for own, node in zip(found[first:], proof, strict=True):
            wanted = (tuple(node.shape.measured or ()), node.params.measured,
                      node.buffers.measured, node.macs.measured)  # fmt: skip
            assert (own.shape, own.params, own.buffers, own.macs) == wanted, node.name


def test_weights_that_are_shared_are_handed_out_once(tmp_path: Path) -> None:
    place = tmp_path / "shared.yaml"
    conv = "out_channels: 3, kernel_size: 3, padding: 1"
    place.write_text(
        f"input: 3x8x8\nlayers:\n  - conv: {{name: a, {conv}}}\n"
        f"  - conv: {{name: b, {conv}}}\n  - conv: {{name: c, {conv}, share: a}}\n"
    )
    found = Meter().measure(load(str(place)))
    assert [own.params for own in found] == [0, 84, 84, 0]


def quiz() -> Manifest:
    return draw_quiz(Template(Source("t.yaml", TEMPLATE)), STUDENTS, "secret")


def test_assignments_read_again_are_those_read_anew() -> None:
    manifest = quiz()
    reader = AssignmentReader(Source(manifest.title, TEMPLATE))
    for student in [*STUDENTS, *STUDENTS[:3]]:
        draws = manifest.draws[student]
        own = reader.assignment(draws)
        anew = read_assignment_text(Source(manifest.title, TEMPLATE), ".", None, draws)
        assert own.items == anew.items
        assert [q.text for q in own.questions] == [q.text for q in anew.questions]
        assert sheet(own, student, True) == sheet(anew, student, True)
        assert manifest.assignment(student).items == anew.items


def test_little_memory_gives_the_same_quiz(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(TEMPLATE)
    command = ["quiz", str(tmp_path / "t.yaml"), "--seed", "x", "--count", "6", "-o"]
    assert run([*command, str(tmp_path / "much")]) == 0
    monkeypatch.setattr(base, "MAX_MEMO", 1)
    monkeypatch.setattr("cnncalc.language.entries.MAX_MADE", 1)
    monkeypatch.setattr("cnncalc.executor.measure.MAX_REMEMBERED", 1)
    monkeypatch.setattr("cnncalc.grading.assignment.MAX_REMEMBERED", 1)
    assert run([*command, str(tmp_path / "little")]) == 0
    files = sorted(p.relative_to(tmp_path / "much") for p in (tmp_path / "much").rglob("*.*"))
    assert len(files) == 13
    for file in files:
        much, little = (tmp_path / folder / file for folder in ("much", "little"))
        assert much.read_bytes() == little.read_bytes(), file
