"""Receptive fields as somebody believes them: from a student's own sizes, or by a misconception.

The right fields come from the analysis; this walk repeats its rule (`geometry.step`) so that one
ingredient of it can be replaced. It covers what has a constant field: windows, layers that keep
positions, and merges of branches with equal jumps; elsewhere the field is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnncalc.geometry import Field, Window, step
from cnncalc.grading.marking.believed_network import BelievedNetwork
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.merge import Merge
from cnncalc.layers.norm import StatisticsNorm
from cnncalc.layers.pool import Pool
from cnncalc.layers.transposed import ConvTranspose

Fields = tuple[Field, ...]
Sizes = tuple[int, ...]
Step = Callable[[Layer, Field, Window], Field]
#: The name of a misconception, the sizes it leads to, and what it makes of every node (None: of
#: this one only).
Seen = tuple[str, Sizes, tuple[Sizes | None, ...] | None]

PIXEL = Field()


def walk(
    network: BelievedNetwork,
    how: Step = lambda _layer, field, window: step(field, window),
    replaced: Mapping[int, Sizes] | None = None,
    first: Field = PIXEL,
) -> list[tuple[Fields | None, Fields | None]]:
    """Return for every node the field that follows from its inputs, and the one that is believed.

    Both per axis; None where it has no constant size. `how` makes one step, `first` is the field of
    the input. The two differ at nodes whose size is `replaced` (jump and start stay).
    """
    natural: list[Fields | None] = []
    believed: list[Fields | None] = []
    for index, node in enumerate(network.graph.nodes):
        if not node.inputs:
            shape = network.shapes[index]
            own: Fields | None = (first,) * (len(shape) - 1) if shape else None
        else:
            own = _joined([believed[source] for source in node.inputs])
            if own is not None:
                own = _stepped(network, index, own, how)
        natural.append(own)
        if own is not None and replaced and index in replaced and len(replaced[index]) == len(own):
            pairs = zip(own, replaced[index], strict=True)
            own = tuple([field.replace(size=size) for field, size in pairs])
        believed.append(own)
    return list(zip(natural, believed, strict=True))


def _stepped(network: BelievedNetwork, index: int, own: Fields, how: Step) -> Fields | None:
    layer, windows = network.layers[index], network.windows(index)
    if isinstance(layer, ConvTranspose | StatisticsNorm):
        return None
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


def sizes_of(found: Fields) -> Sizes:
    """Return the sizes of a field along its axes."""
    return tuple([field.size for field in found])


def _early(_layer: Layer, field: Field, window: Window) -> Field:
    jump = field.jump * window.stride
    return Field(field.size + (window.extent - 1) * jump, jump, field.start)


def _strides_added(_layer: Layer, field: Field, window: Window) -> Field:
    size = field.size + (window.extent - 1) * max(1, field.jump)
    return Field(size, field.jump + window.stride, field.start)


def _pools_only_stride(layer: Layer, field: Field, window: Window) -> Field:
    return step(field, Window(1, window.stride) if isinstance(layer, Pool) else window)


def _unreduced(_layer: Layer, field: Field, window: Window) -> Field:
    after = step(field, window)
    return Field(after.size + field.jump, after.jump, after.start)


def _squared(_layer: Layer, field: Field, window: Window) -> Field:
    return Field(step(field, window).size ** 2)


#: How a misconception makes one step, and the field of a pixel that it begins with.
_STEPS: tuple[tuple[str, Step, Field], ...] = (
    ("strides_ignored", lambda _, field, window: step(field, window.replace(stride=1)), PIXEL),
    ("dilation_ignored", lambda _, field, window: step(field, window.replace(dilation=1)), PIXEL),
    ("stride_too_early", _early, PIXEL),
    ("strides_added", _strides_added, Field(1, 0, 0)),
    (
        "pools_skipped",
        lambda layer, field, window: field if isinstance(layer, Pool) else step(field, window),
        PIXEL,
    ),
    ("pools_skipped", _pools_only_stride, PIXEL),
    ("reduction_forgotten", _unreduced, PIXEL),
    ("kernels_added", lambda _, field, window: Field(field.size + window.kernel), Field(0)),
    ("kernels_multiplied", lambda _, field, window: Field(field.size * window.kernel), PIXEL),
)
#: What needs a layer before, and what nobody does at one layer only.
_LATER = ("kernels_added", "kernels_multiplied", "layer_short")
_ALWAYS = ("pools_skipped", "kernels_added", "kernels_multiplied")


class FieldSlips:
    """The receptive fields of one network as misconceptions have them."""

    def __init__(self, network: BelievedNetwork) -> None:
        self.network = network
        self.right = [one for one, _ in walk(network)]
        #: Each way of making steps, with the fields that it leads to where it is taken everywhere.
        self._everywhere = [
            (name, how, [one for one, _ in walk(network, how, None, first)])
            for name, how, first in _STEPS
        ]
        self._claims = [
            tuple([None if one is None else sizes_of(one) for one in every])
            for *_, every in self._everywhere
        ]

    def at(self, index: int, own: Sequence[Fields | None] | None = None) -> Iterator[Seen]:
        """Yield the sizes of one node's field, per axis, that misconceptions lead to.

        Each is made at this node only, and (without a student's `own` fields) everywhere.
        """
        windows = self.network.windows(index)
        if windows is None or self.right[index] is None:
            return
        before = self.network.graph.nodes[index].inputs[0]
        later = self._has_windows(before)
        if own is None:
            for (name, *_), claims in zip(self._everywhere, self._claims, strict=True):
                size = claims[index]
                if size is not None and (later or name not in _LATER):
                    yield name, size, claims
        sizes, layer = (own or self.right)[before], self.network.layers[index]
        for name, how, fields in (
            *self._everywhere,
            ("area_for_side", _squared, self.right),
            ("layer_short", lambda _layer, field, _window: field, self.right),
        ):
            steps = fields[before]
            if name in _ALWAYS or sizes is None or steps is None or not (
                later or name not in _LATER
            ):  # fmt: skip
                continue
            found = [
                how(layer, Field(field.size, other.jump, field.start), window).size
                for field, other, window in zip(sizes, steps, windows, strict=True)
            ]
            yield name, tuple(found), None

    def _has_windows(self, index: int) -> bool:
        """Tell whether a layer with a window leads to a node, or is it, along first inputs."""
        while self.network.windows(index) is None:
            if not self.network.graph.nodes[index].inputs:
                return False
            index = self.network.graph.nodes[index].inputs[0]
        return True
