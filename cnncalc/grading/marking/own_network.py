"""The network as a student's own answers have it, and the wrong answers that a node builds on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.grading.marking.believed_network import BelievedNetwork, Partial, believed
from cnncalc.grading.marking.field_walk import Fields, walk
from cnncalc.grading.marking.statements import Statement
from cnncalc.grading.model import Item
from cnncalc.grading.quantities import FROM_OUTPUT, OUTPUT_ONLY, QUANTITIES, total
from cnncalc.graph import Graph

Names = tuple[str, ...]
#: By node the wrong answers before it, and those about it or else before it.
Sources = tuple[list[Names], list[Names]]


class OwnNetwork:
    """All that follows from what was stated of shapes and of receptive fields.

    `lengths` are what is stated of each node's shape, `sizes` of its receptive field.
    """

    def __init__(self, right: BelievedNetwork, statements: Sequence[Statement]) -> None:
        self.before: list[Names]
        self.own: list[Names]
        self.lengths: dict[int, Partial] = {}
        self.sizes: dict[int, tuple[int, ...]] = {}
        wrong: dict[int, list[str]] = {}
        wrong_fields: dict[int, list[str]] = {}
        for one in statements:
            node = one.nodes[-1]
            if one.lengths is not None:
                self.lengths[node] = _combined(self.lengths.get(node), one.lengths)
                wrong.setdefault(node, []).extend([one.wrong] if one.wrong else [])
            elif one.size is not None and node not in self.sizes:
                self.sizes[node] = one.size
                wrong_fields[node] = [one.wrong] if one.wrong else []
        self.network = believed(right, self.lengths)
        if any(wrong.values()):
            self.before, self.own = _nearest(right.graph, self.lengths, wrong)
        else:
            self.before = self.own = [()] * len(right.shapes)
        nothing: list[Names] = [()] * len(right.shapes)
        self.fields_before = nothing
        if any(wrong_fields.values()):
            self.fields_before, _ = _nearest(right.graph, self.sizes, wrong_fields)
        self._fields: list[tuple[Fields | None, Fields | None]] | None = None
        self._totals: dict[str, int | None] = {}

    @property
    def fields(self) -> list[tuple[Fields | None, Fields | None]]:
        """The receptive fields that follow from the student's own, and those."""
        if self._fields is None:
            self._fields = walk(self.network, replaced=self.sizes)
        return self._fields

    def total(self, item: Item) -> int | None:
        """Return what an item asks for, counted in the student's own network."""
        if item.id not in self._totals:
            quantity = QUANTITIES[item.quantity]
            self._totals[item.id] = total(quantity, self.network, item.nodes, item.conventions)
        return self._totals[item.id]

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


def _combined(known: Partial | None, stated: Partial) -> Partial:
    """Return what several answers say of one shape; the later ones count."""
    if known is None:
        return stated
    return tuple([old if new is None else new for new, old in zip(stated, known, strict=True)])


def _nearest(
    graph: Graph, answered: Mapping[int, Sequence[int | None]], wrong: Mapping[int, list[str]]
) -> Sources:
    """Return for every node the nearest wrong answers before it, and for itself.

    What was `answered` of a node as a whole hides what comes before.
    """
    before: list[Names] = []
    own: list[Names] = []
    for index, node in enumerate(graph.nodes):
        found = tuple(dict.fromkeys([name for source in node.inputs for name in own[source]]))
        before.append(found)
        if index in answered:
            names = tuple(wrong.get(index, ()))
            hides = None not in answered[index]
            found = names if hides else tuple(dict.fromkeys((*names, *found)))
        own.append(found)
    return before, own
