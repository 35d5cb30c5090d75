"""RepVGG's two forms compute the same: the branches of training fold into one convolution."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import cnncalc
from cnncalc.executor.execution import Executor
from cnncalc.executor.weights import GivenWeights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph

Array = NDArray[np.float64]
SMALL = {"a": 0.25, "b": 0.25, "depths": [2, 3, 2, 1], "input": "3x32x32"}


def output(graph: Graph, weights: dict[str, Array], image: Array) -> Array:
    """Return what a network computes of an image."""
    (last,) = graph.outputs
    given = GivenWeights(graph, weights, np.float64)
    return np.asarray(Executor(graph, given, dtype=np.float64).run([image], keep={last})[last])


def normalised(kernel: Array, weights: dict[str, Array], norm: str) -> tuple[Array, Array]:
    """Return the kernel and the bias of a convolution with the batch norm behind it."""
    spread = np.sqrt(weights[f"{norm}.running_var"] + 1e-5)
    factor = weights[f"{norm}.weight"] / spread
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * factor
    return kernel * factor[:, None, None, None], bias


def folded(weights: dict[str, Array], place: str, groups: int) -> tuple[Array, Array]:
    """Return the one kernel and bias that do what the branches of a block do together."""
    wide = weights[f"{place}/3x3/conv_bn_1/conv_1.weight"]
    narrow = np.zeros_like(wide)
    narrow[:, :, 1:2, 1:2] = weights[f"{place}/1x1/conv_bn_1/conv_1.weight"]
    parts = [
        normalised(wide, weights, f"{place}/3x3/conv_bn_1/batch_norm_1"),
        normalised(narrow, weights, f"{place}/1x1/conv_bn_1/batch_norm_1"),
    ]
    identity = f"{place}/identity/batch_norm_1"
    if f"{identity}.weight" in weights:
        ones = np.zeros_like(wide)
        for channel in range(len(wide)):
            ones[channel, channel % (len(wide) // groups), 1, 1] = 1
        parts.append(normalised(ones, weights, identity))
    return sum(kernel for kernel, _ in parts), sum(bias for _, bias in parts)


@pytest.mark.parametrize("groups", [1, 4])
def test_the_deployed_network_computes_what_the_trained_one_does(groups: int) -> None:
    training = cnncalc.load("repvgg_a1", groups=groups, **SMALL)
    deployed = cnncalc.load("repvgg_a1_deployed", groups=groups, **SMALL)
    random = np.random.RandomState(0)
    weights = {
        f"{row.node.name}.{spec.name}": random.uniform(0.2, 1, spec.shape)
        for row in cnncalc.analyze(training).rows()
        for spec in row.arrays
    }
    single: dict[str, Array] = {}
    for node in deployed.nodes:
        if node.layer.keyword == "conv":
            place = node.name.replace("/conv_1", "/add_1")
            kernel, bias = folded(weights, place, node.layer.as_dict()["groups"])
            single |= {f"{node.name}.weight": kernel, f"{node.name}.bias": bias}
    single |= {f"classifier.{part}": weights[f"classifier.{part}"] for part in ("weight", "bias")}
    image = random.standard_normal((1, 3, 32, 32))
    expected = output(training, weights, image)
    assert output(deployed, single, image) == pytest.approx(expected, rel=1e-9)
