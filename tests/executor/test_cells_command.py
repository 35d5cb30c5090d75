"""`run --cell`, `--steps` and the calculators with `--numbers`, as they are typed."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from cnncalc.cli import run

FIVE = "[[3,3,2,1,0],[0,0,1,3,1],[3,1,2,2,3],[2,0,0,2,2],[2,0,0,0,1]]"
CONV = ["conv", "5x5", "--weight", "[[0,1,2],[2,2,0],[0,1,2]]", "--numbers", FIVE]
POOL = ["pool", "5x5", "-k", "3", "-s", "2", "-p", "1", "--numbers", FIVE]


def told(capsys, arguments, status=0):
    assert run(arguments) == status
    done = capsys.readouterr()
    return done.out if status == 0 else done.err


def test_a_lecture_s_map_without_a_file(capsys):
    assert "[[12. 12. 17.]\n   [10. 17. 19.]\n   [ 9.  6. 14.]]" in told(capsys, CONV)
    assert "[[3. 3. 3.]\n   [3. 3. 3.]\n   [2. 2. 2.]]" in told(capsys, POOL)


def test_a_cell_of_it_by_hand(capsys):
    text = told(capsys, [*CONV, "--cell", "0,0,1"])
    assert "conv:0,0,1 = 12" in text
    assert "3 2 1     0 1 2     0 2 2" in text
    found = json.loads(told(capsys, [*CONV, "--cell", "0,0,1", "--format", "json"]))
    (cell,) = found["cells"]
    assert cell["result"] == cell["executed"] == 12
    (window,) = cell["steps"]
    assert window["positions"] == [[0], [0, 1, 2], [1, 2, 3]]
    assert sum(sum(row) for row in window["products"]) == 12
    assert "- `" not in told(capsys, [*CONV, "--cell", "0,0,1", "--format", "markdown"])
    latex = told(capsys, [*CONV, "--cell", "0,0,1", "--format", "latex"])
    assert r"3 & 2 & 1 \\ 0 & 1 & 3 \\ 1 & 2 & 2" in latex
    assert latex.count(r"\left[") == latex.count(r"\right]") == 3


def test_padding_is_told_apart(capsys):
    assert "  - - -\n    - 3 3   y = 3, the largest\n    - 0 0" in told(
        capsys, [*POOL, "--cell", "0,0,0"]
    )
    average = told(capsys, [*POOL, "--kind", "avg", "--cell", "0,0,0"])
    assert "(0) (0) (0)" in average
    assert "y = s/n = 6/9 = 0.666667   (the mean)" in average


def test_steps_walk_over_the_map(capsys):
    text = told(capsys, [*CONV, "--steps", "4"])
    assert [f"step {i} of 4" in text for i in (1, 4, 5)] == [True, True, False]
    assert text.rstrip().endswith("12 12 17\n  10  .  .\n   .  .  .")
    assert "[3][3][2] 1  0" in text
    markdown = told(capsys, [*CONV, "--steps", "--format", "markdown"])
    assert markdown.count("# Step ") == 9
    walk = json.loads(told(capsys, [*CONV, "--cell", "0,2,0", "--steps", "--format", "json"]))
    assert [cell["result"] for cell in walk["cells"]] == [9, 6, 14]


@pytest.mark.parametrize("arguments", [CONV, POOL])
def test_a_moving_picture_holds_no_script(capsys, arguments):
    text = told(capsys, [*arguments, "--steps", "--format", "svg"])
    root = ElementTree.fromstring(text)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "animate" in tags
    assert "script" not in tags
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    shown = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert shown.count("input, channel 0") == 1


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([*CONV, "--cell", "0,3,0"], "has no row 3"),
        ([*CONV, "--cell", "0,0"], "a cell of it has 3 numbers, not 2"),
        ([*CONV, "--cell", "0,a,0"], "is no cell"),
        ([*CONV, "--cell", "other:0,0,0"], "no layer `other`"),
        ([*CONV, "--cell", "input:0,0,0"], "is an input"),
        ([*CONV, "--steps", "0"], "is no number of steps"),
        ([*CONV, "--steps", "--format", "latex"], "have no format latex"),
        ([*CONV[:-1], "[[1,2],[3,4]]"], "the numbers are 2 x 2, and the input is 5 x 5"),
        ([*CONV[:-1], "[[1,2],[3]]"], "not made of numbers"),
        (["conv", "5x5", "--weight", "[[1,2],[3,x]]", "--numbers", FIVE], "--weight: the input"),
        (["conv", "5x5", "-k", "2", "--weight", "[[1,2,3]]", "--numbers", FIVE], "--kernel says 2"),
        (["conv", "5x5", "--weight", "[[]]", "--numbers", FIVE], "an empty list holds no numbers"),
        (["linear", "4", "--weight", "[]", "--numbers", "[1]"], "an empty list holds no numbers"),
        (["conv", "5x5", "--weight", "sobell", "--numbers", FIVE], "did you mean `sobel_x`?"),
        (["conv", "5x5", "-k", "3", "--weight", "[[1]]"], "--weight needs numbers"),
        (["conv", "5x5", "-k", "3", "--numbers", FIVE], "the weights are missing"),
        (["linear", "2", "--numbers", "[1,2]", "--weight", "[1,2,3]"], "has 1x3 values"),
        (["conv", "5x5", "-k", "3", "--format", "svg"], "a figure is no picture"),
        (
            ["run", "examples/max_pool", "--input", "[[1,2],[3,4]]", "--sample", "1", "--cell",
             "0,0,0"],
            "there is no sample 1",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_refused(capsys, arguments, wanted):
    status = 1 if "values" in wanted else 2
    assert wanted in told(capsys, arguments, status)
