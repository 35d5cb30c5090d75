"""The numbers of a Keras model, as PyTorch has them, by the names of the graph read from it."""

from __future__ import annotations

import math

from cnncalc.exchange.keras.hdf5 import WeightsFile
from cnncalc.exchange.keras.model import MODELS
from cnncalc.exchange.keras.read import KerasReader
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.keras.model import KerasLayer, KerasModel
    from cnncalc.exchange.operations.values import Array
    from cnncalc.graph import Graph
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import ParamSpec, Shape


def converted(
    layer: Layer, specs: tuple[ParamSpec, ...], rest: list[Array], order: Shape | None
) -> Iterator[tuple[ParamSpec, Array]]:
    """Yield each array of a layer with its numbers, taken from the first ones of `rest`.

    `order` is the shape of the map that the layer reads as a flat vector, channels first: Keras
    has its elements, and so the numbers for them, with the channels innermost.
    """
    if layer.opaque:  # one array stands for all
        taken, rest[:] = [array.ravel() for array in rest], []
        if taken and specs:
            import numpy as np

            yield specs[0], np.concatenate(taken)
        return
    if layer.keyword == "gru" and len(specs) % 4 == 0:
        halved(rest, len(specs) // 4)
    for spec in specs:
        if not rest:
            return
        numbers = rest.pop(0)
        if order is not None and numbers.shape[:1] == (product(order),):
            numbers = reordered(numbers, order)
        if numbers.ndim > 1 or layer.keyword == "gru":
            numbers = RULES.get(layer.keyword, last)(numbers, spec)
        yield spec, numbers


def reordered(numbers: Array, order: Shape) -> Array:
    """Return rows for the elements of a flattened map with the channels outermost."""
    import numpy as np

    whole = numbers.reshape(*order[1:], order[0], *numbers.shape[1:])
    result: Array = np.moveaxis(whole, len(order) - 1, 0).reshape(numbers.shape)
    return result


def halved(rest: list[Array], directions: int) -> None:
    """Give the two rows of biases of a GRU as two arrays, for each direction."""
    place = 0
    for _ in range(directions):
        place += 2
        if place < len(rest) and rest[place].ndim == 2:
            rest[place : place + 1] = list(rest[place])
        place += 2


def kernel(numbers: Array, spec: ParamSpec) -> Array:
    """(height, width, in, out) -> (out, in, height, width), with any number of spatial axes.

    Depthwise it is (height, width, in, times) -> (in * times, 1, height, width).
    """
    depthwise = spec.shape[1:2] == (1,) and numbers.shape[-2] > 1
    ends = (-2, -1) if depthwise else (-1, -2)
    result: Array = numbers.transpose(*ends, *range(numbers.ndim - 2))
    return result


def gates(numbers: Array, _spec: ParamSpec) -> Array:
    """(in, gates) -> (gates, in)."""
    result: Array = numbers.T
    return result


def gru_gates(numbers: Array, _spec: ParamSpec) -> Array:
    """The same, with the gates z, r, h as r, z, n."""
    import numpy as np

    update, reset, new = np.split(numbers.T, 3)
    result: Array = np.concatenate((reset, update, new))
    return result


def last(numbers: Array, _spec: ParamSpec) -> Array:
    """Channels first."""
    import numpy as np

    result: Array = np.moveaxis(numbers, -1, 0)
    return result


#: Of the layers whose arrays have more axes than one in another order.
RULES: dict[str, Callable[[Array, ParamSpec], Array]] = {
    "conv": kernel,
    "conv_transpose": kernel,
    "linear": kernel,
    "lstm": gates,
    "gru": gru_gates,
}


def weights(path: str, given: Given) -> tuple[Graph, Callable[[int, str], Array]]:
    """Return the graph of a Keras model, and what gives an array by its node and its name.

    That raises `SpecError` where the file does not hold the numbers. Raises as `read`.
    """
    reader = KerasReader(path, given)
    graph = reader.graph()
    file = WeightsFile(path)
    entries = leaves(reader, reader.model)
    check_kernels(reader, graph, entries, file.backend())
    owners: dict[int, KerasLayer] = {}
    places: dict[int, Any] = {}
    for entry, place in file.places(entries):
        for index in entry.made:
            owners[index] = entry
            places[index] = place
    read: dict[int, dict[tuple[int, str], Array]] = {}

    def array(index: int, name: str) -> Array:
        entry = owners.get(index)
        if entry is None:
            raise reader.builder.error(
                "the file holds no numbers of it", node=graph.nodes[index].name
            )
        if id(entry) not in read:
            read.clear()  # those of one layer are kept, since they are asked for together
            read[id(entry)] = of_layer(reader, graph, entry, file.arrays(places[index]))
        found = read[id(entry)].get((index, name))
        if found is None:
            raise reader.builder.error(
                f"the file does not hold the numbers of `{name}`", node=graph.nodes[index].name
            )
        return found

    return graph, array


def check_kernels(
    reader: KerasReader, graph: Graph, entries: list[tuple[KerasLayer, ...]], backend: str
) -> None:
    """Raise `SpecError` for convolutions whose kernels are kept otherwise than Keras does now.

    Theano turned kernels by half a turn before it multiplied, and Keras 1 kept them as
    (out, in, height, width) where the channels of maps come first ("th"); Keras 2 converts both
    when it loads such files: `preprocess_weights_for_loading` of its `saving.py`.
    """
    for *_, entry in entries:
        nodes = [graph.nodes[index] for index in entry.made]
        facts = [reader.builder.facts(node.layer, node.inputs) for node in nodes]
        if all(len(spec.shape) < 3 for found in facts for spec in found.params):
            continue
        reason = ""
        if backend.lower() == "theano":
            reason = "Keras wrote the file on Theano, which turns kernels by half a turn"
        elif isinstance(entry.config, dict) and entry.config.get("dim_ordering") == "th":
            reason = "Keras 1 wrote its kernels with the channels first, in the order `th`"
        if reason:
            raise reader.builder.error(
                f"{reason}: its numbers would be taken for others",
                node=entry.name,
                help="load the model by Keras 2 on TensorFlow, and save it there",
            )


def leaves(
    reader: KerasReader, found: KerasModel, path: tuple[KerasLayer, ...] = ()
) -> list[tuple[KerasLayer, ...]]:
    """Return all layers of a model, each after the models that hold it."""
    result = []
    for entry in found.layers:
        result.append((*path, entry))
        if entry.kind in MODELS:
            result += leaves(reader, reader.inner(entry), (*path, entry))
    return result


def of_layer(
    reader: KerasReader, graph: Graph, entry: KerasLayer, arrays: list[Array]
) -> dict[tuple[int, str], Array]:
    """Return the arrays of the nodes that a Keras layer became, from those of the file in order.

    Raises `SpecError` where they are not as many, or have not as many numbers.
    """
    result: dict[tuple[int, str], Array] = {}
    rest = list(arrays)
    for index in entry.made:
        node = graph.nodes[index]
        specs = reader.builder.facts(node.layer, node.inputs).params
        order = reader.orders.get(node.inputs[0]) if node.inputs else None
        for spec, numbers in converted(node.layer, specs, rest, order):
            if numbers.size != math.prod(spec.shape):
                raise reader.builder.error(
                    f"its `{spec.name}` has {numbers.size:,} numbers in the file, and"
                    f" {math.prod(spec.shape):,} are needed",
                    node=node.name,
                )
            result[index, spec.name] = numbers.reshape(spec.shape)
    if rest:
        raise reader.builder.error(f"the file holds {len(rest)} arrays more than it has",
                                   node=entry.name)  # fmt: skip
    return result
