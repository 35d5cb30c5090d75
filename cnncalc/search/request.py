"""What somebody asks for, from options or from a search file, and the problem it comes to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.language import find
from cnncalc.language.document import recipe
from cnncalc.language.tree import Mapping
from cnncalc.search.problem import Problem, SearchQuestion
from cnncalc.search.sampling import Sampling
from cnncalc.search.space import VARIANT, Variable, space

if TYPE_CHECKING:
    from cnncalc.search.formulas import Place
    from cnncalc.search.store import Store

#: The largest space that is walked through without having been asked to.
SMALL = 10_000


@dataclass(frozen=True)
class Request:
    """What is asked; what was not said is None or empty.

    `places` says where a formula stands that a search file holds.
    """

    spec: str | None = None
    variant: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    rounding: str | None = None
    batch: int | None = None
    dtype: str | None = None
    variables: tuple[Variable, ...] = ()
    variants: bool = False
    where: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    method: str | None = None
    count: int | None = None
    seed: int | None = None
    passing: int | None = None
    places: dict[str, Place] = field(default_factory=dict)

    def over(self, other: Request) -> Request:
        """Return this request, and what another one says where this one is silent.

        Variables of the same name are this request's; conditions of both must hold. How many are
        drawn is said by one of them alone.
        """
        mine = {name: value for name, value in vars(self).items() if value not in (None, (), False)}
        own = {variable.name for variable in self.variables}
        rest = tuple([variable for variable in other.variables if variable.name not in own])
        mine["variables"] = (*rest, *self.variables)
        mine["where"] = (*other.where, *self.where)
        mine["settings"] = tuple({**dict(other.settings), **dict(self.settings)}.items())
        mine["places"] = {**other.places, **self.places}
        if self.count is not None or self.passing is not None:
            mine["count"], mine["passing"] = self.count, self.passing
        return replace(other, **mine)

    def problem(self) -> Problem:
        """Return the problem; raises `SpecError` or `UsageError`."""
        if self.spec is None:
            raise UsageError("search wants a SPEC", "cnncalc search SPEC --vary width=8..64:8")
        source, named = find(self.spec)
        variables = self.variables
        if self.variants:
            node = recipe(source.name, source.text).root.get("variants")
            names = tuple([key.text for key in node.keys]) if isinstance(node, Mapping) else ()
            if not names:
                raise UsageError(f"`{self.spec}` has no variants", "leave --variants out")
            variables = (Variable(VARIANT, names), *variables)
        variant = self.variant if self.variant is not None else named
        if any(variable.name == VARIANT for variable in variables):
            variant = None
        return Problem(
            self.spec,
            source.name,
            source.text,
            space(variables),
            variant,
            self.settings,
            self.inputs,
            self.rounding,
            self.batch or 1,
            self.dtype or "float32",
        )

    @property
    def question(self) -> SearchQuestion:
        """What is asked of every candidate."""
        return SearchQuestion(self.where, self.objectives, self.figures)

    def sampling(self, size: int) -> Sampling:
        """Return how candidates of a space of some size are chosen; raises `UsageError`."""
        count, method = self.count, self.method
        if method == "grid" and count is not None:
            raise UsageError("--grid takes every candidate, --sample some", "leave one of them out")
        if method is None:
            method = "grid" if count is None and self.passing is None else "uniform"
        if self.passing is not None:
            return self.until(method)
        if count is None and method in ("grid", "uniform") and size > SMALL and not self.method:
            raise UsageError(
                f"the space has {size:,} candidates",
                "--sample 10000 draws some of them, --grid takes them all",
            )
        if count is None and method != "grid":
            raise UsageError(f"how many does `{method}` draw?", "add --sample 10000")
        if method == "evolve" and not self.objectives:
            raise UsageError("evolution needs something to improve", "add --pareto macs,params")
        return Sampling(method, count, self.seed or 0)

    def until(self, method: str) -> Sampling:
        """Return how candidates are drawn until so many pass; raises `UsageError`."""
        if method not in ("uniform", "log-uniform"):
            raise UsageError(
                f"`{method}` does not draw one candidate after the other",
                "--passing wants --sampling uniform or log-uniform",
            )
        if not self.where:
            raise UsageError("everything passes without a condition", "add --where, or --sample N")
        return Sampling(method, self.count, self.seed or 0, self.passing)


def remembered(store: Store) -> Request:
    """Return what a store was asked last: what is not said anew."""
    problem, question = store.problem, store.last_question()
    sampling: dict[str, Any] = json.loads(store.recall("sampling") or "{}")
    return Request(
        problem.spec,
        where=question.where,
        objectives=question.objectives,
        figures=question.figures,
        method=sampling.get("method"),
        count=sampling.get("count"),
        seed=sampling.get("seed"),
        passing=sampling.get("passing"),
    )


def continued(request: Request, store: Store) -> Request:
    """Return a request to go on with a store; raises `UsageError` if it is another problem's.

    A condition or a sample that is given replaces the stored one.
    """
    check_version(store)
    last = remembered(store)
    if request.spec is not None and request.variables:
        check_same(request.problem(), store.problem, store.path)
    elif request.spec is not None or request.variables:
        raise UsageError(
            "--resume wants the whole search again, or nothing of it",
            f"cnncalc search --resume -o {store.path}",
        )
    own = (request.method, request.count, request.passing)
    sampled = any(value is not None for value in own)
    return replace(
        request,
        where=request.where or last.where,
        objectives=request.objectives or last.objectives,
        figures=request.figures or last.figures,
        method=request.method if sampled else last.method,
        count=request.count if sampled else last.count,
        passing=request.passing if sampled else last.passing,
        seed=request.seed if request.seed is not None else last.seed,
    )


def check_version(store: Store) -> None:
    """Raise `UsageError` for a store of another version: its figures may be counted otherwise."""
    from cnncalc import __version__

    if store.problem.version != __version__:
        raise UsageError(
            f"`{store.path}` was made by cnncalc {store.problem.version}, this is {__version__}",
            "go on with that version, or begin a new file",
        )


def check_same(asked: Problem, stored: Problem, path: str) -> None:
    """Raise `UsageError` if a store holds candidates of another problem."""
    mine, theirs = asked.as_dict(), stored.as_dict()
    names = {"text": "the text of the spec", "space": "the space", "settings": "--set"}
    differing = [
        names.get(name, name) for name in mine if mine[name] != theirs[name] and name != "source"
    ]
    if differing:
        verb = "differs" if len(differing) == 1 else "differ"
        raise UsageError(
            f"`{path}` holds another search: {' and '.join(differing)} {verb}",
            "repeat the search as it was, or begin a new file",
        )
