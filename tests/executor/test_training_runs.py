"""A forward pass as in training, against the formulas and, where it is there, PyTorch."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cnncalc
from cnncalc.cli import run as command
from cnncalc.executor.run import run
from cnncalc.executor.training import Training
from cnncalc.executor.weights import GivenWeights
from cnncalc.teaching.cells import workings
from cnncalc.teaching.training import Mask, noted_in_training

NET = "input: 3x4x5\nlayers: [{batch_norm: {eps: 1e-3}}]"
GENERATOR = np.random.default_rng(0)
WEIGHTS = {
    f"batch_norm_1.{name}": GENERATOR.uniform(0.5, 2, 3)
    for name in ("weight", "bias", "running_mean", "running_var")
}
BATCH = GENERATOR.normal(2, 3, (4, 3, 4, 5))


def trained(momentum=0.1):
    graph, training = cnncalc.loads(NET), Training(0, momentum)
    results = run(graph, WEIGHTS, BATCH, dtype="float64", training=training)
    (found,) = noted_in_training(graph, training, GivenWeights(graph, WEIGHTS, "float64"))
    return results.outputs["batch_norm_1"], found


def test_batch_statistics_normalise_and_the_running_ones_follow():
    output, found = trained()
    mean, variance = BATCH.mean((0, 2, 3)), BATCH.var((0, 2, 3))
    normal = (BATCH - mean[:, None, None]) / np.sqrt(variance + 1e-3)[:, None, None]
    scale, shift = (WEIGHTS[f"batch_norm_1.{n}"][:, None, None] for n in ("weight", "bias"))
    np.testing.assert_allclose(output, scale * normal + shift, rtol=1e-12)
    assert found.count == 4 * 4 * 5
    for channel, one in enumerate(found.channels):
        old = WEIGHTS["batch_norm_1.running_var"][channel]
        unbiased = BATCH[:, channel].var(ddof=1)
        assert one.pytorch[1] == pytest.approx(0.9 * old + 0.1 * unbiased)
        assert one.keras[1] == pytest.approx(0.9 * old + 0.1 * variance[channel])
        assert one.pytorch[0] == one.keras[0]


def test_it_is_pytorch_s_step():
    torch = pytest.importorskip("torch")
    layer = torch.nn.BatchNorm2d(3, eps=1e-3, momentum=0.25).double()
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(layer, name).copy_(torch.from_numpy(WEIGHTS[f"batch_norm_1.{name}"]))
        wanted = layer(torch.from_numpy(BATCH)).numpy()
    output, found = trained(0.25)
    np.testing.assert_allclose(output, wanted, rtol=1e-9)
    np.testing.assert_allclose([c.pytorch[0] for c in found.channels], layer.running_mean)
    np.testing.assert_allclose([c.pytorch[1] for c in found.channels], layer.running_var)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_inverted_dropout_keeps_the_mean(p):
    graph, training = cnncalc.loads(f"input: 100x100\nlayers: [{{dropout: {p}}}]"), Training(5)
    x = np.full((1, 100, 100), 3.0)
    found = run(graph, {}, x, dtype="float64", training=training).outputs["dropout_1"]
    assert set(np.unique(found)) <= {0.0, 3 / (1 - p) if p < 1 else 0.0}
    if p < 1:
        assert found.mean() == pytest.approx(3, rel=0.05)
    (mask,) = noted_in_training(graph, training, GivenWeights(graph, {}, "float64"))
    assert isinstance(mask, Mask)
    assert mask.kept == np.count_nonzero(found)
    again = run(graph, {}, x, dtype="float64", training=Training(5)).outputs["dropout_1"]
    np.testing.assert_array_equal(found, again)


def test_stochastic_depth_drops_whole_samples():
    graph = cnncalc.loads("input: 2x3x3\nlayers: [{stochastic_depth: 0.5}]")
    x = np.ones((64, 2, 3, 3))
    found = run(graph, {}, x, dtype="float64", training=Training(1)).outputs["stochastic_depth_1"]
    assert sorted({tuple(np.unique(sample)) for sample in found}) == [(0.0,), (2.0,)]


def test_cells_are_worked_out_as_in_training():
    graph = cnncalc.loads(NET)
    cells = [(1, (c, 1, 2)) for c in range(3)]
    found = workings(graph, WEIGHTS, [BATCH], cells, 2, Training(0))
    assert {part.symbol for part in found[0].parts} >= {"μ", "v", "y", "w_PyTorch", "w_Keras"}
    net = cnncalc.loads("input: 4\nlayers: [{dropout: 0.5}]")
    numbers = np.arange(1.0, 9).reshape(2, 4)
    for working in workings(net, {}, [numbers], [(1, (i,)) for i in range(4)], 1, Training(3)):
        assert working.result in (0, 2 * numbers[1][working.cell[0]])


def test_the_command(capsys):
    arguments = ["run", "examples/batch_norm", "--training", "--input", "[[1],[2],[6]]"]
    assert command([*arguments, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["training"]
    assert found[0]["channels"][0]["batch_mean"] == 3
    assert found[0]["channels"][0]["keras"]["variance"] == pytest.approx(0.9 + 14 / 30)
    assert command([*arguments[:-1], "[[1]]"]) == 1
    assert "more than one number" in capsys.readouterr().err
    assert command(["run", "examples/batch_norm", "--momentum", "0.2", "--input", "[1]"]) == 2
