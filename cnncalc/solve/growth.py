"""How the sizes in a network follow from the input's: legal sizes, unread pixels, periods.

Every layer that slides a window moves on by its stride: with an input longer by a common multiple
of all strides, every map grows in proportion and every remainder is the same. So what holds for
the sizes of one such period holds for all larger ones, and a search over one period is complete.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError, UsageError
from cnncalc.layers.window import Windowed

if TYPE_CHECKING:
    from cnncalc.geometry import Window
    from cnncalc.graph import Graph, Node
    from cnncalc.quantities import Shape

#: Periods above this are not searched through.
LONGEST_PERIOD = 2048


class Misfit(Exception):
    """An input size that a network does not take: which node refuses, and why."""

    def __init__(self, node: Node, message: str) -> None:
        super().__init__(message)
        self.node = node
        self.message = message


class Growth:
    """A network of one input whose spatial axes, all or one, take any length.

    `axis` is the number of the spatial axis that varies (None: all of them, as a square).
    """

    def __init__(self, graph: Graph, axis: int | None = None) -> None:
        if len(graph.inputs) != 1:
            raise UsageError(
                f"{graph.name} has {len(graph.inputs)} inputs", "sizes are solved for one input"
            )
        layer = graph.nodes[graph.inputs[0]].layer
        self.given: Shape = layer.output_shape(())
        if len(self.given) < 2:
            raise UsageError(f"the input of {graph.name} has no spatial axes")
        if axis is not None and not 0 <= axis < len(self.given) - 1:
            raise UsageError(
                f"the input has {len(self.given) - 1} spatial axes", "--axis 0 is the first"
            )
        self.graph = graph
        self.axis = axis
        self.readers = graph.readers()

    def input_shape(self, size: int) -> Shape:
        """Return the input shape of a size."""
        if self.axis is None:
            return (self.given[0], *[size] * (len(self.given) - 1))
        shape = list(self.given)
        shape[1 + self.axis] = size
        return tuple(shape)

    def shapes(self, size: int) -> list[Shape]:
        """Return the output shape of every node; raises `Misfit` at the first that refuses."""
        shapes: list[Shape] = []
        for node in self.graph.nodes:
            if not node.inputs:
                shapes.append(self.input_shape(size))
                continue
            try:
                shapes.append(node.layer.output_shape(tuple([shapes[i] for i in node.inputs])))
            except LayerError as error:
                raise Misfit(node, error.message) from None
        return shapes

    def misfit(self, size: int) -> Misfit | None:
        """Return why a size is not legal, or None."""
        try:
            self.shapes(size)
        except Misfit as misfit:
            return misfit
        return None

    def slopes(self, shapes: list[Shape]) -> list[Fraction | None]:
        """Return by how much each map grows per input pixel; None for flat vectors.

        Raises `ValueError` where branches that grow differently meet: no period exists then.
        """
        slopes: list[Fraction | None] = []
        axis = self.axis or 0
        for index, node in enumerate(self.graph.nodes):
            given = [slopes[i] for i in node.inputs]
            if not given:
                slopes.append(Fraction(1))
            elif len(shapes[index]) < 2 or given[0] is None:
                slopes.append(None)
            elif len(given) > 1:
                slopes.append(merged(given, [shapes[i][1 + axis] for i in node.inputs]))
            else:
                slopes.append(self.slope(node, given[0], shapes[node.inputs[0]]))
        return slopes

    def slope(self, node: Node, given: Fraction, shape: Shape) -> Fraction:
        """Return by how much the output of a layer with one input grows per input pixel."""
        layer, axis = node.layer, self.axis or 0
        if isinstance(layer, Windowed):
            return given / window_of(node, shape, axis).stride
        if layer.keyword == "conv_transpose":
            return given * window_of(node, shape, axis).stride
        if layer.keyword == "upsample":
            factor = layer.scale_factor  # type: ignore[attr-defined]  # only upsample comes here
            if factor is None:
                return Fraction(0)
            return given * (factor if isinstance(factor, int) else factor[axis])
        if "global" in layer.keyword or "adaptive" in layer.keyword:
            return Fraction(0)
        return given

    def period(self, size: int) -> int | None:
        """Return after how many pixels everything repeats, None if it does not or not soon.

        `size` is any legal size.
        """
        shapes = self.shapes(size)
        try:
            slopes = self.slopes(shapes)
        except ValueError:
            return None
        result = 1
        for index, node in enumerate(self.graph.nodes):
            slope = slopes[index]
            for value in (slope, self.needed(node, slopes, shapes)):
                if value is not None:
                    result = lcm(result, value.denominator)
            if result > LONGEST_PERIOD:
                return None
        return result

    def needed(
        self, node: Node, slopes: list[Fraction | None], shapes: list[Shape]
    ) -> Fraction | None:
        """Return what must be whole for a window to land on its stride again."""
        if not isinstance(node.layer, Windowed):
            return None
        before = slopes[node.inputs[0]]
        stride = window_of(node, shapes[node.inputs[0]], self.axis or 0).stride
        return None if before is None else before / stride

    def settled(self, size: int) -> bool:
        """Return whether from a legal size on the period holds.

        Below that, an axis of length 1 may still be broadcast where two branches meet, and windows
        with gaps may have too few positions for their pattern to show.
        """
        shapes = self.shapes(size)
        slopes = self.slopes(shapes)
        axis = 1 + (self.axis or 0)
        merging = {i for n in self.graph.nodes if len(n.inputs) > 1 for i in n.inputs}
        if any(shapes[i][axis] == 1 for i in merging if slopes[i]):
            return False
        for index, node in enumerate(self.graph.nodes):
            if isinstance(node.layer, Windowed) and slopes[index]:
                window = window_of(node, shapes[node.inputs[0]], axis - 1)
                gaps = window.dilation > 1 or window.stride > window.kernel
                if gaps and shapes[index][axis] < 2 + 2 * (window.extent // window.stride):
                    return False
        return True

    def unread(self, size: int) -> list[tuple[int, int, bool]]:
        """Return the maps of which some positions are read by nobody, for a legal size.

        For each: index of the node, positions lost along the axis, and whether all of them lie at
        the far end (otherwise a stride jumps over them). A map that nobody reads is an output.
        """
        shapes = self.shapes(size)
        axis = self.axis or 0
        lost = []
        for index, readers in enumerate(self.readers):
            if not readers or len(shapes[index]) < 2:
                continue
            length = shapes[index][1 + axis]
            full = (1 << length) - 1
            seen = 0
            for reader in readers:
                node = self.graph.nodes[reader]
                seen |= reads(node, shapes[index], shapes[reader], axis) & full
                if seen == full:
                    break
            if seen != full:
                count = length - seen.bit_count()
                lost.append((index, count, seen == (1 << (length - count)) - 1))
        return lost


def merged(given: list[Fraction | None], lengths: list[int]) -> Fraction:
    """Return the growth of merged branches; raises `ValueError` if they grow differently."""
    growing = {one for one in given if one}
    constant = [n for one, n in zip(given, lengths, strict=True) if not one]
    if len(growing) > 1 or (growing and any(n != 1 for n in constant)):
        raise ValueError("branches grow differently")
    return growing.pop() if growing else Fraction(0)


def window_of(node: Node, shape: Shape, axis: int) -> Window:
    """Return a layer's window along one axis."""
    window: Window = node.layer.windows(shape)[axis]  # type: ignore[attr-defined]  # callers check
    return window


def reads(node: Node, shape: Shape, output: Shape, axis: int) -> int:
    """Return the positions of an input that a layer reads along one axis, as bits."""
    length = shape[1 + axis]
    if isinstance(node.layer, Windowed):
        window = window_of(node, shape, axis)
        return window_reads(window, output[1 + axis])
    if node.layer.keyword == "crop":
        edges: list[tuple[int, int]] = node.layer.edges(shape)  # type: ignore[attr-defined]  # of crop
        before, after = edges[axis]
        return (1 << (length - after)) - (1 << before)
    return (1 << length) - 1


@lru_cache(maxsize=4096)
def window_reads(window: Window, count: int) -> int:
    """Return the positions that a window reads, as bits; those in the padding before are cut."""
    if window.dilation == 1 and window.stride <= window.kernel:
        end = (count - 1) * window.stride + window.kernel - window.before
        return (1 << max(end, 0)) - 1
    taps = sum(1 << (tap * window.dilation) for tap in range(window.kernel))
    bits = 0
    for position in range(count):
        bits |= taps << (position * window.stride)
    return bits >> window.before
