"""How layers with periodic fields carry them on, and how windows carry on fields that vary."""

from __future__ import annotations

from math import gcd

from cnncalc.fields.varying import Scattered, Unknown, composed, sizes
from cnncalc.geometry import adaptive_bin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.fields.forward import Axes, Axis
    from cnncalc.geometry import Window
    from cnncalc.quantities import Shape


def slide(axis: Axis, window: Window) -> Axis:
    """Return the fields after a sliding window."""

    def reads(unit: int) -> range:
        first = unit * window.stride - window.before
        return range(first, first + window.extent, window.dilation)

    return composed(axis, 1, window.stride, reads)


def spread(axis: Axis, window: Window) -> Axis:
    """Return the fields after a transposed window."""

    def reads(unit: int) -> list[int]:
        places = [unit + window.before - window.dilation * tap for tap in range(window.kernel)]
        return [place // window.stride for place in places if place % window.stride == 0]

    return composed(axis, window.stride, 1, reads)


def transposed(layer: Any, axes: Axes, shape: Shape, _output: Shape) -> Axes:
    """Return the fields after a transposed convolution."""
    return tuple([spread(axis, w) for axis, w in zip(axes, layer.windows(shape), strict=True)])


def adaptive(_layer: Any, axes: Axes, shape: Shape, output: Shape) -> Axes:
    """Return the fields after adaptive pooling."""
    result = []
    for axis, length, bins in zip(axes, shape[1:], output[1:], strict=True):
        common = gcd(length, bins)

        def reads(unit: int, bins: int = bins, length: int = length) -> range:
            return range(*adaptive_bin(unit, bins, length))

        result.append(composed(axis, bins // common, length // common, reads))
    return tuple(result)


def upsampled(layer: Any, axes: Axes, shape: Shape, output: Shape) -> Axes:
    """Return the fields after upsampling, with the axis thought to go on beyond its ends."""
    result = []
    for axis, length, units in zip(axes, shape[1:], output[1:], strict=True):
        if layer.mode == "nearest":
            result.append(interpolated(axis, length, units, lambda n, d: (n // d,), 0))
        elif not layer.align_corners:
            result.append(interpolated(axis, length, units, lambda n, d: (n // d, -(-n // d)), 1))
        elif units == 1:
            result.append(first(axis))
        else:
            result.append(
                interpolated(axis, length - 1, units - 1, lambda n, d: (n // d, -(-n // d)), 0)
            )
    return tuple(result)


def interpolated(
    axis: Axis,
    length: int,
    units: int,
    neighbours: Callable[[int, int], tuple[int, ...]],
    half: int,
) -> Axis:
    """Return the fields where unit o reads neighbours of the place `o * length/units`.

    With `half` 1 the place is `(o + 1/2) * length/units - 1/2`.
    """
    common = gcd(length, units)
    scale = 1 + half

    def reads(unit: int) -> tuple[int, ...]:
        return neighbours((scale * unit + half) * length - half * units, scale * units)

    return composed(axis, units // common, length // common, reads)


def first(axis: Axis) -> Axis:
    """Return the fields of units that all read unit 0."""
    return composed(axis, 1, 0, lambda _unit: (0,))


def flattened(_layer: Any, axes: Axes, shape: Shape, _output: Shape) -> Axes:
    """Return the fields of the features of a flattened map."""
    if all(length == 1 for length in shape[1:]):
        return axes
    result: list[Axis] = []
    for axis, length in zip(axes, shape[1:], strict=True):
        if isinstance(axis, Scattered | Unknown):
            result.append(axis)
        else:
            smallest, largest = sizes(axis, length)
            result.append(Scattered(smallest, largest))
    return tuple(result)
