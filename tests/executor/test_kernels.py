"""Every layer against loops written from its definition: shapes, values, and products performed."""

from __future__ import annotations

import naive
import numpy as np
import pytest
import random_layers
from hypothesis import given, settings
from hypothesis import strategies as st

MANY = {"conv": 40, "conv_transpose": 30, "max_pool": 25, "avg_pool": 25}


@pytest.mark.parametrize("keyword", random_layers.RUN)
def test_layer_agrees_with_its_definition(keyword):
    @settings(max_examples=MANY.get(keyword, 8), deadline=None)
    @given(random_layers.cases(keyword), st.integers(0, 2**16))
    def check(case, seed):
        layer, shapes, batch = case
        inputs, weights = random_layers.numbers(seed, layer, shapes, batch, np.float64)
        facts = layer.facts(shapes)
        step, output = random_layers.execute(layer, shapes, inputs, weights)
        assert output.shape == (batch, *facts.output)
        assert (step.params, step.buffers) == (facts.trainable, facts.buffers)
        assert step.macs == batch * facts.ops.macs
        for index in range(batch):
            sample = [x[index] for x in inputs]
            expected, products = naive.evaluate(layer, sample, weights)
            assert products * batch == step.macs
            np.testing.assert_allclose(output[index], expected, rtol=1e-9, atol=1e-11)

    check()
