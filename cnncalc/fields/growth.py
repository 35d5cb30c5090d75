"""How maps grow with the input, along one axis: at which sizes everything repeats.

Every layer that slides a window moves on by its stride: with an input longer by a common multiple
of what the strides of a path come to, every map grows in proportion and every remainder is the
same. So what holds for the sizes of one such period holds for all larger ones.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape

#: By how much each map grows per input pixel along one axis; None for flat vectors.
Slopes = list["Fraction | None"]


class NoPeriod(Exception):
    """Sizes that do not repeat: branches grow differently, or elements change their axis."""


def slopes(graph: Graph, shapes: list[Shape], axis: int) -> Slopes:
    """Return the growth of every map along a spatial axis; raises `NoPeriod` if there is none."""
    result: Slopes = []
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        if not node.inputs:
            result.append(Fraction(1) if len(shapes[index]) > 1 else None)
        elif len(shapes[index]) < 2:
            result.append(None)
        else:
            if node.layer.like is not None:
                raise NoPeriod("a map takes the size of another")
            read = tuple([shapes[i] for i in node.inputs])
            readings = node.layer.readings(read, shapes[index])
            pairs = zip(readings, node.inputs, strict=True)
            grown = [grown_by(reading, result[i], axis) for reading, i in pairs]
            result.append(merged(grown, [shape[1 + axis] for shape in read]))
    return result


def grown_by(reading: Reading, slope: Fraction | None, axis: int) -> Fraction:
    """Return the growth of a layer's map through one input."""
    relations = reading.path() or reading.axes
    if slope is None or relations is None:
        raise NoPeriod("elements change their axis")
    if slope and relations[1 + axis].is_outgrown():
        raise NoPeriod("a layer reads fewer and fewer of the positions")
    units, positions = relations[1 + axis].growth()
    return slope * Fraction(units, positions)


def merged(grown: list[Fraction], lengths: list[int]) -> Fraction:
    """Return the growth of merged branches; raises `NoPeriod` if they grow differently."""
    growing = {one for one in grown if one}
    constant = [n for one, n in zip(grown, lengths, strict=True) if not one]
    if len(growing) > 1 or (growing and len(grown) > 1 and any(n != 1 for n in constant)):
        raise NoPeriod("branches grow differently")
    return growing.pop() if growing else Fraction(0)


def period(graph: Graph, shapes: list[Shape], axes: range) -> int | None:
    """Return after how many pixels everything repeats along these axes, None if it does not."""
    try:
        found = [slope for axis in axes for slope in slopes(graph, shapes, axis)]
    except NoPeriod:
        return None
    return lcm(*[slope.denominator for slope in found if slope is not None])
