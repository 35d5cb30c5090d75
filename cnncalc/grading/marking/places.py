"""The nodes that an item asks about, as wrong ways of counting see them, and all these ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from cnncalc.grading.conventions import Conventions
from cnncalc.grading.marking.believed_network import (
    BelievedNetwork,
    Change,
    FieldStep,
    Partial,
    Shapes,
    applied,
)
from cnncalc.grading.marking.own_answers import value_in
from cnncalc.grading.marking.slip_forms import Count, Site, maps_before
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.model import Item, Value
from cnncalc.grading.quantities import QUANTITIES, asked_of, is_of_shape
from cnncalc.layers.base import Layer

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

#: The ways of all slips, each with the slip's name.
WAYS = [(slip.name, way) for slip in SLIPS.values() for way in slip.ways]
CHANGES = [(name, way) for name, way in WAYS if isinstance(way, Change)]
COUNTS = [(name, way) for name, way in WAYS if isinstance(way, Count)]
STEPS = [(name, way) for name, way in WAYS if isinstance(way, FieldStep)]
#: All that bears on what is counted at a node: what it reads and gives, and the maps before it.
Place = tuple[int, Shapes | None, "Shape | None", tuple["Shape", "Shape"]]
Places = tuple[Place, ...]
#: What one node adds to a sum, and by how much more each wrong count of it; empty if unknown.
Part = tuple[int, ...]


def changes_of(layer: Layer) -> list[tuple[str, Change]]:
    """Return the changes that can make a difference to a layer."""
    found: list[tuple[str, Change]] | None = layer.recall(changes_of)
    if found is None:
        found = [pair for pair in CHANGES if pair[1].concerns(layer)]
        layer.remember(changes_of, found)
    return found


@cache
def counts_of(quantity: str) -> list[tuple[str, Count]]:
    """Return the wrong ways of counting a quantity, each with its slip's name."""
    return [(name, count) for name, count in COUNTS if quantity in count.quantities]


def places_of(item: Item, network: BelievedNetwork) -> Places:
    """Return all of a network that bears on what is counted at the nodes of an item."""
    shapes = network.natural if is_of_shape(item.quantity) else network.shapes
    return tuple([(node, network.inputs[node], shapes[node], maps_before(network, node))
                  for node in item.nodes])  # fmt: skip


@lru_cache(maxsize=64)
def _under(conventions: Conventions, **changes: Any) -> Conventions:
    return replace(conventions, **changes)


def site(item: Item, network: BelievedNetwork, node: int) -> Site:
    """Return a node as wrong ways of counting see it, in what an item asks of it."""
    conventions, of_shape = item.conventions, is_of_shape(item.quantity)

    def count(**changes: Any) -> int | None:
        under = _under(conventions, **changes) if changes else conventions
        return None if of_shape else QUANTITIES[item.quantity].count(network, node, under)

    follows = of_shape or network.params(node) is not None
    return Site(
        network, node, item.quantity,
        (network.natural if of_shape else network.shapes)[node] if follows else None, count,
        biased=conventions.bias == "counted" and item.quantity != "weights",
        unit=conventions.itemsize if item.quantity.endswith("bytes") else 1,
        flops=conventions.flops,
    )  # fmt: skip


def part_of(at: Site) -> Part:
    """Return what a node adds to a sum, and by how much more each wrong count of it."""
    if not at.known:
        return ()
    found = [at.value]
    for _, count in counts_of(at.quantity):
        value = count.values(at)[0] if count.applies(at) else None
        found.append(value - at.value if isinstance(value, int) else 0)
    return tuple(found)


def wrong_counts(
    item: Item, network: BelievedNetwork, stated: Partial
) -> Iterator[tuple[str, Value | None]]:
    """Yield what slips make of one node, whose output is as far as `stated`."""
    node = item.nodes[-1]
    at = site(item, network, node)
    if not at.known:
        return
    for name, count in counts_of(item.quantity):
        if count.applies(at):
            for value in count.values(at):
                yield name, asked_of(item.quantity, value) if isinstance(value, tuple) else value
    for name, change in changes_of(at.layer):
        if is_of_shape(item.quantity):
            output = applied(at.layer, at.inputs, change)[1]
            yield name, output and asked_of(item.quantity, output)
        else:
            yield name, value_in(network.changed_at(node, change, stated), item)
