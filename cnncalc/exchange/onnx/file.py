"""An ONNX file as plain lists: its operations, constants, inputs, outputs, and shapes of values.

Nothing beside the file is opened, except for weights that it says lie next to it, and these only
when their numbers are asked for.
"""

from __future__ import annotations

import os

from cnncalc.diagnostics import UsageError
from cnncalc.exchange.files import error_in, needed
from cnncalc.exchange.operations.values import ConstantArray, of_numbers
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cnncalc.exchange.operations.values import Array
    from cnncalc.quantities import Shape

#: How many bytes a number has, by its type in the file.
FLOATS = (1, 10, 11, 16)
SIZES = {1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 10: 2, 11: 8, 16: 2}


class File:
    """A loaded model: `model` is what the `onnx` package makes of it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.onnx = needed("onnx", "reading ONNX models")
        self.model = self.load()
        if self.model.functions:
            from onnx import inliner

            self.model = inliner.inline_local_functions(self.model)
        self.graph = self.model.graph
        versions = {entry.domain: entry.version for entry in self.model.opset_import}
        self.version = int(versions.get("", versions.get("ai.onnx", 1)))

    def load(self) -> Any:
        """Return the model; raises `SpecError` for what is no ONNX file."""
        try:
            model = self.onnx.load(self.path, load_external_data=False)
        except OSError as error:
            raise UsageError(f"cannot read {self.path}: {error.strerror or error}") from None
        except Exception as error:  # the parser's own kinds of errors are not one class
            text = str(error).split("\n")[0][:200]
            raise error_in(self.path, f"it is not a whole ONNX model: {text}") from None
        if not model.graph.node and not model.graph.output:
            raise error_in(self.path, "it is not an ONNX model, or it is empty")
        return model

    def initializers(self) -> dict[str, ConstantArray]:
        """Return the arrays of the file by name."""
        return {
            tensor.name: self.constant(tensor, learned=tensor.data_type in FLOATS)
            for tensor in self.graph.initializer
        }

    def constant(self, tensor: Any, learned: bool) -> ConstantArray:
        """Return an array of the file."""
        shape = tuple([int(n) for n in tensor.dims])
        if any(n < 0 or n > 2**31 for n in shape):
            raise error_in(self.path, f"the array `{tensor.name}` has a size of {list(shape)}")
        size = SIZES.get(tensor.data_type)
        if size and tensor.HasField("raw_data") and len(tensor.raw_data) < size * product(shape):
            raise error_in(
                self.path,
                f"the array `{tensor.name}` of {'x'.join(map(str, shape))} numbers has only"
                f" {len(tensor.raw_data):,} bytes",
            )
        return ConstantArray(tensor.name, shape, lambda: self.numbers(tensor), learned)

    def stated_constant(self, node: Any) -> ConstantArray | None:
        """Return the array that a `ConstantArray` operation holds; None for any other operation."""
        if node.op_type != "Constant" or not node.output or node.domain not in ("", "ai.onnx"):
            return None
        for name, value in attributes(node).items():
            if name == "value":
                found = self.constant(value, learned=False)
                found.name = node.output[0]
                return found
            if name in ("value_int", "value_ints", "value_float", "value_floats"):
                return of_numbers(node.output[0], value)
        return None

    def numbers(self, tensor: Any) -> Array | None:
        """Return the numbers of an array, or None where they are missing.

        Raises `SpecError` for weights that are said to lie elsewhere than beside the file.
        """
        from onnx import numpy_helper

        folder = os.path.dirname(os.path.abspath(self.path))
        if tensor.data_location == self.onnx.TensorProto.EXTERNAL:
            where = {entry.key: entry.value for entry in tensor.external_data}.get("location", "")
            plain = where and os.path.basename(where) == where and where not in (".", "..")
            if not plain or os.path.islink(os.path.join(folder, where)):
                raise error_in(
                    self.path,
                    f"the numbers of `{tensor.name}` are said to lie in {where!r},"
                    " which is not a file beside the model",
                )
            if not os.path.exists(os.path.join(folder, where)):
                return None
        try:
            array: Array = numpy_helper.to_array(tensor, folder)
        except Exception as error:  # damaged arrays raise errors of many classes
            raise error_in(self.path, f"the array `{tensor.name}` is damaged: {error}") from None
        return array


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of an operation as Python values; graphs and sparse arrays left out."""
    found: dict[str, Any] = {}
    for item in node.attribute:
        # Files of the first version give no type: what is filled in tells.
        if item.type in (2, 7) or (not item.type and (item.HasField("i") or item.ints)):
            found[item.name] = list(item.ints) if item.type == 7 or item.ints else int(item.i)
        elif item.type in (1, 6) or (not item.type and (item.HasField("f") or item.floats)):
            found[item.name] = list(item.floats) if item.type == 6 or item.floats else float(item.f)
        elif item.type == 3 or (not item.type and item.HasField("s")):
            found[item.name] = item.s.decode("utf-8", "replace")
        elif item.type == 8:
            found[item.name] = [text.decode("utf-8", "replace") for text in item.strings]
        elif item.type == 4 or (not item.type and item.HasField("t")):
            found[item.name] = item.t
    return found


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
