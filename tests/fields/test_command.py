"""`cnncalc receptive-field` as it is typed, and its pictures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from cnncalc.cli import run
from cnncalc.report.receptive_field.heat import png

SVG = "{http://www.w3.org/2000/svg}"


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    """What the command prints."""
    assert run(["receptive-field", *arguments]) == status
    captured = capsys.readouterr()
    return captured.out + captured.err


def parsed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON object that the command prints."""
    result: dict[str, Any] = json.loads(said(capsys, *arguments, "--format", "json"))
    return result


def test_without_a_network_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys)
    assert "size  19   jump  4   start   -9     size 11 + 2*4" in text
    assert "sees pixels -9 + 4*i to 9 + 4*i" in text


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "lenet5", "--object", "15")
    lines = [line.split() for line in text.splitlines()]
    assert ["C3", "16x10x10", "14", "2", "0", "0", "6.5", "44%"] in lines
    assert ["C5", "120", "WHOLE", "100%"] in lines
    assert "15 pixels" in text
    assert "fit first into S4" in text
    assert "relu_1" not in text.split("size ")[0], "layers that see the same are left out"
    assert "relu_1" in said(capsys, "lenet5", "--all")


def test_axes_that_differ_are_both_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "name: Tall\ninput: 1x40x20\nlayers:\n"
        "- conv: {out_channels: 1, kernel_size: [5, 3], stride: [2, 1]}\n"
    )
    assert ["conv_1", "1x18x18", "5x3", "2,", "1", "0", "-1,", "0", "2,", "1", "12%,", "15%"] in [
        line.split() for line in said(capsys, str(spec)).splitlines()
    ]


def test_json_has_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    result = parsed(capsys, "resnet18", "--layer", "stage1", "--unit", "0,5")
    assert result["schema"] == "cnncalc.receptive-field/1"
    (node,) = result["nodes"]
    assert node["name"] == "stage1/unit_2/relu_1"
    assert (node["size"], node["jump"], node["start"]) == ([43, 43], [4, 4], [-21, -21])
    assert (node["end_padding"], node["whole"], node["aligned"]) == ([18, 18], False, True)
    assert node["misaligned"] == []
    assert result["region"] == node["region"] == [[-21, 22], [-1, 42]]
    assert result["clipped"] == node["clipped"] == [[0, 22], [0, 42]]


def test_json_of_all_nodes(capsys: pytest.CaptureFixture[str]) -> None:
    result = parsed(capsys, "efficientnet_b0")
    by_name = {node["name"]: node for node in result["nodes"]}
    last = by_name["silu_2"]
    assert last["whole"] is True
    assert last["size"] is None
    assert last["without"]["size"] == [851, 851]
    assert by_name["input"]["size"] == [1, 1]


def test_json_of_a_misaligned_merge(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "input: 1x9x9\nlayers:\n- add:\n"
        "    a: [{conv: {out_channels: 1, kernel_size: 3}}]\n    b: [{crop: [[0, 2], [1, 1]]}]\n"
    )
    result = parsed(capsys, str(spec))
    node = result["nodes"][-1]
    assert node["aligned"] is False
    assert node["misaligned"] == [
        {
            "branches": ["add_1/a/conv_1", "add_1/b/crop_1"],
            "axis": 0,
            "jumps": [1, 1],
            "offset": -1,
            "agree_at": {"modulus": 1, "remainders": [], "nearest": []},
        }
    ]
    text = said(capsys, str(spec))
    assert "warning: add_1: a/conv_1 and b/crop_1 are misaligned along axis 0" in text
    assert "the second's fields lie 1 pixel" in text


def test_any_size(capsys: pytest.CaptureFixture[str]) -> None:
    node = parsed(capsys, "mobilenet_v1", "--any-size", "--layer", "Conv2d_13_pointwise")["nodes"][
        0
    ]
    assert (node["size"], node["start"], node["end_padding"]) == (
        [315, 315],
        [None, None],
        [None] * 2,
    )


def test_unit_and_pixel(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "lenet5", "--layer", "S4", "--unit", "0,4")
    assert "region   0 to 15 x 16 to 31  (16x16)" in text
    text = said(capsys, "lenet5", "--pixel", "16,16")
    assert ["S2", "6x14x14", "6–8", "x", "6–8", "9"] in [line.split() for line in text.splitlines()]
    seen = {item["name"]: item for item in parsed(capsys, "lenet5", "--pixel", "16,16")["seen_by"]}
    assert seen["S2"] == {"name": "S2", "units": [[6, 9], [6, 9]], "count": 9}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet5", "--unit", "9,9"], "`S4` has no unit 9,9"),
        (["lenet5", "--unit", "a"], "wanted coordinates such as 3,4"),
        (["lenet5", "--layer", "S5"], "there is no node `S5`"),
        (["lenet5", "--any-size", "--unit", "1,1"], "depend on the input size"),
        (["lenet5", "--pixel", "1,1", "--unit", "1,1"], "leave out --unit"),
        (["lenet5", "--image", "cat.png"], "--format svg"),
        (["lenet5", "--format", "svg", "--image", "none.png"], "cannot read `none.png`"),
    ],
)
def test_wrong_calls(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in said(capsys, *arguments, status=2)


@pytest.mark.parametrize("more", [["--unit", "3"], ["--format", "svg"], ["--effective"]])
def test_vectors_have_no_pixels(
    more: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 20\nlayers: [{linear: 5}]\n")
    assert "is a vector" in said(capsys, str(spec), *more, status=2)
    assert "on the input of 20" in said(capsys, str(spec))


def test_gridding_is_counted_and_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "input: 1x9x9\nlayers:\n"
        "- conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 2}\n"
    )
    text = said(capsys, str(spec), "--picture", "pixels")
    assert "reads    9 of these 25 pixels; 16 are read by no path" in text
    drawn = [line.strip() for line in text.splitlines() if "█" in line]
    assert drawn == ["██··██··██"] * 3


def test_nested_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "lenet5", "--picture", "nested")
    assert "╔" in text
    assert "4 S4  16x16" in text
    assert "┌3" in text


def test_one_axis_in_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "input: 1x32\nlayers:\n- conv: {out_channels: 1, kernel_size: 5}\n- max_pool: 2\n"
    )
    text = said(capsys, str(spec), "--picture", "nested")
    assert "max_pool_1  6" in text
    assert "█████ " in text


def shapes(text: str, tag: str) -> list[dict[str, str]]:
    """The attributes of all elements of a kind in an SVG, which must be well formed."""
    return [element.attrib for element in ET.fromstring(text).iter(SVG + tag)]


def test_nested_svg(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "resnet18", "--format", "svg")
    assert "prefers-color-scheme:dark" in text
    labels = "".join(ET.fromstring(text).itertext())
    for name, size in (("stage1", 43), ("stage2", 99), ("stage3", 211), ("stage4", 435)):
        assert f"{name}  {size}x{size}" in labels
    coloured = [r for r in shapes(text, "rect") if r.get("clip-path")]
    assert len(coloured) == 6
    widths = [float(r["width"]) for r in coloured]
    assert widths == sorted(widths, reverse=True), "the smallest is drawn last, on top"
    scale = widths[0] / 435
    assert [round(width / scale) for width in widths] == [435, 211, 99, 43, 11, 7]


def test_svg_themes_and_images(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import numpy as np

    image = tmp_path / "image.png"
    image.write_bytes(png(np.zeros((4, 4, 3), np.uint8)))
    text = said(capsys, "lenet5", "--format", "svg", "--theme", "dark", "--image", str(image))
    assert "prefers-color-scheme" not in text
    assert "#0f1318" in text
    (shown,) = shapes(text, "image")
    assert shown["href"].startswith("data:image/png;base64,")
    image.write_bytes(b"BM no image for browsers")
    assert "neither PNG" in said(
        capsys, "lenet5", "--format", "svg", "--image", str(image), status=2
    )


@pytest.mark.parametrize("picture", ["nested", "pixels", "effective"])
@pytest.mark.parametrize("shape", ["1x32", "1x16x16", "1x7x9x8"])
def test_pictures_of_any_rank(
    picture: str, shape: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        f"name: <N & co>\ninput: {shape}\nlayers:\n"
        "- conv: {out_channels: 2, kernel_size: 3, padding: 1}\n"
        "- conv: {out_channels: 2, kernel_size: 3, padding: 2, dilation: 2}\n"
    )
    assert shapes(said(capsys, str(spec), "--picture", picture, "--format", "svg"), "text")
    assert said(capsys, str(spec), "--picture", picture)


def test_effective_figures(capsys: pytest.CaptureFixture[str]) -> None:
    found = parsed(capsys, "lenet5", "--layer", "C1", "--effective")["effective"]
    assert found["deviation"] == pytest.approx([2**0.5] * 2)
    assert (found["theoretical_pixels"], found["pixels_holding_95_percent"]) == (25, 24)


def test_csv_has_every_node(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "lenet5", "--format", "csv").splitlines()
    assert lines[0] == "layer,output,size,jump,start,end_padding,centre,covered"
    assert "relu_1,6x28x28,5,1,0,0,2,16%" in lines


def test_output_goes_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "fields.svg"
    assert said(capsys, "lenet5", "--format", "svg", "-o", str(target)) == ""
    assert ET.fromstring(target.read_text()).tag == SVG + "svg"


def test_png_is_one() -> None:
    import zlib

    import numpy as np

    data = png(np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    start = data.index(b"IDAT")
    length = int.from_bytes(data[start - 4 : start], "big")
    rows = zlib.decompress(data[start + 4 : start + 4 + length])
    assert rows == bytes([0, 0, 1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 11])


def test_a_pixel_that_is_missed_is_not_rounded_away(capsys: pytest.CaptureFixture[str]) -> None:
    """SqueezeNet's first convolution leaves the last of 224 rows and columns unread."""
    rows = said(capsys, "squeezenet", "--format", "csv").splitlines()
    assert rows[-1].endswith("over 99%")
    assert "WHOLE" not in rows[-1]
