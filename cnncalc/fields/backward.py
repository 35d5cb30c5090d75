"""Exact backward propagation: the set of units that a unit depends on, node by node.

From the last node back to the inputs, each node hands to those that it reads the region of their
units that its own wanted units read; a node read from several places unites what they ask for.
Linear in the nodes that are passed.
"""

from __future__ import annotations

from cnncalc.fields.regions import POINT, box, boxes, pieces, union
from cnncalc.layers.reading import OWN
from cnncalc.layers.runs import MOST_PIECES, NotFollowed, bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.regions import Region
    from cnncalc.graph import Graph
    from cnncalc.layers.reading import Reading, Relations
    from cnncalc.layers.rearranging import Rearranged, Refolded
    from cnncalc.layers.runs import Runs
    from cnncalc.quantities import Shape


class Readings:
    """How every node of a graph reads its inputs.

    `whole` says of every node whether its units see the whole input of the network. `pieces` are
    those that regions were made of so far, of the question at hand or, if it `adds_up`, of all.
    """

    def __init__(
        self, graph: Graph, shapes: list[Shape], whole: list[bool], adds_up: bool = False
    ) -> None:
        self.graph = graph
        self.whole = whole
        self.shapes = shapes
        self.adds_up = adds_up
        self.pieces = 0
        self._of: dict[int, tuple[tuple[int, Reading], ...]] = {}

    def of(self, index: int) -> tuple[tuple[int, Reading], ...]:
        """Return the nodes whose values one node reads, and how it reads each of them."""
        found = self._of.get(index)
        if found is None:
            node, shapes = self.graph.nodes[index], self.shapes
            read = node.layer.readings(tuple([shapes[i] for i in node.inputs]), shapes[index])
            found = self._of[index] = tuple(zip(node.sources, read, strict=True))
        return found


def trace(
    known: Readings, index: int, wanted: Region, clip: bool, local: bool = False
) -> dict[int, Region]:
    """Return for every node the region of units that some units of one node depend on.

    `wanted` are units of node `index`, channels first. With `clip` only units that exist are
    followed; without, spatial axes go on for ever on both sides. With `local` paths are left out
    that make a unit see the whole input. Nodes that are not depended on do not appear.

    Raises `TooManyPieces` where that would take minutes.
    """
    nodes = known.graph.nodes
    if not known.adds_up:
        known.pieces = 0
    demands: dict[int, Region] = {index: wanted}
    for current in range(index, -1, -1):
        region = demands.get(current)
        if not region or not nodes[current].inputs:
            continue
        leave = local and known.whole[current]
        own = OWN[len(known.shapes[current])]
        for source, reading in known.of(current):
            if reading.unknown:
                raise not_known(nodes[current].name)
            read = region
            if reading is not own:
                read = read_region(reading, region, clip, leave)
                known.pieces += pieces(read)
                if known.pieces > MOST_PIECES:
                    bounded(known.pieces)
            if read:
                held = demands.get(source)
                demands[source] = read if held is None else union(held, read)
    return demands


def not_known(name: str) -> NotFollowed:
    """Return the error of a node whose reads nobody knows."""
    return NotFollowed(
        f"the field is not known past `{name}`",
        "what a layer of the spec's own reads, nobody says: ask for a layer before it",
    )


def read_region(reading: Reading, region: Region, clip: bool, local: bool) -> Region:
    """Return what a region of units reads of an input."""
    if reading.moved is not None:
        return rearranged(reading.moved, region)
    result: Region = ()
    if not (reading.whole and local) and reading.axes is not None:
        result = mapped(reading.axes, region, clip)
    if reading.local is not None and (local or not clip):
        # Beyond the map's ends, what is normalised is not part of the statistics.
        result = union(result, mapped(reading.local, region, clip))
    return result


def rearranged(moved: Rearranged | Refolded, region: Region) -> Region:
    """Return where the units of a region come from in a layer that only moves them."""
    result: Region = ()
    for place in boxes(region):
        for origin in moved.moved(place):
            result = union(result, box(origin))
    return result


def mapped(axes: Relations, region: Region, clip: bool) -> Region:
    """Return what a region reads through one relation per axis; channels always exist."""
    result: Region = ()
    for runs, rest in region:
        reads = axes[0].existing(axes[0].back(runs))
        if reads:
            inner = rest if rest == POINT else spatial(axes[1:], rest, clip)
            if inner:
                result = union(((reads, inner),), result)
    return result


def spatial(axes: Relations, region: Region, clip: bool) -> Region:
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
                result = union(((reads, inner),), result)
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
        for origin, reading in known.of(current):
            seen = reached.get(origin)
            if not seen:
                continue
            if reading.unknown:
                raise not_known(nodes[current].name)
            units: Region = ()
            if reading.moved is not None:
                units = rearranged(reading.moved.reversed(), seen)
            elif reading.axes is not None:
                units = reaching(reading.axes, seen)
            if units:
                held = reached.get(current)
                reached[current] = units if held is None else union(held, units)
    return reached


def reaching(axes: Relations, region: Region) -> Region:
    """Return the units that read any of a region's units, through one relation per axis."""
    result: Region = ()
    for runs, rest in region:
        units = axes[0].ahead(runs)
        if units:
            inner = rest if rest == POINT else reaching(axes[1:], rest)
            if inner:
                result = union(result, ((units, inner),))
    return result
