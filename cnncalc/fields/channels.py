"""Which input channels an output channel reads, where that is neither its own nor all."""

from __future__ import annotations

from cnncalc.fields.reads import Reads
from cnncalc.fields.runs import normal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.runs import Runs


class Blocks(Reads):
    """Groups of channels: a channel reads the whole group that belongs to its own.

    Groups have `wide` input channels and `high` output channels.
    """

    wide: int
    high: int

    def back(self, units: Runs) -> Runs:
        return whole_groups(units, self.high, self.wide)

    def ahead(self, positions: Runs) -> Runs:
        return whole_groups(positions, self.wide, self.high)


def whole_groups(runs: Runs, size: int, other: int) -> Runs:
    """Return the groups of `other` elements whose groups of `size` elements a set touches."""
    return normal([(lo // size * other, -(-hi // size) * other) for lo, hi in runs])


class Listed(Reads):
    """A connection table: output channel i reads the input channels in row i."""

    rows: tuple[tuple[int, ...], ...]

    def back(self, units: Runs) -> Runs:
        reads = [p for lo, hi in units for row in self.rows[lo:hi] for p in row]
        return normal([(p, p + 1) for p in reads])

    def ahead(self, positions: Runs) -> Runs:
        held = {p for lo, hi in positions for p in range(lo, hi)}
        return normal([(i, i + 1) for i, row in enumerate(self.rows) if not held.isdisjoint(row)])


class Shuffled(Reads):
    """A shuffle: output channel `j*groups + i` is input channel `i*(units/groups) + j`."""

    units: int
    groups: int

    def back(self, units: Runs) -> Runs:
        return dealt(units, self.units, self.groups)

    def ahead(self, positions: Runs) -> Runs:
        return dealt(positions, self.units, self.units // self.groups)


def dealt(runs: Runs, count: int, groups: int) -> Runs:
    """Return where the channels of a set come from in a shuffle over so many groups."""
    if runs == ((0, count),):
        return runs
    each = count // groups
    places = [u % groups * each + u // groups for lo, hi in runs for u in range(lo, hi)]
    return normal([(p, p + 1) for p in places])
