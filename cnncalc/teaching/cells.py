"""Single cells of a network that runs: which are meant, and the working of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import Diagnostic, LayerError, SpecError, UsageError, did_you_mean
from cnncalc.executor.execution import Executor
from cnncalc.executor.run import as_batches, check_weights, shapes_of
from cnncalc.executor.weights import GivenWeights
from cnncalc.layers.option import show
from cnncalc.layers.working import Equation, NumberGrid, Working
from cnncalc.quantities import show_shape
from cnncalc.record import Record
from cnncalc.teaching.derivation import ContradictionError
from cnncalc.teaching.sheet import WorkingSheet, cells_of, check_cell

if TYPE_CHECKING:
    from cnncalc.executor.training import Training
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph, Node
    from cnncalc.layers.base import Layer

Cell = tuple[int, ...]
#: How far the working and the executor may lie apart, relative to the numbers in it.
TOLERANCE = 1e-9
#: Values of a field that a heading repeats; more are left out.
LONGEST_VALUE = 40


class Run:
    """A network run once, in float64: what each node gave, and its weights.

    `inputs` is a batch for each input of the network. Raises what `executor.run.run` raises.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Mapping[str, Array],
        inputs: Sequence[Array],
        nodes: set[int],
        training: Training | None = None,
    ) -> None:
        check_weights(graph, shapes_of(weights))
        self.graph = graph
        self.source = GivenWeights(graph, weights, "float64")
        read = {index for node in nodes for index in graph.nodes[node].inputs}
        self.training = training
        self.executor = Executor(graph, self.source, "float64", training=training)
        batches = as_batches(graph, inputs, "float64")
        self.kept = self.executor.run(batches, keep=frozenset(nodes | read))

    def working(self, index: int, cell: Cell, sample: int = 0) -> Working:
        """Return the working of one cell of a node that was kept."""
        node = self.graph.nodes[index]
        samples = [self.kept[read] for read in node.inputs]
        names = (self.graph.name, node.name, call(node))
        noted = None if self.training is None else self.training.notes.get(index, {})
        return work_out(
            node.layer, names, samples, self.arrays(index), cell, self.kept[index], sample, noted
        )

    def again(self, changes: Mapping[int, Mapping[Cell, float]]) -> dict[int, Array]:
        """Return what all nodes would give if some cells of the first sample were others.

        The changes are by node and cell. All nodes must have been kept.
        """
        maps: dict[int, Array] = {}
        for index, node in enumerate(self.graph.nodes):
            if any(maps[read] is not self.kept[read] for read in node.inputs):
                maps[index] = self.executor.one(index, [maps[read] for read in node.inputs])
            else:
                maps[index] = self.kept[index]
            if index in changes:
                maps[index] = maps[index].copy()
                for cell, value in changes[index].items():
                    at = (0, *cell)
                    maps[index][at] = value
        return maps

    def arrays(self, index: int) -> dict[str, Array]:
        """Return the weights of a node by their names."""
        node = self.graph.nodes[index]
        owner = index if node.shares is None else node.shares
        shapes = tuple([tuple(self.kept[read].shape[1:]) for read in node.inputs])
        return {
            spec.name: self.source.array(owner, spec, outputs_last=False)
            for spec in node.layer.params(shapes)
        }


def call(node: Node) -> str:
    """Return a layer as a spec writes it, with short values only."""
    layer = node.layer
    given = {
        name: show(value)
        for name, value in layer.as_dict().items()
        if value != layer.fields()[name].default
    }
    shown = {name: text if len(text) <= LONGEST_VALUE else "..." for name, text in given.items()}
    inner = ", ".join(f"{name}: {text}" for name, text in shown.items())
    return f"{layer.keyword}: {{{inner}}}" if inner else layer.keyword


def meant(graph: Graph, text: str) -> tuple[int, Cell]:
    """Return the node and the cell that `conv_1:0,3,2` means; raises `UsageError`.

    Without a name the network's last layer is meant.
    """
    name, colon, place = text.rpartition(":")
    numbers = place.replace(" ", "").split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in numbers):
        raise UsageError(
            f"`{text}` is no cell", "write LAYER:channel,row,column, such as conv_1:0,0,0"
        )
    index = node_named(graph, name) if colon else graph.outputs[-1]
    return index, tuple([int(part) for part in numbers])


def node_named(graph: Graph, name: str) -> int:
    """Return the node of a name, or the last of a scope; raises `UsageError`."""
    if not graph.within(name):
        names = [*[node.name for node in graph.nodes], *(graph.scopes or ())]
        help = did_you_mean(name, names, "`cnncalc show SPEC` lists the layers")
        raise UsageError(f"{graph.name} has no layer `{name}`", help)
    return graph.index(name)


def workings(
    graph: Graph,
    weights: Mapping[str, Array],
    inputs: Sequence[Array],
    cells: Sequence[tuple[int, Cell]],
    sample: int = 0,
    training: Training | None = None,
) -> list[Working]:
    """Return the working of some cells of a network on given inputs.

    Raises `UsageError` for a cell outside its map, `SpecError` for a layer that shows no working.
    """
    check(graph, cells)
    check_sample(inputs, sample)
    run = Run(graph, weights, inputs, {index for index, _ in cells}, training)
    return [run.working(index, cell, sample) for index, cell in cells]


def check_sample(inputs: Sequence[Array], sample: int) -> None:
    """Raise `UsageError` for a sample that is not there."""
    count = len(inputs[0])
    if sample >= count:
        help = f"samples count from 0 to {count - 1}" if count > 1 else "there is one, number 0"
        raise UsageError(f"there is no sample {sample}", help)


def check(graph: Graph, cells: Sequence[tuple[int, Cell]]) -> None:
    """Raise `UsageError` if a cell belongs to an input or lies outside its map."""
    shapes = analyze(graph).output_shapes()
    for index, cell in cells:
        node = graph.nodes[index]
        if index in graph.inputs:
            raise UsageError(f"`{node.name}` is an input: it is given, not worked out")
        check_cell(cell, shapes[index], node.name)


#: So many cells are walked over, unless a number says otherwise.
MOST_STEPS = 400


class CellWalk(Record):
    """Cells of one channel of a map worked out one after the other, and the maps around them.

    `maps` are the channels of the first input that the cells read, (C, *spatial), by their number;
    `output` is the channel of the output, as nested lists. `cells` are the workings.
    """

    cells: tuple[Working, ...]
    maps: dict[int, list[Any]]
    output: list[Any]


def walk_over(
    graph: Graph,
    weights: Mapping[str, Array],
    inputs: Sequence[Array],
    index: int,
    start: Cell | None,
    most: int | None,
    sample: int = 0,
    training: Training | None = None,
) -> CellWalk:
    """Return the walk over one channel of a node's map, from a cell on, at most so many cells.

    Raises `UsageError` for a map that is too large to walk over, and as `workings`.
    """
    output = analyze(graph).output_shapes()[index]
    first = start if start is not None else (0,) * len(output)
    check(graph, [(index, first)])
    cells = cells_of(output, first)
    if len(cells[:most]) > MOST_STEPS:
        raise UsageError(
            f"a map of {show_shape(output[1:] or output)} has {len(cells):,} cells to walk over",
            f"--steps 9 takes nine of them; at most {MOST_STEPS} can be taken",
        )
    check_sample(inputs, sample)
    run = Run(graph, weights, inputs, {index}, training)
    found = tuple([run.working(index, cell, sample) for cell in cells[:most]])
    grids = [part for one in found for part in one.parts if isinstance(part, NumberGrid)]
    read = sorted({channel for grid in grids if grid.at for channel in grid.at[0]})
    source = run.kept[graph.nodes[index].inputs[0]][sample]
    made = run.kept[index][sample]
    maps = {channel: source[channel].tolist() for channel in read if source.ndim > 1}
    return CellWalk(found, maps, made[first[0]].tolist() if made.ndim > 1 else made.tolist())


def work_out(
    layer: Layer,
    names: tuple[str, str, str],
    samples: Sequence[Array],
    arrays: Mapping[str, Array],
    cell: tuple[int, ...],
    executed: Array,
    sample: int = 0,
    noted: Mapping[str, Array] | None = None,
) -> Working:
    """Return the working of one unit of a layer; `names` are its network, node and call.

    `executed` is the layer's output as the executor has it, (N, C, *spatial). Raises `SpecError`
    for a layer that shows no working, `ContradictionError` if the working gives another number.
    """
    sheet = WorkingSheet(layer, samples, arrays, cell, sample, noted)
    try:
        result = layer.work(sheet)
    except LayerError as error:
        raise SpecError(Diagnostic(error.message, help=error.help, node=names[1])) from None
    at = (sample, *cell)
    there = float(executed[at])
    if not agree(result, there, sheet.parts):
        raise ContradictionError(
            Diagnostic(
                f"the working of {names[1]} at {','.join(map(str, cell))} gives {result!r}, but the"
                f" executor {there!r}: this is a fault of cnncalc, please report it"
            )
        )
    many = sample if len(executed) > 1 else None
    return Working(
        *names, sheet.inputs, sheet.output, cell, tuple(sheet.parts), result, there, many
    )


def agree(result: float, there: float, parts: Sequence[NumberGrid | Equation]) -> bool:
    """Return whether two results are the same up to rounding of the numbers in the working."""
    if math.isnan(result) or math.isnan(there):
        return math.isnan(result) and math.isnan(there)
    if result == there:
        return True
    size = max([abs(result), abs(there), *[part_size(part) for part in parts]])
    return abs(result - there) <= TOLERANCE * max(size, 1.0)


def part_size(part: NumberGrid | Equation) -> float:
    """Return the largest number of a part of a working that has a size."""
    numbers: list[float] = [part.result]
    if isinstance(part, Equation):
        numbers += part.given.values()
    elif part.weights is not None:
        numbers += part.products()
    return max([abs(number) for number in numbers if math.isfinite(number)], default=0.0)
