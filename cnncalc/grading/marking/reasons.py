"""Finds why a wrong answer about one network is wrong: it follows from others, or it is a slip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.judgement import ZERO, Judged, Value, near
from cnncalc.grading.marking.own_answers import (
    OwnAnswers,
    OwnNetwork,
    Statement,
    statement_of,
)
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.marking.slips import Reason, Slips, only
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Item, Network
from cnncalc.grading.quantities import FROM_OUTPUT, QUANTITIES, is_of_shape, total

#: Tables of slips on students' own shapes that are kept; those on the right ones always are.
MAX_TABLES = 1_000
#: Own networks that are kept; the most of a class state the same few things.
MAX_NETWORKS = 500
#: A rounded number is only taken for a slip's if it is further off than this share.
FAR_OFF = Fraction(1, 5)

Reasons = dict[Value, list[Reason]]


class MarkReason(NamedTuple):
    """The answers that one follows from, or else the slip that explains it; empty if nothing does.

    If several slips would explain it, `convention` is the one of them that is another convention:
    that the answer is right under it is a fact, and alleges nothing.
    """

    sources: tuple[str, ...] = ()
    slip: str = ""
    convention: str = ""


class Explainer:
    """Everything that the items about one network need for explanations.

    `items` are all items of the assignment, `own` the positions of those about the network.
    """

    def __init__(self, network: Network, items: Sequence[Item], own: Sequence[int]) -> None:
        self.right = network.right
        self.items = items
        self.own = tuple(own)
        self.slips = Slips(network.right)
        self._before: list[int] = []  # by node, as the bits of a mask, what it is computed from
        for node in network.graph.nodes:
            mask = 0
            for source in node.inputs:
                mask |= self._before[source] | (1 << source)
            self._before.append(mask)
        self._relevant: dict[int, tuple[int, ...]] = {}
        self._on_right: dict[str, Reasons] = {}
        self._on_own: dict[tuple[object, ...], Reasons] = Bounded(MAX_TABLES)
        self._networks: dict[tuple[Statement, ...], OwnNetwork] = Bounded(MAX_NETWORKS)

    def relevant(self, index: int) -> tuple[int, ...]:
        """Return the items whose answers can have a bearing on what is made of one.

        An explanation depends on these alone, so that it can be remembered together with them.
        """
        if index not in self._relevant:
            item = self.items[index]
            mask = self._leading_to(item, itself=True)
            self._relevant[index] = tuple([
                other
                for other in self.own
                if other != index
                # A gate looks at marks, which depend on everything.
                and (item.rubric.gate or self._bears(self.items[other], item, mask))
            ])  # fmt: skip
        return self._relevant[index]

    @staticmethod
    def _bears(other: Item, item: Item, mask: int) -> bool:
        if is_of_shape(other.quantity) or other.quantity == "receptive_field":
            return bool(other.nodes) and bool(mask >> other.nodes[-1] & 1)
        return other.nodes == item.nodes or (item.whole and other.quantity == item.quantity)

    def _leading_to(self, item: Item, *, itself: bool) -> int:
        """Return as the bits of a mask the nodes that an item is computed from."""
        mask = 0
        for node in item.nodes:
            mask |= self._before[node] | (1 << node if itself else 0)
        return mask

    def statement(self, item: Item, judged: Judged, position: int) -> Statement | None:
        """Return what a judged answer states of the network; None if it says nothing."""
        return statement_of(self.right, item, judged, position)

    def answers(self, statements: Iterable[Statement]) -> OwnAnswers:
        """Return what a student's answers about the network say together."""
        return OwnAnswers(self._own_network, tuple(statements))

    def _own_network(self, statements: tuple[Statement, ...]) -> OwnNetwork:
        """Return the network in which statements hold; who states the same shares one."""
        found = self._networks.get(statements)
        if found is None:
            found = self._networks[statements] = OwnNetwork(self.right, statements)
        return found

    def explanation(
        self, item: Item, judged: Judged, answers: OwnAnswers, earned: Mapping[str, Fraction]
    ) -> MarkReason:
        """Return why an answer is wrong; `earned` are shares by item, for rubrics with a gate."""
        for value, sources in answers.follows(item):
            if _is(item, judged, value):
                passes = all(earned.get(one, ZERO) >= item.rubric.gate for one in sources)
                return MarkReason(sources if passes or not item.rubric.gate else ())
        if item.id not in self._on_right:
            self._on_right[item.id] = self.slips.reasons(item)
        names = self._named(item, judged, self._on_right[item.id], answers)
        if answers.any_wrong:
            names |= self._named(item, judged, self._own_reasons(item, answers.everything), answers)
        others = only(name for name in names if SLIPS[name].convention)
        return MarkReason((), only(names), others)

    def _named(self, item: Item, judged: Judged, reasons: Reasons, answers: OwnAnswers) -> set[str]:
        """Return the slips that lead to an answer and that no other answer disproves."""
        found = [one for meant in judged.candidates for one in reasons.get(meant.value, ())]
        rounded = item.conventions.tolerance or any(c.rounded for c in judged.candidates)
        if not found and rounded and self._far_off(item, judged):
            near = [one for value, one in reasons.items() if _is(item, judged, value)]
            found = [reason for several in near for reason in several]
        return {
            one.name
            for one in found
            if one.claims is None or not answers.disprove(item, self._shows_at(item), one.claims)
        }

    def _far_off(self, item: Item, judged: Judged) -> bool:
        """Tell whether a rounded count is too far from the right one to be just that."""
        value = judged.candidates[0].value
        if item.quantity not in QUANTITIES or isinstance(value, tuple):
            return False
        right = total(QUANTITIES[item.quantity], self.right, item.nodes, item.conventions) or 0
        return abs(value - right) > FAR_OFF * right

    def _shows_at(self, item: Item) -> list[int]:
        """Return the nodes at which a slip made everywhere shows before it does in an item."""
        mask = self._leading_to(item, itself=item.quantity in FROM_OUTPUT)
        return [node for node in range(mask.bit_length()) if mask >> node & 1]

    def _own_reasons(self, item: Item, own: OwnNetwork) -> Reasons:
        """Return the slips made on a student's own shapes or fields, where these are others."""
        network, right, nodes = own.network, self.right, item.nodes
        if item.quantity == "receptive_field":
            if not own.fields_before[nodes[-1]]:
                return {}
            sizes = {node: size for node, size in own.sizes.items() if node < nodes[-1]}
            key: tuple[object, ...] = (item.id, *sizes.items())
            if key not in self._on_own:
                fields = [one for _, one in own.fields]
                self._on_own[key] = self.slips.reasons(item, right, fields)
            return self._on_own[key]
        if is_of_shape(item.quantity):
            network = replace(network, shapes=network.natural)  # not what is being explained
        elif item.quantity not in QUANTITIES:
            return {}
        local = [(network.inputs[node], network.shapes[node]) for node in nodes]
        if local == [(right.inputs[node], right.shapes[node]) for node in nodes]:
            return {}
        reads_all = any(network.layers[node].takes == "vector" for node in nodes)
        key = (item.id, *(network.shapes if reads_all else local))  # what was flattened matters
        if key not in self._on_own:
            self._on_own[key] = self.slips.reasons(item, network)
        return self._on_own[key]


def _is(item: Item, judged: Judged, value: Value) -> bool:
    """Tell whether an answer means a value, within the item's tolerance."""
    tolerance = item.conventions.tolerance
    for candidate in judged.candidates:
        if candidate.value == value:
            return True
        if isinstance(value, tuple) or not (tolerance or candidate.rounded):
            continue  # the usual case: differences of fractions are slow
        if near(candidate, Fraction(value), tolerance) is not None:
            return True
    return False
