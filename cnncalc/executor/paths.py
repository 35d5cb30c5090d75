"""How many paths lead from each input pixel to a unit: the weight of a pixel before training.

With independent random weights of equal variance the expected square of the gradient at a pixel
is proportional to the number of its paths (Luo, Li, Urtasun & Zemel 2016, "Understanding the
Effective Receptive Field in Deep Convolutional Neural Networks", section 2).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncalc.layers.relations import SAME, Everything, Slide

if TYPE_CHECKING:
    from cnncalc.fields.backward import Readings
    from cnncalc.layers.reading import Relations
    from cnncalc.layers.rearranging import Rearranged
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape

    Counts = NDArray[np.float64]

#: Counts beyond this are scaled down, all of them, so that none overflows.
LARGEST = 1e150


def path_counts(known: Readings, index: int, unit: tuple[int, ...], source: int) -> Counts:
    """Return for each pixel of an input its share of the paths to a unit; shares sum to 1.

    Paths through whole-map layers, such as gates, do not count, unless there are no others; a
    path leads through channels too. All zero if there is no path.
    """
    found = counted(known, index, unit, source, local=True)
    if not found.any():
        found = counted(known, index, unit, source, local=False)
    return found / found.sum() if found.any() else found


def counted(known: Readings, index: int, unit: tuple[int, ...], source: int, local: bool) -> Counts:
    """Return the paths from each pixel of an input, up to one common factor."""
    graph, shapes = known.graph, known.shapes
    start = np.zeros(shapes[index])
    place: tuple[slice | int, ...] = (slice(None), *unit)
    start[place if len(shapes[index]) > 1 else unit] = 1.0
    held: dict[int, Any] = {index: start}
    for current in range(index, source, -1):
        paths = held.pop(current, None)
        if paths is None or not graph.nodes[current].inputs:
            continue
        for origin, reading in known.of(current):
            axes = reading.path() if local and known.whole[current] else reading.axes
            if reading.moved is not None:
                read = paths
                for step in reading.moved.steps():
                    read = moved_back(read, step)
            elif axes is None:
                continue
            else:
                read = through(paths, axes, shapes[origin])
            held[origin] = held[origin] + read if origin in held else read
        largest = max([np.abs(array).max() for array in held.values()], default=0.0)
        if largest > LARGEST:
            held = {key: array / largest for key, array in held.items()}
    found = held.get(source)
    if found is None:
        return np.zeros(shapes[source][1:])
    return np.asarray(found.sum(axis=0), np.float64)


def through(paths: Counts, axes: Relations, shape: Shape) -> Counts:
    """Return the paths that reach the positions that units read, from those to the units."""
    result = paths
    for axis, relation in enumerate(axes):
        if relation is SAME:
            continue
        length, units = shape[axis], result.shape[axis]
        if isinstance(relation, Everything):
            total = result.sum(axis=axis, keepdims=True)
            result = np.broadcast_to(total, (*total.shape[:axis], length, *total.shape[axis + 1 :]))
            continue
        first = multiplicities(relation, units, length)
        result = np.moveaxis(np.tensordot(result, first, axes=(axis, 0)), -1, axis)
    return result


def moved_back(paths: Counts, moved: Rearranged) -> Counts:
    """Return the paths in the places from which a layer moved the elements."""
    order = [factor for axis in moved.target for factor in axis]
    back = [order.index(factor) for axis in moved.source for factor in axis]
    grid = paths.reshape([moved.grid[factor] for factor in order]).transpose(back)
    return np.asarray(grid.reshape(moved.shape(moved.source)))


def multiplicities(relation: Relation, units: int, length: int) -> Counts:
    """Return how often each unit (rows) reads each position (columns)."""
    result = np.zeros((units, length))
    if isinstance(relation, Slide):
        for unit in range(units):
            for place in relation.reads(unit):
                for lo, hi in relation.existing(((place, place + 1),)):
                    result[unit, lo:hi] += 1
        return result
    for unit in range(units):
        for lo, hi in relation.existing(relation.back(((unit, unit + 1),))):
            result[unit, lo:hi] += 1
    return result


class PixelSpread:
    """How a distribution over the pixels of an input is spread out.

    `mass` sums to 1; `deviation` is its standard deviation along each axis, in pixels; `holding`
    counts the fewest pixels that hold 95 % of it, and `share` is that count over the `area` of the
    theoretical field within the input.
    """

    __slots__ = ("area", "deviation", "holding", "mass", "share")

    def __init__(self, mass: Counts, area: int) -> None:
        self.mass = mass
        self.area = area
        self.deviation = tuple([deviation(mass, axis) for axis in range(mass.ndim)])
        self.holding = fewest(mass, 0.95)
        self.share = self.holding / area if area else 0.0


def deviation(mass: Counts, axis: int) -> float:
    """Return the standard deviation of a distribution along one axis."""
    others = tuple([other for other in range(mass.ndim) if other != axis])
    along = mass.sum(axis=others)
    places = np.arange(len(along))
    mean = float((along * places).sum())
    return float(np.sqrt((along * (places - mean) ** 2).sum()))


def fewest(mass: Counts, share: float) -> int:
    """Return how few pixels hold a share of a distribution."""
    if not mass.any():
        return 0
    held = np.cumsum(np.sort(mass.reshape(-1))[::-1])
    # A rounding error must not demand one more pixel.
    return min(int(np.searchsorted(held, share * held[-1] * (1 - 1e-12))) + 1, prod(mass.shape))
