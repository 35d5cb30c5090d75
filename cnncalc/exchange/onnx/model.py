"""An ONNX model while it is made: its arrays, its nodes, and the layer that is being written."""

from __future__ import annotations

import os

from cnncalc.exchange.files import needed
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

    from cnncalc.exchange.operations.values import Array
    from cnncalc.quantities import Shape

    #: Writes a layer, and returns the name of its output.
    Rule = Callable[[Any, "Writing"], str]


#: The version of the operations: the first with group norms that are ours.
OPSET = 21
#: The version of the file format that came with it.
IR_VERSION = 10
#: A file of Protocol Buffers cannot be larger; what is not weights takes less than the rest.
MOST_BYTES = (1 << 31) - (1 << 26)


class OnnxModel:
    """Nodes and arrays in the order of writing; with `data`, numbers go into that file at once."""

    def __init__(self, data: IO[bytes] | None = None) -> None:
        self.onnx = needed("onnx", "writing ONNX models")
        from onnx import helper, numpy_helper

        self.helper: Any = helper
        self.numpy_helper: Any = numpy_helper
        self.data = data
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}

    def initializer(self, name: str, array: Array) -> str:
        """Keep an array of weights under a name, once, and return the name."""
        if name not in self.initializers:
            self.initializers[name] = self.tensor(name, array)
        return name

    def tensor(self, name: str, array: Array) -> Any:
        """Return an array as ONNX has it: with its numbers, or with their place in the data."""
        import numpy as np

        numbers = np.ascontiguousarray(array, np.float32)
        if self.data is None:
            return self.numpy_helper.from_array(numbers, name)
        tensor = self.onnx.TensorProto(
            name=name,
            data_type=self.onnx.TensorProto.FLOAT,
            dims=numbers.shape,
            data_location=self.onnx.TensorProto.EXTERNAL,
        )
        place = {
            "location": os.path.basename(self.data.name),
            "offset": self.data.tell(),
            "length": numbers.nbytes,
        }
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self.data.write(numbers.reshape(-1).view(np.uint8).data)
        return tensor

    def value(self, name: str, batch: int | None, shape: Shape) -> Any:
        """Return a tensor's name with its shape; a batch of None is left open."""
        kind = self.onnx.TensorProto.FLOAT
        return self.helper.make_tensor_value_info(name, kind, [batch or "batch", *shape])

    def finish(
        self, name: str, inputs: list[Any], outputs: list[Any], inside: list[Any], doc: str
    ) -> Any:
        """Return the model."""
        graph = self.helper.make_graph(
            self.nodes,
            name,
            inputs,
            outputs,
            list(self.initializers.values()),
            value_info=inside,
            doc_string=doc,
        )
        from cnncalc import __version__

        return self.helper.make_model(
            graph,
            opset_imports=[self.helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="cnncalc",
            producer_version=__version__,
        )


class Writing(Record):
    """A layer with the names of the tensors that it reads, and the arrays of its weights.

    `shapes` are those of its inputs and `output` that of its output, for one sample. `arrays` are
    the weights by name, `owner` the path of the node that has them. A rule's
    nodes go to `made`, and are called by the `path` of the layer and their operation.
    """

    model: OnnxModel
    path: str
    inputs: list[str]
    shapes: tuple[Shape, ...]
    output: Shape
    owner: str
    arrays: dict[str, Array]
    made: list[Any]

    @property
    def x(self) -> str:
        """The name of the first input."""
        return self.inputs[0]

    @property
    def shape(self) -> Shape:
        """The shape of the first input."""
        return self.shapes[0]

    @property
    def rank(self) -> int:
        """The number of spatial axes of the first input."""
        return len(self.shape) - 1

    def add(self, kind: str, *inputs: str, parts: int = 1, **attributes: Any) -> str:
        """Add a node and return the name of its (first) output; it reads `inputs`, or the layer's.

        A name of "" is an input that is left out.
        """
        name = self.free_name(kind)
        outputs = [name] if parts == 1 else [f"{name}:{i}" for i in range(parts)]
        self.made.append(
            self.model.helper.make_node(
                kind, list(inputs) or [self.x], outputs, name=name, **attributes
            )
        )
        return outputs[0]

    def free_name(self, kind: str) -> str:
        """Return a name for a further node of the layer."""
        count = sum(node.op_type == kind for node in self.made)
        return f"{self.path}/{kind.lower()}" + (f"_{count + 1}" if count else "")

    def weight(self, name: str, shape: tuple[int, ...] | None = None) -> str:
        """Return the name of one of the layer's arrays, if need be in another shape."""
        array = self.arrays[name]
        full = f"{self.owner}.{name}"
        if shape is None or shape == array.shape:
            return self.model.initializer(full, array)
        return self.model.initializer(f"{full}:{'x'.join(map(str, shape))}", array.reshape(shape))

    def per_channel(self, name: str, rank: int) -> str:
        """Return an array of one number per channel, so shaped that it meets the channels."""
        return self.weight(name, (self.arrays[name].size, *(1,) * rank))

    def made_of(self, name: str, array: Array) -> str:
        """Return the name of an array that is made of the layer's weights."""
        return self.model.initializer(f"{self.owner}.{name}", array)

    def number(self, value: float) -> str:
        """Return the name of a constant number, which is no weight."""
        import numpy as np

        return self.constant(np.array(value, np.float32))

    def constant(self, array: Array) -> str:
        """Return the name of constant numbers, which are no weights."""
        name, tensor = self.free_name("Constant"), self.model.numpy_helper.from_array(array)
        make = self.model.helper.make_node
        self.made.append(make("Constant", [], [name], name=name, value=tensor))
        return name

    def integers(self, values: list[int]) -> str:
        """Return the name of a list of whole numbers."""
        import numpy as np

        return self.constant(np.array(values, np.int64))

    def ones(self, shape: tuple[int, ...], value: float = 1.0) -> str:
        """Return the name of an array filled with one number, which is no weight."""
        import numpy as np

        return self.constant(np.full(shape, value, np.float32))

    def reshape(self, x: str, shape: Shape) -> str:
        """Return the elements of each sample under other axes."""
        return self.add("Reshape", x, self.integers([0, *shape]))

    def transpose(self, x: str, order: list[int]) -> str:
        """Return the axes of each sample in another order; 0 is that of the channels."""
        return self.add("Transpose", x, perm=[0, *[axis + 1 for axis in order]])

    def slice(self, x: str, axis: int, start: int, stop: int, step: int = 1) -> str:
        """Return some positions along an axis of each sample."""
        lists = [[start], [stop], [axis + 1], [step]]
        return self.add("Slice", x, *[self.integers(values) for values in lists])

    def pad(
        self, x: str, pairs: list[tuple[int, int]], mode: str = "constant", value: float = 0.0
    ) -> str:
        """Return a map with elements around; `pairs` are those of the channels and each axis."""
        amounts = [0, *[before for before, _ in pairs], 0, *[after for _, after in pairs]]
        inputs = [x, self.integers(amounts)]
        if mode == "constant":
            inputs.append(self.number(value))
        return self.add("Pad", *inputs, mode=mode)
