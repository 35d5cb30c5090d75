"""One candidate: its network is made only if a formula asks for it, and no further than that."""

from __future__ import annotations

import gc
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc import __version__
from cnncalc.analysis.walk import analyze
from cnncalc.diagnostics import LayerError, SpecError, UsageError
from cnncalc.language.expressions import ExpressionError
from cnncalc.search.figures import Measured
from cnncalc.search.formulas import constraints, objective, option_place
from cnncalc.search.names import FormulaName, Names
from cnncalc.search.networks import Networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cnncalc.graph import Graph
    from cnncalc.language.document import Document
    from cnncalc.search.formulas import CompiledFormula, Place
    from cnncalc.search.problem import Problem, SearchQuestion

#: Figures of every candidate that passes: so each of them is known to be a network.
ALWAYS = ("net.params", "net.macs")
#: What the store has where a figure was asked for and is not known, or no number.
UNKNOWN = "unknown"


class Verdict(NamedTuple):
    """What a question makes of a candidate: the objectives' values if all conditions hold.

    Otherwise `failed` is the number of the condition that does not hold, or `unknown` says what
    cannot be known of it.
    """

    values: tuple[float, ...] | None = None
    failed: int | None = None
    unknown: str | None = None


class Result(NamedTuple):
    """What is known of a candidate: why it is no network, or figures by name and the verdict.

    A figure that nobody asked for yet is missing; one that cannot be known is `UNKNOWN`.
    """

    key: int
    error: str | None
    figures: dict[str, Any]
    verdict: Verdict = Verdict()


class NotComputed(Exception):
    """A figure was asked for that has not been computed."""


class NoFigure(Exception):
    """A figure has no value in this network."""


class NoNetwork(Exception):
    """The values make no network."""


class VersionError(UsageError):
    """A worker runs another version of cnncalc than the search."""


class Candidate:
    """One candidate while it is looked at; figures are computed when a formula reads them."""

    def __init__(self, makes: Networks, key: int, known: Mapping[str, Any]) -> None:
        self.makes = makes
        self.key = key
        self.figures = dict(known)
        self._document: Document | None = None
        self._measured: Measured | None = None

    @property
    def document(self) -> Document:
        """The spec under its options."""
        if self._document is None:
            try:
                options = self.makes.options(self.makes.problem.space.texts(self.key))
            except UsageError as error:
                raise NoNetwork(error.message) from None
            self._document = self.makes.recipe.document(options)
        return self._document

    def value_of(self, name: FormulaName) -> Any:
        """Return a figure or parameter; raises `NoFigure` or `NoNetwork`."""
        if name.is_parameter:
            return self.parameter(name.figure)
        found = self.figures.get(name.text)
        if found is None:
            measured = self.measured
            try:
                value = name.of(measured)
            except SpecError:  # a convention that has no rule for one of the layers
                value = None
            found = self.figures[name.text] = UNKNOWN if value is None else value
        if found == UNKNOWN:
            raise NoFigure(name.text)
        return found

    def parameter(self, name: str) -> Any:
        """Return one of the spec's parameters."""
        try:
            return self.document.parameters()[name]
        except SpecError as error:
            raise NoNetwork(in_a_line(error)) from None

    @property
    def measured(self) -> Measured:
        """The network with its figures."""
        if self._measured is None:
            problem = self.makes.problem
            try:
                graph = self.document.graph()
                self._measured = Measured(analyze(graph, problem.batch, problem.dtype))
            except SpecError as error:
                raise NoNetwork(in_a_line(error)) from None
        return self._measured


class Known:
    """A candidate that is known only as the store has it; raises `NotComputed` for the rest."""

    def __init__(self, makes: Networks, key: int, figures: Mapping[str, Any]) -> None:
        self.candidate = Candidate(makes, key, {})
        self.figures = figures

    def value_of(self, name: FormulaName) -> Any:
        """Return a figure or parameter."""
        if name.is_parameter:
            return self.candidate.parameter(name.figure)
        found = self.figures.get(name.text)
        if found is None:
            raise NotComputed(name.text)
        if found == UNKNOWN:
            raise NoFigure(name.text)
        return found


class Evaluator:
    """Answers one question about the candidates of one problem.

    `places` says where its formulas stand; those that are not there came from options.
    """

    def __init__(
        self, problem: Problem, question: SearchQuestion, places: Mapping[str, Place] | None = None
    ) -> None:
        self.makes = Networks(problem)
        names = self.names = Names(self.makes.names("parameters"), self.samples())
        places = places or {}
        self.conditions: list[CompiledFormula] = constraints(
            [(text, places.get(text) or option_place("--where", text)) for text in question.where],
            names,
        )
        self.objectives = [
            objective(text, names, places.get(text) or option_place("--pareto", text))
            for text in question.objectives
        ]
        self.others = [found(names, text) for text in (*ALWAYS, *question.figures)]
        read = [name for f in (*self.conditions, *self.objectives) for name in f.names.values()]
        asked = {name.text: name for name in (*read, *self.others) if not name.is_parameter}
        self.columns = tuple(sorted(asked))

    def samples(self) -> list[Graph]:
        """Return the networks of the first and the last candidate, as far as there are any.

        Raises `SpecError` if even the spec as it stands is faulty.
        """
        graphs = []
        space, fault = self.makes.problem.space, None
        for key in (0, space.size - 1):
            try:
                graphs.append(self.makes.graph(self.makes.options(space.texts(key))))
            except SpecError as error:
                fault = fault or error
        if fault is not None and not graphs:
            self.makes.graph(self.makes.base(self.makes.problem.variant))
        return graphs

    def evaluate(self, key: int, known: Mapping[str, Any] = {}) -> Result:
        """Return what is known of a candidate after the question was put to it."""
        candidate = Candidate(self.makes, key, known)
        try:
            verdict = self.verdict(candidate.value_of)
            if verdict.values is not None:
                for name in self.others:
                    with suppress(NoFigure):
                        candidate.value_of(name)
        except NoNetwork as error:
            return Result(key, str(error), {})
        return Result(key, None, candidate.figures, verdict)

    def judge(self, result: Result) -> Verdict | None:
        """Return what the question makes of a stored result; None if it must be computed first."""
        if result.error is not None:
            return Verdict()
        known = Known(self.makes, result.key, result.figures)
        try:
            verdict = self.verdict(known.value_of)
            if verdict.values is not None:
                for name in self.others:
                    if not name.is_parameter and name.text not in result.figures:
                        return None
        except (NotComputed, NoNetwork):
            return None
        return verdict

    def values(self, result: Result) -> tuple[float, ...] | None:
        """Return the objectives of an answered candidate; None where a condition does not hold."""
        verdict = result.verdict
        if result.error is not None or verdict.failed is not None or verdict.unknown is not None:
            return None
        known = Known(self.makes, result.key, result.figures)
        return tuple([objective.evaluate(known.value_of) for objective in self.objectives])

    def verdict(self, value_of: Callable[[FormulaName], Any]) -> Verdict:
        """Put the conditions, cheapest first, then the objectives."""
        try:
            for number, condition in enumerate(self.conditions):
                if not condition.evaluate(value_of):
                    return Verdict(failed=number)
            values = [objective.evaluate(value_of) for objective in self.objectives]
            for value in values:
                if not isinstance(value, (int, float)):
                    return Verdict(unknown=f"an objective is no number: {value}")
        except NoFigure as error:
            return Verdict(unknown=f"`{error}` is not known")
        except ExpressionError as error:
            return Verdict(unknown=error.message)
        return Verdict(tuple(values))


def found(names: Names, text: str) -> FormulaName:
    """Return a figure that is to be kept; raises `UsageError`."""
    try:
        return names.find(text)
    except LookupError as error:
        raise UsageError(*error.args) from None


def in_a_line(error: SpecError | LayerError) -> str:
    """Return an error in one line: the layer, and what is wrong."""
    if isinstance(error, LayerError):
        return error.message
    first = error.diagnostics[0]
    return f"{first.node}: {first.message}" if first.node else first.message


@lru_cache(maxsize=4)
def evaluator(problem: Problem, question: SearchQuestion) -> Evaluator:
    """Return the evaluator of a problem, made once in a process."""
    return Evaluator(problem, question)


def evaluate_chunk(
    problem: Problem, question: SearchQuestion, chunk: Iterable[tuple[int, Mapping[str, Any]]]
) -> list[Result]:
    """Return the results of some candidates: what a worker does.

    Raises `VersionError` where the worker's cnncalc is not the search's.
    """
    if problem.version != __version__:
        raise VersionError(
            f"a worker runs cnncalc {__version__}, the search {problem.version}",
            "install the same version on all workers",
        )
    ask = evaluator(problem, question)
    collecting = gc.isenabled()
    gc.disable()  # to look through all that is kept took a quarter of the time
    try:
        return [ask.evaluate(key, known) for key, known in chunk]
    finally:
        gc.collect(1)  # what this chunk has left, no more
        if collecting:
            gc.enable()
