"""Points of a part of a question, as a student reads them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.model import show_points

#: Up to which denominator a fraction is easier to read than a rounded decimal.
MAX_DENOMINATOR = 100


@lru_cache(maxsize=4096)
def out_of(points: Fraction, most: Fraction) -> str:
    """Return `0.5 of 1`; fractions where decimals never end, so that they add up: `1/6 of 1/3`."""
    if (100 * points).denominator == 1 and (100 * most).denominator == 1:
        return f"{show_points(points)} of {show_points(most)}"
    return f"{_fraction(points)} of {_fraction(most)}"


def _fraction(points: Fraction) -> str:
    """Return a number with its part below 1 as a fraction: `14 2/7`."""
    if points.denominator > MAX_DENOMINATOR:
        return show_points(points)
    whole, rest = divmod(points, 1)
    if not whole or not rest:
        return str(points)
    return f"{whole} {rest}"
