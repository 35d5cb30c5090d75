"""What a student's own answers say about a network, and what would follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.asked import FROM_OUTPUT, QUANTITIES, total
from cnncalc.grading.compare import Judged
from cnncalc.grading.conventions import Conventions
from cnncalc.grading.fields import fields
from cnncalc.grading.model import Item, NumberTruth, ShapeTruth
from cnncalc.grading.world import World, explore

Value = tuple[int, ...] | int | Fraction
Following = tuple[Value, tuple[str, ...]]

AXES = {
    "height": slice(1, 2),
    "width": slice(2, 3),
    "size": slice(1, None),
    "channels": slice(0, 1),
}


@dataclass(slots=True)
class Beliefs:
    """The wrong answers of one student about one network, as far as other answers build on them.

    `shapes` and `sights` (sizes of receptive fields) are by node; `numbers` by quantity and nodes,
    right ones included. `sources` says which item each node's belief comes from.
    """

    base: World
    shapes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    sights: dict[int, tuple[int, ...]] = field(default_factory=dict)
    numbers: dict[tuple[str, tuple[int, ...]], tuple[Fraction, str, bool]] = field(
        default_factory=dict
    )
    sources: dict[int, str] = field(default_factory=dict)
    _world: World | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing wrong is believed on which anything could build."""
        wrong = any(not correct for _, _, correct in self.numbers.values())
        return not (self.shapes or self.sights or wrong)

    @property
    def world(self) -> World:
        """The network with the student's own shapes in it."""
        if self._world is None:
            self._world = explore(self.base.graph, None, self.shapes) if self.shapes else self.base
        return self._world

    def add(self, item: Item, judged: Judged) -> None:
        """Take note of one answer, right or wrong."""
        if not judged.candidates or not item.nodes:
            return
        value = judged.candidates[0].value
        node = item.nodes[-1]
        correct = judged.verdict in ("accept", "accept_note")
        if isinstance(item.truth, NumberTruth) and isinstance(value, Fraction):
            right = item.truth.value if correct else value
            self.numbers.setdefault((item.quantity, item.nodes), (right, item.id, correct))
        if correct or item.whole:
            return
        if item.quantity == "receptive_field" and isinstance(value, tuple):
            self.sights[node] = value
            self.sources.setdefault(node, item.id)
        elif isinstance(item.truth, ShapeTruth) and isinstance(value, tuple):
            right_shape = self.base.shapes[node] or ()
            shape = (*right_shape[:1], *value) if item.truth.spatial else value
            self._believe(node, shape, item.id)
        elif item.quantity in AXES and isinstance(value, Fraction):
            self._believe(node, self._with_axis(node, item.quantity, value), item.id)

    def _with_axis(self, node: int, quantity: str, value: Fraction) -> tuple[int, ...]:
        shape = list(self.shapes.get(node) or self.base.shapes[node] or ())
        where = AXES[quantity]
        if value.denominator == 1 and value > 0:
            shape[where] = [int(value)] * len(shape[where])
        return tuple(shape)

    def _believe(self, node: int, shape: tuple[int, ...], source: str) -> None:
        right = self.base.shapes[node] or ()
        if len(shape) == len(right) and shape != right and max(shape) < 10**6:
            self.shapes[node] = shape
            self.sources[node] = source

    def touch(self, item: Item) -> bool:
        """Tell whether the student's shapes change what an item is computed from."""
        world, base = self.world, self.base
        return any(
            world.inputs[node] != base.inputs[node] or world.shapes[node] != base.shapes[node]
            for node in item.nodes
        )

    def follows(self, item: Item, ancestors: Mapping[int, int]) -> Iterator[Following]:
        """Yield what an item would be if the student's other answers were right, and from which."""
        if item.quantity == "receptive_field":
            yield from self._sights(item, ancestors)
        elif isinstance(item.truth, ShapeTruth):
            shape = self.world.natural[item.nodes[-1]]
            if shape is not None:
                own = shape[1:] if item.truth.spatial else shape
                yield own, self._from(item, item.nodes, ancestors, own_output=False)
        elif isinstance(item.truth, NumberTruth) and item.quantity in QUANTITIES:
            yield from self._numbers(item, ancestors)

    def _sights(self, item: Item, ancestors: Mapping[int, int]) -> Iterator[Following]:
        node = item.nodes[-1]
        others = {index: sizes for index, sizes in self.sights.items() if index != node}
        found = fields(self.world, replaced=others)[node] if others else None
        if found is not None:
            yield (
                tuple(one.size for one in found),
                self._from(item, item.nodes, ancestors, own_output=False),
            )

    def _numbers(self, item: Item, ancestors: Mapping[int, int]) -> Iterator[Following]:
        quantity, conventions = QUANTITIES[item.quantity], item.conventions
        if self.shapes:
            outputs = quantity.name in FROM_OUTPUT
            sources = self._from(item, item.nodes, ancestors, own_output=outputs)
            if sources:
                value = total(quantity, self.world, item.nodes, conventions)
                if value is not None:
                    yield Fraction(value), sources
        if item.whole:
            yield from self._own_sum(item)
        yield from self._related(item)

    def _own_sum(self, item: Item) -> Iterator[Following]:
        """Yield the sum of the student's own rows, the believed values standing in for the rest."""
        left, result, sources = set(item.nodes), Fraction(0), []
        for (quantity, nodes), (value, source, correct) in self.numbers.items():
            if quantity == item.quantity and nodes != item.nodes and left >= set(nodes):
                left -= set(nodes)
                result += value
                if not correct:
                    sources.append(source)
        rest = total(QUANTITIES[item.quantity], self.world, sorted(left), item.conventions)
        if rest is not None and sources:
            yield result + rest, tuple(sources)

    def _related(self, item: Item) -> Iterator[Following]:
        """Yield what follows from other quantities of the same nodes: MACs lead to FLOPs."""
        rules = _rules(item.conventions.itemsize, item.conventions.flops)
        for rule in rules.get(item.quantity, ()):
            found = [(self.numbers.get((name, item.nodes)), weight) for name, weight in rule]
            parts = [(own, weight) for own, weight in found if own is not None]
            wrong = tuple(own[1] for own, _ in parts if not own[2])
            if len(parts) == len(rule) and wrong:
                yield sum((own[0] * weight for own, weight in parts), Fraction(0)), wrong

    def _from(
        self, item: Item, nodes: Sequence[int], ancestors: Mapping[int, int], own_output: bool
    ) -> tuple[str, ...]:
        """Return the items, nearest first, whose wrong answers the given nodes build on."""
        mask = 0
        for node in nodes:
            mask |= ancestors[node] | ((1 << node) if own_output else 0)
        wrong = self.sights if item.quantity == "receptive_field" else self.shapes
        found = [node for node in sorted(wrong, reverse=True) if mask >> node & 1]
        return tuple(
            dict.fromkeys(self.sources[node] for node in found if self.sources[node] != item.id)
        )


def related(conventions: Conventions, quantity: str) -> frozenset[str]:
    """Return the quantities of the same nodes from which a quantity can follow."""
    rules = _rules(conventions.itemsize, conventions.flops).get(quantity, ())
    return frozenset(name for rule in rules for name, _ in rule)


@lru_cache(maxsize=64)
def _rules(size: int, flops: str) -> dict[str, tuple[tuple[tuple[str, Fraction | int], ...], ...]]:
    """Return how quantities of the same nodes make up others: sums of quantity × weight."""
    factor = {"2macs": 2, "macs": 1}.get(flops, 0)
    return {
        "params": ((("weights", 1), ("biases", 1)),),
        "weights": ((("params", 1), ("biases", -1)),),
        "flops": ((("macs", factor),),) if factor else (),
        "macs": ((("flops", Fraction(1, factor)),),) if factor else (),
        "weight_bytes": ((("params", size),),),
        "activation_bytes": ((("activations", size),),),
        "neurons": ((("activations", 1),),),
        "activations": ((("neurons", 1),),),
    }


def ancestors_of(world: World) -> dict[int, int]:
    """Return for every node the set of nodes it is computed from, as a bit mask."""
    result: dict[int, int] = {}
    for index, node in enumerate(world.graph.nodes):
        mask = 0
        for source in node.inputs:
            mask |= result[source] | (1 << source)
        result[index] = mask
    return result
