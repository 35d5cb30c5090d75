"""Pictures of maps: colours that are symmetric around zero, sheets, blocks, and the scene."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from cnncalc.cli import run
from cnncalc.executor.inputs import read_input
from cnncalc.pictures.maps import coloured

SVG = "{http://www.w3.org/2000/svg}"
EDGES = ["run", "examples/image_filters", "--input", "scene:16", "--colour", "grey"]


def test_colours_are_white_at_zero_and_as_strong_on_both_sides():
    ramp = coloured(np.array([[-2.0, -1, 0, 1, 2]]), 2.0, True)[0].astype(int)
    assert ramp[2].tolist() == [255, 255, 255]
    assert ramp[0, 2] > ramp[0, 0]
    assert ramp[4, 0] > ramp[4, 2]
    assert abs(ramp[0].sum() - ramp[4].sum()) < 60
    assert coloured(np.array([[0.0, 2.0, np.nan]]), 2.0, False)[0, :2].tolist() == [
        [0, 0, 0],
        [255, 255, 255],
    ]


def test_the_scene_is_a_picture_with_edges_and_shades():
    picture = read_input("scene")
    assert picture.shape == (3, 96, 96)
    assert 0 <= picture.min() < 0.15
    assert 0.9 < picture.max() <= 1
    assert len(np.unique(picture.round(2))) > 60
    assert read_input("scene:24", "grey").shape == (1, 24, 24)


def test_a_sheet_shows_input_filter_and_map(tmp_path, capsys):
    pillow = pytest.importorskip("PIL.Image")
    file = tmp_path / "maps.svg"
    assert run([*EDGES, "--save", str(file)]) == 0
    text = file.read_text()
    root = ElementTree.fromstring(text)
    words = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert "filters: -2 to 2, 0 is white" in words
    images = [element.get("href", "") for element in root.iter(f"{SVG}image")]
    assert len(images) == 5  # input, filter, map, and the scales of maps and filters
    kernel = pillow.open(io.BytesIO(base64.b64decode(images[1].partition(",")[2])))
    cells = np.asarray(kernel)[:: kernel.height // 3, :: kernel.width // 3][:3, :3].astype(int)
    assert (cells[:, 1] == 255).all()
    assert (cells[:, 0, 2] > cells[:, 0, 0]).all()
    assert (cells[:, 2, 0] > cells[:, 2, 2]).all()
    capsys.readouterr()


def test_blocks_without_colours_tell_signs_apart(capsys):
    assert run([*EDGES, "--maps"]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "-2  0  2" in text
    assert re.search(r"scale: blank 0, `\.\+\*#` up to \S+, `-=%@` down to -", text)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        (["--save", "maps.gif"], "results go to an .npz file or a picture"),
        (["--sample", "3", "--maps"], "there is no sample 3"),
        (["--resize", "20x30"], "the scene is square"),
    ],
)
def test_what_cannot_be_drawn(more, wanted, capsys):
    assert run([*EDGES, *more]) == 2
    assert wanted in capsys.readouterr().err
