"""From an ONNX file to a graph, and to the numbers of its arrays."""

from __future__ import annotations

import os

from cnncalc.exchange.builder import GraphBuilder, Stated
from cnncalc.exchange.onnx.file import File, StatedShapes, attributes
from cnncalc.exchange.onnx.folding import evaluated, filled, rearranged
from cnncalc.exchange.operations.moves import Moves, with_batch
from cnncalc.exchange.operations.reader import OWN, OperationReader
from cnncalc.exchange.operations.values import ConstantArray, OperationStep, Steps, Value, of_array
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.operations.operation import Input
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    Array = NDArray[Any]

#: Operations whose sequences have their batch as the second axis, unless they say otherwise.
RECURRENT = ("LSTM", "GRU")


def read(path: str, given: Given, strict: bool = False) -> Graph:
    """Return the graph of an ONNX file, for one sample.

    `given` gives shapes to inputs, also to those whose sizes the file leaves open. With `strict`
    an operation that has no layer is an error; otherwise it becomes a `custom` layer, if its output
    shape is known. Raises `SpecError` for a file that cannot be read, `UsageError` where the `onnx`
    package is missing.
    """
    return FileReader(File(path), given, strict).graph()


class FileReader(OperationReader):
    """Reads an ONNX file."""

    def __init__(self, file: File, given: Given, strict: bool) -> None:
        super().__init__(GraphBuilder(os.path.basename(file.path)), file.version, strict)
        self.file = file
        self.given = given
        self.entering: dict[str, list[int]] = {}
        self.batches: set[int] = set()
        self.shapes: StatedShapes | None = None
        self.values.update(file.initializers())

    def graph(self) -> Graph:
        """Return the graph of the file."""
        proto = self.file.graph
        self.builder.check_count(len(proto.node))
        self.check_texts()
        self.inputs([entry for entry in proto.input if entry.name not in self.values])
        self.originals = {node.output[0]: node for node in proto.node if node.output}
        steps = []
        for node in proto.node:
            constant = self.file.stated_constant(node)
            if constant is not None:
                self.values[node.output[0]] = constant
            else:
                steps.append(self.step(node))
        constants = {n: v for n, v in self.values.items() if isinstance(v, ConstantArray)}
        self.note_folded()
        outputs = [entry.name for entry in proto.output]
        return self.read(proto.name or self.builder.file, Steps(steps, constants), outputs)

    def check_texts(self) -> None:
        """Raise `SpecError` for names that are no text, which only a damaged file has."""
        proto = self.file.graph
        entries = (*proto.input, *proto.output, *proto.initializer)
        texts = [proto.name, *[entry.name for entry in entries]]
        for entry in proto.input:
            texts += [axis.dim_param for axis in entry.type.tensor_type.shape.dim]
        for node in proto.node:
            texts += [node.name, node.op_type, node.domain, *node.input, *node.output]
        wrong = next((text for text in texts if not isinstance(text, str)), None)
        if wrong is not None:
            raise self.builder.error(f"it is damaged: its name {wrong[:40]!r} is not UTF-8 text")

    def note_folded(self) -> None:
        """Say that PyTorch's exporter may have folded batch norms, where there are none left."""
        kinds = {node.op_type for node in self.file.graph.node}
        is_pytorch = self.file.model.producer_name == "pytorch"
        if is_pytorch and "Conv" in kinds and "BatchNormalization" not in kinds:
            self.builder.note(
                "PyTorch's exporter folds batch norms into convolutions and leaves out biases of"
                " zeros: the module may have more parameters than this file"
            )

    def inputs(self, entries: list[Any]) -> None:
        """Add the inputs of the network, the batch taken off.

        It is the first axis, but the second of a sequence that a recurrent layer reads as it is.
        """
        sequences = {
            node.input[0]
            for node in self.file.graph.node
            if node.op_type in RECURRENT and node.input and not attributes(node).get("layout")
        }
        stated = []
        for entry in entries:
            dims = list(entry.type.tensor_type.shape.dim)
            batch = (
                dims.pop(1 if entry.name in sequences and len(dims) == 3 else 0) if dims else None
            )
            if batch is not None and entry.name not in sequences:
                self.batches.add(int(batch.dim_value))
            lengths = [int(d.dim_value) if d.HasField("dim_value") else 0 for d in dims]
            stated.append(Stated(entry.name, lengths, [d.dim_param for d in dims]))
        for name, index in self.builder.enter(stated, self.given).items():
            shape = self.builder.shapes[index]
            place = int(name in sequences and len(shape) == 2)
            value = Value(index)
            self.values[name] = Moves(value, shape, [], shape, name, place) if place else value
            self.entering[name] = with_batch(shape, place)

    def step(self, node: Any) -> OperationStep:
        """Return a node of the file as a step."""
        inputs, outputs = list(node.input), list(node.output)
        name = node.name or (outputs[0] if outputs else node.op_type)
        parts = [part for part in name.split("/") if part]
        if len(parts) > 1 and parts[-1].split("_")[0] == node.op_type:
            name = "/".join(parts[:-1])  # PyTorch ends the path of a module with the operation
        return OperationStep(node.op_type, name, inputs, outputs, attributes(node), node.domain)

    def folded(self, step: OperationStep, inputs: list[Input]) -> list[Any] | None:
        if step.kind in ("Shape", "Size") and isinstance(inputs[0], Value | Moves):
            return [self.shape_of(step, inputs[0])]
        if any(isinstance(value, Value | Moves) for value in inputs) or step.domain not in OWN:
            return None
        first = inputs[0] if inputs else None
        if isinstance(first, ConstantArray) and first.learned:
            same = rearranged(step, [v for v in inputs if isinstance(v, ConstantArray)])
            if same is not None:
                return [same]
        if step.kind != "ConstantOfShape":
            return evaluated(step, inputs, self.originals[step.outputs[0]], self.version)
        lengths = first.numbers() if isinstance(first, ConstantArray) else None
        if lengths is None:
            raise self.builder.error("ConstantOfShape: its shape is unknown", node=step.name)
        return [filled(step, lengths)]

    def shape_of(self, step: OperationStep, value: Value | Moves) -> ConstantArray:
        """Return the shape of a layer's output as numbers, with a batch of one."""
        import numpy as np

        whole = value.whole if isinstance(value, Moves) else [1, *self.builder.shapes[value.index]]
        if step.kind == "Size":
            return of_array(step.outputs[0], np.array(product(whole), np.int64))
        part = whole[step.attributes.get("start", 0) : step.attributes.get("end", len(whole))]
        return of_array(step.outputs[0], np.array(part, np.int64))

    def stated_shape(self, name: str) -> Shape | None:
        """Return the shape that the file states for a value, or that follows from its inputs'."""
        if self.shapes is None:
            self.shapes = StatedShapes(self.file, self.entering, self.batches)
        return self.shapes.of(name)


def weights(path: str, given: Given) -> tuple[Graph, Callable[[int, str], Array]]:
    """Return the graph of an ONNX file, and what gives an array by its node and its name.

    That raises `SpecError` where the file does not hold the numbers. Raises as `read`.
    """
    reader = FileReader(File(path), given, strict=False)
    graph = reader.graph()
    builder = reader.builder

    def array(index: int, name: str) -> Array:
        constant = builder.weights.get((index, name))
        found = None if constant is None else constant.array()
        if found is None:
            raise builder.error(f"it does not hold the numbers of `{name}`",
                                node=graph.nodes[index].name)  # fmt: skip
        return found  # type: ignore[no-any-return]  # values are of any kind of reader

    return graph, array
