"""`cnncalc check-key`: typed keys in any dialect of CSV, and what is said of their differences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc.cli import run

ASSIGNMENT = """
specs:
  net:
    input: 3x32x32
    layers:
      - conv: {name: conv1, out_channels: 8, kernel_size: 5, padding: 2}
      - batch_norm: {name: bn}
      - max_pool: {name: pool1, kernel_size: 2}
      - conv: {name: conv2, out_channels: 16, kernel_size: 3}
questions:
  - {id: q1, kind: shape, node: conv1}
  - {id: q2, kind: params, node: conv1}
  - {id: q3, kind: table, rows: [pool1, conv2], columns: [shape, params]}
  - {id: q4, kind: receptive_field, node: conv2}
  - {id: q5, kind: flops, node: conv2}
  - {id: q6, kind: params, node: bn}
  - {id: q7, kind: weight_bytes, unit: KB, node: conv2}
  - {id: q8, kind: inverse, layer: conv, given: {input: 9, output: 9, kernel_size: 5},
     unknown: padding}
"""
RIGHT = {
    "q1": "32x32x8", "q2": "608", "q3/pool1/shape": "16x16x8", "q3/pool1/params": "0",
    "q3/conv2/shape": "14x14x16", "q3/conv2/params": "1168", "q4": "10", "q5": "451584",
    "q6": "16", "q7": "4.672 KB", "q8": "2",
}  # fmt: skip
LINES = [("id", "answer"), *RIGHT.items()]
PLAIN = "".join(f"{key},{value}\n" for key, value in LINES)


def check(folder: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (folder / "hw.yaml").write_text(ASSIGNMENT)
    (folder / "key.csv").write_bytes(data)
    status = run(["check-key", str(folder / "hw.yaml"), str(folder / "key.csv")])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


DIALECTS = {
    "comma": PLAIN.encode(),
    "semicolon": PLAIN.replace(",", ";").encode(),
    "tab": PLAIN.replace(",", "\t").encode(),
    "quoted": "".join(f'"{key}","{value}"\n' for key, value in LINES).encode(),
    "mark": ("\ufeff" + PLAIN).encode(),
    "utf16": PLAIN.encode("utf-16"),
    "windows": PLAIN.replace("\n", "\r\n").encode(),
    "excel": ("sep=;\n" + PLAIN.replace(",", ";")).encode(),
    "headless": PLAIN.split("\n", 1)[1].encode(),
    "points": "".join(f"{key},1,{value}\n" for key, value in LINES).replace(
        "id,1,answer", "id,points,answer").encode(),
    "reversed": "".join(f"{value},{key}\n" for key, value in LINES).encode(),
    "latin": PLAIN.replace("id,answer", "Schl\u00fcssel,L\u00f6sung").encode("latin-1"),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_right_key_in_any_dialect_is_the_same(
    dialect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = check(tmp_path, DIALECTS[dialect], capsys)
    assert (status, text.splitlines()[-1]) == (0, "11 same")


#: Item and typed value: what is said of it.
WRONG = {
    ("q1", "28x28x8"): "the padding was left out",
    ("q2", "600"): "the biases were left out",
    ("q2", "208"): "the depth of the input was left out",
    ("q2", "12345"): "no usual slip leads to the typed value",
    ("q2", "608 or 600"): "two answers",
    ("q4", "6"): "the receptive field of the layer before",
    ("q4", "8"): "the strides of earlier layers were ignored",
    ("q5", "225792"): "right under another convention",
    ("q6", "32"): "right under another convention",
    ("q8", "1"): "computed is padding = 2",
}


@pytest.mark.parametrize(("item", "typed"), WRONG)
def test_a_difference_is_explained(
    item: str, typed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = PLAIN.replace(f"{item},{RIGHT[item]}", f"{item},{typed}")
    status, text = check(tmp_path, data.encode(), capsys)
    assert status == 1
    assert text.startswith(f"{item}: the key says '{typed}', computed is ")
    assert WRONG[item, typed] in text
    assert text.splitlines()[-1] == "10 same, 1 different"


def test_what_is_written_otherwise_is_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = PLAIN.replace("q1,32x32x8", "q1,8x32x32")
    status, text = check(tmp_path, data.encode(), capsys)
    assert status == 0
    assert "q1: '8x32x32' is right (read as channels first)" in text


def test_what_is_missing_unknown_or_typed_twice_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = check(tmp_path, b"id,answer\nq1,32x32x8\nq1,28x28x8\nq99,5\n", capsys)
    assert status == 0
    assert text.splitlines() == [
        "q1 is answered twice: the first answer counts",
        "`q99` is not a question of the assignment",
        "1 same, 10 missing",
    ]


@pytest.mark.parametrize("data", [b"", b"id,answer\n", bytes(range(256)), b"\0" * 50])
def test_a_file_without_a_key_is_wrong_usage(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = check(tmp_path, data, capsys)
    assert status == 2
    assert text.startswith("error: cannot read the key")


def test_the_comparison_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hw.yaml").write_text(ASSIGNMENT)
    (tmp_path / "key.csv").write_text(PLAIN.replace("q2,608", "q2,600") + "q77,1\n")
    paths = [str(tmp_path / "hw.yaml"), str(tmp_path / "key.csv")]
    assert run(["check-key", *paths, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "cnncalc.check-key/1"
    assert found["unknown"] == ["q77"]
    assert {one["state"] for one in found["items"]} == {"same", "differs"}
    assert run(["check-key", *paths, "--format", "csv"]) == 1
    assert "q2,600,differs,608,the biases were left out" in capsys.readouterr().out
