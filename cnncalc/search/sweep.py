"""`sweep`: figures of a network over a grid of inputs and parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from cnncalc.analysis.walk import ShapeError, analyze
from cnncalc.diagnostics import SpecError, UsageError
from cnncalc.solve.budget import grid
from cnncalc.teaching.figures import Figure, figures

if TYPE_CHECKING:
    from cnncalc.graph import Graph

MOST_POINTS = 5000
INPUT = "input"


@dataclass(frozen=True)
class Point:
    """One point of the grid: the value of each variable as text, and figures or an error."""

    values: tuple[str, ...]
    figures: dict[str, Figure]
    error: str | None = None


@dataclass(frozen=True)
class Sweep:
    """All points of a grid, in order: the last variable runs fastest."""

    title: str
    variables: tuple[str, ...]
    names: tuple[str, ...]
    points: tuple[Point, ...]


def variables(inputs: str | None, settings: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each variable from `128..512:32` and `width=32,48`.

    Raises `UsageError` for texts that are no grid, and for more than `MOST_POINTS` points.
    """
    result: dict[str, list[str]] = {}
    if inputs is not None:
        result[INPUT] = grid(inputs)
    for text in settings:
        name, equals, values = text.partition("=")
        if not equals or not values:
            raise UsageError(f"--set wants NAME=VALUES, not `{text}`", "--set width=32,48,64")
        if name in result:
            raise UsageError(f"`{name}` is swept twice")
        result[name.strip()] = grid(values)
    if not result:
        raise UsageError("there is nothing to sweep", "add --input 128..512:32 or --set width=8,16")
    count = 1
    for texts in result.values():
        count *= len(texts)
    if count > MOST_POINTS:
        raise UsageError(
            f"the grid has {count:,} points, {MOST_POINTS:,} at most", "widen the step"
        )
    return result


def sweep(
    title: str,
    axes: dict[str, list[str]],
    load: Callable[[str | None, tuple[str, ...]], Graph],
    names: tuple[str, ...],
    batch: int,
    dtype: str,
) -> Sweep:
    """Return the figures at every point; a point that does not fit keeps its error.

    `load` makes the graph for an input (None: the spec's) and settings. A faulty spec, rather
    than a misfit, is raised at the first point.
    """
    points = []
    for values in product(*axes.values()):
        chosen = dict(zip(axes, values, strict=True))
        settings = tuple(f"{n}={v}" for n, v in chosen.items() if n != INPUT)
        try:
            analysis = analyze(load(chosen.get(INPUT), settings), batch, dtype)
        except ShapeError as error:
            points.append(Point(values, {}, told(error)))
            continue
        points.append(Point(values, figures(analysis, names)))
    return Sweep(title, tuple(axes), names, tuple(points))


def told(error: SpecError) -> str:
    """Return an error in one line: the layer, and what is wrong."""
    first = error.diagnostics[0]
    return f"{first.node}: {first.message}" if first.node else first.message
