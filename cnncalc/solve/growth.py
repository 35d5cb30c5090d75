"""How the sizes in a network follow from the input's: legal sizes, unread pixels, periods.

What holds for the sizes of one period holds for all larger ones (see `fields.growth`), so a search
over one period is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError, UsageError
from cnncalc.fields.growth import NoPeriod, period, slopes
from cnncalc.layers.runs import count, union

if TYPE_CHECKING:
    from cnncalc.graph import Graph, Node
    from cnncalc.layers.reading import Reading
    from cnncalc.layers.runs import Runs
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

    @property
    def axes(self) -> range:
        """The numbers of the spatial axes that vary."""
        return range(len(self.given) - 1) if self.axis is None else range(self.axis, self.axis + 1)

    def period(self, size: int) -> int | None:
        """Return after how many pixels everything repeats, None if it does not or not soon.

        `size` is any legal size.
        """
        found = period(self.graph, self.shapes(size), self.axes)
        return None if found is None or found > LONGEST_PERIOD else found

    def growing(self, size: int) -> list[bool]:
        """Return which maps grow with the input; `size` is any legal size."""
        shapes = self.shapes(size)
        try:
            found = [slopes(self.graph, shapes, axis) for axis in self.axes]
        except NoPeriod:
            return [len(shape) > 1 for shape in shapes]
        return [any(along) for along in zip(*found, strict=True)]

    def settled(self, size: int) -> bool:
        """Return whether from a legal size on the period holds.

        Below that, an axis of length 1 may still be broadcast where two branches meet, and windows
        with gaps may have too few positions for their pattern to show.
        """
        shapes, growing = self.shapes(size), self.growing(size)
        merging = {i for n in self.graph.nodes if len(n.inputs) > 1 for i in n.inputs}
        if any(shapes[i][1 + axis] == 1 for i in merging if growing[i] for axis in self.axes):
            return False
        relations = [
            reading.axes[1 + axis]
            for index in range(len(shapes))
            if growing[index]
            for reading in self.readings(index, shapes)
            for axis in self.axes
            if reading.axes
        ]
        return all(relation.shows_pattern() for relation in relations)

    def readings(self, index: int, shapes: list[Shape]) -> tuple[Reading, ...]:
        """Return how a node reads its inputs."""
        node = self.graph.nodes[index]
        return node.layer.readings(tuple([shapes[i] for i in node.inputs]), shapes[index])

    def unread(self, size: int) -> list[tuple[int, int, bool]]:
        """Return the maps with positions that are read by nobody, for a legal size.

        For each: index of the node, positions lost along an axis, and whether all of them lie at
        the far end (otherwise a stride jumps over them). A map that nobody reads is an output.
        """
        shapes = self.shapes(size)
        seen: dict[tuple[int, int], Runs] = {}
        for index, node in enumerate(self.graph.nodes):
            for origin, reading in zip(node.sources, self.readings(index, shapes), strict=True):
                for axis in self.axes if len(shapes[origin]) > 1 else ():
                    positions: Runs = ((0, shapes[origin][1 + axis]),)
                    if reading.axes is not None:
                        positions = reading.axes[1 + axis].read_by(shapes[index][1 + axis])
                    seen[origin, axis] = union(seen.get((origin, axis), ()), positions)
        lost = {}
        for (index, axis), positions in seen.items():
            missing = shapes[index][1 + axis] - count(positions)
            if missing and index not in lost:
                lost[index] = (index, missing, len(positions) == 1 and positions[0][0] == 0)
        return sorted(lost.values())
