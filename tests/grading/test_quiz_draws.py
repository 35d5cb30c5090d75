"""What is drawn for a class: fair, different, without two slips of one value, and proved."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from math import prod
from random import Random

import pytest

from cnncalc.cli import run
from cnncalc.diagnostics import Source, SpecError, UsageError
from cnncalc.grading.marking.reasons import Explainer
from cnncalc.grading.model import Question
from cnncalc.grading.quantities import QUANTITIES
from cnncalc.grading.question_types.fits import loses_nothing
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.quiz import check
from cnncalc.grading.quiz.check import steps
from cnncalc.grading.quiz.draw import draw_quiz
from cnncalc.grading.quiz.template import Template
from cnncalc.grading.sheet import sheet
from cnncalc.grading.work import Manifest, manifest_of
from cnncalc.layers import window

TEMPLATE = """
title: Draws
specs:
  one:
    parameters: {W: 32, F: 5, P: 2, S: 1, K: 10, C: 3}
    input: [C, W, W]
    layers: [conv: {name: conv, out_channels: K, kernel_size: F, padding: P, stride: S}]
  net:
    parameters: {W: 32, K: 8, F: 3}
    input: [3, W, W]
    layers:
      - conv: {name: conv1, out_channels: K, kernel_size: F}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: 2 * K, kernel_size: 3}
questions:
  - {id: shape, kind: shape, spec: one, draw: {W: 24..64, F: [3, 5, 7], P: 0..3, S: [1, 2], K: 4..32}, where: 2 * P < F}
  - {id: params, kind: params, spec: one, draw: {F: [3, 5, 7], K: 4..64, C: 1..32}}
  - {id: macs, kind: macs, spec: one, draw: {W: 16..48, F: [3, 5], P: 0..2, K: 4..32}, where: 2 * P < F}
  - {id: field, kind: receptive_field, spec: net, node: conv2, draw: {F: [3, 5, 7], W: 20..60, K: 4..16}}
  - {id: fits, kind: fits, spec: one, draw: {W: 24..64, S: [2, 3], K: 4..16}}
"""  # noqa: E501
STUDENTS = [f"s{number}" for number in range(12)]


def template(text: str = TEMPLATE) -> Template:
    return Template(Source("draws.yaml", text))


@pytest.fixture(scope="module")
def quiz() -> Manifest:
    return draw_quiz(template(), STUDENTS, "secret")


def questions(quiz: Manifest) -> list[tuple[dict[str, int], Question]]:
    """Return every question of every student with what was drawn for it."""
    result = []
    for student in STUDENTS:
        for question in quiz.assignment(student).questions:
            drawn = quiz.draws[student][question.id]
            result.append(({name: int(value) for name, value in drawn.items()}, question))
    return result


def test_every_key_is_what_naive_arithmetic_gives(quiz: Manifest) -> None:
    for own, question in questions(quiz):
        d = {"W": 32, "F": 5, "P": 2, "S": 1, "K": 10, "C": 3} | own
        side = len(range(0, d["W"] + 2 * d["P"] - d["F"] + 1, d["S"]))
        weights = d["F"] ** 2 * d["C"]
        truth = question.items[0].truth
        if question.id == "shape":
            assert truth == ShapeTruth((d["K"], side, side))
        elif question.id == "params":
            assert truth == NumberTruth(Fraction((weights + 1) * d["K"]))
        elif question.id == "macs":
            assert truth == NumberTruth(Fraction(side * side * d["K"] * weights))
        elif question.id == "field":
            size = d["F"] + 1 + 2 * 2
            assert isinstance(truth, ShapeTruth)
            assert truth.shape == (size, size)


def test_variants_of_a_question_take_equally_many_steps(quiz: Manifest) -> None:
    found: dict[str, set[int]] = {}
    for _, question in questions(quiz):
        found.setdefault(question.id, set()).add(steps(question))
    assert all(len(numbers) == 1 for numbers in found.values()), found


def test_no_two_misconceptions_share_a_value_where_that_can_be_had(quiz: Manifest) -> None:
    for _, question in questions(quiz):
        assert question.network is not None
        slips = Explainer(question.network.right)
        if question.id != "field":  # pooling away and not striding look the same there
            assert sum(slips.clashes(item) for item in question.items) == 0, question.id


def test_windows_fit_and_nobody_shares_a_variant(quiz: Manifest) -> None:
    for name in quiz.draws["s0"]:
        assert len({json.dumps(own[name]) for own in quiz.draws.values()}) == len(STUDENTS), name
    for _, question in questions(quiz):
        assert question.network is not None
        world = question.network.right
        if question.kind != "fits":
            assert loses_nothing(world)


def test_neither_a_question_less_nor_a_student_less_changes_other_draws(quiz: Manifest) -> None:
    lines = TEMPLATE.splitlines()
    fewer = template("\n".join(line for line in lines if "id: macs" not in line))
    for student, own in draw_quiz(fewer, STUDENTS[:6], "secret").draws.items():
        assert all(own[name] == quiz.draws[student][name] for name in own)
    wide = TEMPLATE.replace("24..64", "24..999").replace("4..32", "4..999")
    wide = wide.replace("4..64", "4..999").replace("16..48", "16..999").replace("4..16", "4..999")
    wide = wide.replace("20..60", "20..999")
    whole = draw_quiz(template(wide), STUDENTS[:4], "s", check=False).draws
    less = draw_quiz(template(wide), STUDENTS[1:4], "s", check=False).draws
    assert all(whole[student] == less[student] for student in less)


def test_hardly_a_draw_of_a_small_space_is_left_out() -> None:
    drawable = replace(template().drawables[0], values={"F": ("3", "5", "7"), "S": ("1", "2")})
    for seed in range(5):
        assert len(set(drawable.some(Random(seed), 10**6))) == 6
    assert len(list(drawable.some(Random(1), 50))) == 50


def test_a_space_that_is_too_small_is_shared_evenly_and_told() -> None:
    small = TEMPLATE.replace("draw: {F: [3, 5, 7], K: 4..64, C: 1..32}", "draw: {K: [4, 5, 7]}")
    notes: list[str] = []
    draws = draw_quiz(template(small), STUDENTS[:9], "x", note=notes.append).draws
    counts = [draw["params"]["K"] for draw in draws.values()]
    assert sorted(map(counts.count, {"4", "5", "7"})) == [3, 3, 3]
    assert [note for note in notes if note.startswith("params: only 3 different draws")]


def test_draws_that_read_the_same_must_have_the_same_answer() -> None:
    silent = TEMPLATE.replace("{id: params,", "{id: params, text: How many parameters?,")
    with pytest.raises(SpecError, match="read the same but have different answers"):
        draw_quiz(template(silent), STUDENTS[:9], "x")


def test_a_question_that_can_never_be_read_says_why() -> None:
    bad = TEMPLATE.replace("node: conv2", "node: conv9")
    with pytest.raises(SpecError, match="no node `conv9`"):
        draw_quiz(template(bad), STUDENTS[:1], "x")


def asked(name: str) -> Question:
    found = template()
    drawable = next(one for one in found.drawables if one.id == name)
    return found.question(drawable, {key: values[0] for key, values in drawable.values.items()})


@pytest.mark.parametrize("name", ["shape", "params", "macs", "field"])
def test_a_right_key_passes_the_check_and_a_wrong_one_does_not(name: str) -> None:
    question = asked(name)
    assert check.fault(question) is None
    item = question.items[0]
    if isinstance(item.truth, ShapeTruth):
        truth = replace(item.truth, shape=tuple(length + 1 for length in item.truth.shape))
    else:
        assert isinstance(item.truth, NumberTruth)
        truth = replace(item.truth, value=item.truth.value + 1)
    wrong = replace(question, items=(replace(item, truth=truth),))
    assert "does not give the key" in (check.fault(wrong) or "")


def test_a_field_that_is_the_whole_input_passes_the_check() -> None:
    pooled = TEMPLATE.replace(
        "2 * K, kernel_size: 3}", "2 * K, kernel_size: 3}\n      - global_avg_pool"
    )
    found = template(pooled.replace("node: conv2, draw", "node: global_avg_pool_1, draw"))
    question = found.question(found.drawables[3], {"W": "20"})
    assert check.fault(question) is None
    truth = question.items[0].truth
    assert isinstance(truth, ShapeTruth)
    other = replace(question.items[0], truth=replace(truth, shape=(19, 19)))
    assert check.fault(replace(question, items=(other,))) is not None


def test_a_wrong_rule_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = window.output_length
    monkeypatch.setattr(window, "output_length", lambda *own: rule(*own) + 1)
    with pytest.raises(SpecError, match="does not give the computed figures"):
        draw_quiz(template(), ["s"], "x")


def test_a_wrong_count_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    own = QUANTITIES["params"]
    wrong = replace(own, count=lambda *where: (own.count(*where) or 0) + 1)
    monkeypatch.setitem(QUANTITIES, "params", wrong)
    with pytest.raises(SpecError, match="does not give the key of `params`"):
        draw_quiz(template(), ["s"], "x")


def test_a_manifest_makes_every_sheet_again_and_tells_nothing_of_the_seed(quiz: Manifest) -> None:
    text = quiz.json()
    again = manifest_of(text)
    assert again.json() == text
    for student in STUDENTS[:5]:
        first = sheet(quiz.assignment(student), student, True)
        assert sheet(again.assignment(student), student, True) == first
    other = replace_seed(quiz)
    assert set(json.loads(text)) == set(json.loads(other)) == {
        "schema", "title", "digest", "draws", "template", "specs",
    }  # fmt: skip


def replace_seed(quiz: Manifest) -> str:
    """Return the manifest of the same draws under another seed: the same, as it has no seed."""
    return Manifest(quiz.title, quiz.template, quiz.specs, quiz.draws).json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:400], "damaged"),
        (lambda text: text.replace('"F": "', '"F": "1', 1), "changed"),
        (lambda text: text.replace("quiz/1", "quiz/7"), "cnncalc.quiz/7"),
        (lambda text: text.replace('"digest"', '"dig"'), "damaged"),
        (lambda text: text.replace('"W": "', '"W": 1, "V": "', 1), "changed"),
        (lambda _: '{"schema": "cnncalc.quiz/1", "draws": ' + "[" * 10**5, "damaged"),
    ],
)
def test_a_manifest_that_was_changed_is_refused(quiz, change, message) -> None:
    with pytest.raises(UsageError, match=message):
        manifest_of(change(quiz.json()))


def test_a_network_alone_is_enough_for_a_class(tmp_path, capsys) -> None:
    assert run(["quiz", "lenet5", "--seed", "x", "--count", "14", "-o", str(tmp_path)]) == 0
    assert "only" not in capsys.readouterr().err
    quiz = manifest_of((tmp_path / "manifest.json").read_text())
    answers = {str([i.truth for i in quiz.assignment(s).items]) for s in quiz.draws}
    assert len(answers) == 14
    assert prod(len(own) for own in quiz.draws.values()) > 1


def test_nobody_and_no_seed_are_refused(tmp_path) -> None:
    (tmp_path / "t.yaml").write_text(TEMPLATE)
    (tmp_path / "empty.csv").write_text("id,name\n")
    command = ["quiz", str(tmp_path / "t.yaml"), "-o", str(tmp_path / "out")]
    assert run([*command, "--seed", " ", "--count", "2"]) == 2
    assert run([*command, "--seed", "x", "--students", str(tmp_path / "empty.csv")]) == 2
