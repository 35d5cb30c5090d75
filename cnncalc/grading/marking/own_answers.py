"""What a student states of one network, right and wrong, and what would follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product, takewhile
from typing import NamedTuple

from cnncalc.diagnostics import SpecError
from cnncalc.grading.marking.believed_network import (
    BelievedNetwork,
    Partial,
    Sizes,
    believe,
    field_walk,
)
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers, Stated
from cnncalc.grading.model import Item, Judged, Value, near
from cnncalc.grading.quantities import (
    AXES,
    FROM_OUTPUT,
    OUTPUT_ONLY,
    QUANTITIES,
    asked_of,
    is_of_shape,
    sums_of,
    total,
)
from cnncalc.graph import Graph

#: Lengths beyond this are no answers to go on from.
LONGEST = 10**9
Names = tuple[str, ...]


class Statement(NamedTuple):
    """What an answer to an item states, right or `wrong` (then the item's id).

    Of its last node: `lengths` of the shape, as far as given, or the `size` of the receptive
    field. Of all its nodes together, or of a `cell` of the output: a `number`.
    """

    item: str
    quantity: str
    nodes: tuple[int, ...]
    wrong: str
    number: Fraction | None = None
    lengths: Partial | None = None
    size: Sizes | None = None
    cell: tuple[int, ...] = ()


def statement_of(network: BelievedNetwork, item: Item, judged: Judged) -> Statement | None:
    """Return what a judged answer states of the right `network`; None if it says nothing."""
    if not judged.candidates or not item.nodes:
        return None
    value = judged.candidates[0].value
    wrong = "" if judged.verdict in ("accept", "accept_note") else item.id
    number = value if isinstance(value, Fraction) else None
    stated = Statement(item.id, item.quantity, item.nodes, wrong, number, cell=item.cell)
    right = network.shapes[item.nodes[-1]] or ()
    if isinstance(value, Fraction):
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


def means(judged: Judged, value: Value, tolerance: Fraction) -> bool:
    """Tell whether an answer means a value, which may be rounded if it is no whole number."""
    broken = isinstance(value, Fraction) and value.denominator != 1
    for candidate in judged.candidates:
        if candidate.value == value:
            return True
        if isinstance(value, tuple) or not (tolerance or candidate.rounded or broken):
            continue  # the usual case: differences of fractions are slow
        given = candidate._replace(rounded=True) if broken else candidate
        if near(given, Fraction(value), tolerance) is not None:
            return True
    return False


class OwnNetwork:
    """The network in which what a student stated of shapes and receptive fields holds.

    `lengths` are stated of each node's shape (whole where `settled`), `sizes` of its field.
    """

    def __init__(self, right: BelievedNetwork, statements: Sequence[Statement]) -> None:
        self._right = right
        self.lengths: dict[int, Partial] = {}
        self.sizes: dict[int, Sizes] = {}
        wrong: dict[int, Names] = {}
        self._field_names: dict[int, Names] = {}
        for one in statements:
            node = one.nodes[-1]
            if one.lengths is not None:  # of several that speak of one length the last counts
                known = self.lengths.get(node, one.lengths)
                pairs = zip(one.lengths, known, strict=True)
                self.lengths[node] = tuple([old if new is None else new for new, old in pairs])
                wrong[node] = wrong.get(node, ()) + ((one.wrong,) if one.wrong else ())
            elif one.size is not None and node not in self.sizes:
                self.sizes[node] = one.size
                self._field_names[node] = (one.wrong,) if one.wrong else ()
        self.settled = frozenset([at for at, own in self.lengths.items() if None not in own])
        self.network = believe(right, stated=self.lengths)
        self._wrong = _nearest(right.graph, self.lengths, wrong)

    @cached_property
    def _wrong_fields(self) -> list[Names]:
        return _nearest(self.network.graph, self.sizes, self._field_names)

    @cached_property
    def _fields(self) -> list[Sizes | None]:
        return field_walk(self._right, self.sizes)[0]

    def value(self, item: Item) -> Value | None:
        """Return what an item would be in the student's own network."""
        if item.quantity == "receptive_field":
            return self._fields[item.nodes[-1]]
        return value_in(self.network, item)

    def sources(self, item: Item) -> Names:
        """Return the wrong answers that an item builds on."""
        wrong = self._wrong_fields if item.quantity == "receptive_field" else self._wrong
        found: list[str] = []
        for node in item.nodes if wrong else ():
            found += wrong[node] if item.quantity in FROM_OUTPUT else ()
            for source in self.network.graph.nodes[node].inputs:
                found += () if item.quantity in OUTPUT_ONLY else wrong[source]
        return tuple(dict.fromkeys(found))


def value_in(network: BelievedNetwork, item: Item) -> Value | None:
    """Return what an item is in a network, or None; receptive fields are none of its figures."""
    if is_of_shape(item.quantity) and item.nodes:
        shape = network.natural[item.nodes[-1]]
        return None if shape is None else asked_of(item.quantity, shape)
    if item.quantity in QUANTITIES and item.nodes:
        return total(QUANTITIES[item.quantity], network, item.nodes, item.conventions)
    return None


def _nearest(
    graph: Graph, stated: Mapping[int, Sequence[int | None]], wrong: Mapping[int, Names]
) -> list[Names]:
    """Return for every node the nearest wrong answers about it or before it; none if all is right.

    What was `stated` of a node as a whole hides what comes before.
    """
    found: list[Names] = []
    for index, node in enumerate(graph.nodes if any(wrong.values()) else ()):
        names = wrong.get(index, ())
        if None in stated.get(index, (None,)):
            names = sum([found[source] for source in node.inputs], names)
        found.append(tuple(dict.fromkeys(names)) if len(names) > 1 else names)
    return found


class OwnAnswers:
    """The answers of one student about one network, right and wrong, as others build on them.

    In `network` all that they state holds.
    """

    def __init__(self, right: BelievedNetwork, statements: Sequence[Statement]) -> None:
        self.right, self.statements = right, statements
        self.about_shapes = tuple([one for one in statements if one.lengths or one.size])
        self.network = OwnNetwork(right, self.about_shapes)
        self.numbers: dict[tuple[str, tuple[int, ...]], Statement] = {}
        for one in statements:
            if one.number is not None:
                self.numbers.setdefault((one.quantity, one.nodes), one)

    def follows(self, item: Item) -> Iterator[tuple[Value, Names]]:
        """Yield what an item would be if the student's other answers were right, and from which."""
        if item.divided:
            yield from self._own_ratio(item)
        for own in filter(None, (self.network, self._unmended)):
            sources = own.sources(item)
            value = own.value(item) if sources else None
            if value is not None:
                yield value, sources
        if item.whole:
            yield from self._own_sum(item)
        yield from self._related(item)

    @cached_property
    def _unmended(self) -> OwnNetwork | None:
        """The network with the wrong answers alone, if right ones come after them.

        Who mends one answer of a chain has not made the next ones worse.
        """
        wrong = tuple([one for one in self.about_shapes if one.wrong])
        first = min([one.nodes[-1] for one in wrong], default=-1)
        mended = any(not one.wrong and one.nodes[-1] >= first for one in self.about_shapes)
        return OwnNetwork(self.right, wrong) if wrong and mended else None

    def _earlier(self, item: Item) -> Iterator[Statement]:
        return takewhile(lambda one: one.item != item.id, self.statements)

    def _own_sum(self, item: Item) -> Iterator[tuple[Value, Names]]:
        """Yield the sum of the student's own rows, the believed values standing in for the rest."""
        left, result, sources = set(item.nodes), Fraction(0), []
        for (quantity, nodes), one in self.numbers.items():
            if quantity == item.quantity and nodes != item.nodes and left.issuperset(nodes):
                left.difference_update(nodes)
                result += one.number or 0
                sources += [one.wrong] if one.wrong else []
        if not sources:
            return
        network = self.network.network
        rest = total(QUANTITIES[item.quantity], network, sorted(left), item.conventions)
        if rest is not None:
            yield result + rest, tuple(sources)

    def _own_ratio(self, item: Item) -> Iterator[tuple[Value, Names]]:
        """Yield the quotient of what the student answered, or of what follows where that is not."""
        for (top, above), (bottom, below) in product(*map(self._sides, item.divided)):
            if (above or below) and bottom:
                yield Fraction(top) / bottom, tuple(dict.fromkeys((*above, *below)))

    def _sides(self, item: Item) -> list[tuple[int | Fraction, Names]]:
        """Return what a side of a ratio may be to the student, and the wrong answers behind it."""
        own = self.numbers.get((item.quantity, item.nodes))
        if own is not None and own.number is not None:
            return [(own.number, (own.wrong,) if own.wrong else ())]
        found = [(value, why) for value, why in self.follows(item) if not isinstance(value, tuple)]
        return [*found, (item.truth.numbers[0], ())]

    def _related(self, item: Item) -> Iterator[tuple[Value, Names]]:
        """Yield what follows from other quantities of the same nodes: MACs lead to FLOPs.

        Only what was answered before counts: two wrong answers may not excuse one another.
        """
        rule = sums_of(item.conventions.itemsize, item.conventions.flops).get(item.quantity, {})
        known = [one for name in rule if (one := self.numbers.get((name, item.nodes)))]
        wrong = [one for one in known if one.wrong]
        if wrong and len(known) == len(rule) and set(wrong) <= set(self._earlier(item)):
            value = sum([(one.number or 0) * rule[one.quantity] for one in known], Fraction(0))
            yield value, tuple([one.wrong for one in wrong])


class OwnValues:
    """The wrong numbers that one student has in cells of a network on drawn numbers."""

    def __init__(self, numbers: DrawnNumbers, statements: Sequence[Statement]) -> None:
        self.numbers = numbers
        self.wrong = {
            (one.nodes[-1], one.cell, one.number): one.item
            for one in statements
            if one.wrong and one.number is not None and abs(one.number) <= LONGEST
        }

    def followed(self, item: Item, judged: Judged) -> Names:
        """Return the wrong answers from which an answer follows, or nothing."""
        stated, place = self._before(item), (item.nodes[-1], item.cell)
        tolerance = item.conventions.tolerance
        try:
            if stated and means(judged, self.numbers.value(*place, stated), tolerance):
                return tuple([self.wrong[one] for one in self.numbers.used(*place, stated)])
        except (SpecError, OverflowError, ValueError):
            pass  # nothing follows from numbers with which the network cannot be run
        return ()

    def slips(self, item: Item) -> Iterator[tuple[str, Value]]:
        """Yield the slips in an item, with what they lead to on the right numbers or on these."""
        yield from item.truth.mistakes
        stated = self._before(item)
        try:
            if stated:
                yield from self.numbers.slips(item.nodes[-1], item.cell, stated).items()
        except (SpecError, OverflowError, ValueError):
            pass

    def _before(self, item: Item) -> Stated:
        return tuple([one for one in self.wrong if one[0] < item.nodes[-1]])
