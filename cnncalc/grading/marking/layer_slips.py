"""Misconceptions that see a layer differently: another window, other channels, no bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnncalc.geometry import Window, output_length, same_padding, transposed_length
from cnncalc.grading.marking.believed_network import Change, Shapes
from cnncalc.grading.marking.windows import window_of
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


def _field(layer: Layer, name: str) -> Any:
    return getattr(layer, name, None) if name in layer.fields() else None


def _length(layer: Layer, length: int, window: Window, rounding: Rounding | None) -> int:
    if isinstance(layer, Windowed):
        return output_length(
            length, window, rounding or layer.rounding_in_force(), layer.role == "pool"
        )
    return transposed_length(length, window)


def _padding(layer: Layer) -> bool:
    return getattr(layer, "padding", 0) not in (0, "valid")


def _unpadded(layer: Layer) -> bool:
    return isinstance(layer, Windowed) and _with_filters(layer) and not _padding(layer)


def _has(name: str, usual: object) -> Concerns:
    """Return the test for layers in which a field has another value than the usual one."""
    return lambda layer: name in layer.fields() and getattr(layer, name) != usual


def _strided(layer: Layer) -> bool:
    return isinstance(layer, Windowed | ConvTranspose) and layer.stride != 1


def _divided(layer: Layer) -> bool:
    return isinstance(layer, Windowed) and layer.stride != 1


def _windowed(layer: Layer) -> bool:
    return isinstance(layer, Windowed)


def _rounded_up(layer: Layer) -> bool:
    return isinstance(layer, Windowed) and layer.rounding_in_force() == "ceil"


def _rounded_down(layer: Layer) -> bool:
    return isinstance(layer, Windowed) and layer.rounding_in_force() != "ceil"


def _rewindowed(concerns: Concerns, alter: Alter, rounding: Rounding | None = None) -> Change:
    """Return the change that moves another window over every axis."""

    def output(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
        windows = window_of(layer, inputs)
        if windows is None:
            return None
        lengths: list[int] = []
        done: tuple[int, Window] | None = None
        for length, window in zip(inputs[0][1:], windows, strict=True):
            if done is not None and done[0] == length and done[1] is window:
                lengths.append(lengths[-1])
            else:
                lengths.append(_length(layer, length, alter(length, window), rounding))
            done = length, window
        if isinstance(layer, ConvTranspose):
            extra = layer.output_padding
            more = (extra,) * len(lengths) if isinstance(extra, int) else extra
            lengths = [length + one for length, one in zip(lengths, more, strict=True)]
        return (natural[0], *lengths)

    return Change(concerns, output=output)


def _padded(before: int, after: int = -1) -> Alter:
    """Return the alteration that multiplies the padding before and after (-1: as before)."""
    later = before if after < 0 else after

    def alter(_length: int, window: Window) -> Window:
        return window.replace(before=window.before * before, after=window.after * later)

    return alter


def _same(length: int, window: Window) -> Window:
    if window.before or window.after:
        return window
    before, after = same_padding(length, window.kernel, window.stride, window.dilation)
    return window.replace(before=before, after=after)


def _half(_length: int, window: Window) -> Window:
    if window.before or window.after or window.dilation > 1:
        return window
    return window.replace(before=(window.kernel - 1) // 2, after=(window.kernel - 1) // 2)


def _squared(_length: int, window: Window) -> Window:
    return window.replace(stride=window.stride**2)


def _overhanging(length: int, window: Window) -> Window:
    """Return the window with room for a last position, wherever that begins."""
    left = (length + window.before + window.after - window.extent) % window.stride
    return window.replace(after=window.after + window.stride - left) if left else window


def _one_sided(_length: int, window: Window) -> Window:
    return window.replace(after=0) if window.before else window


def _holes(_length: int, window: Window) -> Window:
    return window.replace(dilation=window.dilation + 1) if window.dilation > 1 else window


def _shorter(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
    if window_of(layer, inputs) is None:
        return None
    return (natural[0], *[length - 1 for length in natural[1:]])


def _channels(concerns: Concerns, count: Callable[[Layer, Shapes], int | None]) -> Change:
    def output(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
        channels = count(layer, inputs)
        return None if channels is None else (channels, *natural[1:])

    return Change(concerns, output=output)


def _kept(layer: Layer, inputs: Shapes) -> int | None:
    return inputs[0][0] if _field(layer, "out_channels") else None


def _pooled(layer: Layer, inputs: Shapes) -> int | None:
    windows = window_of(layer, inputs) if isinstance(layer, Pool) else None
    return inputs[0][0] // windows[0].stride if windows else None


def _multiplied(layer: Layer, inputs: Shapes) -> int | None:
    channels = _field(layer, "out_channels")
    return channels * inputs[0][0] if channels and inputs[0][0] > 1 else None


def _added(layer: Layer, inputs: Shapes) -> int | None:
    return inputs[0][0] if isinstance(layer, Concat) else None


def _stacked(layer: Layer, inputs: Shapes) -> int | None:
    return sum(shape[0] for shape in inputs) if isinstance(layer, Add) else None


def _replaced(concerns: Concerns, name: str, wanted: object) -> Change:
    """Return the change that sets one field."""

    def layer(own: Layer, _inputs: Shapes) -> Layer | None:
        return own.replace(**{name: wanted})

    return Change(concerns, layer=layer)


def _as_conv(layer: Layer, inputs: Shapes, natural: Shape) -> Shape | None:
    if not isinstance(layer, ConvTranspose):
        return None
    lengths = [
        output_length(length, window)
        for length, window in zip(inputs[0][1:], layer.windows(inputs[0]), strict=True)
    ]
    return (natural[0], *lengths)


def _transposed(layer: Layer) -> bool:
    return isinstance(layer, ConvTranspose)


def _with_filters(layer: Layer) -> bool:
    return "out_channels" in layer.fields()


def _pool(layer: Layer) -> bool:
    return isinstance(layer, Pool)


def _merge(kind: type[Layer]) -> Concerns:
    return lambda layer: isinstance(layer, kind)


#: The changes by misconception; each is tried on the layer asked about and on all layers.
CHANGES: tuple[tuple[str, Change], ...] = (
    ("padding_ignored", _rewindowed(_padding, _padded(0))),
    ("padding_once", _rewindowed(_padding, _one_sided)),
    ("padding_twice", _rewindowed(_padding, _padded(2))),
    ("padding_assumed", _rewindowed(_unpadded, _same)),
    ("padding_assumed", _rewindowed(_unpadded, _half)),
    ("stride_ignored", _rewindowed(_strided, lambda _, window: window.replace(stride=1))),
    ("stride_twice", _rewindowed(_divided, _squared)),
    (
        "dilation_ignored",
        _rewindowed(_has("dilation", 1), lambda _, window: window.replace(dilation=1)),
    ),
    ("dilation_as_zeros", _rewindowed(_has("dilation", 1), _holes)),
    ("ceil_for_floor", _rewindowed(_rounded_down, lambda _, window: window, "ceil")),
    ("ceil_for_floor", _rewindowed(_rounded_down, _overhanging)),
    ("floor_for_ceil", _rewindowed(_rounded_up, lambda _, window: window, "floor")),
    ("missing_plus_one", Change(_windowed, output=_shorter)),
    ("transposed_as_conv", Change(_transposed, output=_as_conv)),
    ("output_padding_ignored", _replaced(_has("output_padding", 0), "output_padding", 0)),
    ("channels_kept", _channels(_with_filters, _kept)),
    ("channels_pooled", _channels(_pool, _pooled)),
    ("channels_multiplied", _channels(_with_filters, _multiplied)),
    ("concat_as_add", _channels(_merge(Concat), _added)),
    ("add_as_concat", _channels(_merge(Add), _stacked)),
    ("groups_ignored", _replaced(_has("groups", 1), "groups", 1)),
    ("bias_forgotten", _replaced(_has("bias", False), "bias", False)),
    ("bias_added", _replaced(_has("bias", True), "bias", True)),
)
