"""Finds why a wrong answer about one network is wrong: it follows from others, or it is a slip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from cnncalc.grading.marking.beliefs import Beliefs, Value
from cnncalc.grading.marking.claims import AXES, Claim
from cnncalc.grading.marking.compare import Judged, near
from cnncalc.grading.marking.dependencies import ancestors_of, related
from cnncalc.grading.marking.misconceptions.names import MISCONCEPTIONS
from cnncalc.grading.marking.slips import Reason, Slips, only
from cnncalc.grading.marking.stated_shapes import MAX_KEPT, Parts, StatedShapes
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Item, Network, NumberTruth, ShapeTruth
from cnncalc.grading.quantities import FROM_OUTPUT

#: Tables of slips on a student's own shapes that are kept; those on the right ones always are.
MAX_TABLES = 1_000
#: A rounded number is only taken for a slip's if it is further off than this share.
FAR_OFF = Fraction(1, 5)

Sources = tuple[str, ...]
Reasons = dict[Value, list[Reason]]


class Explainer:
    """Everything that the items about one network need for explanations.

    `items` are all items of the assignment, `own` the positions of those about the network.
    """

    def __init__(self, network: Network, items: Sequence[Item], own: Sequence[int]) -> None:
        self.world = network.right
        self.items = items
        self.own = tuple(own)
        self.slips = Slips(network.right)
        self.ancestors = ancestors_of(network.right)
        self._relevant: dict[int, tuple[int, ...]] = {}
        self._before: dict[str, list[int]] = {}
        self._told: dict[Parts, StatedShapes] = Bounded(MAX_KEPT)
        self._tables: dict[tuple[object, ...], Reasons] = {}

    def relevant(self, index: int) -> tuple[int, ...]:
        """Return the items whose answers can have a bearing on what is made of one.

        An explanation depends on these alone, so that it can be remembered together with them.
        """
        found = self._relevant.get(index)
        if found is None:
            item = self.items[index]
            others = [other for other in self.own if other != index]
            if not item.rubric.gate:  # a gate looks at marks, which hang on everything
                others = [other for other in others if self._bears(self.items[other], item)]
            found = self._relevant[index] = tuple(others)
        return found

    def _bears(self, other: Item, item: Item) -> bool:
        if not item.nodes or not other.nodes:
            return False
        if isinstance(other.truth, NumberTruth):
            if item.whole and other.quantity == item.quantity:
                return True
            names = related(item.conventions, item.quantity)
            if other.nodes == item.nodes and other.quantity in names:
                return True
        if not (isinstance(other.truth, ShapeTruth) or other.quantity in AXES):
            return False
        mask = 0
        for node in item.nodes:
            mask |= self.ancestors[node] | (1 << node)
        return bool(mask >> other.nodes[-1] & 1)

    def beliefs(self, claims: Iterable[Claim]) -> Beliefs:
        """Return what a student believes, from what the answers about the network say."""
        beliefs = Beliefs(self.world, self.ancestors, known=self._told)
        for claim in claims:
            beliefs.add(claim)
        return beliefs

    def explanation(
        self, item: Item, judged: Judged, beliefs: Beliefs, earned: Mapping[str, Fraction]
    ) -> tuple[Sources, str, str]:
        """Return the answers that one follows from, or else the slip that explains it.

        If several slips would, the last is the one of them that is another convention: that the
        answer is right under it is a fact, and alleges nothing. `earned` are shares by item, for
        rubrics with a gate. All are empty if nothing explains the answer.
        """
        for value, sources in beliefs.follows(item):
            if _is(item, judged, value):
                return (sources if _passes(item, sources, earned) else ()), "", ""
        names = self._named(item, judged, self._reasons(item, None), beliefs)
        if beliefs.touch(item):
            names |= self._named(item, judged, self._reasons(item, beliefs), beliefs)
        return (), only(names), only(name for name in names if MISCONCEPTIONS[name].convention)

    def _named(self, item: Item, judged: Judged, reasons: Reasons, beliefs: Beliefs) -> set[str]:
        """Return the misconceptions that lead to an answer and that no other answer disproves."""
        found = [one for meant in judged.candidates for one in reasons.get(meant.value, ())]
        rounded = item.conventions.tolerance or any(c.rounded for c in judged.candidates)
        if not found and rounded and _far_off(item, judged):
            near = [one for value, one in reasons.items() if _is(item, judged, value)]
            found = [reason for several in near for reason in several]
        return {reason.name for reason in found if not self._disproved(item, reason, beliefs)}

    def _disproved(self, item: Item, reason: Reason, beliefs: Beliefs) -> bool:
        """Tell whether a slip made everywhere is not to be seen in the answers before."""
        if reason.claims is None:
            return False
        before = self._before.get(item.id)
        if before is None:
            before = self._before[item.id] = self._nodes_before(item)
        if item.quantity == "receptive_field":
            return beliefs.contradict_sights(before, reason.claims)
        return beliefs.contradict(before, reason.claims)

    def _nodes_before(self, item: Item) -> list[int]:
        """Return the nodes at which a slip made everywhere shows before it does in an item."""
        mask = 0
        for node in item.nodes:
            mask |= self.ancestors[node]
        before = [node for node in range(mask.bit_length()) if mask >> node & 1]
        return [*before, *item.nodes] if item.quantity in FROM_OUTPUT else before

    def _reasons(self, item: Item, beliefs: Beliefs | None) -> Reasons:
        own: tuple[object, ...] = ()
        world, seen = None, None
        if beliefs is not None and item.quantity == "receptive_field":
            own = tuple(beliefs.seen(self.ancestors[item.nodes[-1]]).items())
            seen = [believed for _, believed in beliefs.fields]
        elif beliefs is not None:
            world = beliefs.world
            if isinstance(item.truth, ShapeTruth) or item.quantity in AXES:
                world = beliefs.told.natural  # not what is being explained
            own = tuple([(world.inputs[node], world.shapes[node]) for node in item.nodes])
            if any(world.layers[node].keyword == "linear" for node in item.nodes):
                own = world.shapes  # what was flattened matters
        key = (item.id, own)
        found = self._tables.get(key)
        if found is None:
            if len(self._tables) > MAX_TABLES:
                self._tables = {name: one for name, one in self._tables.items() if not name[1]}
            found = self.slips.reasons(item, world, seen)
            self._tables[key] = found
        return found


def _passes(item: Item, sources: Sources, earned: Mapping[str, Fraction]) -> bool:
    """Tell whether the earlier answers earned enough for others to build on them."""
    gate = item.rubric.gate
    return not gate or all(earned.get(source, Fraction(0)) >= gate for source in sources)


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


def _far_off(item: Item, judged: Judged) -> bool:
    value, truth = judged.candidates[0].value, item.truth
    if not isinstance(truth, NumberTruth) or isinstance(value, tuple):
        return False
    return abs(value - truth.value) > FAR_OFF * truth.value
