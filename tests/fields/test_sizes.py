"""At no fixed size: what holds at every input size, and where branches would agree."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

import cnncalc

TABLE = Path(__file__).parent.parent / "data/receptive_field_table.csv"
#: Networks under other names here, because torchvision's have these.
NAMES = {"inception_v3": "inception_v3_slim", "vgg_16": "vgg16", "vgg_a": "vgg11"}


def published() -> list[dict[str, str]]:
    """The rows of google-research/receptive_field's table."""
    with TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


ROWS = published()
#: At every size at once, these take seconds each; at two sizes they are as quick as the others.
HEAVY = ("inception_v3", "inception_v4", "inception_resnet_v2", "resnet_v1_200", "resnet_v2_200")
HEAVY += ("inception_v2-no", "resnet_v1_152", "resnet_v2_152")
#: What the table's variants of a network set.
SETTINGS: dict[str, dict[str, Any]] = {
    "same": {"edges": "same"},
    "no-separable-conv": {"separable": False},
}
GROUPS = [
    pytest.param(
        *group,
        marks=[pytest.mark.slow] if group[0].startswith(HEAVY) and group[1] != "224" else [],
        id="-".join(group),
    )
    for group in sorted({(row["network"], row["resolution"]) for row in ROWS})
]


def vgg_node(fields: Any, end_point: str) -> str:
    """The node of TF-Slim's name for a layer of VGG: convolutions and pools by stage."""
    stage, number = 1, 0
    for node in fields.nodes:
        number += node.layer == "conv"
        if node.layer == "conv" and end_point == f"conv{stage}/conv{stage}_{number}":
            return str(node.name)
        if node.layer == "max_pool":
            if end_point == f"pool{stage}":
                return str(node.name)
            stage, number = stage + 1, 0
    raise KeyError(end_point)


@pytest.mark.parametrize(("network", "resolution"), GROUPS)
def test_published_table(network: str, resolution: str) -> None:
    """End point by end point: size, stride and padding; padding empty where it is not known."""
    size = f"3x{resolution}x{resolution}" if resolution else None
    known, _, variant = network.partition("-")
    graph = cnncalc.load(NAMES.get(known, known), input=size, **SETTINGS.get(variant, {}))
    fields = cnncalc.receptive_field(graph, any_size=not resolution)
    compared = 0
    for row in ROWS:
        if (row["network"], row["resolution"]) != (network, resolution):
            continue
        end_point = row["end_point"].removeprefix(f"{network}/")
        name = vgg_node(fields, end_point) if network.startswith("vgg") else end_point
        node = fields.node(name)
        padding = -int(row["padding"]) if row["padding"] else None
        assert node.size == (int(row["size"]),) * 2, name
        assert node.jump == (int(row["stride"]),) * 2, name
        assert node.start == (padding,) * 2, name
        compared += 1
    assert compared


BRANCHES = """
input: 1x%dx%d
layers:
- add:
    skip: [{conv: {out_channels: 1, kernel_size: 1, stride: 4, padding: same}}]
    main:
    - conv: {out_channels: 1, kernel_size: 3, stride: 2, padding: same}
    - conv: {out_channels: 1, kernel_size: 1, stride: 2, padding: same}
"""


@pytest.mark.parametrize("size", [8, 9, 10, 11, 17, 30])
def test_same_padding_aligns_at_odd_sizes_only(size: int) -> None:
    """SAME pads a 3x3 of stride 2 by 1 before odd lengths, and by none before even ones."""
    fields = cnncalc.receptive_field(cnncalc.loads(BRANCHES % (size, size)))
    node = fields.node("add_1")
    assert node.aligned is bool(size % 2)
    assert node.size == (3, 3)
    if size % 2:
        assert node.misaligned == ()
        return
    down, across = node.misaligned
    assert (down.axis, across.axis) == (0, 1)
    assert down.branches == ("add_1/skip/conv_1", "add_1/main/conv_2")
    assert down.jumps == (4, 4)
    assert down.offset == 1
    assert (down.agree_at.modulus, down.agree_at.remainders) == (2, (1,))
    assert down.agree_at.nearest == (size - 1, size + 1)


def test_at_any_size_alignment_is_open() -> None:
    fields = cnncalc.receptive_field(cnncalc.loads(BRANCHES % (8, 8)), any_size=True)
    node = fields.node("add_1")
    assert node.aligned is None
    assert (node.size, node.jump, node.start) == ((3, 3), (4, 4), (None, None))
    assert node.misaligned[0].offset is None
    assert node.misaligned[0].agree_at.remainders == (1,)
    assert "input size" in node.axes[0].reason


def test_downstream_nodes_inherit_misalignment() -> None:
    text = BRANCHES % (8, 8) + "- relu\n"
    fields = cnncalc.receptive_field(cnncalc.loads(text))
    assert not fields.node("relu_1").aligned
    assert fields.node("relu_1").misaligned == ()


def test_different_jumps_never_agree() -> None:
    fields = cnncalc.receptive_field(
        cnncalc.loads(
            """
input: 1x9x9
layers:
- add:
    strided: [{conv: {out_channels: 1, kernel_size: 3, stride: 2}}]
    cropped: [{crop: [[0, 5], [0, 5]]}]
"""
        )
    )
    node = fields.node("add_1")
    assert node.misaligned[0].jumps == (2, 1)
    assert node.misaligned[0].offset is None
    # Unit 3 unites pixels 6 to 8 of the one branch with pixel 3 of the other.
    assert (node.axes[0].smallest, node.size) == (3, (6, 6))
    assert fields.unit("add_1", (3, 0)).clipped == ((3, 9), (0, 3))
    assert node.jump == (None, None)


def test_shifted_branches_agree_at_no_size() -> None:
    fields = cnncalc.receptive_field(
        cnncalc.loads(
            """
input: 1x9x9
layers:
- add:
    main: [{conv: {out_channels: 1, kernel_size: 3}}]
    shifted: [{crop: [[0, 2], [1, 1]]}]
"""
        )
    )
    (item,) = fields.node("add_1").misaligned
    assert (item.axis, item.offset) == (0, -1)
    assert item.agree_at.remainders == ()
    assert fields.node("add_1").size == (3, 3)


def test_half_a_pixel_apart() -> None:
    fields = cnncalc.receptive_field(
        cnncalc.loads(
            """
input: 1x8x8
layers:
- add:
    a: [{conv: {out_channels: 1, kernel_size: 2}}]
    b: [{crop: [[0, 1], [0, 1]]}]
"""
        )
    )
    assert fields.node("add_1").misaligned[0].offset == -0.5


@pytest.mark.parametrize("network", ["resnet50", "densenet121", "mobilenet_v2", "vgg16"])
def test_fixed_padding_does_not_depend_on_the_size(network: str) -> None:
    """Networks without SAME padding have the same fields at every size."""
    graph = cnncalc.load(network)
    fixed = cnncalc.receptive_field(graph)
    free = cnncalc.receptive_field(graph, any_size=True)
    for one, other in zip(fixed.nodes, free.nodes, strict=True):
        if "adaptive" in one.layer:  # the bins do depend on the size, and all that follows
            break
        assert (one.size, one.jump, one.start) == (other.size, other.jump, other.start), one.name
        assert other.aligned


def test_sizes_beyond_the_period_bring_nothing_new() -> None:
    """The start at any size modulo the product of the strides is the start at that size."""
    starts = {}
    for size in range(32, 96):
        graph = cnncalc.load("mobilenet_v1", input=f"3x{size}x{size}")
        start = cnncalc.receptive_field(graph).node("Conv2d_13_pointwise").start
        assert starts.setdefault(size % 32, start) == start


#: Periods that multiply along the way; 15 layers on 54 elements once took minutes.
SLOW = """
input: 1x6x3x3
layers:
- max_pool: {kernel_size: 2, stride: 1, padding: same, dilation: 3}
- conv_transpose: {out_channels: 2, kernel_size: 4, stride: 2, dilation: [1, 3, 1]}
- upsample: {mode: trilinear, align_corners: true, scale_factor: 2}
- avg_pool: {kernel_size: [3, 3, 1], stride: [2, 1, 2], padding: [1, 1, 0], rounding: ceil}
- crop: {cropping: [2, 2, 2]}
- lp_pool: {name: pooled, kernel_size: [3, 2, 1], stride: 2, norm_type: 3}
- conv: {out_channels: 1, kernel_size: 4, padding: same, dilation: [3, 2, 3]}
- sigmoid: {name: gate}
- multiply: {name: merged, from: [pooled, gate]}
- avg_pool: {kernel_size: [2, 4, 3], padding: same, count_include_pad: false}
- upsample: {scale_factor: 2}
- avg_pool: {kernel_size: 3, stride: [3, 1, 2], padding: [[0, 0], [0, 1], [1, 1]], rounding: ceil}
- instance_norm
- conv_transpose: {out_channels: 6, kernel_size: 2, stride: 2}
"""


def test_long_periods_are_bounded() -> None:
    """All fields follow from few units; what would take too long at other sizes is left out."""
    fields = cnncalc.receptive_field(cnncalc.loads(SLOW))
    merged = fields.node("merged")
    assert merged.size == (16, 12, 14)
    assert merged.misaligned[0].agree_at is None, "not worked out at other sizes"
    for unit in ((0, 0, 0), (2, 5, 1), (4, 11, 1)):
        region = fields.unit("merged", unit).region
        assert region is not None
        sizes = [hi - lo for lo, hi in region]
        for size, axis in zip(sizes, merged.axes or (), strict=True):
            assert axis.smallest <= size <= axis.size


def test_agreement_depends_on_the_size_in_no_pattern() -> None:
    """Bins of adaptive pooling do not repeat with the size: no remainders are given."""
    fields = cnncalc.receptive_field(
        cnncalc.loads(
            "input: 1x17x17\nlayers:\n- adaptive_avg_pool: {name: a, output_size: 5}\n"
            "- adaptive_avg_pool: {name: b, from: input, output_size: 5}\n"
            "- conv: {name: c, out_channels: 1, kernel_size: 2, padding: [[0, 1], [0, 1]]}\n"
            "- add: {name: sum, from: [a, c]}"
        )
    )
    node = fields.node("sum")
    assert not node.aligned
    assert node.misaligned[0].agree_at is None
