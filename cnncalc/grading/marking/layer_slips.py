"""Misconceptions that see a layer differently: another window, other channels, no bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnncalc.geometry import Window, output_length, same_padding, transposed_length
from cnncalc.grading.marking.believed_network import Change, Shapes, window_of
from cnncalc.layers.axes import per_axis
from cnncalc.layers.base import Layer
from cnncalc.layers.merge import Add, Concat
from cnncalc.layers.pool import Pool
from cnncalc.layers.transposed import ConvTranspose
from cnncalc.layers.window import Windowed

if TYPE_CHECKING:
    from cnncalc.geometry import Rounding
    from cnncalc.quantities import Shape

Alter = Callable[[int, Window], Window]
Concerns = Callable[[Layer], bool]


def _is(*kinds: type[Layer]) -> Concerns:
    return lambda layer: isinstance(layer, kinds)


def _has(name: str, usual: object) -> Concerns:
    """Return the test for layers in which a field has another value than the usual one."""
    return lambda layer: name in layer.fields() and getattr(layer, name) != usual


def _with_filters(layer: Layer) -> bool:
    return "out_channels" in layer.fields()


def _padded(layer: Layer) -> bool:
    return getattr(layer, "padding", 0) not in (0, "valid")


def _unpadded(layer: Layer) -> bool:
    return isinstance(layer, Windowed) and _with_filters(layer) and not _padded(layer)


def _strided(*kinds: type[Layer]) -> Concerns:
    return lambda layer: isinstance(layer, kinds) and _has("stride", 1)(layer)


def _rounds(up: bool) -> Concerns:
    return lambda layer: isinstance(layer, Windowed) and (layer.rounding_in_force() == "ceil") is up


def _window(concerns: Concerns, alter: Alter, rounding: Rounding | None = None) -> Change:
    """Return the change that moves another window over every axis."""

    def output(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
        windows = window_of(layer, inputs)
        if windows is None:
            return None
        lengths = [
            _positions(layer, length, alter(length, window), rounding)
            for length, window in zip(inputs[0][1:], windows, strict=True)
        ]
        if isinstance(layer, ConvTranspose):
            more = per_axis(layer.output_padding, len(lengths), "output_padding")
            lengths = [length + one for length, one in zip(lengths, more, strict=True)]
        return (natural[0], *lengths)

    return Change(concerns, output=output)


def _positions(layer: Layer, length: int, window: Window, rounding: Rounding | None) -> int:
    if not isinstance(layer, Windowed):
        return transposed_length(length, window)
    rounding = rounding or layer.rounding_in_force()
    return output_length(length, window, rounding, layer.role == "pool")


def _same(length: int, window: Window) -> Window:
    before, after = same_padding(length, window.kernel, window.stride, window.dilation)
    return window.replace(before=before, after=after)


def _half(_length: int, window: Window) -> Window:
    padding = 0 if window.dilation > 1 else (window.kernel - 1) // 2
    return window.replace(before=padding, after=padding)


def _overhanging(length: int, window: Window) -> Window:
    """Return the window with room for a last position, wherever that begins."""
    left = (length + window.before + window.after - window.extent) % window.stride
    return window.replace(after=window.after + window.stride - left) if left else window


def _shorter(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
    if window_of(layer, inputs) is None:
        return None
    return (natural[0], *[length - 1 for length in natural[1:]])


def _as_conv(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
    windows = window_of(layer, inputs) or ()
    pairs = zip(inputs[0][1:], windows, strict=True)
    return (natural[0], *[output_length(length, window) for length, window in pairs])


def _channels(concerns: Concerns, count: Callable[[Layer, Shapes], int]) -> Change:
    """Return the change to another number of output channels (0: as it is)."""

    def output(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
        return (count(layer, inputs) or natural[0], *natural[1:])

    return Change(concerns, output=output)


def _pooled(layer: Layer, inputs: Shapes) -> int:
    windows = window_of(layer, inputs)
    return inputs[0][0] // windows[0].stride if windows else 0


def _multiplied(layer: Layer, inputs: Shapes) -> int:
    return inputs[0][0] * int(getattr(layer, "out_channels", 0)) if inputs[0][0] > 1 else 0


def _replaced(name: str, usual: object) -> Change:
    """Return the change that sets a field to its usual value."""
    return Change(_has(name, usual), lambda layer, _inputs: layer.replace(**{name: usual}))


#: The changes by misconception; each is tried on the layer asked about and on all layers.
CHANGES: tuple[tuple[str, Change], ...] = (
    ("padding_ignored", _window(_padded, lambda _, w: w.replace(before=0, after=0))),
    ("padding_once", _window(_padded, lambda _, w: w.replace(after=0) if w.before else w)),
    ("padding_twice",
     _window(_padded, lambda _, w: w.replace(before=2 * w.before, after=2 * w.after))),
    ("padding_assumed", _window(_unpadded, _same)),
    ("padding_assumed", _window(_unpadded, _half)),
    ("stride_ignored",
     _window(_strided(Windowed, ConvTranspose), lambda _, w: w.replace(stride=1))),
    ("stride_twice", _window(_strided(Windowed), lambda _, w: w.replace(stride=w.stride**2))),
    ("dilation_ignored", _window(_has("dilation", 1), lambda _, w: w.replace(dilation=1))),
    ("dilation_as_zeros",
     _window(_has("dilation", 1),
             lambda _, w: w.replace(dilation=w.dilation + 1) if w.dilation > 1 else w)),
    ("ceil_for_floor", _window(_rounds(up=False), lambda _, w: w, "ceil")),
    ("ceil_for_floor", _window(_rounds(up=False), _overhanging)),
    ("floor_for_ceil", _window(_rounds(up=True), lambda _, w: w, "floor")),
    ("missing_plus_one", Change(_is(Windowed), output=_shorter)),
    ("transposed_as_conv", Change(_is(ConvTranspose), output=_as_conv)),
    ("output_padding_ignored", _replaced("output_padding", 0)),
    ("channels_kept", _channels(_with_filters, lambda _, inputs: inputs[0][0])),
    ("channels_pooled", _channels(_is(Pool), _pooled)),
    ("channels_multiplied", _channels(_with_filters, _multiplied)),
    ("concat_as_add", _channels(_is(Concat), lambda _, inputs: inputs[0][0])),
    ("add_as_concat", _channels(_is(Add), lambda _, inputs: sum(one[0] for one in inputs))),
    ("groups_ignored", _replaced("groups", 1)),
    ("bias_forgotten", _replaced("bias", False)),
    ("bias_added", _replaced("bias", True)),
)  # fmt: skip
