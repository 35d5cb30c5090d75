"""Which positions a unit of adaptive pooling or upsampling reads along one axis."""

from __future__ import annotations

from bisect import bisect_left

from cnncalc.fields.reads import Reads
from cnncalc.fields.runs import normal
from cnncalc.geometry import adaptive_bin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.runs import Runs


class Bins(Reads):
    """Adaptive pooling: unit i of `units` reads the i-th bin of the axis."""

    length: int
    units: int

    def back(self, units: Runs) -> Runs:
        count, length = self.units, self.length
        # Neighbouring bins touch or overlap, so a run of bins is a run.
        return normal(
            [
                (adaptive_bin(lo, count, length)[0], adaptive_bin(hi - 1, count, length)[1])
                for lo, hi in units
            ]
        )

    def ahead(self, positions: Runs) -> Runs:
        count, length = self.units, self.length
        return normal(
            [(lo * count // length, (hi * count - 1) // length + 1) for lo, hi in positions]
        )


class Nearest(Reads):
    """Nearest upsampling: unit o reads position `floor(o * length / units)`."""

    length: int
    units: int

    def back(self, units: Runs) -> Runs:
        count, length = self.units, self.length
        return normal(
            [
                (a * length // count, b * length // count + 1)
                for a, b in pieces(units, gapless=count >= length)
            ]
        )

    def ahead(self, positions: Runs) -> Runs:
        count, length = self.units, self.length
        return normal(
            [(-(-lo * count // length), -(-hi * count // length)) for lo, hi in positions]
        )


class Linear(Reads):
    """Linear interpolation: unit o reads the neighbours of its place that have any weight.

    The place is `(o + 1/2) * length/units - 1/2`, cut to the axis, or `o * (length-1)/(units-1)`
    with `align_corners`; on a position it reads that one alone. Source: PyTorch's Upsample.
    """

    length: int
    units: int
    align_corners: bool = False

    def place(self, unit: int) -> tuple[int, int]:
        """Return the place of a unit as a fraction."""
        if self.align_corners:
            return (unit * (self.length - 1), self.units - 1) if self.units > 1 else (0, 1)
        return (2 * unit + 1) * self.length - self.units, 2 * self.units

    def lower(self, unit: int) -> int:
        """Return the first position that a unit reads."""
        above, below = self.place(unit)
        return above // below

    def upper(self, unit: int) -> int:
        """Return the last position that a unit reads."""
        above, below = self.place(unit)
        return -(-above // below)

    def back(self, units: Runs) -> Runs:
        return normal(
            [
                (self.lower(a), self.upper(b) + 1)
                for a, b in pieces(units, gapless=self.units >= self.length)
            ]
        )

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
            for neighbour in (self.lower, self.upper):
                first = bisect_left(count, lo, key=neighbour)
                found.append((first, bisect_left(count, hi, key=neighbour)))
        return normal(found)


def pieces(units: Runs, gapless: bool) -> list[tuple[int, int]]:
    """Return first and last unit of stretches whose reads leave no gap."""
    if gapless:
        return [(lo, hi - 1) for lo, hi in units]
    return [(unit, unit) for lo, hi in units for unit in range(lo, hi)]
