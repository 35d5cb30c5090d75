"""Arrays that are moved, and where two of them agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array

#: How far outputs may differ and be the same, relative to the largest of them.
TOLERANCE = 1e-9
#: What is found: the same everywhere; away from the border; for other shifts only; nowhere.
EXACT, INTERIOR, MULTIPLES, NONE = "exactly", "in the interior", "only for multiples", "not at all"


def rolled(array: Array, shift: Sequence[int]) -> Array:
    """Return numbers moved along their last axes; what leaves enters on the other side."""
    import numpy as np

    axes = tuple(range(-len(shift), 0))
    return np.roll(array, tuple(shift), axes)


def close(one: Array, other: Array) -> Array:
    """Return which numbers of two arrays are the same up to rounding."""
    import numpy as np

    bound = TOLERANCE * max(float(np.abs(one).max(initial=0)), 1e-300)
    same: Array = np.abs(one - other) <= bound
    return same


def compared(
    still: Array, moved: Array, units: tuple[int, ...]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return whether an output is another one moved by some units, and the border where not.

    What has newly come in, as many units as the shift, is not compared.
    """
    import numpy as np

    pairs = list(zip(units, still.shape[1:], strict=True))
    here = (slice(None), *[slice(max(u, 0), max(n + min(u, 0), 0)) for u, n in pairs])
    before = (slice(None), *[slice(max(-u, 0), max(n - max(u, 0), 0)) for u, n in pairs])
    one, other = still[before], moved[here]
    if not one.size:
        return NONE, ()
    same: Array = np.logical_and.reduce(close(one, other), axis=0)
    if bool(same.all()):
        return EXACT, ()
    border = shaved(same)
    return (NONE, ()) if border is None else (INTERIOR, border)


def shaved(same: Array) -> tuple[tuple[int, int], ...] | None:
    """Return how much to cut off each side until all that is left agrees; None if nothing is."""
    import numpy as np

    low, high = [0] * same.ndim, list(same.shape)
    while True:
        inner = same[tuple([slice(lo, hi) for lo, hi in zip(low, high, strict=True)])]
        if not inner.size:
            return None
        if inner.all():
            return tuple([(lo, n - hi) for lo, hi, n in zip(low, high, same.shape, strict=True)])
        # The side on which most numbers differ goes first: a border, not the middle, is looked for.
        sides = [(axis, end) for axis in range(same.ndim) for end in (0, -1)]
        wrong = [float((~inner.take(end, axis)).mean()) for axis, end in sides]
        axis, end = sides[int(np.argmax(wrong))]
        if max(wrong) == 0:
            return None
        if end == 0:
            low[axis] += 1
        else:
            high[axis] -= 1
