"""The numbers of a Keras model, by the names of the graph that is read from it."""

from __future__ import annotations

import math

from cnncalc.exchange.keras.convert import converted
from cnncalc.exchange.keras.hdf5 import WeightsFile
from cnncalc.exchange.keras.model import MODELS
from cnncalc.exchange.keras.read import KerasReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.keras.model import KerasLayer, KerasModel
    from cnncalc.graph import Graph

    Array = NDArray[Any]


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
        for spec, numbers in converted(node.layer, specs, rest, reader.orders.get(order_of(node))):
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


def order_of(node: Any) -> int:
    """Return the node whose output a layer reads first."""
    return int(node.inputs[0]) if node.inputs else -1
