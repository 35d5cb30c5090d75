"""Fields measured by running a network with NaN in parts of its input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from field_graphs import dependence, graphs
from hypothesis import HealthCheck, given, settings

import cnncalc
from cnncalc.analysis.walk import analyze
from cnncalc.executor.field_checks import prove_fields, sampled_units
from cnncalc.executor.probe import Probe, measured_hulls

SMALL = ["lenet5", "lenet5_paper", "minivgg", "fashion_mnist_cnn", "convnetjs_cifar10",
         "resnet_cifar"]  # fmt: skip


@pytest.mark.parametrize("network", SMALL)
def test_small_networks_see_what_was_computed(network: str) -> None:
    analysis = analyze(cnncalc.load(network))
    checks = prove_fields(analysis)
    assert len(checks) == len(analysis.graph.nodes) - 1
    failed = [analysis.graph.nodes[index].name for index, c in checks.items() if not c.passed]
    assert failed == []


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(graphs(most=8, largest=8))
def test_halving_finds_the_edges_that_every_pixel_shows(graph: Any) -> None:
    """Against a NaN in every single pixel; nothing computed is looked at."""
    analysis = analyze(graph)
    shapes = analysis.output_shapes()
    targets = [
        (index, unit) for index in range(1, len(shapes)) for unit in sampled_units(shapes[index])
    ]
    found = measured_hulls(Probe(analysis, 0), targets)
    every = dependence(graph)
    for (index, unit), hull in zip(targets, found, strict=True):
        seen = np.argwhere(every[index][(slice(None), *unit)].reshape(shapes[0][1:]))
        wanted = None
        if len(seen):
            wanted = [(lo, hi + 1) for lo, hi in zip(seen.min(0), seen.max(0), strict=True)]
        assert hull == wanted


GATED = """
input: 3x16x16
layers:
- conv: {out_channels: 4, kernel_size: 3, padding: 1}
- multiply:
    gate: [global_avg_pool, {conv: {out_channels: 4, kernel_size: 1}}, sigmoid]
    main: []
- conv: {out_channels: 4, kernel_size: 3, stride: 2}
"""


def test_gates_are_frozen_to_see_past_them() -> None:
    analysis = analyze(cnncalc.loads(GATED))
    check = prove_fields(analysis)[len(analysis.graph.nodes) - 1]
    assert check.passed
    assert check.measured["clipped"]["0,0"] == [[0, 16], [0, 16]]
    assert check.measured["without"]["0,0"] == [[0, 4], [0, 4]]


def test_unclipped_fields_are_named_where_the_input_is_large_enough() -> None:
    analysis = analyze(cnncalc.load("lenet5"))
    check = prove_fields(analysis)[analysis.graph.index("S4")]
    assert check.measured["region"]["2,2"] == [[8, 24], [8, 24]]


def test_several_inputs_are_measured_apart() -> None:
    text = """
inputs: {left: 1x8x8, right: 1x8x8}
layers:
- conv: {name: a, out_channels: 1, kernel_size: 3, padding: 1}
- add: {from: [a, right]}
"""
    analysis = analyze(cnncalc.loads(text))
    check = prove_fields(analysis)[3]
    assert check.passed
    assert check.measured["left"]["clipped"]["4,4"] == [[3, 6], [3, 6]]
    assert check.measured["right"]["clipped"]["4,4"] == [[4, 5], [4, 5]]


def test_a_wrong_computation_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof can fail: with a stride left out of what is computed, measurement disagrees."""
    from cnncalc.layers.relations import Slide

    original = Slide.back

    def careless(self: Any, units: Any) -> Any:
        return original(self.replace(window=self.window.replace(before=0)), units)

    monkeypatch.setattr(Slide, "back", careless)
    analysis = analyze(
        cnncalc.loads(
            "input: 1x9x9\nlayers:\n- conv: {out_channels: 1, kernel_size: 3, padding: 1}"
        )
    )
    assert not prove_fields(analysis)[1].passed
