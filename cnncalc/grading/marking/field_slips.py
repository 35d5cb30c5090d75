"""Misconceptions about receptive fields: which sizes they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.geometry import Field, Window, step
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.grading.marking.field_walk import PIXEL, Fields, Step, fields
from cnncalc.grading.marking.windows import window_of
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
    ("kernels_added", _kernels_added, Field(0, 1, 0)),
    ("kernels_multiplied", _kernels_multiplied, PIXEL),
)
#: What needs a layer before, and what nobody does at one layer only.
_LATER = ("kernels_added", "kernels_multiplied", "layer_short")
_ALWAYS = ("pools_skipped", "kernels_added", "kernels_multiplied")


class FieldSlips:
    """The receptive fields of one network as misconceptions have them."""

    def __init__(self, network: BelievedNetwork) -> None:
        self.network = network
        self.right = fields(network)
        self.everywhere = [(name, how, fields(network, how, None, x)) for name, how, x in _STEPS]
        self.claims = [
            tuple([None if one is None else _sizes(one) for one in every])
            for *_, every in self.everywhere
        ]

    def at(self, index: int, own: Sequence[Fields | None] | None = None) -> Iterator[Seen]:
        """Yield the sizes of one node's field, per axis, that misconceptions lead to.

        Each is made at this node only, and (without a student's `own` fields) everywhere.
        """
        chain = _chain(self.network, index)
        if index not in chain or self.right[index] is None:
            return
        later = len(chain) > 1
        if own is None:
            for (name, *_), claims in zip(self.everywhere, self.claims, strict=True):
                size = claims[index]
                if size is not None and (later or name not in _LATER):
                    yield name, size, claims
        before = own or self.right
        for name, how, jumps in (
            *self.everywhere,
            ("area_for_side", _squared, self.right),
            ("layer_short", _unmoved, self.right),
        ):
            found = self._once(index, how, before, jumps) if name not in _ALWAYS else None
            if found is not None and (later or name not in _LATER):
                yield name, found, None

    def _once(
        self, index: int, how: Step, before: Sequence[Fields | None], jumps: Sequence[Fields | None]
    ) -> Sizes | None:
        """Return the sizes if one step is made otherwise: on sizes before, with other jumps."""
        source = self.network.graph.nodes[index].inputs[0]
        sizes, steps = before[source], jumps[source]
        windows = window_of(self.network.layers[index], self.network.inputs[index] or ())
        if sizes is None or steps is None or windows is None:
            return None
        layer = self.network.layers[index]
        return tuple([
            how(layer, Field(field.size, other.jump, field.start), window).size
            for field, other, window in zip(sizes, steps, windows, strict=True)
        ])  # fmt: skip


def _sizes(found: Fields) -> Sizes:
    return tuple([field.size for field in found])


def _chain(network: BelievedNetwork, index: int) -> list[int]:
    """Return the nodes with windows that lead to a node, along first inputs, nearest last."""
    chain = []
    node: int | None = index
    while node is not None:
        if window_of(network.layers[node], network.inputs[node] or ()) is not None:
            chain.append(node)
        inputs = network.graph.nodes[node].inputs
        node = inputs[0] if inputs else None
    return chain[::-1]
