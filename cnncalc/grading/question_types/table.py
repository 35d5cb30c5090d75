"""The classic question: fill in quantities of every layer of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, SpecError, suggest
from cnncalc.grading.model import Network, Question, Truth
from cnncalc.grading.quantities import MEASURES, QUANTITIES, SYNONYMS
from cnncalc.grading.question_types.measured import is_sum, members, truth_of
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.question_types.wording import title_of
from cnncalc.grading.yaml_keys import as_fraction
from cnncalc.language.tree import Mapping, Scalar

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

_COLUMNS = tuple(name for name in MEASURES if name != "peak_bytes")


def read_table(reader: QuestionReader) -> Question:
    """Return a table over the layers of a network, one item per cell."""
    network = reader.network()
    rows = _rows(reader, network)
    columns = _columns(reader)
    cells: list[tuple[str, str, tuple[int, ...], Node, Fraction]] = []
    for label, nodes, place in rows:
        for column, weight in columns:
            cells.append((label, column, nodes, place, weight))
    if reader.keys.truth("total", False):
        place = reader.keys.node("total") or reader.mapping
        for column, weight in columns:
            if column in QUANTITIES and QUANTITIES[column].sums:
                cells.append(("total", column, (), place, weight))
    share = reader.points / max(1, sum(weight for *_, weight in cells))
    items = []
    for label, column, nodes, place, weight in cells:
        truth = _cell_truth(reader, network, (label, column), nodes, place)
        used = members(network, column, nodes)
        item = reader.item(column, truth, label, used, whole=is_sum(column, nodes))
        name = f"{reader.id}/{label}/{column}"
        items.append(replace(item, id=name, points=share * weight, row=label, column=column))
    text = f"Fill in the table: {_asked(reader, columns)}.{reader.given(network)}"
    asked = dict.fromkeys(column for column, _ in columns)
    return reader.finish("table", asked, tuple(items), network, text)


def _asked(reader: QuestionReader, columns: Sequence[tuple[str, Fraction]]) -> str:
    """Return what a table asks for in words: the quantities, and the layers."""
    names = " and ".join(", ".join(title_of(column) for column, _ in columns).rsplit(", ", 1))
    place = reader.keys.node("rows")
    which = place.text if isinstance(place, Scalar) else "listed" if place else "all"
    layers = {"all": "every layer", "weighted": "every layer with weights"}
    total = ", and the total" if reader.keys.truth("total", False) else ""
    return f"{names} of {layers.get(which, 'the layers below')}{total}"


def _cell_truth(
    reader: QuestionReader,
    network: Network,
    cell: tuple[str, str],
    nodes: tuple[int, ...],
    place: Node,
) -> Truth:
    """Return what is right in a cell; a refusal says which cell it is."""
    label, column = cell
    try:
        return truth_of(reader, network, column, nodes, place)
    except SpecError as error:
        first = error.diagnostics[0]
        what = f"row `{label}`, column `{column}`: {first.message}"
        raise SpecError(Diagnostic(what, first.span, "leave the row or the column out")) from None


def _rows(reader: QuestionReader, network: Network) -> list[tuple[str, tuple[int, ...], Node]]:
    """Return label, nodes and place of every row."""
    place = reader.keys.node("rows")
    graph = network.graph
    if place is None or (isinstance(place, Scalar) and place.text in ("all", "weighted")):
        keep = isinstance(place, Scalar) and place.text == "weighted"
        result: list[tuple[str, tuple[int, ...], Node]] = []
        for index, node in enumerate(graph.nodes):
            if index in graph.inputs or (keep and not network.right.params(index)):
                continue
            result.append((node.name, (index,), place or reader.mapping))
        return result
    if isinstance(place, Mapping):
        pairs: list[tuple[str, Node]] = [(label.text, node) for label, node in place.entries]
    else:
        names = reader.keys.texts("rows")
        pairs = [(name.text, name) for name in names]
    seen: set[str] = set()
    for label, target in pairs:
        if label in seen:
            help = "rows need names of their own: write {label: node}"
            raise SpecError(Diagnostic(f"the row `{label}` stands twice", target.span, help))
        seen.add(label)
    return [(label, reader.find(network, target), target) for label, target in pairs]


def _columns(reader: QuestionReader) -> list[tuple[str, Fraction]]:
    place = reader.keys.node("columns")
    if place is None:
        return [("shape", Fraction(1)), ("params", Fraction(1))]
    pairs: list[tuple[Scalar, Fraction]] = []
    if isinstance(place, Mapping):
        pairs = [(name, _weight(name.text, value)) for name, value in place.entries]
    else:
        pairs = [(node, Fraction(1)) for node in reader.keys.texts("columns")]
    if not pairs:
        raise SpecError(Diagnostic("there are no columns", place.span, "write [shape, params]"))
    result: list[tuple[str, Fraction]] = []
    for name, weight in pairs:
        word = SYNONYMS.get(name.text, name.text)
        if word not in _COLUMNS:
            meant = suggest(word, _COLUMNS)
            help = f"did you mean `{meant}`?" if meant else "one of " + ", ".join(_COLUMNS)
            raise SpecError(Diagnostic(f"there is no column `{name.text}`", name.span, help))
        if any(word == known for known, _ in result):
            what = f"the column `{name.text}` stands twice"
            raise SpecError(Diagnostic(what, name.span, "leave one of them out"))
        result.append((word, weight))
    return result


def _weight(name: str, node: Node) -> Fraction:
    """Return the points of a column relative to the others."""
    weight = as_fraction(node.text) if isinstance(node, Scalar) else None
    if weight is None or weight <= 0:
        what = f"the column `{name}` is worth a number above 0"
        raise SpecError(Diagnostic(what, node.span, "such as {shape: 1, params: 2}"))
    return weight


TABLE = QuestionType(
    "table", read_table, "quantities of every layer", ("rows", "columns", "total", "unit")
)
