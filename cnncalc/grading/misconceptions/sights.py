"""Misconceptions about receptive fields: which sizes they lead to."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.geometry import Field, Window, step
from cnncalc.grading.fields import Step, fields
from cnncalc.grading.misconceptions.layers import window_of
from cnncalc.grading.world import World
from cnncalc.layers.base import Layer
from cnncalc.layers.pool import Pool


def _unstrided(_layer: Layer, field: Field, window: Window) -> Field:
    return step(field, window.replace(stride=1))


def _undilated(_layer: Layer, field: Field, window: Window) -> Field:
    return step(field, window.replace(dilation=1))


def _early(_layer: Layer, field: Field, window: Window) -> Field:
    jump = field.jump * window.stride
    size = field.size + (window.extent - 1) * jump
    return Field(size, jump, field.start)


def _unpooled(layer: Layer, field: Field, window: Window) -> Field:
    return field if isinstance(layer, Pool) else step(field, window)


def _pools_only_stride(layer: Layer, field: Field, window: Window) -> Field:
    return step(field, Window(1, window.stride) if isinstance(layer, Pool) else window)


_STEPS: tuple[tuple[str, Step], ...] = (
    ("strides_ignored", _unstrided),
    ("dilation_ignored", _undilated),
    ("stride_too_early", _early),
    ("pools_skipped", _unpooled),
    ("pools_skipped", _pools_only_stride),
)


def sights(world: World, index: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the sizes of the field of one node that misconceptions lead to, per axis."""
    for name, how in _STEPS:
        found = fields(world, how)[index]
        if found is not None:
            yield name, tuple(field.size for field in found)
    own = fields(world)
    right = own[index]
    if right is None:
        return
    yield "area_for_side", tuple(field.size**2 for field in right)
    chain = _chain(world, index)
    if len(chain) > 1:
        short = own[chain[-2]]
        if short is not None:
            yield "layer_short", tuple(field.size for field in short)
        yield "kernels_added", _combined(world, chain, added=True)
        yield "kernels_multiplied", _combined(world, chain, added=False)


def _chain(world: World, index: int) -> list[int]:
    """Return the nodes with windows that lead to a node, along first inputs, nearest last."""
    chain = []
    node: int | None = index
    while node is not None:
        if window_of(world.layers[node], world.inputs[node] or ()) is not None:
            chain.append(node)
        inputs = world.graph.nodes[node].inputs
        node = inputs[0] if inputs else None
    return chain[::-1]


def _combined(world: World, chain: list[int], added: bool) -> tuple[int, ...]:
    sizes: list[int] = []
    for node in chain:
        windows = window_of(world.layers[node], world.inputs[node] or ()) or ()
        for axis, window in enumerate(windows):
            if axis == len(sizes):
                sizes.append(0 if added else 1)
            sizes[axis] = sizes[axis] + window.kernel if added else sizes[axis] * window.kernel
    return tuple(sizes)
