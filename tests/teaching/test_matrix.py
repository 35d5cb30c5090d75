"""A convolution as a matrix, against what it does; derivatives against differences and formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layer_examples import one_layer

from cnncalc.cli import run
from cnncalc.executor.run import run as execute
from cnncalc.layers import layer_class
from cnncalc.teaching.cells import Run
from cnncalc.teaching.matrix import jacobian, matrix

LINEAR = [
    ("conv", {"out_channels": 1, "kernel_size": 3}, (1, 4, 4)),
    ("conv", {"out_channels": 2, "kernel_size": 2, "stride": 2, "bias": False}, (2, 5, 4)),
    ("conv", {"out_channels": 2, "kernel_size": 3, "padding": 1, "groups": 2}, (2, 3, 4)),
    ("conv", {"out_channels": 1, "kernel_size": 3, "padding": 2, "dilation": 2}, (1, 7)),
    (
        "conv",
        {"out_channels": 1, "kernel_size": 3, "padding": 1, "padding_mode": "circular"},
        (1, 4, 3),
    ),
    ("conv_transpose", {"out_channels": 2, "kernel_size": 3, "stride": 2}, (1, 3, 2)),
    ("locally_connected", {"out_channels": 2, "kernel_size": 2}, (1, 3, 3)),
    ("linear", {"out_features": 3}, (4,)),
]


@pytest.mark.parametrize(("keyword", "fields", "shape"), LINEAR)
def test_the_matrix_is_the_layer(keyword: str, fields: dict[str, Any], shape: tuple[int, ...]):
    generator = np.random.default_rng(0)
    graph = one_layer(keyword, fields, (shape,))
    layer = layer_class(keyword)(**fields)
    found = matrix(layer, shape, keyword)
    weights = {
        f"{keyword}_1.{spec.name}": generator.normal(size=spec.shape)
        for spec in layer.params((shape,))
    }
    numbers = np.concatenate([[0.0], weights[f"{keyword}_1.weight"].ravel()])
    dense = numbers[np.array(found.rows)]
    x = generator.normal(size=shape)
    (output,) = execute(graph, weights, x, dtype="float64").outputs.values()
    still = execute(graph, weights, x * 0, dtype="float64").outputs[f"{keyword}_1"]
    np.testing.assert_allclose(dense @ x.ravel(), (output - still).ravel(), rtol=1e-9, atol=1e-12)
    ran = Run(graph, weights, [x[None]], {1})
    derived = jacobian(graph.nodes[1], [x[None]], ran.arrays(1), 0)
    assert derived.exact
    assert derived.apart < 1e-6
    np.testing.assert_allclose(derived.numbers, dense)


def test_counts_of_weight_sharing():
    found = matrix(layer_class("conv")(out_channels=1, kernel_size=3), (1, 4, 4), "conv")
    assert (len(found.rows), found.entries, found.weights, found.places) == (4, 36, 9, 64)
    assert found.rows[0] == (1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0, 0)


def test_derivatives_of_a_softmax_are_its_formula():
    graph = one_layer("softmax", {}, ((3,),))
    x = np.array([1.0, 2, 3])
    found = jacobian(graph.nodes[1], [x[None]], {}, 0)
    p = np.exp(x) / np.exp(x).sum()
    assert not found.exact
    np.testing.assert_allclose(found.numbers, np.diag(p) - np.outer(p, p), atol=1e-8)


def test_the_commands(capsys):
    assert run(["conv", "4x4", "-k", "3", "--matrix"]) == 0
    text = capsys.readouterr().out
    assert "w1 w2 w3  . w4 w5 w6  . w7 w8 w9" in text
    assert "36 entries and 28 zeros (43.8%); 9 different weights" in text
    for format in ("markdown", "latex", "json"):
        assert run(["conv", "4x4", "-k", "3", "--matrix", "--format", format]) == 0
    numbers = ["run", "examples/max_pool", "--input", "[[5,1,3,4],[8,2,9,2]]", "--jacobian"]
    assert run(numbers) == 0
    capsys.readouterr()
    for refused in (
        ["conv", "200x200", "-k", "3", "--matrix"],
        ["conv", "8x8", "-k", "3", "--matrix", "--separable"],
        ["conv", "9x9", "-k", "3", "--matrix", "--format", "latex"],
        [*numbers, "--layer", "input"],
    ):
        assert run(refused) == 2
        assert capsys.readouterr().err.startswith("error: ")


def test_a_window_that_does_not_fit_is_refused_with_what_would(capsys):
    assert run(["conv", "4x4", "-k", "5", "--matrix"]) == 1
    told = capsys.readouterr().err
    assert "a window of 5 does not fit in 4" in told
    assert "use a kernel of at most 4" in told
