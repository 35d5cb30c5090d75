"""A layer as a matrix: where its weights stand, and its derivatives in numbers.

The rows are the outputs, the columns the inputs, both channel by channel in reading order. For a
layer that weighs what it reads, the matrix is also its Jacobian with respect to the input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product as places_of
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import LayerError, UsageError
from cnncalc.executor.execution import Executor
from cnncalc.executor.weights import GivenWeights
from cnncalc.graph import Graph, Node
from cnncalc.layers import layer_class
from cnncalc.layers.working import Equation, NumberGrid
from cnncalc.quantities import product, show_shape
from cnncalc.record import Record
from cnncalc.teaching.sheet import WorkingSheet

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array
    from cnncalc.layers.base import Layer

#: Entries that a matrix may have.
MOST_ENTRIES = 1_000_000
#: The step of differences, relative to the size of a number.
STEP = 1e-4


class Matrix(Record):
    """Where the weights of a layer stand: numbers from 1 in PyTorch's order, 0 where none does.

    `weights` counts the different ones; `biases` is how many numbers are added to the products.
    """

    call: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    weights: int
    biases: int

    @property
    def entries(self) -> int:
        """How many places hold a weight."""
        return sum(1 for row in self.rows for entry in row if entry)

    @property
    def places(self) -> int:
        """Rows times columns: the weights of the dense layer."""
        return len(self.rows) * product(self.input)


class Jacobian(Record):
    """The derivatives of a layer's outputs by its inputs at given numbers, (outputs, inputs).

    `exact` says whether they are its weights; they are then held against differences, otherwise
    differences of two step sizes against one another. `apart` is by how much these lie apart.
    """

    node: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    numbers: Array
    exact: bool
    apart: float


def check_size(given: tuple[int, ...], output: tuple[int, ...]) -> None:
    """Raise `UsageError` for a matrix that is too large to be made."""
    entries = product(given) * product(output)
    if entries > MOST_ENTRIES:
        raise UsageError(
            f"the matrix from {show_shape(given)} to {show_shape(output)} has {entries:,} entries",
            f"at most {MOST_ENTRIES:,} are made; take a smaller input",
        )


def matrix(layer: Layer, shape: tuple[int, ...], call: str) -> Matrix:
    """Return where the weights of a layer stand; raises `UsageError` for one without weights."""
    import numpy as np

    facts = layer.facts((shape,))
    check_size(shape, facts.output)
    arrays, count, biases = {}, 0, 0
    for spec in facts.params:
        size = product(spec.shape)
        if spec.name == "weight":
            arrays[spec.name] = np.arange(1.0, size + 1).reshape(spec.shape)
            count = size
        else:
            arrays[spec.name] = np.zeros(spec.shape)
            biases += size
    rows = linear_rows(layer, (np.zeros((1, *shape)),), arrays)
    if rows is None or not count:
        raise UsageError(
            f"{layer.keyword} is no matrix of weights", "a convolution or a linear layer is one"
        )
    whole = tuple([tuple([int(entry) for entry in row]) for row in rows])
    return Matrix(call, shape, facts.output, whole, count, biases)


def linear_rows(
    layer: Layer, samples: Sequence[Array], arrays: Mapping[str, Array]
) -> list[list[float]] | None:
    """Return the weights by which every output reads every input; None if it does more than weigh.

    They are read off the working of each unit: windows times weights, sums of these, a bias.
    """
    shape = tuple(samples[0].shape[1:])
    output = layer.facts((shape,)).output
    strides = [product(shape[axis + 1 :]) for axis in range(len(shape))]
    rows = []
    for cell in places_of(*map(range, output)):
        sheet = WorkingSheet(layer, samples, arrays, cell)
        try:
            layer.work(sheet)
        except LayerError:
            return None
        row = [0.0] * product(shape)
        weighs = False
        for part in sheet.parts:
            if isinstance(part, NumberGrid) and part.weights is not None:
                weighs = True
                for place, weight in zip(places_of(*part.spots), part.weights, strict=True):
                    if None not in place:
                        at = sum((p or 0) * s for p, s in zip(place, strides, strict=True))
                        row[at] += weight
            elif not only_adds(part):
                return None
        if not weighs:
            return None
        rows.append(row)
    return rows


def only_adds(part: NumberGrid | Equation) -> bool:
    """Return whether a part of a working only adds what came before, and constants."""
    if isinstance(part, NumberGrid):
        return part.fold == "sum" and not part.at
    return all(sign not in part.formula for sign in "*/-(")


def jacobian(
    node: Node, inputs: Sequence[Array], arrays: Mapping[str, Array], sample: int
) -> Jacobian:
    """Return the derivatives of a node's output by its first input, at one sample of a run.

    `inputs` are what the node reads, each (N, C, *spatial), `arrays` its weights by name. Raises
    `UsageError` for a layer that is too large.
    """
    import numpy as np

    own = [np.asarray(array[sample : sample + 1], np.float64) for array in inputs]
    shape = tuple(own[0].shape[1:])
    shapes = tuple([tuple(array.shape[1:]) for array in own])
    output = node.layer.facts(shapes).output
    check_size(shape, output)
    size = STEP * max(1.0, float(np.abs(own[0]).max()))
    measured = differences(node, own, arrays, size)
    rows = linear_rows(node.layer, own, arrays) if len(own) == 1 else None
    if rows is not None:
        numbers = np.array(rows)
        apart = float(np.abs(numbers - measured).max())
        return Jacobian(node.name, shape, output, numbers, True, apart)
    finer = differences(node, own, arrays, size / 8)
    apart = float(np.abs(measured - finer).max())
    return Jacobian(node.name, shape, output, finer, False, apart)


def differences(
    node: Node, inputs: Sequence[Array], arrays: Mapping[str, Array], size: float
) -> Array:
    """Return central differences of a node's output by every number of its first input."""
    import numpy as np

    first = inputs[0]
    count = first[0].size
    make: Any = layer_class("input")
    shapes = [tuple(array.shape[1:]) for array in inputs]
    nodes = [Node(f"input_{i}", make(shape=shape), ()) for i, shape in enumerate(shapes)]
    reads = tuple(range(len(nodes)))
    graph = Graph("", (*nodes, Node("layer", node.layer, reads)), reads, (len(nodes),))
    named = {f"layer.{name}": array for name, array in arrays.items()}
    executor = Executor(graph, GivenWeights(graph, named, "float64"), "float64")
    steps = np.eye(count).reshape(count, *shapes[0]) * size
    ends = []
    for side in (first + steps, first - steps):
        others = [np.repeat(array, count, axis=0) for array in inputs[1:]]
        found = executor.run([side, *others], keep={len(nodes)})[len(nodes)]
        ends.append(found.reshape(count, -1))
    result: Array = ((ends[0] - ends[1]) / (2 * size)).T
    return result
