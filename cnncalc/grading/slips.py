"""The wrong values that misconceptions lead to for one item, as far as each explains its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from cnncalc.grading.asked import QUANTITIES, Quantity, total
from cnncalc.grading.conventions import Conventions
from cnncalc.grading.misconceptions.counts import counts, other_bytes, site
from cnncalc.grading.misconceptions.layers import CHANGES
from cnncalc.grading.misconceptions.names import MISCONCEPTIONS
from cnncalc.grading.misconceptions.sights import sights
from cnncalc.grading.model import Item, NumberTruth, ShapeTruth
from cnncalc.grading.world import Change, World, applied, changed

if TYPE_CHECKING:
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape

T = TypeVar("T")
#: A shape, or a number; a `Fraction` that is whole is found under its integer.
Value = tuple[int, ...] | int | Fraction
#: Input sizes that are taken for one another: what AlexNet's paper prints and what it needs.
_CONFUSED = ((227, 224), (224, 227))


class Slips:
    """Misconceptions about one network, with the worlds that they lead to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._worlds: list[tuple[str, World, int]] | None = None

    def worlds(self, nodes: Sequence[int]) -> Iterator[tuple[str, World]]:
        """Yield the worlds that are not the right one at some of the nodes.

        In each every layer is believed otherwise, or the input is.
        """
        if self._worlds is None:
            self._worlds = [found for found in self._believed() if found[2]]
        for name, world, differs in self._worlds:
            if any(differs >> node & 1 for node in nodes):
                yield name, world

    def _believed(self) -> Iterator[tuple[str, World, int]]:
        for name, change in CHANGES:
            yield name, *changed(self.world, change)
        for index in self.world.graph.inputs:
            shape = self.world.shapes[index] or ()
            for size, other in _CONFUSED:
                if size in shape[1:]:
                    believed = (shape[0], *[other if n == size else n for n in shape[1:]])
                    yield "input_size", *changed(self.world, inputs={index: believed})

    def table(self, item: Item, world: World | None = None) -> dict[Value, str]:
        """Return wrong value → misconception, without values that several would explain.

        `world` is a student's own; then only slips at the item itself are looked for.
        """
        base = world or self.world
        names: dict[Value, set[str]] = {}
        for name, value in self._values(item, base, world is None):
            names.setdefault(value, set()).add(name)
        for found in names.values():
            if "input_size" in found:  # the paper itself prints the other size
                found.discard("missing_plus_one")
        right = _right(item) if world is None else self._right_in(item, base)
        return {
            value: next(iter(found))
            for value, found in names.items()
            if len(found) == 1 and value not in (right, _right(item)) and _positive(value)
        }

    def clashes(self, item: Item) -> int:
        """Return how many wrong values of an item have more than one misconception behind them."""
        names: dict[Value, set[str]] = {}
        # In a table the rows before tell a slip made everywhere from one made here.
        for name, value in self._values(item, self.world, not item.row):
            if MISCONCEPTIONS[name].worth != 0:
                names.setdefault(value, set()).add(name)
        right = _right(item)
        return sum(len(found) > 1 for value, found in names.items() if value != right)

    def _right_in(self, item: Item, world: World) -> Value | None:
        if isinstance(item.truth, ShapeTruth):
            shape = world.natural[item.nodes[-1]]
            return shape[1:] if shape and item.truth.spatial else shape
        if item.quantity not in QUANTITIES:
            return None
        return total(QUANTITIES[item.quantity], world, item.nodes, item.conventions)

    def _values(self, item: Item, base: World, everywhere: bool) -> Iterator[tuple[str, Value]]:
        if item.quantity == "receptive_field":
            if everywhere:
                yield from sights(base, item.nodes[-1])
        elif isinstance(item.truth, ShapeTruth):
            for name, shape in self._shapes(item.nodes[-1], base, everywhere):
                yield name, (shape[1:] if item.truth.spatial else shape)
        elif isinstance(item.truth, NumberTruth) and item.nodes:
            for name, value in self._numbers(item, base, everywhere):
                yield name, value

    def _shapes(self, node: int, base: World, everywhere: bool) -> Iterator[tuple[str, Shape]]:
        inputs = base.inputs[node]
        if inputs:
            for name, change in _concerning(base.layers[node]):
                _, shape = applied(base.layers[node], inputs, change)
                if shape is not None:
                    yield name, shape
            if len(inputs) == 1:
                yield "input_repeated", inputs[0]
        if everywhere:
            for name, world in self.worlds((node,)):
                found = world.shapes[node]
                if found is not None:
                    yield name, found

    def _numbers(self, item: Item, base: World, everywhere: bool) -> Iterator[tuple[str, int]]:
        quantity = QUANTITIES[item.quantity]
        conventions = item.conventions
        if not item.whole:
            yield from _local(quantity, base, item.nodes[-1], conventions)
        else:
            yield from _summed(quantity, base, item.nodes, conventions)
        for name, other in _otherwise(item.quantity, conventions):
            value = total(quantity, base, item.nodes, other)
            if value is not None:
                yield name, value
        if everywhere:
            for name, world in self.worlds(item.nodes):
                value = total(quantity, world, item.nodes, conventions)
                if value is not None:
                    yield name, value


def _concerning(layer: Layer) -> list[tuple[str, Change]]:
    return [(name, change) for name, change in CHANGES if change.concerns(layer)]


def _otherwise(quantity: str, conventions: Conventions) -> Iterator[tuple[str, Conventions]]:
    """Yield the conventions under which a count of parameters would be another."""
    if quantity not in ("params", "weight_bytes"):
        return
    if conventions.batch_norm == 2:
        yield "running_statistics", replace(conventions, batch_norm=4)
    else:
        yield "statistics_left_out", replace(conventions, batch_norm=2)
    if conventions.bias == "apart":
        yield "bias_added", replace(conventions, bias="counted")
    else:
        yield "bias_forgotten", replace(conventions, bias="apart")


def _local(
    quantity: Quantity, base: World, node: int, conventions: Conventions
) -> Iterator[tuple[str, int]]:
    """Yield what misconceptions make of a count at one layer."""
    place = site(base, node, conventions)
    if place is None:
        return
    yield from counts(quantity.name, place)
    fixed = quantity.shared and base.layers[node].keyword != "locally_connected"
    for name, change in _concerning(base.layers[node]):
        if fixed and change.layer is None:
            continue  # another window changes no weights
        value = quantity.count(_changed(base, node, change), node, conventions)
        if value is not None:
            yield name, value
    if quantity.name == "weights":
        yield "bias_added", place.weights + place.biases


def _changed(base: World, node: int, change: Change) -> World:
    """Return the world in which one layer is believed otherwise."""
    layer, shape = applied(base.layers[node], base.inputs[node] or (), change)

    def put(values: tuple[T, ...], value: T) -> tuple[T, ...]:
        return (*values[:node], value, *values[node + 1 :])

    return replace(
        base,
        layers=put(base.layers, layer),
        natural=put(base.natural, shape),
        shapes=put(base.shapes, shape),
    )


def _summed(
    quantity: Quantity, base: World, nodes: Sequence[int], conventions: Conventions
) -> Iterator[tuple[str, int]]:
    """Yield what misconceptions make of a sum: each made at every layer, or a layer left out."""
    own: list[int] = []
    others: list[dict[str, int]] = []
    for node in nodes:
        value = total(quantity, base, (node,), conventions)
        place = site(base, node, conventions)
        if value is None or place is None:
            return
        own.append(value)
        shared = quantity.shared and base.graph.nodes[node].shares is not None
        found: dict[str, int] = {}
        for name, other in () if shared else counts(quantity.name, place):
            found.setdefault(name, other)
        others.append(found)
    whole = sum(own)
    for name in {name for found in others for name in found}:
        yield name, sum(found.get(name, value) for found, value in zip(others, own, strict=True))
    for value in own:
        if 0 < value < whole:
            yield "row_left_out", whole - value
    if quantity.name.endswith("bytes"):
        yield from other_bytes(whole, conventions.itemsize)


def _right(item: Item) -> Value | None:
    if isinstance(item.truth, ShapeTruth):
        return item.truth.shape
    return item.truth.value if isinstance(item.truth, NumberTruth) else None


def _positive(value: Value) -> bool:
    return all(length > 0 for length in value) if isinstance(value, tuple) else value > 0
