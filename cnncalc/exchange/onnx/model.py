"""An ONNX model while it is made: nodes, arrays, and where the arrays' numbers are kept."""

from __future__ import annotations

import os

from cnncalc.exchange.files import needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from numpy.typing import NDArray

    from cnncalc.quantities import Shape

    Array = NDArray[Any]

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
