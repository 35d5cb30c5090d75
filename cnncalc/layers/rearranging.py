"""Layers that only move elements, and channels that are picked by a table."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from itertools import product as combinations

from cnncalc.layers.relations import SAME, Blocks, Periodic
from cnncalc.layers.runs import bounded, count, from_places, normal
from cnncalc.quantities import product
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.layers.relations import Relation
    from cnncalc.layers.runs import Runs

    Groups = tuple[tuple[int, ...], ...]


#: Tables of so many places are moved by a list; larger ones in whole pieces, which costs more.
FEW = 4096


class ConnectionTable(Periodic):
    """A connection table: output channel i reads the input channels in row i."""

    rows: tuple[tuple[int, ...], ...]

    def reads(self, unit: int) -> range:
        row = self.rows[unit]  # which a range need not hold: the smallest one around it
        return range(min(row), max(row) + 1)

    def is_single(self) -> bool:
        return all(len(row) == 1 for row in self.rows)

    def back(self, units: Runs) -> Runs:
        reads = [p for lo, hi in units for row in self.rows[lo:hi] for p in row]
        return normal([(p, p + 1) for p in reads])

    def ahead(self, positions: Runs) -> Runs:
        held = {p for lo, hi in positions for p in range(lo, hi)}
        return normal([(i, i + 1) for i, row in enumerate(self.rows) if not held.isdisjoint(row)])


class Shuffled(Periodic):
    """A shuffle: output channel `j*groups + i` is input channel `i*(units/groups) + j`."""

    units: int
    groups: int

    def reads(self, unit: int) -> range:
        place = unit % self.groups * (self.units // self.groups) + unit // self.groups
        return range(place, place + 1)

    def back(self, units: Runs) -> Runs:
        return dealt(units, self.units // self.groups, self.groups)

    def ahead(self, positions: Runs) -> Runs:
        return dealt(positions, self.groups, self.units // self.groups)


@lru_cache(maxsize=64)
def dealing(rows: int, columns: int) -> list[int]:
    """Return where each element of a table of rows stands in the table of its columns."""
    return [column * rows + row for row in range(rows) for column in range(columns)]


def dealt(runs: Runs, rows: int, columns: int) -> Runs:
    """Return where elements of a table of rows stand in the table of its columns."""
    if runs == ((0, rows * columns),):
        return runs
    if rows * columns < FEW:
        order = dealing(rows, columns)
        return from_places([place for lo, hi in runs for place in order[lo:hi]])
    boxes = split(runs, (rows, columns))
    return normal([run for row, column in boxes for run in joined((column, row), (columns, rows))])


class Rearranged(Record):
    """How a layer moves every element to another place and changes none.

    The elements form a `grid` of so many factors; each axis of the input (`source`), and of the
    output (`target`), is the product of some of them, named by their numbers, outermost first.
    Pixel shuffle by 2 of 12 channels of 5x5 has the grid (3, 2, 2, 5, 5): its input's axes are
    ((0, 1, 2), (3,), (4,)) and its output's ((0,), (3, 1), (4, 2)).
    """

    grid: tuple[int, ...]
    source: Groups
    target: Groups

    def reversed(self) -> Rearranged:
        """Return the way back."""
        return Rearranged(self.grid, self.target, self.source)

    def shape(self, axes: Groups) -> tuple[int, ...]:
        """Return the length of each axis of the input, or of the output."""
        return tuple([product([self.grid[f] for f in axis]) for axis in axes])

    def along(self, axis: int) -> Relation | None:
        """Return what units read along an axis if that lies on the same axis, else None."""
        if axis >= min(len(self.source), len(self.target)):
            return None
        wide, high = [
            [f for f in groups[axis] if self.grid[f] > 1] for groups in (self.source, self.target)
        ]
        if wide == high:
            return SAME
        if wide and high:  # places go on together as long as the outermost factor is the same
            if wide[0] != high[0]:
                return None
            wide, high = wide[1:], high[1:]
        if axis and not (set(wide) <= set(self.target[0]) and set(high) <= set(self.source[0])):
            return None
        return Blocks(*[product([self.grid[f] for f in inner]) for inner in (wide, high)])

    def picks_channels(self) -> bool:
        """Return whether it depends on a unit's position which channels it reads."""
        return any(self.grid[f] > 1 for f in self.source[0] if f not in self.target[0])

    def moved(self, place: tuple[Runs, ...]) -> Iterator[tuple[Runs, ...]]:
        """Yield what the units of a box read, as boxes; both as the positions along each axis."""
        sizes = [tuple([self.grid[f] for f in axis]) for axis in self.target]
        parts = [split(runs, factors) for runs, factors in zip(place, sizes, strict=True)]
        order = [factor for axis in self.target for factor in axis]
        for combination in combinations(*parts):
            held = dict(zip(order, [runs for part in combination for runs in part], strict=True))
            yield tuple(
                [
                    joined(tuple([held[f] for f in axis]), tuple([self.grid[f] for f in axis]))
                    for axis in self.source
                ]
            )

    def steps(self) -> tuple[Rearranged, ...]:
        """Return the moves that this one is made of: itself."""
        return (self,)


class Refolded(Record):
    """A reshape whose axes have no common factors: everything in one row, then folded anew.

    `row` makes a vector of the input's elements, `fold` makes the output of the vector's. It
    answers what `Rearranged` answers; no axis stays what it was.
    """

    row: Rearranged
    fold: Rearranged

    @property
    def source(self) -> Groups:
        """The axes of the input."""
        return self.row.source

    @property
    def target(self) -> Groups:
        """The axes of the output."""
        return self.fold.target

    def reversed(self) -> Refolded:
        """Return the way back."""
        return Refolded(self.fold.reversed(), self.row.reversed())

    def along(self, _axis: int) -> Relation | None:
        """Return None: what units read lies on no axis of its own."""
        return None

    def picks_channels(self) -> bool:
        """Return whether it depends on a unit's position which channels it reads."""
        return True

    def moved(self, place: tuple[Runs, ...]) -> Iterator[tuple[Runs, ...]]:
        """Yield what the units of a box read, as boxes; both as the positions along each axis."""
        for part in self.fold.moved(place):
            yield from self.row.moved(part)

    def steps(self) -> tuple[Rearranged, ...]:
        """Return the moves that this one is made of, the last one first."""
        return self.fold, self.row


def regrouped(shape: tuple[int, ...], new: tuple[int, ...]) -> Rearranged | Refolded:
    """Return how a reshape moves elements: those of a shape, in row-major order, into a new one."""
    borders = sorted({*below(shape), *below(new)})
    if all(high % low == 0 for low, high in pairwise(borders)):
        steps = list(pairwise(borders))[::-1]
        grid = tuple([high // low for low, high in steps])
        return Rearranged(grid, factors_of(shape, steps), factors_of(new, steps))
    row = Rearranged(shape, tuple([(i,) for i in range(len(shape))]), (tuple(range(len(shape))),))
    fold = Rearranged(new, (tuple(range(len(new))),), tuple([(i,) for i in range(len(new))]))
    return Refolded(row, fold)


def below(shape: tuple[int, ...]) -> list[int]:
    """Return how many elements one step of each axis passes, and how many there are in all."""
    return [product(shape[axis:]) for axis in range(len(shape) + 1)]


def factors_of(shape: tuple[int, ...], steps: list[tuple[int, int]]) -> Groups:
    """Return for each axis the factors of a grid, each given by its borders, that it is made of."""
    borders = below(shape)
    return tuple(
        [
            tuple([f for f, (low, high) in enumerate(steps) if inner <= low and high <= outer])
            for outer, inner in pairwise(borders)
        ]
    )


def split(runs: Runs, sizes: tuple[int, ...]) -> list[tuple[Runs, ...]]:
    """Return boxes that make up places along an axis of several factors, outermost first.

    The outermost factor may go on beyond its size, and below 0.
    """
    return [box for lo, hi in runs for box in between(lo, hi, sizes)] if sizes else [()]


def between(lo: int, hi: int, sizes: tuple[int, ...]) -> list[tuple[Runs, ...]]:
    """Return boxes that make up the elements `lo` to before `hi` of a grid, in row-major order."""
    if lo >= hi:
        return []
    if len(sizes) == 1:
        return [(((lo, hi),),)]
    inner = product(sizes[1:])
    first, last = -(-lo // inner), hi // inner
    rows: tuple[Runs, ...] = tuple([((0, length),) for length in sizes[1:]])
    if first > last:  # within one row
        row = lo // inner
        parts = between(lo - row * inner, hi - row * inner, sizes[1:])
        return [(((row, row + 1),), *part) for part in parts]
    result: list[tuple[Runs, ...]] = []
    for part in between(lo - (first - 1) * inner, inner, sizes[1:]) if lo % inner else []:
        result.append((((first - 1, first),), *part))
    if first < last:
        result.append((((first, last),), *rows))
    for part in between(0, hi - last * inner, sizes[1:]):
        result.append((((last, last + 1),), *part))
    return result


def joined(box: tuple[Runs, ...], sizes: tuple[int, ...]) -> Runs:
    """Return the places along an axis of several factors that a box over the factors is."""
    runs: Runs = ((0, 1),)
    for part, size in zip(box, sizes, strict=True):
        if part == ((0, size),):
            runs = tuple([(lo * size, hi * size) for lo, hi in runs])
        else:
            bounded(count(runs) * len(part))
            runs = normal(
                [
                    (place * size + lo, place * size + hi)
                    for first, last in runs
                    for place in range(first, last)
                    for lo, hi in part
                ]
            )
    return runs
