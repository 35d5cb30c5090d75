"""Questions for what is computed of a network: shapes, counts, memory, receptive fields, tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial
from typing import NamedTuple

from cnncalc.analysis.memory import measure
from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import SpecError, quoted
from cnncalc.fields.forward import forward
from cnncalc.fields.node_fields import node_fields
from cnncalc.fields.result import NodeField
from cnncalc.grading.answers import unit
from cnncalc.grading.model import Item, Network, Question, Truth
from cnncalc.grading.quantities import (
    MEASURES,
    QUANTITIES,
    SYNONYMS,
    is_sum,
    joined,
    members,
    title_of,
    total,
)
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.question_types.shapes import ShapeTruth
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.yaml_keys import known_word, refused, word_of
from cnncalc.language import tree
from cnncalc.quantities import show_shape

#: A rounded ratio counts if its digits are right; within this share it counts in any case.
RATIO_TOLERANCE = Fraction(1, 200)
Nodes = tuple[int, ...]
#: Label, nodes and place of a row of a table; the total is one of all nodes.
Row = tuple[str, Nodes, "tree.Node"]
_COLUMNS = tuple([name for name in MEASURES if name != "peak_bytes"])


@lru_cache(maxsize=16)
def _fields(network: Network) -> list[tuple[tuple[NodeField, ...], tuple[int, ...]]]:
    """Return the fields of all nodes on every input of a network, with the input's shape."""
    graph, shapes = network.graph, [shape or () for shape in network.right.shapes]
    return [
        (tuple(node_fields(graph, shapes, one, forward(graph, shapes, one))), shapes[one])
        for one in graph.inputs
    ]


class _Asked(NamedTuple):
    """Nodes of a network that a question asks about, and where it does so.

    Its methods return what is right, and raise SpecError where there is no single answer.
    """

    reader: QuestionReader
    network: Network
    nodes: Nodes
    place: tree.Node

    @property
    def last(self) -> int:
        return (self.nodes or self.network.graph.outputs[:1])[-1]

    def refused(self, what: str, help: str = "ask about another node") -> SpecError:
        return refused(self.place, what, help)

    def shape(self, quantity: str) -> ShapeTruth:
        if not self.nodes and len(self.network.graph.outputs) > 1:
            raise self.refused("the network has several outputs", "name one by `node`")
        shape = self.network.right.shapes[self.last] or ()
        if quantity == "shape":
            return ShapeTruth(shape)
        if len(shape) < 2:
            raise self.refused("a flat vector has no spatial size", "ask for its shape")
        return ShapeTruth(shape[1:], spatial=True, depth=shape[0])

    def field(self, _quantity: str) -> ShapeTruth:
        """Return the field of a node's units on the input, per axis, padding included."""
        seen = [(every[self.last], shape) for every, shape in _fields(self.network)]
        found = {self._field_on(one, shape) for one, shape in seen if one.depends}
        if not found:
            raise self.refused("this node does not depend on the input")
        if len(found) > 1:
            raise self.refused("the receptive fields on the inputs differ")
        return found.pop()

    def _field_on(self, seen: NodeField, shape: tuple[int, ...]) -> ShapeTruth:
        depth, pixels = shape[0], shape[1:]
        if not pixels:
            raise self.refused("the input is a flat vector without pixels", "ask for its `fan_in`")
        if seen.without is not None:
            rest = show_shape([axis.size or 0 for axis in seen.without])
            what = f"a side path sees the whole input, the others see {rest}: two answers are right"
            raise self.refused(what)
        if seen.axes is None:
            return ShapeTruth(pixels, spatial=True, whole=True, depth=depth)
        for axis in seen.axes:
            if axis.size is None or axis.smallest is None:
                raise self.refused(f"the receptive field is not known: {axis.reason}")
            if axis.size != axis.smallest:
                spread = f"{axis.smallest} to {axis.size} pixels"
                raise self.refused(f"the receptive field differs from unit to unit: {spread}")
        sizes = tuple([axis.size or 0 for axis in seen.axes])
        return ShapeTruth(sizes, spatial=True, depth=depth)

    def along_axes(self, quantity: str) -> NumberTruth:
        """Return how far neighbouring units are apart, or where the first begins."""
        seen = [every[self.last] for every, _ in _fields(self.network)]
        found = {getattr(axis, quantity) for one in seen if one.depends for axis in one.axes or ()}
        if len(found) != 1 or None in found:
            raise self.refused(f"the {quantity} has no single value here")
        return NumberTruth(Fraction(found.pop()), alike=True)

    def peak(self, _quantity: str) -> NumberTruth:
        """Return the most bytes of inputs and activations alive at once, of the whole network."""
        if self.nodes:
            what = "the peak of memory belongs to a whole network"
            raise self.refused(what, "leave `node` out")
        analysis = analyze(self.network.graph, 1, self.reader.conventions.dtype)
        return self._bytes(measure(analysis).peak)

    def number(self, quantity: str) -> NumberTruth:
        """Return a number of one node, or a sum over several."""
        used = members(self.network.graph, quantity, self.nodes)
        conventions = self.reader.conventions
        value = total(QUANTITIES[quantity], self.network.right, used, conventions)
        if value is None:
            help = "ask for the shape, or for another quantity"
            raise self.refused(f"`{quantity}` has no single value here", help)
        return self._bytes(value) if quantity.endswith("bytes") else NumberTruth(Fraction(value))

    def _bytes(self, value: int) -> NumberTruth:
        word = self.reader.keys.text("unit")
        if word and unit(word, sizes=True) is None:
            help = "write bytes, KB, MB, GB, KiB, MiB or GiB"
            raise refused(self.reader.at("unit"), f"there is no unit {quoted(word)}", help)
        return NumberTruth(Fraction(value), True, word)


#: What is no number of a node, and so not among the quantities.
_OTHERS: dict[str, Callable[[_Asked, str], Truth]] = {
    "shape": _Asked.shape, "spatial": _Asked.shape, "receptive_field": _Asked.field,
    "jump": _Asked.along_axes, "start": _Asked.along_axes, "peak_bytes": _Asked.peak,
}  # fmt: skip


def truth_of(
    reader: QuestionReader, network: Network, quantity: str, nodes: Nodes, place: tree.Node
) -> Truth:
    """Return what is right for a quantity of some nodes; raises SpecError where there is none."""
    asked = _Asked(reader, network, nodes, place)
    return _OTHERS.get(quantity, _Asked.number)(asked, quantity)


def item_of(
    reader: QuestionReader, network: Network, quantity: str, nodes: Nodes, place: tree.Node
) -> Item:
    """Return a quantity of some nodes (none: of the network) as what is asked, as `truth_of`."""
    truth = truth_of(reader, network, quantity, nodes, place)
    used, whole = members(network.graph, quantity, nodes), is_sum(quantity, nodes)
    return reader.item(truth, used, quantity, whole=whole)


def measured(
    reader: QuestionReader, quantity: str = "", network: Network | None = None, kind: str = ""
) -> Question:
    """Return a question for one quantity of a node, of a scope, or of the whole network."""
    quantity, network = quantity or reader.quantity(), network or reader.network()
    nodes, name = reader.target(network), reader.keys.text("node")
    item = item_of(reader, network, quantity, nodes, reader.at())
    of = f"of `{name}`" if name else "of the whole network"
    if name and not item.whole:
        of += f" ({network.graph.nodes[item.nodes[-1]].layer.in_words()})"
    measure = f", in {reader.keys.text('unit')}" if reader.keys.text("unit") else ""
    text = f"What is the {title_of(quantity, item.whole)} {of}{measure}?{reader.given(network)}"
    return reader.question(text, item, network=network, kind=kind)


def _read_shape(reader: QuestionReader) -> Question:
    axes = reader.keys.word("axes", "all")
    return measured(reader, "spatial" if axes == "spatial" else "shape")


def _read_ratio(reader: QuestionReader) -> Question:
    network = reader.network()
    (first, top), (second, bottom) = [_side(reader, network, key) for key in ("of", "to")]
    (above,), (below,) = top.truth.numbers, bottom.truth.numbers
    if not below:
        raise refused(reader.mapping, f"{second} is 0: nothing can be divided by it", "swap them")
    tolerance = max(reader.conventions.tolerance, RATIO_TOLERANCE)
    truth = NumberTruth(Fraction(above) / below, rounded=True)
    item = replace(reader.item(truth, tolerance=tolerance), divided=(top, bottom))
    text = f"What is the ratio of {first} to {second}?{reader.given(network)}"
    return reader.question(text, item, network=network)


def _side(reader: QuestionReader, network: Network, key: str) -> tuple[str, Item]:
    """Return one side of a ratio, in words and as what could be asked by itself."""
    keys = reader.keys.part(key, ("quantity", "node"))
    if keys is None:
        help = f"write `{key}: {{quantity: params, node: conv1}}`"
        raise refused(reader.at(key), f"a ratio needs `{key}`: a quantity, and its node", help)
    named, place = keys.node("node"), keys.node("quantity") or keys.mapping
    word = known_word(place, "quantity", MEASURES, SYNONYMS)
    nodes = () if named is None else reader.find(network, named)
    item = item_of(reader, network, word, nodes, place)
    if not isinstance(item.truth, NumberTruth):
        raise refused(place, f"`{word}` is no number", "ask for a count, a size or memory")
    where = f"of `{keys.text('node')}`" if nodes else "of the whole network"
    return f"the {title_of(word, item.whole)} {where}", item


def _read_table(reader: QuestionReader) -> Question:
    """Return a table over the layers of a network, one item per cell."""
    network, columns, place = reader.network(), _columns(reader), reader.keys.node("rows")
    every = place is None or word_of(place) == "all"
    rows = _layers(network, reader.at("rows")) if every else _rows(reader, network)
    cells = [(row, column) for row in rows for column in columns]
    total = reader.keys.truth("total")
    if total:
        row: Row = ("total", (), reader.at("total"))
        cells += [(row, name) for name in columns if is_sum(name, ())]
    items = [_cell(reader, network, row, column, len(cells)) for row, column in cells]
    titles = joined([title_of(name) for name in columns])
    layers, end = "every layer" if every else "the layers below", ", and the total" * total
    text = f"Fill in the table: {titles} of {layers}{end}.{reader.given(network)}"
    return reader.question(text, *items, network=network, asks=columns)


def _cell(reader: QuestionReader, network: Network, row: Row, column: str, cells: int) -> Item:
    """Return what is asked in a cell; a refusal says which cell it is."""
    label, nodes, place = row
    try:
        item = item_of(reader, network, column, nodes, place)
    except SpecError as error:
        what = f"row `{label}`, column `{column}`: {error.diagnostics[0].message}"
        raise refused(place, what, "leave the row or the column out") from None
    return reader.cell(item, label, column, cells)


def _layers(network: Network, place: tree.Node) -> list[Row]:
    every = enumerate(network.graph.nodes)
    return [(node.name, (index,), place) for index, node in every if node.inputs]


def _rows(reader: QuestionReader, network: Network) -> list[Row]:
    """Return the rows that are listed, with names of their own or those of nodes."""
    place = reader.keys.node("rows")
    if isinstance(place, tree.Mapping):
        named = [(label.text, node) for label, node in place.entries]
    else:
        named = [(name.text, name) for name in reader.keys.texts("rows")]
    rows: dict[str, Row] = {}
    for label, target in named:
        if label in rows:
            help = "rows need names of their own: write {label: node}"
            raise refused(target, f"the row `{label}` stands twice", help)
        rows[label] = (label, reader.find(network, target), target)
    return list(rows.values())


def _columns(reader: QuestionReader) -> list[str]:
    """Return the quantities asked for."""
    if reader.keys.node("columns") is None:
        return ["shape", "params"]
    result: list[str] = []
    for name in reader.keys.texts("columns"):
        word = known_word(name, "column", _COLUMNS, SYNONYMS)
        if word in result:
            raise refused(name, f"the column `{name.text}` stands twice", "leave one of them out")
        result.append(word)
    if not result:
        raise refused(reader.at("columns"), "there are no columns", "write [shape, params]")
    return result


def _kind_of(name: str) -> QuestionType:
    """Return the kind of question for a quantity, called like it."""
    kind = "" if name == "receptive_field" else "integer"
    keys = ("node", "unit") if name.endswith("bytes") else ("node",)
    return QuestionType(name, partial(measured, quantity=name, kind=kind), MEASURES[name], keys)


QUANTITY_KINDS = tuple([_kind_of(name) for name in MEASURES if name not in ("shape", "spatial")])
SHAPE = QuestionType("shape", _read_shape, "the output shape of a node", ("node", "axes"))
INTEGER = QuestionType(
    "integer", measured, "the quantity that it names", ("node", "quantity", "unit")
)
RATIO = QuestionType("ratio", _read_ratio, "one quantity divided by another", ("of", "to"))
TABLE = QuestionType(
    "table", _read_table, "quantities of every layer", ("rows", "columns", "total", "unit")
)
