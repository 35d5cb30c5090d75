"""Misconceptions about counting: which numbers other ways of counting lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cnncalc.grading.conventions import Conventions
from cnncalc.grading.marking.believed_network import BelievedNetwork
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
    """One layer with what it reads, produces and learns, as somebody believes it.

    `positions` are those of the window, `kernel` its size along each axis (empty if there is none).
    """

    network: BelievedNetwork
    index: int
    layer: Layer
    inputs: tuple[Shape, ...]
    output: Shape
    weights: int
    biases: int
    positions: int
    kernel: tuple[int, ...]

    @property
    def depth(self) -> int:
        """The input channels that one filter reads."""
        return max(1, self.inputs[0][0] // int(getattr(self.layer, "groups", 1)))

    @property
    def side(self) -> int:
        """The factor from a square or cubic window to its side; 1 if there is no such window."""
        return product(self.kernel[1:]) if len(set(self.kernel)) == 1 else 1


def site(network: BelievedNetwork, index: int) -> Site | None:
    """Return a node as a site, or None where its shapes do not follow."""
    arrays, inputs, output = network.params(index), network.inputs[index], network.shapes[index]
    if arrays is None or not inputs or output is None:
        return None
    layer = network.layers[index]
    return Site(
        network, index, layer, inputs, output,
        weights=sum(a.count for a in arrays if a.trainable and a.name != "bias"),
        biases=sum(a.count for a in arrays if a.trainable and a.name == "bias"),
        positions=product(output[1:]),
        kernel=tuple([window.kernel for window in network.windows(index) or ()]),
    )  # fmt: skip


def counts(quantity: str, place: Site, conventions: Conventions) -> Found:
    """Yield what misconceptions make of a count at one layer."""
    in_bytes = quantity.endswith("bytes")
    factor = conventions.itemsize if in_bytes else 1
    if quantity in ("params", "weights", "weight_bytes"):
        biased = quantity != "weights" and conventions.bias == "counted"
        for name, weights, biases in _arrays(place):
            yield name, factor * (weights + (biases if biased else 0))
    elif quantity in ("macs", "flops", "connections"):
        yield from _operations(quantity, place, conventions)
    elif quantity in ("activations", "neurons", "activation_bytes"):
        yield "depth_forgotten", factor * place.positions
        yield "input_repeated", factor * product(place.inputs[0])
        if len(place.output) == 3 and place.output[1] == place.output[2]:
            yield "side_for_area", factor * place.output[0] * place.output[1]
    if in_bytes:
        value = QUANTITIES[quantity].count(place.network, place.index, conventions)
        yield from other_bytes(value or 0, factor)


def other_bytes(value: int, itemsize: int) -> Found:
    """Yield what becomes of a number of bytes when values are measured otherwise."""
    yield "values_for_bytes", value // itemsize
    yield "bits_for_bytes", value * 8
    for size in (2, 4, 8):
        if size != itemsize:
            yield "other_dtype", value // itemsize * size


def _arrays(place: Site) -> Iterator[tuple[str, int, int]]:
    """Yield misconceptions of the weights: name, weights, biases."""
    weights, biases = place.weights, place.biases
    if isinstance(place.layer, Pool):
        taps, channels = product(place.kernel), place.inputs[0][0]
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
    if not place.kernel or not weights:
        return
    filters = place.output[0]
    yield "input_depth_ignored", weights // place.depth, biases
    yield "one_filter", weights // filters, biases // filters
    if place.side > 1:
        yield "side_for_area", weights // place.side, biases
    yield "bias_per_slice", weights, biases * place.depth
    if not place.layer.weighs_places:
        yield "positions_counted", weights * place.positions, biases * place.positions
        yield "positions_counted", weights * place.positions, biases


def _flattened(place: Site) -> Iterator[tuple[str, int, int]]:
    """Yield what becomes of a linear layer whose input was not flattened as it should be."""
    network, nodes = place.network, place.network.graph.nodes

    def passes_on(layer: Layer) -> bool:
        return layer.role == "activation" or (layer.is_view and not layer.flattens)

    source = nodes[place.index].inputs[0]
    while passes_on(nodes[source].layer):
        source = nodes[source].inputs[0]
    if not nodes[source].layer.flattens:
        return
    before = nodes[source].inputs[0]
    volume = network.shapes[before]
    if volume is None:
        return
    yield "flatten_forgotten", volume[0] * place.output[0], place.biases
    while nodes[before].inputs and network.windows(before) is None:
        before = nodes[before].inputs[0]
    if isinstance(nodes[before].layer, Pool):
        unpooled = network.shapes[nodes[before].inputs[0]]
        if unpooled is not None:
            yield "pool_skipped", product(unpooled) * place.output[0], place.biases


def _operations(quantity: str, place: Site, conventions: Conventions) -> Found:
    """Yield misconceptions of MACs, FLOPs and connections."""
    ops = place.network.ops(place.index, place.output)
    if ops is None:
        return
    macs, rule = ops.macs, conventions.flops
    factor = 2 if quantity == "flops" and rule != "macs" else 1
    rest = ops.adds if quantity == "connections" else 0
    if quantity == "flops" and rule == "default":
        rest = ops.flops - 2 * macs
    if quantity == "connections":
        yield "params_for_connections", place.weights + place.biases
        yield "bias_forgotten", macs
    elif factor == 2:
        yield "mac_for_flop", macs
    else:
        yield "flop_for_mac", 2 * macs
    if quantity == "macs" and ops.adds:
        yield "other_operations", macs + ops.adds
    if quantity == "flops" and rule != "default":
        everything = replace(conventions, flops="default")
        value = QUANTITIES["flops"].count(place.network, place.index, everything)
        if value is not None:
            yield "other_operations", value
    if not place.kernel or not macs:
        return
    filters, positions = place.output[0], place.positions
    yield "input_depth_ignored", factor * (macs // place.depth) + rest
    yield "filters_forgotten", factor * (macs // filters) + rest // filters
    if quantity != "connections":  # there it is the number of parameters
        yield "positions_forgotten", factor * (macs // positions) + rest // positions
    if place.side > 1:
        yield "side_for_area", factor * (macs // place.side) + rest
    wide = place.network.ops(place.index, (filters, *place.inputs[0][1:]))
    if wide is not None and place.layer.slides:
        yield "input_positions", factor * wide.macs + (wide.adds if rest else 0)
