"""Any graph written as a spec and read again: the same layers with the same figures."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from random_graphs import specs

import cnncalc
from cnncalc.exchange.respec import respec
from cnncalc.graph import Graph

NETWORKS = (
    "lenet5_paper", "alexnet", "vgg16", "resnet50", "resnet18", "preact_resnet110_cifar",
    "googlenet", "inception_v3", "densenet121", "mobilenet_v3_small", "shufflenet_v2_x1_0",
    "efficientnet_b0", "regnet_y_400mf", "convnext_tiny", "squeezenet1_1", "mnasnet0_5",
    "resnext50_32x4d", "mini_vgg", "all_cnn_c",
)  # fmt: skip


def assert_same(graph: Graph, flat: bool) -> str:
    """Write a graph, read it again, compare node for node; return the text."""
    found = respec(graph, flat=flat)
    again = cnncalc.analyze(cnncalc.loads(found.text))
    before = cnncalc.analyze(graph)
    assert sorted(found.order) == list(range(len(graph.nodes)))
    assert len(again.graph.nodes) == len(graph.nodes)
    for place, index in enumerate(found.order):
        old, new = before.figures(index), again.figures(place)
        assert new.node.layer == old.node.layer
        assert (new.output, new.params, new.buffers, new.ops) == (
            old.output, old.params, old.buffers, old.ops,
        )  # fmt: skip
        assert [found.order[i] for i in new.node.inputs] == list(old.node.inputs)
    assert [found.order[i] for i in again.graph.outputs] == list(graph.outputs)
    assert again.totals(False) == before.totals(False)
    return found.text


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_networks(name: str, flat: bool) -> None:
    try:
        graph = cnncalc.load(name)
    except cnncalc.UsageError:
        pytest.skip("not shipped")
    text = assert_same(graph, flat)
    entries = text.partition("input")[2]  # a source may be long
    assert all(len(line) <= 100 for line in entries.splitlines())


@given(specs())
@settings(max_examples=60)
def test_random_networks(text: str) -> None:
    graph = cnncalc.loads(text)
    assert_same(graph, False)
    assert_same(graph, True)


def test_a_residual_network_is_as_short_as_a_person_writes_it() -> None:
    text = respec(cnncalc.load("resnet50")).text
    assert len(text.splitlines()) < 55
    assert "repeat: 5" in text
    assert "parameters: {channels: , stride: }" in text


def test_outputs_shares_and_skips_keep_their_names() -> None:
    graph = cnncalc.loads(
        "inputs: {left: 3x8x8, right: 3x8x8}\n"
        "layers:\n"
        "  - conv: {out_channels: 4, kernel_size: 3, name: eye}\n"
        "  - conv: {out_channels: 4, kernel_size: 3, share: eye, from: right, name: other}\n"
        "  - concat: {from: [eye, other], name: both}\n"
        "  - global_avg_pool\n"
        "outputs: [both, global_avg_pool_1]\n"
    )
    text = assert_same(graph, False)
    assert "share: eye" in text
    assert "from: [eye, other]" in text
    assert "outputs: [both, " in text


@pytest.mark.parametrize(
    ("name", "help"),
    [("w.safetensors", "export the network"), ("net.tflite", "tf2onnx"), ("net.PB", "tf2onnx"),
     ("yolo.weights", "`.cfg` file"), ("net.caffemodel", "`.prototxt` file")],
)  # fmt: skip
def test_files_that_cannot_be_read_say_what_to_do_instead(name: str, help: str) -> None:
    with pytest.raises(cnncalc.UsageError) as caught:
        cnncalc.load(name)
    assert help in str(caught.value.help)


def test_show_prints_a_spec_again() -> None:
    from click.testing import CliRunner

    from cnncalc.cli.draw import show

    done = CliRunner().invoke(show, ["vgg11", "--format", "yaml"])
    graph = cnncalc.loads(done.stdout)
    assert cnncalc.analyze(graph).totals() == cnncalc.analyze(cnncalc.load("vgg11")).totals()
