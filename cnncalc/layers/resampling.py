"""Which positions a unit of transposed convolution, adaptive pooling or upsampling reads."""

from __future__ import annotations

from bisect import bisect_left
from math import gcd

from cnncalc.geometry import Window, adaptive_bin, step
from cnncalc.layers.relations import Periodic
from cnncalc.layers.runs import bounded, clipped, difference, normal
from cnncalc.layers.taps import multiples, scattered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.geometry import Field
    from cnncalc.layers.runs import Runs


class Spread(Periodic):
    """A transposed window: position i is read by the units `i*stride - before + dilation*t`."""

    length: int
    units: int
    kernel: int
    stride: int
    before: int
    dilation: int

    def reads(self, unit: int) -> range:
        # Whole i with i*stride = unit + before - dilation*t: every (dilation/common)-th of them.
        place, common = unit + self.before, gcd(self.stride, self.dilation)
        if place % common:
            return range(0)
        step = self.dilation // common
        low = -(-(place - self.dilation * (self.kernel - 1)) // self.stride)
        one = place // common * pow(self.stride // common, -1, step)
        return range(low + (one - low) % step, place // self.stride + 1, step)

    def rhythm(self) -> tuple[int, int]:
        return self.stride, 1

    def shows_pattern(self) -> bool:
        return self.units >= 2 + 2 * self.dilation * self.kernel

    def is_single(self) -> bool:
        return self.kernel == 1

    def back(self, units: Runs) -> Runs:
        return multiples(units, self.kernel, self.stride, self.before, self.dilation)

    def spacing(self) -> int:
        return self.dilation  # or less

    def stays_inside(self) -> bool:
        return False  # which need not be so: a larger field is then not known to be without gaps

    def existing(self, positions: Runs) -> Runs:
        return clipped(positions, self.length)

    def ahead(self, positions: Runs) -> Runs:
        runs = scattered(positions, self.kernel, self.stride, self.before, self.dilation)
        return clipped(runs, self.units)


class Bins(Periodic):
    """Adaptive pooling: unit i of `units` reads the i-th bin of the axis."""

    length: int
    units: int

    def reads(self, unit: int) -> range:
        return range(*adaptive_bin(unit, self.units, self.length))

    def rhythm(self) -> tuple[int, int]:
        common = gcd(self.length, self.units)
        return self.units // common, self.length // common

    def growth(self) -> tuple[int, int]:
        return 0, 1

    def depends_on_length(self) -> bool:
        return True

    def is_single(self) -> bool:
        return self.units % self.length == 0

    def back(self, units: Runs) -> Runs:
        # Neighbouring bins touch or overlap, so a run of bins is a run.
        return normal([(self.reads(lo).start, self.reads(hi - 1).stop) for lo, hi in units])

    def ahead(self, positions: Runs) -> Runs:
        count, length = self.units, self.length
        return normal(
            [(lo * count // length, (hi * count - 1) // length + 1) for lo, hi in positions]
        )


class Resampling(Periodic):
    """Base of relations by the place of a unit on an axis of another length.

    `fixed` says that the number of units is given, whatever the length; `factor` is the one that
    is given otherwise, so many units for so many positions.
    """

    length: int
    units: int
    fixed: bool = False
    factor: tuple[int, int] | None = None

    def pace(self) -> tuple[int, int]:
        """Return by how many positions the place moves on over how many units."""
        return (self.length, self.units) if self.factor is None else self.factor[::-1]

    def rhythm(self) -> tuple[int, int]:
        positions, units = self.pace()
        common = gcd(positions, units)
        return units // common, positions // common

    def step(self, field: Field) -> Field | None:
        units, positions = self.rhythm()
        if units > 1 or not positions:
            return None
        reads = self.reads(0)  # and all others read the same, so much further on: a window
        return step(field, Window(len(reads), positions, -reads.start))

    def growth(self) -> tuple[int, int]:
        return (0, 1) if self.fixed else self.pace()[::-1]

    def is_outgrown(self) -> bool:
        return self.fixed

    def depends_on_length(self) -> bool:
        return self.fixed

    def back(self, units: Runs) -> Runs:
        positions, count = self.pace()
        if positions > count:  # there may be gaps between what neighbours read
            bounded(sum([hi - lo for lo, hi in units]))
            reads = [self.reads(unit) for lo, hi in units for unit in range(lo, hi)]
            return normal([(one.start, one.stop) for one in reads])
        return normal([self.reach(lo, hi - 1) for lo, hi in units if lo < hi])

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """Return where what neighbouring units read begins and ends, if there are no gaps."""
        return self.reads(first).start, self.reads(last).stop


class Nearest(Resampling):
    """Nearest upsampling: unit o reads position `floor(o * length / units)`."""

    def reads(self, unit: int) -> range:
        positions, units = self.pace()
        place = unit * positions // units
        return range(place, place + 1)

    def ahead(self, positions: Runs) -> Runs:
        moved, count = self.pace()
        runs = normal([(-(-lo * count // moved), -(-hi * count // moved)) for lo, hi in positions])
        return clipped(runs, self.units)


class LinearInterpolation(Resampling):
    """Linear interpolation: unit o reads the neighbours of its place that have any weight.

    The place is `(o + 1/2) * length/units - 1/2`, cut to the axis, or `o * (length-1)/(units-1)`
    with `align_corners`; on a position it reads that one alone. Source: PyTorch's Upsample.
    """

    align_corners: bool = False

    def pace(self) -> tuple[int, int]:
        if self.align_corners:
            return (self.length - 1, self.units - 1) if self.units > 1 else (0, 1)
        return super().pace()

    def place(self, unit: int) -> tuple[int, int]:
        """Return the place of a unit as a fraction."""
        positions, units = self.pace()
        if self.align_corners:
            return unit * positions, units
        return (2 * unit + 1) * positions - units, 2 * units

    def reads(self, unit: int) -> range:
        above, below = self.place(unit)
        return range(above // below, -(-above // below) + 1)

    def shares(self, unit: int) -> tuple[float, ...]:
        """Return the weights of what a unit reads, which sum to 1."""
        above, below = self.place(unit)
        beyond = above % below / below
        return (1 - beyond, beyond) if beyond else (1.0,)

    def growth(self) -> tuple[int, int]:
        if self.fixed:
            return 0, 1
        return (self.units, self.length) if self.factor is None else self.factor

    def depends_on_length(self) -> bool:
        return self.fixed or self.align_corners

    def stays_inside(self) -> bool:
        return self.align_corners

    def is_single(self) -> bool:
        return self.rhythm() == (1, 1)

    def existing(self, positions: Runs) -> Runs:
        # Places beyond the first and the last position are moved onto them.
        last = self.length - 1
        return normal(
            [(min(max(lo, 0), last), min(max(hi - 1, 0), last) + 1) for lo, hi in positions]
        )

    def beyond(self, lo: int, hi: int) -> tuple[int, int]:
        """Return a run, longer where it holds an end: beyond it the axis goes on with that."""
        return lo if lo > 0 else -self.length, hi if hi < self.length else 3 * self.length

    def ahead(self, positions: Runs) -> Runs:
        count = range(self.units)
        found = []
        for run in positions:
            lo, hi = self.beyond(*run)
            for neighbour in (lambda unit: self.reads(unit)[0], lambda unit: self.reads(unit)[-1]):
                first = bisect_left(count, lo, key=neighbour)
                found.append((first, bisect_left(count, hi, key=neighbour)))
        return normal(found)


class Cubic(LinearInterpolation):
    """Cubic convolution: unit o reads the four positions around its place.

    The place is that of linear interpolation, but is not cut to the axis: positions beyond its ends
    are copies of these. On a position it reads that one alone. Source: PyTorch's Upsample, bicubic.
    """

    def reads(self, unit: int) -> range:
        near = super().reads(unit)
        return near if len(near) == 1 else range(near.start - 1, near.stop + 1)

    def shares(self, unit: int) -> tuple[float, ...]:
        above, below = self.place(unit)
        t = above % below / below
        return (
            (keys_weight(1 + t), keys_weight(t), keys_weight(1 - t), keys_weight(2 - t))
            if t
            else (1.0,)
        )

    def stays_inside(self) -> bool:
        return False

    def reach(self, first: int, last: int) -> tuple[int, int]:
        # A unit on a position reads less than its neighbour.
        start = min(self.reads(first).start, self.reads(min(first + 1, last)).start)
        return start, max(self.reads(last).stop, self.reads(max(last - 1, first)).stop)

    def ahead(self, positions: Runs) -> Runs:
        def whole(unit: int) -> int:
            above, below = self.place(unit)
            return above // below

        count = range(self.units)
        found: list[tuple[int, int]] = []
        for run in positions:
            lo, hi = self.beyond(*run)
            ends = [bisect_left(count, limit, key=whole) for limit in (lo - 2, hi + 1)]
            # Units on a position, one of them the first there, do not reach so far.
            near = [bisect_left(count, place, key=whole) for place in (lo - 2, lo - 1, hi)]
            less = [unit for unit in near if unit < self.units and not self.touches(unit, lo, hi)]
            found += difference(((ends[0], ends[1]),), normal([(u, u + 1) for u in less]))
        return normal(found)

    def touches(self, unit: int, lo: int, hi: int) -> bool:
        """Return whether a unit reads any position of a run."""
        reads = self.reads(unit)
        return reads.start < hi and reads.stop > lo


def keys_weight(distance: float, a: float = -0.75) -> float:
    """Return the weight of a position at a distance below 2. Source: Keys 1981, equation 15."""
    if distance <= 1:
        return ((a + 2) * distance - (a + 3)) * distance**2 + 1
    return a * (((distance - 5) * distance + 8) * distance - 4)
