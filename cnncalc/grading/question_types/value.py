"""Questions on numbers: one cell, or the map of one channel, on small integers that are drawn.

The weights that the spec does not give are drawn as well. Every wrong value that a usual slip leads
to differs from the right one where that can be had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product as places_of
from random import Random
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError, UsageError
from cnncalc.grading.judgement import Judged, Value
from cnncalc.grading.model import Form, Item, Question, Truth
from cnncalc.grading.question_types.numbers import NumberTruth
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.quantities import product, show_shape

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph
    from cnncalc.teaching.cells import Cell, Run

#: What a student can work out on paper.
MOST_INPUTS, MOST_WEIGHTS, MOST_CELLS = 150, 120, 36
#: So many draws are looked at for one in which slips show.
DRAWS = 40
#: The largest denominator that a right value is written with.
FINEST = 10**6
SEED = "numbers"


@dataclass(frozen=True, slots=True)
class ValueTruth(Truth):
    """A number, and the wrong numbers that slips lead to, by the slip's name."""

    right: NumberTruth
    slips: tuple[tuple[str, Fraction], ...] = ()

    def judge(self, item: Item, raw: str) -> Judged:
        """Return how a number compares; a wrong one is named if one slip alone leads to it."""
        judged = self.right.judge(item, raw)
        if judged.verdict != "wrong":
            return judged
        given = {candidate.value for candidate in judged.candidates}
        names = [name for name, value in self.slips if value in given]
        slip = names[0] if len(names) == 1 else ""
        return judged._replace(slip=slip, candidates=())

    def show(self, item: Item) -> str:
        """Return the number."""
        return self.right.show(item)

    def form(self) -> Form:
        """Return that a number is asked for."""
        return "number"

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return the number."""
        return self.right.texts(item)

    def margin(self, item: Item) -> Fraction:
        """Return how far off it may be."""
        return self.right.margin(item)

    def mistaken(self, item: Item, value: Value) -> tuple[str, ...]:
        """Return a wrong number as text."""
        return self.right.mistaken(item, value)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The numbers of one draw: inputs, weights by name, and the network run on them."""

    inputs: list[Array]
    weights: dict[str, Array]
    run: Run


def read_value(reader: QuestionReader) -> Question:
    """Return a question on the value of one cell, or on all cells of one channel."""
    reader.apart = (SEED,)
    network = reader.network()
    graph = network.graph
    nodes = reader.target(network)
    index = nodes[-1] if nodes else graph.outputs[-1]
    place = reader.keys.node("node") or reader.mapping
    shapes = [network.right.shapes[i] or () for i in range(len(graph.nodes))]
    if index in graph.inputs:
        raise SpecError(Diagnostic("an input is given, not worked out", place.span))
    cells = asked(reader, shapes[index], graph.nodes[index].name)
    seed = reader.drawn.get(SEED) or reader.keys.text(SEED, "1")
    try:
        check_size(graph, index, shapes)
        drawn, truths = best(graph, index, cells, f"{reader.id}/{seed}")
    except (LayerError, UsageError) as error:
        raise SpecError(Diagnostic(error.message, place.span, error.help)) from None
    one = len(cells) == 1
    share = reader.points / len(cells)
    items = []
    for cell, truth in zip(cells, truths, strict=True):
        item = replace(reader.item("typed", truth, nodes=()), points=share)
        if not one:
            row, column = cell[1:] if len(cell) == 3 else (0, cell[-1])
            labels = f"row {row}", f"column_{column}"
            name = "/".join((reader.id, *labels))
            item = replace(item, id=name, row=labels[0], column=labels[1])
        items.append(item)
    text = wording(graph, index, cells, drawn)
    return reader.finish("table" if not one else "number", (), tuple(items), None, text)


def asked(reader: QuestionReader, output: tuple[int, ...], name: str) -> list[Cell]:
    """Return the cells that are asked for; raises SpecError for one outside the map."""
    from cnncalc.teaching.sheet import check_cell

    place = reader.keys.node("cell") or reader.mapping
    word = reader.keys.text("cell", "map")
    if word == "map":
        channel = int(reader.keys.text("channel", "0") or 0) if len(output) > 1 else 0
        spaces = output[1:] if len(output) > 1 else output
        if product(spaces) > MOST_CELLS or len(output) > 3 or channel >= output[0]:
            what = f"`{name}` is {show_shape(output)}: it cannot be asked for as a map"
            help = f"ask for one cell, or a map of up to {MOST_CELLS} cells with one or two axes"
            raise SpecError(Diagnostic(what, place.span, help))
        if len(output) == 1:
            return [(i,) for i in range(output[0])]
        return [(channel, *spot) for spot in places_of(*map(range, spaces))]
    parts = word.replace(" ", "").split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        help = 'write `cell: map`, or coordinates such as `cell: "0,1,2"`'
        raise SpecError(Diagnostic(f"`{word}` is no cell", place.span, help))
    cell = tuple([int(part) for part in parts])
    try:
        check_cell(cell, output, name)
    except UsageError as error:
        raise SpecError(Diagnostic(error.message, place.span, error.help)) from None
    return [cell]


def check_size(graph: Graph, index: int, shapes: Sequence[tuple[int, ...]]) -> None:
    """Raise `UsageError` for a network that is too large to be worked out on paper."""
    from cnncalc.executor.initial import declared_arrays

    numbers = sum(product(shapes[i]) for i in graph.inputs)
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


def best(
    graph: Graph, index: int, cells: Sequence[Cell], seed: str
) -> tuple[Drawn, list[ValueTruth]]:
    """Return the draw in which the most slips have a value of their own, and what is right."""
    found: tuple[int, Drawn, list[ValueTruth]] | None = None
    for attempt in range(DRAWS):
        drawn = draw(graph, index, Random(f"{seed}/{attempt}"))
        truths = [truth_of(graph, index, cell, drawn) for cell in cells]
        hidden = sum(clashes(truth) for truth in truths)
        if found is None or hidden < found[0]:
            found = hidden, drawn, truths
        if not hidden:
            break
    assert found is not None
    return found[1], found[2]


def clashes(truth: ValueTruth) -> int:
    """Return how many slips give the right number, or that of another slip."""
    values = [value for _, value in truth.slips] + [truth.right.value]
    return len(values) - len(set(values))


def draw(graph: Graph, index: int, random: Random) -> Drawn:
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
    return Drawn(inputs, weights, Run(graph, weights, inputs, {index}))


def truth_of(graph: Graph, index: int, cell: Cell, drawn: Drawn) -> ValueTruth:
    """Return what is right in a cell, and what slips lead to."""
    working = drawn.run.working(index, cell)
    right = exact(working.result)
    slips = [(name, exact(value)) for name, value in slipped(graph, index, cell, drawn)]
    kept = {name: value for name, value in slips if value != right}
    return ValueTruth(NumberTruth(right, rounded=right.denominator != 1), tuple(kept.items()))


def exact(value: float) -> Fraction:
    """Return a computed number as a fraction."""
    return Fraction(value).limit_denominator(FINEST)


def slipped(graph: Graph, index: int, cell: Cell, drawn: Drawn) -> Iterator[tuple[str, float]]:
    """Yield the wrong values that slips lead to: in the sums of products, then in the window."""
    from cnncalc.layers.working import Equation, NumberGrid
    from cnncalc.teaching.sheet import WorkingSheet

    node = graph.nodes[index]
    working = drawn.run.working(index, cell)
    grids = [part for part in working.parts if isinstance(part, NumberGrid) and part.weights]
    added = [part for part in working.parts if isinstance(part, Equation) and "b" in part.given]
    bias = added[-1].given["b"] if added else 0.0
    if grids:
        if node.layer.slides:
            turned = [sum((n or 0.0) * w for n, w in zip(g.numbers, (g.weights or ())[::-1],
                      strict=True)) for g in grids]  # fmt: skip
            yield "kernel_flipped", sum(turned) + bias
        if len(grids) > 1:
            yield "one_channel", grids[0].result + bias
        if added:
            yield "bias_forgotten", working.result - bias
    for field, value, name in (("padding", 0, "padding_ignored"), ("stride", 1, "stride_ignored")):
        if getattr(node.layer, field, value) in (value, None, "valid"):
            continue
        samples = [drawn.run.kept[i] for i in node.inputs]
        try:
            other = node.layer.replace(**{field: value})
            sheet = WorkingSheet(other, samples, drawn.run.arrays(index), cell)
            if all(c < n for c, n in zip(cell, sheet.output, strict=True)):
                yield name, other.work(sheet)
        except LayerError:
            continue


def wording(graph: Graph, index: int, cells: Sequence[Cell], drawn: Drawn) -> str:
    """Return the question: the numbers that are given, and what to compute."""
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
    ("node", "cell", "channel", SEED), ("cell_value", "feature_map"),
)  # fmt: skip
