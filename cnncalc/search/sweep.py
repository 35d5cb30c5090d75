"""`sweep`: figures of a network over a grid; a search without conditions, kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.search.engine import Search
from cnncalc.search.evaluate import UNKNOWN, Evaluator
from cnncalc.search.problem import SearchQuestion
from cnncalc.search.sampling import Sampling
from cnncalc.search.space import INPUT, Variable, named
from cnncalc.search.store import create
from cnncalc.search.workers import workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.search.problem import Problem
    from cnncalc.teaching.figures import Figure


@dataclass(frozen=True)
class SweepPoint:
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
    points: tuple[SweepPoint, ...]


def variables(inputs: str | None, settings: Sequence[str]) -> tuple[Variable, ...]:
    """Return what `--input 128..512:32` and `--set width=32,48` vary; raises `UsageError`."""
    result = [] if inputs is None else [named(INPUT, inputs)]
    for text in settings:
        name, equals, values = text.partition("=")
        if not equals or not values:
            raise UsageError(f"--set wants NAME=VALUES, not `{text}`", "--set width=32,48,64")
        if name.strip() in [variable.name for variable in result]:
            raise UsageError(f"`{name.strip()}` is swept twice")
        result.append(named(name.strip(), values))
    if not result:
        raise UsageError("there is nothing to sweep", "add --input 128..512:32 or --set width=8,16")
    return tuple(result)


def sweep(
    problem: Problem,
    names: tuple[str, ...],
    jobs: int = 1,
    advance: Callable[[float], None] = lambda _amount: None,
) -> Sweep:
    """Return the figures at every point; a point that does not fit keeps its error.

    Raises `SpecError` for a faulty spec, `UsageError` for variables that it does not have.
    """
    question = SearchQuestion(figures=tuple([f"net.{name}" for name in names]))
    ask = Evaluator(problem, question)
    store = create(":memory:", problem, question)
    with workers(jobs) as pool:
        Search(ask, question, store, pool).run(Sampling("grid"), advance)
    points = []
    for result, _is_answered in store.rows():
        texts = problem.space.texts(result.key)
        figures: dict[str, Figure] = {}
        if result.error is None:
            found = {name: result.figures.get(name) for name in names}
            figures = {name: None if v == UNKNOWN else v for name, v in found.items()}
        points.append(SweepPoint(tuple(texts.values()), figures, result.error))
    store.close()
    title, variables = problem.spec, problem.space.variables
    return Sweep(title, tuple([variable.name for variable in variables]), names, tuple(points))
