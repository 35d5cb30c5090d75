"""Sets of positions that the taps of windows touch, by formula where nothing is left out.

All functions are pure; sets are runs of positions along one axis (see `runs`).
"""

from __future__ import annotations

from cnncalc.layers.runs import bounded, normal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.layers.runs import Runs


def scattered(units: Runs, kernel: int, stride: int, before: int, dilation: int) -> Runs:
    """Return `unit*stride - before + dilation*t` over all units and taps, one run per piece."""
    if stride == 1:
        taps = dilation * kernel - dilation
        if all(hi - lo >= dilation for lo, hi in units):  # one tap begins where another ends
            return normal([(lo - before, hi - before + taps) for lo, hi in units])
        bounded(len(units) * kernel)
        return normal(
            [
                (lo - before + dilation * tap, hi - before + dilation * tap)
                for lo, hi in units
                for tap in range(kernel)
            ]
        )
    count = sum([hi - lo for lo, hi in units])
    bounded(count if dilation == 1 else count * kernel)
    starts = [unit * stride - before for lo, hi in units for unit in range(lo, hi)]
    if dilation == 1:
        return normal([(start, start + kernel) for start in starts])
    taps_of = [dilation * tap for tap in range(kernel)]
    return normal([(start + tap, start + tap + 1) for start in starts for tap in taps_of])


def multiples(runs: Runs, kernel: int, stride: int, before: int, dilation: int) -> Runs:
    """Return every whole `(position + before - dilation*t) / stride` over all taps."""
    if dilation == 1:  # what a run is reached from has no gaps
        return normal(
            [
                (-(-(lo + before - kernel + 1) // stride), (hi - 1 + before) // stride + 1)
                for lo, hi in runs
            ]
        )
    bounded(len(runs) * kernel)
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


def copies(lo: int, hi: int, length: int, mode: str, at_start: bool) -> tuple[int, int]:
    """Return the places before the start, or after the end, that copy positions `[lo, hi)`.

    They may reach beyond the padding, and into the axis itself.
    """
    if mode == "replicate":
        edge = 0 if at_start else length - 1
        far = length << 32
        return (-far, far) if lo <= edge < hi else (0, 0)
    if mode == "circular":
        shift = -length if at_start else length
        return lo + shift, hi + shift
    mirror = 0 if at_start else 2 * (length - 1)
    return mirror - hi + 1, mirror - lo + 1


def whole_groups(runs: Runs, size: int, other: int) -> Runs:
    """Return the groups of `other` elements whose groups of `size` elements a set touches."""
    return normal([(lo // size * other, -(-hi // size) * other) for lo, hi in runs])
