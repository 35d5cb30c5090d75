"""The sheet on which a layer works out one of its units, and the working that comes of it.

What a unit reads follows from the layer's own relations (`Layer.reads`), not from the executor; the
result is then held against the executor's number, so that a wrong working cannot be printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product as places_of
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import LayerError, UsageError
from cnncalc.layers.working import Equation, NumberGrid, UnitWindow, columns_of
from cnncalc.quantities import product, show_shape
from cnncalc.teaching.formula import evaluate, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.executor.workspace import Array
    from cnncalc.layers.base import Layer
    from cnncalc.layers.reading import Reading
    from cnncalc.layers.relations import Relation
    from cnncalc.layers.runs import Runs

AXIS_NAMES = {1: ("positions",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}
#: A sum of more terms than these is written as one sum, not as a formula.
MOST_TERMS = 8
#: A window may hold so many numbers.
MOST_NUMBERS = 1_000_000


class WorkingSheet:
    """See `layers.protocols.Sheet`; `parts` is what has been written so far.

    `samples` are the layer's inputs, each a batch (N, C, *spatial); `arrays` its weights by name.
    """

    def __init__(
        self,
        layer: Layer,
        samples: Sequence[Array],
        arrays: Mapping[str, Array],
        cell: tuple[int, ...],
        sample: int = 0,
        noted: Mapping[str, Array] | None = None,
    ) -> None:
        self.layer = layer
        self.samples = samples
        self.arrays = arrays
        self.cell = cell
        self.sample = sample
        self.noted = noted
        self.inputs = tuple([tuple(array.shape[1:]) for array in samples])
        self.output = layer.facts(self.inputs).output
        self.parts: list[NumberGrid | Equation] = []

    def array(self, name: str) -> Array:
        return self.arrays[name]

    def value(self, input: int = 0) -> float:
        place = self.single(input)
        return 0.0 if place is None else self.number(place, input)

    def own(self) -> float:
        return self.number(self.cell)

    def held(self, input: int = 0) -> bool:
        return self.single(input) is not None

    def single(self, input: int) -> tuple[int, ...] | None:
        """Return the one place of an input that the unit reads; None if it lies outside."""
        reading = self.reading(input)
        if reading.moved is not None:
            box = tuple([((c, c + 1),) for c in self.cell])
            [found] = reading.moved.moved(box)
            return tuple([runs[0][0] for runs in found])
        spots = [self.spots(axis, unit) for axis, unit in self.along(input)]
        if any(len(axis) != 1 for axis in spots):
            raise TypeError(f"{self.layer.keyword} reads more than one element")
        place = tuple([spot for [(_, spot)] in spots if spot is not None])
        return place if len(place) == len(spots) else None

    def reading(self, input: int) -> Reading:
        """Return how the layer reads an input."""
        return self.layer.readings(self.inputs, self.output)[input]

    def along(self, input: int) -> list[tuple[Relation, int]]:
        """Return the relation along each axis of an input, with the unit's coordinate there."""
        axes = self.reading(input).axes
        if axes is None:
            raise TypeError(f"{self.layer.keyword} keeps no axis")
        return list(zip(axes, self.cell, strict=True))

    def spots(self, relation: Relation, unit: int) -> list[tuple[int, int | None]]:
        """Return the positions that a unit reads along an axis, and which element stands there."""
        rows = getattr(relation, "rows", None)
        reads = relation.reads(unit) if rows is None else rows[unit]
        return [(position, existing(relation, position)) for position in reads]

    def number(self, place: tuple[int, ...], input: int = 0) -> float:
        """Return one number of an input."""
        at = (self.sample, *place)
        return float(self.samples[input][at])

    def windows(self, input: int = 0) -> list[UnitWindow]:
        (channels, unit), *_ = self.along(input)
        return [
            self.window(spot, input) for _, spot in self.spots(channels, unit) if spot is not None
        ]

    def window(self, channel: int, input: int) -> UnitWindow:
        """Return what the unit reads of one channel."""
        axes = [self.spots(relation, unit) for relation, unit in self.along(input)[1:]]
        return self.gathered([[(channel, channel)], *axes], input)

    def whole(self, input: int = 0) -> UnitWindow:
        return self.gathered([self.spots(axis, unit) for axis, unit in self.along(input)], input)

    def gathered(self, axes: list[list[tuple[int, int | None]]], input: int) -> UnitWindow:
        """Return the numbers at all combinations of places along the axes, channels first."""
        if math.prod(map(len, axes)) > MOST_NUMBERS:
            raise LayerError(f"one unit reads more than {MOST_NUMBERS:,} numbers",
                             help="choose a smaller layer")  # fmt: skip
        values = []
        for place in places_of(*axes):
            spots = tuple([spot for _, spot in place if spot is not None])
            values.append(self.number(spots, input) if len(spots) == len(axes) else None)
        single = len(axes[0]) == 1
        lengths = tuple(map(len, axes[1:] if single else axes)) or (1,)
        at = tuple([tuple([position for position, _ in spots]) for spots in axes])
        there = tuple([tuple([spot for _, spot in along]) for along in axes])
        return UnitWindow(tuple(values), lengths, in_words(axes), at, there)

    def batch(self) -> UnitWindow:
        channel = self.cell[0]
        numbers = self.samples[0][:, channel].reshape(-1)
        if numbers.size > MOST_NUMBERS:
            raise LayerError(f"a channel of the batch holds more than {MOST_NUMBERS:,} numbers",
                             help="choose a smaller batch")  # fmt: skip
        count = len(self.samples[0])
        lengths = (count, numbers.size // count)
        words = f"channel {channel} of all {count} samples" if count > 1 else f"channel {channel}"
        return UnitWindow(tuple(map(float, numbers)), lengths, words)

    def products(self, windows: Sequence[UnitWindow], kernels: Sequence[Any]) -> float:
        weights = [tuple(map(float, kernel.reshape(-1))) for kernel in kernels]
        if len(windows) == 1:
            return self.weighted(windows[0], weights[0])
        sums = {}
        for number, (window, kernel) in enumerate(zip(windows, weights, strict=True)):
            sums[f"s_{number}"] = self.weighted(window, kernel, f"s_{number}")
        if len(sums) <= MOST_TERMS:
            return self.equation("z", " + ".join(sums) or "0", **sums)
        total = UnitWindow(tuple(sums.values()), (len(sums),), "the sums of all channels")
        return self.fold(total, "sum", "z")

    def weighted(self, window: UnitWindow, weights: Sequence[float], symbol: str = "z") -> float:
        grid = NumberGrid(
            window.places, window.numbers, columns_of(window.lengths), symbol, "sum", 0.0,
            tuple(weights), True, window.at, window.spots,
        )  # fmt: skip
        total = math.fsum(grid.products())
        self.parts.append(grid.replace(result=total))
        return total

    def fold(self, window: UnitWindow, how: str, symbol: str, zeros: bool = False) -> float:
        read = window.read()
        result = folded(how, read)
        columns = columns_of(window.lengths)
        self.parts.append(
            NumberGrid(
                window.places, window.numbers, columns, symbol, how, result, None, zeros, window.at
            )
        )
        return result

    def shown(self, window: UnitWindow, values: Sequence[float], title: str) -> UnitWindow:
        return UnitWindow(tuple(values), window.lengths, title)

    def equation(self, symbol: str, formula: str, remark: str = "", /, **values: float) -> float:
        numbers = {name: float(value) for name, value in values.items()}
        try:
            result = float(evaluate(parse(formula), numbers))
        except (ZeroDivisionError, OverflowError, ValueError):
            result = math.nan
        self.parts.append(Equation(symbol, formula, numbers, result, remark))
        return result


def existing(relation: Relation, position: int) -> int | None:
    """Return the element at a position of an axis: itself, the one that padding copies, or None."""
    runs: Runs = relation.existing(((position, position + 1),))
    return runs[0][0] if runs else None


def folded(how: str, read: Sequence[float]) -> float:
    """Return numbers folded into one, see `layers.working.FOLDS`; of none, what a pool gives."""
    if how == "max":
        return max(read, default=-math.inf)
    if how == "min":
        return min(read, default=math.inf)
    if how == "squares":
        return math.fsum([value * value for value in read])
    if how == "sum":
        return math.fsum(read)
    mean = math.fsum(read) / len(read) if read else math.nan
    if how == "mean":
        return mean
    return math.fsum([(value - mean) ** 2 for value in read]) / len(read)


def in_words(axes: list[list[tuple[int, int | None]]]) -> str:
    """Return where a window lies: `channel 0, rows -1 to 1, columns 3, 5`."""
    names = AXIS_NAMES.get(len(axes) - 1, ())
    parts = []
    first = "channels" if len(axes) > 1 else "features"
    for name, spots in zip((first, *names), axes, strict=True):
        positions = [position for position, _ in spots]
        parts.append(f"{name if len(positions) != 1 else name[:-1]} {span(positions)}")
    return ", ".join(parts)


def span(positions: list[int]) -> str:
    """Return positions in words: `3`, `0 to 2`, `0, 2, 4`."""
    if len(positions) > 1 and positions == list(range(positions[0], positions[-1] + 1)):
        return f"{positions[0]} to {positions[-1]}"
    shown = [str(position) for position in positions]
    return ", ".join(shown if len(shown) <= 6 else [*shown[:4], "...", shown[-1]]) or "none"


def check_cell(cell: tuple[int, ...], output: tuple[int, ...], node: str) -> None:
    """Raise `UsageError` unless a cell lies in a map."""
    words = "channel" if len(output) > 1 else "feature"
    axes = (words, *[name[:-1] for name in AXIS_NAMES.get(len(output) - 1, ())])
    if len(cell) != len(output):
        example = ",".join("0" for _ in output)
        raise UsageError(
            f"`{node}` is {show_shape(output)}: a cell of it has {len(output)} numbers, not"
            f" {len(cell)}",
            f"--cell {node}:{example} is {', '.join(axes)} 0",
        )
    for name, at, length in zip(axes, cell, output, strict=True):
        if not 0 <= at < length:
            raise UsageError(
                f"`{node}` is {show_shape(output)} and has no {name} {at}",
                f"{name}s count from 0 to {length - 1}" if length > 1 else f"its only {name} is 0",
            )


def cells_of(output: tuple[int, ...], start: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the cells of the map of one channel in reading order, from `start` on."""
    if len(output) == 1:
        return [(feature,) for feature in range(start[0], output[0])]
    if product(output[1:]) > MOST_NUMBERS:
        raise UsageError(f"a map of {show_shape(output[1:])} has too many cells to walk over")
    places = list(places_of(*map(range, output[1:])))
    return [(start[0], *place) for place in places[places.index(start[1:]) :]]
