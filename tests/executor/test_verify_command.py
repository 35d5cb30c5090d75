"""`cnncalc verify` as it is typed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from cnncalc.cli import run
from cnncalc.language import library

NET = (
    "input: 2x6x6\nlayers: [{conv: {out_channels: 3, kernel_size: 3}}, relu, flatten, {linear: 4}]"
)


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return str(path)


def test_a_right_network_passes(net, capsys):
    assert run(["verify", net]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["result", "layer", "output", "params", "MACs", "receptive", "field"]
    assert lines[4].split() == ["PASS", "conv_1", "3x4x4", "57", "864", "3x3", "(3", "units)"]
    assert "4 layers executed as computed: all shapes, 253 params, 1,056 MACs" in "\n".join(lines)


def test_json_keeps_the_contract(net, capsys):
    assert run(["verify", net, "--format", "json", "--batch", "2", "--dtype", "float64"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "cnncalc.verify/1"
    assert found["passed"] is True
    assert [node["name"] for node in found["nodes"]] == [
        "conv_1",
        "relu_1",
        "flatten_1",
        "linear_1",
    ]
    conv = found["nodes"][0]
    assert conv["shape"] == {"computed": [3, 4, 4], "measured": [3, 4, 4], "passed": True}
    assert conv["params"] == {"computed": 57, "measured": 57, "passed": True}
    assert conv["macs"] == {"computed": 864, "measured": 864, "passed": True}
    assert conv["receptive_field"]["passed"] is True


def test_fields_can_be_left_out(net, capsys):
    assert run(["verify", net, "--no-fields", "--format", "json"]) == 0
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    assert [node["receptive_field"] for node in nodes] == [None] * 4


def test_a_wrong_rule_fails_with_both_values(net, capsys, monkeypatch):
    from cnncalc.layers import window

    right = window.output_length
    monkeypatch.setattr(window, "output_length", lambda *a: right(*a) - 1)
    assert run(["verify", net, "--no-fields"]) == 1
    out = capsys.readouterr().out
    assert "FAIL    conv_1     3x3x3, measured 3x4x4" in out
    assert out.splitlines()[-1].startswith("FAIL")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify"], "verify wants one SPEC, or --all"),
        (["verify", "lenet5", "--all"], "verify wants one SPEC, or --all"),
        (["verify", "--all", "--variant", "vgg16"], "--variant chooses one network"),
        (["verify", "lenet5", "--max-memory", "much"], "wanted an amount of memory"),
        (["verify", "lenet5", "--batch", "0"], "0 is not in the range"),
    ],
)
def test_wrong_calls(arguments, message, capsys):
    assert run(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["vgg16", "--batch", "64", "--max-memory", "1GiB"], "--batch "),
        (["vgg16", "--input", "3x2048x2048", "--max-memory", "1.5G"], "--input 3x"),
        (["vgg16", "--max-memory", "1K"], "--max-memory sets the limit"),
    ],
)
def test_too_much_memory_is_refused_with_what_would_fit(arguments, advice, capsys):
    assert run(["verify", "--no-fields", *arguments]) == 2
    error = capsys.readouterr().err
    assert "running VGG" in error
    assert "of memory, but" in error
    assert advice in error


def test_what_is_said_to_fit_is_not_refused(capsys):
    refused = ["verify", "squeezenet1_1", "--no-fields", "--batch", "64", "--max-memory", "200M"]
    assert run(refused) == 2
    words = capsys.readouterr().err.split()
    batch = words[words.index("--batch") + 1]
    small = ["--input", "3x64x64"]  # the same batch with less to do
    assert run([*refused[:3], *small, "--batch", batch, "--max-memory", "200M"]) == 0
    assert 1 < int(batch) < 64


def test_all_networks_in_one_call(tmp_path, capsys, monkeypatch):
    """With a folder of two networks, one of which has variants."""
    (tmp_path / "a.yaml").write_text(NET)
    (tmp_path / "b.yaml").write_text(
        "input: 1x8x8\nparameters: {n: 1}\nvariants:\n  b1: {n: 1}\n  b2: {n: 2}\n"
        "layers: [{conv: {out_channels: n, kernel_size: 3}}]"
    )
    monkeypatch.setattr(library, "folder", lambda: str(tmp_path))
    assert run(["verify", "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["PASS  a", "PASS  b1", "PASS  b2"]
    assert lines[-1] == "PASS  all 3 networks"
    assert run(["verify", "--all", "--jobs", "2"]) == 0  # forked, so that they know the folder
    again = capsys.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in again] == [line.split(" (")[0] for line in lines]
    assert run(["verify", "--all", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [network["name"] for network in found["networks"]] == ["a", "b1", "b2"]
    assert found["passed"] is True


def test_all_networks_name_what_failed(tmp_path, capsys, monkeypatch):
    from cnncalc.layers.conv import Conv

    (tmp_path / "a.yaml").write_text(NET)
    (tmp_path / "c.yaml").write_text("input: 4\nlayers: [relu]")
    monkeypatch.setattr(library, "folder", lambda: str(tmp_path))
    right = Conv.op_count
    monkeypatch.setattr(Conv, "op_count", lambda *a: right(*a).replace(macs=right(*a).macs // 2))
    assert run(["verify", "--all"]) == 1
    out = capsys.readouterr().out
    assert "FAIL  a: 1 of 4 layers differ" in out
    assert "432, measured 864" in out
    assert out.splitlines()[-1] == "FAIL  1 of 2 networks: a"


def test_an_interrupt_ends_with_130_and_no_traceback(net, capsys, monkeypatch):
    from cnncalc.executor.workspace import Workspace

    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Workspace, "matmul", interrupted)
    assert run(["verify", net]) == 130
    assert capsys.readouterr().err.split() == ["interrupted"]


@pytest.mark.slow
def test_a_signal_ends_a_long_run():
    process = subprocess.Popen(
        [sys.executable, "-m", "cnncalc", "verify", "vgg16", "--batch", "256", "--no-fields"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(5.0)  # within minutes of work, long after the start
    process.send_signal(signal.SIGINT)
    out, error = process.communicate()
    assert process.returncode == 130
    assert (out, error.split()) == ("", ["interrupted"])
