"""What all writers ask: padding in numbers where a format knows no `same`, and how to refuse."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic, SpecError
from cnncalc.layers.axes import per_axis
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from cnncalc.graph import Graph, Node
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


def regrouped(layer: Any, shape: Shape, *, last: bool = False) -> tuple[Shape, list[int], bool]:
    """Return how a layer only moves elements: a grid of factors, the new order of its axes.

    The third value is whether axes of the grid are joined then. With `last` the channels of maps
    stand at the end.
    """
    moved = layer.rearranged(shape)
    sides = [(*side[1:], side[0]) if last else side for side in (moved.source, moved.target)]
    source, target = [[factor for axis in side for factor in axis] for side in sides]
    order = [source.index(factor) for factor in target]
    return tuple([moved.grid[f] for f in source]), order, len(target) != len(moved.target)


def output_shapes(graph: Graph) -> list[Shape]:
    """Return the output shape of every node."""
    shapes: list[Shape] = []
    for node in graph.nodes:
        shapes.append(node.layer.facts(tuple([shapes[i] for i in node.inputs])).output)
    return shapes


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
    what = node.layer.keyword
    if reason.field is not None:
        what = f"`{reason.field}` of {what}"
    message = f"node `{node.name}`: {target} cannot say {what}: {reason.lost}"
    return SpecError(Diagnostic(message, node.span_of(reason.field)))


def written(rules: Mapping[str, Any], node: Node, target: str, *given: Any) -> Any:
    """Return what a layer's rule makes of it; raises `SpecError` where it cannot be written."""
    rule = rules.get(node.layer.keyword)
    try:
        if rule is None:
            raise Unwritable("there is no rule that writes it")
        return rule(node.layer, *given) if callable(rule) else rule.of(node.layer)
    except Unwritable as reason:
        raise refused(node, target, reason) from None


def refusal(what: str) -> Any:
    """Return the rule of a layer that a format does not have."""

    def write(*_given: Any) -> Any:
        raise Unwritable(what)

    return write
