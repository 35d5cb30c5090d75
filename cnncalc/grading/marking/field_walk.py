"""Receptive fields under beliefs: a student's own earlier field, or a misconception.

The right fields come from the analysis; this walk repeats its rule (`geometry.step`) so that one
ingredient of it can be replaced. It covers what has a constant field: windows, layers that keep
positions, and merges of branches with equal jumps; elsewhere the field is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cnncalc.geometry import Field, Window, step
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.marking.windows import window_of
from cnncalc.layers.base import Elementwise, Layer
from cnncalc.layers.merge import Merge
from cnncalc.layers.norm import StatisticsNorm
from cnncalc.layers.transposed import ConvTranspose

Fields = tuple[Field, ...]
Step = Callable[[Layer, Field, Window], Field]

PIXEL = Field()


def plain_step(_layer: Layer, field: Field, window: Window) -> Field:
    """Return the field after one more window, as it is."""
    return step(field, window)


def fields(
    network: BelievedNetwork,
    how: Step = plain_step,
    replaced: Mapping[int, tuple[int, ...]] | None = None,
    first: Field = PIXEL,
) -> list[Fields | None]:
    """Return the receptive field of every node, per axis; None where it has no constant size.

    `how` makes one step; `replaced` are a student's own sizes, by node (jump and start stay);
    `first` is the field of the input.
    """
    return [believed for _, believed in walk(network, how, replaced, first)]


def walk(
    network: BelievedNetwork,
    how: Step = plain_step,
    replaced: Mapping[int, tuple[int, ...]] | None = None,
    first: Field = PIXEL,
) -> list[tuple[Fields | None, Fields | None]]:
    """Return for every node the field that follows from its inputs, and the one that is believed.

    The two differ where a size was replaced.
    """
    natural: list[Fields | None] = []
    believed: list[Fields | None] = []
    for index, node in enumerate(network.graph.nodes):
        inputs = network.inputs[index]
        if not node.inputs:
            shape = network.shapes[index]
            own: Fields | None = (first,) * (len(shape) - 1) if shape else None
        else:
            own = _joined([believed[source] for source in node.inputs])
            if own is not None:
                own = _stepped(network.layers[index], inputs or (), own, how)
        natural.append(own)
        if own is not None and replaced and index in replaced and len(replaced[index]) == len(own):
            pairs = zip(own, replaced[index], strict=True)
            own = tuple([field.replace(size=size) for field, size in pairs])
        believed.append(own)
    return list(zip(natural, believed, strict=True))


def _stepped(
    layer: Layer, inputs: tuple[tuple[int, ...], ...], own: Fields, how: Step
) -> Fields | None:
    if isinstance(layer, ConvTranspose | StatisticsNorm):
        return None
    windows = window_of(layer, inputs) if inputs else None
    if windows is not None:
        pairs = zip(own, windows, strict=True)
        return tuple([how(layer, field, window) for field, window in pairs])
    keeps = isinstance(layer, Elementwise | Merge) or layer.arity == 0
    return own if keeps and not layer.flattens else None


def _joined(branches: list[Fields | None]) -> Fields | None:
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
        start = min(field.start for field in axis)
        end = max(field.start + field.size for field in axis)
        joined.append(Field(end - start, axis[0].jump, start))
    return tuple(joined)
