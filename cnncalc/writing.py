"""A network in the formats of other tools: ONNX models, and source for PyTorch and Keras."""

from __future__ import annotations

from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph

#: What networks are written as.
TARGETS = ("onnx",)


def check_target(to: str) -> None:
    """Raise `UsageError` for a format that there is not."""
    if to not in TARGETS:
        raise UsageError(f"there is no format `{to}`", f"one of {', '.join(TARGETS)}")


def arrays_of(graph: Graph, weights: Mapping[str, Array] | None) -> Callable[[str], Array]:
    """Return what gives the arrays of a network by name, in the order of its nodes.

    Without `weights` they are the first values of `cnncalc weights`. Raises `SpecError` with every
    array that is missing, unexpected or of another shape.
    """
    if weights is None:
        from cnncalc.executor.initial import initial_arrays

        made = initial_arrays(graph, "kaiming", 0, "float32")
        return lambda name: next(array for given, array in made if given == name)
    from cnncalc.executor.initial import declared_arrays
    from cnncalc.executor.run import check_weights, shapes_of
    from cnncalc.executor.weights import given_in_spec

    check_weights(graph, shapes_of(weights))
    given = {
        name: (node, spec)
        for name, node, spec in declared_arrays(graph)
        if given_in_spec(node, spec) is not None
    }

    def array(name: str) -> Array:
        if name in weights or name not in given:
            return weights[name]
        from cnncalc.executor.filters import given_array

        node, spec = given[name]
        return given_array(given_in_spec(node, spec), spec, "float32")

    return array


def as_onnx(
    graph: Graph, weights: Mapping[str, Array] | None = None, batch: int | None = None
) -> bytes:
    """Return a network as an ONNX model; a `batch` of None leaves its size open.

    Raises `SpecError` for a layer that ONNX cannot say and for weights that do not fit,
    `UsageError` where the `onnx` package is missing.
    """
    from cnncalc.exchange.onnx.write import model_bytes

    return model_bytes(graph, arrays_of(graph, weights), batch)


def onnx_file(
    graph: Graph,
    path: str,
    weights: Mapping[str, Array] | None = None,
    batch: int | None = None,
) -> list[str]:
    """Write a network as an ONNX file and return the files written; otherwise as `as_onnx`."""
    from cnncalc.exchange.onnx.write import write_file

    return write_file(graph, arrays_of(graph, weights), path, batch)
