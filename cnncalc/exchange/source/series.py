"""How an argument goes on from call to call in a run of alike calls."""

from __future__ import annotations

from cnncalc.exchange.source.values import (
    ABSENT,
    BlueprintExpression,
    BlueprintValues,
    Parameter,
    same,
)
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    #: For every copy of the blueprint the values of one argument, None where it has no such run.
    Rows = list[list[Any] | None]


class ArgumentSeries(Record):
    """The values of one argument over the calls of a run.

    `kind` is `constant` (`first`), `rest` (`first`, and `rest` for all later calls), `steps`
    (`first + rest * i`) or `table` (`first` holds all values).
    """

    kind: str
    first: BlueprintExpression
    rest: BlueprintExpression | None = None

    def text(self) -> str:
        """Return the argument of call `i` as source, where no table says it."""
        first = self.first.text()
        if self.rest is None:
            return first
        rest = self.rest.text()
        return f"{first} + {rest} * i" if self.kind == "steps" else f"{first} if i == 0 else {rest}"


def series_of(
    rows: Rows, hint: str, owner: str, values: BlueprintValues, source: Parameter | None = None
) -> ArgumentSeries:
    """Return the simplest series that all copies follow."""

    def column(pick: Any) -> tuple[Any, ...]:
        return tuple([ABSENT if row is None else pick(row) for row in rows])

    present = [row for row in rows if row is not None]
    if is_constant(rows):
        return ArgumentSeries(
            "constant", values.expression(column(lambda row: row[0]), hint, owner, source)
        )
    if all(same(value, row[1]) for row in present for value in row[1:]):
        first = values.expression(column(lambda row: row[0]), hint, owner, source)
        rest = column(lambda row: row[1] if len(row) > 1 else ABSENT)
        return ArgumentSeries("rest", first, values.expression(rest, hint, owner, source))
    if all(is_even(row) for row in present):
        first = values.expression(column(lambda row: row[0]), hint, owner, source)
        steps = column(lambda row: row[1] - row[0] if len(row) > 1 else ABSENT)
        return ArgumentSeries("steps", first, values.expression(steps, hint, owner, source))
    return ArgumentSeries("table", values.expression(column(tuple), f"{hint}_list", owner))


def is_constant(rows: Rows) -> bool:
    """Return whether the argument of no copy changes over its run."""
    return all(same(value, row[0]) for row in rows if row is not None for value in row)


def is_even(row: list[Any]) -> bool:
    """Return whether whole numbers grow by equal steps."""
    if not all(type(value) is int for value in row):
        return False
    return all(row[i + 1] - row[i] == row[1] - row[0] > 0 for i in range(len(row) - 1))
