"""The walk: rows that sum to totals, depth, shared weights, and where it stops."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from random_graphs import specs

import cnncalc
from cnncalc.analysis.walk import Analysis, ShapeError
from cnncalc.quantities import OpCount, product

NETWORKS = ("lenet5_paper", "alexnet", "googlenet", "resnet18", "densenet121", "mobilenet_v3_small")


@cache
def analysis(name: str) -> Analysis:
    return cnncalc.analyze(cnncalc.load(name))


def check_sums(found: Analysis) -> None:
    """Assert that rows sum to totals, and that the main path and the heads make up the whole."""
    rows = found.rows()
    both, main, aux = found.totals(), found.totals(False), found.totals(True)
    assert both.params == sum(row.params for row in rows) == main.params + aux.params
    assert both.buffers == sum(row.buffers for row in rows) == main.buffers + aux.buffers
    assert both.ops == sum((row.ops for row in rows), OpCount()) == main.ops + aux.ops
    assert both.activations == sum(row.elements for row in rows)
    for row in rows:
        learned = sum(product(array.shape) for array in row.arrays if array.trainable)
        assert row.params == (0 if row.shares else learned)
        assert row.node.layer.output_shape(row.inputs) == row.output


@pytest.mark.parametrize("name", NETWORKS)
def test_rows_sum_to_totals(name: str) -> None:
    check_sums(analysis(name))


@given(specs())
def test_rows_of_any_graph_sum_to_totals(text: str) -> None:
    check_sums(cnncalc.analyze(cnncalc.loads(text)))


def longest(found: Analysis, index: int) -> int:
    """Return the most layers with weights on any way from an input to a node, by walking them."""
    node = found.graph.nodes[index]
    own = node.layer.role == "weighted"
    return own + max((longest(found, source) for source in node.inputs), default=0)


@given(specs(size=8))
def test_depth_is_the_longest_way_through_layers_with_weights(text: str) -> None:
    found = cnncalc.analyze(cnncalc.loads(text))
    assert found.depth() == longest(found, found.graph.outputs[0])


@pytest.mark.parametrize(
    ("name", "depth"), [("resnet18", 18), ("resnet50", 50), ("vgg16", 16), ("lenet5_paper", 5)]
)
def test_depth_is_the_number_in_the_name(name: str, depth: int) -> None:
    assert analysis(name).depth() == depth


def test_batch_and_dtype_scale_memory_only() -> None:
    graph = cnncalc.load("lenet5")
    one, many = cnncalc.analyze(graph), cnncalc.analyze(graph, 32, "float16")
    assert one.totals() == many.totals()
    assert (one.itemsize, many.itemsize) == (4, 2)


def test_analysing_twice_gives_equal_rows_and_changes_nothing() -> None:
    graph = cnncalc.load("lenet5")
    first, again = cnncalc.analyze(graph), cnncalc.analyze(graph)
    assert first.rows() == again.rows()


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        ("linear: 10", ("flat vector", "8x5x5", "flatten", "200 features")),
        ("conv: {out_channels: 4, kernel_size: 7}", ("7", "5", "at most 5", "padding 1", "by 2")),
        ("conv: {out_channels: 4, kernel_size: 1, groups: 3}", ("groups 3",)),
        ("conv: {out_channels: 6, kernel_size: 1, groups: 3}", ("3", "8", "2, 4, 8")),
        ("add: {a: [max_pool: 2], b: []}", ("8x2x2", "8x5x5")),
        ("concat: {a: [max_pool: 2], b: []}", ("8x2x2", "8x5x5")),
        ("conv: {out_channels: 4, kernel_size: 2, stride: 2, rounding: strict}",
         ("1 left over", "input of 4 or 6", "stride 1")),
        ("max_pool: {kernel_size: 2, padding: 2}", ("half", "at most 1")),
        ("crop: 3", ("nothing",)),
        ("conv: {out_channels: 4, kernel_size: [3, 3, 3]}", ("3 values", "2 spatial axes")),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_take_its_input_is_told_with_fixes(
    entry: str, parts: tuple[str, ...]
) -> None:
    with pytest.raises(cnncalc.diagnostics.SpecError) as caught:
        cnncalc.analyze(cnncalc.loads(f"input: 8x5x5\nlayers:\n  - relu\n  - {entry}\n"))
    (diagnostic,) = caught.value.diagnostics
    told = " ".join([diagnostic.message, diagnostic.help or "", *diagnostic.notes])
    for part in parts:
        assert part in told
    assert diagnostic.span is not None
    assert diagnostic.span.line == 4


def test_the_walk_stops_at_the_first_fault_and_keeps_what_came_before() -> None:
    text = "input: 3x8x8\nlayers: [relu, {max_pool: 2}, {linear: 5}, {linear: 6}]"
    with pytest.raises(ShapeError) as caught:
        cnncalc.analyze(cnncalc.loads(text))
    partial = caught.value.partial
    assert partial.output_shapes() == [(3, 8, 8), (3, 8, 8), (3, 4, 4)]
    assert partial.totals().ops.comparisons == 3 * 64 + 3 * 16 * 3
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.node == "linear_1"
    assert diagnostic.notes == ("linear `linear_1` gets 3x4x4 from `max_pool_1`",)


def test_connections_are_those_of_lenet5() -> None:
    rows = {row.node.name: row.connections for row in analysis("lenet5_paper").rows()}
    told = {"C1": 122304, "S2": 5880, "C3": 151600, "S4": 2000, "C5": 48120, "F6": 10164}
    assert {name: rows[name] for name in told} == told
