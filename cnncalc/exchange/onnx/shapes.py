"""Shapes of values as the file states them, or as they follow by ONNX's own inference."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cnncalc.exchange.onnx.file import File
    from cnncalc.quantities import Shape

#: Arrays with more bytes cannot be shapes, and inference does without their numbers.
MOST_BYTES = 4096
#: A graph with more operations is not inferred: it would take too long.
MOST_OPERATIONS = 50_000


class StatedShapes:
    """What is stated of values; inference is asked when a statement is missing, once.

    `entering` are the shapes of the inputs that are read, with a batch of 1, `batches` the sizes
    of the batch that the file states.
    """

    def __init__(self, file: File, entering: Mapping[str, list[int]], batches: set[int]) -> None:
        self.file = file
        self.entering = entering
        self.stated = found_in(file.graph, {0, 1, *batches})
        self.inferred: dict[str, Shape] | None = None

    def of(self, name: str) -> Shape | None:
        """Return the shape of a value without the batch, or None."""
        found = self.stated.get(name)
        if found is not None:
            return found
        if self.inferred is None:
            self.inferred = self.infer()
        return self.inferred.get(name)

    def infer(self) -> dict[str, Shape]:
        """Return what follows for the inputs that are read; nothing where inference fails."""
        onnx = self.file.onnx
        if len(self.file.graph.node) > MOST_OPERATIONS:
            return {}
        model = onnx.ModelProto()
        model.ir_version = self.file.model.ir_version
        model.opset_import.extend(self.file.model.opset_import)
        graph = model.graph
        graph.name = "shapes"
        graph.node.extend(self.file.graph.node)
        graph.output.extend(self.file.graph.output)
        for entry in self.file.graph.input:
            shape = self.entering.get(entry.name)
            if shape is None:
                graph.input.append(entry)
            else:
                kind = entry.type.tensor_type.elem_type
                graph.input.append(onnx.helper.make_tensor_value_info(entry.name, kind, shape))
        for tensor in self.file.graph.initializer:
            if tensor.ByteSize() <= MOST_BYTES:
                graph.initializer.append(tensor)
            else:
                graph.input.append(
                    onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
                )
        try:
            return found_in(onnx.shape_inference.infer_shapes(model, data_prop=True).graph, {0, 1})
        except Exception:  # it refuses what does not fit its own rules
            return {}


def found_in(graph: Any, batches: set[int]) -> dict[str, Shape]:
    """Return the shapes without open lengths that a graph states, the batch taken off.

    A first length that is none of `batches` is something else, and the shape is left out.
    """
    found = {}
    for entry in (*graph.value_info, *graph.output):
        first, *lengths = [int(dim.dim_value) for dim in entry.type.tensor_type.shape.dim] or [-1]
        if lengths and min(lengths) > 0 and first in batches:
            found[entry.name] = tuple(lengths)
    return found
