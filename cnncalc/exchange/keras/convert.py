"""Keras' arrays of weights as PyTorch has them, which are the executor's."""

from __future__ import annotations

from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from numpy.typing import NDArray

    from cnncalc.layers.base import Layer
    from cnncalc.quantities import ParamSpec, Shape

    Array = NDArray[Any]


def converted(
    layer: Layer, specs: tuple[ParamSpec, ...], rest: list[Array], order: Shape | None
) -> Iterator[tuple[ParamSpec, Array]]:
    """Yield each array of a layer with its numbers, taken from the first ones of `rest`.

    `order` is the shape of the map that the layer reads as a flat vector, channels first: Keras
    has its elements, and so the numbers for them, with the channels innermost.
    """
    if layer.opaque:  # one array stands for all
        taken, rest[:] = [array.ravel() for array in rest], []
        if taken and specs:
            import numpy as np

            yield specs[0], np.concatenate(taken)
        return
    if layer.keyword == "gru" and len(specs) % 4 == 0:
        halved(rest, len(specs) // 4)
    for spec in specs:
        if not rest:
            return
        numbers = rest.pop(0)
        if order is not None and numbers.shape[:1] == (product(order),):
            numbers = reordered(numbers, order)
        if numbers.ndim > 1 or layer.keyword == "gru":
            numbers = RULES.get(layer.keyword, last)(numbers, spec)
        yield spec, numbers


def reordered(numbers: Array, order: Shape) -> Array:
    """Return rows for the elements of a flattened map with the channels outermost."""
    import numpy as np

    whole = numbers.reshape(*order[1:], order[0], *numbers.shape[1:])
    result: Array = np.moveaxis(whole, len(order) - 1, 0).reshape(numbers.shape)
    return result


def halved(rest: list[Array], directions: int) -> None:
    """Give the two rows of biases of a GRU as two arrays, for each direction."""
    place = 0
    for _ in range(directions):
        place += 2
        if place < len(rest) and rest[place].ndim == 2:
            rest[place : place + 1] = list(rest[place])
        place += 2


def kernel(numbers: Array, spec: ParamSpec) -> Array:
    """(height, width, in, out) -> (out, in, height, width), with any number of spatial axes.

    Depthwise it is (height, width, in, times) -> (in * times, 1, height, width).
    """
    depthwise = spec.shape[1:2] == (1,) and numbers.shape[-2] > 1
    ends = (-2, -1) if depthwise else (-1, -2)
    result: Array = numbers.transpose(*ends, *range(numbers.ndim - 2))
    return result


def gates(numbers: Array, _spec: ParamSpec) -> Array:
    """(in, gates) -> (gates, in)."""
    result: Array = numbers.T
    return result


def gru_gates(numbers: Array, _spec: ParamSpec) -> Array:
    """The same, with the gates z, r, h as r, z, n."""
    import numpy as np

    update, reset, new = np.split(numbers.T, 3)
    result: Array = np.concatenate((reset, update, new))
    return result


def last(numbers: Array, _spec: ParamSpec) -> Array:
    """Channels first."""
    import numpy as np

    result: Array = np.moveaxis(numbers, -1, 0)
    return result


#: Of the layers whose arrays have more axes than one in another order.
RULES: dict[str, Callable[[Array, ParamSpec], Array]] = {
    "conv": kernel,
    "conv_transpose": kernel,
    "linear": kernel,
    "lstm": gates,
    "gru": gru_gates,
}
