"""A network on drawn numbers: what its cells are, and the wrong values that usual slips lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError
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
Maps = Mapping[int, "Array"]


@dataclass(frozen=True, slots=True)
class DrawnNumbers:
    """A network run on drawn inputs and weights; `key` tells it from others of an assignment.

    `run` has kept what every node gave.
    """

    key: tuple[str, ...]
    inputs: list[Array] = field(compare=False, repr=False)
    weights: dict[str, Array] = field(compare=False, repr=False)
    run: Run = field(compare=False, repr=False)

    @property
    def graph(self) -> Graph:
        """The network, up to the last node that is asked about."""
        return self.run.graph

    def right(self, index: int, cell: Cell) -> Fraction:
        """Return what a cell is; raises `ContradictionError` if the executor has another value."""
        return exact(self.run.working(index, cell).result)

    def value(self, index: int, cell: Cell, maps: Maps) -> Fraction:
        """Return what a cell is if the nodes before it gave these maps."""
        sheet = self._sheet(index, cell, maps)
        return exact(sheet.layer.work(sheet))

    def slips(self, index: int, cell: Cell, maps: Maps | None = None) -> dict[str, Fraction]:
        """Return by name what slips make of a cell, on a student's own `maps` if given."""
        maps = self.run.kept if maps is None else maps
        right = self.value(index, cell, maps)
        found = self._slipped(index, cell, maps)
        return {name: wrong for name, value in found if (wrong := exact(value)) != right}

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
