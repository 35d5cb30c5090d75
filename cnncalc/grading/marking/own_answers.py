"""What a student states of one network, right and wrong, and what would follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from cnncalc.grading.judgement import Judged, Value
from cnncalc.grading.marking.believed_network import BelievedNetwork, Partial, changed, overlaid
from cnncalc.grading.marking.field_slips import Fields, sizes_of, walk
from cnncalc.grading.model import Item
from cnncalc.grading.quantities import (
    AXES,
    FROM_OUTPUT,
    OUTPUT_ONLY,
    QUANTITIES,
    asked_of,
    is_of_shape,
    total,
)
from cnncalc.graph import Graph

#: Lengths beyond this are no answers to go on from.
LONGEST = 10**9
Names = tuple[str, ...]
Following = tuple[Value, Names]
#: A sum of quantities, each with its weight.
Rule = tuple[tuple[str, Fraction | int], ...]


class Statement(NamedTuple):
    """What an answer to an item states, right or `wrong` (then the item's id).

    Of its last node: `lengths` of the shape, as far as given, or the `size` of the receptive
    field. Of all its nodes together: a `number`. `position` is that of the item.
    """

    item: str
    quantity: str
    nodes: tuple[int, ...]
    wrong: str
    position: int
    number: Fraction | None = None
    lengths: Partial | None = None
    size: tuple[int, ...] | None = None


def statement_of(
    network: BelievedNetwork, item: Item, judged: Judged, position: int
) -> Statement | None:
    """Return what a judged answer states of the right `network`; None if it says nothing."""
    if not judged.candidates or not item.nodes:
        return None
    value = judged.candidates[0].value
    wrong = "" if judged.verdict in ("accept", "accept_note") else item.id
    stated = Statement(item.id, item.quantity, item.nodes, wrong, position)
    right = network.shapes[item.nodes[-1]] or ()
    if isinstance(value, Fraction):
        stated = stated._replace(number=value)
        if item.quantity not in AXES or item.whole or value.denominator != 1:
            return stated
        axis = range(len(right))[AXES[item.quantity]]
        lengths: Partial = tuple([int(value) if i in axis else None for i in range(len(right))])
    elif item.quantity == "receptive_field":
        return stated._replace(size=value)
    else:
        lengths = (None, *value) if item.quantity == "spatial" else value
    known = [length for length in lengths if length is not None]
    fits = len(lengths) == len(right) and known and min(known) > 0 and max(known) < LONGEST
    return stated._replace(lengths=lengths) if fits else stated


class OwnNetwork:
    """The network in which what a student stated of shapes and receptive fields holds.

    `lengths` are what is stated of each node's shape, `sizes` of its receptive field.
    """

    def __init__(self, right: BelievedNetwork, statements: Sequence[Statement]) -> None:
        self.lengths: dict[int, Partial] = {}
        self.sizes: dict[int, tuple[int, ...]] = {}
        wrong: dict[int, list[str]] = {}
        wrong_fields: dict[int, list[str]] = {}
        for one in statements:
            node = one.nodes[-1]
            if one.lengths is not None:  # of several that speak of one length the last counts
                known = self.lengths.get(node, one.lengths)
                pairs = zip(one.lengths, known, strict=True)
                self.lengths[node] = tuple([old if new is None else new for new, old in pairs])
                wrong.setdefault(node, []).extend([one.wrong] if one.wrong else [])
            elif one.size is not None and node not in self.sizes:
                self.sizes[node] = one.size
                wrong_fields[node] = [one.wrong] if one.wrong else []
        self.network = changed(right, stated=self.lengths, mending=True)[0]
        self.before, self.own = _nearest(right.graph, self.lengths, wrong)
        self.fields_before, _ = _nearest(right.graph, self.sizes, wrong_fields)
        self._fields: list[tuple[Fields | None, Fields | None]] | None = None
        self._values: dict[str, Value | None] = {}

    @property
    def fields(self) -> list[tuple[Fields | None, Fields | None]]:
        """The receptive fields that follow from the student's own, and those."""
        if self._fields is None:
            self._fields = walk(self.network, replaced=self.sizes)
        return self._fields

    def value(self, item: Item) -> Value | None:
        """Return what an item would be in the student's own network."""
        if item.id not in self._values:
            field = self.fields[item.nodes[-1]][0] if item.quantity == "receptive_field" else None
            self._values[item.id] = value_in(self.network, item, field)
        return self._values[item.id]

    def sources(self, item: Item) -> Names:
        """Return the wrong answers that an item builds on."""
        found: list[str] = []
        for node in item.nodes:
            if item.quantity == "receptive_field":
                found += self.fields_before[node]
                continue
            found += self.own[node] if item.quantity in FROM_OUTPUT else ()
            found += () if item.quantity in OUTPUT_ONLY else self.before[node]
        return tuple(dict.fromkeys(found))


def value_in(network: BelievedNetwork, item: Item, field: Fields | None) -> Value | None:
    """Return what an item is in a network (a `field` where that is asked for), or None."""
    if not item.nodes:
        return None
    if item.quantity == "receptive_field":
        return None if field is None else sizes_of(field)
    if is_of_shape(item.quantity):
        shape = network.natural[item.nodes[-1]]
        return None if shape is None else asked_of(item.quantity, shape)
    if item.quantity in QUANTITIES:
        return total(QUANTITIES[item.quantity], network, item.nodes, item.conventions)
    return None


def _nearest(
    graph: Graph, stated: Mapping[int, Sequence[int | None]], wrong: Mapping[int, list[str]]
) -> tuple[list[Names], list[Names]]:
    """Return for every node the nearest wrong answers before it, and those about it or before it.

    What was `stated` of a node as a whole hides what comes before.
    """
    if not any(wrong.values()):
        nothing: list[Names] = [()] * len(graph.nodes)
        return nothing, nothing
    before: list[Names] = []
    own: list[Names] = []
    for index, node in enumerate(graph.nodes):
        found = tuple(dict.fromkeys([name for source in node.inputs for name in own[source]]))
        before.append(found)
        if index in stated:
            names = tuple(wrong.get(index, ()))
            hides = None not in stated[index]
            found = names if hides else tuple(dict.fromkeys((*names, *found)))
        own.append(found)
    return before, own


class OwnAnswers:
    """The answers of one student about one network, right and wrong, as others build on them.

    `network_of` returns the network in which some statements hold. In `everything` all of them do.
    """

    def __init__(
        self,
        network_of: Callable[[tuple[Statement, ...]], OwnNetwork],
        statements: Sequence[Statement],
    ) -> None:
        self.statements = statements
        self.any_wrong = any(one.wrong for one in statements)
        self.about_shapes = tuple([one for one in statements if one.lengths or one.size])
        self.numbers: dict[tuple[str, tuple[int, ...]], Statement] = {}
        for one in statements:
            if one.number is not None:
                self.numbers.setdefault((one.quantity, one.nodes), one)
        self._network_of = network_of
        self._everything: OwnNetwork | None = None

    @property
    def everything(self) -> OwnNetwork:
        """The network with all answers in it."""
        if self._everything is None:
            self._everything = self._network_of(self.about_shapes)
        return self._everything

    def _networks(self) -> Iterator[OwnNetwork]:
        """Yield the network with all answers in it, then one with the wrong ones alone.

        Who mends one answer of a chain has not made the next ones worse.
        """
        yield self.everything
        wrong = tuple([one for one in self.about_shapes if one.wrong])
        first = min([one.nodes[-1] for one in wrong], default=-1)
        if wrong and any(not one.wrong and one.nodes[-1] >= first for one in self.about_shapes):
            yield self._network_of(wrong)

    def follows(self, item: Item) -> Iterator[Following]:
        """Yield what an item would be if the student's other answers were right, and from which.

        First from the nearest answers, then from the wrong ones past those that are right again.
        """
        if not self.any_wrong:
            return
        for own in self._networks():
            sources = own.sources(item)
            value = own.value(item) if sources else None
            if value is not None:
                yield value, sources
            if is_of_shape(item.quantity):
                yield from self._from_axes(own, item)
        if item.whole:
            yield from self._own_sum(item)
        yield from self._related(item)

    def _position(self, item: Item) -> int:
        return next((one.position for one in self.statements if one.item == item.id), 0)

    def _from_axes(self, own: OwnNetwork, item: Item) -> Iterator[Following]:
        """Yield a shape in which what was stated of its axes before stands as it was."""
        node, position = item.nodes[-1], self._position(item)
        earlier = [
            one for one in self.about_shapes if one.nodes[-1] == node and one.position < position
        ]
        wrong = tuple([one.wrong for one in earlier if one.wrong and one.lengths])
        shape = own.network.natural[node]
        for one in earlier if wrong else ():
            shape = overlaid(one.lengths, shape) if one.lengths else shape
        value = asked_of(item.quantity, shape) if wrong and shape else None
        if value is not None:
            yield value, (*wrong, *own.sources(item))

    def _own_sum(self, item: Item) -> Iterator[Following]:
        """Yield the sum of the student's own rows, the believed values standing in for the rest."""
        left, result, sources = set(item.nodes), Fraction(0), []
        for (quantity, nodes), one in self.numbers.items():
            if quantity == item.quantity and nodes != item.nodes and left >= set(nodes):
                left -= set(nodes)
                result += one.number or 0
                sources += [one.wrong] if one.wrong else []
        if sources:
            network = self.everything.network
            rest = total(QUANTITIES[item.quantity], network, sorted(left), item.conventions)
            if rest is not None:
                yield result + rest, tuple(sources)

    def _related(self, item: Item) -> Iterator[Following]:
        """Yield what follows from other quantities of the same nodes: MACs lead to FLOPs.

        Only what was answered before counts: two wrong answers may not excuse one another.
        """
        rule = _rules(item.conventions.itemsize, item.conventions.flops).get(item.quantity, ())
        known = [(one, weight) for name, weight in rule
                 if (one := self.numbers.get((name, item.nodes))) is not None]  # fmt: skip
        wrong = [one for one, _ in known if one.wrong]
        asked = self._position(item)
        if len(known) == len(rule) and wrong and all(one.position < asked for one in wrong):
            value = sum(((one.number or 0) * weight for one, weight in known), Fraction(0))
            yield value, tuple([one.wrong for one in wrong])

    def disprove(self, item: Item, nodes: Sequence[int], claims: Sequence[Partial | None]) -> bool:
        """Tell whether what was answered of some nodes is not as a slip made everywhere has it."""
        own = self.everything
        if item.quantity == "receptive_field":
            return any(node in own.sizes and own.sizes[node] != claims[node] for node in nodes)
        return any(
            node in own.lengths
            and (claim := claims[node]) is not None
            and any(a not in (None, b) for a, b in zip(own.lengths[node], claim, strict=True))
            for node in nodes
        )


@lru_cache(maxsize=64)
def _rules(size: int, flops: str) -> Mapping[str, Rule]:
    """Return the sum by which a quantity follows from others of the same nodes."""
    factor = {"2macs": 2, "macs": 1}.get(flops, 0)
    rules: dict[str, Rule] = {
        "params": (("weights", 1), ("biases", 1)),
        "weights": (("params", 1), ("biases", -1)),
        "weight_bytes": (("params", size),),
        "activation_bytes": (("activations", size),),
        "neurons": (("activations", 1),),
        "activations": (("neurons", 1),),
    }
    if factor:
        rules |= {"flops": (("macs", factor),), "macs": (("flops", Fraction(1, factor)),)}
    return rules
