"""Misconceptions about counting: which numbers other ways of counting lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cnncalc.grading.conventions import Conventions
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.marking.windows import window_of
from cnncalc.grading.quantities import QUANTITIES
from cnncalc.layers.base import Layer
from cnncalc.layers.pool import Pool
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

#: Numbers that a misconception leads to, with its name.
Found = Iterator[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Site:
    """One layer with what it reads, produces and learns, as somebody believes it."""

    network: BelievedNetwork
    index: int
    conventions: Conventions
    layer: Layer
    inputs: tuple[Shape, ...]
    output: Shape
    weights: int
    biases: int

    @property
    def depth(self) -> int:
        """The input channels that one filter reads."""
        return max(1, self.inputs[0][0] // int(getattr(self.layer, "groups", 1)))

    @property
    def filters(self) -> int:
        """The output channels or features."""
        return self.output[0]

    @property
    def positions(self) -> int:
        """The positions of the window."""
        return product(self.output[1:])

    @property
    def kernel(self) -> tuple[int, ...]:
        """The window's size along each axis; empty if there is none."""
        windows = window_of(self.layer, self.inputs)
        return tuple(window.kernel for window in windows) if windows else ()


def site(network: BelievedNetwork, index: int, conventions: Conventions) -> Site | None:
    """Return a node as a site, or None where its shapes do not follow."""
    arrays, inputs, output = network.params(index), network.inputs[index], network.shapes[index]
    if arrays is None or not inputs or output is None:
        return None
    weights = sum(a.count for a in arrays if a.trainable and a.name != "bias")
    biases = sum(a.count for a in arrays if a.trainable and a.name == "bias")
    return Site(network, index, conventions, network.layers[index], inputs, output, weights, biases)


def counts(quantity: str, place: Site) -> Found:
    """Yield what misconceptions make of a count at one layer."""
    if quantity in ("params", "weights", "weight_bytes"):
        factor = place.conventions.itemsize if quantity == "weight_bytes" else 1
        biased = quantity != "weights" and place.conventions.bias == "counted"
        for name, weights, biases in _arrays(place):
            yield name, factor * (weights + (biases if biased else 0))
    elif quantity in ("macs", "flops", "connections"):
        yield from _operations(quantity, place)
    elif quantity in ("activations", "neurons", "activation_bytes"):
        factor = place.conventions.itemsize if quantity == "activation_bytes" else 1
        yield "depth_forgotten", factor * place.positions
        yield "input_repeated", factor * product(place.inputs[0])
        if len(place.output) == 3 and place.output[1] == place.output[2]:
            yield "side_for_area", factor * place.output[0] * place.output[1]
    elif quantity in ("height", "width", "length", "size"):
        yield "area_for_side", product(place.output[1:])
        yield "input_repeated", place.inputs[0][-1]
    if quantity.endswith("bytes"):
        yield from _bytes(quantity, place)


def _arrays(place: Site) -> Iterator[tuple[str, int, int]]:
    """Yield misconceptions of the weights: name, weights, biases."""
    weights, biases, kernel = place.weights, place.biases, place.kernel
    if isinstance(place.layer, Pool):
        taps, channels = product(kernel), place.inputs[0][0]
        for count in (taps * channels, taps, taps * channels * channels):
            yield "pool_with_weights", count, 0
            yield "pool_with_weights", count, channels
        return
    if place.layer.role == "norm" and biases:
        yield "norm_halved", weights, 0
    if place.layer.takes == "vector":
        yield from _flattened(place)
    if weights and biases > 1 and place.layer.role == "weighted":
        yield "one_bias", weights, 1
    if not kernel or not weights:
        return
    filters = place.filters
    yield "input_depth_ignored", weights // place.depth, biases
    yield "one_filter", weights // filters, biases // filters
    if len(kernel) > 1 and len(set(kernel)) == 1:
        yield "side_for_area", weights // product(kernel[1:]), biases
    if biases:
        yield "bias_per_slice", weights, biases * place.depth
    if not place.layer.weighs_places:
        yield "positions_counted", weights * place.positions, biases * place.positions
        yield "positions_counted", weights * place.positions, biases


def passes_on(layer: Layer) -> bool:
    """Tell whether a layer keeps the shape between a flatten and a linear layer."""
    return layer.role == "activation" or (layer.is_view and not layer.flattens)


def _flattened(place: Site) -> Iterator[tuple[str, int, int]]:
    """Yield what becomes of a linear layer whose input was not flattened as it should be."""
    network, nodes = place.network, place.network.graph.nodes
    source = nodes[place.index].inputs[0]
    while passes_on(nodes[source].layer):
        source = nodes[source].inputs[0]
    if not nodes[source].layer.flattens:
        return
    volume = network.shapes[nodes[source].inputs[0]]
    if volume is None:
        return
    yield "flatten_forgotten", volume[0] * place.filters, place.biases
    before = nodes[source].inputs[0]
    while nodes[before].inputs and not isinstance(nodes[before].layer, Pool):
        if window_of(nodes[before].layer, network.inputs[before] or ()) is not None:
            return
        before = nodes[before].inputs[0]
    if nodes[before].inputs:
        unpooled = network.shapes[nodes[before].inputs[0]]
        if unpooled is not None:
            yield "pool_skipped", product(unpooled) * place.filters, place.biases


def _operations(quantity: str, place: Site) -> Found:
    """Yield misconceptions of MACs, FLOPs and connections."""
    ops = place.network.ops(place.index, place.output)
    if ops is None:
        return
    macs = ops.macs
    rule = place.conventions.flops
    factor = 2 if quantity == "flops" and rule != "macs" else 1
    rest = ops.adds if quantity == "connections" else 0
    if quantity == "flops" and rule == "default":
        rest = ops.flops - 2 * macs
    if quantity == "flops" and factor == 2:
        yield "mac_for_flop", macs
    if factor == 1 and quantity != "connections":
        yield "flop_for_mac", 2 * macs
    if quantity == "flops" and rule != "default":
        everything = replace(place.conventions, flops="default")
        value = QUANTITIES["flops"].count(place.network, place.index, everything)
        if value is not None:
            yield "other_operations", value
    if quantity == "macs" and ops.adds:
        yield "other_operations", macs + ops.adds
    if quantity == "connections":
        yield "params_for_connections", place.weights + place.biases
        yield "bias_forgotten", macs
    if not place.kernel or not macs:
        return
    yield "input_depth_ignored", factor * (macs // place.depth) + rest
    yield "filters_forgotten", factor * (macs // place.filters) + rest // place.filters
    if quantity != "connections":  # there it is the number of parameters
        yield "positions_forgotten", factor * (macs // place.positions) + rest // place.positions
    if len(place.kernel) > 1 and len(set(place.kernel)) == 1:
        yield "side_for_area", factor * (macs // product(place.kernel[1:])) + rest
    wide = place.network.ops(place.index, (place.output[0], *place.inputs[0][1:]))
    if wide is not None and place.layer.slides:
        yield "input_positions", factor * wide.macs + (wide.adds if rest else 0)


def _bytes(quantity: str, place: Site) -> Found:
    value = QUANTITIES[quantity].count(place.network, place.index, place.conventions)
    if value is not None:
        yield from other_bytes(value, place.conventions.itemsize)


def other_bytes(value: int, itemsize: int) -> Found:
    """Yield what becomes of a number of bytes when values are measured otherwise."""
    yield "values_for_bytes", value // itemsize
    yield "bits_for_bytes", value * 8
    for size in (2, 4, 8):
        if size != itemsize:
            yield "other_dtype", value // itemsize * size
