"""Single units of random layers, worked out by hand, against loops written from definitions."""

from __future__ import annotations

import naive
import numpy as np
import pytest
import random_layers
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.teaching.cells import workings

WORKED = [
    keyword
    for keyword in random_layers.RUN
    if layer_class(keyword).work is not Layer.work or layer_class(keyword).role == "rearrange"
]


@pytest.mark.parametrize("keyword", WORKED)
def test_a_working_gives_what_the_definition_gives(keyword: str) -> None:
    @settings(max_examples=8, deadline=None)
    @given(random_layers.cases(keyword), st.integers(0, 2**16))
    def check(case, seed):
        layer, shapes, batch = case
        inputs, weights = random_layers.numbers(seed, layer, shapes, batch, np.float64)
        graph = random_layers.graph_of(layer, shapes)
        named = {f"layer.{name}": array for name, array in weights.items()}
        expected, _ = naive.evaluate(layer, [x[-1] for x in inputs], weights)
        generator = np.random.default_rng(seed)
        cell = tuple(int(generator.integers(n)) for n in expected.shape)
        (found,) = workings(graph, named, inputs, [(len(shapes), cell)], sample=batch - 1)
        assert found.result == pytest.approx(float(expected[cell]), rel=1e-8, abs=1e-9, nan_ok=True)

    check()
