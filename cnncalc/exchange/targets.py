"""What all writers ask: padding in numbers where a format knows no `same`, and how to refuse."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.layers.axes import per_axis
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.graph import Node
    from cnncalc.layers.window import Windowed
    from cnncalc.quantities import Shape


class Sides(Record):
    """The window along one axis: its padding, and what rounding up adds beyond it.

    `extra` elements after the padding are reached by a last window that hangs over the end. The
    positions with all three amounts fit exactly, or leave less than a step over.
    """

    kernel: int
    stride: int
    before: int
    after: int
    extra: int
    dilation: int


def sides_of(layer: Windowed, shape: Shape, output: Shape) -> list[Sides]:
    """Return the window along each axis for an input and an output of these shapes."""
    result = []
    for window, length, count in zip(layer.windows(shape), shape[1:], output[1:], strict=True):
        reach = (count - 1) * window.stride + window.extent
        extra = max(0, reach - length - window.before - window.after)
        result.append(
            Sides(window.kernel, window.stride, window.before, window.after, extra, window.dilation)
        )
    return result


def amounts(sides: list[Sides]) -> list[tuple[int, int]]:
    """Return all that is added before and after along each axis."""
    return [(side.before, side.after + side.extra) for side in sides]


def alike(values: Sequence[int]) -> int | tuple[int, ...]:
    """Return one number where all axes have the same."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def axes_of(value: int | tuple[int, ...], rank: int) -> list[int]:
    """Return a field that has one number for all axes, or one for each, as a list."""
    return list(per_axis(value, rank, "value"))


class Unwritable(Exception):
    """A layer, or the value of one of its fields, has no counterpart in the target.

    `lost` says what the written network would do otherwise; `field` is None for the whole layer.
    """

    def __init__(self, lost: str, field: str | None = None) -> None:
        super().__init__(lost)
        self.lost = lost
        self.field = field


def refused(node: Node, target: str, reason: Unwritable) -> SpecError:
    """Return the error for a node that cannot be written, to be raised."""
    what = (
        node.layer.keyword if reason.field is None else f"`{reason.field}` of {node.layer.keyword}"
    )
    return SpecError(
        Diagnostic(
            f"node `{node.name}`: {target} cannot say {what}: {reason.lost}",
            node.span_of(reason.field),
        )
    )
