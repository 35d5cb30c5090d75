"""The classic question: fill in quantities of every layer of a network."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import SpecError
from cnncalc.grading.model import Item, Network, Question
from cnncalc.grading.quantities import MEASURES, QUANTITIES, SYNONYMS, title_of
from cnncalc.grading.question_types.measured import is_sum, members, truth_of
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import as_fraction, known_word, refused
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

_COLUMNS = tuple(name for name in MEASURES if name != "peak_bytes")
#: Label, nodes and place of a row; the total is one of all nodes.
Row = tuple[str, tuple[int, ...], "Node"]


def read_table(reader: QuestionReader) -> Question:
    """Return a table over the layers of a network, one item per cell."""
    network = reader.network()
    columns, total = _columns(reader), reader.keys.truth("total", False)
    cells = [(row, column) for row in _rows(reader, network) for column in columns]
    if total:
        row: Row = ("total", (), reader.at("total"))
        cells += [(row, name) for name in columns if name in QUANTITIES and QUANTITIES[name].sums]
    share = reader.points / max(1, sum(columns[name] for _, name in cells))
    items = tuple([_cell(reader, network, row, name, share * columns[name]) for row, name in cells])
    titles = " and ".join(", ".join(title_of(name) for name in columns).rsplit(", ", 1))
    place = reader.keys.node("rows")
    which = place.text if isinstance(place, Scalar) else "listed" if place else "all"
    layers = {"all": "every layer", "weighted": "every layer with weights"}
    end = ", and the total" if total else ""
    text = f"Fill in the table: {titles} of {layers.get(which, 'the layers below')}{end}."
    return reader.finish("table", columns, items, network, text + reader.given(network))


def _cell(
    reader: QuestionReader, network: Network, row: Row, column: str, points: Fraction
) -> Item:
    """Return what is asked in a cell; a refusal says which cell it is."""
    label, nodes, place = row
    try:
        truth = truth_of(reader, network, column, nodes, place)
    except SpecError as error:
        what = f"row `{label}`, column `{column}`: {error.diagnostics[0].message}"
        raise refused(place, what, "leave the row or the column out") from None
    used = members(network, column, nodes)
    item = reader.item(column, truth, label, used, whole=is_sum(column, nodes))
    name = f"{reader.id}/{label}/{column}"
    return replace(item, id=name, points=points, row=label, column=column)


def _rows(reader: QuestionReader, network: Network) -> list[Row]:
    """Return the rows: layers that are listed, or all of them."""
    place, graph = reader.keys.node("rows"), network.graph
    if place is None or (isinstance(place, Scalar) and place.text in ("all", "weighted")):
        keep = isinstance(place, Scalar) and place.text == "weighted"
        return [
            (node.name, (index,), place or reader.mapping)
            for index, node in enumerate(graph.nodes)
            if index not in graph.inputs and (not keep or network.right.params(index))
        ]
    if isinstance(place, Mapping):
        pairs: list[tuple[str, Node]] = [(label.text, node) for label, node in place.entries]
    else:
        pairs = [(name.text, name) for name in reader.keys.texts("rows")]
    seen: set[str] = set()
    for label, target in pairs:
        if label in seen:
            help = "rows need names of their own: write {label: node}"
            raise refused(target, f"the row `{label}` stands twice", help)
        seen.add(label)
    return [(label, reader.find(network, target), target) for label, target in pairs]


def _columns(reader: QuestionReader) -> dict[str, Fraction]:
    """Return the quantities asked for, each with its points relative to the others."""
    place = reader.keys.node("columns")
    if place is None:
        return {"shape": Fraction(1), "params": Fraction(1)}
    if isinstance(place, Mapping):
        pairs = [(name, _weight(name.text, value)) for name, value in place.entries]
    else:
        pairs = [(node, Fraction(1)) for node in reader.keys.texts("columns")]
    if not pairs:
        raise refused(place, "there are no columns", "write [shape, params]")
    result: dict[str, Fraction] = {}
    for name, weight in pairs:
        word = SYNONYMS.get(name.text, name.text)
        known_word(name, word, _COLUMNS, f"there is no column `{name.text}`")
        if word in result:
            raise refused(name, f"the column `{name.text}` stands twice", "leave one of them out")
        result[word] = weight
    return result


def _weight(name: str, node: Node) -> Fraction:
    """Return the points of a column relative to the others."""
    weight = as_fraction(node.text) if isinstance(node, Scalar) else None
    if weight is None or weight <= 0:
        what = f"the column `{name}` is worth a number above 0"
        raise refused(node, what, "such as {shape: 1, params: 2}")
    return weight


TABLE = QuestionType(
    "table", read_table, "quantities of every layer", ("rows", "columns", "total", "unit")
)
