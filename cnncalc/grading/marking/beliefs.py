"""What a student's own answers say about a network, and what would follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.grading.marking.believed_network import BelievedNetwork, applied, led, overlaid
from cnncalc.grading.marking.claims import AXES, Claim
from cnncalc.grading.marking.dependencies import Sources, nearest, rules_for
from cnncalc.grading.marking.fields import Fields, walk
from cnncalc.grading.marking.stated_shapes import Part, Parts, StatedShapes, combined, hiding
from cnncalc.grading.model import Item, NumberTruth, ShapeTruth
from cnncalc.grading.quantities import FROM_OUTPUT, QUANTITIES, total

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

Value = tuple[int, ...] | int | Fraction
Following = tuple[Value, tuple[str, ...]]

#: Quantities that nothing but the output's shape leads to.
OUTPUT_ONLY = ("activations", "neurons", "activation_bytes")


@dataclass(slots=True)
class Beliefs:
    """The answers of one student about one network, as far as other answers build on them.

    Right answers count too: who got back on the right way goes on from there. `parts` are what was
    answered of each node's shape, `sights` the sizes of receptive fields and the item if wrong;
    `numbers` are by quantity and nodes.
    """

    base: BelievedNetwork
    ancestors: Mapping[int, int]
    parts: dict[int, list[Part]] = field(default_factory=dict)
    sights: dict[int, tuple[tuple[int, ...], str]] = field(default_factory=dict)
    numbers: dict[tuple[str, tuple[int, ...]], tuple[Fraction, str, bool]] = field(
        default_factory=dict
    )
    #: The position of every item that was answered, wrong or right.
    positions: dict[str, int] = field(default_factory=dict)
    empty: bool = True
    #: What follows from shapes, by what is said of them: shared by students who say the same.
    known: dict[Parts, StatedShapes] = field(default_factory=dict)
    _told: StatedShapes | None = None
    _blur: Sources | None = None
    _past: Beliefs | None = None
    _hiding: int | None = None
    _fields: list[tuple[Fields | None, Fields | None]] | None = None

    @property
    def fields(self) -> list[tuple[Fields | None, Fields | None]]:
        """The receptive fields that follow from the student's own, and those."""
        if self._fields is None:
            own = {node: sizes for node, (sizes, _) in self.sights.items()}
            self._fields = walk(self.world, replaced=own)
        return self._fields

    @property
    def told(self) -> StatedShapes:
        """What all answers about shapes say together."""
        if self._told is None:
            parts = tuple([(node, tuple(own)) for node, own in self.parts.items()])
            self._told = self.known.get(parts)
            if self._told is None:
                self._told = self.known[parts] = StatedShapes(self.base, self.ancestors, parts)
        return self._told

    @property
    def world(self) -> BelievedNetwork:
        """The network with the student's own shapes in it."""
        return self.told.world

    def add(self, claim: Claim) -> None:
        """Take note of one answer, right or wrong."""
        position = self.positions[claim.item] = len(self.positions)
        wrong, node = claim.wrong, claim.nodes[-1]
        if wrong:
            self.empty = False
        if claim.number is not None:
            known = (claim.number, claim.item, not wrong)
            self.numbers.setdefault((claim.quantity, claim.nodes), known)
        if claim.lengths is not None:
            self.parts.setdefault(node, []).append(Part(position, claim.lengths, wrong))
        elif claim.size is not None:
            self.sights.setdefault(node, (claim.size, wrong))

    def touch(self, item: Item) -> bool:
        """Tell whether the student's shapes change what an item is computed from."""
        if self.empty:
            return False
        if item.quantity == "receptive_field":
            return self._blurred_before(item.nodes[-1])
        world, base = self.world, self.base
        own = item.quantity in FROM_OUTPUT
        return any(
            world.inputs[node] != base.inputs[node]
            or (own and world.shapes[node] != base.shapes[node])
            for node in item.nodes
        )

    def seen(self, mask: int) -> dict[int, tuple[int, ...]]:
        """Return the receptive fields that were answered of a set of nodes."""
        return {node: sizes for node, (sizes, _) in self.sights.items() if mask >> node & 1}

    def contradict(self, nodes: Sequence[int], claims: Sequence[Shape | None]) -> bool:
        """Tell whether shapes that were answered of some nodes are others than claimed."""
        for node in nodes:
            claim = claims[node]
            parts = self.parts.get(node)
            if parts and claim is not None and overlaid(combined(parts), claim) != claim:
                return True
        return False

    def contradict_sights(self, nodes: Sequence[int], claims: Sequence[Shape | None]) -> bool:
        """Tell whether receptive fields that were answered of some nodes are not as claimed."""
        return any(node in self.sights and self.sights[node][0] != claims[node] for node in nodes)

    def follows(self, item: Item) -> Iterator[Following]:
        """Yield what an item would be if the student's other answers were right, and from which.

        First from the nearest answers; then from the wrong ones before, past the right ones: who
        mends one answer of a chain has not made the next ones worse.
        """
        if self.empty:
            return
        yield from self._follows(item)
        if self._hiding is None:
            seen = [(node, wrong) for node, (_, wrong) in self.sights.items()]
            self._hiding = self.told.hiding | hiding(seen, self.ancestors)
        if any(self._hiding & (self.ancestors[node] | 1 << node) for node in item.nodes):
            if self._past is None:
                self._past = self._wrong_alone()
            yield from self._past._follows(item)

    def _wrong_alone(self) -> Beliefs:
        """Return the beliefs without what was answered rightly of shapes and fields."""
        parts = {
            node: wrong
            for node, own in self.parts.items()
            if (wrong := [part for part in own if part.wrong])
        }
        sights = {node: own for node, own in self.sights.items() if own[1]}
        return Beliefs(
            self.base,
            self.ancestors,
            parts,
            sights,
            self.numbers,
            self.positions,
            False,
            self.known,
        )

    def _follows(self, item: Item) -> Iterator[Following]:
        if item.quantity == "receptive_field":
            yield from self._sights(item)
        elif isinstance(item.truth, ShapeTruth) or item.quantity in AXES:
            for shape, sources in self._shapes(item.nodes[-1], item):
                value = _asked(item, shape)
                if value is not None:
                    yield value, sources
        elif isinstance(item.truth, NumberTruth) and item.quantity in QUANTITIES:
            yield from self._numbers(item)

    def _shapes(self, node: int, item: Item) -> Iterator[tuple[Shape, tuple[str, ...]]]:
        """Yield the shapes of a node that follow: from its inputs, or from its axes alone."""
        natural, sources = self.world.natural[node], self.told.sources[0][node]
        if natural is None:
            return
        if sources:
            yield natural, sources
            yield from [(shape, sources) for shape in self._merged(node)]
        position = self.positions.get(item.id, 0)
        earlier = [part for part in self.parts.get(node, ()) if part.position < position]
        wrong = tuple(dict.fromkeys(part.wrong for part in earlier if part.wrong))
        shape = overlaid(combined(earlier), natural) if wrong else None
        if shape is not None:
            yield shape, (*wrong, *sources)

    def _merged(self, node: int) -> Iterator[Shape]:
        """Yield what a merge may be said to return if its branches do not go together."""
        world = self.world
        given = [shape for one in world.graph.nodes[node].inputs if (shape := world.shapes[one])]
        if len({shape[1:] for shape in given}) < 2 and len(set(given)) < 2:
            return
        for lead in given:
            for inputs in led(lead, tuple(given)):
                shape = applied(world.layers[node], inputs, None)[1]
                if shape is not None:
                    yield shape
                    break

    def _sights(self, item: Item) -> Iterator[Following]:
        node = item.nodes[-1]
        if not self._blurred_before(node):
            return
        if self._blur is None:
            answered = {
                node: (True, (wrong,) if wrong else ()) for node, (_, wrong) in self.sights.items()
            }
            self._blur = nearest(self.base.graph, answered)
        found, sources = self.fields[node][0], self._blur[0][node]
        if found is not None and sources:
            yield tuple(one.size for one in found), sources

    def _blurred_before(self, node: int) -> bool:
        """Tell whether a wrong field was answered of a node that comes before another."""
        return any(wrong and other < node for other, (_, wrong) in self.sights.items())

    def _numbers(self, item: Item) -> Iterator[Following]:
        quantity = QUANTITIES[item.quantity]
        before, own = self.told.sources
        nodes = item.nodes
        if quantity.name in OUTPUT_ONLY:
            found = [one for node in nodes for one in own[node]]
        elif quantity.name in FROM_OUTPUT:
            found = [one for node in nodes for one in (*own[node], *before[node])]
        else:
            found = [one for node in nodes for one in before[node]]
        sources = tuple(dict.fromkeys(found))
        if sources:
            value = self.told.total(item)
            if value is not None:
                yield value, sources
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
        if sources:
            rest = total(QUANTITIES[item.quantity], self.world, sorted(left), item.conventions)
            if rest is not None:
                yield result + rest, tuple(sources)

    def _related(self, item: Item) -> Iterator[Following]:
        """Yield what follows from other quantities of the same nodes: MACs lead to FLOPs.

        Only what was answered before counts: two wrong answers may not excuse one another.
        """
        position = self.positions.get(item.id, 0)
        for rule in rules_for(item.conventions, item.quantity):
            found = [(self.numbers.get((name, item.nodes)), weight) for name, weight in rule]
            parts = [(own, weight) for own, weight in found if own is not None]
            wrong = tuple(own[1] for own, _ in parts if not own[2])
            earlier = all(self.positions[source] < position for source in wrong)
            if len(parts) == len(rule) and wrong and earlier:
                yield sum((own[0] * weight for own, weight in parts), Fraction(0)), wrong


def _asked(item: Item, shape: Shape) -> Value | None:
    """Return what an item asks of a shape; None if the shape has no such axis."""
    if isinstance(item.truth, ShapeTruth):
        return shape[1:] if item.truth.spatial else shape
    lengths = set(shape[AXES[item.quantity]])
    return lengths.pop() if len(lengths) == 1 else None
