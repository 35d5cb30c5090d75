"""Which positions of its input a unit reads along one axis: windows, and the simplest relations.

A relation answers every question about an axis itself. `reads` says what one unit reads, on an
axis that goes on for ever on both sides, as in the literature, and `rhythm` after how many units
that repeats; `back` says it for sets of units; `existing` then keeps what is there, and puts what
padding copies in the place of padding; `ahead` goes from positions that exist to the units that
read any of them.
"""

from __future__ import annotations

from cnncalc.geometry import step
from cnncalc.layers.runs import TooManyPieces, clipped, difference, intersection, normal, union
from cnncalc.layers.taps import copied, copies, multiples, scattered, whole_groups
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.geometry import Field, Window
    from cnncalc.layers.runs import Runs


class Relation(Record):
    """Base of relations; by itself, every unit reads the position of its own number."""

    def reads(self, unit: int) -> range:
        """Return the positions that a unit reads."""
        return range(unit, unit + 1)

    def rhythm(self) -> tuple[int, int]:
        """Return after how many units the same is read again, so many positions further on."""
        return 1, 1

    def varies(self) -> str:
        """Return why no rhythm holds, if none does."""
        return ""

    def growth(self) -> tuple[int, int]:
        """Return by how many units the output grows for how many positions more of the input."""
        return self.rhythm()

    def is_outgrown(self) -> bool:
        """Return whether positions of a longer axis would be left out, more and more of them."""
        return False

    def shows_pattern(self) -> bool:
        """Return whether there are units enough that what they leave out repeats."""
        return True

    def depends_on_length(self) -> bool:
        """Return whether what a unit reads depends on the length of the axis.

        The padding and the rounding of a window do not count: they repeat with its stride.
        """
        return False

    def step(self, field: Field) -> Field | None:
        """Return the receptive field after the relation; None if it differs from unit to unit."""
        return field

    def spacing(self) -> int:
        """Return the distance between neighbouring positions that one unit reads."""
        return 1

    def stays_inside(self) -> bool:
        """Return whether no unit reads beyond the ends of the axis, or a copy in its padding."""
        return True

    def read_by(self, units: int) -> Runs:
        """Return the positions of the axis that any of the first so many units reads."""
        return self.existing(self.back(((0, units),)))

    def reads_all(self, units: int, length: int) -> bool:
        """Return whether so many units together certainly read every one of so many positions."""
        if self is SAME:
            return True
        try:
            return self.read_by(units) == ((0, length),)
        except TooManyPieces:
            return False

    def back(self, units: Runs) -> Runs:
        """Return what units read."""
        return units

    def existing(self, positions: Runs) -> Runs:
        """Return the positions of the axis that units read in reading these."""
        return positions

    def ahead(self, positions: Runs) -> Runs:
        """Return the units that read any of the positions."""
        return positions

    def is_single(self) -> bool:
        """Return whether every unit reads at most one position."""
        return True


SAME = Relation()


class Slide(Relation):
    """A sliding window: unit j reads `j*stride - before + dilation*t` for every tap t < `kernel`.

    `mode` says what the `before` and `after` elements of padding copy, if they are not zeros.
    Crops and shifts are windows of one tap, crops with a negative `before`.
    """

    length: int
    units: int
    window: Window
    mode: str = "zeros"

    def reads(self, unit: int) -> range:
        window = self.window
        first = unit * window.stride - window.before
        return range(first, first + window.extent, window.dilation)

    def rhythm(self) -> tuple[int, int]:
        return 1, self.window.stride

    def step(self, field: Field) -> Field | None:
        return step(field, self.window)

    def spacing(self) -> int:
        return self.window.dilation

    def shows_pattern(self) -> bool:
        window = self.window
        has_gaps = window.dilation > 1 or window.stride > window.kernel
        return not has_gaps or self.units >= 2 + 2 * (window.extent // window.stride)

    def reads_all(self, units: int, length: int) -> bool:
        window = self.window
        if window.dilation > 1 or window.stride > window.kernel or self.mode != "zeros":
            return Relation.reads_all(self, units, length)
        end = (units - 1) * window.stride - window.before + window.kernel
        return window.before >= 0 and end >= length

    def stays_inside(self) -> bool:
        return self.window.before <= 0 and self.reads(self.units - 1).stop <= self.length

    def is_single(self) -> bool:
        return self.window.kernel == 1

    def back(self, units: Runs) -> Runs:
        w = self.window
        kernel, stride, before, dilation = w.kernel, w.stride, w.before, w.dilation
        if dilation == 1 and (kernel >= stride or len(units) == 1 == units[0][1] - units[0][0]):
            runs = [(lo * stride - before, (hi - 1) * stride - before + kernel) for lo, hi in units]
            return tuple(runs) if len(runs) == 1 else normal(runs)
        return scattered(units, kernel, stride, before, dilation)

    def existing(self, positions: Runs) -> Runs:
        inside = clipped(positions, self.length)
        if self.mode == "zeros" or inside == positions:
            return inside
        padded = intersection(positions, ((-self.window.before, self.reach()),))
        for lo, hi in difference(padded, ((0, self.length),)):
            inside = union(inside, (copied(lo, hi, self.length, self.mode),))
        return inside

    def reach(self) -> int:
        """Return where the padding ends, or a last, partly filled window that goes beyond it."""
        return max(self.reads(self.units - 1).stop, self.length + self.window.after)

    def ahead(self, positions: Runs) -> Runs:
        if self.mode != "zeros":
            positions = self.with_copies(positions)
        w, before = self.window, self.window.before
        if w.kernel == w.stride == 1:
            inside = clipped(positions, self.units - before, -before)
            return tuple([(lo + before, hi + before) for lo, hi in inside]) if before else inside
        units = multiples(positions, w.kernel, w.stride, before, w.dilation)
        return clipped(units, self.units)

    def with_copies(self, positions: Runs) -> Runs:
        """Return positions together with the padding that copies any of them."""
        length, result = self.length, list(positions)
        for low, high in ((-self.window.before, 0), (length, self.reach())):
            # Copying is its own inverse up to the shift or the mirror, so places turn into places.
            for lo, hi in positions:
                place = copies(lo, hi, length, self.mode, low < 0)
                result.append((max(place[0], low), min(place[1], high)))
        return normal(result)


class Periodic(Relation):
    """Base of relations whose units repeat in groups, and read differently within each."""

    def step(self, _field: Field) -> Field | None:
        return None


class Everything(Periodic):
    """Every unit reads the whole axis."""

    length: int
    units: int

    def reads(self, _unit: int) -> range:
        return range(self.length)

    def rhythm(self) -> tuple[int, int]:
        return 1, 0

    def depends_on_length(self) -> bool:
        return True

    def growth(self) -> tuple[int, int]:
        return 0, 1

    def reads_all(self, _units: int, _length: int) -> bool:
        return True

    def is_single(self) -> bool:
        return self.length == 1

    def back(self, units: Runs) -> Runs:
        return ((0, self.length),) if units else ()

    def ahead(self, positions: Runs) -> Runs:
        return ((0, self.units),) if positions else ()


class Upto(Periodic):
    """A sequence that is read from its beginning: every unit reads the positions up to its own."""

    length: int

    def reads(self, unit: int) -> range:
        return range(unit + 1)

    def varies(self) -> str:
        return "each column sees all columns before it"

    def depends_on_length(self) -> bool:
        return True

    def is_single(self) -> bool:
        return False

    def back(self, units: Runs) -> Runs:
        return normal([(0, hi) for lo, hi in units[-1:] if lo < hi])

    def existing(self, positions: Runs) -> Runs:
        return clipped(positions, self.length)

    def ahead(self, positions: Runs) -> Runs:
        return ((positions[0][0], self.length),) if positions else ()


class First(Periodic):
    """An axis of one position that stands for any size: every unit reads position 0."""

    units: int

    def reads(self, _unit: int) -> range:
        return range(1)

    def rhythm(self) -> tuple[int, int]:
        return 1, 0

    def growth(self) -> tuple[int, int]:
        return 0, 1

    def back(self, units: Runs) -> Runs:
        return ((0, 1),) if units else ()

    def ahead(self, positions: Runs) -> Runs:
        return ((0, self.units),) if positions else ()


class Blocks(Periodic):
    """Groups: a unit reads the whole group of positions that belongs to its own group.

    Groups have `wide` positions and `high` units.
    """

    wide: int
    high: int

    def reads(self, unit: int) -> range:
        first = unit // self.high * self.wide
        return range(first, first + self.wide)

    def rhythm(self) -> tuple[int, int]:
        return self.high, self.wide

    def is_single(self) -> bool:
        return self.wide == 1

    def back(self, units: Runs) -> Runs:
        return whole_groups(units, self.high, self.wide)

    def ahead(self, positions: Runs) -> Runs:
        return whole_groups(positions, self.wide, self.high)
