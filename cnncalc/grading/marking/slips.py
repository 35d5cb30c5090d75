"""The wrong values that named slips lead to for one item, and which slip explains a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cnncalc.grading.conventions import Conventions
from cnncalc.grading.judgement import Value
from cnncalc.grading.marking.believed_network import BelievedNetwork, Change, applied, changed
from cnncalc.grading.marking.count_slips import counts, other_bytes, site
from cnncalc.grading.marking.field_slips import Fields, FieldSlips
from cnncalc.grading.marking.layer_slips import CHANGES
from cnncalc.grading.marking.own_answers import value_in
from cnncalc.grading.marking.slip_names import SLIPS
from cnncalc.grading.model import Item
from cnncalc.grading.quantities import AXES, QUANTITIES, asked_of, is_of_shape, total
from cnncalc.quantities import product

if TYPE_CHECKING:
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape

T = TypeVar("T")
#: What a misconception that was held everywhere makes of every node; None if it was made once.
Claims = tuple["Shape | None", ...] | None
Wrong = tuple[str, Value, Claims]
#: Input sizes that are taken for one another: what AlexNet's paper prints and what it needs.
_CONFUSED = ((227, 224), (224, 227))
#: Slips that happen at one layer: nobody believes them of a whole network.
_OF_ONE_LAYER = frozenset(("stride_twice",))


class Reason(NamedTuple):
    """A misconception that leads to a value, with what it would make of all other nodes."""

    name: str
    claims: Claims


class Slips:
    """Misconceptions about one network, with the beliefs that they lead to."""

    def __init__(self, network: BelievedNetwork) -> None:
        self.network = network
        self._beliefs: list[tuple[str, BelievedNetwork, int]] | None = None
        self._fields: FieldSlips | None = None

    def beliefs(self, nodes: Sequence[int]) -> Iterator[tuple[str, BelievedNetwork]]:
        """Yield the beliefs that are not the right one at some of the nodes.

        In each every layer is believed otherwise, or the input is.
        """
        if self._beliefs is None:
            self._beliefs = [found for found in self._believed() if found[2]]
        for name, network, differs in self._beliefs:
            if any(differs >> node & 1 for node in nodes):
                yield name, network

    def _believed(self) -> Iterator[tuple[str, BelievedNetwork, int]]:
        concerned = {found for layer in self.network.layers for found in _concerning(layer)}
        for name, change in CHANGES:
            if name not in _OF_ONE_LAYER and (name, change) in concerned:
                yield name, *changed(self.network, change)
        for index in self.network.graph.inputs:
            shape = self.network.shapes[index] or ()
            for size, other in _CONFUSED:
                if size in shape[1:]:
                    stated = (shape[0], *[other if n == size else n for n in shape[1:]])
                    yield "input_size", *changed(self.network, stated={index: stated})

    def table(self, item: Item) -> dict[Value, str]:
        """Return wrong value → misconception, without values that several would explain."""
        alone = {value: only(r.name for r in found) for value, found in self.reasons(item).items()}
        return {value: name for value, name in alone.items() if name}

    def reasons(
        self,
        item: Item,
        network: BelievedNetwork | None = None,
        fields: Sequence[Fields | None] | None = None,
    ) -> dict[Value, list[Reason]]:
        """Return wrong value → the misconceptions that lead to it.

        `network` is a student's own, `fields` are a student's own receptive fields; then only
        slips at the item itself are looked for.
        """
        base = network or self.network
        result: dict[Value, list[Reason]] = {}
        for name, value, claims in self._values(item, base, network is None, fields):
            found = result.setdefault(value, [])
            if (reason := Reason(name, claims)) not in found:
                found.append(reason)
        for right in {self._right(item, self.network), self._right(item, base)} - {None}:
            result.pop(right, None)  # type: ignore[arg-type]  # None was taken out
        return {value: found for value, found in result.items() if _positive(value)}

    def clashes(self, item: Item) -> int:
        """Return how many wrong values of an item have more than one misconception behind them."""
        names: dict[Value, set[str]] = {}
        # In a table the rows before tell a slip made everywhere from one made here.
        for name, value, _ in self._values(item, self.network, not item.row):
            if SLIPS[name].worth != 0:
                names.setdefault(value, set()).add(name)
        right = self._right(item, self.network)
        return sum(len(found) > 1 for value, found in names.items() if value != right)

    def _of_fields(self) -> FieldSlips:
        if self._fields is None:
            self._fields = FieldSlips(self.network)
        return self._fields

    def _right(self, item: Item, network: BelievedNetwork) -> Value | None:
        """Return what an item is in a network; its field is that of the right one."""
        of_field = item.quantity == "receptive_field" and item.nodes
        return value_in(
            network, item, self._of_fields().right[item.nodes[-1]] if of_field else None
        )

    def _values(
        self,
        item: Item,
        base: BelievedNetwork,
        everywhere: bool,
        fields: Sequence[Fields | None] | None = None,
    ) -> Iterator[Wrong]:
        """Yield what misconceptions make of an item: at its nodes, and if held `everywhere`."""
        if not item.nodes:
            return
        node = item.nodes[-1]
        if item.quantity == "receptive_field":
            yield from self._of_fields().at(node, fields)
        elif is_of_shape(item.quantity):
            for name, shape, claims in self._shapes(node, base, everywhere):
                value = asked_of(item.quantity, shape)
                if value is not None:
                    yield name, value, claims
            if item.quantity in AXES and item.quantity != "channels":
                yield "area_for_side", product((base.shapes[node] or ())[1:]), None
        elif item.quantity in QUANTITIES:
            yield from self._numbers(item, base, everywhere)

    def _shapes(
        self, node: int, base: BelievedNetwork, everywhere: bool
    ) -> Iterator[tuple[str, Shape, Claims]]:
        inputs = base.inputs[node]
        if inputs:
            for name, change in _concerning(base.layers[node]):
                _, shape = applied(base.layers[node], inputs, change)
                if shape is not None:
                    yield name, shape, None
            if len(inputs) == 1:
                yield "input_repeated", inputs[0], None
        if everywhere:
            for name, network in self.beliefs((node,)):
                found = network.shapes[node]
                if found is not None:
                    yield name, found, network.shapes

    def _numbers(self, item: Item, base: BelievedNetwork, everywhere: bool) -> Iterator[Wrong]:
        local = _summed if item.whole else _local
        yield from local(item, base)
        quantity = QUANTITIES[item.quantity]
        for name, conventions in _otherwise(item.quantity, item.conventions):
            count = total(quantity, base, item.nodes, conventions)
            if count is not None:
                yield name, count, None
        if everywhere:
            for name, network in self.beliefs(item.nodes):
                count = total(quantity, network, item.nodes, item.conventions)
                if count is not None:
                    yield name, count, network.shapes


def only(names: Iterable[str]) -> str:
    """Return the one misconception that is left among several names, or nothing."""
    found = set(names)
    if "channels_kept" in found:  # which a repeated input has done, too
        found.discard("input_repeated")
    if "input_size" in found:  # the paper itself prints the other size
        found.discard("missing_plus_one")
    return found.pop() if len(found) == 1 else ""


def _concerning(layer: Layer) -> tuple[tuple[str, Change], ...]:
    """Return the changes that can make a difference to a layer."""
    found: tuple[tuple[str, Change], ...] | None = layer.recall(_concerning)
    if found is None:
        found = tuple([(name, change) for name, change in CHANGES if change.concerns(layer)])
        layer.remember(_concerning, found)
    return found


def _otherwise(quantity: str, conventions: Conventions) -> Iterator[tuple[str, Conventions]]:
    """Yield the conventions under which a count of parameters would be another."""
    if quantity not in ("params", "weight_bytes"):
        return
    if conventions.batch_norm == 2:
        yield "running_statistics", replace(conventions, batch_norm=4)
    else:
        yield "statistics_left_out", replace(conventions, batch_norm=2)
    if conventions.bias == "apart":
        yield "bias_added", replace(conventions, bias="counted")
    else:
        yield "bias_forgotten", replace(conventions, bias="apart")


def _local(item: Item, base: BelievedNetwork) -> Iterator[Wrong]:
    """Yield what misconceptions make of a count at one layer."""
    quantity, node = QUANTITIES[item.quantity], item.nodes[-1]
    place = site(base, node)
    if place is None:
        return
    for name, value in counts(item.quantity, place, item.conventions):
        yield name, value, None
    fixed = quantity.shared and not (place.layer.slides and place.layer.weighs_places)
    for name, change in _concerning(place.layer):
        if fixed and change.layer is None:
            continue  # another window changes no weights
        network, claims = _changed_at(base, node, change)
        count = quantity.count(network, node, item.conventions)
        if count is not None:
            yield name, count, claims
    if item.quantity == "weights":
        yield "bias_added", place.weights + place.biases, None


def _changed_at(base: BelievedNetwork, node: int, change: Change) -> tuple[BelievedNetwork, Claims]:
    """Return the network in which one layer is believed otherwise, and what that claims of it."""
    layer, shape = applied(base.layers[node], base.inputs[node] or (), change)

    def put(values: tuple[T, ...], value: T) -> tuple[T, ...]:
        return (*values[:node], value, *values[node + 1 :])

    network = replace(base, layers=put(base.layers, layer))
    if change.output is None:
        return network, None
    nothing: tuple[Shape | None, ...] = (None,) * len(base.shapes)
    natural, shapes = put(base.natural, shape), put(base.shapes, shape)
    return replace(network, natural=natural, shapes=shapes), put(nothing, shape)


def _summed(item: Item, base: BelievedNetwork) -> Iterator[Wrong]:
    """Yield what misconceptions make of a sum: each made at every layer, or a layer left out."""
    quantity, conventions = QUANTITIES[item.quantity], item.conventions
    own: list[int] = []
    others: list[dict[str, int]] = []
    for node in item.nodes:
        value = total(quantity, base, (node,), conventions)
        place = site(base, node)
        if value is None or place is None:
            return
        own.append(value)
        shared = quantity.shared and base.graph.nodes[node].shares is not None
        found: dict[str, int] = {}
        for name, other in () if shared else counts(quantity.name, place, conventions):
            found.setdefault(name, other)
        others.append(found)
    whole = sum(own)
    for name in {name for found in others for name in found}:
        pairs = zip(others, own, strict=True)
        yield name, sum([found.get(name, value) for found, value in pairs]), None
    for value in own:
        if 0 < value < whole:
            yield "row_left_out", whole - value, None
    if quantity.name.endswith("bytes"):
        for name, other in other_bytes(whole, conventions.itemsize):
            yield name, other, None


def _positive(value: Value) -> bool:
    return all(length > 0 for length in value) if isinstance(value, tuple) else value > 0
