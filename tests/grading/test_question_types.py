"""Kinds of questions: typed keys, ratios, memory, networks that questions share, and the schema."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cnncalc.analysis.memory import measure
from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading.assignment import assignment_schema, read_assignment_text
from cnncalc.grading.marking.marker import Mark, Marker
from cnncalc.grading.model import Assignment
from cnncalc.grading.question_types import QUESTION_TYPES
from cnncalc.grading.question_types.network_submission import NetworkTruth
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.quiz import write_quiz
from cnncalc.grading.quiz.draw import draw_quiz
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.sheet import network_shown, sheet, working
from cnncalc.grading.work import manifest_of

NET = """
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: c1, out_channels: 8, kernel_size: 5, padding: 2, stride: 2}
      - max_pool: {name: p1, kernel_size: 3, stride: 2}
      - flatten
      - linear: {name: fc, out_features: 10}
"""


def read(questions: str, top: str = NET) -> Assignment:
    return read_assignment_text(Source("hw.yaml", f"{top}questions:\n{questions}"))


def one(question: str) -> Assignment:
    return read(f"  - {{id: q, {question}}}\n")


def mark(question: str, answer: str) -> Mark:
    return Marker(one(question)).mark({"q": answer})[0]


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("kind: number, text: Which rate?, answer: 0.1", ["0.1", "1/10", "1e-1"], ["0.2", "1"]),
        ("kind: number, text: How long?, answer: 90, tolerance: 5%", ["90", "88", "94"], ["80"]),
        ("kind: text, text: Which one?, answer: [max pooling, maxpool]",
         ["Max pooling", "max-pooling.", " MAXPOOL "], ["average pooling"]),
        ("kind: text, text: Which connection?, answer: skip", ["skip", "Skip."], ["n/a", "x"]),
        ("kind: choice, text: Why?, options: [it learns, it is fast], answer: b",
         ["b", "it is fast"], ["a"]),
        ("kind: choice, text: Why?, options: {x: it learns, y: it is fast}, answer: it learns",
         ["x", "it learns"], ["y"]),
    ],
)  # fmt: skip
def test_a_typed_key_is_compared_as_answers_are_read(
    question: str, right: list[str], wrong: list[str]
) -> None:
    assert {mark(question, answer).credit for answer in right} == {1}
    assert {mark(question, answer).credit for answer in wrong} == {0}
    assert mark(question, "").verdict == "blank"


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("kind: number, text: x, answer: many", "`answer` is no number"),
        ("kind: text, text: x", "needs an answer"),
        ("kind: text, answer: x", "needs `text`"),
        ("kind: choice, text: x, options: [a b, c d], answer: z", "no option"),
        ("kind: manual", "needs `text`"),
        ("kind: params, node: c1, answer: 5", "holds no answers"),
        ("kind: ratio, of: {quantity: params}", "a ratio needs `to`"),
        ("kind: ratio, of: {quantity: params}, to: {quantity: biases, node: p1}", "is 0"),
        ("kind: ratio, of: {quantity: shape}, to: {quantity: params}", "is no number"),
        ("kind: peak_bytes, node: c1", "belongs to a whole network"),
    ],
)
def test_faults_of_typed_kinds_have_a_place(question: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        one(question)
    assert message in caught.value.diagnostics[0].message
    assert caught.value.diagnostics[0].span is not None


def test_a_question_marked_by_hand_has_no_mark_of_ours() -> None:
    found = mark("kind: manual, text: Explain.", "because it is\nso")
    assert (found.verdict, found.reason, found.credit) == ("unmarked", "manual", 0)


def value(question: str) -> Fraction:
    truth = one(question).items[0].truth
    assert isinstance(truth, NumberTruth)
    return truth.value


def test_a_ratio_is_that_of_its_two_counts_and_may_be_rounded() -> None:
    question = "kind: ratio, of: {quantity: params, node: fc}, to: {quantity: params}"
    fc, whole = value("kind: params, node: fc"), value("kind: params")
    assert value(question) == fc / whole
    share = float(fc / whole)
    for typed in (f"{share:.3f}", f"{100 * share:.1f}%", f"{fc}/{whole}"):
        assert mark(question, typed).credit == 1, typed
    for typed in (f"{share * 1.02:.4f}", f"{whole / fc}", "1"):
        assert mark(question, typed).credit == 0, typed


def test_the_peak_of_memory_is_that_of_the_analysis() -> None:
    network = one("kind: peak_bytes").questions[0].network
    assert network is not None
    assert value("kind: peak_bytes") == measure(analyze(network.graph)).peak


@pytest.mark.parametrize("kind", ["peak_bytes", "weight_bytes", "activation_bytes"])
def test_bytes_are_right_as_the_key_shows_them(kind: str) -> None:
    question = f"kind: {kind}, unit: KiB"
    item = one(question).items[0]
    assert mark(question, item.right_answer).credit == 1


def test_a_dash_that_may_begin_a_list_is_left_to_a_person() -> None:
    assert mark("kind: params", "- 4").verdict == "unreadable"
    assert mark("kind: params", "-4").verdict == "wrong"
    assert mark("kind: start, node: p1", "- 2").credit == 1


def test_jump_and_start_of_a_receptive_field() -> None:
    assert (value("kind: jump, node: p1"), value("kind: start, node: p1")) == (4, -2)
    assert mark("kind: start, node: p1", "-2").credit == 1
    assert mark("kind: start, node: p1", "2").credit == 0


def test_what_sums_over_all_layers_asks_for_all_layers() -> None:
    whole, layer = one("kind: activation_bytes"), one("kind: activation_bytes, node: c1")
    assert "the outputs of all layers" in whole.questions[0].text
    assert "memory of the output of `c1`" in layer.questions[0].text


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_working_of_a_fit_ends_in_the_length_that_the_key_shows(stride: int) -> None:
    net = (
        f"{{input: 1x10x10, layers: [conv: {{out_channels: 1, kernel_size: 3, stride: {stride}}}]}}"
    )
    found = read("  - {id: q, kind: fits}\n", f"specs: {{net: {net}}}\n")
    item = found.items[0]
    shown = re.search(r"\((.*)\)", item.right_answer)
    assert shown is not None
    assert working(item, found.questions[0].network)[-1].endswith(f"= {shown.group(1)}")


SHARED = """
specs:
  net:
    parameters: {W: 32, F: 5}
    input: [3, W, W]
    layers: [conv: {name: c, out_channels: 4, kernel_size: F}, max_pool: {name: p, kernel_size: 2}]
networks:
  mine: {spec: net, draw: {W: 24..40, F: [3, 5]}, set: {W: 30}}
questions:
  - {id: a, kind: shape, node: c, spec: mine}
  - {id: b, kind: shape, node: p, spec: mine}
  - {id: c, kind: params, node: c, spec: mine}
"""


def test_questions_that_share_a_network_follow_from_one_another() -> None:
    draws = {"networks/mine": {"W": "28", "F": "3"}}
    found = read_assignment_text(Source("t.yaml", SHARED), draws=draws)
    first, *others = [question.network for question in found.questions]
    assert first is not None
    assert all(network is first for network in others)
    assert [item.right_answer for item in found.items] == ["26×26×4", "13×13×4", "112"]
    marks = Marker(found).mark({"a": "28x28x4", "b": "14x14x4", "c": "112"})
    assert [one.reason for one in marks] == ["misconception", "follow_through", "exact"]
    undrawn = read_assignment_text(Source("t.yaml", SHARED))
    assert undrawn.items[0].right_answer == "26×26×4"  # W: 30, F: 5


def test_a_shared_network_is_drawn_once_for_every_student(tmp_path: Path) -> None:
    template = Template(Source("t.yaml", SHARED))
    students = [f"s{number}" for number in range(6)]
    manifest = draw_quiz(template, students, "seed")
    again = draw_quiz(Template(Source("t.yaml", SHARED)), students[::-1], "seed")
    assert len({tuple(draws["networks/mine"].items()) for draws in manifest.draws.values()}) == 6
    assert manifest.draws["s0"].keys() == {"networks/mine"} == again.draws["s0"].keys()
    for student in students:
        own = manifest_of(manifest.json()).assignment(student)
        assert len({id(question.network) for question in own.questions}) == 1
        key = {item.id: item.right_answer for item in own.items}
        assert {one.verdict for one in Marker(own).mark(key)} == {"accept"}
    write_quiz(manifest, students, ("sheets", "moodle"), str(tmp_path))
    assert (tmp_path / "sheets/s0.md").read_text().count("c: convolution") == 1  # once, at the top
    names = re.findall(r"<name><text>(\w)-\d+", (tmp_path / "moodle.xml").read_text())
    assert sorted(set(names)) == ["a", "b", "c"]
    assert names.count("a") == 6


def test_what_is_drawn_once_is_not_drawn_again() -> None:
    text = SHARED.replace("node: p, spec: mine", "node: p, spec: mine, draw: {W: 30..40}")
    with pytest.raises(SpecError, match="drawn once"):
        Template(Source("t.yaml", text))


def broken(*_arguments: Any) -> Any:
    raise ZeroDivisionError


def test_a_fault_of_ours_at_one_answer_touches_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read("  - {id: a, kind: params, node: c1}\n  - {id: b, kind: params, node: fc}\n")
    monkeypatch.setattr(NumberTruth, "judge", broken)
    marks = Marker(found).mark({"a": "608", "b": "3930"})
    assert {(one.verdict, one.reason) for one in marks} == {("unmarked", "internal")}
    monkeypatch.undo()
    monkeypatch.setattr("cnncalc.grading.marking.reasons.Explainer.slips", broken)
    first, second = Marker(found).mark({"a": "608", "b": "1"})
    assert (first.reason, second.reason) == ("exact", "internal")


@pytest.mark.parametrize(
    "spec", ["../../secret", "/etc/passwd", "other.yaml", "{spec: ./net, until: c1}"]
)
def test_a_network_handed_in_takes_nothing_from_files(spec: str) -> None:
    text = f"input: 3x32x32\nlayers:\n  - network: {spec}\n"
    question = "kind: network, constraints: {output: 10}"
    found = mark(question, text)
    assert found.verdict == "unreadable"
    assert "may not read files" in found.notes[0]
    assert isinstance(one(question).items[0].truth, NetworkTruth)


def test_the_schema_knows_every_kind_and_what_the_reader_refuses() -> None:
    schema = assignment_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    pages = (Path(__file__).parents[2] / "docs" / "howto").glob("grading*.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    files = re.findall(r"```yaml file=(\w+)\.yaml\n(.*?)```", text, re.DOTALL)
    assert len(files) > 3
    for name, text in files:
        faulty = name == "faulty"
        assert bool(list(validator.iter_errors(yaml.safe_load(text)))) is faulty, name
    kinds = {one["properties"]["kind"]["const"]
             for one in schema["properties"]["questions"]["items"]["oneOf"]}  # fmt: skip
    assert kinds == set(QUESTION_TYPES)
    # A key without a meaning would be offered without a word by editors.
    assert all(key.meaning for one in QUESTION_TYPES.values() for key in one.known.values())


LETTERS = """
specs:
  one:
    parameters: {W: 40, F: 5, P: 1, S: 2}
    input: [3, W, W]
    layers: [conv: {name: conv, out_channels: 4, kernel_size: F, padding: P, stride: S}]
"""
CONV = "input: W×W×3\nconv: {name: conv, out_channels: 4, kernel_size: F, padding: P, stride: S}\n"


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("kind: inverse, unknown: {F: 1..7, P: 0..3}, set: {S: 1}, want: {spatial: input}",
         f"{CONV}W = 40, S = 1"),
        ("kind: expression, symbols: {W: 20..60, F: 1..7}, quantity: size", f"{CONV}P = 1, S = 2"),
        ("kind: inverse, unknown: input, range: 20..60, want: {spatial: 20}",
         "conv: convolution, 4 filters 5×5, stride 2, padding 1"),
        ("kind: inverse, unknown: batch, want: {memory: 1MB}",
         "input: 40×40×3\nconv: convolution, 4 filters 5×5, stride 2, padding 1"),
        ("kind: inverse, layer: pool, given: {input: 8, output: 4}, unknown: kernel_size",
         ""),
    ],
)  # fmt: skip
def test_a_sheet_shows_the_network_of_what_is_asked_for(question: str, shown: str) -> None:
    assert network_shown(read(f"  - {{id: q, {question}}}\n", LETTERS).questions[0]) == shown


def test_a_sheet_shows_the_layers_on_which_an_answer_depends() -> None:
    lines = network_shown(one("kind: shape, node: p1").questions[0]).split("\n")
    assert [line.partition(":")[0] for line in lines] == ["input", "c1", "p1"]
    for question in ("kind: shape", "kind: params", "kind: table", "kind: macs, node: fc"):
        assert network_shown(one(question).questions[0]).count("\n") == 4, question
    both = "  - {id: a, kind: shape, node: c1}\n  - {id: b, kind: shape, node: p1}\n"
    shown = [part.text for part in sheet(read(both)) if part.kind == "pre"]
    assert len(shown) == 1  # once, and whole, above all questions
    assert shown[0].count("\n") == 4
