"""A network as somebody believes it to be: the right shapes, or those that follow from an error.

The key, the student's own reasoning and every slip are the same walk over the same layers: only
some shapes are replaced by the student's answers, or layers are seen as the slip has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Field, Window, step
from cnncalc.graph import Graph
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.facts import Facts
from cnncalc.layers.merge import Merge
from cnncalc.layers.norm import StatisticsNorm
from cnncalc.layers.transposed import ConvTranspose
from cnncalc.layers.window import Windowed
from cnncalc.quantities import OpCount, ParamSpec

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

Shapes = tuple[tuple[int, ...], ...]
#: A shape with some lengths that are not known.
Partial = tuple[int | None, ...]
NOTHING: Mapping[int, Any] = MappingProxyType({})
MOVING = (Windowed, ConvTranspose)
#: A receptive field along every axis, and its sizes.
Fields = tuple[Field, ...]
Sizes = tuple[int, ...]


def window_of(layer: Layer, inputs: Shapes | None) -> tuple[Window, ...] | None:
    """Return the windows that a layer moves along the axes of its input; None if it has none."""
    if not inputs or not isinstance(layer, MOVING):
        return None
    found: tuple[Window, ...] | None = layer.recall((window_of, inputs))
    if found is None:
        try:
            found = layer.windows(inputs[0])
        except LayerError:
            return None
        layer.remember((window_of, inputs), found)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """How a slip sees a layer.

    `concerns` tells to which layers it can make a difference. `layer` returns the layer as
    believed; `output` the output shape as believed, given the layer, its inputs and what the layer
    itself would return (None: that). `everywhere` if somebody may see all layers so.
    """

    concerns: Callable[[Layer], bool]
    layer: Callable[[Layer], Layer] | None = None
    output: Callable[[Layer, Shapes, Shape], Shape | None] | None = None
    everywhere: bool = True


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

    def changed_at(self, index: int, change: Change, stated: Partial = ()) -> BelievedNetwork:
        """Return the network in which one layer is seen otherwise, its output as far as stated."""
        layer, natural = applied(self.layers[index], self.inputs[index] or (), change)
        layers, own, believed = list(self.layers), list(self.natural), list(self.shapes)
        layers[index], own[index], believed[index] = layer, natural, overlaid(stated, natural)
        parts = (tuple(layers), self.inputs, tuple(own), tuple(believed))
        return BelievedNetwork(self.graph, *parts)


def explore(graph: Graph) -> BelievedNetwork:
    """Return the shapes of all nodes of a graph as they are."""
    layers = tuple([node.layer for node in graph.nodes])
    unknown = (None,) * len(layers)
    return believe(BelievedNetwork(graph, layers, unknown, unknown, unknown))


def believe(
    known: BelievedNetwork, change: Change | None = None, stated: Mapping[int, Partial] = NOTHING
) -> BelievedNetwork:
    """Return a network in which all layers are seen otherwise, or some shapes are as stated.

    Only nodes that the change concerns, that are stated, or that read what differs are worked out
    anew. If anything is stated, a layer that cannot take what it reads is given the right channels,
    or else the right inputs, so that what comes after can still follow.
    """
    first = 0
    if change is None and stated:  # the usual case: up to the first wrong shape all is as known
        first = min([at for at, own in stated.items() if own != known.shapes[at]], default=-1)
        if first < 0:
            return known
    layers, taken = list(known.layers), list(known.inputs)
    natural, shapes = list(known.natural), list(known.shapes)
    differ: set[int] = set()
    for index, node in enumerate(known.graph.nodes[first:], first):
        anew = shapes[index] is None or (change is not None and change.concerns(node.layer))
        if anew or not differ.isdisjoint(node.inputs):
            given = tuple([shape for one in node.inputs if (shape := shapes[one]) is not None])
            complete, found = len(given) == len(node.inputs), None
            if complete:
                layers[index], found = applied(node.layer, given, change)
            if found is None and stated:
                given, found = _mended(known, index, given)
                complete = True
            taken[index] = given if complete else None
            natural[index] = shapes[index] = found
        elif index not in stated or stated[index] == shapes[index]:
            continue
        if index in stated:
            shapes[index] = overlaid(stated[index], shapes[index])
        own = (known.layers[index], known.inputs[index], known.shapes[index])
        if (layers[index], taken[index], shapes[index]) != own:
            differ.add(index)
    parts = (tuple(layers), tuple(taken), tuple(natural), tuple(shapes))
    return BelievedNetwork(known.graph, *parts)


def _mended(known: BelievedNetwork, index: int, given: Shapes) -> tuple[Shapes, Shape | None]:
    """Return what a layer takes and returns, as near to what it was given as it can.

    Where branches do not go together, all are as large as the one that is not as it should be;
    a layer that cannot take what it was given reads the right channels.
    """
    good = known.inputs[index] or ()
    tries: list[Shapes] = []
    for own in given:
        if own not in good:
            tries += [tuple([(one[0], *own[1:]) for one in given]), (own,) * len(given)]
    tries.append(tuple([(one[0], *own[1:]) for own, one in zip(given, good, strict=False)]))
    for inputs in tries:
        shape = applied(known.layers[index], inputs)[1]
        if shape is not None:
            return inputs, shape
    return good, known.natural[index]


def overlaid(partial: Partial, shape: Shape | None) -> Shape | None:
    """Return a shape with the lengths that were answered in the place of its own."""
    if shape is None or len(partial) != len(shape):
        lengths = tuple([length for length in partial if length])
        return lengths if partial and len(lengths) == len(partial) else shape
    if None not in partial:
        return cast("Shape", partial)
    return tuple([old if new is None else new for new, old in zip(partial, shape, strict=True)])


def applied(
    layer: Layer, inputs: Shapes, change: Change | None = None
) -> tuple[Layer, Shape | None]:
    """Return a layer as believed and its output on some inputs; None if it cannot take them."""
    if change is None or not change.concerns(layer):
        return _seen(layer, inputs, None)
    found: tuple[Layer, Shape | None] | None = layer.recall((change, inputs))
    if found is None:
        found = _seen(layer, inputs, change)
        layer.remember((change, inputs), found)
    return found


def _seen(layer: Layer, inputs: Shapes, change: Change | None) -> tuple[Layer, Shape | None]:
    try:
        if change is not None and change.layer is not None:
            layer = change.layer(layer)
        output = layer.facts(inputs).output
        if change is not None and change.output is not None:
            output = change.output(layer, inputs, output) or output
    except LayerError:
        return layer, None
    return layer, output if min(output) > 0 else None


class FieldStep(NamedTuple):
    """A way in which a receptive field grows from the `first` pixel on, right or wrong.

    It may be taken at one layer `alone` or `everywhere`; `later` if only after other windows.
    """

    how: Callable[[Layer, Field, Window], Field]
    first: Field = Field()
    alone: bool = True
    everywhere: bool = True
    later: bool = False


RIGHT_STEP = FieldStep(lambda _layer, field, window: step(field, window))


def field_walk(
    network: BelievedNetwork,
    stated: Mapping[int, Sizes] = NOTHING,
    way: FieldStep = RIGHT_STEP,
    last: int | None = None,
) -> tuple[list[Sizes | None], dict[int, Sizes]]:
    """Return the sizes of the receptive fields as they follow node by node, and as believed.

    The right fields come from the analysis; this walk repeats its rule (`geometry.step`) so that a
    slip can go another `way`. Where a size is `stated`, jump and start stay. It covers windows,
    layers that keep positions, and branches with equal jumps; elsewhere a field is None. It ends
    with the node `last`, if that is given.
    """
    natural: list[Sizes | None] = []
    believed: list[Fields | None] = []
    nodes = network.graph.nodes
    for index, node in enumerate(nodes if last is None else nodes[: last + 1]):
        shape, layer, windows = network.shapes[index], network.layers[index], network.windows(index)
        own = _joined([believed[source] for source in node.inputs])
        if not node.inputs:
            own = (way.first,) * (len(shape) - 1) if shape else None
        elif own is None or isinstance(layer, ConvTranspose | StatisticsNorm):
            own = None
        elif windows is not None:
            pairs = list(zip(own, windows, strict=True))
            if pairs and pairs.count(pairs[0]) == len(pairs):  # the usual case: all axes are alike
                own = (way.how(layer, *pairs[0]),) * len(pairs)
            else:
                own = tuple([way.how(layer, field, window) for field, window in pairs])
        elif layer.flattens or not isinstance(layer, Elementwise | Merge):
            own = None
        natural.append(None if own is None else tuple([field.size for field in own]))
        sizes = stated.get(index, ())
        if own is not None and len(sizes) == len(own) and sizes != natural[-1]:
            both = zip(own, sizes, strict=True)
            own = tuple([Field(size, field.jump, field.start) for field, size in both])
        believed.append(own)
    found = enumerate(believed)
    return natural, {at: tuple([field.size for field in own]) for at, own in found if own}


def _joined(branches: Sequence[Fields | None]) -> Fields | None:
    """Return the union of branches, axis by axis, if all have one and the jumps agree."""
    known = [branch for branch in branches if branch is not None]
    if len(known) != len(branches) or len({len(branch) for branch in known}) != 1:
        return None
    if len(known) == 1:
        return known[0]
    joined = []
    for axis in zip(*known, strict=True):
        if len({field.jump for field in axis}) > 1:
            return None
        start = min([field.start for field in axis])
        end = max([field.start + field.size for field in axis])
        joined.append(Field(end - start, axis[0].jump, start))
    return tuple(joined)
