"""The windows that a layer moves over its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError
from cnncalc.layers.transposed import ConvTranspose
from cnncalc.layers.window import Windowed

if TYPE_CHECKING:
    from cnncalc.geometry import Window
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape


def window_of(layer: Layer, inputs: tuple[Shape, ...]) -> tuple[Window, ...] | None:
    """Return the windows of a layer along its axes; None if it has none."""
    if inputs and isinstance(layer, Windowed | ConvTranspose):
        try:
            return layer.windows(inputs[0])
        except LayerError:
            return None
    return None
