"""The numbers of an ONNX model, by the names of the graph that is read from it."""

from __future__ import annotations

from cnncalc.exchange.onnx.file import File
from cnncalc.exchange.onnx.read import FileReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from cnncalc.exchange.builder import Given
    from cnncalc.graph import Graph

    Array = NDArray[Any]


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
