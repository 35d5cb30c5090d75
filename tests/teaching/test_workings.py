"""The working of single units: every layer that shows one agrees with what it does, or refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from each import each
from layer_examples import CASES, EXAMPLES, Shapes, one_layer

import cnncalc
from cnncalc.diagnostics import SpecError
from cnncalc.executor.initial import initial_arrays
from cnncalc.layers import layer_class
from cnncalc.layers.base import Layer
from cnncalc.teaching.cells import workings

#: Layers that do not show the working of a unit, and say so.
REFUSING = {"custom", "lstm", "gru"}


@each(("keyword", "fields", "shapes"), CASES)
def test_units_worked_out_by_hand(keyword: str, fields: dict[str, Any], shapes: Shapes) -> None:
    graph = one_layer(keyword, fields, shapes)
    generator = np.random.default_rng(1)
    inputs = [generator.normal(size=(2, *shape)) * 3 for shape in shapes]
    if keyword == "sqrt":
        inputs = [abs(array) for array in inputs]
    weights = {
        name: np.abs(array) if name.endswith("var") else array + generator.normal(size=array.shape)
        for name, array in initial_arrays(graph, "kaiming", 0, "float64")
    }
    index = len(graph.nodes) - 1
    output = cnncalc.analyze(graph).output_shapes()[index]
    corners = [(0,) * len(output), tuple(n - 1 for n in output)]
    cells = corners + [tuple(generator.integers(0, n) for n in output) for _ in range(8)]
    wanted = [(index, tuple(map(int, cell))) for cell in cells]
    if keyword in REFUSING:
        with pytest.raises(SpecError, match=keyword):
            workings(graph, weights, inputs, wanted)
        return
    # A working that gives another number than the executor raises; see below that it does.
    found = workings(graph, weights, inputs, wanted, sample=1)
    assert len(found) == len(cells)
    assert all(working.parts for working in found)


def test_only_layers_that_say_so_refuse() -> None:
    silent = {k for k in EXAMPLES if layer_class(k).work is Layer.work}
    moving = {k for k in silent if layer_class(k).role == "rearrange"}
    assert silent - moving == REFUSING
