"""What the forward recurrence knows of a node: the values that its steps take and return."""

from __future__ import annotations

from cnncalc.geometry import Field
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from cnncalc.quantities import Shape

    Span: TypeAlias = "tuple[int, int] | None"
    Axis: TypeAlias = "Field | Varying | Scattered | Unknown"
    Axes: TypeAlias = "tuple[Axis, ...]"


class Pattern(Record):
    """Fields that repeat after `period` units, moved on by `advance` pixels.

    `spans` are the fields `[lo, hi)` of units 0 to `period - 1`, None where a unit reads nothing.
    """

    period: int
    advance: int
    spans: tuple[Span, ...]

    def span(self, unit: int) -> Span:
        """Return the field of any unit."""
        turns, rest = divmod(unit, self.period)
        found = self.spans[rest]
        shift = turns * self.advance
        return None if found is None else (found[0] + shift, found[1] + shift)


class Varying(Record):
    """Fields that differ from unit to unit: a union of patterns, each of another rate."""

    patterns: tuple[Pattern, ...]


class Scattered(Record):
    """Fields whose sizes alone are known, and why (None: the smallest is not)."""

    smallest: int | None
    largest: int
    reason: str


class Unknown(Record):
    """A field that the forward recurrence cannot say, and why."""

    reason: str


class State:
    """What is known of one node.

    `axes` are the fields along each axis of the input, over all paths but those that make a unit
    see the whole input (None if there is no other); `whole` says whether there are such paths,
    `aligned` whether the branches of all merges on the way agree. `full`: all units together
    certainly read every pixel of the input.
    """

    __slots__ = ("aligned", "axes", "full", "whole")

    def __init__(
        self, axes: Axes | None, whole: bool = False, aligned: bool = True, full: bool = False
    ) -> None:
        self.axes = axes
        self.whole = whole
        self.aligned = aligned
        self.full = full


#: The state of a node that does not depend on the input.
BLIND = State(None)


def first_state(shape: Shape) -> State:
    """Return the state of the input itself: each unit is one pixel."""
    return State((Field(),) * (len(shape) - 1), full=True)
