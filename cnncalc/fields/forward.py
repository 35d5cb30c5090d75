"""The forward recurrence: one receptive field per node, carried through the graph."""

from __future__ import annotations

from cnncalc.fields.states import BLIND, first_state
from cnncalc.fields.steps import Walk, advanced, united
from cnncalc.graph import acyclic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.fields.states import State
    from cnncalc.graph import Graph
    from cnncalc.layers.base import Layer
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape


def taken(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...] | None:
    """Return how a layer reads its inputs; None if it passes states on as they are.

    Empty if units read some of the channels only, so that every channel must be followed.
    """
    key = taken, inputs
    found: list[tuple[Reading, ...] | None] | None = layer.recall(key)
    if found is None:
        readings: tuple[Reading, ...] | None = layer.readings(inputs, output)
        pairs = list(zip(readings or (), inputs, strict=False))
        if any(reading.drops_channels(shape, output) for reading, shape in pairs):
            readings = ()
        elif all(reading.keeps_place() for reading, _ in pairs):
            readings = None
        found = [readings]
        layer.remember(key, found)
    return found[0]


@acyclic
def forward(
    graph: Graph, shapes: list[Shape], source: int, walk: Walk | None = None
) -> list[State]:
    """Return the state of every node with regard to the network's input `source`.

    `shapes` are the output shapes of all nodes; `walk` counts the steps, for who wants to know.
    """
    walk = walk or Walk(graph, shapes, source)
    states: list[State] = []
    known: dict[Any, tuple[Reading, ...] | None] = {}
    for index, node in enumerate(graph.nodes[: len(shapes)]):
        inputs, layer = node.inputs, node.layer
        if not inputs:
            states.append(first_state(shapes[index]) if index == source else BLIND)
            continue
        if layer.reads_own:
            states.append(states[inputs[0]])
            continue
        # A graph keeps its layers alive, so an identity stands for one layer.
        single = len(inputs) == 1
        read: Any = shapes[inputs[0]] if single else tuple([shapes[i] for i in inputs])
        key = (id(layer), read)
        readings = known.get(key, ())
        if readings == ():
            readings = taken(layer, (read,) if single else read, shapes[index])
            if readings == ():
                from cnncalc.fields.by_channel import forward_by_channel

                return forward_by_channel(graph, shapes, source, walk)
            known[key] = readings
        came = [states[i] for i in (inputs if single else node.sources)]
        if readings is not None:
            for at, reading in enumerate(readings):
                came[at] = advanced(walk, reading, came[at], inputs[at], index)
        states.append(came[0] if single else united(came))
    return states
