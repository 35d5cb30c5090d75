"""Which positions of its input a unit reads along one axis: windows, and the simplest relations.

A `Reads` relates the units of an output axis to the positions of an input axis. `back` goes from
units to what they read, on an axis that goes on for ever on both sides, as in the literature;
`existing` then keeps what is there, and puts what padding copies in the place of padding;
`ahead` goes from positions that exist to the units that read any of them.
"""

from __future__ import annotations

from cnncalc.fields.runs import clipped, difference, intersection, normal, union
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.runs import Runs


class Reads(Record):
    """Base of relations; by itself, every unit reads the position of its own number."""

    def back(self, units: Runs) -> Runs:
        """Return what units read."""
        return units

    def existing(self, positions: Runs) -> Runs:
        """Return the positions of the axis that units read in reading these."""
        return positions

    def ahead(self, positions: Runs) -> Runs:
        """Return the units that read any of the positions."""
        return positions


SAME = Reads()


class Slide(Reads):
    """A sliding window: unit j reads `j*stride - before + dilation*t` for every tap t < `kernel`.

    `mode` says what the `before` and `after` elements of padding copy, if they are not zeros.
    Crops and shifts are windows of one tap, crops with a negative `before`.
    """

    length: int
    units: int
    kernel: int = 1
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    mode: str = "zeros"

    def back(self, units: Runs) -> Runs:
        kernel, stride, before, dilation = self.kernel, self.stride, self.before, self.dilation
        if dilation == 1 and (kernel >= stride or len(units) == 1 == units[0][1] - units[0][0]):
            runs = [(lo * stride - before, (hi - 1) * stride - before + kernel) for lo, hi in units]
            return tuple(runs) if len(runs) == 1 else normal(runs)
        return scattered(units, kernel, stride, before, dilation)

    def existing(self, positions: Runs) -> Runs:
        inside = clipped(positions, self.length)
        if self.mode == "zeros" or inside == positions:
            return inside
        padded = intersection(positions, ((-self.before, self.reach()),))
        for lo, hi in difference(padded, ((0, self.length),)):
            inside = union(inside, (copied(lo, hi, self.length, self.mode),))
        return inside

    def reach(self) -> int:
        """Return where the padding ends, or a last, partly filled window that goes beyond it."""
        extent = self.dilation * (self.kernel - 1) + 1
        last = (self.units - 1) * self.stride - self.before + extent
        return max(last, self.length + self.after)

    def ahead(self, positions: Runs) -> Runs:
        if self.mode != "zeros":
            positions = self.with_copies(positions)
        return clipped(
            multiples(positions, self.kernel, self.stride, self.before, self.dilation), self.units
        )

    def with_copies(self, positions: Runs) -> Runs:
        """Return positions together with the padding that copies any of them."""
        padding = (*range(-self.before, 0), *range(self.length, self.reach()))
        copies = [
            (p, p + 1)
            for p in padding
            if intersection(positions, (copied(p, p + 1, self.length, self.mode),))
        ]
        return normal((*positions, *copies))


class Spread(Reads):
    """A transposed window: position i is read by the units `i*stride - before + dilation*t`."""

    length: int
    units: int
    kernel: int
    stride: int
    before: int
    dilation: int

    def back(self, units: Runs) -> Runs:
        return multiples(units, self.kernel, self.stride, self.before, self.dilation)

    def existing(self, positions: Runs) -> Runs:
        return clipped(positions, self.length)

    def ahead(self, positions: Runs) -> Runs:
        runs = scattered(positions, self.kernel, self.stride, self.before, self.dilation)
        return clipped(normal(runs), self.units)


class Everything(Reads):
    """Every unit reads the whole axis."""

    length: int
    units: int

    def back(self, units: Runs) -> Runs:
        return ((0, self.length),) if units else ()

    def ahead(self, positions: Runs) -> Runs:
        return ((0, self.units),) if positions else ()


class First(Reads):
    """An axis of one position that stands for any size: every unit reads position 0."""

    units: int

    def back(self, units: Runs) -> Runs:
        return ((0, 1),) if units else ()

    def ahead(self, positions: Runs) -> Runs:
        return ((0, self.units),) if positions else ()


def scattered(units: Runs, kernel: int, stride: int, before: int, dilation: int) -> Runs:
    """Return `unit*stride - before + dilation*t` over all units and taps, one run per piece."""
    if stride == 1:
        return normal(
            [
                (lo - before + dilation * tap, hi - before + dilation * tap)
                for lo, hi in units
                for tap in range(kernel)
            ]
        )
    starts = [unit * stride - before for lo, hi in units for unit in range(lo, hi)]
    if dilation == 1:
        return normal([(start, start + kernel) for start in starts])
    taps = [dilation * tap for tap in range(kernel)]
    return normal([(start + tap, start + tap + 1) for start in starts for tap in taps])


def multiples(runs: Runs, kernel: int, stride: int, before: int, dilation: int) -> Runs:
    """Return every whole `(position + before - dilation*t) / stride` over all taps."""
    pieces = []
    for lo, hi in runs:
        for tap in range(kernel):
            shift = before - dilation * tap
            pieces.append((-(-(lo + shift) // stride), (hi - 1 + shift) // stride + 1))
    return normal(pieces)


def copied(lo: int, hi: int, length: int, mode: str) -> tuple[int, int]:
    """Return the positions that a piece of padding copies, which lies wholly on one side."""
    if mode == "replicate":
        return (0, 1) if lo < 0 else (length - 1, length)
    if mode == "circular":
        shift = length if lo < 0 else -length
        return lo + shift, hi + shift
    mirror = 0 if lo < 0 else 2 * (length - 1)
    return mirror - hi + 1, mirror - lo + 1
