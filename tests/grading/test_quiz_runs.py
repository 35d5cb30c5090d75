"""Marking a quiz in which every student has numbers of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.cli import run
from cnncalc.grading.batch import run_batch
from cnncalc.grading.setup import make_setup
from cnncalc.grading.submissions.collect import collect
from cnncalc.grading.submissions.ids import Ids

TEMPLATE = """
title: Quiz
specs:
  net:
    parameters: {W: 32, K: 8}
    input: [3, W, W]
    layers: [conv: {name: conv, out_channels: K, kernel_size: 3}]
questions:
  - {id: q1, kind: shape, spec: net, node: conv, draw: {W: 20..90, K: 4..64}}
"""
STUDENTS = 52  # more than one bundle


class Stop(Exception):
    """Ends a run after its first bundle."""


def stop(_done: int, _all: int) -> None:
    raise Stop


def test_a_resumed_quiz_gives_everybody_feedback_on_their_own_variant(tmp_path: Path) -> None:
    (tmp_path / "quiz.yaml").write_text(TEMPLATE)
    people = [f"s{number:02}" for number in range(STUDENTS)]
    (tmp_path / "roster.csv").write_text("\n".join(["id", *people]) + "\n")
    options = ["--seed", "1", "--students", str(tmp_path / "roster.csv")]
    quiz = ["quiz", str(tmp_path / "quiz.yaml"), *options, "-o", str(tmp_path / "quiz")]
    assert run(quiz) == 0
    (tmp_path / "in").mkdir()
    for person in people:
        (tmp_path / "in" / f"{person}.txt").write_text("q1: 1x1x1\n")
    manifest = str(tmp_path / "quiz" / "manifest.json")

    def grade(out: str, interrupted: bool) -> dict[str, str]:
        outputs = ("grades", "feedback")
        setup, assignment = make_setup(manifest, str(tmp_path / out), outputs, level="full")
        units = collect([str(tmp_path / "in")], None, Ids(assignment))
        if interrupted:
            with pytest.raises(Stop):
                run_batch(setup, units, progress=stop)
        assert run_batch(setup, units, resume=interrupted).resumed == 50 * interrupted
        return {path.name: path.read_text() for path in (tmp_path / out).rglob("*.*")}

    whole = grade("whole", interrupted=False)
    answers = {whole[f"{person}.md"].split("Answer:")[1].splitlines()[0] for person in people}
    assert len(answers) > STUDENTS // 2
    assert grade("resumed", interrupted=True) == whole
