"""The graph style: every shipped network, held against what a picture must be."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from geometry_checks import check
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import shipped

import cnncalc
from cnncalc.diagnostics import UsageError
from cnncalc.pictures import draw
from cnncalc.pictures.boxes import graph_layout
from cnncalc.pictures.compound import settle
from cnncalc.pictures.pieces import Structure
from cnncalc.pictures.structure import ALL, structure
from cnncalc.pictures.svg import svg
from cnncalc.pictures.values import Wish

SOME = ["alexnet", "googlenet", "resnet18", "densenet121", "shufflenet_v2_x0_5", "inception_v3"]
UNET = """
input: 3x64x64
layers:
  - conv: {name: d1, out_channels: 8, kernel_size: 3, padding: 1}
  - max_pool: 2
  - conv: {name: d2, out_channels: 16, kernel_size: 3, padding: 1}
  - max_pool: 2
  - conv: {name: bottom, out_channels: 32, kernel_size: 3, padding: 1}
  - conv_transpose: {name: up2, out_channels: 16, kernel_size: 2, stride: 2}
  - concat: {name: skip2, from: [d2, up2]}
  - conv: {out_channels: 16, kernel_size: 3, padding: 1}
  - conv_transpose: {name: up1, out_channels: 8, kernel_size: 2, stride: 2}
  - concat: {name: skip1, from: [d1, up1]}
  - conv: {name: out, out_channels: 2, kernel_size: 1}
"""


def drawn_of(name: str, **options: Any) -> Structure:
    return structure(cnncalc.analyze(cnncalc.load(name)), **options)


def expected_edges(drawn: Structure) -> set[tuple[int, int]]:
    """Return the edges between boxes, from the graph and the nodes that each box stands for."""
    nodes = drawn.analysis.graph.nodes
    box = {node: at for at, piece in enumerate(drawn.pieces) for node in piece.members}
    place = {node: piece.members.index(node) for piece in drawn.pieces for node in piece.members}
    found = {
        (box[source], box[node])
        for node in range(len(drawn.analysis.facts))
        for source in nodes[node].inputs
        if box[source] != box[node]
    }
    assert len(place) == len(drawn.analysis.facts)
    return found


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_network_is_drawn_without_overlap(name: str) -> None:
    drawn = drawn_of(name)
    layout = graph_layout(drawn, Wish())
    check(layout)
    stands_for = [node for box in layout.boxes for node in box.nodes]
    assert sorted(stands_for) == list(range(len(drawn.analysis.facts)))
    lines = {(line.source, line.target) for line in layout.lines}
    expected = expected_edges(drawn)
    assert lines <= expected
    # Only what leads from one copy of a folded repeat back into the next is left out.
    assert all(target <= source for source, target in expected - lines)


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("direction", ["down", "right"])
def test_every_edge_is_there_when_nothing_is_folded(name: str, direction: str) -> None:
    drawn = drawn_of(name, depth=ALL, fold=False, fuse=False)
    layout = graph_layout(drawn, Wish(direction=direction))
    check(layout)
    nodes = drawn.analysis.graph.nodes
    at = {box.nodes[0]: number for number, box in enumerate(layout.boxes)}
    assert [len(box.nodes) for box in layout.boxes] == [1] * len(nodes)
    expected = {(at[s], at[t]) for t, node in enumerate(nodes) for s in node.inputs}
    assert {(line.source, line.target) for line in layout.lines} == expected


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("name", SOME)
def test_every_depth_is_drawn(name: str, depth: int) -> None:
    for direction in ("down", "right"):
        check(graph_layout(drawn_of(name, depth=depth), Wish(direction=direction)))


def test_a_unet_written_flat_has_its_skip_connections_beside() -> None:
    drawn = structure(cnncalc.analyze(cnncalc.loads(UNET)))
    for direction in ("down", "right"):
        layout = graph_layout(drawn, Wish(direction=direction))
        check(layout)
        assert len(layout.lines) == len(drawn.edges) == 13


@settings(max_examples=50)
@given(st.data())
def test_any_graph_is_drawn_without_overlap(data: st.DataObject) -> None:
    """Random graphs written flat: every layer may read any before it."""
    count = data.draw(st.integers(1, 14))
    lines, names = ["input: 4x8x8", "layers:"], ["input"]
    for number in range(count):
        sources = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
        if len(sources) == 1:
            kind = data.draw(st.sampled_from(["relu", "conv", "batch_norm"]))
            fields = "out_channels: 4, kernel_size: 1, " if kind == "conv" else ""
            lines.append(f"  - {kind}: {{{fields}name: n{number}, from: [{sources[0]}]}}")
        else:
            lines.append(f"  - add: {{name: n{number}, from: [{', '.join(sources)}]}}")
        names.append(f"n{number}")
    drawn = structure(cnncalc.analyze(cnncalc.loads("\n".join(lines) + "\n")))
    for direction in ("down", "right"):
        layout = graph_layout(drawn, Wish(direction=direction))
        check(layout)
        assert {(line.source, line.target) for line in layout.lines} == set(drawn.edges)


def test_equal_blocks_in_a_row_are_folded_and_counted() -> None:
    layout = graph_layout(drawn_of("resnet50"), Wish())
    assert [frame.copies for frame in layout.frames if frame.copies > 1] == [2, 3, 5, 2]
    dense = graph_layout(drawn_of("densenet201"), Wish())
    assert [frame.copies for frame in dense.frames if frame.copies > 1] == [6, 12, 48, 32]
    assert "64…224×56×56" in [text.text for text in dense.texts]


def test_copies_that_others_read_are_not_folded() -> None:
    """A stack whose middle is read from outside must show which of its layers that is."""
    spec = """
input: 4x8x8
blocks:
  step: {layers: [conv: {out_channels: 4, kernel_size: 1}, relu]}
layers:
  - step: {repeat: 3, name: s}
  - add: {from: [s_1, s_3]}
"""
    drawn = structure(cnncalc.analyze(cnncalc.loads(spec)))
    assert [piece.copies for piece in drawn.pieces] == [1, 1, 2, 1]  # s_2 and s_3
    without = spec.replace("  - add: {from: [s_1, s_3]}\n", "")
    drawn = structure(cnncalc.analyze(cnncalc.loads(without)))
    assert [piece.copies for piece in drawn.pieces] == [1, 3]


def test_one_block_is_drawn_alone_with_what_it_reads() -> None:
    drawn = drawn_of("googlenet", scope="inception_3a")
    layout = graph_layout(drawn, Wish())
    check(layout)
    assert [box.role for box in layout.boxes].count("outside") == 1
    assert len(layout.boxes) == 1 + 7 + 1
    with pytest.raises(UsageError, match="inception_3x"):
        drawn_of("googlenet", scope="inception_3x")


def test_shares_shade_the_boxes_and_add_up() -> None:
    for key in ("macs", "params", "memory"):
        layout = graph_layout(drawn_of("vgg16"), Wish(colour=key))
        assert sum(box.share or 0 for box in layout.boxes) == pytest.approx(1)
    largest = max(layout.boxes, key=lambda box: box.share or 0)
    assert "conv1_1" in largest.about


def test_it_is_the_same_to_the_byte() -> None:
    for name in ("googlenet", "densenet121"):
        one, other = (
            draw.text(cnncalc.analyze(cnncalc.load(name)), Wish(), "svg") for _ in range(2)
        )
        assert one == other


def test_long_chains_and_wide_reads_end() -> None:
    lines = ["input: 1x4x4", "layers:"]
    for number in range(2_000):
        lines.append(f"  - {'relu' if number % 2 else 'sigmoid'}: {{name: n{number}}}")
    analysis = cnncalc.analyze(cnncalc.loads("\n".join(lines) + "\n"))
    assert draw.text(analysis, Wish(), "svg")
    drawn = structure(analysis, fuse=False)
    assert len(drawn.pieces) == 2_001
    lines.append(f"  - concat: {{from: [{', '.join(f'n{i}' for i in range(0, 2_000, 10))}]}}")
    analysis = cnncalc.analyze(cnncalc.loads("\n".join(lines) + "\n"))
    check(graph_layout(structure(analysis), Wish()))


class TestSvg:
    def test_it_is_well_formed_and_says_what_it_shows(self) -> None:
        text = draw.text(cnncalc.analyze(cnncalc.load("resnet18")), Wish(), "svg")
        root = ET.fromstring(text)
        space = "{http://www.w3.org/2000/svg}"
        assert root.find(f"{space}title") is not None
        described = root.find(f"{space}desc")
        assert described is not None
        assert "11.7 M params" in (described.text or "")
        assert "prefers-color-scheme" in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")

    def test_hostile_names_stay_text(self) -> None:
        spec = """
name: '"><script>alert(1)</script>'
input: 1x4x4
layers:
  - relu: {name: '"><script>alert(1)<!--'}
  - conv: {name: "a&b<c>", out_channels: 1, kernel_size: 1}
"""
        analysis = cnncalc.analyze(cnncalc.loads(spec))
        root = ET.fromstring(draw.text(analysis, Wish(), "svg"))
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "rect", "g", "path", "text"}

    @pytest.mark.parametrize("theme", ["auto", "light", "dark", "print"])
    def test_themes(self, theme: str) -> None:
        layout = graph_layout(drawn_of("lenet5"), Wish())
        text = svg(layout, theme)
        assert ("@media" in text) == (theme == "auto")
        if theme == "print":
            colours = re.findall(r"#([0-9a-f]{6}|[0-9a-f]{3})\b", text)
            parts = [re.findall("." * (len(colour) // 3), colour) for colour in colours]
            assert parts
            assert all(one == two == three for one, two, three in parts)

    def test_width_is_in_millimetres(self) -> None:
        layout = graph_layout(drawn_of("lenet5"), Wish())
        root = ET.fromstring(svg(layout, width=120))
        assert root.get("width") == "120mm"
        height = float((root.get("height") or "").removesuffix("mm"))
        assert height == pytest.approx(120 * layout.height / layout.width, abs=0.01)


def test_places_are_the_nearest_in_order() -> None:
    assert settle([0.0, 0.0], [10.0]) == [-5.0, 5.0]
    assert settle([0.0, 20.0], [10.0]) == [0.0, 20.0]
    assert settle([3.0, 1.0, 2.0], [1.0, 1.0]) == [1.0, 2.0, 3.0]
