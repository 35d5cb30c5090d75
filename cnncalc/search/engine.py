"""The search itself: draws are cut into chunks, workers answer them, the store keeps the answers.

The store alone remembers what was done. So a search that goes on is a search that begins: what it
draws and finds in the store is not computed again.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.search.evaluate import Evaluator, evaluate_chunk
from cnncalc.search.evolution import Evolution
from cnncalc.search.sampling import Until, drawn
from cnncalc.search.workers import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cnncalc.search.problem import SearchQuestion
    from cnncalc.search.sampling import Sampling
    from cnncalc.search.store import Store
    from cnncalc.search.workers import Workers

    Advance = Callable[[float], None]

CHUNK = 200


class Counts(NamedTuple):
    """How many candidates were computed, and how many the store had already."""

    computed: int = 0
    stored: int = 0

    def plus(self, other: Counts) -> Counts:
        """Return the sums."""
        return Counts(self.computed + other.computed, self.stored + other.stored)


class Search:
    """One question about one problem, its store, and the workers that answer it."""

    def __init__(
        self,
        ask: Evaluator,
        question: SearchQuestion,
        store: Store,
        pool: Workers,
        chunk: int = CHUNK,
    ) -> None:
        self.problem = store.problem
        self.question = question
        self.ask = ask
        self.store = store
        self.pool = pool
        self.chunk = chunk
        self.flying: set[int] = set()
        self.stored = 0
        store.ask(question, ask.columns)

    def run(self, sampling: Sampling, advance: Advance) -> Counts:
        """Answer the question for every candidate of a sample; `advance` is called with numbers.

        Raises what `workers.finished` raises; what was answered until then is in the store.
        """
        if sampling.passing is not None:
            return self.until(Until(self.problem.space, sampling), advance)
        if sampling.method != "evolve":
            return self.answer(drawn(self.problem.space, sampling), advance)
        total = Counts()
        evolution = Evolution(self.problem.space, sampling)
        for keys in evolution.generations():
            total = total.plus(self.answer(keys, advance))
            evolution.learn(self.values(keys))
        return total

    def until(self, draws: Until, advance: Advance) -> Counts:
        """Answer the question until so many candidates pass; these alone count as progress."""
        total = Counts()
        for keys in draws.generations():
            before = len(draws.passed)
            total = total.plus(self.answer(keys, lambda _: None))
            draws.learn(self.values(keys))
            advance(len(draws.passed) - before)
        return total

    def answer(self, keys: Iterable[int], advance: Advance) -> Counts:
        """Answer the question for some candidates."""
        computed = 0
        self.stored = 0
        for _place, results in finished(self.pool, evaluate_chunk, self.tasks(keys, advance)):
            self.store.add(results)
            self.flying.difference_update([result.key for result in results])
            computed += len(results)
            advance(len(results))
        return Counts(computed, self.stored)

    def tasks(self, keys: Iterable[int], advance: Advance) -> Iterator[tuple[Any, ...]]:
        """Yield what is left to compute, in chunks."""
        for block in batched(keys, self.chunk):
            work = self.unanswered([key for key in dict.fromkeys(block) if key not in self.flying])
            self.stored += len(block) - len(work)
            advance(len(block) - len(work))
            if work:
                self.flying.update([key for key, _figures in work])
                yield self.problem, self.question, work

    def unanswered(self, keys: Sequence[int]) -> list[tuple[int, dict[str, Any]]]:
        """Return the candidates that must be computed, with what is known of them.

        Those that were finished under another question, and say enough for this one, are judged
        here and now.
        """
        known = self.store.known(keys)
        work: list[tuple[int, dict[str, Any]]] = []
        judged = []
        for key in keys:
            if key not in known:
                work.append((key, {}))
                continue
            result, is_answered = known[key]
            if is_answered:
                continue
            verdict = self.ask.judge(result)
            if verdict is None:
                work.append((key, result.figures))
            else:
                judged.append(result._replace(verdict=verdict))
        self.store.add(judged)
        return work

    def values(self, keys: Sequence[int]) -> dict[int, tuple[float, ...] | None]:
        """Return the objectives of answered candidates; None where a condition does not hold."""
        return {key: self.ask.values(result) for key, (result, _) in self.store.known(keys).items()}


def batched(keys: Iterable[int], size: int) -> Iterator[list[int]]:
    """Yield lists of so many keys; the last may be shorter."""
    iterator = iter(keys)
    while block := list(islice(iterator, size)):
        yield block
