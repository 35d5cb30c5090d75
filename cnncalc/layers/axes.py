"""What layers ask of the axes of their inputs."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.quantities import show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from cnncalc.layers.base import Layer
    from cnncalc.quantities import Shape

    N = TypeVar("N", int, float)


def spatial(layer: Layer, shape: Shape) -> tuple[int, ...]:
    """Return the spatial axes of an input; raises `LayerError` for a flat vector."""
    if len(shape) < 2:
        raise LayerError(
            f"{layer.keyword} needs an input with spatial axes,"
            f" but got a flat vector of {shape[0]}",
            help=f"put {layer.keyword} before `flatten`, or use `linear`",
        )
    return shape[1:]


def size_of(layer: Layer, inputs: tuple[Shape, ...]) -> tuple[int, ...]:
    """Return the spatial axes of the node whose size a layer takes, its last input.

    Raises `LayerError` if that has another number of them.
    """
    if len(inputs) < 2:
        raise LayerError(f"`like` needs a second input, named {layer.like}", field="like")
    shape, other = inputs
    if len(other) != len(shape):
        raise LayerError(
            f"{show_shape(shape)} cannot be as large as {show_shape(other)}",
            help="name a node with as many axes",
            field="like",
        )
    return other[1:]


def check_axis(axis: int, shape: Shape) -> int:
    """Return an axis of a shape (0: the channels); raises `LayerError` if there is none."""
    if axis >= len(shape):
        raise LayerError(
            f"{show_shape(shape)} has no axis {axis}",
            help=f"axes count from 0, the channels, to {len(shape) - 1}",
            field="axis",
        )
    return axis


def per_axis(value: N | tuple[N, ...], rank: int, field: str) -> tuple[N, ...]:
    """Return one number per axis; raises `LayerError` if a list has another length."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise LayerError(
            f"`{field}` has {len(value)} values, but the input has {rank} spatial"
            f" {'axis' if rank == 1 else 'axes'}",
            help=f"give {rank} value{'s' if rank > 1 else ''} or a single integer",
            field=field,
        )
    return value
