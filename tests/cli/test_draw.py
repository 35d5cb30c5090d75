"""`cnncalc draw`: formats, options, and what it refuses."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from cnncalc.cli import run

BAD = "input: 3x8x8\nlayers:\n  - conv: {out_channels: 4, kernel_size: 3}\n  - linear: 10\n"


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = run([*arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.mark.parametrize(
    ("file", "start"),
    [("a.svg", "<svg"), ("a.dot", "digraph"), ("a.gv", "digraph"), ("a.mmd", "flowchart")],
)
def test_the_file_name_says_the_format(called: Any, file: str, start: str, tmp_path: Path) -> None:
    target = tmp_path / file
    assert called("draw", "lenet5", "-o", str(target)) == (0, "", "")
    assert target.read_text(encoding="utf-8").startswith(start)


def test_svg_is_printed_without_a_file(called: Any) -> None:
    status, out, _ = called("draw", "resnet18", "--depth", "1", "--labels", "name")
    assert status == 0
    root = ET.fromstring(out)
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "stage1" in texts
    assert "64×56×56" not in texts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.jpg"], "does not say which picture"),
        (["--labels", "shapes"], "did you mean `shape`?"),
        (["--windows"], "add --style volumes"),
        (["--style", "volumes", "--direction", "right"], "leave out --direction"),
        (["--scope", "stem2"], "did you mean `stem`?"),
        (["--width", "2"], "range"),
        (["-f", "png"], "add -o FILE"),
    ],
)
def test_what_does_not_go_is_said(called: Any, arguments: list[str], message: str) -> None:
    status, out, err = called("draw", "resnet18", *arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_what_comes_before_a_fault_is_drawn(called: Any, tmp_path: Path) -> None:
    spec = tmp_path / "bad.yaml"
    spec.write_text(BAD)
    status, out, err = called("draw", str(spec))
    assert status == 1
    assert "linear" in err
    assert "4×6×6" in out


def test_png_and_pdf_without_the_extra_say_how_to_get_it(
    called: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cairosvg", None)
    status, _, err = called("draw", "lenet5", "-o", str(tmp_path / "a.png"))
    assert status == 2
    assert "pip install 'cnncalc[pictures]'" in err


@pytest.mark.parametrize(("end", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_png_and_pdf(called: Any, end: str, magic: bytes, tmp_path: Path) -> None:
    pytest.importorskip("cairosvg")
    target = tmp_path / f"a.{end}"
    assert called("draw", "lenet5", "-o", str(target))[0] == 0
    assert target.read_bytes().startswith(magic)
