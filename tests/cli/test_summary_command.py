"""`cnncalc summary`: what the options change, and what they must leave alone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.cli import run


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """A function that runs a command and returns what it prints; it must succeed."""

    def call(*arguments: str, status: int = 0) -> str:
        assert run([*arguments]) == status, capsys.readouterr()
        return capsys.readouterr().out

    return call


def totals(printed: Any, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed("summary", *arguments, "--format", "json"))
    return {**found["totals"], "nodes": found["nodes"], "warnings": found["warnings"]}


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("alexnet", 60_965_224, 724_406_816),
        ("alexnet.yaml", 60_965_224, 724_406_816),
        ("architectures/alexnet.yaml", 60_965_224, 724_406_816),
        ("alexnet_single_tower", 62_378_344, None),
        ("vgg16", 138_357_544, 15_470_264_320),
        ("resnet50", 25_557_032, 4_089_184_256),
        ("lenet5", 61_706, 416_520),
    ],
)
def test_built_in_names(name: str, params: int, macs: int | None, printed: Any) -> None:
    found = totals(printed, name)
    assert found["params"] == params
    assert macs is None or found["macs"] == macs
    assert f"{params:,}" in printed("summary", name)


def test_a_file_of_the_same_name_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alexnet.yaml").write_text("name: Mine\ninput: 4\nlayers: [relu]\n")
    assert printed("summary", "alexnet.yaml").startswith("Mine")
    assert printed("summary", "alexnet").startswith("AlexNet")


def test_variants_by_name_or_by_option(printed: Any) -> None:
    assert printed("summary", "vgg16") == printed("summary", "vgg", "--variant", "vgg16")
    assert printed("summary", "vgg16") == printed("summary", "vgg.yaml", "--variant", "vgg16")


def test_input_and_set_change_the_network(printed: Any) -> None:
    small, large = totals(printed, "resnet18"), totals(printed, "resnet18", "--input", "3x256x256")
    assert small["params"] == large["params"]
    assert large["macs"] > small["macs"]
    narrow = totals(printed, "resnext50_32x4d", "--set", "groups=1", "--set", "width_per_group=64")
    assert narrow["params"] == totals(printed, "resnet50")["params"]


def test_several_inputs_are_set_by_name(tmp_path: Path, printed: Any) -> None:
    spec = tmp_path / "two.yaml"
    spec.write_text("inputs: {a: 3x4x4, b: 5x4x4}\nlayers: [concat: {from: [a, b]}]\n")
    found = totals(printed, str(spec), "--input", "b=7x4x4")
    assert found["nodes"][0]["output"] == [10, 4, 4]
    assert run(["summary", str(spec), "--input", "7x4x4"]) == 2


def test_rounding(printed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    floor = totals(printed, "lenet5", "--input", "1x33x33")
    ceil = totals(printed, "lenet5", "--input", "1x33x33", "--rounding", "ceil")
    assert floor["nodes"][2]["output"] == [6, 14, 14]
    assert ceil["nodes"][2]["output"] == [6, 15, 15]
    assert run(["summary", "lenet5", "--input", "1x33x33", "--rounding", "strict"]) == 1
    assert "1 left over" in capsys.readouterr().err


def test_batch_and_dtype_scale_bytes(printed: Any) -> None:
    one = totals(printed, "lenet5")
    many = totals(printed, "lenet5", "--batch", "8", "--dtype", "float16")
    assert many["peak_bytes"] == one["peak_bytes"] * 8 // 2
    assert many["weight_bytes"] == one["weight_bytes"] // 2
    assert (many["macs"], many["params"]) == (one["macs"], one["params"])
    assert "float16, batch 8" in printed("summary", "lenet5", "--batch", "8", "--dtype", "float16")


def test_conventions_change_flops_alone(printed: Any) -> None:
    default, fvcore = (
        totals(printed, "resnet50"),
        totals(printed, "resnet50", "--convention", "fvcore"),
    )
    assert fvcore["macs"] == default["macs"] == 4_089_184_256
    assert fvcore["flops"] != default["flops"]
    text = printed("summary", "resnet50", "--convention", "fvcore")
    assert "by convention `fvcore`" in text
    assert f"{fvcore['flops']:,}" in text


def test_units_are_only_a_way_of_printing(printed: Any) -> None:
    text = printed("summary", "lenet5", "--figures", "auto")
    assert "61.7 K" in text
    assert "417 K" in text
    assert "0.00" not in text.partition("memory")[0]


def test_csv_has_one_row_per_layer_in_plain_numbers(printed: Any) -> None:
    rows = list(
        csv.DictReader(io.StringIO(printed("summary", "resnet50", "-f", "csv"), newline=""))
    )
    nodes = totals(printed, "resnet50")["nodes"]
    assert [row["name"] for row in rows] == [node["name"] for node in nodes]
    for key in ("params", "macs", "flops", "buffers"):
        assert [int(row[key]) for row in rows] == [node[key] for node in nodes]


def test_columns_are_chosen_and_kept_in_order(printed: Any) -> None:
    lines = printed("summary", "lenet5", "--columns", "name,MACs,output").splitlines()
    assert lines[2].split() == ["name", "MACs", "output"]
    assert lines[4].split() == ["C1", "117,600", "6x28x28"]


@pytest.mark.parametrize("format", ["table", "markdown", "latex", "html", "csv"])
def test_every_format_has_every_layer(format: str, printed: Any) -> None:
    text = printed("summary", "lenet5", "--format", format).replace("\\_", "_")
    for name in ("C1", "S2", "C3", "S4", "C5", "F6", "relu_4"):
        assert name in text


def test_wide_has_more_columns_than_usual(printed: Any) -> None:
    usual, wide = [printed("summary", "lenet5", *extra) for extra in ([], ["--wide"])]
    for title in ("input", "trainable", "buffers", "FLOPs", "bytes", "weight shapes"):
        assert title in wide.splitlines()[2]
    assert "weight 6x1x5x5, bias 6" in wide
    assert "weight shapes" not in usual


def test_the_table_stays_within_100_columns_on_a_pipe(printed: Any) -> None:
    for name in ("lenet5", "resnet152", "googlenet", "efficientnet_b7", "convnext_large"):
        assert max(map(len, printed("summary", name).splitlines())) <= 100


def test_depth_opens_blocks(printed: Any) -> None:
    counts = [
        len(printed("summary", "resnet50", "--depth", depth).splitlines())
        for depth in ("1", "2", "3", "all")
    ]
    assert counts == sorted(counts)
    assert "×" in printed("summary", "resnet50")


def test_auxiliary_heads_are_apart_in_the_footer(printed: Any) -> None:
    text, found = printed("summary", "googlenet"), totals(printed, "googlenet")
    assert f"{found['aux']['params']:,} params" in text
    assert f"with them {found['with_aux']['params']:,} params" in text
    assert f"{found['params']:,} trainable" in text


def test_strict_turns_warnings_into_a_failure(tmp_path: Path, printed: Any) -> None:
    assert "warning" not in printed("summary", "lenet5", "--strict")
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 3x8x8\nlayers:\n  - max_pool: {kernel_size: 3, stride: 2}\n")
    assert "warning: max_pool never reads" in printed("summary", str(spec), "--strict", status=1)
    assert "warning: max_pool never reads" in printed("summary", str(spec))
    assert [w["code"] for w in totals(printed, str(spec))["warnings"]] == ["unread-pixels"]


def test_the_library_gives_the_same_figures(printed: Any) -> None:
    found = totals(printed, "resnet18", "--input", "3x128x128")
    analysis = cnncalc.analyze(cnncalc.load("resnet18", input="3x128x128"))
    assert analysis.totals().params == found["params"]
    assert analysis.totals().ops.macs == found["macs"]
    assert [row.node.name for row in analysis.rows()] == [node["name"] for node in found["nodes"]]


def test_the_library_takes_parameters() -> None:
    graph = cnncalc.load("resnet", depths=[2, 2, 2, 2], expansion=1)
    assert cnncalc.analyze(graph).totals().params == 11_689_512
