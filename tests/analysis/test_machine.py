"""Bytes, intensity and ideal times: the rules, sums of rows, and what a person may mistype."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import specs

import cnncalc
from cnncalc.analysis.machine import Machine, load, total
from cnncalc.analysis.summary import summarize
from cnncalc.cli import run
from cnncalc.report.costs import Costs
from cnncalc.report.summary_json import summary_object


@settings(max_examples=30)
@given(specs(), st.integers(1, 5), st.sampled_from(["float32", "float16", "int8"]))
def test_a_layer_reads_its_inputs_and_weights_and_writes_its_output(
    text: str, batch: int, dtype: str
) -> None:
    analysis = cnncalc.analyze(cnncalc.loads(text), batch, dtype)
    for index, node in enumerate(analysis.graph.nodes):
        found, own = load(analysis, index), analysis.facts[index]
        assert found.flops == (own.ops.flops or 0) * batch
        if not node.inputs or node.layer.is_view:
            assert (found.read, found.written) == (0, 0)
            continue
        inputs = sum(analysis.facts[i].elements for i in node.inputs) * batch
        weights = (own.trainable or 0) + (own.buffers or 0)
        assert found.read == (inputs + weights) * analysis.itemsize
        assert found.written == own.elements * batch * analysis.itemsize


@settings(max_examples=30)
@given(specs(), st.floats(1e6, 1e15), st.floats(1e6, 1e15))
def test_an_ideal_time_is_the_larger_of_two(text: str, peak: float, bandwidth: float) -> None:
    analysis = cnncalc.analyze(cnncalc.loads(text))
    both = Machine(peak, bandwidth)
    for index in range(len(analysis.facts)):
        found = load(analysis, index)
        alone = [found.seconds(Machine(peak)), found.seconds(Machine(None, bandwidth))]
        assert found.seconds(both) == max(one for one in alone if one is not None)
        if found.bound(both) is not None:
            assert found.bound(both) == ("memory" if alone[0] < alone[1] else "arithmetic")  # type: ignore[operator]


@settings(max_examples=30)
@given(specs())
def test_rows_add_up_to_the_totals(text: str) -> None:
    summary = summarize(cnncalc.analyze(cnncalc.loads(text)), machine=Machine(1e12, 1e11))
    found = summary_object(summary)
    main = [node for node in found["nodes"] if not node["aux"]]
    for key in ("read_bytes", "written_bytes", "training_macs", "training_flops", "frozen"):
        assert found["totals"][key] == sum(node[key] for node in main), key
    seconds = sum(node["ideal_seconds"] for node in main)
    assert found["totals"]["ideal_seconds"] == pytest.approx(seconds)
    moved = found["totals"]["read_bytes"] + found["totals"]["written_bytes"]
    if moved:
        flops = sum(node["flops"] for node in main)
        assert found["totals"]["intensity"] == pytest.approx(flops / moved)


def test_by_hand() -> None:
    analysis = cnncalc.analyze(cnncalc.loads("input: 4\nlayers: [{linear: 2}]"), 3)
    found = load(analysis, 1)
    assert (found.read, found.written) == (4 * (4 * 3 + 10), 4 * 2 * 3)
    assert found.flops == 3 * (2 * 8 + 2)
    assert found.intensity == 54 / (88 + 24)
    assert found.seconds(Machine(1e3, 1e3)) == 0.112
    assert total([found, found]).moved == 2 * 112
    costs = Costs(summarize(analysis, machine=Machine(1e2, 1e3)))
    assert costs.bounded([1]) == {"arithmetic": 1, "memory": 0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--peak -3", "--peak wants a number such as 10T, not `-3`"),
        ("--peak 0", "--peak wants a number"),
        ("--bandwidth fast", "--bandwidth wants a number"),
        ("--columns time", "the column `time` needs what a machine does at best"),
        ("--peak 1T --columns bound", "the column `bound` needs"),
        ("--sort time", "the column `time` needs"),
        ("--columns training-macs", "did you mean `training_macs`"),
        ("--dtype flaot16", "float16"),
        ("--freeze", "requires an argument"),
    ],
)
def test_slips_are_refused(options: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "lenet5", *options.split()]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("format", ["table", "csv", "markdown", "latex", "html", "json"])
def test_every_format_has_the_ideal_times(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["summary", "lenet5", "--peak", "19.5T", "--bandwidth", "1.5TB/s", "--format", format]
    assert run(words) == 0
    out = capsys.readouterr().out
    if format == "json":
        found = json.loads(out)
        assert found["machine"] == {"flops": 19.5e12, "bandwidth": 1.5e12}
        assert found["totals"]["ideal_seconds"] == pytest.approx(256e-9, rel=0.01)
    elif format == "csv":
        lines = [line.split(",") for line in out.splitlines()]
        assert lines[0][-2:] == ["time", "bound"]
        assert float(lines[1][-2]) == pytest.approx(15.69e-9, rel=0.01)
    else:
        assert "at the stated peak of 19.5 TFLOP/s and 1.5 TB/s" in " ".join(out.split())
        assert "forecast" in out


def test_every_column_at_once_and_a_narrow_one(capsys: pytest.CaptureFixture[str]) -> None:
    from cnncalc.report.columns import COLUMNS

    keys = ",".join([*COLUMNS, *COLUMNS])
    assert run(["summary", "lenet5", "--peak", "1T", "--bandwidth", "1T", "--columns", keys]) == 0
    wide = capsys.readouterr().out.splitlines()
    missing = [column.title for column in COLUMNS.values() if column.title not in wide[2]]
    assert missing == ["from"]  # in a chain every layer reads the one above
