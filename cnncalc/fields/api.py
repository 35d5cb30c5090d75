"""`receptive_field`: all fields of a graph on one of its inputs, and questions about units."""

from __future__ import annotations

from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import UsageError, suggest
from cnncalc.fields.backward import Readings, ahead, trace, unit_region
from cnncalc.fields.coverage import with_real_covers
from cnncalc.fields.forward import forward
from cnncalc.fields.node_fields import node_fields
from cnncalc.fields.regions import box, count, difference, hull, rest_of
from cnncalc.fields.result import AxisField, NodeField, SeenBy, UnitField
from cnncalc.quantities import product, show_shape
from cnncalc.record import Record, Shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

    from cnncalc.fields.regions import Hull, Region
    from cnncalc.graph import Graph
    from cnncalc.layers.reading import Reading


class ReceptiveFields(Shown, Record):
    """The receptive fields of all nodes of a graph on the input named `source`.

    `nodes` are in the order of the graph; with `any_size` they hold for inputs of every size, and
    the methods for the size that the graph has. The methods answer for single units and pixels,
    which count from 0, in the order of the axes (`y, x`).
    """

    __slots__ = ("_readings",)
    analysis: Analysis
    source: str
    nodes: tuple[NodeField, ...]
    any_size: bool = False

    if TYPE_CHECKING:
        _readings: ClassVar[Readings]

    else:

        def __init__(self, *args, **kwargs):
            Record.__init__(self, *args, **kwargs)
            whole = [node.whole for node in self.nodes]
            readings = Readings(self.analysis.graph, self.analysis.output_shapes(), whole)
            ReceptiveFields._readings.__set__(self, readings)

    @property
    def graph(self) -> Graph:
        """The graph whose fields these are."""
        return self.analysis.graph

    @property
    def pixels(self) -> tuple[int, ...]:
        """The lengths of the input's axes, in pixels."""
        return self.analysis.facts[self._source()].output[1:]

    def _source(self) -> int:
        return self.graph.index(self.source)

    def index(self, name: str) -> int:
        """Return the index of a node, or of a scope's last; raises `UsageError` for others."""
        try:
            return self.graph.index(name)
        except KeyError:
            near = suggest(name, [node.name for node in self.graph.nodes])
            help = f"did you mean `{near}`?" if near else "`cnncalc show` lists all names"
            raise UsageError(f"there is no node `{name}`", help) from None

    def __getitem__(self, name: str) -> NodeField:
        """Return the fields of a node, or of a scope's last; raises `UsageError` for others."""
        return self.node(name)

    def node(self, name: str) -> NodeField:
        """Return the fields of a node, or of a scope's last; raises `UsageError` for others."""
        return self.nodes[self.index(name)]

    @property
    def all_readings(self) -> Readings:
        """How every node reads its inputs."""
        return self._readings

    def readings(self, index: int) -> tuple[Reading, ...]:
        """Return how a node reads each of its inputs; empty for inputs of the network."""
        if not self.graph.nodes[index].inputs:
            return ()
        return tuple([reading for _, reading in self._readings.of(index)])

    def unit(self, name: str | int, unit: Sequence[int] | None = None) -> UnitField:
        """Return what one unit of a node (by name or index) depends on; by default the middle one.

        Raises `UsageError` for a node or a unit that does not exist.
        """
        index = self.index(name) if isinstance(name, str) else name
        shape = self._readings.shapes[index]
        place = self._place(index, unit)
        wanted = unit_region(place, shape)
        pixels, region = self._pixels(index, wanted, True), self._hull(index, wanted, False)
        clipped = hull(pixels)
        read = count(pixels) if pixels else 0
        without = None
        node = self.nodes[index]
        if node.whole and node.without is not None:
            inner = self._pixels(index, wanted, True, local=True)
            without = (self._hull(index, wanted, False, local=True), hull(inner))
        return UnitField(
            node.name, place, region, clipped, read, area(clipped) - read, without, pixels
        )

    def _place(self, index: int, unit: Sequence[int] | None) -> tuple[int, ...]:
        shape = self._readings.shapes[index]
        lengths = shape[1:] if len(shape) > 1 else shape
        if unit is None:
            return tuple([length // 2 for length in lengths])
        name = self.nodes[index].name
        if len(unit) != len(lengths):
            wanted = ",".join("zyx"[-len(lengths) :]) if len(shape) > 1 else "one number"
            raise UsageError(
                f"`{name}` has units of {len(lengths)} coordinate{'s' * (len(lengths) > 1)},"
                f" not {len(unit)}",
                f"its map is {show_shape(lengths)}; write {wanted}",
            )
        if any(not 0 <= u < length for u, length in zip(unit, lengths, strict=True)):
            last = ",".join(str(length - 1) for length in lengths)
            raise UsageError(
                f"`{name}` has no unit {','.join(map(str, unit))}", f"its last unit is {last}"
            )
        return tuple(unit)

    def _pixels(self, index: int, wanted: Region, clip: bool, local: bool = False) -> Region:
        regions = trace(self._readings, index, wanted, clip, local)
        found = regions.get(self._source(), ())
        return rest_of(found) if found else ()

    def _hull(self, index: int, wanted: Region, clip: bool, local: bool = False) -> Hull | None:
        return hull(self._pixels(index, wanted, clip, local))

    def seen_by(self, pixel: Sequence[int]) -> tuple[SeenBy, ...]:
        """Return for every node the units that depend on an input pixel, in any channel.

        Raises `UsageError` for a pixel that does not exist.
        """
        source = self._source()
        place = self._place(source, pixel)
        reached = ahead(self._readings, source, unit_region(place, self._readings.shapes[source]))
        result = []
        for index, node in enumerate(self.nodes):
            region = reached.get(index, ())
            if region and len(self._readings.shapes[index]) > 1:
                region = rest_of(region)
            result.append(SeenBy(node.name, hull(region), count(region) if region else 0))
        return tuple(result)

    def holes(self, name: str, unit: Sequence[int] | None = None) -> Region:
        """Return the pixels within a unit's clipped field that no path reads (gridding)."""
        found = self.unit(name, unit)
        if found.clipped is None:
            return ()
        return difference(box(tuple([((lo, hi),) for lo, hi in found.clipped])), found.pixels)

    def covering(self, size: int | None = None) -> NodeField | None:
        """Return the first node with a unit whose field covers the whole input.

        With `size` the first whose field is at least so many pixels long along every axis, so
        that it can hold an object of that size. None if there is no such node.
        """
        for node in self.nodes:
            if node.layer != "input" and self._covers(node, size):
                return node
        return None

    def _covers(self, node: NodeField, size: int | None) -> bool:
        if node.axes is None:
            return node.whole
        if size is not None:
            return all(axis.size is not None and axis.size >= size for axis in node.axes)
        pairs = zip(node.axes, self.pixels, strict=True)
        return all(axis.covered == length for axis, length in pairs)

    def always_holding(self, size: int) -> NodeField | None:
        """Return the first node that sees an object of `size` pixels whole wherever it stands.

        Neighbouring fields overlap by `size - jump` pixels, so a field must be at least
        `size + jump - 1` pixels long, and those at the edges must reach the input's edges.
        """
        for node in self.nodes:
            axes = node.axes or ()
            if node.layer != "input" and (
                all(holds(axis, size) for axis in axes) if axes else node.whole
            ):
                return node
        return None


def holds(axis: AxisField, size: int) -> bool:
    """Return whether along an axis some field holds an object of a size at any place."""
    if axis.smallest is None or axis.jump is None or axis.start is None or axis.end_padding is None:
        return False
    long = axis.smallest >= size + axis.jump - 1
    return long and axis.start <= 0 and axis.end_padding >= 0


def area(clipped: Hull | None) -> int:
    """Return how many pixels a rectangle holds."""
    return 0 if clipped is None else product([hi - lo for lo, hi in clipped])


def receptive_field(
    graph: Graph | Analysis,
    source: str | None = None,
    any_size: bool = False,
    units_only: bool = False,
) -> ReceptiveFields:
    """Return the receptive fields of all nodes of a graph, in input pixels.

    `source` names the input, by default the first. With `any_size` the input's size counts as
    unknown: figures that depend on it are None. With `units_only` the methods for units are all
    that is wanted: nothing is worked out at other sizes, or for units that are not asked about.
    Raises `ShapeError` for a graph that cannot be
    walked and `UsageError` for an unknown input.
    """
    analysis = graph if isinstance(graph, Analysis) else analyze(graph)
    found = analysis.graph
    names = [found.nodes[i].name for i in found.inputs]
    name = names[0] if source is None else source
    if name not in names:
        raise UsageError(f"there is no input `{name}`", "the inputs are " + ", ".join(names))
    shapes = analysis.output_shapes()
    origin = found.inputs[names.index(name)]
    states = forward(found, shapes, origin)
    nodes = node_fields(found, shapes, origin, states)
    if not units_only and not any_size:
        known = Readings(found, shapes, [node.whole for node in nodes])
        nodes = with_real_covers(nodes, known, origin, states)
    if any_size or not (units_only or all(state.aligned for state in states)):
        from cnncalc.fields.sizes import over_sizes

        nodes = over_sizes(found, shapes, origin, states, nodes, any_size)
    return ReceptiveFields(analysis, name, nodes, any_size)
