"""From a graph to an ONNX model."""

from __future__ import annotations

import os

from cnncalc.diagnostics import UsageError
from cnncalc.exchange.onnx import write_activations, write_layers, write_windows
from cnncalc.exchange.onnx.model import MOST_BYTES, OnnxModel, Writing
from cnncalc.exchange.targets import output_shapes, written
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.exchange.operations.values import Array
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    #: Gives an array of the network by its name, such as `conv_1.weight`.
    Arrays = Callable[[str], Array]

#: How each layer is written: a rule gets the layer and returns the name of the output.
RULES: dict[str, Callable[[Any, Writing], str]] = {
    **write_windows.RULES,
    **write_layers.RULES,
    **write_activations.RULES,
}


def model_bytes(graph: Graph, arrays: Arrays, batch: int | None = None) -> bytes:
    """Return a network as an ONNX model, checked; a `batch` of None leaves its size open.

    `arrays` is asked for each array once, in the order of the nodes. Raises `SpecError` for a
    layer that ONNX cannot say, `UsageError` for weights that do not fit into one file, and where
    the `onnx` package is missing.
    """
    if weight_bytes(graph) > MOST_BYTES:
        raise UsageError(
            f"the weights of {graph.name} need more than the 2 GiB that an ONNX file can hold",
            "write it to a file, and its weights go into a second one beside it",
        )
    model = OnnxModel()
    proto = OnnxWriter(graph, arrays, batch, model).proto()
    model.onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString())


def write_file(graph: Graph, arrays: Arrays, path: str, batch: int | None = None) -> list[str]:
    """Write a network as an ONNX file, checked, and return the files written.

    Weights of more than 2 GiB go into a second file beside it, `PATH.data`. Raises as
    `model_bytes`, and `UsageError` where a file cannot be written.
    """
    try:
        if weight_bytes(graph) <= MOST_BYTES:
            content = model_bytes(graph, arrays, batch)
            with open(path, "wb") as file:
                file.write(content)
            return [path]
        beside = f"{path}.data"
        with open(beside, "wb") as data:
            model = OnnxModel(data)
            proto = OnnxWriter(graph, arrays, batch, model).proto()
        with open(path, "wb") as file:
            file.write(proto.SerializeToString())
    except OSError as error:
        raise UsageError(f"cannot write `{error.filename or path}`: {error.strerror}") from None
    model.onnx.checker.check_model(os.path.abspath(path), full_check=True)
    return [path, beside]


def weight_bytes(graph: Graph) -> int:
    """Return the bytes of all weights."""
    numbers = [
        product(array.shape)
        for node, shapes in zip(graph.nodes, input_shapes(graph), strict=True)
        if node.shares is None
        for array in node.layer.facts(shapes).params
    ]
    return 4 * sum(numbers)


def input_shapes(graph: Graph) -> list[tuple[Shape, ...]]:
    """Return the shapes of the inputs of every node."""
    outputs = output_shapes(graph)
    return [tuple([outputs[i] for i in node.inputs]) for node in graph.nodes]


class OnnxWriter:
    """Writes the nodes of a graph one after the other; a tensor is called by its node's path."""

    def __init__(self, graph: Graph, arrays: Arrays, batch: int | None, model: OnnxModel) -> None:
        self.graph = graph
        self.arrays = arrays
        self.batch = batch
        self.model = model
        self.weights: dict[int, dict[str, Array]] = {}
        self.shared = {node.shares for node in graph.nodes}

    def proto(self) -> Any:
        """Return the model."""
        shapes = input_shapes(self.graph)
        outputs = output_shapes(self.graph)
        for index in range(len(self.graph.nodes)):
            self.node(index, shapes[index], outputs[index])
        values = [
            self.model.value(node.name, self.batch, shape)
            for node, shape in zip(self.graph.nodes, outputs, strict=True)
        ]
        ends = (*self.graph.outputs, *self.graph.aux_outputs)
        known = {*self.graph.inputs, *ends}
        inside = [value for index, value in enumerate(values) if index not in known]
        name = self.graph.variant or self.graph.name
        return self.model.finish(
            name,
            [values[i] for i in self.graph.inputs],
            [values[i] for i in dict.fromkeys(ends)],
            inside,
            self.graph.source or "",
        )

    def node(self, index: int, shapes: tuple[Shape, ...], output: Shape) -> None:
        """Write one node of the graph, whose output gets its path as name."""
        node = self.graph.nodes[index]
        owner = index if node.shares is None else node.shares
        facts = node.layer.facts(shapes)
        if node.shares is None and facts.params:
            self.weights[index] = {
                array.name: self.arrays(f"{node.name}.{array.name}") for array in facts.params
            }
        if index in self.graph.inputs:
            return
        writing = Writing(
            self.model,
            node.name,
            [self.graph.nodes[i].name for i in node.inputs],
            shapes,
            output,
            self.graph.nodes[owner].name,
            self.weights.get(owner, {}),
            [],
        )
        result = written(RULES, node, "ONNX", writing)
        self.name_output(node.name, result, writing)
        if index not in self.shared:  # the model holds its arrays
            self.weights.pop(index, None)

    def name_output(self, path: str, result: str, writing: Writing) -> None:
        """Keep the nodes of a layer, and call the tensor that they make by the layer's path.

        So is the one node that holds its weights, or else the one that makes the tensor.
        """
        if result in writing.inputs:
            result = writing.add("Identity", result)
        weighs = [n for n in writing.made if not self.model.initializers.keys().isdisjoint(n.input)]
        last = next(made for made in writing.made if list(made.output) == [result])
        last.output[0] = path
        (weighs[0] if len(weighs) == 1 else last).name = path
        self.model.nodes.extend(writing.made)
