"""The classic question: fill in quantities of every layer of a network."""

from __future__ import annotations

from cnncalc.diagnostics import SpecError
from cnncalc.grading.model import Item, Network, Question
from cnncalc.grading.quantities import MEASURES, SYNONYMS, is_sum, joined, title_of
from cnncalc.grading.question_types.measured import item_of
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import known_word, refused
from cnncalc.language import tree

_COLUMNS = tuple([name for name in MEASURES if name != "peak_bytes"])
#: Label, nodes and place of a row; the total is one of all nodes.
Row = tuple[str, tuple[int, ...], "tree.Node"]


def read_table(reader: QuestionReader) -> Question:
    """Return a table over the layers of a network, one item per cell."""
    network, columns = reader.network(), _columns(reader)
    cells = [(row, column) for row in _rows(reader, network) for column in columns]
    total = reader.keys.truth("total")
    if total:
        row: Row = ("total", (), reader.at("total"))
        cells += [(row, name) for name in columns if is_sum(name, ())]
    items = [_cell(reader, network, row, column, len(cells)) for row, column in cells]
    titles = joined([title_of(name) for name in columns])
    layers = "every layer" if _all(reader.keys.node("rows")) else "the layers below"
    end = ", and the total" if total else ""
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


def _rows(reader: QuestionReader, network: Network) -> list[Row]:
    """Return the rows: layers that are listed, or all of them."""
    place, graph = reader.keys.node("rows"), network.graph
    if _all(place):
        layers = [(index, node) for index, node in enumerate(graph.nodes) if node.inputs]
        return [(node.name, (index,), place or reader.mapping) for index, node in layers]
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


def _all(rows: tree.Node | None) -> bool:
    return rows is None or (isinstance(rows, tree.Scalar) and rows.text == "all")


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


TABLE = QuestionType(
    "table", read_table, "quantities of every layer", ("rows", "columns", "total", "unit")
)
