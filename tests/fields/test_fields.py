"""Receptive fields of nodes: known networks, hand-built graphs, and what must always hold."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from field_graphs import layer

import cnncalc
from cnncalc.diagnostics import UsageError
from cnncalc.geometry import Field, Window, step
from cnncalc.graph import Graph, Node
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import Elementwise

CASES = json.loads(
    Path(__file__).parent.parent.joinpath("data/rf_graph_cases.json").read_text("utf-8")
)["cases"]
LAYER_OF_OP = {"conv": "conv", "maxpool": "max_pool", "avgpool": "avg_pool"}


def fields_of(text: str, **options: Any) -> Any:
    """The receptive fields of a spec."""
    return cnncalc.receptive_field(cnncalc.loads(text), **options)


def graph_of_case(case: dict[str, Any]) -> Graph:
    """A case of the reference file as a graph; sums stand where an op reads several nodes."""
    nodes: list[Node] = []
    places: dict[str, int] = {}
    for entry in case["graph"]:
        name, op = entry["name"], entry["op"]
        if op == "input":
            # Cases without a size get one that all their windows fit into.
            size = case.get("input_hw", [512, 512])
            made, inputs = layer("input", shape=(case.get("input_channels", 3), *size)), ()
        else:
            inputs = tuple([places[source] for source in entry["inputs"]])
            if len(inputs) > 1 and op != "add":
                nodes.append(Node(f"{name}/sum", layer("concat"), inputs))
                inputs = (len(nodes) - 1,)
            made = layer_of_case(entry)
        places[name] = len(nodes)
        nodes.append(Node(name, made, inputs))
    return Graph(case["id"], tuple(nodes), (0,), (len(nodes) - 1,))


def layer_of_case(entry: dict[str, Any]) -> Any:
    """The layer that an entry of a case means; SAME where it says nothing, to keep sizes equal."""
    op = entry["op"]
    if op in ("add", "identity", "dropout"):
        return layer(op)
    if op == "zero_pad":
        top, bottom, left, right = entry["pad_tblr"]
        return layer("pad", padding=((top, bottom), (left, right)))
    words = {"SAME": "same", "VALID": "valid"}
    padding = entry.get("padding", "SAME")
    fields: dict[str, Any] = {
        "kernel_size": tuple(entry["kernel_hw"]),
        "stride": tuple(entry["stride_hw"]),
        "padding": words[padding] if padding in words else int(padding.removeprefix("pad")),
    }
    if op == "conv":
        fields["out_channels"] = entry.get("out_channels", 4)
    return layer(LAYER_OF_OP[op], **fields)


BUILDABLE = [case for case in CASES if case["graph"][0]["op"] == "input"]


@pytest.mark.parametrize("case", BUILDABLE, ids=[case["id"] for case in BUILDABLE])
def test_reference_graphs(case: dict[str, Any]) -> None:
    """Public test suites' graphs: size, stride, padding, alignment, centres, shapes."""
    expected = dict(case["expect"])
    fields = cnncalc.receptive_field(graph_of_case(case))
    last = fields.nodes[-1]
    found = {
        "rf_hw": last.size,
        "rf_y": last.size[0],
        "rf_x": last.size[1],
        "effective_stride_hw": last.jump,
        "effective_padding_hw": tuple([-start for start in last.start]),
        "aligned": last.aligned,
    }
    for key, value in found.items():
        if key in expected:
            wanted = expected.pop(key)
            assert value == (tuple(wanted) if isinstance(wanted, list) else wanted), key
    per_node = {
        "per_node_rf": lambda node: node.size[0],
        "rf_per_node": lambda node: node.size[0],
        "stride_per_node": lambda node: node.jump[0],
        "jump_per_node": lambda node: node.jump[0],
        # There a pixel's middle lies at its number and a half.
        "offset_edge_coords_per_node": lambda node: node.axes[0].centre + 0.5,
        "shapes_hw": lambda node: list(node.output[1:]),
    }
    for key, value in per_node.items():
        for name, wanted in expected.pop(key, {}).items():
            assert value(fields.node(name)) == wanted, (key, name)
    expected.pop("per_node_rf_min_max", None)
    expected.pop("start_edge_coords", None)
    expected.pop("pad_before", None)
    expected.pop("pad_total", None)
    assert not expected, "a figure of the case is not tested"


def test_branches_of_different_size_unite() -> None:
    """Where one path sees 7 and another 9 pixels, a unit sees 9."""
    case = next(case for case in CASES if case["id"] == "rfa_tuple_kernels")
    fields = cnncalc.receptive_field(graph_of_case(case))
    for name, (_, (largest, _)) in case["expect"]["per_node_rf_min_max"].items():
        assert fields.node(name).size[0] == largest


KNOWN = [
    # network, node (None: the last with a field), size, jump, padding before; torchvision's nets
    # by hand from their definitions, TF-Slim's from RECEPTIVE_FIELD_TABLE.md
    ("resnet50", "stage4", 427, 32, 213),
    ("resnet101", "stage4", 971, 32, 485),
    ("resnet18", "stage4", 435, 32, 217),
    ("resnet_v1_50", "block4", 483, 32, 239),
    ("vgg16", "max_pool_5", 212, 32, 90),
    ("inception_v3_slim", "Mixed_7c", 1311, 32, 618),
    ("inception_v2", "Mixed_5c", 699, 32, 318),
    ("mobilenet_v1", "Conv2d_13_pointwise", 315, 32, 126),
    ("alexnet_v2", "pool5", 195, 32, 64),
]


@pytest.mark.parametrize(("network", "node", "size", "jump", "padding"), KNOWN)
def test_known_networks(network: str, node: str, size: int, jump: int, padding: int) -> None:
    fields = cnncalc.receptive_field(cnncalc.load(network))
    if node not in {n.name.split("/")[0] for n in fields.nodes}:
        node = next(n.name for n in reversed(fields.nodes) if n.layer == "max_pool")
    field = fields.node(node)
    assert (field.size, field.jump) == ((size, size), (jump, jump))
    assert field.start == (-padding, -padding)
    assert field.aligned


def test_a_layer_that_does_not_say_how_it_reads_cannot_be_made() -> None:
    """A new layer must say what it reads; nothing is passed on as it is in silence."""
    facets = {
        name: lambda *_arguments: None for name in ("output_shape", "params", "op_count", "forward")
    }
    with pytest.raises(TypeError, match="does not say its reads"):
        type("Unheard", (Layer,), {"keyword": "unheard_of", **facets})
    with pytest.raises(TypeError, match="does not say its reads"):
        type("Unheard", (Elementwise,), {"keyword": "unheard_of", **facets})


@pytest.mark.parametrize("count", [2, 3, 5])
def test_stacked_convolutions_see_as_one_larger(count: int) -> None:
    """n convolutions of 3x3 see what one of (2n + 1)x(2n + 1) sees."""
    stack = fields_of(
        f"input: 1x40x40\nlayers:\n- conv: {{out_channels: 1, kernel_size: 3, repeat: {count}}}"
    )
    single = fields_of(
        f"input: 1x40x40\nlayers:\n- conv: {{out_channels: 1, kernel_size: {2 * count + 1}}}"
    )
    assert stack.nodes[-1].axes == single.nodes[-1].axes


def test_dilation_sees_as_far_as_the_kernel_with_holes_filled() -> None:
    dilated = fields_of(
        "input: 1x40x40\nlayers:\n- conv: {out_channels: 1, kernel_size: 3, dilation: 4}"
    )
    full = fields_of("input: 1x40x40\nlayers:\n- conv: {out_channels: 1, kernel_size: 9}")
    one, other = dilated.nodes[-1], full.nodes[-1]
    assert (one.size, one.jump, one.start) == (other.size, other.jump, other.start)
    assert [axis.covered for axis in one.axes] == [3, 3], "the holes are not covered"


def test_fields_move_by_the_jump() -> None:
    """Neighbouring units see the same, moved by the jump."""
    fields = cnncalc.receptive_field(cnncalc.load("resnet18"))
    for name in ("max_pool_1", "stage2", "stage4"):
        node = fields.node(name)
        first, second = [fields.unit(name, (2, unit)).region for unit in (3, 4)]
        assert [b - a for a, b in zip(first[1], second[1], strict=True)] == [node.jump[1]] * 2
        assert first[0] == second[0]


def test_composition_of_two_parts() -> None:
    """The field of b after a is that of b, in units of a: sizes and starts compose."""
    first = Field()
    for window in (Window(7, 2, 3, 3), Window(3, 2, 1, 1), Window(3, 1, 1, 1)):
        first = step(first, window)
    tail = Field()
    for window in (Window(5, 2, 2, 2), Window(3, 1, 0, 0)):
        tail = step(tail, window)
    both = first
    for window in (Window(5, 2, 2, 2), Window(3, 1, 0, 0)):
        both = step(both, window)
    assert both.size == first.size + (tail.size - 1) * first.jump
    assert both.jump == first.jump * tail.jump
    assert both.start == first.start + tail.start * first.jump


def test_three_dimensions_and_one() -> None:
    volume = fields_of(
        "input: 1x9x16x20\nlayers:\n"
        "- conv: {out_channels: 2, kernel_size: [3, 5, 1], stride: [1, 2, 3], padding: [1, 0, 0]}\n"
        "- max_pool: {kernel_size: [1, 2, 2]}"
    )
    assert volume.nodes[-1].size == (3, 7, 4)
    assert volume.nodes[-1].jump == (1, 4, 6)
    assert volume.nodes[-1].start == (-1, 0, 0)
    sound = fields_of("input: 2x100\nlayers:\n- conv: {out_channels: 4, kernel_size: 9, stride: 4}")
    assert sound.nodes[-1].size == (9,)
    assert sound.nodes[-1].axes[0].end_padding == -3  # 23 windows end at 22*4 + 9 = 97 of 100


@pytest.mark.parametrize(
    "tail",
    ["global_avg_pool", "global_max_pool", "flatten\n- linear: 3", "{group_norm: 2}",
     "instance_norm", "layer_norm", "{adaptive_avg_pool: 1}", "flatten\n- softmax"],
)  # fmt: skip
def test_what_sees_the_whole_input(tail: str) -> None:
    fields = fields_of(
        f"input: 2x12x12\nlayers:\n- conv: {{out_channels: 4, kernel_size: 3}}\n- {tail}"
    )
    last = fields.nodes[-1]
    assert last.whole
    assert last.size is None
    assert last.jump is None
    assert last.start is None


@pytest.mark.parametrize(
    "tail", ["{layer_norm: channels}", "batch_norm", "softmax", "{dropout: 0.5}"]
)
def test_what_does_not(tail: str) -> None:
    fields = fields_of(
        f"input: 2x12x12\nlayers:\n- conv: {{out_channels: 4, kernel_size: 3}}\n- {tail}"
    )
    assert not fields.nodes[-1].whole
    assert fields.nodes[-1].size == (3, 3)


GATED = """
input: 3x16x16
layers:
- conv: {out_channels: 4, kernel_size: 3, padding: 1}
- multiply:
    gate: [global_avg_pool, {conv: {out_channels: 4, kernel_size: 1}}, sigmoid]
    main: []
- conv: {out_channels: 4, kernel_size: 3, stride: 2}
"""


def test_a_gate_is_reported_with_and_without() -> None:
    fields = fields_of(GATED)
    last = fields.nodes[-1]
    assert last.whole
    assert last.size is None
    assert [axis.size for axis in last.without] == [5, 5]
    unit = fields.unit(last.name, (0, 0))
    assert unit.clipped == ((0, 16), (0, 16))
    assert unit.without == (((-1, 4), (-1, 4)), ((0, 4), (0, 4)))


def test_a_norm_by_statistics_keeps_the_local_field() -> None:
    last = fields_of(
        "input: 3x16x16\nlayers:\n- conv: {out_channels: 4, kernel_size: 3}\n- group_norm: 2"
    ).nodes[-1]
    assert last.whole
    assert [axis.size for axis in last.without] == [3, 3]


def test_several_inputs_are_told_apart() -> None:
    text = """
inputs: {left: 3x32x32, right: 1x16x16}
layers:
- conv: {name: a, out_channels: 4, kernel_size: 3, stride: 2, padding: same}
- conv: {name: b, from: right, out_channels: 4, kernel_size: 5, padding: 2}
- add: {name: both, from: [a, b]}
"""
    graph = cnncalc.loads(text)
    left, right = [cnncalc.receptive_field(graph, source) for source in ("left", "right")]
    assert (left.node("both").size, right.node("both").size) == ((3, 3), (5, 5))
    assert not right.node("a").depends
    assert right.node("a").size is None
    assert right.unit("a", (1, 1)).clipped is None
    with pytest.raises(UsageError, match="no input `middle`"):
        cnncalc.receptive_field(graph, "middle")


def test_where_the_input_or_an_object_is_covered() -> None:
    fields = cnncalc.receptive_field(cnncalc.load("lenet5"))
    assert fields.covering().name == "C5"
    assert fields.covering(14).name == "C3"
    assert fields.covering(15).name == "S4"
    # C3 sees 14 pixels every 2: an object of 13 is always whole in some field, one of 14 is not.
    assert fields.always_holding(13).name == "C3"
    assert fields.always_holding(14).name == "C5"
    sees_all = cnncalc.receptive_field(cnncalc.load("resnet18")).covering()
    assert sees_all.name == "stage4/unit_1/add_1/main/conv_2"


def test_jumps_of_transposed_convolution_are_fractions() -> None:
    """Units repeat in pairs half a step apart: no whole jump, the largest size shown."""
    last = fields_of(
        "input: 1x8x8\nlayers:\n- conv_transpose: {out_channels: 1, kernel_size: 3, stride: 2}"
    ).nodes[-1]
    axis = last.axes[0]
    assert axis.jump is None
    assert axis.period == (2, 1)
    assert (axis.smallest, axis.size) == (1, 2)


def test_a_decoder_moves_on_in_pairs() -> None:
    """Down by 2, up by 2 with a 2x2 kernel: both units of a pair begin at the same pixel."""
    fields = fields_of(
        """
input: 1x16x16
layers:
- conv: {name: skip, out_channels: 2, kernel_size: 3, padding: 1}
- max_pool: 2
- conv: {out_channels: 2, kernel_size: 3, padding: 1}
- conv_transpose: {name: up, out_channels: 2, kernel_size: 2, stride: 2}
- concat: {name: joined, from: [skip, up]}
"""
    )
    joined = fields.node("joined")
    assert [fields.unit("joined", (unit, 0)).region[0][0] for unit in range(4)] == [-3, -3, -1, -1]
    assert joined.jump == (None, None), "the starts do not move on by one number"
    assert joined.axes[0].period == (2, 2)
    assert joined.aligned


def test_broadcast_maps_stand_still() -> None:
    """A 1x1 map that is added everywhere is seen by every unit: jump 0, so no agreement."""
    fields = fields_of(
        """
input: 1x5x5
layers:
- conv: {name: a, out_channels: 2, kernel_size: 1}
- conv: {name: one, out_channels: 2, kernel_size: 5, from: a}
- add: {name: sum, from: [a, one]}
"""
    )
    node = fields.node("sum")
    assert not node.aligned
    assert node.misaligned[0].jumps == (1, 0)
    assert node.size == (5, 5)
    assert fields.unit("sum", (4, 0)).region == ((0, 5), (0, 5))


def test_slices_pick_fields() -> None:
    """Of a concatenation of 3x3 and 5x5 the first half sees 3 pixels, not 5."""
    text = """
input: 1x9x9
layers:
- concat:
    a: [{conv: {out_channels: 2, kernel_size: 3, padding: 1}}]
    b: [{conv: {out_channels: 2, kernel_size: 5, padding: 2}}]
- slice: {start: %d, stop: %d}
"""
    assert fields_of(text % (0, 2)).nodes[-1].size == (3, 3)
    assert fields_of(text % (1, 3)).nodes[-1].size == (5, 5)


def test_summary_words() -> None:
    from cnncalc.fields.node_fields import quick_fields
    from cnncalc.report.words import field_words

    words = [field_words(field) for field in quick_fields(cnncalc.analyze(cnncalc.loads(GATED)))]
    assert words[:2] == ["1", "3"]
    assert words[-1] == "WHOLE (5)"
    assert words[2] == "WHOLE"


@pytest.mark.parametrize(
    ("layers", "hull", "covered"),
    [
        ("- crop: 6\n- global_avg_pool", (6, 10), 4),
        ("- crop: [[6, 6], [6, 6]]\n- flatten\n- linear: 3", (6, 10), 4),
        (
            "- max_pool: {kernel_size: 1, stride: 2}\n- flatten\n- linear: 3",
            (0, 15),
            8,
        ),
        ("- conv: {out_channels: 2, kernel_size: 2, stride: 5}\n- global_max_pool", (0, 12), 6),
    ],
)
def test_whole_means_every_pixel(layers: str, hull: tuple[int, int], covered: int) -> None:
    """A unit that reads a whole map, which does not hold the whole input, sees a part of it."""
    fields = fields_of(f"input: 1x16x16\nlayers:\n{layers}")
    last = fields.nodes[-1]
    assert not last.whole
    for axis in last.axes or ():
        assert (axis.start, axis.start + axis.size) == hull
        assert (axis.jump, axis.covered) == (0, covered)
    assert fields.unit(last.name).read == covered**2
    assert fields.covering() is None


def test_covers_counts_what_is_really_read() -> None:
    """Neither holes nor a last column that a pool drops are covered."""
    text = "input: 1x15x15\nlayers:\n- max_pool: 2\n- conv: {out_channels: 1, kernel_size: 7}"
    fields = fields_of(text)
    assert [axis.covered for axis in fields.nodes[-1].axes] == [14, 14]
    holed = "{out_channels: 1, kernel_size: 3, dilation: 3, padding: 3}"
    fields = fields_of(f"input: 1x16x16\nlayers:\n- conv: {holed}\n- conv: {holed}")
    assert [axis.covered for axis in fields.nodes[-1].axes] == [5, 5]


def test_a_slice_beyond_the_end_stops_there() -> None:
    graph = cnncalc.loads("input: 3x4x4\nlayers:\n- slice: {start: 1, stop: 9}")
    assert cnncalc.analyze(graph).output_shapes()[-1] == (2, 4, 4)
    assert cnncalc.verify(graph).passed


def test_units_of_many_channels_cost_nothing() -> None:
    """Two billion channels, of which a slice takes ten, are a few runs."""
    text = """
input: 3x8x8
layers:
- concat:
    a: [{conv: {out_channels: 1000000000, kernel_size: 1}}]
    b: [{conv: {out_channels: 1000000000, kernel_size: 3, padding: 1}}]
- slice: {start: 999999999, stop: 1000000009}
- slice: {start: 1, stop: 3}
"""
    fields = fields_of(text)
    assert [node.size for node in fields.nodes[-2:]] == [(3, 3), (3, 3)]


def test_a_shuffle_of_different_channels_is_the_largest_of_them() -> None:
    """Which channel a unit of pixel shuffle reads depends on its place: up to 5 pixels."""
    text = """
input: 1x8x8
layers:
- concat:
    a: [{conv: {out_channels: 2, kernel_size: 3, padding: 1}}]
    b: [{conv: {out_channels: 2, kernel_size: 5, padding: 2}}]
- pixel_shuffle: 2
"""
    fields = fields_of(text)
    axis = fields.nodes[-1].axes[0]
    assert (axis.size, axis.smallest, axis.start) == (5, None, None)
    sizes = [fields.unit("pixel_shuffle_1", (6, x + 6)).region for x in (0, 1)]
    assert sizes == [((2, 5), (2, 5))] * 2
    assert fields.unit("pixel_shuffle_1", (7, 6)).region == ((1, 6), (1, 6))


def test_sets_in_many_pieces_are_given_up_once_for_the_whole_network() -> None:
    """Strides larger than their windows, then many layers that each see a whole map."""
    text = """
input: 1x16777216
layers:
- conv: {out_channels: 2, kernel_size: 5, stride: 16, padding: 2, repeat: 5}
- conv: {out_channels: 2, kernel_size: 5, padding: 2, repeat: 60}
- layer_norm: {repeat: 40}
"""
    begun = time.process_time()
    fields = fields_of(text)
    assert time.process_time() - begun < 10  # one; a limit for each node would take forty
    assert "separate pieces" in str(fields.nodes[-1])


def test_whole_maps_that_leave_pixels_out_reach_as_far_as_their_units() -> None:
    """Where a norm's statistics miss pixels, its field is that of all units of the map together."""
    text = """
input: 1x64
layers:
- conv: {out_channels: 2, kernel_size: 3, stride: 4, padding: 1}
- layer_norm
- conv: {out_channels: 2, kernel_size: 3, padding: 1}
- layer_norm
"""
    fields = fields_of(text)
    for name in ("layer_norm_1", "layer_norm_2"):
        units = [fields.unit(name, (unit,)).region for unit in range(16)]
        lows, highs = zip(*[region[0] for region in units if region], strict=True)
        axis = fields[name].axes[0]
        assert (axis.start, axis.start + axis.size) == (min(lows), max(highs))
