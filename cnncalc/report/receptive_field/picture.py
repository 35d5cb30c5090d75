"""What pictures of receptive fields show, before anything is drawn."""

from __future__ import annotations

from cnncalc.diagnostics import UsageError
from cnncalc.fields.regions import POINT, rest_of
from cnncalc.quantities import product, show_shape
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.fields.api import ReceptiveFields
    from cnncalc.fields.regions import Hull, Region
    from cnncalc.fields.result import AxisField, NodeField, UnitField

#: More rectangles than these are hard to tell apart.
MOST_OUTLINES = 8
#: A picture of more rectangles of pixels would be too large to be looked at.
MOST_PIECES = 100_000
#: Blocks are opened until there are so many.
FEWEST_OUTLINES = 4


class Outline(Record):
    """The field of one layer's unit: a label, its size, and the rectangle that it spans."""

    label: str
    size: str
    region: Hull


class Nested(Record):
    """The fields of layers one in the other, largest first, over an input of some pixels."""

    title: str
    pixels: tuple[int, ...]
    outlines: tuple[Outline, ...]


def end_of(fields: ReceptiveFields) -> str:
    """Return the node that is looked at if none is named: the last that does not see all.

    Where gates see everything, the last that has a field without them.
    """
    for node in reversed(fields.nodes):
        if own_axes(node) and len(node.output) > 1 and node.layer != "input":
            return node.name
    return fields.nodes[-1].name


def own_axes(node: NodeField) -> tuple[AxisField, ...] | None:
    """Return a node's fields, those without gates where these see everything."""
    return node.axes or node.without


def nested(fields: ReceptiveFields, layer: str, unit: UnitField) -> Nested:
    """Return the field of a unit, and around it those of earlier layers' units at its centre."""
    graph = fields.graph
    end = fields.index(layer)
    region = region_of(unit)
    centre = [(lo + hi - 1) / 2 for lo, hi in region] if region else []
    found: dict[Hull, Outline] = {}
    needed = graph.leading_to((end,))
    labels = labels_of([graph.nodes[index].name for index in needed])
    for index, label in zip(needed, labels, strict=True):
        node = fields.nodes[index]
        axes = own_axes(node)
        if axes is None or len(node.output) == 1 or not graph.nodes[index].inputs:
            continue
        own = unit if index == end else fields.unit(index, nearest(node, axes, centre))
        region = region_of(own)
        if region is None:
            continue
        # Of layers that see the same, the last stands for all, or the outermost block.
        held = found.get(region)
        if held is None or label.count("/") <= held.label.count("/"):
            found[region] = Outline(label, show_shape([hi - lo for lo, hi in region]), region)
    outlines = sorted(found.values(), key=lambda o: product([hi - lo for lo, hi in o.region]))
    where = ",".join(map(str, unit.unit))
    title = f"{graph.name}: what unit {where} of {unit.node} sees"
    return Nested(title, fields.pixels, tuple(reversed(thinned(outlines))))


def labels_of(names: list[str]) -> list[str]:
    """Return for each node the name of the outermost scope that it is the last of, or its own."""
    last: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            last["/".join(parts[:depth])] = name
    labels: dict[str, str] = {}
    for scope, name in last.items():
        if scope.count("/") < labels.get(name, name).count("/"):
            labels[name] = scope
    return [labels.get(name, name) for name in names]


def region_of(unit: UnitField) -> Hull | None:
    """Return the rectangle of a unit, without gates where it has one without them."""
    return unit.region if unit.without is None else unit.without[0]


def nearest(node: NodeField, axes: tuple[AxisField, ...], centre: list[float]) -> tuple[int, ...]:
    """Return the unit of a node whose field lies nearest to a place."""
    unit = []
    for axis, units, place in zip(axes, node.output[1:], centre, strict=True):
        if not axis.jump or axis.centre is None:
            unit.append(units // 2)
            continue
        # The middle of a field of even size lies between two pixels: the first unit of both.
        index = int(-(-(place - axis.centre - axis.jump / 2) // axis.jump))
        unit.append(min(max(index, 0), units - 1))
    return tuple(unit)


def thinned(outlines: list[Outline]) -> list[Outline]:
    """Return outlines, few enough to be seen, whole blocks rather than layers within them."""
    kept = outlines
    for level in range(max([outline.label.count("/") for outline in outlines], default=0)):
        outer = [o for o in outlines if o.label.count("/") <= level or o is outlines[-1]]
        if len(outer) >= FEWEST_OUTLINES:
            kept = outer
            break
    last = len(kept) - 1
    if last < MOST_OUTLINES:
        return kept
    return [kept[round(i * last / (MOST_OUTLINES - 1))] for i in range(MOST_OUTLINES)]


def plane(region: Region, rank: int) -> Region:
    """Return a set of pixels over two axes: of three axes all planes at once, of one a row."""
    if rank == 1:
        return ((((0, 1),), region),) if region else ()
    while rank > 2:
        region = rest_of(region)
        rank -= 1
    return region


def rows_of(region: Region) -> list[tuple[int, int, int, int]]:
    """Return a set of pixels over two axes as rectangles `(y, x, height, width)`.

    Raises `UsageError` if they are too many to be drawn.
    """
    if sum([len(rows) * len(runs) for rows, rest in region for runs, _ in rest]) > MOST_PIECES:
        raise UsageError("its pixels lie too scattered to be drawn", "look at an earlier layer")
    result: list[tuple[int, int, int, int]] = []
    for rows, rest in region:
        for top, bottom in rows:
            for runs, point in rest:
                assert point == POINT
                result.extend((top, lo, bottom - top, hi - lo) for lo, hi in runs)
    return result


def in_plane(hull: Hull) -> Hull:
    """Return the last two axes of a rectangle; a row for one axis."""
    return ((0, 1), *hull) if len(hull) == 1 else hull[-2:]


def around(boxes: list[Hull]) -> Hull:
    """Return the smallest rectangle around some."""
    low = [min([box[axis][0] for box in boxes]) for axis in (0, 1)]
    high = [max([box[axis][1] for box in boxes]) for axis in (0, 1)]
    return tuple(zip(low, high, strict=True))
