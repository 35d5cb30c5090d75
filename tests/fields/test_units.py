"""Single units and pixels: exact rectangles, holes, padding that copies."""

from __future__ import annotations

from typing import Any

import pytest

import cnncalc
from cnncalc.diagnostics import UsageError


def fields_of(text: str) -> Any:
    """The receptive fields of a spec."""
    return cnncalc.receptive_field(cnncalc.loads(text))


def one_layer(entry: str, shape: str = "1x8x8") -> Any:
    """The receptive fields of a network of one layer."""
    return fields_of(f"input: {shape}\nlayers:\n- {entry}")


def test_region_and_clipped() -> None:
    fields = one_layer("conv: {out_channels: 1, kernel_size: 3, padding: 1, stride: 2}")
    corner, inner = fields.unit("conv_1", (0, 0)), fields.unit("conv_1", (1, 2))
    assert (corner.region, corner.clipped) == (((-1, 2), (-1, 2)), ((0, 2), (0, 2)))
    assert inner.region == inner.clipped == ((1, 4), (3, 6))
    assert (corner.read, corner.holes) == (4, 0)


def test_a_dropped_column_is_not_read() -> None:
    """The pool drops the last column of 5, so nothing that looks past it sees more of the input."""
    fields = fields_of(
        """
input: 1x5x5
layers:
- max_pool: {kernel_size: 2}
- conv: {out_channels: 1, kernel_size: 3, padding: 1}
"""
    )
    unit = fields.unit("conv_1", (1, 1))
    assert unit.region == ((0, 6), (0, 6))
    assert unit.clipped == ((0, 4), (0, 4)), "not the cut rectangle, which would be 0 to 5"


@pytest.mark.parametrize(
    ("mode", "clipped"),
    [
        ("zeros", ((0, 2), (0, 2))),
        ("replicate", ((0, 2), (0, 2))),
        ("reflect", ((0, 4), (0, 4))),
        ("circular", ((0, 8), (0, 8))),
    ],
)
def test_padding_that_copies_reads_what_it_copies(mode: str, clipped: Any) -> None:
    fields = one_layer(
        f"conv: {{out_channels: 1, kernel_size: 5, padding: 3, padding_mode: {mode}}}"
    )
    unit = fields.unit("conv_1", (0, 0))
    assert unit.region == ((-3, 2), (-3, 2)), "the rectangle of the literature does not change"
    assert unit.clipped == clipped


def test_circular_padding_reads_both_ends() -> None:
    fields = one_layer(
        "conv: {out_channels: 1, kernel_size: 3, padding: 1, padding_mode: circular}"
    )
    unit = fields.unit("conv_1", (0, 4))
    assert unit.clipped == ((0, 8), (3, 6))
    assert (unit.read, unit.holes) == (9, 15)


def test_a_unit_in_the_padding_reads_nothing() -> None:
    fields = one_layer("pad: 2")
    unit = fields.unit("pad_1", (0, 5))
    assert unit.region == ((-2, -1), (3, 4))
    assert unit.clipped is None
    assert (unit.read, unit.holes) == (0, 0)


def test_a_transposed_window_may_read_nothing() -> None:
    """Of a 1x1 kernel with stride 2 only every other output has an input."""
    fields = one_layer("conv_transpose: {out_channels: 1, kernel_size: 1, stride: 2}")
    assert fields.unit("conv_transpose_1", (2, 4)).clipped == ((1, 2), (2, 3))
    odd = fields.unit("conv_transpose_1", (2, 5))
    assert (odd.region, odd.clipped) == (None, None)


def test_gridding_counts_pixels_that_no_path_reads() -> None:
    """Two 3x3 of dilation 2 read every other pixel of 9x9: 25 of 81."""
    fields = fields_of(
        "input: 1x20x20\nlayers:\n"
        "- conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 2, repeat: 2}"
    )
    unit = fields.unit("conv_2", (10, 10))
    assert unit.clipped == ((6, 15), (6, 15))
    assert (unit.read, unit.holes) == (25, 56)
    mixed = fields_of(
        "input: 1x20x20\nlayers:\n"
        "- conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 2}\n"
        "- conv: {out_channels: 1, kernel_size: 3, padding: 1}"
    )
    assert mixed.unit("conv_2", (10, 10)).holes == 0, "dilation 1 fills the gaps of 2"


def test_a_strided_1x1_skips_pixels() -> None:
    fields = fields_of(
        "input: 1x16x16\nlayers:\n- conv: {out_channels: 1, kernel_size: 1, stride: 2}\n"
        "- conv: {out_channels: 1, kernel_size: 3}"
    )
    unit = fields.unit("conv_2", (0, 0))
    assert unit.region == ((0, 5), (0, 5))
    assert (unit.read, unit.holes) == (9, 16)
    holes = fields.holes("conv_2", (0, 0))
    assert sum((hi - lo) * sum(b - a for a, b in runs) for rows, ((runs, _),) in holes
               for lo, hi in rows) == 16  # fmt: skip


def test_a_cross_is_no_rectangle() -> None:
    """1x5 beside 5x1: 9 of 25 pixels are read, the corners are holes."""
    fields = fields_of(
        """
input: 1x9x9
layers:
- add:
    across: [{conv: {out_channels: 1, kernel_size: [1, 5], padding: same}}]
    down: [{conv: {out_channels: 1, kernel_size: [5, 1], padding: same}}]
"""
    )
    unit = fields.unit("add_1", (4, 4))
    assert unit.clipped == ((2, 7), (2, 7))
    assert (unit.read, unit.holes) == (9, 16)


def test_adaptive_pooling_unit_by_unit() -> None:
    """Bins of 7 in 3: 0-2, 2-4, 4-6; they overlap, and so the field is periodic."""
    fields = one_layer("adaptive_avg_pool: 3", "1x7x7")
    found = [fields.unit("adaptive_avg_pool_1", (0, x)).clipped[1] for x in range(3)]
    assert found == [(0, 3), (2, 5), (4, 7)]
    axis = fields.node("adaptive_avg_pool_1").axes[0]
    assert (axis.size, axis.smallest, axis.period) == (3, 3, (3, 7))


def test_linear_interpolation_reads_neighbours_that_weigh() -> None:
    """Upsampling 4 to 7 with aligned corners: even outputs lie on a pixel and read it alone."""
    fields = one_layer("upsample: {size: 7, mode: bilinear, align_corners: true}", "1x4x4")
    found = [fields.unit("upsample_1", (0, x)).clipped[1] for x in range(4)]
    assert found == [(0, 1), (0, 2), (1, 2), (1, 3)]
    plain = one_layer("upsample: {scale_factor: 2, mode: bilinear}", "1x4x4")
    edge = plain.unit("upsample_1", (0, 0))
    assert (edge.region, edge.clipped) == (((-1, 1), (-1, 1)), ((0, 1), (0, 1)))


def test_features_of_a_vector_are_units_too() -> None:
    fields = one_layer("flatten", "2x3x4")
    assert fields.unit("flatten_1", (12 + 4 + 2,)).clipped == ((1, 2), (2, 3))
    node = fields.node("flatten_1")
    assert (node.size, node.jump, node.start) == ((1, 1), (None, None), (None, None))


def test_the_middle_unit_is_the_default() -> None:
    fields = one_layer("conv: {out_channels: 1, kernel_size: 3}")
    assert fields.unit("conv_1").unit == (3, 3)


@pytest.mark.parametrize(
    ("name", "unit", "message"),
    [
        ("conv_2", (0, 0), "no node `conv_2`"),
        ("conv_1", (0, 6), "no unit 0,6"),
        ("conv_1", (0,), "2 coordinates, not 1"),
    ],
)
def test_units_that_do_not_exist(name: str, unit: Any, message: str) -> None:
    fields = one_layer("conv: {out_channels: 1, kernel_size: 3}")
    with pytest.raises(UsageError, match=message):
        fields.unit(name, unit)


def test_who_sees_a_pixel() -> None:
    fields = cnncalc.receptive_field(cnncalc.load("lenet5"))
    seen = {item.node: item for item in fields.seen_by((16, 16))}
    assert seen["C1"].units == ((12, 17), (12, 17))
    assert seen["C1"].count == 25
    assert seen["S4"].units == ((1, 5), (1, 5))
    assert seen["output"].count == 10


def test_a_pixel_that_nobody_sees() -> None:
    """A pool of 2 over 5 columns drops the last."""
    fields = one_layer("max_pool: 2", "1x5x5")
    seen = fields.seen_by((0, 4))[-1]
    assert (seen.units, seen.count) == (None, 0)


def test_long_chains_are_followed() -> None:
    """Deep graphs do not recurse; benchmarks/bench_receptive_field.py has the time."""
    from field_graphs import graph_of, layer

    from cnncalc.graph import Node

    conv, relu = layer("conv", out_channels=2, kernel_size=3, padding=1), layer("relu")
    nodes = [Node("input", layer("input", shape=(2, 64, 64)), ())]
    for number in range(20_000):
        made = relu if number % 2 else conv
        nodes.append(Node(f"n{number}", made, (number,)))
    graph = graph_of(nodes)
    fields = cnncalc.receptive_field(graph)
    assert fields.nodes[-1].size == (20_001, 20_001)
    unit = fields.unit("n19999", (32, 32))
    assert unit.clipped == ((0, 64), (0, 64))
    assert unit.region == ((32 - 10_000, 32 + 10_001),) * 2
