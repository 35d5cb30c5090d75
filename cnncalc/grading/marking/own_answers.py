"""What would follow from a student's own answers about one network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.conventions import Conventions
from cnncalc.grading.judgement import Value
from cnncalc.grading.marking.believed_network import BelievedNetwork, Partial, overlaid
from cnncalc.grading.marking.own_network import Names, OwnNetwork
from cnncalc.grading.marking.statements import Statement
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Item
from cnncalc.grading.quantities import QUANTITIES, asked_of, is_of_shape, total

#: A sum of quantities, each with its weight.
Rule = tuple[tuple[str, Fraction | int], ...]
Following = tuple[Value, Names]
#: Own networks that are kept; the most of a class state the same few things.
MAX_KEPT = 500


class OwnNetworks:
    """The own networks of students about one network; who states the same shares one."""

    def __init__(self, right: BelievedNetwork) -> None:
        self.right = right
        self._known: dict[tuple[Statement, ...], OwnNetwork] = Bounded(MAX_KEPT)

    def of(self, statements: tuple[Statement, ...]) -> OwnNetwork:
        """Return the network in which the statements about shapes and fields hold."""
        found = self._known.get(statements)
        if found is None:
            found = self._known[statements] = OwnNetwork(self.right, statements)
        return found


class OwnAnswers:
    """The answers of one student about one network, right and wrong, as others build on them.

    `everything` is the network in which all of them hold; in `mistaken` only the wrong ones do: who
    mends one answer of a chain has not made the next ones worse.
    """

    def __init__(self, networks: OwnNetworks, statements: Sequence[Statement]) -> None:
        self.networks = networks
        self.statements = statements
        self.any_wrong = any(one.wrong for one in statements)
        self.about_shapes = tuple([one for one in statements if one.lengths or one.size])
        self.numbers: dict[tuple[str, tuple[int, ...]], Statement] = {}
        for one in statements:
            if one.number is not None:
                self.numbers.setdefault((one.quantity, one.nodes), one)

        self._everything: OwnNetwork | None = None
        self._mistaken: OwnNetwork | None = None
        wrong = [one.nodes[-1] for one in self.about_shapes if one.wrong]
        first = min(wrong, default=-1)
        self._mended = bool(wrong) and any(
            not one.wrong and one.nodes[-1] >= first for one in self.about_shapes
        )

    @property
    def everything(self) -> OwnNetwork:
        """The network with all answers in it."""
        if self._everything is None:
            self._everything = self.networks.of(self.about_shapes)
        return self._everything

    @property
    def mistaken(self) -> OwnNetwork:
        """The network with the wrong answers in it."""
        if self._mistaken is None:
            wrong = tuple([one for one in self.about_shapes if one.wrong])
            self._mistaken = self.networks.of(wrong)
        return self._mistaken

    def follows(self, item: Item) -> Iterator[Following]:
        """Yield what an item would be if the student's other answers were right, and from which.

        First from the nearest answers, then from the wrong ones past those that are right again.
        """
        if not self.any_wrong:
            return
        for own in (self.everything, self.mistaken) if self._mended else (self.everything,):
            sources = own.sources(item)
            value = _value(own, item) if sources else None
            if value is not None:
                yield value, sources
            if is_of_shape(item.quantity):
                yield from self._from_axes(own, item)
        if item.quantity in QUANTITIES:
            if item.whole:
                yield from self._own_sum(item)
            yield from self._related(item)

    def _from_axes(self, own: OwnNetwork, item: Item) -> Iterator[Following]:
        """Yield a shape in which what was stated of its axes before stands as it was."""
        node = item.nodes[-1]
        position = next((one.position for one in self.statements if one.item == item.id), 0)
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
        asked = next((one.position for one in self.statements if one.item == item.id), 0)
        for rule in rules_for(item.conventions, item.quantity):
            parts = [(self.numbers.get((name, item.nodes)), weight) for name, weight in rule]
            known = [(one, weight) for one, weight in parts if one is not None]
            wrong = [one for one, _ in known if one.wrong]
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


def _value(own: OwnNetwork, item: Item) -> Value | None:
    """Return what an item would be in a student's own network."""
    node = item.nodes[-1]
    if item.quantity == "receptive_field":
        found = own.fields[node][0]
        return None if found is None else tuple([axis.size for axis in found])
    if is_of_shape(item.quantity):
        shape = own.network.natural[node]
        return None if shape is None else asked_of(item.quantity, shape)
    return own.total(item) if item.quantity in QUANTITIES else None


def rules_for(conventions: Conventions, quantity: str) -> tuple[Rule, ...]:
    """Return the sums by which a quantity follows from others of the same nodes."""
    return _rules(conventions.itemsize, conventions.flops).get(quantity, ())


@lru_cache(maxsize=64)
def _rules(size: int, flops: str) -> Mapping[str, tuple[Rule, ...]]:
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
