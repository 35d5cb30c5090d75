"""Sets of positions along one axis, as runs: sorted, disjoint pairs `[lo, hi)` that never touch.

Sets stay small while whole windows are read; strides that skip positions make a run of each
position. All functions are pure.
"""

from __future__ import annotations

from cnncalc.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Runs = tuple[tuple[int, int], ...]

#: Sets in more pieces than this are not followed: their figures are refused, not computed.
MOST_PIECES = 1 << 18


class NotFollowed(UsageError):
    """What units read cannot be said."""


class TooManyPieces(NotFollowed):
    """A set of positions that consists of more separate pieces than are followed."""


def bounded(pieces: int) -> int:
    """Return a number of pieces; raises `TooManyPieces` above `MOST_PIECES`."""
    if pieces > MOST_PIECES:
        raise TooManyPieces(
            f"what is read lies in {pieces:,} separate pieces",
            f"more than {MOST_PIECES:,} are not followed",
        )
    return pieces


def normal(pieces: Iterable[tuple[int, int]]) -> Runs:
    """Return any pairs `[lo, hi)` as runs; empty pairs vanish, overlapping ones become one."""
    result: list[tuple[int, int]] = []
    for lo, hi in sorted(pieces):
        if lo >= hi:
            continue
        if result and lo <= result[-1][1]:
            if hi > result[-1][1]:
                result[-1] = (result[-1][0], hi)
        else:
            result.append((lo, hi))
    return tuple(result)


def from_places(places: list[int]) -> Runs:
    """Return positions, each named once, as runs."""
    after = [place + 1 for place in places]
    # A run starts where no position comes before, and ends where none comes after.
    starts, ends = set(places).difference(after), set(after).difference(places)
    return tuple(zip(sorted(starts), sorted(ends), strict=True))


def union(a: Runs, b: Runs) -> Runs:
    """Return the positions in either set."""
    if a == b or not b:
        return a
    if not a:
        return b
    if len(a) == 1 and len(b) == 1:
        (alo, ahi), (blo, bhi) = a[0], b[0]
        if alo <= bhi and blo <= ahi:
            return ((alo if alo < blo else blo, ahi if ahi > bhi else bhi),)
    return normal((*a, *b))


def intersection(a: Runs, b: Runs) -> Runs:
    """Return the positions in both sets."""
    result = []
    i = j = 0
    while i < len(a) and j < len(b):
        lo = max(a[i][0], b[j][0])
        hi = min(a[i][1], b[j][1])
        if lo < hi:
            result.append((lo, hi))
        if a[i][1] <= b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def difference(a: Runs, b: Runs) -> Runs:
    """Return the positions of the first set that are not in the second."""
    result = []
    j = 0
    for lo, hi in a:
        while j < len(b) and b[j][1] <= lo:
            j += 1
        k = j
        while k < len(b) and b[k][0] < hi:
            if b[k][0] > lo:
                result.append((lo, b[k][0]))
            lo = b[k][1]
            k += 1
        if lo < hi:
            result.append((lo, hi))
    return tuple(result)


def clipped(runs: Runs, stop: int, start: int = 0) -> Runs:
    """Return the positions from `start`, by default 0, to before `stop`."""
    if not runs or (runs[0][0] >= start and runs[-1][1] <= stop):
        return runs
    first, last = 0, len(runs)
    while first < last and runs[first][1] <= start:
        first += 1
    while first < last and runs[last - 1][0] >= stop:
        last -= 1
    if first == last:
        return ()
    inside = list(runs[first:last])
    inside[0] = (max(inside[0][0], start), inside[0][1])
    inside[-1] = (inside[-1][0], min(inside[-1][1], stop))
    return tuple(inside)


def count(runs: Runs) -> int:
    """Return how many positions a set holds."""
    if len(runs) < 2:
        return runs[0][1] - runs[0][0] if runs else 0
    starts, ends = zip(*runs, strict=True)
    found: int = sum(ends) - sum(starts)
    return found


def hull(runs: Runs) -> tuple[int, int]:
    """Return the smallest `[lo, hi)` around a set that is not empty."""
    return runs[0][0], runs[-1][1]
