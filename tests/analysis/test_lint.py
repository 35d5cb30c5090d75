"""Warnings: each rule with what it catches and what it must let pass, and fixes that fix."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import specs

import cnncalc
from cnncalc.analysis.lint import lint
from cnncalc.diagnostics import Diagnostic
from cnncalc.language.library import builtin_names

HEAD = "input: 3x16x16\nlayers:\n"


def warnings(text: str) -> tuple[Diagnostic, ...]:
    return lint(cnncalc.analyze(cnncalc.loads(text)))


def codes(*entries: str, head: str = HEAD) -> list[str | None]:
    """Return the rules that a network of these layers breaks."""
    return [w.code for w in warnings(head + "".join(f"  - {entry}\n" for entry in entries))]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["conv: {out_channels: 4, kernel_size: 3, stride: 2}"], ["unread-pixels"]),
        (["conv: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}"], []),
        (["conv: {out_channels: 4, kernel_size: 2, stride: 2}"], []),
        (["conv: {out_channels: 4, kernel_size: 1, stride: 2}"], ["skipped-pixels"]),
        (["add: {main: [{conv: {out_channels: 4, kernel_size: 2, stride: 2}}],"
          " skip: [{conv: {out_channels: 4, kernel_size: 1, stride: 2}}]}"], []),
        (["max_pool: {kernel_size: 3, stride: 2, ceil_mode: true}"], []),
        (["max_pool: {kernel_size: 3, stride: 2}"], ["unread-pixels"]),
        (["max_pool: {kernel_size: 5, stride: 7}"], ["unread-pixels", "skipped-pixels"]),
        (["max_pool: {kernel_size: 1, stride: 2}"], ["skipped-pixels"]),
        (["conv: {out_channels: 4, kernel_size: 3, padding: 3}"], ["wide-padding"]),
        (["conv: {out_channels: 4, kernel_size: 3, padding: 2}"], []),
        (["conv: {out_channels: 4, kernel_size: 17, padding: 1}"], ["large-window"]),
        (["global_avg_pool", "conv: {out_channels: 4, kernel_size: 3, padding: 1}"],
         ["large-window", "size-one"]),
        (["global_avg_pool", "conv: {out_channels: 4, kernel_size: 1}"], []),
        (["conv: {out_channels: 4, kernel_size: 1}", "batch_norm"], ["bias-before-norm"]),
        (["conv: {out_channels: 4, kernel_size: 1, bias: false}", "batch_norm"], []),
        (["conv: {out_channels: 4, kernel_size: 1}", "relu", "batch_norm"], []),
        (["conv: {out_channels: 3, kernel_size: 1, name: c}", "batch_norm: {name: b}",
          "add: {from: [c, b]}"], []),
        (["flatten", "linear: 5", "batch_norm"], ["bias-before-norm"]),
        (["softmax", "relu"], ["after-softmax"]),
        (["softmax", "log_softmax"], ["after-softmax"]),
        (["relu", "softmax"], []),
        (["relu: {name: a}", "tanh: {from: input}"], ["dead-branch"]),
        (["relu: {name: a}", "sigmoid", "tanh: {from: input}"], ["dead-branch"]),
        (["relu: {name: a}", "tanh: {from: input}", "add: {from: [a, tanh_1]}"], []),
        (["aux: {name: a, layers: [relu]}", "tanh"], []),
    ],
)  # fmt: skip
def test_rules(entries: list[str], expected: list[str]) -> None:
    assert codes(*entries) == expected


def test_unused_blocks_parameters_and_inputs() -> None:
    head = "inputs: {a: 3x8x8, b: 3x8x8}\nparameters: {p: 1}\n"
    head += "blocks:\n  x:\n    layers: [relu]\nlayers:\n"
    assert sorted(filter(None, codes("relu", head=head))) == ["dead-branch", "unused", "unused"]


lengths = st.integers(4, 20)


@given(lengths, st.integers(1, 5), st.integers(1, 4), st.integers(0, 2), st.integers(1, 2))
def test_unread_pixels_are_those_that_no_tap_touches_at_the_end(
    length: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    extent = dilation * (kernel - 1) + 1
    positions = [
        p for p in range(-padding, length + padding, stride) if p + extent <= length + padding
    ]
    if not positions:
        return
    beyond = [x for x in range(length) if x >= positions[-1] + extent]
    lost = len(beyond) - max(0, stride - extent)  # what a stride skips anyway is no loss
    fields = f"kernel_size: {kernel}, stride: {stride}, padding: {padding}, dilation: {dilation}"
    found = [
        w
        for w in warnings(f"input: 1x{length}\nlayers: [conv: {{out_channels: 1, {fields}}}]")
        if w.code == "unread-pixels"
    ]
    assert bool(found) == (lost > 0)
    if found:
        assert f"never reads {lost} at the right" in found[0].message
        (fits,) = re.findall(r"an input of (\d+) fits exactly", found[0].help or "")
        better = f"input: 1x{fits}\nlayers: [conv: {{out_channels: 1, {fields}}}]"
        assert "unread-pixels" not in [w.code for w in warnings(better)]
        shapes = [
            cnncalc.analyze(cnncalc.loads(text)).output_shapes()[-1]
            for text in (better, better.replace(f"1x{fits}", f"1x{length}"))
        ]
        assert shapes[0] == shapes[1]


def test_convolutions_that_round_up_with_the_whole_spec_are_named() -> None:
    """Caffe rounds its pools up and its convolutions down."""
    text = "input: 3x256x128\nrounding: ROUNDING\nlayers:\n"
    text += "  - conv: {out_channels: 64, kernel_size: 7, stride: 2, padding: 3}\n"
    text += "  - max_pool: {kernel_size: 3, stride: 2, padding: 1}\n"
    (found,) = warnings(text.replace("ROUNDING", "ceil"))
    assert found.message == ("conv rounds up to 129x65; Caffe, Keras and PyTorch have 128x64")
    assert "`rounding: caffe`" in (found.help or "")
    assert not warnings(text.replace("ROUNDING", "caffe"))
    own = text.replace("ROUNDING", "floor").replace("7, stride", "7, rounding: ceil, stride")
    assert "rounded-up" not in {w.code for w in warnings(own)}


def test_both_sides_are_named() -> None:
    (warning,) = warnings(HEAD + "  - max_pool: {kernel_size: 3, stride: [2, 3]}")
    assert "1 at the bottom and 1 at the right" in warning.message
    assert "16x16" in warning.message


def test_every_warning_has_a_place_and_a_fix() -> None:
    text = HEAD + "  - conv: {out_channels: 4, kernel_size: 3, stride: 2}\n  - batch_norm\n"
    for warning in warnings(text):
        assert warning.severity == "warning"
        assert warning.help
        assert warning.node == "conv_1"
        assert warning.span is not None
        assert warning.span.line == 3


def test_copies_of_one_layer_are_told_once() -> None:
    text = "input: 3x63x63\nlayers:\n  - max_pool: {kernel_size: 2, repeat: 4}\n"
    (warning,) = warnings(text)
    assert warning.node == "max_pool_1"
    assert warning.notes == ("the same at 3 more layers",)


@given(specs())
def test_any_graph_can_be_linted_and_dead_nodes_are_found(text: str) -> None:
    analysis = cnncalc.analyze(cnncalc.loads(text))
    dead = {w.node for w in lint(analysis) if w.code == "dead-branch"}
    nodes = analysis.graph.nodes
    reached = {*analysis.graph.outputs, *analysis.graph.aux_outputs}
    while True:
        more = reached | {source for index in reached for source in nodes[index].inputs}
        if more == reached:
            break
        reached = more
    unread = [
        node.name
        for index, node in enumerate(nodes)
        if index not in reached and not any(index in other.inputs for other in nodes)
    ]
    assert dead == set(unread)


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "densenet121", "alexnet", "lenet5"])
def test_real_networks_are_not_scolded_for_what_they_mean(name: str) -> None:
    assert name in [known for known, _, _ in builtin_names()]
    found = lint(cnncalc.analyze(cnncalc.load(name)))
    assert {w.code for w in found} <= {"unread-pixels"}
