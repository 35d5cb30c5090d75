"""The design spaces that ship hold the published networks of their families."""

from __future__ import annotations

import pytest

import cnncalc

#: Depth, w0, wa, wm, group width (Radosavovic et al. 2020, as torchvision 0.24 has them).
REGNETS = {
    "regnet_x_400mf": (22, 24, 24.48, 2.54, 16),
    "regnet_x_800mf": (16, 56, 35.73, 2.28, 16),
    "regnet_x_1_6gf": (18, 80, 34.01, 2.25, 24),
    "regnet_x_3_2gf": (25, 88, 26.31, 2.25, 48),
    "regnet_x_8gf": (23, 80, 49.56, 2.88, 120),
    "regnet_x_16gf": (22, 216, 55.59, 2.1, 128),
    "regnet_x_32gf": (23, 320, 69.86, 2.0, 168),
    "regnet_y_400mf": (16, 48, 27.89, 2.09, 8),
    "regnet_y_800mf": (14, 56, 38.84, 2.4, 16),
    "regnet_y_1_6gf": (27, 48, 20.71, 2.65, 24),
    "regnet_y_3_2gf": (21, 80, 42.63, 2.66, 24),
    "regnet_y_8gf": (17, 192, 76.82, 2.19, 56),
    "regnet_y_16gf": (18, 200, 106.23, 2.48, 112),
    "regnet_y_32gf": (20, 232, 115.89, 2.53, 232),
}


@pytest.mark.parametrize("name", REGNETS)
def test_the_quantised_line_gives_the_published_stages(name: str) -> None:
    depth, w0, wa, wm, group_width = REGNETS[name]
    graph = cnncalc.load(
        "examples/regnet_space",
        depth=depth, w0=w0, wa=wa, wm=wm, group_width=group_width, se="_y_" in name,
    )  # fmt: skip
    published = cnncalc.load(name)
    assert graph.parameters["stages"] == len(published.parameters["depths"]) == 4
    mine, theirs = cnncalc.analyze(graph), cnncalc.analyze(published)
    assert mine.output_shapes() == theirs.output_shapes()
    assert mine.totals() == theirs.totals()
