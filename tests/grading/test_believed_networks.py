"""What a misconception makes of a network: worked out where it matters, the same as everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.believed_network import BelievedNetwork, changed, explore
from cnncalc.grading.marking.layer_slips import CHANGES
from cnncalc.grading.marking.slips import Slips
from cnncalc.language import find
from cnncalc.language.document import build
from cnncalc.language.options import Options

LAYERS = (
    "relu", "batch_norm", "max_pool: {kernel_size: 2}", "avg_pool: {kernel_size: 3, stride: 2}",
    "max_pool: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true}",
    "conv: {out_channels: 6, kernel_size: 3, padding: 1}",
    "conv: {out_channels: 4, kernel_size: 3, stride: 2, bias: false}",
    "conv: {out_channels: 6, kernel_size: 3, dilation: 2, padding: 2, groups: 2}",
    "conv_transpose: {out_channels: 4, kernel_size: 3, stride: 2, output_padding: 1}",
    "concat", "add",
)  # fmt: skip


@st.composite
def networks(draw: Any) -> str:
    """Draw a spec of some layers, each of which may read any earlier one."""
    side = draw(st.sampled_from([24, 32, 33, 224, 227]))
    lines, names = [f"input: [4, {side}, {side}]", "layers:"], ["input"]
    for number in range(draw(st.integers(1, 8))):
        word, _, fields = draw(st.sampled_from(LAYERS)).partition(": ")
        source: object = draw(st.sampled_from([names[-1], names[-1], *names]))
        if word in ("concat", "add"):
            other = draw(st.sampled_from(names)) if word == "concat" else source
            source = f"[{source}, {other}]"
        fields = ", ".join(filter(None, [f"name: n{number}, from: {source}", fields.strip("{}")]))
        lines.append(f"  - {word}: {{{fields}}}")
        names.append(f"n{number}")
    return "\n".join(lines)


def right_world(text: str) -> BelievedNetwork:
    graph = build(Source("net.yaml", text))
    return explore(graph)


class Exhaustive(Slips):
    """Slips that go through every change, whether it makes a difference or not."""

    def beliefs(self, _nodes: Sequence[int]) -> Iterator[tuple[str, BelievedNetwork]]:
        for name, change in CHANGES:
            if name != "stride_twice":  # a slip of one layer
                yield name, explore(self.network.graph, change)
        for index in self.network.graph.inputs:
            shape = self.network.shapes[index] or ()
            for size, other in ((227, 224), (224, 227)):
                if size in shape[1:]:
                    believed = (shape[0], *[other if n == size else n for n in shape[1:]])
                    yield "input_size", explore(self.network.graph, stated={index: believed})


@settings(max_examples=60)
@given(networks())
def test_only_what_differs_is_looked_at_anew(text: str) -> None:
    right = right_world(text)
    for name, change in CHANGES:
        whole = explore(right.graph, change)
        found, differs = changed(right, change)
        assert found == whole, name
        for node in range(len(right.graph.nodes)):
            same = all(
                getattr(whole, part)[node] == getattr(right, part)[node]
                for part in ("layers", "inputs", "natural", "shapes")
            )
            assert same is not bool(differs >> node & 1), (name, node)


ASKED = """
title: All of it
specs:
  net: {%s}
questions:
  - {id: t, kind: table, rows: all, columns: [shape, params, macs, activations]}
  - {id: q1, kind: params}
  - {id: q2, kind: flops}
  - {id: q3, kind: weight_bytes, conventions: {bias: apart}}
"""


@settings(max_examples=30)
@given(networks())
def test_slips_are_those_found_in_every_world(text: str) -> None:
    spec = text.replace("\nlayers:\n", ", layers: [").replace("\n", ", ").replace("  - ", "")
    try:
        assignment = read_assignment_text(Source("a.yaml", ASKED % (spec + "]")))
    except SpecError:  # such as maps of different sizes joined
        reject()
    for question in assignment.questions:
        assert question.network is not None
        fast, slow = Slips(question.network.right), Exhaustive(question.network.right)
        for item in question.items:
            assert fast.table(item) == slow.table(item), item.id
            assert fast.clashes(item) == slow.clashes(item), item.id


@pytest.mark.parametrize("name", ["convnext", "mobilenet_v2", "resnet", "googlenet"])
def test_slips_are_found_in_built_in_networks(name: str) -> None:
    source, variant = find(name)
    right = explore(build(source, Options(variant)))
    assert any(changed(right, change)[1] for _, change in CHANGES)


def test_a_second_pool_in_a_total_is_not_taken_for_a_stride_applied_twice() -> None:
    layers = """[conv: {out_channels: 32, kernel_size: 3}, max_pool: 2,
      conv: {out_channels: 64, kernel_size: 3}, flatten, linear: 128, linear: 10]"""
    spec = f"{{input: 1x28x28, layers: {layers}}}"
    text = f"specs: {{net: {spec}}}\nquestions: [{{id: q, kind: params}}]"
    question = read_assignment_text(Source("a.yaml", text)).questions[0]
    item, network = question.items[0], question.network
    assert network is not None
    # 64 maps of 5x5 where 11x11 are right: several stories lead there, no slip alone.
    assert Slips(network.right).table(item).get(225_034) is None
