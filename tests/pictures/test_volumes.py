"""The volumes style: cuboids to scale, nothing over anything else."""

from __future__ import annotations

from typing import Any

import pytest
from geometry_checks import check, extent_of
from shipped import shipped
from test_graph import UNET

import cnncalc
from cnncalc.pictures.draw import layout
from cnncalc.pictures.values import Layout, Solid, Wish


def drawn(name: str, **wish: Any) -> Layout:
    return layout(cnncalc.analyze(cnncalc.load(name)), Wish("volumes", **wish))


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_network_is_drawn_without_overlap(name: str) -> None:
    picture = drawn(name)
    check(picture)
    count = len(cnncalc.load(name).nodes)
    assert sorted(node for one in picture.solids for node in one.nodes) == list(range(count))


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "densenet121", "googlenet"])
def test_all_labels_and_copies(name: str) -> None:
    check(drawn(name, labels=("shape", "layer", "name", "params", "macs"), fold=True))
    check(drawn(name, fold=False, colour="macs"))


def solids_of(picture: Layout, analysis: Any) -> dict[str, Solid]:
    names = [node.name for node in analysis.graph.nodes]
    return {names[one.nodes[0]]: one for one in picture.solids}


def test_sides_are_roots_of_the_shape() -> None:
    analysis = cnncalc.analyze(cnncalc.load("vgg16"))
    found = solids_of(layout(analysis, Wish("volumes")), analysis)
    names = [node.name for node in analysis.graph.nodes]
    for name, one in found.items():
        if one.role != "weighted" or name.startswith("fc"):
            continue
        channels, rows, columns = analysis.facts[names.index(name)].output
        first = found["conv1_1/conv_1"]
        assert one.height / first.height == pytest.approx((rows / 224) ** 0.5, abs=0.01)
        assert one.back / first.back == pytest.approx((columns / 224) ** 0.5, abs=0.01)
        assert one.width / first.width == pytest.approx((channels / 64) ** 0.5, abs=0.01)


def test_maps_that_are_not_square() -> None:
    spec = "input: 1x16x256\nlayers:\n  - conv: {out_channels: 8, kernel_size: 3, padding: 1}\n"
    for text in (spec, spec.replace("1x16x256", "2x400"), spec.replace("1x16x256", "1x8x32x16")):
        analysis = cnncalc.analyze(cnncalc.loads(text))
        check(layout(analysis, Wish("volumes", windows=True)))


def test_a_skip_connection_runs_above_what_it_passes() -> None:
    analysis = cnncalc.analyze(cnncalc.loads(UNET))
    picture = layout(analysis, Wish("volumes"))
    check(picture)
    found = solids_of(picture, analysis)
    at = {id(one): number for number, one in enumerate(picture.solids)}
    for source, target in (("d1", "skip1"), ("d2", "skip2")):
        ends = at[id(found[source])], at[id(found[target])]
        (arc,) = [line for line in picture.lines if (line.source, line.target) == ends]
        passed = picture.solids[ends[0] + 1 : ends[1]]
        assert min(y for _, y in arc.points) < min(extent_of(one)[1] for one in passed)


def test_branches_of_an_inception_module_stand_side_by_side() -> None:
    analysis = cnncalc.analyze(cnncalc.load("googlenet"))
    picture = layout(analysis, Wish("volumes", scope="inception_3a"))
    check(picture)
    rows = {round((extent_of(one)[1] + extent_of(one)[3]) / 2) for one in picture.solids}
    assert len(rows) == 5  # four branches, and the axis of what they read and make


def test_windows_lie_on_the_side_of_the_map_they_read() -> None:
    analysis = cnncalc.analyze(cnncalc.load("alexnet"))
    plain, picture = (layout(analysis, Wish("volumes", windows=w)) for w in (False, True))
    assert plain.shades == ()
    patches = [shade for shade in picture.shades if shade.closed]
    layers = [node.layer for node in analysis.graph.nodes]
    assert len(patches) == len([layer for layer in layers if "kernel_size" in layer.as_dict()])
    source = picture.solids[0]
    (x0, y0), (x1, _), _, (_, y3) = patches[0].points
    assert (x1 - x0) / source.back == pytest.approx(11 / 227, abs=0.03)
    assert (y3 - y0) / source.height == pytest.approx(11 / 227, abs=0.01)
    for patch in patches:
        assert any(
            left <= x <= right and top <= y <= bottom
            for left, top, right, bottom in map(extent_of, picture.solids)
            for x, y in patch.points[:1]
        )
