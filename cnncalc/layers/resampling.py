"""Which positions a unit of transposed convolution, adaptive pooling or upsampling reads."""

from __future__ import annotations

from bisect import bisect_left
from math import gcd

from cnncalc.geometry import adaptive_bin
from cnncalc.layers.relations import Periodic
from cnncalc.layers.runs import bounded, clipped, normal
from cnncalc.layers.taps import multiples, scattered

TYPE_CHECKING = False
if TYPE_CHECKING:
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

    `fixed` says that the number of units is given, whatever the length.
    """

    length: int
    units: int
    fixed: bool = False

    def growth(self) -> tuple[int, int]:
        return (0, 1) if self.fixed else (self.units, self.length)

    def is_outgrown(self) -> bool:
        return self.fixed

    def depends_on_length(self) -> bool:
        return self.fixed

    def back(self, units: Runs) -> Runs:
        pieces = [(lo, hi - 1) for lo, hi in units]
        if self.units < self.length:  # there may be gaps between what neighbours read
            bounded(sum([hi - lo for lo, hi in units]))
            pieces = [(unit, unit) for lo, hi in units for unit in range(lo, hi)]
        return normal([(self.reads(a).start, self.reads(b).stop) for a, b in pieces])


class Nearest(Resampling):
    """Nearest upsampling: unit o reads position `floor(o * length / units)`."""

    def reads(self, unit: int) -> range:
        place = unit * self.length // self.units
        return range(place, place + 1)

    def rhythm(self) -> tuple[int, int]:
        common = gcd(self.length, self.units)
        return self.units // common, self.length // common

    def ahead(self, positions: Runs) -> Runs:
        count, length = self.units, self.length
        return normal(
            [(-(-lo * count // length), -(-hi * count // length)) for lo, hi in positions]
        )


class Linear(Resampling):
    """Linear interpolation: unit o reads the neighbours of its place that have any weight.

    The place is `(o + 1/2) * length/units - 1/2`, cut to the axis, or `o * (length-1)/(units-1)`
    with `align_corners`; on a position it reads that one alone. Source: PyTorch's Upsample.
    """

    align_corners: bool = False

    def place(self, unit: int) -> tuple[int, int]:
        """Return the place of a unit as a fraction."""
        if self.align_corners:
            return (unit * (self.length - 1), self.units - 1) if self.units > 1 else (0, 1)
        return (2 * unit + 1) * self.length - self.units, 2 * self.units

    def reads(self, unit: int) -> range:
        above, below = self.place(unit)
        return range(above // below, -(-above // below) + 1)

    def rhythm(self) -> tuple[int, int]:
        less = int(self.align_corners)
        if self.align_corners and self.units == 1:
            return 1, 0
        length, units = self.length - less, self.units - less
        common = gcd(length, units)
        return units // common, length // common

    def depends_on_length(self) -> bool:
        return self.fixed or self.align_corners

    def stays_inside(self) -> bool:
        return self.align_corners

    def is_single(self) -> bool:
        return self.length == self.units

    def existing(self, positions: Runs) -> Runs:
        # Places beyond the first and the last position are moved onto them.
        last = self.length - 1
        return normal(
            [(min(max(lo, 0), last), min(max(hi - 1, 0), last) + 1) for lo, hi in positions]
        )

    def ahead(self, positions: Runs) -> Runs:
        last = self.length - 1
        count = range(self.units)
        found = []
        for lo, hi in positions:
            # Beyond its ends the axis is thought to go on with the positions at its ends.
            lo, hi = lo if lo > 0 else -self.length, hi if hi <= last else 3 * self.length
            for neighbour in (lambda unit: self.reads(unit)[0], lambda unit: self.reads(unit)[-1]):
                first = bisect_left(count, lo, key=neighbour)
                found.append((first, bisect_left(count, hi, key=neighbour)))
        return normal(found)
