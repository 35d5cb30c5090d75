"""Sets of units of one node: channels and positions, held so that any union is exact.

A region is a tuple of parts `(runs, rest)`: at every position of `runs` along the first axis it
holds the region `rest` of the other axes; after the last axis stands `POINT`. The runs of
different parts are disjoint, their rests differ, and parts are in order, so equal sets are equal
values. Most regions are boxes, of one part; branches of different shapes make crosses, of a few.
"""

from __future__ import annotations

from cnncalc.layers import runs as sets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from cnncalc.layers.runs import Runs

    Region: TypeAlias = "tuple[tuple[Runs, Region], ...]"
    Hull: TypeAlias = "tuple[tuple[int, int], ...]"

#: What stands after the last axis. `()` is the empty region over any axes.
POINT: Region = ((((0, 1),), ()),)


def box(axes: tuple[Runs, ...]) -> Region:
    """Return the region that holds all combinations of the positions along each axis."""
    region = POINT
    for runs in reversed(axes):
        region = ((runs, region),) if runs and region else ()
    return region


def pieces(region: Region) -> int:
    """Return how many runs a region is made of."""
    found = 0
    while len(region) == 1:  # nearly always: a box
        ((runs, region),) = region
        if region:
            found += len(runs)
    return found + sum([len(runs) + pieces(rest) for runs, rest in region if rest])


def union(a: Region, b: Region) -> Region:
    """Return the units in either region; both are over the same axes."""
    if not b or a == b:
        return a
    if not a:
        return b
    if len(a) == 1 and len(b) == 1:
        (own, held), (runs, rest) = a[0], b[0]
        if held == rest:
            return ((sets.union(own, runs), held),)
        if own == runs:
            return ((own, union(held, rest)),)
    parts = list(a)
    for runs, rest in b:
        parts = added(parts, runs, rest)
    return merged(parts)


def added(parts: list[tuple[Runs, Region]], runs: Runs, rest: Region) -> list[tuple[Runs, Region]]:
    """Return parts with one more, split so that the runs of all stay disjoint."""
    result = []
    for own, held in parts:
        common = sets.intersection(own, runs)
        if not common:
            result.append((own, held))
            continue
        result.append((common, union(held, rest)))
        if common != own:
            result.append((sets.difference(own, common), held))
        runs = sets.difference(runs, common)
    if runs:
        result.append((runs, rest))
    return result


def merged(parts: list[tuple[Runs, Region]]) -> Region:
    """Return disjoint parts in their normal form: those of equal rest joined, all in order."""
    by_rest: dict[Region, Runs] = {}
    for runs, rest in parts:
        held = by_rest.get(rest)
        by_rest[rest] = runs if held is None else sets.normal((*held, *runs))
    return tuple(sorted([(runs, rest) for rest, runs in by_rest.items()]))


def rest_of(region: Region) -> Region:
    """Return a region without its first axis: what stands at any position of it."""
    result: Region = ()
    for _, rest in region:
        result = union(result, rest)
    return result


def hull(region: Region) -> Hull | None:
    """Return the smallest box around a region, `(lo, hi)` per axis; None if it is empty."""
    if not region:
        return None
    result: Hull = ()
    while region != POINT:
        result += ((min([r[0][0] for r, _ in region]), max([r[-1][1] for r, _ in region])),)
        region = rest_of(region)
    return result


def count(region: Region) -> int:
    """Return how many units a region holds."""
    if region == POINT:
        return 1
    return sum([sets.count(runs) * count(rest) for runs, rest in region])


def boxes(region: Region) -> list[tuple[Runs, ...]]:
    """Return disjoint boxes that make up a region, as the runs along each axis."""
    if region == POINT:
        return [()]
    return [(runs, *inner) for runs, rest in region for inner in boxes(rest)]


def difference(a: Region, b: Region) -> Region:
    """Return the units of the first region that are not in the second."""
    if not a or not b or a == b:
        return () if a == b else a
    parts = list(a)
    for runs, rest in b:
        left = []
        for own, held in parts:
            common = sets.intersection(own, runs)
            if not common:
                left.append((own, held))
                continue
            if kept := difference(held, rest):
                left.append((common, kept))
            if apart := sets.difference(own, common):
                left.append((apart, held))
        parts = left
    return merged(parts)
