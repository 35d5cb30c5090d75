"""The effective field: path counts in closed form, gradients against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from field_graphs import graphs, layer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.walk import analyze
from cnncalc.executor.execution import Executor
from cnncalc.executor.gradient_rules import RULES
from cnncalc.executor.gradients import gradient_energy, input_gradient
from cnncalc.executor.initial import initial_arrays
from cnncalc.executor.paths import Spread, path_counts
from cnncalc.executor.weights import GivenWeights
from cnncalc.graph import Graph, Node


def paths_of(text: str, unit: tuple[int, ...]) -> Any:
    """The path counts to a unit of a spec's last node, as shares."""
    fields = cnncalc.receptive_field(cnncalc.loads(text))
    return path_counts(fields.all_readings, len(fields.nodes) - 1, unit, 0)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_paths_through_a_stack_are_trinomial(depth: int) -> None:
    """n layers of 3x3: the coefficients of (1 + x + x²)^n, with standard deviation √(2n/3)."""
    shares = paths_of(
        f"input: 2x21x21\nlayers:\n"
        f"- conv: {{out_channels: 3, kernel_size: 3, padding: 1, repeat: {depth}}}",
        (10, 10),
    )
    wanted = np.array([1.0])
    for _ in range(depth):
        wanted = np.convolve(wanted, [1, 1, 1])
    along = shares.sum(axis=0)[10 - depth : 11 + depth] * 3**depth
    assert np.allclose(along, wanted)
    spread = Spread(shares, (2 * depth + 1) ** 2)
    assert spread.deviation == pytest.approx([(2 * depth / 3) ** 0.5] * 2)


def test_paths_add_up_over_branches() -> None:
    """A residual 3x3: nine paths of the branch and one of the shortcut, with one channel."""
    shares = paths_of(
        "input: 1x9x9\nlayers:\n- add:\n"
        "    main: [{conv: {out_channels: 1, kernel_size: 3, padding: 1}}]\n    skip: []",
        (4, 4),
    )
    assert shares[4, 4] == pytest.approx(2 / 10)
    assert shares[3, 4] == pytest.approx(1 / 10)


def test_paths_lead_through_channels() -> None:
    """With c channels between, a 1x1 and a 3x3 in a row weigh more than a shortcut."""
    shares = paths_of(
        "input: 1x9x9\nlayers:\n- add:\n    main:\n"
        "    - conv: {out_channels: 4, kernel_size: 1}\n"
        "    - conv: {out_channels: 1, kernel_size: 3, padding: 1}\n    skip: []",
        (4, 4),
    )
    assert shares[4, 4] == pytest.approx(5 / 37)
    assert shares[3, 4] == pytest.approx(4 / 37)


def test_gates_do_not_count_among_the_paths() -> None:
    shares = paths_of(
        "input: 2x9x9\nlayers:\n- multiply:\n    gate: [global_avg_pool, sigmoid]\n    main: []",
        (4, 4),
    )
    assert shares[4, 4] == 1
    whole = paths_of("input: 2x4x4\nlayers:\n- global_avg_pool", (0, 0))
    assert np.allclose(whole, 1 / 16), "where there are no others, they do"


def test_deep_networks_do_not_overflow() -> None:
    shares = paths_of(
        "input: 64x15x15\nlayers:\n"
        "- conv: {out_channels: 64, kernel_size: 3, padding: 1, repeat: 200}",
        (7, 7),
    )
    assert np.isfinite(shares).all()
    assert shares.sum() == pytest.approx(1)


def test_spread_figures() -> None:
    flat = Spread(np.full((10, 10), 0.01), 100)
    assert (flat.holding, flat.share) == (95, 0.95)
    assert flat.deviation == pytest.approx([(99 / 12) ** 0.5] * 2)
    point = np.zeros((5, 5))
    point[2, 3] = 1
    assert Spread(point, 25).holding == 1
    assert Spread(point, 25).deviation == (0, 0)


def test_every_layer_has_a_gradient() -> None:
    from cnncalc.layers import LAYERS

    assert set(RULES) == set(LAYERS)


def compare_with_differences(graph: Graph, index: int, unit: tuple[int, ...]) -> None:
    """Hold the gradient of a unit to differences of whole runs."""
    shape = analyze(graph).output_shapes()[index]
    found = input_gradient(graph, index, unit, 0, "kaiming", 3)
    arrays = dict(initial_arrays(graph, "kaiming", 3, np.float64))
    generator = np.random.default_rng([3, 1])
    x = generator.standard_normal((1, *graph.nodes[0].layer.shape))  # type: ignore[attr-defined]
    where: Any = (slice(None), *unit) if len(shape) > 1 else unit
    weights = generator.standard_normal(np.zeros(shape)[where].shape)
    step = 1e-5
    moved = np.repeat(x, 2 * x.size, axis=0)
    for at in range(x.size):
        moved[2 * at].reshape(-1)[at] += step
        moved[2 * at + 1].reshape(-1)[at] -= step
    executor = Executor(graph, GivenWeights(graph, arrays, np.float64), np.float64)
    runs = executor.run([moved], keep=[index])[index]
    values = np.array([(sample[where] * weights).sum() for sample in runs])
    wanted = ((values[::2] - values[1::2]) / (2 * step)).reshape(x.shape[1:])
    if np.isnan(wanted).any():  # the root of a negative number
        return
    scale = np.abs(wanted).max() + 1e-3
    assert np.abs(found - wanted).max() < 1e-4 * scale


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(graphs(most=3, largest=5), st.data())
def test_gradients_are_those_of_differences(graph: Graph, data: Any) -> None:
    index = len(graph.nodes) - 1
    shape = analyze(graph).output_shapes()[index]
    lengths = shape[1:] if len(shape) > 1 else shape
    unit = tuple([data.draw(st.integers(0, length - 1)) for length in lengths])
    if index:
        compare_with_differences(graph, index, unit)


SMALL = {
    "linear": ("flatten", {"out_features": 3}),
    "rbf": ("flatten", {"out_features": 3}),
    "softmax": ("flatten", {}),
    "log_softmax": ("identity", {}),
    "min_pool": ("identity", {"kernel_size": 2, "padding": 1}),
    "lp_pool": ("sigmoid", {"kernel_size": 2, "norm_type": 3.0, "ceil_mode": True}),
    "leaky_relu": ("identity", {}),
    "relu6": ("identity", {}),
    "elu": ("identity", {}),
    "hard_sigmoid": ("identity", {}),
    "tanh": ("identity", {}),
    "hard_tanh": ("identity", {}),
    "softplus": ("identity", {}),
    "gelu": ("identity", {}),
    "silu": ("identity", {}),
    "hard_swish": ("identity", {}),
    "dropout": ("identity", {}),
    "stochastic_depth": ("identity", {}),
}


@pytest.mark.parametrize("word", SMALL)
def test_gradients_of_layers_that_random_graphs_lack(word: str) -> None:
    before, fields = SMALL[word]
    nodes = (
        Node("input", layer("input", shape=(2, 5, 5)), ()),
        Node("before", layer(before), (0,)),
        Node("it", layer(word, **fields), (1,)),
    )
    graph = Graph("one", nodes, (0,), (2,))
    rank = len(analyze(graph).output_shapes()[2])
    compare_with_differences(graph, 2, (1,) * max(1, rank - 1))


def test_gradients_of_a_linear_stack_spread_like_its_paths() -> None:
    """Luo et al., section 2: squared gradients of random weights average to path counts."""
    text = (
        "input: 8x15x15\nlayers:\n"
        "- conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false, repeat: 3}"
    )
    graph = cnncalc.loads(text)
    energy = gradient_energy(graph, 3, (7, 7), 0, "kaiming", range(12))
    spread = Spread(energy, 49)
    assert energy.sum() == pytest.approx(1)
    assert spread.deviation == pytest.approx([2**0.5] * 2, rel=0.06)
    assert np.abs(energy - paths_of(text, (7, 7))).max() < 0.02
