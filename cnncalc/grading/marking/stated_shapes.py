"""What a student's answers about shapes say together, and the network in which they are so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from cnncalc.grading.marking.believed_network import BelievedNetwork, Partial, believed
from cnncalc.grading.marking.dependencies import Sources, nearest
from cnncalc.grading.model import Item
from cnncalc.grading.quantities import QUANTITIES, total

#: What is kept of what students said; the most of a class say the same few things.
MAX_KEPT = 500


class Part(NamedTuple):
    """What one answer says of a node's shape, and the item if it is wrong."""

    position: int
    lengths: Partial
    wrong: str


#: The nodes about which something was answered, each with all that was.
Parts = tuple[tuple[int, tuple[Part, ...]], ...]


class StatedShapes:
    """All that follows from `parts` alone, worked out when it is first asked for."""

    def __init__(self, base: BelievedNetwork, ancestors: Mapping[int, int], parts: Parts) -> None:
        self.base = base
        self.ancestors = ancestors
        self.parts = parts
        self.lengths = {node: combined(own) for node, own in parts}
        self._world: BelievedNetwork | None = None
        self._natural: BelievedNetwork | None = None
        self._sources: Sources | None = None
        self._hiding: int | None = None
        self._totals: dict[str, int | None] = {}

    @property
    def world(self) -> BelievedNetwork:
        """The network with the student's own shapes in it."""
        if self._world is None:
            self._world = believed(self.base, self.lengths)
        return self._world

    @property
    def natural(self) -> BelievedNetwork:
        """The same world, but every node's own shape as it follows from what comes before."""
        if self._natural is None:
            self._natural = replace(self.world, shapes=self.world.natural)
        return self._natural

    @property
    def sources(self) -> Sources:
        """The wrong answers about shapes that each node builds on, and is said to be."""
        if self._sources is None:
            answered = {}
            for node, parts in self.parts:
                wrong = tuple(dict.fromkeys([part.wrong for part in parts if part.wrong]))
                answered[node] = (None not in self.lengths[node], wrong)
            if any(wrong for _, wrong in answered.values()):
                self._sources = nearest(self.base.graph, answered)
            else:
                nothing: list[tuple[str, ...]] = [()] * len(self.base.shapes)
                self._sources = (nothing, nothing)
        return self._sources

    @property
    def hiding(self) -> int:
        """The nodes, as the bits of a mask, at which a right answer hides a wrong one."""
        if self._hiding is None:
            answers = [(node, part.wrong) for node, parts in self.parts for part in parts]
            self._hiding = hiding(answers, self.ancestors)
        return self._hiding

    def total(self, item: Item) -> int | None:
        """Return what an item asks for, counted in the student's own network."""
        if item.id not in self._totals:
            quantity = QUANTITIES[item.quantity]
            self._totals[item.id] = total(quantity, self.world, item.nodes, item.conventions)
        return self._totals[item.id]


def hiding(answers: Sequence[tuple[int, str]], ancestors: Mapping[int, int]) -> int:
    """Return, as the bits of a mask, the nodes at which a right answer hides a wrong one.

    `answers` are nodes with the item that is wrong, or ''.
    """
    mask = 0
    wrong = [node for node, item in answers if item]
    for node, item in answers if wrong else ():
        # Of one shape, too, a part may be right and another wrong.
        behind = ancestors[node] | 1 << node
        if not item and any(behind >> one & 1 for one in wrong):
            mask |= 1 << node
    return mask


def combined(parts: Sequence[Part]) -> Partial:
    """Return what several answers say of one shape; the later ones count."""
    if len(parts) == 1:
        return parts[0].lengths
    result: Partial = ()
    for part in parts:
        pairs = zip(part.lengths, result or part.lengths, strict=True)
        result = tuple([old if new is None else new for new, old in pairs])
    return result
