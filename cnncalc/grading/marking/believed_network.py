"""A network as somebody believes it to be: the right shapes, or those that follow from an error.

The key, the student's own reasoning and every misconception are the same walk over the same layers
(`layer.output_shape`, `layer.params`, `layer.op_count`): only some shapes are replaced by the
student's answers, or every layer is changed as the misconception would have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError
from cnncalc.graph import Graph
from cnncalc.layers.base import Facts, Layer
from cnncalc.quantities import OpCount, ParamSpec

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

Shapes = tuple[tuple[int, ...], ...]
#: A shape with some lengths that are not known.
Partial = tuple[int | None, ...]


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

    The two differ only where a student's own answer replaced what would have followed. None stands
    where nothing follows, because a layer could not take its input.
    """

    graph: Graph
    layers: tuple[Layer, ...]
    inputs: tuple[Shapes | None, ...]
    natural: tuple[Shape | None, ...]
    shapes: tuple[Shape | None, ...]

    def params(self, index: int) -> tuple[ParamSpec, ...] | None:
        """Return the weight arrays of a node, or None if they do not follow."""
        facts = self.facts(index)
        if facts is None or facts.trainable is None or facts.buffers is None:
            return None
        return facts.params

    def facts(self, index: int) -> Facts | None:
        """Return the layer's own figures on the believed inputs, or None."""
        inputs = self.inputs[index]
        if inputs is None or self.natural[index] is None:
            return None
        try:
            return self.layers[index].facts(inputs)
        except LayerError:
            return None

    def ops(self, index: int, output: Shape | None = None) -> OpCount | None:
        """Return the operations of a node, if wanted for another `output` than its own."""
        facts = self.facts(index)
        if facts is None or not isinstance(facts.ops, OpCount):
            return None
        if output is None or output == facts.output:
            return facts.ops
        inputs = self.inputs[index]
        if inputs is None or len(output) != len(facts.output):
            return None
        ops = self.layers[index].op_count(inputs, output)
        return ops if isinstance(ops, OpCount) else None


def explore(
    graph: Graph, change: Change | None = None, inputs: Mapping[int, Shape] | None = None
) -> BelievedNetwork:
    """Return the shapes of all nodes under a change of the layers.

    `inputs` are other shapes of the network's inputs.
    """
    layers: list[Layer] = []
    taken: list[Shapes | None] = []
    shapes: list[Shape | None] = []
    for index, node in enumerate(graph.nodes):
        known = tuple([shape for one in node.inputs if (shape := shapes[one]) is not None])
        complete = len(known) == len(node.inputs)
        layer = node.layer
        own: Shape | None = None
        if inputs and index in inputs:
            own = inputs[index]
        elif complete:
            layer, own = applied(layer, known, change)
        layers.append(layer)
        taken.append(known if complete else None)
        shapes.append(own)
    found = tuple(shapes)
    return BelievedNetwork(graph, tuple(layers), tuple(taken), found, found)


def believed(right: BelievedNetwork, answers: Mapping[int, Partial]) -> BelievedNetwork:
    """Return the network in which a student's own answers stand in for the shapes of some nodes.

    `right` is the graph explored as it is. A layer that cannot take what was answered before it is
    given the right channels, or else the right inputs, so that what comes after can still follow.
    """
    taken, natural, shapes = list(right.inputs), list(right.natural), list(right.shapes)
    differ: set[int] = set()
    for index, node in enumerate(right.graph.nodes):
        if differ and right.inputs[index] and not differ.isdisjoint(node.inputs):
            given = tuple([shape for one in node.inputs if (shape := shapes[one]) is not None])
            taken[index], natural[index] = _followed(right, index, given)
            shapes[index] = natural[index]
        if index in answers and answers[index] != shapes[index]:
            shapes[index] = overlaid(answers[index], shapes[index])
        if shapes[index] != right.shapes[index]:
            differ.add(index)
    return BelievedNetwork(right.graph, right.layers, tuple(taken), tuple(natural), tuple(shapes))


def _followed(
    right: BelievedNetwork, index: int, given: Shapes
) -> tuple[Shapes | None, Shape | None]:
    """Return what a layer takes and returns, as near to what it was given as it can.

    Where branches do not go together, all are as large as the one that is not as it should be;
    a layer that cannot take what it was given reads the right channels.
    """
    good = right.inputs[index] or ()
    tries = [given]
    for own in given:
        if own not in good:
            tries += [tuple([(one[0], *own[1:]) for one in given]), (own,) * len(given)]
    tries.append(tuple([(one[0], *own[1:]) for own, one in zip(given, good, strict=True)]))
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


def changed(
    right: BelievedNetwork, change: Change | None = None, inputs: Mapping[int, Shape] | None = None
) -> tuple[BelievedNetwork, int]:
    """Return what `explore` would, and as the bits of a mask the nodes at which it is not `right`.

    `right` is the graph explored as it is. Only nodes that the change concerns, that are among
    `inputs`, or that read what differs are looked at anew.
    """
    inputs = inputs or {}
    layers, taken, shapes = list(right.layers), list(right.inputs), list(right.shapes)
    concerned = [change is not None and change.concerns(layer) for layer in layers]
    if not inputs and True not in concerned:
        return right, 0
    differs = read = 0
    for index, node in enumerate(right.graph.nodes):
        if differs:
            read = sum([differs >> source & 1 for source in node.inputs])
        if index in inputs:
            shapes[index] = inputs[index]
        elif concerned[index] or read:
            known = tuple([shape for one in node.inputs if (shape := shapes[one]) is not None])
            taken[index] = shapes[index] = None
            if len(known) == len(node.inputs):
                taken[index] = known
                layers[index], shapes[index] = applied(node.layer, known, change)
        else:
            continue
        own = (right.layers[index], right.inputs[index], right.shapes[index])
        if (layers[index], taken[index], shapes[index]) != own:
            differs |= 1 << index
    believed = tuple(shapes)
    return BelievedNetwork(right.graph, tuple(layers), tuple(taken), believed, believed), differs


def applied(layer: Layer, inputs: Shapes, change: Change | None) -> tuple[Layer, Shape | None]:
    """Return a layer as believed and its output on some inputs; None if it cannot take them."""
    if change is None or not change.concerns(layer):
        return layer, _output(layer, inputs)
    found: tuple[Layer, Shape | None] | None = layer.recall((change, inputs))
    if found is None:
        found = _misseen(layer, inputs, change)
        layer.remember((change, inputs), found)
    return found


def _output(layer: Layer, inputs: Shapes) -> Shape | None:
    try:
        output = layer.facts(inputs).output
    except LayerError:
        return None
    return output if min(output) > 0 else None


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
