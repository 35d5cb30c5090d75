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


def clipped(runs: Runs, length: int) -> Runs:
    """Return the positions from 0 to before `length`."""
    if not runs or (runs[0][0] >= 0 and runs[-1][1] <= length):
        return runs
    return tuple([(max(lo, 0), min(hi, length)) for lo, hi in runs if hi > 0 and lo < length])


def count(runs: Runs) -> int:
    """Return how many positions a set holds."""
    return sum([hi - lo for lo, hi in runs])


def hull(runs: Runs) -> tuple[int, int]:
    """Return the smallest `[lo, hi)` around a set that is not empty."""
    return runs[0][0], runs[-1][1]
