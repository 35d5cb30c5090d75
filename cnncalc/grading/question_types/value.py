"""Questions on numbers: one cell, or the map of one channel, on small integers that are drawn.

The weights that the spec does not give are drawn as well. Every wrong value that a usual slip leads
to differs from the right one where that can be had. Questions that share a network of `networks:`
share its numbers, so that one may go on from the answer to another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product as places_of
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError, SpecError, UsageError
from cnncalc.grading.marking.drawn_numbers import DrawnNumbers
from cnncalc.grading.model import Item, Network, Question
from cnncalc.grading.question_types.question import NUMBERS, QuestionReader, QuestionType
from cnncalc.grading.question_types.typed import NumberTruth
from cnncalc.grading.yaml_keys import KeyFaults, refused
from cnncalc.quantities import product, show_shape

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph
    from cnncalc.teaching.cells import Cell

#: So many cells are asked for in one question at most.
MOST_CELLS = 36
#: What a student can work with on paper.
MOST_INPUTS, MOST_WEIGHTS = 150, 120
#: So many draws are looked at for one in which slips show.
DRAWS = 40
#: A node, and the cells of its output that are asked for.
Asked = tuple[int, tuple["Cell", ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTruth(NumberTruth):
    """A number, and the wrong numbers that slips lead to, by the slip's name."""

    mistakes: tuple[tuple[str, Fraction], ...]
    drawn: DrawnNumbers = field(compare=False, repr=False)

    executes = True  # reading the question runs its network

    def working(self, item: Item) -> list[str]:
        from cnncalc.teaching.working import in_lines

        lines = in_lines(self.drawn.run.working(item.nodes[-1], item.cell))
        return ["; ".join(lines)] if item.row else lines


def read_value(reader: QuestionReader) -> Question:
    """Return a question on the value of one cell, or on all cells of one channel as a table."""
    network = reader.network()
    index, cells = _asked(reader, network)
    try:
        drawn = _numbers(reader, network, (index, cells))
    except (LayerError, UsageError) as error:
        raise refused(reader.at(), error.message, error.help) from None
    items = []
    for cell in cells:
        right, slips = drawn.right(index, cell), tuple(drawn.slips(index, cell).items())
        rounded = right.denominator != 1
        truth = ValueTruth(value=right, rounded=rounded, mistakes=slips, drawn=drawn)
        item = replace(reader.item(truth, (index,)), cell=cell)
        if len(cells) > 1:
            row = f"row {cell[1] if len(cell) == 3 else 0}"
            item = reader.cell(item, row, f"column_{cell[-1]}", len(cells))
        items.append(item)
    kind = "table" if len(cells) > 1 else "number"
    question = reader.question(_sentence(drawn, index, cells), *items, kind=kind)
    return replace(question, numbers=drawn)


def _asked(reader: QuestionReader, network: Network) -> Asked:
    """Return the node and the cells that are asked for; raises SpecError for what is not there."""
    from cnncalc.teaching.sheet import check_cell

    index = (reader.target(network) or network.graph.outputs)[-1]
    if index in network.graph.inputs:
        raise refused(reader.at(), "an input is given, not worked out")
    output, name = network.right.shapes[index] or (), network.graph.nodes[index].name
    word = reader.keys.text("cell", "map")
    if word == "map":
        return index, _map(reader, output, name)
    if not re.fullmatch(r"[0-9]{1,8}( *, *[0-9]{1,8})*", word):
        help = 'write `cell: map`, or coordinates such as `cell: "0,1,2"`'
        raise refused(reader.at("cell"), f"`{word}` is no cell", help)
    cell = tuple(map(int, word.split(",")))
    try:
        check_cell(cell, output, name)
    except UsageError as error:
        raise refused(reader.at("cell"), error.message, error.help) from None
    return index, (cell,)


def _map(reader: QuestionReader, output: tuple[int, ...], name: str) -> tuple[Cell, ...]:
    """Return the cells of one channel of an output, or of a flat vector."""
    spaces = output[1:] or output
    if product(spaces) > MOST_CELLS or len(output) > 3:
        what = f"`{name}` is {show_shape(output)}: it cannot be asked for as a map"
        help = f"ask for one cell, or a map of up to {MOST_CELLS} cells with one or two axes"
        raise refused(reader.at("cell"), what, help)
    channel = reader.keys.word("channel", "0", map(str, range(output[0])))
    first = (int(channel),) if len(output) > 1 else ()
    return tuple([(*first, *spot) for spot in places_of(*map(range, spaces))])


def _numbers(reader: QuestionReader, network: Network, own: Asked) -> DrawnNumbers:
    """Return the numbers of a question: those of all questions, if several share its network.

    Raises `UsageError` for a network that is too large to be worked out on paper.
    """
    _check_size(network.graph, own[0])
    key = (reader.shared_name or reader.id, _seed(reader))
    kept = reader.networks.numbers
    if (network, key) not in kept:
        wanted = {own, *_sharing(reader, network)}
        kept[network, key] = _best(network.graph, sorted(wanted), key)
    return kept[network, key]


def _seed(reader: QuestionReader) -> str:
    """Return which numbers are asked for: drawn, named or the first ones."""
    return reader.drawn.get(NUMBERS) or reader.keys.text(NUMBERS, "1")


def _sharing(reader: QuestionReader, network: Network) -> list[Asked]:
    """Return what all questions ask for of the same shared network with the same numbers."""
    reading = replace(reader.reading, faults=KeyFaults())  # theirs are said in their own turn
    same, found = ("value", reader.shared_name, _seed(reader)), []
    for mapping in reading.questions if reader.shared else ():
        other = QuestionReader(mapping, reading, VALUE)
        with suppress(SpecError, UsageError):
            named = (other.keys.text("kind"), other.shared_name, _seed(other))
            if named == same and other.network() is network:
                asked = _asked(other, network)
                _check_size(network.graph, asked[0])
                found.append(asked)
    return found


def _check_size(graph: Graph, index: int) -> None:
    """Raise `UsageError` for a network that is too large to be worked out on paper."""
    from cnncalc.executor.initial import declared_arrays

    numbers = sum(product(graph.nodes[i].layer.output_shape(())) for i in graph.inputs)
    if numbers > MOST_INPUTS:
        raise UsageError(
            f"the input has {numbers:,} numbers, too many to work with on paper",
            f"at most {MOST_INPUTS}: give a smaller `input`",
        )
    before = {node.name for node in graph.nodes[: index + 1]}
    weights = sum(product(spec.shape) for _, node, spec in declared_arrays(graph)
                  if node.name in before and node.layer.given(spec) is None)  # fmt: skip
    if weights > MOST_WEIGHTS:
        raise UsageError(
            f"the layers up to it have {weights:,} weights, too many to be listed",
            f"at most {MOST_WEIGHTS}: give weights in the spec, or a smaller layer",
        )


def _best(graph: Graph, wanted: Sequence[Asked], key: tuple[str, str]) -> DrawnNumbers:
    """Return the draw in which the most slips have a value of their own, and maps say most."""
    last = max(index for index, _ in wanted)
    graph = graph.replace(nodes=graph.nodes[: last + 1], outputs=(last,), aux_outputs=())
    found: list[tuple[int, DrawnNumbers]] = []
    for attempt in range(DRAWS):
        drawn = _draw(graph, key, Random(f"{'/'.join(key)}/{attempt}"))
        hidden = sum(_dullness(drawn, index, cells) for index, cells in wanted)
        found.append((hidden, drawn))
        if not hidden:
            break
    return min(found, key=itemgetter(0))[1]


def _dullness(drawn: DrawnNumbers, index: int, cells: Sequence[Cell]) -> int:
    """Return how much of a question says nothing: slips that do not show, a map of few values."""
    right = [drawn.right(index, cell) for cell in cells]
    dull = max(0, (len(cells) + 1) // 2 - len({*right} - {Fraction(0)}))
    for cell, value in zip(cells, right, strict=True):
        values = [*drawn.slips(index, cell).values(), value]
        dull += len(values) - len(set(values))
    return dull


def _draw(graph: Graph, key: tuple[str, ...], random: Random) -> DrawnNumbers:
    """Return small integers for the inputs and for the weights that the spec does not give."""
    import numpy as np

    from cnncalc.executor.initial import declared_arrays
    from cnncalc.teaching.cells import Run

    def integers(shape: tuple[int, ...], low: int, high: int) -> Array:
        numbers = [float(random.randint(low, high)) for _ in range(product(shape))]
        return np.array(numbers).reshape(shape)

    inputs = [integers((1, *graph.nodes[i].layer.output_shape(())), 0, 5) for i in graph.inputs]
    weights = {}
    for name, node, spec in declared_arrays(graph):
        if node.layer.given(spec) is None:
            low, high = (-2, 2) if spec.trainable else (0, 2)
            array = integers(spec.shape, low, high)
            weights[name] = array + 1 if spec.name == "running_var" else array
    return DrawnNumbers(
        key, inputs, weights, Run(graph, weights, inputs, {*range(len(graph.nodes))})
    )


def _sentence(drawn: DrawnNumbers, index: int, cells: Sequence[Cell]) -> str:
    """Return the question: the numbers that are given, and what to compute."""
    from cnncalc.teaching.cells import call

    nodes, inputs = drawn.graph.nodes[: index + 1], drawn.graph.inputs
    given = [
        (drawn.graph.nodes[i].name, array[0]) for i, array in zip(inputs, drawn.inputs, strict=True)
    ]
    before = {node.name for node in nodes}
    given += [one for one in drawn.weights.items() if one[0].rpartition(".")[0] in before]
    parts = [f"{name} = {_listed(array)}" for name, array in given]
    parts += [f"`{node.name}` is {call(node)}" for i, node in enumerate(nodes) if i not in inputs]
    cell = cells[0]
    if len(cells) > 1:
        channel = f" of channel {cell[0]}" if len(cell) > 1 else ""
        what = f"every value{channel} of the output of `{nodes[-1].name}`"
    else:
        axes = ("channel", "row", "column") if len(cell) == 3 else ("channel", "position")
        spot = ", ".join(f"{axis} {at}" for axis, at in zip(axes, cell, strict=False))
        what = f"the value of the output of `{nodes[-1].name}` at {spot}, counted from 0"
    return f"Given are {'; '.join(parts)}. Compute {what}."


def _listed(array: Array) -> str:
    """Return whole numbers as nested lists, without an axis of length 1 before."""
    shown = array[0] if array.ndim > 1 and len(array) == 1 else array
    return str(shown.astype(int).tolist())


VALUE = QuestionType(
    "value", read_value, "values of a layer's output on numbers that are drawn",
    ("node", "cell", "channel", NUMBERS),
)  # fmt: skip
