"""Questions on numbers: one cell, or the map of one channel, on small integers that are drawn.

The weights that the spec does not give are drawn as well. Every wrong value that a usual slip leads
to differs from the right one where that can be had. Questions that share a network of `networks:`
share its numbers, so that one may go on from the answer to another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product as places_of
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import LayerError, SpecError, UsageError
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.model import Item, Network, Question
from cnncalc.grading.question_types.number_draws import Asked, best, check_size
from cnncalc.grading.question_types.numbers import NumberTruth
from cnncalc.grading.question_types.question import NUMBERS, QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import KeyFaults, refused
from cnncalc.language import tree
from cnncalc.language.tree import Scalar
from cnncalc.quantities import product, show_shape

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array
    from cnncalc.teaching.cells import Cell

#: So many cells are asked for in one question at most.
MOST_CELLS = 36
KEYS = ("node", "cell", "channel", NUMBERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTruth(NumberTruth):
    """A number, and the wrong numbers that slips lead to, by the slip's name."""

    slips: tuple[tuple[str, Fraction], ...]
    numbers: DrawnNumbers = field(compare=False, repr=False)

    executes = True  # reading the question runs its network

    @property
    def mistakes(self) -> tuple[tuple[str, Fraction], ...]:
        """The wrong numbers that slips lead to."""
        return self.slips

    def working(self, item: Item) -> list[str]:
        """Return the working of the cell, on one line where it is one of many."""
        from cnncalc.teaching.working import in_lines

        lines = in_lines(self.numbers.run.working(item.nodes[-1], item.cell))
        return ["; ".join(lines)] if item.row else lines


def read_value(reader: QuestionReader) -> Question:
    """Return a question on the value of one cell, or on all cells of one channel."""
    network = reader.network()
    place = reader.at()
    index, cells = asked(reader, network)
    try:
        numbers = numbers_of(reader, network, (index, cells))
    except (LayerError, UsageError) as error:
        raise refused(place, error.message, error.help) from None
    items = tuple(items_of(reader, numbers, index, cells))
    kind = "table" if len(cells) > 1 else "number"
    text = wording(numbers, index, cells)
    return replace(reader.finish(kind, (), items, None, text), numbers=numbers)


def asked(reader: QuestionReader, network: Network) -> Asked:
    """Return the node and the cells that are asked for; raises SpecError for what is not there."""
    graph, shapes = network.graph, network.right.shapes
    nodes = reader.target(network)
    index = nodes[-1] if nodes else graph.outputs[-1]
    if index in graph.inputs:
        raise refused(reader.at(), "an input is given, not worked out")
    return index, tuple(cells_asked(reader, shapes[index] or (), graph.nodes[index].name))


def items_of(
    reader: QuestionReader, numbers: DrawnNumbers, index: int, cells: Sequence[Cell]
) -> Iterator[Item]:
    """Yield an item for every cell, each worth the same; of a map as a table."""
    for cell in cells:
        item = reader.item("typed", truth_of(numbers, index, cell), nodes=(index,))
        item = replace(item, cell=cell, points=reader.points / len(cells))
        if len(cells) > 1:
            row, column = cell[1:] if len(cell) == 3 else (0, cell[-1])
            labels = f"row {row}", f"column_{column}"
            name = "/".join((reader.id, *labels))
            item = replace(item, id=name, row=labels[0], column=labels[1])
        yield item


def cells_asked(reader: QuestionReader, output: tuple[int, ...], name: str) -> list[Cell]:
    """Return the cells that are asked for; raises SpecError for one outside the map."""
    from cnncalc.teaching.sheet import check_cell

    place = reader.at("cell")
    word = reader.keys.text("cell", "map")
    if word == "map":
        channel = int(reader.keys.text("channel", "0") or 0) if len(output) > 1 else 0
        spaces = output[1:] if len(output) > 1 else output
        if product(spaces) > MOST_CELLS or len(output) > 3 or channel >= output[0]:
            what = f"`{name}` is {show_shape(output)}: it cannot be asked for as a map"
            help = f"ask for one cell, or a map of up to {MOST_CELLS} cells with one or two axes"
            raise refused(place, what, help)
        if len(output) == 1:
            return [(i,) for i in range(output[0])]
        return [(channel, *spot) for spot in places_of(*map(range, spaces))]
    parts = word.replace(" ", "").split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        help = 'write `cell: map`, or coordinates such as `cell: "0,1,2"`'
        raise refused(place, f"`{word}` is no cell", help)
    cell = tuple([int(part) for part in parts])
    try:
        check_cell(cell, output, name)
    except UsageError as error:
        raise refused(place, error.message, error.help) from None
    return [cell]


def numbers_of(reader: QuestionReader, network: Network, own: Asked) -> DrawnNumbers:
    """Return the numbers of a question: those of all questions, if several share its network.

    Raises `UsageError` for a network that is too large to be worked out on paper.
    """
    check_size(network.graph, own[0])
    wanted = {own, *[asked(other, network) for other in sharing(reader, network)]}
    key = (reader.shared_name or reader.id, seed_of(reader))
    kept = reader.networks.numbers
    if (network, key) not in kept:
        kept[network, key] = best(network.graph, sorted(wanted), key)
    return kept[network, key]


def seed_of(reader: QuestionReader) -> str:
    """Return which numbers are asked for: drawn, named or the first ones."""
    return reader.drawn.get(NUMBERS) or reader.keys.text(NUMBERS, "1")


def sharing(reader: QuestionReader, network: Network) -> Iterator[QuestionReader]:
    """Yield the other questions on values with the same shared network and the same numbers."""
    reading = replace(reader.reading, faults=KeyFaults())  # theirs are said in their own turn
    for mapping in reader.reading.questions if reader.shared else ():
        if mapping is reader.mapping or any(
            word(mapping, key) != word(reader.mapping, key) for key in ("kind", "spec")
        ):
            continue
        other = QuestionReader(mapping, reading, KEYS)
        try:
            fits = other.network() is network and seed_of(other) == seed_of(reader)
            if fits:
                check_size(network.graph, asked(other, network)[0])
        except (SpecError, UsageError):
            continue
        if fits:
            yield other


def word(mapping: tree.Mapping, key: str) -> str:
    """Return the word under a key of a question, '' if there is none."""
    found = mapping.get(key)
    return found.text if isinstance(found, Scalar) else ""


def truth_of(numbers: DrawnNumbers, index: int, cell: Cell) -> ValueTruth:
    """Return what is right in a cell, and what slips lead to."""
    right = numbers.right(index, cell)
    slips = tuple(numbers.slips(index, cell).items())
    rounded = right.denominator != 1
    return ValueTruth(value=right, rounded=rounded, slips=slips, numbers=numbers)


def wording(drawn: DrawnNumbers, index: int, cells: Sequence[Cell]) -> str:
    """Return the question: the numbers that are given, and what to compute."""
    graph = drawn.graph
    node = graph.nodes[index]
    parts = []
    for i, array in zip(graph.inputs, drawn.inputs, strict=True):
        parts.append(f"{graph.nodes[i].name} = {listed(array[0])}")
    before = {one.name for one in graph.nodes[: index + 1]}
    for name, array in drawn.weights.items():
        if name.rpartition(".")[0] in before:
            parts.append(f"{name} = {listed(array)}")
    from cnncalc.teaching.cells import call

    layers = [one for i, one in enumerate(graph.nodes[: index + 1]) if i not in graph.inputs]
    parts += [f"`{one.name}` is {call(one)}" for one in layers]
    given = "; ".join(parts)
    if len(cells) > 1:
        channel = f" of channel {cells[0][0]}" if len(cells[0]) > 1 else ""
        what = f"every value{channel} of the output of `{node.name}`"
    else:
        names = ("channel", "row", "column") if len(cells[0]) == 3 else ("channel", "position")
        spot = ", ".join(f"{n} {c}" for n, c in zip(names, cells[0], strict=False))
        what = f"the value of the output of `{node.name}` at {spot}, counted from 0"
    return f"Given are {given}. Compute {what}."


def listed(array: Array) -> str:
    """Return an array as nested lists of whole numbers, without an axis of length 1 before."""
    shown = array[0] if array.ndim > 1 and len(array) == 1 else array
    return json.dumps(whole(shown.tolist()))


def whole(value: Any) -> Any:
    """Return nested floats as integers where they are whole."""
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if float(value).is_integer() else value


VALUE = QuestionType(
    "value", read_value, "values of a layer's output on numbers that are drawn",
    KEYS, ("cell_value", "feature_map"),
)  # fmt: skip
