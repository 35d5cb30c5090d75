"""`verify` must notice a wrong rule: each static rule is broken on purpose, and it must fail."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from layer_examples import EXAMPLES, OPAQUE, one_layer

import cnncalc
from cnncalc.analysis.walk import analyze
from cnncalc.executor.checks import Check
from cnncalc.executor.verify import verify
from cnncalc.executor.weights import RandomWeights
from cnncalc.geometry import output_length, transposed_length
from cnncalc.layers import LAYERS, layer_class
from cnncalc.layers.batch_norm import BatchNorm
from cnncalc.layers.conv import Conv
from cnncalc.layers.dense import Linear
from cnncalc.layers.transposed import ConvTranspose
from cnncalc.layers.window import Windowed, paddings
from cnncalc.quantities import ParamSpec

NET = """
name: every rule at once
input: 4x24x21
layers:
  - conv: {name: strided, out_channels: 8, kernel_size: 3, stride: 2, padding: 1, bias: false}
  - batch_norm: {name: norm}
  - relu
  - conv: {name: grouped, out_channels: 8, kernel_size: 3, groups: 4, padding: same}
  - conv: {name: dilated, out_channels: 6, kernel_size: 3, dilation: 2}
  - max_pool: {name: pooled, kernel_size: 3, stride: 2, ceil_mode: true}
  - conv_transpose: {name: up, out_channels: 4, kernel_size: 3, stride: 2, output_padding: 1}
  - adaptive_avg_pool: {name: cut, output_size: 3}
  - flatten
  - linear: {name: dense, out_features: 5}
  - linear: {name: again, out_features: 5}
  - linear: {name: shared, out_features: 5, share: again}
"""


def proof_of(text=NET, **options):
    return verify(analyze(cnncalc.loads(text), **options))


def failed(proof):
    """The first node that failed, and which of its checks did."""
    if proof.passed:
        return None
    node = proof.failures[0]
    return node.name, sorted(n for n, c in node.checks.items() if c is not None and not c.passed)


@pytest.mark.parametrize("options", [{}, {"batch": 3}, {"dtype": "float64"}])
def test_right_rules_pass(options):
    proof = proof_of(**options)
    assert failed(proof) is None
    totals = analyze(cnncalc.loads(NET)).totals()
    assert sum(node.params.measured for node in proof.nodes) == totals.params
    assert sum(node.buffers.measured for node in proof.nodes) == totals.buffers == 16
    assert proof.macs == totals.ops.macs


def changed(place, name, change):
    """A function that breaks one rule: `change` gets the right function and makes the wrong one."""

    def apply(monkeypatch):
        owner = importlib.import_module(place) if isinstance(place, str) else place
        monkeypatch.setattr(owner, name, change(getattr(owner, name)))

    return apply


WINDOW = "cnncalc.layers.window"
TRANSPOSED = "cnncalc.layers.transposed"

#: What is broken, where it is broken, and the node and checks at which it must show.
MUTATIONS = {
    "one window too many": (
        changed(WINDOW, "output_length", lambda right: lambda *a: right(*a) + 1),
        ("strided", ["macs", "shape"]),
    ),
    "rounded up where it should be down": (
        changed(
            WINDOW,
            "output_length",
            lambda _: lambda n, w, _r, pool: output_length(n, w, "ceil", pool),
        ),
        ("strided", ["macs", "shape"]),
    ),
    "rounded down where it should be up": (
        changed(
            WINDOW,
            "output_length",
            lambda _: lambda n, w, _r, pool: output_length(n, w, "floor", pool),
        ),
        ("pooled", ["shape"]),
    ),
    "padding forgotten": (
        changed(
            Windowed,
            "windows",
            lambda right: lambda s, i: tuple(w.replace(before=0, after=0) for w in right(s, i)),
        ),
        ("strided", ["macs", "shape"]),
    ),
    "same taken for valid": (
        changed(
            WINDOW,
            "paddings",
            lambda _: lambda p, *a: paddings("valid" if p == "same" else p, *a),
        ),
        ("grouped", ["macs", "shape"]),
    ),
    "stride forgotten": (
        changed(
            WINDOW,
            "output_length",
            lambda _: lambda n, w, *how: output_length(n, w.replace(stride=1), *how),
        ),
        ("strided", ["macs", "shape"]),
    ),
    "dilation forgotten": (
        changed(
            WINDOW,
            "output_length",
            lambda _: lambda n, w, *how: output_length(n, w.replace(dilation=1), *how),
        ),
        ("dilated", ["macs", "shape"]),
    ),
    "groups forgotten in the weights": (
        changed(Conv, "params", lambda right: lambda s, i: right(s.replace(groups=1), i)),
        ("grouped", None),
    ),
    "groups forgotten in the products": (
        changed(Conv, "op_count", lambda right: lambda s, *a: right(s.replace(groups=1), *a)),
        ("grouped", ["macs"]),
    ),
    "bias forgotten": (
        changed(Conv, "params", lambda right: lambda s, i: right(s.replace(bias=False), i)),
        ("grouped", None),
    ),
    "a bias that is not there": (
        changed(Conv, "params", lambda right: lambda s, i: right(s.replace(bias=True), i)),
        ("strided", ["params"]),
    ),
    "running statistics learned": (
        changed(
            BatchNorm,
            "params",
            lambda right: lambda s, i: tuple(ParamSpec(p.name, p.shape) for p in right(s, i)),
        ),
        ("norm", ["buffers", "params"]),
    ),
    "output_padding forgotten": (
        changed(
            TRANSPOSED,
            "transposed_length",
            lambda _: lambda n, w, _more: transposed_length(n, w),
        ),
        ("up", ["shape"]),
    ),
    "transposed products counted over the output": (
        changed(
            ConvTranspose,
            "op_count",
            lambda right: lambda s, i, o: right(s, ((i[0][0], *o[1:]),), o),
        ),
        ("up", ["macs"]),
    ),
    "a linear layer that reads one number less": (
        changed(Linear, "op_count", lambda right: lambda s, i, o: right(s, ((i[0][0] - 1,),), o)),
        ("dense", ["macs"]),
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_rule_is_noticed(name, monkeypatch):
    apply, (node, checks) = MUTATIONS[name]
    apply(monkeypatch)
    proof = proof_of()
    found = failed(proof)
    assert found is not None, f"{name}: nothing noticed"
    assert found[0] == node
    if checks is not None:
        assert found[1] == checks


def test_shared_weights_counted_twice_are_noticed(monkeypatch):
    graph = cnncalc.loads(NET)
    analysis = analyze(graph)
    figures = type(analysis).figures

    def twice(self, index):
        return figures(self, index).replace(params=self.facts[index].trainable)

    monkeypatch.setattr(type(analysis), "figures", twice)
    assert failed(verify(analysis)) == ("shared", ["params"])


@pytest.mark.parametrize("facet", ["output_shape", "params", "op_count"])
@pytest.mark.parametrize("keyword", sorted(set(LAYERS) - OPAQUE))
def test_a_wrong_facet_of_any_layer_is_noticed(keyword, facet, monkeypatch):
    """One element more in the shape, one number more in the weights, one product more."""
    kind = layer_class(keyword)
    right = getattr(kind, facet)
    wrong = {
        "output_shape": lambda self, i: (right(self, i)[0] + 1, *right(self, i)[1:]),
        "params": lambda self, i: (*right(self, i), ParamSpec("more", (1,))),
        "op_count": lambda self, i, o: right(self, i, o).replace(macs=right(self, i, o).macs + 1),
    }[facet]
    fields, shapes = EXAMPLES[keyword][0]
    assert verify(analyze(one_layer(keyword, fields, shapes))).passed
    monkeypatch.setattr(kind, facet, wrong)
    assert not verify(analyze(one_layer(keyword, fields, shapes))).passed


def test_a_layer_that_cannot_run_fails_with_all_after_it(monkeypatch):
    mutation, _ = MUTATIONS["groups forgotten in the weights"]
    mutation(monkeypatch)
    proof = proof_of()
    names = [node.name for node in proof.nodes]
    broken = names.index("grouped")
    assert all(node.passed for node in proof.nodes[:broken])
    assert (
        proof.nodes[broken].error == "a weight of (8, 8, 3, 3), but the products need (8, 2, 3, 3)"
    )
    assert [node.shape.measured for node in proof.nodes[broken:]] == [None] * (len(names) - broken)
    assert not any(node.passed for node in proof.nodes[broken:])


def test_measured_fields_are_reported_along():
    analysis = analyze(cnncalc.loads("input: 1x8x8\nlayers: [{max_pool: 2}]"))
    assert verify(analysis, fields=lambda: {1: Check([2, 2], [2, 2])}).passed
    proof = verify(analysis, fields=lambda: {1: Check([2, 2], [2, 3])})
    assert failed(proof) == ("max_pool_1", ["receptive_field"])
    assert verify(analysis).nodes[0].receptive_field is None


def test_random_weights_are_the_same_each_time_and_in_either_layout():
    graph = cnncalc.loads(NET)
    spec = graph.nodes[1].layer.params(((4, 24, 21),))[0]
    streamed, kept = (RandomWeights(graph, 5, "float32", keep) for keep in (False, True))
    first = streamed.array(1, spec, outputs_last=True).copy()
    np.testing.assert_array_equal(first, streamed.array(1, spec, outputs_last=True))
    np.testing.assert_array_equal(first, kept.array(1, spec, outputs_last=True))
    other = RandomWeights(graph, 6, "float32").array(1, spec, outputs_last=True)
    assert not np.array_equal(first, other)
    assert np.abs(first).max() < 0.6
    assert abs(float(first.mean())) < 0.1


def test_streamed_rows_make_up_the_whole_matrix():
    graph = cnncalc.loads("input: 70000\nlayers: [{linear: 9}]")
    (spec, _bias) = graph.nodes[1].layer.params(((70000,),))
    source = RandomWeights(graph, 0, "float32")
    blocks = [(first, rows.copy()) for first, rows in source.rows(1, spec)]
    assert len(blocks) > 1
    assert [first for first, _ in blocks] == list(range(0, 9, len(blocks[0][1])))
    assert np.concatenate([rows for _, rows in blocks]).shape == (9, 70000)
