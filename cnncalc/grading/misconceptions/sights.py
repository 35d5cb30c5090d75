"""Misconceptions about receptive fields: which sizes they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnncalc.geometry import Field, Window, step
from cnncalc.grading.fields import PIXEL, Fields, Step, fields, plain_step
from cnncalc.grading.misconceptions.layers import window_of
from cnncalc.grading.world import World
from cnncalc.layers.base import Layer
from cnncalc.layers.pool import Pool

Sizes = tuple[int, ...]
#: The name of a misconception, the sizes it leads to, and what it makes of every node (None: of
#: this one only).
Seen = tuple[str, Sizes, tuple[Sizes | None, ...] | None]


def _unstrided(_layer: Layer, field: Field, window: Window) -> Field:
    return step(field, window.replace(stride=1))


def _undilated(_layer: Layer, field: Field, window: Window) -> Field:
    return step(field, window.replace(dilation=1))


def _early(_layer: Layer, field: Field, window: Window) -> Field:
    jump = field.jump * window.stride
    size = field.size + (window.extent - 1) * jump
    return Field(size, jump, field.start)


def _strides_added(_layer: Layer, field: Field, window: Window) -> Field:
    size = field.size + (window.extent - 1) * max(1, field.jump)
    return Field(size, field.jump + window.stride, field.start)


def _unpooled(layer: Layer, field: Field, window: Window) -> Field:
    return field if isinstance(layer, Pool) else step(field, window)


def _pools_only_stride(layer: Layer, field: Field, window: Window) -> Field:
    return step(field, Window(1, window.stride) if isinstance(layer, Pool) else window)


def _unreduced(_layer: Layer, field: Field, window: Window) -> Field:
    after = step(field, window)
    return Field(after.size + field.jump, after.jump, after.start)


def _kernels_added(_layer: Layer, field: Field, window: Window) -> Field:
    return Field(field.size + window.kernel, 1, field.start)


def _kernels_multiplied(_layer: Layer, field: Field, window: Window) -> Field:
    return Field(field.size * window.kernel, 1, field.start)


def _squared(_layer: Layer, field: Field, window: Window) -> Field:
    after = step(field, window)
    return Field(after.size**2, after.jump, after.start)


def _unmoved(_layer: Layer, field: Field, _window: Window) -> Field:
    return field


#: How a misconception makes one step, and the field of a pixel that it begins with.
_STEPS: tuple[tuple[str, Step, Field], ...] = (
    ("strides_ignored", _unstrided, PIXEL),
    ("dilation_ignored", _undilated, PIXEL),
    ("stride_too_early", _early, PIXEL),
    ("strides_added", _strides_added, Field(1, 0, 0)),
    ("pools_skipped", _unpooled, PIXEL),
    ("pools_skipped", _pools_only_stride, PIXEL),
    ("reduction_forgotten", _unreduced, PIXEL),
)
#: The same, for what needs a layer before.
_LATER_STEPS: tuple[tuple[str, Step, Field], ...] = (
    ("kernels_added", _kernels_added, Field(0, 1, 0)),
    ("kernels_multiplied", _kernels_multiplied, PIXEL),
)


#: What nobody does at one layer only.
_ALWAYS = ("pools_skipped", "kernels_added", "kernels_multiplied")


def sights(world: World, index: int, own: Mapping[int, Sizes] | None = None) -> Iterator[Seen]:
    """Yield the sizes of one node's field, per axis, that misconceptions lead to.

    Each is made at this node only, and (without a student's `own` earlier sizes) everywhere.
    """
    chain = _chain(world, index)
    right = fields(world)
    if index not in chain or right[index] is None:
        return
    before = {n: _sizes(one) for n, one in enumerate(right) if one is not None and n != index}
    before |= {node: sizes for node, sizes in (own or {}).items() if node != index}
    steps = _STEPS + _LATER_STEPS if len(chain) > 1 else _STEPS
    for name, how, first in steps:
        found = fields(world, how, before, first)[index]
        if found is not None and name not in _ALWAYS:
            yield name, _sizes(found), None
        if own is None:
            every = tuple([
                None if one is None else _sizes(one) for one in fields(world, how, None, first)
            ])  # fmt: skip
            size = every[index]
            if size is not None:
                yield name, size, every
    for name, how in (("area_for_side", _squared), ("layer_short", _unmoved)):
        found = _last(world, index, before, how)
        if found is not None and (len(chain) > 1 or how is _squared):
            yield name, _sizes(found), None


def _last(world: World, index: int, before: Mapping[int, Sizes], how: Step) -> Fields | None:
    """Return a node's field if only its own step is made otherwise."""
    last = world.layers[index]

    def made(layer: Layer, field: Field, window: Window) -> Field:
        return (how if layer is last else plain_step)(layer, field, window)

    return fields(world, made, before)[index]


def _sizes(found: Fields) -> Sizes:
    return tuple(field.size for field in found)


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
