"""A network as somebody believes it to be: the right shapes, or those that follow from an error.

The key, the student's own reasoning and every misconception are the same walk over the same layers
(`layer.output_shape`, `layer.params`, `layer.op_count`): only some shapes are replaced by the
student's answers, or every layer is changed as the misconception would have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError
from cnncalc.graph import Graph
from cnncalc.layers.base import Layer
from cnncalc.layers.facts import Facts
from cnncalc.layers.transposed import ConvTranspose
from cnncalc.layers.window import Windowed
from cnncalc.quantities import OpCount, ParamSpec

if TYPE_CHECKING:
    from cnncalc.geometry import Window
    from cnncalc.quantities import Shape

Shapes = tuple[tuple[int, ...], ...]
#: A shape with some lengths that are not known.
Partial = tuple[int | None, ...]
NOTHING: Mapping[int, Partial] = MappingProxyType({})


def window_of(layer: Layer, inputs: Shapes | None) -> tuple[Window, ...] | None:
    """Return the windows that a layer moves along the axes of its input; None if it has none."""
    if not inputs or not isinstance(layer, Windowed | ConvTranspose):
        return None
    try:
        return layer.windows(inputs[0])
    except LayerError:
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """How a misconception sees a layer.

    `concerns` tells to which layers it can make a difference. `layer` returns the layer as
    believed (None: as it is); `output` the output shape as believed, given the layer, its inputs
    and what the layer itself would return (None: that).
    """

    concerns: Callable[[Layer], bool]
    layer: Callable[[Layer, Shapes], Layer | None] | None = None
    output: Callable[[Layer, Shapes, Shape], Shape | None] | None = None


@dataclass(frozen=True, slots=True)
class BelievedNetwork:
    """Shapes of every node: `natural` as it follows from the inputs, `shapes` as believed.

    The two differ only where something else was stated than what would have followed. None stands
    where nothing follows, because a layer could not take its input.
    """

    graph: Graph
    layers: tuple[Layer, ...]
    inputs: tuple[Shapes | None, ...]
    natural: tuple[Shape | None, ...]
    shapes: tuple[Shape | None, ...]

    def windows(self, index: int) -> tuple[Window, ...] | None:
        """Return the windows of a node along its axes; None if it has none."""
        return window_of(self.layers[index], self.inputs[index])

    def facts(self, index: int) -> Facts | None:
        """Return the layer's own figures on the believed inputs, or None."""
        inputs = self.inputs[index]
        if inputs is None or self.natural[index] is None:
            return None
        try:
            return self.layers[index].facts(inputs)
        except LayerError:
            return None

    def params(self, index: int) -> tuple[ParamSpec, ...] | None:
        """Return the weight arrays of a node, or None if they do not follow."""
        facts = self.facts(index)
        if facts is None or facts.trainable is None or facts.buffers is None:
            return None
        return facts.params

    def ops(self, index: int, output: Shape | None = None) -> OpCount | None:
        """Return the operations of a node, if wanted for another `output` than its own."""
        facts, inputs = self.facts(index), self.inputs[index]
        if facts is None or inputs is None or not isinstance(facts.ops, OpCount):
            return None
        if output is None or output == facts.output:
            return facts.ops
        if len(output) != len(facts.output):
            return None
        ops = self.layers[index].op_count(inputs, output)
        return ops if isinstance(ops, OpCount) else None


def explore(
    graph: Graph, change: Change | None = None, stated: Mapping[int, Partial] = NOTHING
) -> BelievedNetwork:
    """Return the shapes of all nodes of a graph, each worked out, under a change of the layers."""
    layers = tuple([node.layer for node in graph.nodes])
    unknown = (None,) * len(layers)
    nothing = BelievedNetwork(graph, layers, unknown, unknown, unknown)
    return changed(nothing, change, stated)[0]


def changed(
    right: BelievedNetwork,
    change: Change | None = None,
    stated: Mapping[int, Partial] = NOTHING,
    mending: bool = False,
) -> tuple[BelievedNetwork, int]:
    """Return the network as believed, and as the bits of a mask the nodes at which it is not right.

    `stated` are shapes that stand whatever would follow. Only nodes that the change concerns, that
    are stated, or that read what differs are looked at anew. With `mending` a layer that cannot
    take what it reads is given the right channels, or else the right inputs, so that what comes
    after can still follow.
    """
    layers, taken = list(right.layers), list(right.inputs)
    natural, shapes = list(right.natural), list(right.shapes)
    differs = 0
    for index, node in enumerate(right.graph.nodes):
        anew = shapes[index] is None or (change is not None and change.concerns(node.layer))
        if not anew and differs:
            anew = any(differs >> source & 1 for source in node.inputs)
        if anew:
            known = tuple([shape for one in node.inputs if (shape := shapes[one]) is not None])
            found = None
            if len(known) == len(node.inputs):
                layers[index], found = applied(node.layer, known, change)
            if found is not None:
                taken[index] = known
            elif mending:
                taken[index], found = _mended(right, index, known)
            else:
                taken[index] = known if len(known) == len(node.inputs) else None
            natural[index] = shapes[index] = found
        elif index not in stated:
            continue
        if index in stated:
            shapes[index] = overlaid(stated[index], shapes[index])
        own = (right.layers[index], right.inputs[index], right.shapes[index])
        if (layers[index], taken[index], shapes[index]) != own:
            differs |= 1 << index
    parts = (tuple(layers), tuple(taken), tuple(natural), tuple(shapes))
    return BelievedNetwork(right.graph, *parts), differs


def _mended(
    right: BelievedNetwork, index: int, given: Shapes
) -> tuple[Shapes | None, Shape | None]:
    """Return what a layer takes and returns, as near to what it was given as it can.

    Where branches do not go together, all are as large as the one that is not as it should be;
    a layer that cannot take what it was given reads the right channels.
    """
    good = right.inputs[index] or ()
    tries: list[Shapes] = []
    for own in given:
        if own not in good:
            tries += [tuple([(one[0], *own[1:]) for one in given]), (own,) * len(given)]
    tries.append(tuple([(one[0], *own[1:]) for own, one in zip(given, good, strict=False)]))
    for known in tries:
        shape = applied(right.layers[index], known, None)[1]
        if shape is not None:
            return known, shape
    return right.inputs[index], right.natural[index]


def overlaid(partial: Partial, shape: Shape | None) -> Shape | None:
    """Return a shape with the lengths that were answered in the place of its own."""
    if shape is None or len(partial) != len(shape):
        return shape if None in partial else tuple([length for length in partial if length])
    return tuple([old if new is None else new for new, old in zip(partial, shape, strict=True)])


def applied(layer: Layer, inputs: Shapes, change: Change | None) -> tuple[Layer, Shape | None]:
    """Return a layer as believed and its output on some inputs; None if it cannot take them."""
    if change is None or not change.concerns(layer):
        try:
            output = layer.facts(inputs).output
        except LayerError:
            return layer, None
        return layer, output if min(output) > 0 else None
    found: tuple[Layer, Shape | None] | None = layer.recall((change, inputs))
    if found is None:
        found = _misseen(layer, inputs, change)
        layer.remember((change, inputs), found)
    return found


def _misseen(layer: Layer, inputs: Shapes, change: Change) -> tuple[Layer, Shape | None]:
    """Return a layer that a change concerns as it is believed to be, and its output."""
    try:
        if change.layer is not None:
            layer = change.layer(layer, inputs) or layer
        output = layer.facts(inputs).output
        if change.output is not None:
            output = change.output(layer, inputs, output) or output
    except LayerError:
        return layer, None
    return layer, output if min(output) > 0 else None
