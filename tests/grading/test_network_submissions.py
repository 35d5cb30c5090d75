"""Networks that students hand in: judged by their constraints, and ended if they take too long."""

from __future__ import annotations

import multiprocessing
import operator
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction

import pytest

from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.marker import Mark, Marker
from cnncalc.grading.model import Judged
from cnncalc.grading.question_types.child_process import in_child_process

QUESTION = """
questions:
  - id: q
    kind: network
    constraints: {input: 1x28x28, output: 10, params: {max: 20k}, macs: {max: 400k}, depth: 2,
      receptive_field: {min: 5}, layers: {max: 6}, uses: [conv, max_pool], avoids: batch_norm}
"""
GOOD = """
input: 1x28x28
layers:
  - conv: {out_channels: 4, kernel_size: 5}
  - max_pool: 2
  - flatten
  - linear: 10
"""


def handed(text: str) -> Mark:
    return Marker(read_assignment_text(Source("hw.yaml", QUESTION))).mark({"q": text})[0]


def test_a_network_that_meets_everything_is_right() -> None:
    mark = handed(GOOD)
    assert mark.verdict == "accept"
    assert "met: receptive field at least 5 (found 6 at max_pool_1)" in mark.notes


def test_each_constraint_is_reported_with_what_was_found() -> None:
    mark = handed(GOOD.replace("max_pool: 2", "batch_norm").replace("10", "11"))
    assert mark.verdict == "partial"
    assert [note for note in mark.notes if note.startswith("not met")] == [
        "not met: output 10 (found 11)",
        "not met: parameters at most 20,000 (found 25,467)",
        "not met: uses conv, max_pool (found conv)",
        "not met: does without batch_norm (found batch_norm)",
    ]
    assert mark.credit == Fraction(5, 9)


def test_a_faulty_network_is_told_its_place() -> None:
    mark = handed(GOOD.replace("kernel_size", "kernal_size"))
    assert mark.verdict == "unreadable"
    wanted = "line 4, column 29: conv has no field `kernal_size`; did you mean `kernel_size`?"
    assert mark.notes[0] == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "\t", "...", "- a", "\0", "[" * 9000, "a: &a [*a]", "x" * 30_000,
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]", "\ud800",
        GOOD.replace("5}", "5, repeat: 100000}"),
        GOOD.replace("input: 1x28x28", "input: 1x99999999x99999999"),
    ],
)  # fmt: skip
def test_whatever_is_handed_in_is_judged(text: str) -> None:
    mark = handed(text)
    assert mark.verdict in ("blank", "unreadable", "partial", "wrong")
    assert mark.notes


def test_work_that_takes_too_long_is_ended_and_the_next_goes_on() -> None:
    with pytest.raises(TimeoutError):
        in_child_process(time.sleep, (60,), 0.1)
    assert in_child_process(operator.add, (1, 2), 30) == 3


def test_a_child_that_dies_is_replaced() -> None:
    with pytest.raises(ChildProcessError):
        in_child_process(os._exit, (3,), 30)
    assert in_child_process(operator.add, (1, 2), 30) == 3


def test_a_fault_in_a_child_is_judged_as_one_of_this_program() -> None:
    found = in_child_process(operator.truediv, (1, 0), 30)
    assert isinstance(found, Judged)
    assert (found.verdict, found.reason) == ("unmarked", "internal")
    assert "ZeroDivisionError" in found.notes[0]


def test_a_slow_network_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncalc.grading.question_types.network_submission.MAX_SECONDS", 0)
    mark = handed(GOOD)
    assert (mark.verdict, mark.credit) == ("unreadable", 0)
    assert "takes longer than" in mark.notes[0]
    monkeypatch.undo()
    assert handed(GOOD).verdict == "accept"


def test_workers_and_threads_have_children_of_their_own() -> None:
    assert handed(GOOD).verdict == "accept"  # this process has a child before it forks
    context = multiprocessing.get_context()
    with ProcessPoolExecutor(2, mp_context=context) as processes:
        assert [mark.verdict for mark in processes.map(handed, [GOOD] * 4)] == ["accept"] * 4
    with ThreadPoolExecutor(2) as threads:
        assert [mark.verdict for mark in threads.map(handed, [GOOD] * 4)] == ["accept"] * 4


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ("{}", "no constraints"),
        ("{parms: {max: 5}}", "no constraint `parms`"),
        ("{params: {max: 5, min: 10}}", "no number is within these bounds"),
        ("{params: {most: 5}}", "bounds are `min` and `max`"),
        ("{params: many}", "`params` needs bounds"),
        ("{uses: [konv]}", "no layer `konv`"),
        ("{uses: []}", "no layers are named"),
        ("{input: abc}", "`input` is a shape"),
        ("{output: {max: 5}}", "`output` is a shape"),
    ],
)
def test_constraints_that_mean_nothing_are_refused(constraints: str, message: str) -> None:
    text = f"questions: [{{id: q, kind: network, constraints: {constraints}}}]"
    with pytest.raises(SpecError, match=message):
        read_assignment_text(Source("hw.yaml", text))
