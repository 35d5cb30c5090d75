"""What a misconception makes of a network: worked out where it matters, the same as everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from cnncalc.diagnostics import Source, SpecError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.marking.believed_network import BelievedNetwork, Change, believe, explore
from cnncalc.grading.marking.places import CHANGES
from cnncalc.grading.marking.reasons import Explainer
from cnncalc.grading.model import Item
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


def right_network(text: str) -> BelievedNetwork:
    graph = build(Source("net.yaml", text))
    return explore(graph)


@settings(max_examples=60)
@given(networks())
def test_only_what_differs_is_looked_at_anew(text: str) -> None:
    right = right_network(text)
    nothing = (None,) * len(right.layers)
    unknown = BelievedNetwork(right.graph, right.layers, nothing, nothing, nothing)
    for name, change in CHANGES:
        assert believe(right, change) == believe(unknown, change), name


class Everything(Explainer):
    """Slips of all layers wherever they stand, of all changes whether they concern a layer."""

    def _at_play(self, _item: Item, _stated: Any) -> dict[Change, str]:
        return {change: name for name, change in CHANGES if change.everywhere}


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
def test_slips_are_those_found_among_all_changes(text: str) -> None:
    spec = text.replace("\nlayers:\n", ", layers: [").replace("\n", ", ").replace("  - ", "")
    try:
        assignment = read_assignment_text(Source("a.yaml", ASKED % (spec + "]")))
    except SpecError:  # such as maps of different sizes joined
        reject()
    for question in assignment.questions:
        assert question.network is not None
        fast, slow = Explainer(question.network.right), Everything(question.network.right)
        for item in question.items:
            assert fast.table(item) == slow.table(item), item.id
            assert fast.clashes(item) == slow.clashes(item), item.id


@pytest.mark.parametrize("name", ["convnext", "mobilenet_v2", "resnet", "googlenet"])
def test_slips_are_found_in_built_in_networks(name: str) -> None:
    source, variant = find(name)
    right = explore(build(source, Options(variant)))
    assert any(believe(right, change) != right for _, change in CHANGES)


def test_a_second_pool_in_a_total_is_not_taken_for_a_stride_applied_twice() -> None:
    layers = """[conv: {out_channels: 32, kernel_size: 3}, max_pool: 2,
      conv: {out_channels: 64, kernel_size: 3}, flatten, linear: 128, linear: 10]"""
    spec = f"{{input: 1x28x28, layers: {layers}}}"
    text = f"specs: {{net: {spec}}}\nquestions: [{{id: q, kind: params}}]"
    question = read_assignment_text(Source("a.yaml", text)).questions[0]
    item, network = question.items[0], question.network
    assert network is not None
    # 64 maps of 5x5 where 11x11 are right: several stories lead there, no slip alone.
    assert Explainer(network.right).table(item).get(225_034) is None
