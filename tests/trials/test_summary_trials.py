"""What a stranger stumbled over in the summary's tables: each test names the stumble."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cnncalc.cli import run
from cnncalc.cli.screen import use_colour

BROKEN = """
input: 3x8x8
layers:
  - conv: {out_channels: 4, kernel_size: 3}
  - conv: {out_channels: 4, kernel_size: 7}
"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command prints that ends well."""
    assert run(list(arguments)) == 0
    return capsys.readouterr().out


def test_a_column_named_twice_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "summary", "lenet5", "--columns", "name,params,name")
    assert out.splitlines()[2].split() == ["name", "params"]


def test_sums_of_a_broken_network_say_that_they_are_not_its_totals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "broken.yaml"
    spec.write_text(BROKEN)
    assert run(["summary", str(spec)]) == 1
    out = capsys.readouterr().out
    assert "total so far" in out
    assert "parameters so far  112 trainable" in out
    assert "memory" not in out


def test_sums_that_hold_auxiliary_heads_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "total with aux" in printed(capsys, "summary", "googlenet", "--depth", "1")
    assert "total with aux" not in printed(capsys, "summary", "lenet5")


def test_a_network_without_layers_has_totals_of_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "empty.yaml"
    spec.write_text("input: 3x8x8\nlayers:\n  - relu: {if: false}\n")
    assert "total                      0     0" in printed(capsys, "summary", str(spec))


def test_sorted_rows_leave_their_room_to_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "summary", "resnet50", "--sort", "macs")
    assert " from " not in out.splitlines()[2]
    convolutions = [line.split()[1] for line in out.splitlines() if " conv 3x3 " in line]
    assert len(set(convolutions)) == len(convolutions) == 16


@pytest.mark.parametrize("text", ["w=", "=", "w= "])
def test_a_setting_without_a_value_is_wrong_usage(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["summary", "lenet5", "--set", text]) == 2
    assert "gives no value" in capsys.readouterr().err


def test_an_empty_input_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "lenet5", "--input", ""]) == 2
    assert "help: --input 3x224x224" in capsys.readouterr().err


def test_a_terminal_without_block_signs_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ascii:
        encoding = "ascii"

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdout", Ascii())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert not use_colour()


def test_latex_leaves_bars_out_and_keeps_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "doubtful.yaml"
    spec.write_text(
        "input: 3x8x8\nlayers:\n  - conv: {out_channels: 4, kernel_size: 3}\n  - batch_norm\n"
    )
    out = printed(capsys, "summary", str(spec), "--format", "latex")
    assert not set(out) & set("█▏▎▍▌▋▊▉")
    assert r"\textit{warning}: the bias of conv" in out
    widths = {line.count(" & ") for line in out.splitlines() if line.endswith(r"\\")}
    assert len(widths) == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX")
@pytest.mark.slow
def test_latex_compiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = printed(capsys, "summary", "googlenet", "--format", "latex")
    page = r"\documentclass{article}\begin{document}\tiny " + table + r"\end{document}"
    (tmp_path / "page.tex").write_text(page)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


def test_only_layers_with_weights_are_said_to_share_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "twins.yaml"
    spec.write_text(
        "inputs: {left: 1x8x8, right: 1x8x8}\n"
        "blocks:\n  tower: {layers: [{linear: {out_features: 3, name: fc}}, relu]}\n"
        "layers:\n  - flatten: {name: l, from: left}\n  - tower: {name: a}\n"
        "  - flatten: {name: r, from: right}\n  - tower: {name: b, share: a}\n"
        "  - add: {from: [a, b]}\n"
    )
    out = printed(capsys, "summary", str(spec), "--depth", "all", "--columns", "layer,params")
    assert out.count("(weights of a/fc)") == 1
    assert "(weights of a/relu" not in out


def test_a_pool_without_a_stride_has_its_kernel_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = json.loads(printed(capsys, "summary", "lenet5", "--format", "json"))["nodes"]
    assert [n["fields"]["stride"] for n in nodes if n["layer"] == "max_pool"] == [2, 2]
