"""Values as people look at them: lines, tables, rows, dictionaries, figures by name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.report.summary_json import summary_object

SPEC = "name: tiny\ninput: 1x8x8\nlayers:\n  - conv: {name: c, out_channels: 2, kernel_size: 3}\n"


def test_everything_that_is_promised_is_there() -> None:
    for name in cnncalc.__all__:
        assert getattr(cnncalc, name) is not None
    with pytest.raises(AttributeError):
        cnncalc.nothing  # noqa: B018  # the attribute is what is asked for
    assert cnncalc.solve.sizes.smallest(cnncalc.load("lenet5"))


@pytest.mark.parametrize("name", ["resnet50", "googlenet"])
def test_representations_are_one_short_line(name: str) -> None:
    graph = cnncalc.load(name)
    analysis = cnncalc.analyze(graph)
    values = [graph, analysis, cnncalc.summarize(graph), cnncalc.receptive_field(graph)]
    for value in values:
        text = repr(value)
        assert "\n" not in text
        assert len(text) < 120
        assert "3x224x224" in text
        assert "MACs" in text
        assert type(value).__name__ in text
    proof = cnncalc.verify(cnncalc.loads(SPEC))
    assert repr(proof) == "<Proof tiny: passed, 1 layers>"
    broken = cnncalc.loads("input: 4\nlayers:\n  - max_pool: 2\n")
    assert "do not fit" in repr(broken)


def test_notebooks_show_a_picture_and_tables() -> None:
    graph = cnncalc.loads(SPEC.replace("tiny", '"<b>tiny</b>"'))
    assert graph._repr_html_().startswith("<svg")
    values = [cnncalc.analyze(graph), cnncalc.summarize(graph), cnncalc.receptive_field(graph),
              cnncalc.verify(graph)]  # fmt: skip
    for value in values:
        html = value._repr_html_()
        assert "<table>" in html
        assert "<b>" not in html
        assert "<style" not in html


def test_figures_are_found_by_name() -> None:
    analysis = cnncalc.analyze(cnncalc.load("alexnet"))
    conv2 = analysis["conv2"]
    assert conv2.macs == conv2.ops.macs == 223948800
    assert conv2["macs"] == conv2.macs
    assert conv2["output"] == (256, 27, 27)
    with pytest.raises(KeyError):
        analysis["conv9"]
    with pytest.raises(KeyError):
        conv2["weights"]
    assert analysis.totals().macs == sum(row.macs for row in analysis.rows())
    assert cnncalc.receptive_field(analysis)["conv2"].size == (51, 51)


def test_rows_are_plain_values() -> None:
    graph = cnncalc.load("resnet18")
    summary = cnncalc.summarize(graph)
    rows = [dict(row) for row in summary.analysis.rows()]
    assert [row["macs"] for row in rows] == [
        one["macs"] for one in summary_object(summary)["nodes"]
    ]
    assert sum(row["flops"] for row in summary.rows()) == summary.everything.flops
    for value in (
        graph,
        summary,
        cnncalc.receptive_field(graph),
        cnncalc.verify(cnncalc.loads(SPEC)),
    ):
        json.dumps(value.rows())


def test_rows_are_what_pandas_reads() -> None:
    pandas = pytest.importorskip("pandas")
    analysis = cnncalc.analyze(cnncalc.load("lenet5"))
    frame = pandas.DataFrame(analysis.rows())
    assert list(frame.columns)[:3] == ["name", "layer", "output"]
    assert frame["macs"].sum() == analysis.totals().macs


def test_dictionaries_are_what_the_commands_print() -> None:
    graph = cnncalc.load("lenet5")
    assert cnncalc.analyze(graph).to_dict()["schema"] == "cnncalc.summary/1"
    assert graph.to_dict()["schema"] == "cnncalc.graph/1"
    assert cnncalc.receptive_field(graph).to_dict()["schema"] == "cnncalc.receptive-field/1"
    assert cnncalc.verify(graph).to_dict()["passed"] is True


def test_load_takes_paths_and_tuples(tmp_path: Path) -> None:
    spec = tmp_path / "tiny.yaml"
    spec.write_text(SPEC)
    for size in ((1, 12, 12), [1, 12, 12], "1x12x12"):
        found = cnncalc.analyze(cnncalc.load(spec, input=size))["c"]
        assert found.output == (2, 10, 10)
        assert cnncalc.analyze(cnncalc.loads(SPEC, input=size))["c"].output == (2, 10, 10)


def test_functions_answer_as_the_commands_do() -> None:
    (layer,) = cnncalc.explain(cnncalc.load("lenet5"), "C3", "params").explanations
    assert layer.sections[0].value == 2416
    with pytest.raises(KeyError):
        cnncalc.explain(cnncalc.load("lenet5"), "C9")
    compared = cnncalc.compare("lenet5", cnncalc.load("minivgg"), figures="params")
    assert [row["params"] for _, row in compared.rows] == [61706, 2169770]
    swept = cnncalc.sweep("lenet5", "macs", input="32,36")
    assert swept.points[0].figures["macs"] == 416520
    assert cnncalc.draw(cnncalc.load("lenet5"), "volumes").startswith("<svg")
    with pytest.raises(cnncalc.ShapeError):
        cnncalc.analyze(cnncalc.loads("input: 4\nlayers:\n  - max_pool: 2\n"))


def test_importing_the_package_imports_next_to_nothing() -> None:
    code = "import sys, cnncalc; print([m for m in sys.modules if m.startswith('cnncalc')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['cnncalc.record', 'cnncalc']"
