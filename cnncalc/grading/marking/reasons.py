"""Finds why a wrong answer about a network is wrong: it follows from others, or it is a slip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, reduce
from operator import and_
from typing import NamedTuple

from cnncalc.grading.marking import Bounded
from cnncalc.grading.marking.believed_network import (
    BelievedNetwork,
    Change,
    Partial,
    Sizes,
    believe,
    field_walk,
)
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.marking.own_answers import (
    Names,
    OwnAnswers,
    OwnNetwork,
    OwnValues,
    Statement,
    means,
    value_in,
)
from cnncalc.grading.marking.places import (
    STEPS,
    Part,
    Place,
    Places,
    changes_of,
    counts_of,
    part_of,
    places_of,
    site,
    wrong_counts,
)
from cnncalc.grading.marking.slips import SLIPS
from cnncalc.grading.model import Item, Judged, Value
from cnncalc.grading.quantities import FROM_OUTPUT, QUANTITIES, is_of_shape

#: Tables of slips that are kept; the most of a class state the same few things.
MAX_TABLES = 1_000
#: A rounded number is only taken for a slip's if it is further off than this share.
FAR_OFF = Fraction(1, 5)
#: Of two slips with one value, the first is more likely.
RATHER = (("channels_kept", "input_repeated"), ("input_size", "missing_plus_one"),
          ("bias_added", "params_for_connections"))  # fmt: skip

Wrong = Iterable[tuple[str, "Value | None"]]
#: The slips that lead to a wrong value.
Table = dict[Value, set[str]]
NOBODY: frozenset[str] = frozenset()
#: What a student states of the shapes, or of the receptive fields, of nodes before one.
Lengths = tuple[tuple[int, Partial], ...]
FieldSizes = tuple[tuple[int, Sizes], ...]


class Reasons(NamedTuple):
    """What can explain an answer beside others: what it would be by them, and tables of slips."""

    follows: tuple[tuple[Value, Names], ...]
    tables: list[Table]

    def followed(self, item: Item, judged: Judged) -> Names:
        """Return the wrong answers from which an answer follows, or nothing."""
        for value, sources in self.follows:
            if means(judged, value, item.conventions.tolerance):
                return sources
        return ()


class Explainer:
    """What explains wrong answers about one network: a student's other answers, or slips.

    `numbers` are those on which the network runs, if the answers are about values.
    """

    def __init__(self, network: BelievedNetwork, numbers: DrawnNumbers | None = None) -> None:
        self.right = network
        self.numbers = numbers
        self._beliefs: dict[tuple[Change | None, Lengths], BelievedNetwork] = Bounded(MAX_TABLES)
        self._tables: dict[tuple[object, ...], Table] = Bounded(MAX_TABLES)
        self._parts: dict[tuple[str, Place], Part] = Bounded(MAX_TABLES)
        self._rights: dict[str, tuple[Value | None, Places]] = {}

    @cached_property
    def cuts(self) -> list[int]:
        """For every node the nodes before it through which all goes that it reads, as bits."""
        found: list[int] = []
        for node in self.right.graph.nodes:
            ways = [found[source] | 1 << source for source in node.inputs]
            found.append(reduce(and_, ways, ways[0] if ways else 0))
        return found

    def answers(self, statements: Sequence[Statement]) -> OwnAnswers | OwnValues:
        """Return what a student's answers about the network say together."""
        if self.numbers is not None:
            return OwnValues(self.numbers, statements)
        return OwnAnswers(self.right, statements)

    def reasons(self, item: Item, answers: OwnAnswers | OwnValues) -> Reasons | OwnValues:
        """Return what can explain a wrong answer to an item beside these other answers."""
        if isinstance(answers, OwnValues):
            return answers
        return Reasons(tuple(answers.follows(item)), self._tables_of(item, answers.network))

    def slips(self, item: Item, judged: Judged, reasons: Reasons | OwnValues) -> set[str]:
        """Return the names of the slips that lead to an answer."""
        tolerance = item.conventions.tolerance
        if isinstance(reasons, OwnValues):
            made = reasons.slips(item)
            return {name for name, value in made if means(judged, value, tolerance)}
        found = set[str]()
        for value in [meant.value for meant in judged.candidates]:
            whole = value if isinstance(value, tuple) or value.denominator > 1 else value.numerator
            for table in reasons.tables:
                found |= table.get(whole, NOBODY)
        if found or not (tolerance or any(meant.rounded for meant in judged.candidates)):
            return found
        pairs = _pairs(reasons.tables) if self._far_off(item, judged) else ()
        return {name for name, value in pairs if means(judged, value, tolerance)}

    def _far_off(self, item: Item, judged: Judged) -> bool:
        """Tell whether a rounded count is too far from the right one to be just that."""
        value, right = judged.candidates[0].value, self._right(item)[0] or 0
        if item.quantity not in QUANTITIES or isinstance(value, tuple) or isinstance(right, tuple):
            return False
        return abs(value - right) > FAR_OFF * right

    def table(self, item: Item) -> dict[Value, str]:
        """Return wrong value → slip for an item by itself, without what several would explain."""
        names = _table((), _pairs(self._tables_of(item, OwnNetwork(self.right, ()))))
        return {value: name for value, found in names.items() if (name := only(found))}

    def clashes(self, item: Item) -> int:
        """Return how many wrong values of an item have more than one slip behind them."""
        tables = self._tables_of(item, OwnNetwork(self.right, ()))
        # In a table the rows before tell a slip made everywhere from one made here.
        pairs = _pairs(tables[:1] if item.row else tables)
        names = _table((), [pair for pair in pairs if SLIPS[pair[0]].worth != 0])
        return sum(len(found) > 1 for found in names.values())

    def _tables_of(self, item: Item, own: OwnNetwork) -> list[Table]:
        """Return what slips make of an item: if made at its layer, on the right shapes or on the
        student's own, and if made at every layer that the student says nothing about.
        """
        last = item.nodes[-1] if item.nodes else -1
        if item.quantity == "receptive_field" and item.nodes:
            sizes = tuple([(node, size) for node, size in own.sizes.items() if node < last])
            alone = [self._field(item, one, everywhere=False) for one in dict.fromkeys(((), sizes))]
            return [*alone, self._field(item, sizes, everywhere=True)]
        if not item.nodes or not (is_of_shape(item.quantity) or item.quantity in QUANTITIES):
            return []
        of_output = item.quantity in FROM_OUTPUT
        stated = own.lengths.get(last, ()) if of_output else ()
        places, own_places = self._right(item)[1], places_of(item, own.network)
        tables = [self._alone(item, self.right, places, stated)]
        if changes := self._at_play(item, own.settled):
            lengths = tuple([one for one in own.lengths.items() if one[0] < last + of_output])
            tables.append(self._everywhere(item, changes, lengths))
        if own_places != places:
            tables.append(self._alone(item, own.network, own_places, stated))
        return tables

    def _alone(
        self, item: Item, network: BelievedNetwork, places: Places, stated: Partial
    ) -> Table:
        """Return what slips at an item's nodes make of it, where its output is as `stated`."""
        key = item.id, stated, places
        found = self._tables.get(key)
        if found is None:
            right = self._right(item)[0], value_in(network, item)
            summed = self._summed(item, network, places) if item.whole else None
            wrong = wrong_counts(item, network, stated) if summed is None else summed
            found = self._tables[key] = _table(right, wrong)
        return found

    def _right(self, item: Item) -> tuple[Value | None, Places]:
        """Return what an item is in the right network, and where."""
        found = self._rights.get(item.id)
        if found is None:
            found = value_in(self.right, item), places_of(item, self.right)
            self._rights[item.id] = found
        return found

    def _summed(self, item: Item, network: BelievedNetwork, places: Places) -> Wrong:
        """Return what slips make of a sum: each made at every layer, or a layer left out."""
        shared = QUANTITIES[item.quantity].shared
        found = []
        for place in places:
            if shared and network.graph.nodes[place[0]].shares is not None:
                continue
            key = item.id, place
            part = self._parts.get(key)
            if part is None:
                part = self._parts[key] = part_of(site(item, network, place[0]))
            if not part:
                return []
            found.append(part)
        whole, *others = map(sum, zip(*found, strict=True))
        left_out = [("row_left_out", whole - part[0]) for part in found if 0 < part[0] < whole]
        names = [name for name, _ in counts_of(item.quantity)]
        return left_out + [(name, whole + more) for name, more in zip(names, others, strict=True)]

    def _everywhere(self, item: Item, changes: Mapping[Change, str], stated: Lengths) -> Table:
        """Return what slips at all layers make of an item, where shapes before it are as stated."""
        key = ("everywhere", item.id, stated)
        if key not in self._tables:
            base = self._believed(None, stated)
            self._tables[key] = _table((self._right(item)[0], value_in(base, item)), [
                (name, value_in(self._believed(change, stated), item))
                for change, name in changes.items()
            ])  # fmt: skip
        return self._tables[key]

    def _believed(self, change: Change | None, stated: Lengths) -> BelievedNetwork:
        key = (change, stated)
        found = self._beliefs.get(key)
        if found is None:
            base = self.right if change is None else self._believed(None, stated)
            found = self._beliefs[key] = believe(base, change, dict(stated))
        return found

    def _at_play(self, item: Item, settled: frozenset[int]) -> dict[Change, str]:
        """Return the changes of layers that nothing is stated about, before an item's own.

        A sum has the layers that it adds among them.
        """
        nodes, seen = self.right.graph.nodes, set[int]()
        waiting = list(item.nodes) if item.whole else []
        waiting += [source for node in item.nodes for source in nodes[node].inputs]
        found: dict[Change, str] = {}
        while waiting:
            node = waiting.pop()
            if node not in seen and node not in settled:
                seen.add(node)
                waiting += nodes[node].inputs
                pairs = changes_of(nodes[node].layer)
                found |= {change: name for name, change in pairs if change.everywhere}
        return found

    def _field(self, item: Item, stated: FieldSizes, *, everywhere: bool) -> Table:
        """Return what slips make of a receptive field, on the right sizes or as stated before."""
        key = ("field", item.id, stated, everywhere)
        if key not in self._tables:
            node, own = item.nodes[-1], dict(stated)
            right, sizes = field_walk(self.right, last=node)
            natural, believed = field_walk(self.right, own, last=node) if own else (right, sizes)
            before = sizes.get(self.right.graph.nodes[node].inputs[0], ())
            good = right[node] is not None and self.right.windows(node) is not None
            self._tables[key] = _table([right[node], natural[node]], [
                (name, field_walk(self.right, own if everywhere else believed, way, node)[0][node])
                for name, way in STEPS
                if good and (way.everywhere if everywhere else way.alone)
                and not (way.later and max(before, default=1) == 1)
            ])  # fmt: skip
        return self._tables[key]


def only(names: Iterable[str]) -> str:
    """Return the one slip that is left among several names, or nothing."""
    found = set(names)
    found -= {other for name, other in RATHER if name in found}
    return found.pop() if len(found) == 1 else ""


def _table(right: Collection[Value | None], wrong: Wrong) -> Table:
    """Return wrong values with the slips that lead to them, without those that are right."""
    found: Table = {}
    for name, value in wrong:
        if value is None or value in right:
            continue
        if (min(value) if isinstance(value, tuple) else value) > 0:
            found.setdefault(value, set()).add(name)
    return found


def _pairs(tables: Iterable[Table]) -> list[tuple[str, Value]]:
    found = [pair for table in tables for pair in table.items()]
    return [(name, value) for value, names in found for name in names]
