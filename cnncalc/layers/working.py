"""The working of one unit: the numbers that it reads, what is done to them, and the result.

A layer writes it on a sheet (`protocols.Sheet`), as `explain` writes formulas on a blackboard; what
is written are these values, which reports print. Nothing here knows any layer.
"""

from __future__ import annotations

from math import prod

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What is done to the numbers of a grid, in words and as an operation on a list of floats.
FOLDS = {
    "sum": "sum",
    "max": "largest",
    "min": "smallest",
    "mean": "mean",
    "squares": "sum of squares",
    "variance": "mean of squared distances from the mean",
}


class UnitWindow(Record):
    """Numbers that a unit reads, in row-major order of `lengths`; None where nothing is read.

    `places` says in words where they lie, such as `channel 0, rows -1 to 1, columns -1 to 1`, and
    `at` which positions these are along each axis of the input, channels first; `spots` are the
    elements there: another one where padding copies, None where there is none.
    """

    numbers: tuple[float | None, ...]
    lengths: tuple[int, ...]
    places: str
    at: tuple[tuple[int, ...], ...] = ()
    spots: tuple[tuple[int | None, ...], ...] = ()

    def read(self) -> tuple[float, ...]:
        """Return the numbers that are there."""
        return tuple([number for number in self.numbers if number is not None])


class NumberGrid(Record):
    """Numbers that are folded into one, `symbol` = `result`; with weights their products are.

    Numbers outside the map are None: padding, which counts as 0 where there are weights or where
    `zeros` says so, and otherwise does not count.
    """

    title: str
    numbers: tuple[float | None, ...]
    columns: int
    symbol: str
    fold: str
    result: float
    weights: tuple[float, ...] | None = None
    zeros: bool = False
    at: tuple[tuple[int, ...], ...] = ()
    spots: tuple[tuple[int | None, ...], ...] = ()

    def rows(self, numbers: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Return the numbers, or others that belong to them, in rows."""
        step = max(self.columns, 1)
        return [numbers[start : start + step] for start in range(0, len(numbers), step)]

    def products(self) -> tuple[float, ...]:
        """Return value times weight, place by place."""
        weights = self.weights or ()
        return tuple([(v or 0.0) * w for v, w in zip(self.numbers, weights, strict=True)])


class Equation(Record):
    """`symbol` = formula = `result`, the symbols of the formula standing for numbers `given`."""

    symbol: str
    formula: str
    given: dict[str, float]
    result: float
    remark: str = ""


class Working(Record):
    """One unit worked out by hand, and what the executor has at its place.

    `cell` counts from 0, channels first; `call` is the layer as a spec writes it.
    """

    network: str
    node: str
    call: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    cell: tuple[int, ...]
    parts: tuple[NumberGrid | Equation, ...]
    result: float
    executed: float
    sample: int | None = None

    @property
    def place(self) -> str:
        """The unit as it is typed: `conv_1:0,0,0`."""
        return f"{self.node}:{','.join(map(str, self.cell))}"


def columns_of(lengths: tuple[int, ...]) -> int:
    """Return how many numbers stand in a row of a window; one row if it is no picture."""
    return lengths[-1] if len(lengths) > 1 else prod(lengths)
