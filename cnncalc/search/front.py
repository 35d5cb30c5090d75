"""The front: the points that no other point beats in every objective; all are made small."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")
Values: TypeAlias = tuple[float, ...]


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether one point is nowhere larger than another, and somewhere smaller."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


class Front(Generic[Item]):
    """The points so far that none of those so far dominates; equal points stand side by side.

    Points are kept sorted, so that with two objectives a new one is compared with one neighbour.
    """

    def __init__(self) -> None:
        self.points: list[Values] = []
        self.items: list[Item] = []

    def add(self, values: Values, item: Item) -> bool:
        """Add a point unless it is dominated, remove those it dominates; returns whether it is in.

        `values` are the objectives, smaller is better.
        """
        points = self.points
        at = bisect_right(points, values)
        # All that could dominate it are sorted before it: with two objectives, the one before has
        # the smallest second value of these.
        before = points[at - 1 : at] if len(values) == 2 else points[:at]
        if any(dominates(point, values) for point in before):
            return False
        kept = at
        if len(values) == 2:
            while kept < len(points) and dominates(values, points[kept]):
                kept += 1
            del points[at:kept], self.items[at:kept]
        else:
            beaten = [i for i in range(at, len(points)) if dominates(values, points[i])]
            for index in reversed(beaten):
                del points[index], self.items[index]
        points.insert(at, values)
        self.items.insert(at, item)
        return True


def ranks(points: Sequence[Values]) -> list[int]:
    """Return for each point how many fronts must be taken away before it stands on one."""
    result = [0] * len(points)
    left = set(range(len(points)))
    rank = 0
    while left:
        first = {i for i in left if not any(dominates(points[j], points[i]) for j in left)}
        for index in first:
            result[index] = rank
        left -= first
        rank += 1
    return result


def spread(points: Sequence[Values]) -> list[float]:
    """Return how far each point stands from its neighbours, along all axes together.

    The crowding distance of Deb et al. 2002; the ends of an axis stand infinitely far.
    """
    result = [0.0] * len(points)
    for axis in range(len(points[0]) if points else 0):
        order = sorted(range(len(points)), key=lambda index: points[index][axis])
        span = points[order[-1]][axis] - points[order[0]][axis]
        result[order[0]] = result[order[-1]] = float("inf")
        for before, index, after in zip(order, order[1:], order[2:], strict=False):
            gap = points[after][axis] - points[before][axis]
            result[index] += gap / span if span else 0.0
    return result
