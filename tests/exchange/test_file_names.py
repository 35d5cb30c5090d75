"""Names of files to read and to write: what their suffix says, and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.cli import run


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import lenet5 -o net.json", "a spec goes to a .yaml file, not `net.json`"),
        ("import lenet5 -o net.onnx", "-o net.yaml"),
        ("export lenet5 --to pytorch -o net.onnx", "-o net.py"),
        ("export lenet5 --to onnx -o net.keras", "-o net.onnx"),
        ("export lenet5 -o net.py", "--to wants pytorch or keras"),
        ("export lenet5", "--to wants onnx, pytorch or keras"),
    ],
)
def test_what_a_name_does_not_say(
    line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(line.split()) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_suffix_says_the_format(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    assert run(["export", "lenet5", "-o", str(tmp_path / "net.onnx")]) == 0
    assert run(["summary", str(tmp_path / "net.onnx")]) == 0


@pytest.mark.parametrize("name", ["tiny.onx", "tiny", "tyny.onnx", "tiny.onnxx"])
def test_the_model_that_was_meant(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.onnx").touch()
    assert run(["summary", str(tmp_path / name)]) == 2
    assert f"did you mean `{tmp_path / 'tiny.onnx'}`?" in capsys.readouterr().err
