"""Every layer of the language, one harness: what is computed from shapes is what execution does.

A layer without an example fails the first test.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from each import each
from layer_examples import CASES, EXAMPLES, Shapes, one_layer

from cnncalc.analysis.walk import analyze
from cnncalc.executor.execution import Executor
from cnncalc.executor.verify import verify
from cnncalc.executor.weights import RandomWeights
from cnncalc.layers import LAYERS


@each("keyword", LAYERS)
def test_every_layer_has_an_example(keyword: str) -> None:
    assert EXAMPLES.get(keyword), f"add an example of {keyword} to EXAMPLES"


@each(("keyword", "fields", "shapes"), CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_computed_is_executed(
    keyword: str, fields: dict[str, Any], shapes: Shapes, dtype: str
) -> None:
    analysis = analyze(one_layer(keyword, fields, shapes), batch=2, dtype=dtype)
    proof = verify(analysis)
    (node,) = proof.nodes
    assert node.error is None
    assert {name: check for name, check in node.checks.items() if check and not check.passed} == {}


@each(("keyword", "fields", "shapes"), CASES)
def test_samples_of_a_batch_are_independent(
    keyword: str, fields: dict[str, Any], shapes: Shapes
) -> None:
    graph = one_layer(keyword, fields, shapes)
    (output,) = graph.outputs
    generator = np.random.default_rng(0)
    batch = [generator.normal(size=(3, *shape)) for shape in shapes]
    executor = Executor(graph, RandomWeights(graph, 0, "float64"), "float64")
    together = executor.run(batch, keep={output})[output]
    for index in range(3):
        alone = executor.run([x[index : index + 1] for x in batch], keep={output})[output]
        np.testing.assert_allclose(together[index : index + 1], alone, rtol=1e-12, atol=1e-12)


@each(("keyword", "fields", "shapes"), CASES)
def test_the_input_is_left_as_it_was(keyword: str, fields: dict[str, Any], shapes: Shapes) -> None:
    graph = one_layer(keyword, fields, shapes)
    batch = [np.random.default_rng(0).normal(size=(1, *shape)) for shape in shapes]
    before = [x.copy() for x in batch]
    Executor(graph, RandomWeights(graph, 0, "float64"), "float64").run(batch)
    for x, was in zip(batch, before, strict=True):
        np.testing.assert_array_equal(x, was)
