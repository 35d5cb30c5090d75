"""One net of each family computes what the reference code computes, given the same weights.

`torchvision_outputs.csv` has every 125th logit of torchvision 0.29.2's nets, run by torch 2.13 in
double precision on weights that `numbers` makes: the arrays of a net are numbered from 1 in the
order of execution. `reference_outputs.csv` has those of networks that torchvision has not, by the
code that it names; the arrays are numbered in the order of the spec. Any slip in a spec shows here
that totals cannot see: an eps, a swapped branch, the wrong half of a split, an activation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from paper_figures import table

import cnncalc
from cnncalc.executor.execution import Executor
from cnncalc.executor.weights import GivenWeights

ROWS = [*table("torchvision_outputs.csv"), *table("reference_outputs.csv")]
SPECS = {"googlenet": "googlenet_torchvision"}
#: Networks of which the others have all layers too.
HEAVY = {"hrnet_w18", "efficientnet_v2_s", "se_resnet50", "resnext50_32x4d", "inception_v3"}
#: Side heads need large images, and are left out when torchvision's nets are evaluated.
HEADLESS: dict[str, dict[str, Any]] = {
    "googlenet": {"side_heads": False},
    "inception_v3": {"side_head": False},
}


def numbers(number: int, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Weights that every NumPy makes alike, and that keep activations finite."""
    flat = np.random.RandomState(number).random_sample(int(np.prod(shape)))
    if len(shape) > 1:
        flat = (2 * flat - 1) * np.sqrt(3 / np.prod(shape[1:]))
    elif name in ("weight", "running_var"):
        flat = flat + 0.5
    else:
        flat = 0.4 * flat - 0.2
    return flat.reshape(shape).astype(np.float32)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row["model"], marks=[pytest.mark.slow] * (row["model"] in HEAVY))
        for row in ROWS
    ],
)
def test_logits(row: dict[str, str]) -> None:
    model, size = row["model"], int(row["size"])
    graph = cnncalc.load(
        SPECS.get(model, model), input=f"3x{size}x{size}", **HEADLESS.get(model, {})
    )
    arrays: dict[str, NDArray[np.float32]] = {}
    for figures in cnncalc.analyze(graph).rows():
        for spec in figures.arrays:
            name = f"{figures.node.name}.{spec.name}"
            arrays[name] = numbers(len(arrays) + 1, spec.name, spec.shape)
    assert len(arrays) == int(row["arrays"])

    # Large values reach the upper bounds of ReLU6 and the hard activations.
    image = 10 * np.random.RandomState(0).standard_normal((1, 3, size, size))
    (output,) = graph.outputs
    if graph.nodes[output].layer.keyword == "softmax":
        (output,) = graph.nodes[output].inputs
    executor = Executor(graph, GivenWeights(graph, arrays, np.float32))
    run = executor.run([image.astype(np.float32)], keep={output})
    logits = run[output][0]

    largest = float(row["largest"])
    wanted = [float(row[f"logit_{i}"]) for i in range(0, 1000, 125)]
    assert np.abs(logits).max() == pytest.approx(largest, rel=3e-5)
    assert logits[::125] == pytest.approx(wanted, abs=3e-5 * largest)
