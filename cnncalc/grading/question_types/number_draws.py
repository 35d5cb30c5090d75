"""Draws small integers for a network, such that usual slips show in what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph
    from cnncalc.teaching.cells import Cell

#: What a student can work with on paper.
MOST_INPUTS, MOST_WEIGHTS = 150, 120
#: So many draws are looked at for one in which slips show.
DRAWS = 40
#: A node, and the cells of its output that are asked for.
Asked = tuple[int, tuple["Cell", ...]]


def check_size(graph: Graph, index: int) -> None:
    """Raise `UsageError` for a network that is too large to be worked out on paper."""
    from cnncalc.executor.initial import declared_arrays

    numbers = sum(product(graph.nodes[i].layer.output_shape(())) for i in graph.inputs)
    if numbers > MOST_INPUTS:
        raise UsageError(
            f"the input has {numbers:,} numbers, too many to work with on paper",
            f"at most {MOST_INPUTS}: give a smaller `input`",
        )
    before = {node.name for node in graph.nodes[: index + 1]}
    weights = sum(product(spec.shape) for _, node, spec in declared_arrays(graph)
                  if node.name in before and node.layer.given(spec) is None)  # fmt: skip
    if weights > MOST_WEIGHTS:
        raise UsageError(
            f"the layers up to it have {weights:,} weights, too many to be listed",
            f"at most {MOST_WEIGHTS}: give weights in the spec, or a smaller layer",
        )


def best(graph: Graph, wanted: Sequence[Asked], key: tuple[str, str]) -> DrawnNumbers:
    """Return the draw in which the most slips have a value of their own, and maps say most."""
    last = max(index for index, _ in wanted)
    graph = graph.replace(nodes=graph.nodes[: last + 1], outputs=(last,), aux_outputs=())
    found: tuple[int, DrawnNumbers] | None = None
    for attempt in range(DRAWS):
        drawn = draw(graph, key, Random(f"{'/'.join(key)}/{attempt}"))
        hidden = sum(dullness(drawn, index, cells) for index, cells in wanted)
        if found is None or hidden < found[0]:
            found = hidden, drawn
        if not hidden:
            break
    assert found is not None
    return found[1]


def dullness(drawn: DrawnNumbers, index: int, cells: Sequence[Cell]) -> int:
    """Return how much of a question says nothing: slips that do not show, a map of few values."""
    values = [drawn.right(index, cell) for cell in cells]
    few = max(0, (len(cells) + 1) // 2 - len(set(values) - {Fraction(0)}))
    return few + sum(
        clashes(value, drawn.slips(index, cell)) for cell, value in zip(cells, values, strict=True)
    )


def clashes(right: Fraction, slips: Mapping[str, Fraction]) -> int:
    """Return how many slips have the value of another one, or the right one."""
    values = [*slips.values(), right]
    return len(values) - len(set(values))


def draw(graph: Graph, key: tuple[str, ...], random: Random) -> DrawnNumbers:
    """Return small integers for the inputs and for the weights that the spec does not give."""
    import numpy as np

    from cnncalc.executor.initial import declared_arrays
    from cnncalc.teaching.cells import Run

    def integers(shape: tuple[int, ...], low: int, high: int) -> Array:
        numbers = [float(random.randint(low, high)) for _ in range(product(shape))]
        return np.array(numbers).reshape(shape)

    inputs = [integers((1, *graph.nodes[i].layer.output_shape(())), 0, 5) for i in graph.inputs]
    weights = {}
    for name, node, spec in declared_arrays(graph):
        if node.layer.given(spec) is None:
            low, high = (-2, 2) if spec.trainable else (0, 2)
            array = integers(spec.shape, low, high)
            weights[name] = array + 1 if spec.name == "running_var" else array
    every = set(range(len(graph.nodes)))
    return DrawnNumbers(key, inputs, weights, Run(graph, weights, inputs, every))
