"""`compare`, `diff` and `sweep`: figures are the analysis' own, alignments leave nothing out."""

from __future__ import annotations

import csv
import io
import json
import sys
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from questions import output

import cnncalc
from cnncalc.cli import run
from cnncalc.diagnostics import UsageError
from cnncalc.search.sweep import variables
from cnncalc.teaching import align as alignment
from cnncalc.teaching.align import Pair, align
from cnncalc.teaching.figures import FIGURES, request

# Random networks are drawn as the analysis' tests draw them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "analysis"))
from random_graphs import specs


def analysed(name: str) -> Any:
    return cnncalc.analyze(cnncalc.load(name))


def assert_complete(pairs: list[Pair], old: Any, new: Any) -> None:
    """Every layer of both networks stands in exactly one pair, in order, and the sums agree."""
    assert [p.old.node.name for p in pairs if p.old] == [r.node.name for r in old.rows()]
    assert [p.new.node.name for p in pairs if p.new] == [r.node.name for r in new.rows()]
    a, b = old.totals(), new.totals()
    assert sum(p.params for p in pairs) == b.params - a.params
    assert sum(p.macs for p in pairs) == b.ops.macs - a.ops.macs


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("vgg11", "vgg13"),
        ("alexnet", "alexnet_torchvision"),
        ("resnet18", "resnet50"),
        ("vgg16", "vgg16_bn"),
        ("lenet5", "mobilenet_v2"),
    ],
)
def test_networks_are_aligned_whole(old: str, new: str) -> None:
    a, b = analysed(old), analysed(new)
    assert_complete(align(a, b), a, b)


@settings(max_examples=40)
@given(specs(), specs())
def test_random_networks_are_aligned_whole(old: str, new: str) -> None:
    a, b = (cnncalc.analyze(cnncalc.loads(text)) for text in (old, new))
    assert_complete(align(a, b), a, b)
    assert all(pair.kind == "equal" for pair in align(a, a))


@settings(max_examples=40)
@given(specs(6), specs(6))
def test_no_alignment_is_more_alike(old: str, new: str) -> None:
    a, b = (cnncalc.analyze(cnncalc.loads(text)).rows() for text in (old, new))

    @cache
    def most(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return 0
        alike = alignment.likeness(a[i], b[j])
        return max(most(i + 1, j), most(i, j + 1), alike and alike + most(i + 1, j + 1))

    pairs = alignment.best(a, b)
    assert sum(alignment.likeness(p.old, p.new) for p in pairs if p.old and p.new) == most(0, 0)


def test_long_networks_are_aligned_whole_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MOST_PAIRS", 10)
    a, b = analysed("resnet18"), analysed("resnet50")
    assert_complete(align(a, b), a, b)


def test_added_layers_are_found() -> None:
    pairs = align(analysed("vgg11"), analysed("vgg13"))
    added = [p.new.node.name for p in pairs if p.kind == "added" and p.new]
    assert added == ["conv1_2/conv_1", "conv1_2/relu_1", "conv2_2/conv_1", "conv2_2/relu_1"]
    assert {p.kind for p in pairs} == {"added", "equal"}


def test_changed_fields_are_named() -> None:
    pairs = align(analysed("alexnet"), analysed("alexnet_single_tower"))
    changed = {p.new.node.name: p.changes for p in pairs if p.kind == "changed" and p.new}
    assert set(changed) == {"conv2", "conv4", "conv5"}
    assert changed["conv2"] == (("groups", "2", "1"),)


def test_diff_on_the_command_line() -> None:
    status, text = output("diff vgg11 vgg13")
    assert status == 0
    assert "+  conv1_2/conv_1" in text
    assert "+36,928" in text
    assert "... 25 equal layers" in text
    assert "132,863,336 -> 133,047,848" in text
    assert output("diff vgg11 vgg13 --exit-code")[0] == 1
    assert output("diff vgg11 vgg11 --exit-code")[0] == 0
    found = json.loads(output("diff vgg11 vgg13 --format json")[1])
    assert found["schema"] == "cnncalc.diff/1"
    assert found["params"] == 184_512


def test_compare_has_the_analysis_figures() -> None:
    found = json.loads(output("compare alexnet resnet50 --format json")[1])
    assert found["schema"] == "cnncalc.compare/1"
    first, second = found["networks"]
    assert (first["params"], first["depth"], first["receptive_field"]) == (60_965_224, 8, 195)
    assert (second["macs"], second["depth"], second["receptive_field"]) == (4_089_184_256, 50, 427)
    assert second["relative"]["params"] == 25_557_032 / 60_965_224


def test_every_figure_can_be_a_column() -> None:
    columns = ",".join(FIGURES)
    status, text = output(f"compare lenet5 vgg11 --columns {columns} --format csv")
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["network"] for row in rows] == ["lenet5", "vgg11"]
    assert rows[0]["params"] == "61706"
    assert rows[0]["output"] == "10"


@pytest.mark.parametrize("format", ["table", "markdown", "latex", "html"])
def test_every_format_prints(format: str) -> None:
    for command in ("compare lenet5 vgg11", "diff lenet5 vgg11", "sweep lenet5 --input 28..32:2"):
        status, text = output(f"{command} --format {format}")
        assert status == 0
        assert len(text) > 100


def test_parameters_follow_a_name() -> None:
    wanted = request("wrn_28_10@widen=4,input=3x64x64,variant=x")
    assert (wanted.spec, wanted.variant) == ("wrn_28_10", "x")
    assert (wanted.settings, wanted.inputs) == (("widen=4",), ("3x64x64",))
    with pytest.raises(UsageError):
        request("wrn_28_10@widen")
    assert output("compare wrn_28_10@widen=1 --columns params")[0] == 0


def test_sweeps_mark_where_it_does_not_fit() -> None:
    found = json.loads(output("sweep vgg16 --input 16..64:16 --format json")[1])
    errors = [point["error"] for point in found["points"]]
    assert errors[0] == "pool5: a window of 2 does not fit in 1"
    assert errors[1:] == [None] * 3
    assert found["points"][1]["figures"]["macs"] == 436_830_208


def test_sweeps_run_over_the_whole_grid() -> None:
    _status, text = output(
        "sweep wrn_28_10 --set widen=1,2 --input 32,64 --what params --format csv"
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["input"], row["widen"]) for row in rows] == [
        ("32", "1"), ("32", "2"), ("64", "1"), ("64", "2"),
    ]  # fmt: skip
    graph = cnncalc.load("wrn_28_10", widen=2)
    assert rows[1]["params"] == str(cnncalc.analyze(graph).totals().params)


def test_a_sweep_may_be_large() -> None:
    _status, text = output("sweep lenet5 --set classes=1..2000 --what params --format csv")
    rows = text.splitlines()
    assert len(rows) == 2001
    assert rows[-1] == "2000,230856,"  # 60,856 below the classifier, which has 85 for each class


def test_the_chart_is_an_svg_with_a_line_per_series_and_crosses() -> None:
    _status, text = output("sweep alexnet --input 32..256:32 --what macs --format svg")
    root = ET.fromstring(text)
    assert root.tag.endswith("svg")
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert tags.count("polyline") == 1
    assert tags.count("circle") == 6
    assert sum(e.get("class") == "misfit" for e in root.iter()) == 2


def test_each_figure_that_varies_has_its_own_chart_below_the_others() -> None:
    grid = "sweep wrn_28_10 --set widen=1,2,4 --input 32,64 --format svg"
    root = ET.fromstring(output(grid)[1])
    space = root.tag.removesuffix("svg")
    charts = root.findall(f"{space}svg")
    titles = [chart.findtext(f"{space}title") for chart in charts]
    assert titles == [f"{what} of wrn_28_10" for what in ("params", "MACs", "peak")]
    assert [len(chart.findall(f"{space}polyline")) for chart in charts] == [3, 3, 3]
    heights = [int(chart.get("height", "")) for chart in charts]
    assert [int(chart.get("y", "")) for chart in charts] == [0, heights[0], sum(heights[:2])]
    assert root.get("viewBox", "").endswith(f" {sum(heights)}")
    # The weights of a network that ends in global pooling are the same for every input.
    _status, text = output("sweep wrn_28_10 --input 32,64 --what params,macs --format svg")
    assert text.count("<svg") == text.count("<polyline") == 1
    assert "MACs of wrn_28_10" in text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sweep lenet5", "nothing to sweep"),
        ("sweep lenet5 --input 5..1", "no usable range"),
        ("sweep lenet5 --set classes", "NAME=VALUES"),
        ("sweep lenet5 --set classes=1..100000", "no usable range"),
        ("sweep lenet5 --input 28,32 --what colour", "there is no figure"),
        ("sweep lenet5 --input 32 --format svg", "a variable with two numbers"),
        ("compare", "missing argument"),
        ("compare lenet5 --columns parms", "did you mean `params`"),
        ("diff lenet5", "missing argument"),
        ("compare nothing_like_it", "no network"),
    ],
)
def test_wrong_usage_is_told(command: str, said: str) -> None:
    status, text = output(command)
    assert status == 2
    assert said in text.lower() or said in text


def test_variables() -> None:
    found = variables("8,16", ["a=1..3", "b=x"])
    assert {variable.name: variable.choices for variable in found} == {
        "input": ("8", "16"), "a": ("1", "2", "3"), "b": ("x",),
    }  # fmt: skip


def test_what_is_frozen_may_follow_a_name_or_hold_for_all(capsys):
    columns = ["--columns", "params,trainable,frozen,training_macs,training", "--format", "json"]
    assert run(["compare", "lenet5", "lenet5@freeze=C1,freeze=C3", *columns]) == 0
    plain, frozen = json.loads(capsys.readouterr().out)["networks"]
    assert plain["frozen"] == 0
    assert frozen["frozen"] == 156 + 2416
    assert frozen["trainable"] == frozen["params"] - frozen["frozen"]
    assert frozen["training_macs"] < plain["training_macs"]
    assert frozen["training"] < plain["training"]
    assert run(["compare", "lenet5", "--freeze", "C1", "--freeze", "C3", *columns]) == 0
    [both] = json.loads(capsys.readouterr().out)["networks"]
    assert both["training"] == frozen["training"]
    assert run(["compare", "lenet5@freeze=relu_1"]) == 2
    assert "no weights of its own in `relu_1` to freeze" in capsys.readouterr().err


def test_training_macs_of_a_network_are_those_of_its_layers(capsys):
    assert run(["summary", "lenet5", "--freeze", "C3", "--format", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert run(["compare", "lenet5@freeze=C3", "--columns", "training_macs", "-f", "json"]) == 0
    [network] = json.loads(capsys.readouterr().out)["networks"]
    assert network["training_macs"] == sum(node["training_macs"] for node in summary["nodes"])
