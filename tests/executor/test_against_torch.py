"""Every layer that PyTorch has, against PyTorch, on the same random weights and input."""

from __future__ import annotations

import numpy as np
import pytest
import random_layers
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
import torch_oracle

ABSENT = {"locally_connected", "subsample", "rbf"}
#: Layers beyond PyTorch's options are many, and dropped; and cores may be busy.
FEW = [HealthCheck.filter_too_much, HealthCheck.too_slow]
MANY = {"conv": 120, "conv_transpose": 80, "max_pool": 60, "avg_pool": 80, "upsample": 60}


@pytest.mark.parametrize("keyword", sorted(set(random_layers.RUN) - ABSENT))
def test_layer_agrees_with_pytorch(keyword):
    @settings(max_examples=MANY.get(keyword, 20), deadline=None, suppress_health_check=FEW)
    @given(random_layers.cases(keyword), st.integers(0, 2**16))
    def check(case, seed):
        layer, shapes, batch = case
        inputs, weights = random_layers.numbers(seed, layer, shapes, batch, np.float32)
        try:
            expected = torch_oracle.evaluate(layer, inputs, weights)
        except torch_oracle.Unsupported:
            assume(False)
        _, output = random_layers.execute(layer, shapes, inputs, weights)
        assert output.shape == expected.shape
        np.testing.assert_allclose(
            output, expected, rtol=1e-4, atol=random_layers.tolerance(expected)
        )

    check()
