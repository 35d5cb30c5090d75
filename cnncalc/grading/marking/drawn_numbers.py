"""A network on drawn numbers: what its cells are, and the wrong values that usual slips lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError
from cnncalc.grading.marking import Bounded
from cnncalc.layers.working import Equation, NumberGrid

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph
    from cnncalc.teaching.cells import Cell, Run
    from cnncalc.teaching.sheet import WorkingSheet

#: The largest denominator that a value is written with.
FINEST = 10**6
#: What a slip makes of a layer: a field, and what it then has.
BELIEFS = (("padding", 0, "padding_ignored"), ("stride", 1, "stride_ignored"))
#: Maps that follow from answers are kept for so many different sets of answers.
MAX_KEPT = 500
Maps = Mapping[int, "Array"]
#: Numbers that somebody has in cells of nodes: each node, cell and number.
Stated = tuple[tuple[int, "Cell", Fraction], ...]


@dataclass(frozen=True, slots=True)
class DrawnNumbers:
    """A network run on drawn inputs and weights; `key` tells it from others of an assignment.

    `run` has kept what every node gave, `kept` what they give on numbers that somebody stated.
    """

    key: tuple[str, ...]
    inputs: list[Array] = field(compare=False, repr=False)
    weights: dict[str, Array] = field(compare=False, repr=False)
    run: Run = field(compare=False, repr=False)
    kept: dict[Stated, Maps] = field(
        default_factory=lambda: Bounded(MAX_KEPT), compare=False, repr=False
    )

    @property
    def graph(self) -> Graph:
        """The network, up to the last node that is asked about."""
        return self.run.graph

    def right(self, index: int, cell: Cell) -> Fraction:
        """Return what a cell is; raises `ContradictionError` if the executor has another value."""
        return exact(self.run.working(index, cell).result)

    def value(self, index: int, cell: Cell, stated: Stated = ()) -> Fraction:
        """Return what a cell is if cells of nodes before it are as stated."""
        sheet = self._sheet(index, cell, self._maps(stated))
        return exact(sheet.layer.work(sheet))

    def used(self, index: int, cell: Cell, stated: Stated) -> Stated:
        """Return those statements without which a cell would be another; all, if none is."""
        value = self.value(index, cell, stated)
        others = {one: tuple([other for other in stated if other != one]) for one in stated}
        found = [one for one in stated if self.value(index, cell, others[one]) != value]
        return tuple(found) or stated

    def slips(self, index: int, cell: Cell, stated: Stated = ()) -> dict[str, Fraction]:
        """Return by name what slips make of a cell, on a student's own numbers if stated."""
        right, maps = self.value(index, cell, stated), self._maps(stated)
        found = self._slipped(index, cell, maps)
        return {name: wrong for name, value in found if (wrong := exact(value)) != right}

    def _maps(self, stated: Stated) -> Maps:
        """Return the maps of all nodes, with the stated numbers put into them."""
        if not stated:
            return self.run.kept
        if stated not in self.kept:
            numbers: dict[int, dict[Cell, float]] = {}
            for node, cell, number in stated:
                numbers.setdefault(node, {})[cell] = float(number)
            self.kept[stated] = self.run.again(numbers)
        return self.kept[stated]

    def _sheet(self, index: int, cell: Cell, maps: Maps, **changes: int) -> WorkingSheet:
        """Return the sheet on which a cell is worked out, of a layer with some fields changed."""
        from cnncalc.teaching.sheet import WorkingSheet

        node = self.graph.nodes[index]
        layer = node.layer.replace(**changes) if changes else node.layer
        samples = [maps[read] for read in node.inputs]
        return WorkingSheet(layer, samples, self.run.arrays(index), cell)

    def _slipped(self, index: int, cell: Cell, maps: Maps) -> Iterator[tuple[str, float]]:
        """Yield what slips lead to: in the sums of products first, then in the window."""
        sheet = self._sheet(index, cell, maps)
        result = sheet.layer.work(sheet)
        grids = [part for part in sheet.parts if isinstance(part, NumberGrid) and part.weights]
        added = [part for part in sheet.parts if isinstance(part, Equation) and "b" in part.given]
        bias = added[-1].given["b"] if added else 0.0
        if grids and sheet.layer.slides:
            yield "kernel_flipped", sum(map(turned, grids)) + bias
        if len(grids) > 1:
            yield "one_channel", grids[0].result + bias
        if added:
            yield "bias_forgotten", result - bias
        for name, value, slip in BELIEFS:
            if getattr(sheet.layer, name, value) in (value, None, "valid"):
                continue
            try:
                other = self._sheet(index, cell, maps, **{name: value})
                if all(at < length for at, length in zip(cell, other.output, strict=True)):
                    yield slip, other.layer.work(other)
            except LayerError:
                continue


def turned(grid: NumberGrid) -> float:
    """Return the sum of products with the kernel turned around."""
    weights = (grid.weights or ())[::-1]
    return sum((n or 0.0) * weight for n, weight in zip(grid.numbers, weights, strict=True))


def exact(value: float) -> Fraction:
    """Return a computed number as a fraction; raises `OverflowError` for one that is not finite."""
    return Fraction(value).limit_denominator(FINEST)
