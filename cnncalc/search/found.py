"""What a store holds: the candidates that pass, their front, and why the others do not."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.language.expressions import ExpressionError
from cnncalc.search.evaluate import Known, NoFigure, NotComputed
from cnncalc.search.formulas import objective, option_place
from cnncalc.search.front import Front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cnncalc.search.evaluate import Evaluator, Result
    from cnncalc.search.formulas import CompiledFormula
    from cnncalc.search.store import Store

#: Kinds of reasons that are counted by themselves; whatever more there are is counted together.
MOST_REASONS = 200
#: Numbers in a reason, with the letters around them: `stage3_2`, `1,024`, `3x7x7`.
DIGITS = re.compile(r"\d[\d,.]*")


class Point(NamedTuple):
    """One candidate that passes: its key, its figures, its objectives, whether none beats it."""

    key: int
    figures: dict[str, Any]
    values: tuple[float, ...]
    on_front: bool = False


@dataclass(frozen=True)
class Census:
    """How many candidates were tried and passed, and how many not, by reason."""

    tried: int
    passed: int
    failed: tuple[tuple[str, int], ...]
    unknown: tuple[tuple[str, int], ...]
    misfits: tuple[tuple[str, int], ...]
    undecided: int


@dataclass(frozen=True)
class Found:
    """Some of the points that pass, in order, and the census of all."""

    spec: str
    variables: tuple[str, ...]
    figures: tuple[str, ...]
    objectives: tuple[str, ...]
    points: list[Point]
    front: int
    census: Census
    size: int
    texts: Callable[[int], dict[str, str]]
    command: Callable[[int], str]


class StoreReader:
    """Reads a store under a question, which need not be the one that filled it."""

    def __init__(self, store: Store, ask: Evaluator, is_stored: bool) -> None:
        self.store = store
        self.ask = ask
        self.is_stored = is_stored
        self.tried = self.passed = self.undecided = 0
        self.failed: Counter[int] = Counter()
        self.unknown: Counter[str] = Counter()
        self.misfits: Counter[str] = Counter()

    def passing(self) -> Iterator[Point]:
        """Yield the candidates that pass, in the order of keys, and count all."""
        for result, is_answered in self.store.rows():
            point = self.point(result, is_answered and self.is_stored)
            if point is not None:
                self.passed += 1
                yield point

    def point(self, result: Result, is_answered: bool) -> Point | None:
        """Return a candidate if it passes; else count why it does not."""
        if self.is_stored and not is_answered and result.error is None:
            return None  # drawn for another question only
        self.tried += 1
        if result.error is not None:
            count(self.misfits, DIGITS.sub("N", result.error))
            return None
        verdict = result.verdict if is_answered else self.ask.judge(result)
        if verdict is None:
            self.undecided += 1
        elif verdict.failed is not None:
            self.failed[verdict.failed] += 1
        elif verdict.unknown is not None:
            count(self.unknown, verdict.unknown)
        else:
            values = self.ask.values(result._replace(verdict=verdict))
            return Point(result.key, result.figures, values or ())
        return None

    def census(self) -> Census:
        """Return the counts so far."""
        conditions = [condition.text for condition in self.ask.conditions]
        return Census(
            self.tried,
            self.passed,
            tuple([(conditions[n], times) for n, times in sorted(self.failed.items())]),
            tuple(self.unknown.most_common()),
            tuple(self.misfits.most_common()),
            self.undecided,
        )


def count(reasons: Counter[str], reason: str) -> None:
    """Count a reason, as long as there are not too many kinds."""
    if reason not in reasons and len(reasons) >= MOST_REASONS:
        reason = "other reasons"
    reasons[reason] += 1


def read(
    store: Store,
    ask: Evaluator,
    is_stored: bool,
    sort: str | None = None,
    top: int | None = None,
    only_front: bool = False,
) -> Found:
    """Return the points that pass: those of the front alone, or the first few in some order.

    With `is_stored` the question is the one that filled the store, whose verdicts stand there.
    Only what is returned is kept, so that a large store needs no large memory.
    """
    reader = StoreReader(store, ask, is_stored)
    front: Front[Point] = Front()
    by = order(ask, sort)

    def seen() -> Iterator[Point]:
        for point in reader.passing():
            if ask.objectives:
                front.add(point.values, point)
            yield point

    points: Iterable[Point] = seen()
    if only_front:
        for _ in points:
            pass
        points = sorted(front.items, key=by) if sort else front.items
        points = points[:top] if top is not None else points
    elif top is not None:
        points = heapq.nsmallest(top, points, key=by)
    else:
        points = sorted(points, key=by)
    best = {point.key for point in front.items}
    points = [point._replace(on_front=point.key in best) for point in points]
    return result_of(store, ask, points, len(best), reader.census())


def result_of(
    store: Store, ask: Evaluator, points: list[Point], front: int, census: Census
) -> Found:
    """Return the points with what a report needs to name them."""
    problem, makes = store.problem, ask.makes
    return Found(
        problem.spec,
        tuple([variable.name for variable in problem.space.variables]),
        ask.columns,
        tuple([formula.text for formula in ask.objectives]),
        points,
        front,
        census,
        problem.space.size,
        problem.space.texts,
        lambda key: makes.command(problem.space.texts(key)),
    )


def order(ask: Evaluator, sort: str | None) -> Callable[[Point], Any]:
    """Return the key by which points are sorted: formulas, then objectives, then their number.

    What is not known comes last.
    """
    texts = [text for text in (sort or "").split(",") if text.strip()]
    formulas = [objective(text, ask.names, option_place("--sort", text)) for text in texts]

    def by(point: Point) -> tuple[Any, ...]:
        return (*[value(ask, formula, point) for formula in formulas], *point.values, point.key)

    return by


def value(ask: Evaluator, formula: CompiledFormula, point: Point) -> tuple[bool, float]:
    """Return whether a formula's value is missing, and the value."""
    known = Known(ask.makes, point.key, point.figures)
    try:
        found = formula.evaluate(known.value_of)
    except (NotComputed, NoFigure, ExpressionError):
        return True, 0.0
    return (False, found) if isinstance(found, (int, float)) else (True, 0.0)
