"""Questions on numbers: drawn, marked cell by cell, with the slips of this craft."""

from __future__ import annotations

import json
import re
import zipfile
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest

from cnncalc.cli import run
from cnncalc.diagnostics import SpecError
from cnncalc.grading import load
from cnncalc.grading.marking.marker import Marker
from cnncalc.grading.submissions.ids import Raw
from cnncalc.grading.submissions.read import SubmissionReader, take_maps

NET = """input: 2x5x5
layers:
  - conv: {out_channels: 2, kernel_size: 3, padding: 1, stride: 2}
  - relu
  - avg_pool: 2
"""
HOMEWORK = """title: Values
specs: {net: net.yaml}
questions:
  - {id: one, kind: value, spec: net, node: conv_1, cell: "1,1,2", draw: {numbers: 1..500}}
  - {id: all, kind: value, spec: net, node: conv_1, cell: map, channel: 1, points: 9}
"""


@pytest.fixture
def homework(tmp_path):
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "homework.yaml").write_text(HOMEWORK)
    return tmp_path / "homework.yaml"


def numbers_in(text):
    """The arrays that a question gives, by name."""
    found = re.findall(r"([\w.]+) = (\[.*?\])(?=;)", text)
    return {name: np.array(json.loads(values), float) for name, values in found}


def by_hand(given, padding=1, stride=2, flip=False):
    x = np.pad(given["input"], ((0, 0), (padding, padding), (padding, padding)))
    kernel = given["conv_1.weight"]
    kernel = kernel[:, :, ::-1, ::-1] if flip else kernel
    count = (x.shape[1] - 3) // stride + 1
    out = np.zeros((2, count, count))
    for c in range(2):
        for i in range(count):
            for j in range(count):
                window = x[:, i * stride : i * stride + 3, j * stride : j * stride + 3]
                out[c, i, j] = (window * kernel[c]).sum() + given["conv_1.bias"][c]
    return out


def test_the_key_is_what_numpy_finds_in_the_numbers_of_the_text(homework):
    assignment = load(str(homework))
    one, everything = assignment.questions
    assert by_hand(numbers_in(one.text))[1, 1, 2] == one.items[0].truth.value
    found = [item.truth.value for item in everything.items]
    assert found == by_hand(numbers_in(everything.text))[1].ravel().tolist()
    assert [item.points for item in everything.items] == [1] * 9


def test_slips_are_named_and_no_two_have_one_value(homework):
    assignment = load(str(homework))
    item = assignment.questions[0].items[0]
    given = numbers_in(assignment.questions[0].text)
    right = by_hand(given)[1, 1, 2]
    wanted = {
        "kernel_flipped": by_hand(given, flip=True)[1, 1, 2],
        "bias_forgotten": right - given["conv_1.bias"][1],
        "stride_ignored": by_hand(given, stride=1)[1, 1, 2],
    }
    slips = dict(item.truth.mistakes)
    assert {name: slips[name] for name in wanted if wanted[name] != right} == {
        name: value for name, value in wanted.items() if value != right
    }
    assert len({*slips.values(), item.truth.value}) == len(slips) + 1
    marker = Marker(assignment)
    for name, value in slips.items():
        mark = marker.mark({"one": str(value)})[0]
        assert (mark.verdict, mark.slip) != ("accept", name)
        assert mark.slip == name
    assert marker.mark({"one": str(int(right))})[0].verdict == "accept"


def test_a_map_is_marked_cell_by_cell(homework):
    assignment = load(str(homework))
    items = assignment.questions[1].items
    answers = {item.id: item.right_answer for item in items[:7]}
    answers[items[7].id] = "999"
    verdicts = [mark.verdict for mark in Marker(assignment).mark(answers)][1:]
    assert verdicts == ["accept"] * 7 + ["wrong", "blank"]


def test_it_goes_into_quizzes_moodle_and_gradescope(homework, monkeypatch, capsys):
    monkeypatch.chdir(homework.parent)
    arguments = ["quiz", "homework.yaml", "--seed", "s", "--count", "2", "-o", "out", "--choices"]
    assert run([*arguments, "--format", "sheets,moodle,cloze"]) == 0
    manifest = json.loads((homework.parent / "out" / "manifest.json").read_text())
    assert "numbers" in json.dumps(manifest)
    xml = ElementTree.parse(homework.parent / "out" / "moodle.xml")
    assert len(list(xml.iter("question"))) > 3
    [first, *_] = [one for one in xml.iter("question") if one.get("type") == "multichoice"]
    said = [text.text or "" for text in first.iterfind("answer/feedback/text")]
    assert {"the kernel was turned around", "the biases were left out"} <= {
        text.partition(",")[0] for text in said
    }
    assert run(["grade", "--make-gradescope", "homework.yaml", "-o", "auto.zip"]) == 0
    with zipfile.ZipFile("auto.zip") as archive:
        assert "numpy" in archive.read("setup.sh").decode()
    capsys.readouterr()


@pytest.fixture
def chain(tmp_path):
    """A map, and what two layers after it make of the same numbers."""
    (tmp_path / "net.yaml").write_text(
        "input: 1x6x6\nlayers:\n  - conv: {name: c, out_channels: 1, kernel_size: 3}\n"
        "  - relu\n  - avg_pool: {name: p, kernel_size: 2}\n"
        "  - conv: {name: d, out_channels: 1, kernel_size: 2}\n"
    )
    (tmp_path / "homework.yaml").write_text(
        "title: Values\nspecs: {net: net.yaml}\nnetworks: {tiny: {spec: net}}\nquestions:\n"
        "  - {id: last, kind: value, spec: tiny, node: d, cell: map}\n"
        "  - {id: map, kind: value, spec: tiny, node: c, cell: map, points: 16}\n"
        "  - {id: pool, kind: value, spec: tiny, node: p, cell: map, points: 4}\n"
    )
    return load(str(tmp_path / "homework.yaml"))


def test_questions_about_one_network_share_its_numbers(chain):
    last, first, _ = chain.questions
    assert numbers_in(first.text).keys() == {"input", "c.weight", "c.bias"}
    for name, values in numbers_in(first.text).items():
        assert (numbers_in(last.text)[name] == values).all()


@pytest.mark.parametrize("seed", range(8))
def test_maps_follow_from_the_students_own_maps(chain, seed):
    """Whatever wrong map a student has, its pool and the filter over that are marked as right."""
    own = np.random.default_rng(seed).integers(-9, 9, (4, 4))
    pooled = np.maximum(own, 0).reshape(2, 2, 2, 2).mean(axis=(1, 3))
    given = numbers_in(chain.questions[0].text)
    cell = (pooled * given["d.weight"]).sum() + given["d.bias"].item()
    answers = [cell, *own.ravel(), *pooled.ravel()]
    marks = Marker(chain).mark(
        {item.id: f"{value:g}" for item, value in zip(chain.items, answers, strict=True)}
    )
    later = [mark for mark in marks if not mark.item.startswith("map/")]
    assert {mark.credit for mark in later} == {1}
    followed = [mark for mark in later if mark.reason == "follow_through"]
    assert followed
    for mark in followed:
        row = mark.item.split()[-1][0]  # of the pool: it reads two rows of the map
        rows = range(4) if mark.item == "last" else (2 * int(row), 2 * int(row) + 1)
        assert all(source.startswith(("pool/", *[f"map/row {r}/" for r in rows]))
                   for source in mark.follows)  # fmt: skip
    wrong = {item.id: f"{value + 1:g}" for item, value in zip(chain.items, answers, strict=True)}
    wrong = {name: text for name, text in wrong.items() if not name.startswith("map/")}
    marks = Marker(chain).mark(wrong | {m.item: m.raw for m in marks if m.item[:3] == "map"})
    assert all(mark.reason != "follow_through" for mark in marks if mark.item[:4] == "pool")


def test_a_slip_in_a_map_costs_in_every_cell_of_it(chain):
    flipped = {
        item.id: str(dict(item.truth.mistakes).get("kernel_flipped", item.right_answer))
        for item in chain.questions[1].items
    }
    marks = [mark for mark in Marker(chain).mark(flipped) if mark.slip == "kernel_flipped"]
    assert len(marks) > 10
    assert {mark.credit for mark in marks} == {Fraction(1, 2)}


def test_what_cannot_be_gone_on_from(chain):
    answers = {"map/row 0/column_0": "1e29", "pool/row 0/column_0": "1e28", "last": "nan"}
    assert {mark.verdict for mark in Marker(chain).mark(answers)} <= {
        "wrong",
        "blank",
        "unreadable",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"1,1,2"', '"1,3,2"'), "has no row 3"),
        (('"1,1,2"', "somewhere"), "is no cell"),
        (("node: conv_1, cell: \"1,1,2\"", "node: input, cell: \"0,0,0\""), "an input is given"),
        (("channel: 1", "channel: 7"), "`channel` cannot be `7`"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(homework, change, message):
    homework.write_text(HOMEWORK.replace(*change))
    with pytest.raises(SpecError, match=message):
        load(str(homework))


def test_networks_too_large_for_paper(homework):
    (homework.parent / "net.yaml").write_text(NET.replace("2x5x5", "3x32x32"))
    with pytest.raises(SpecError, match="too many to work with on paper"):
        load(str(homework))


#: Ways to hand in a map of two rows and a single number.
HANDED_IN = {
    "a.txt": "pool: [[1, 2.5], [-3, 4]]\nlast: 7\n",
    "b.txt": "pool:\n1 2.5\n-3 4\nlast: 7\n",
    "c.py": "pool = np.array([[1, 2.5],\n                 [-3, 4]])\nlast = 7\n",
    "d.json": '{"pool": [[1, 2.5], [-3, 4]], "last": 7}',
    "e.yaml": "pool:\n  - [1, 2.5]\n  - [-3, 4]\nlast: 7\n",
    "f.yaml": "pool:\n  row 0: [1, 2.5]\n  row 1: {column_0: -3, column_1: 4}\nlast: 7\n",
    "g.yaml": "pool: '[[1, 2.5], [-3, 4]]'\nlast: 7\n",
    "h.md": "pool: | 1 | 2.5 |\n| -3 | 4 |\n\nlast: 7\n",
}


@pytest.mark.parametrize("name", HANDED_IN)
def test_maps_are_read_as_programs_and_people_write_them(chain, name):
    raw = SubmissionReader(chain).read(HANDED_IN[name].encode(), name)
    cells = {f"pool/row {r}/column_{c}" for r in range(2) for c in range(2)}
    found = {item: raw.answers[item] for item in sorted(cells)}
    assert list(map(float, found.values())) == [1, 2.5, -3, 4]
    assert raw.answers["last"].strip() == "7"


@pytest.mark.parametrize("text", ["pool: [[1, 2], [3]]", "pool: about [[1, 2], [3, 4]]"])
def test_what_is_no_whole_map_is_left_to_others(chain, text):
    raw = Raw()
    take_maps(raw, text, {one.id: one for one in chain.questions})
    assert raw.answers == {}
