"""A network in the formats of other tools: ONNX models, and source for PyTorch and Keras."""

from __future__ import annotations

import math

from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph

#: What networks are written as.
TARGETS = ("onnx", "pytorch", "keras")
#: The module whose `source` writes a network in each of them that is source.
WRITERS = {"pytorch": "cnncalc.exchange.torch.write", "keras": "cnncalc.exchange.keras.write"}
#: A network without scopes of so many nodes is searched for equal parts, which become blocks.
MOST_FLAT = 40


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
    graph: Graph, path: str, weights: Mapping[str, Array] | None = None, batch: int | None = None
) -> list[str]:
    """Write a network as an ONNX file and return the files written; otherwise as `as_onnx`."""
    from cnncalc.exchange.onnx.write import write_file

    return write_file(graph, arrays_of(graph, weights), path, batch)


def as_source(graph: Graph, to: str) -> str:
    """Return a network as source for PyTorch (`pytorch`) or Keras 3 (`keras`).

    Blocks of the spec become classes or functions, and so do equal parts of a model without.
    Raises `SpecError` for a layer that the framework cannot say.
    """
    check_target(to)
    scoped, names = with_scopes(graph)
    module = __import__(WRITERS[to], fromlist=["source"])
    text: str = module.source(scoped, names)
    return text


def with_scopes(graph: Graph) -> tuple[Graph, dict[str, str]]:
    """Return a graph with scopes for its equal parts, and the first names of layers renamed so."""
    if graph.scopes or len(graph.nodes) <= MOST_FLAT:
        return graph, {}
    found = respecified(graph)
    if found is None:
        return graph, {}
    again, order = found
    from cnncalc.executor.initial import declared_arrays

    own = {node.name: graph.nodes[i].name for node, i in zip(again.nodes, order, strict=True)}
    return again, {node.name: own[node.name] for _, node, _ in declared_arrays(again)}


def respecified(graph: Graph) -> tuple[Graph, list[int]] | None:
    """Return the graph of the spec that `cnncalc import` prints, with the node that each was.

    None if that spec is not the same network, layer by layer.
    """
    from cnncalc.diagnostics import Source, SpecError
    from cnncalc.exchange.respec import respec
    from cnncalc.language import build

    found = respec(graph)
    try:
        again = build(Source(f"{graph.name}.yaml", found.text))
    except SpecError:
        return None
    layers = [graph.nodes[i].layer for i in found.order]
    return (again, found.order) if [node.layer for node in again.nodes] == layers else None


def arrays_from(
    model: Graph, array: Callable[[int, str], Array], graph: Graph
) -> Iterator[tuple[str, Array]]:
    """Yield the arrays of a model by the names that they have in a graph.

    That is the model's own, one whose layers have the same names, or the spec that
    `cnncalc import` printed of it. Raises `UsageError` for any other network, `SpecError` for
    numbers that the file does not hold.
    """
    from cnncalc.executor.initial import declared_arrays

    places = places_of(model, graph)
    for _, node, spec in declared_arrays(graph):
        numbers = array(places[node.name], spec.name)
        if numbers.size != math.prod(spec.shape):
            raise UsageError(f"`{node.name}.{spec.name}` has another shape in the model")
        yield f"{node.name}.{spec.name}", numbers.reshape(spec.shape)


def places_of(model: Graph, graph: Graph) -> dict[str, int]:
    """Return where in a model each layer of a graph is, by its name there."""
    found = respecified(model)
    candidates = [(model, list(range(len(model.nodes))))] + ([found] if found else [])
    for own, order in candidates:
        known = {node.name: node.layer for node in own.nodes}
        if all(known.get(node.name) == node.layer for node in graph.nodes):
            return dict(zip([node.name for node in own.nodes], order, strict=True))
    raise UsageError(
        f"{graph.name} has not the layers of the model",
        "leave SPEC out, or use what `cnncalc import` prints of the model",
    )
