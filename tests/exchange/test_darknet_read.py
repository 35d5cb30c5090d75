"""Darknet files: figures worked out by hand from the program's own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc

NET = "[net]\nwidth=16\nheight = 12\nchannels=3\nbatch=64\n\n"
CONV = "[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride=2\npad=1\nactivation=leaky\n"


def read(folder: Path, text: str, **options: str) -> cnncalc.Graph:
    """Return the graph of a file with this text."""
    path = folder / "net.cfg"
    path.write_text(text)
    return cnncalc.load(str(path), **options)


def shapes(folder: Path, text: str, **options: str) -> list[tuple[int, ...]]:
    """Return the output shapes of all nodes after the input."""
    return [facts.output for facts in cnncalc.analyze(read(folder, text, **options)).facts[1:]]


def test_the_shift_of_a_batch_norm_is_the_bias(tmp_path: Path) -> None:
    graph = read(tmp_path, NET + CONV)
    assert [node.layer.keyword for node in graph.nodes] == [
        "input", "conv", "batch_norm", "leaky_relu",
    ]  # fmt: skip
    assert [node.name for node in graph.nodes[1:]] == [
        "convolutional_0/conv", "convolutional_0/batch_norm", "convolutional_0/activation",
    ]  # fmt: skip
    totals = cnncalc.analyze(graph).totals()
    assert (totals.params, totals.buffers) == (8 * 27 + 16, 16)
    assert sum(cnncalc.summarize(graph, "darknet").flops) == 2 * 48 * 8 * 27


def test_pad_is_half_the_kernel_and_padding_is_itself(tmp_path: Path) -> None:
    section = "[convolutional]\nfilters=2\nsize=5\nactivation=linear\n"
    assert shapes(tmp_path, NET + section + "pad=1\n") == [(2, 12, 16)]
    assert shapes(tmp_path, NET + section + "padding=1\n") == [(2, 10, 14)]
    assert shapes(tmp_path, NET + section) == [(2, 8, 12)]


@pytest.mark.parametrize(
    ("size", "stride", "output", "padding"),
    [
        (2, 2, (3, 6, 8), 0),  # the hidden padding changes nothing
        (2, 1, (3, 12, 16), ((0, 1), (0, 1))),
        (3, 2, (3, 6, 8), ((1, 0), (1, 0))),
        (5, 1, (3, 12, 16), ((2, 2), (2, 2))),
    ],
)
def test_max_pools_are_padded_by_their_kernel_less_one(
    tmp_path: Path, size: int, stride: int, output: tuple[int, ...], padding: object
) -> None:
    graph = read(tmp_path, f"{NET}[maxpool]\nsize={size}\nstride={stride}\n")
    assert cnncalc.analyze(graph).facts[1].output == output
    assert graph.nodes[1].layer.as_dict()["padding"] == padding


def test_routes_are_relative_absolute_and_by_groups(tmp_path: Path) -> None:
    text = NET + CONV + CONV.replace("stride=2", "stride=1")
    both = text + "[route]\nlayers=-1, 0\n"
    assert shapes(tmp_path, both)[-1] == (16, 6, 8)
    half = text + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n"
    assert shapes(tmp_path, half)[-1] == (4, 6, 8)
    one = text + "[route]\nlayers=-2\n[dropout]\n"
    assert read(tmp_path, one).nodes[-1].inputs == (3,)


def test_shortcuts_of_unequal_shapes_add_what_both_have(tmp_path: Path) -> None:
    wide = CONV.replace("filters=8", "filters=12")
    more = shapes(tmp_path, NET + CONV + wide + "[shortcut]\nfrom=0\nactivation=linear\n")
    assert more[-3:] == [(8, 3, 4), (12, 3, 4), (12, 3, 4)]
    narrow = CONV.replace("filters=8", "filters=4").replace("stride=2", "stride=1")
    less = shapes(tmp_path, NET + CONV + narrow + "[shortcut]\nfrom=-2\n")
    assert less[-2:] == [(4, 6, 8), (4, 6, 8)]


def test_gates_reorganisation_upsampling_and_connected_layers(tmp_path: Path) -> None:
    gate = NET + CONV + "[avgpool]\n[scale_channels]\nfrom=-2\n[reorg]\nstride=2\n"
    assert shapes(tmp_path, gate)[-2:] == [(8, 6, 8), (32, 3, 4)]
    dense = gate + "[upsample]\nstride=2\n[connected]\noutput=5\nactivation=linear\n[softmax]\n"
    assert shapes(tmp_path, dense)[-4:] == [(32, 6, 8), (1536,), (5,), (5,)]


def test_heads_make_outputs(tmp_path: Path) -> None:
    head = "[yolo]\nmask=0,1\n"
    graph = read(tmp_path, NET + CONV + head + "[route]\nlayers=-2\n" + CONV + head)
    assert [graph.nodes[i].name for i in graph.outputs] == [
        "convolutional_0/activation", "convolutional_3/activation",
    ]  # fmt: skip
    assert "decode boxes" in graph.warnings[0].message


def test_the_size_can_be_given(tmp_path: Path) -> None:
    assert shapes(tmp_path, NET + CONV, input="3x32x32")[0] == (8, 16, 16)
    without = "[net]\nbatch=1\nchannels=3\n" + CONV
    with pytest.raises(cnncalc.SpecError, match=r"3x\?x\?: the file leaves sizes open"):
        read(tmp_path, without)
    assert shapes(tmp_path, without, input="3x32x32")[0] == (8, 16, 16)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("width=3\n", "begins with `[net]`", 1),
        (NET + "[convolutional]\nfilters=many\n", "`filters` is many, not a number", 8),
        (NET + "[convolutional]\nfilters=-4\n", "not a whole number from 1 on", 8),
        (NET + "[convolutional\n", "written `[name]`", 7),
        (NET + "[convolutional]\nfilters\n", "written `key=value`", 8),
        (NET + "[convolutionel]\n", "no layer for the section [convolutionel]", 7),
        (NET + "[route]\nlayers=-1\n", "does not stand before layer 0", 8),
        (NET + "[route]\nlayers=3\n", "does not stand before layer 0", 8),
        (NET + "[route]\n", "it names no `layers`", 7),
        (NET + "[convolutional]\nsize=99\nactivation=linear\n", "a window of 99 does not fit", 7),
        (NET + CONV + "[crop]\ncrop_width=9\ncrop_height=1\n", "but the map has 8", 15),
    ],
)
def test_faults_are_shown_where_they_stand(
    tmp_path: Path, text: str, message: str, line: int
) -> None:
    with pytest.raises(cnncalc.SpecError) as caught:
        read(tmp_path, text)
    first = caught.value.diagnostics[0]
    assert message in first.message
    assert first.span is not None
    assert first.span.line == line
