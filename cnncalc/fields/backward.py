"""Exact backward propagation: the set of units that a unit depends on, node by node.

From the last node back to the inputs, each node hands to those that it reads the region of their
units that its own wanted units read; a node read from several places unites what they ask for.
Linear in the nodes that are passed.
"""

from __future__ import annotations

from cnncalc.fields.readings import readings
from cnncalc.fields.regions import POINT, box, boxes, union
from cnncalc.fields.runs import normal
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.fields.readings import Axes, Reading
    from cnncalc.fields.reads import Reads
    from cnncalc.fields.regions import Region
    from cnncalc.fields.runs import Runs
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    Step = Callable[[Reads, Runs, bool], Runs]


class Readings:
    """How every node of a graph reads its inputs, found when first asked for."""

    def __init__(self, graph: Graph, shapes: list[Shape]) -> None:
        self.graph = graph
        self.shapes = shapes
        self._known: dict[tuple[int, tuple[Shape, ...]], tuple[Reading, ...]] = {}

    def of(self, index: int) -> tuple[Reading, ...]:
        """Return how one node reads each of its inputs."""
        node = self.graph.nodes[index]
        inputs = tuple([self.shapes[i] for i in node.inputs])
        # A graph keeps its layers alive, so an identity stands for one layer.
        key = (id(node.layer), inputs)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = readings(node.layer, inputs, self.shapes[index])
        return found


def trace(
    known: Readings, index: int, wanted: Region, clip: bool, local: bool = False
) -> dict[int, Region]:
    """Return for every node the region of units that some units of one node depend on.

    `wanted` are units of node `index`, channels first. With `clip` only units that exist are
    followed; without, spatial axes go on for ever on both sides. With `local` paths are left out
    that make a unit see the whole map. Nodes that are not depended on do not appear.
    """
    nodes = known.graph.nodes
    demands: dict[int, Region] = {index: wanted}
    for current in range(index, -1, -1):
        region = demands.get(current)
        if not region or not nodes[current].inputs:
            continue
        for source, reading in zip(nodes[current].inputs, known.of(current), strict=False):
            read = read_region(reading, region, known.shapes[source], clip, local)
            if read:
                held = demands.get(source)
                demands[source] = read if held is None else union(held, read)
    return demands


def read_region(reading: Reading, region: Region, shape: Shape, clip: bool, local: bool) -> Region:
    """Return what a region of units reads of an input of this shape."""
    if reading.whole and local:
        return mapped(reading.local, region, clip) if reading.local is not None else ()
    if reading.axes is None:
        return unflattened(region[0][0], shape)
    return mapped(reading.axes, region, clip)


def mapped(axes: Axes, region: Region, clip: bool) -> Region:
    """Return what a region reads through one relation per axis; channels always exist."""
    result: Region = ()
    for runs, rest in region:
        reads = axes[0].existing(axes[0].back(runs))
        if reads:
            inner = rest if rest == POINT else spatial(axes[1:], rest, clip)
            if inner:
                result = union(result, ((reads, inner),))
    return result


def spatial(axes: Axes, region: Region, clip: bool) -> Region:
    """Return what the spatial part of a region reads."""
    axis = axes[0]
    result: Region = ()
    for runs, rest in region:
        reads = axis.back(runs)
        if clip:
            reads = axis.existing(reads)
        if reads:
            inner = rest if rest == POINT else spatial(axes[1:], rest, clip)
            if inner:
                result = union(result, ((reads, inner),))
    return result


def unflattened(features: Runs, shape: Shape) -> Region:
    """Return the region of a map that some features of its flat vector are."""
    if features == ((0, product(shape)),):
        return box(tuple([((0, length),) for length in shape]))
    result: Region = ()
    for lo, hi in features:
        for piece in boxes_between(lo, hi, shape):
            result = union(result, box(piece))
    return result


def boxes_between(lo: int, hi: int, shape: Shape) -> list[tuple[Runs, ...]]:
    """Return boxes that make up the elements `lo` to before `hi` of a map, in row-major order."""
    if lo >= hi:
        return []
    if len(shape) == 1:
        return [(((lo, hi),),)]
    inner = product(shape[1:])
    first, last = -(-lo // inner), hi // inner
    rows: tuple[Runs, ...] = tuple([((0, length),) for length in shape[1:]])
    if first > last:  # within one row
        row = lo // inner
        parts = boxes_between(lo - row * inner, hi - row * inner, shape[1:])
        return [(((row, row + 1),), *part) for part in parts]
    result: list[tuple[Runs, ...]] = []
    for part in boxes_between(lo - (first - 1) * inner, inner, shape[1:]) if lo % inner else []:
        result.append((((first - 1, first),), *part))
    if first < last:
        result.append((((first, last),), *rows))
    for part in boxes_between(0, hi - last * inner, shape[1:]):
        result.append((((last, last + 1),), *part))
    return result


def unit_region(unit: tuple[int, ...], shape: Shape) -> Region:
    """Return all channels of a node at one position, or one feature of a flat vector."""
    place: tuple[Runs, ...] = tuple([((u, u + 1),) for u in unit])
    return box(place if len(shape) == 1 else (((0, shape[0]),), *place))


def full_region(shape: Shape) -> Region:
    """Return all units of a node."""
    return box(tuple([((0, length),) for length in shape]))


def ahead(known: Readings, source: int, region: Region) -> dict[int, Region]:
    """Return for every node the region of units that depend on some units of one node."""
    nodes = known.graph.nodes
    reached: dict[int, Region] = {source: region}
    for current in range(source + 1, len(nodes)):
        if not nodes[current].inputs:
            continue
        for origin, reading in zip(nodes[current].inputs, known.of(current), strict=False):
            seen = reached.get(origin)
            if not seen:
                continue
            if reading.axes is None:
                units: Region = ((flattened(seen, known.shapes[origin]), POINT),)
            else:
                units = reaching(reading.axes, seen)
            if units:
                held = reached.get(current)
                reached[current] = units if held is None else union(held, units)
    return reached


def reaching(axes: Axes, region: Region) -> Region:
    """Return the units that read any of a region's units, through one relation per axis."""
    result: Region = ()
    for runs, rest in region:
        units = axes[0].ahead(runs)
        if units:
            inner = rest if rest == POINT else reaching(axes[1:], rest)
            if inner:
                result = union(result, ((units, inner),))
    return result


def flattened(region: Region, shape: Shape) -> Runs:
    """Return the features of a map's flat vector that a region of the map is."""
    strides = [product(shape[axis + 1 :]) for axis in range(len(shape))]
    found: list[tuple[int, int]] = []
    for parts in boxes(region):
        starts = [0]
        for runs, stride in zip(parts[:-1], strides, strict=False):
            starts = [s + p * stride for s in starts for lo, hi in runs for p in range(lo, hi)]
        found.extend((s + lo, s + hi) for s in starts for lo, hi in parts[-1])
    return normal(found)
