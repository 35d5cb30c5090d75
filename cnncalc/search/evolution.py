"""Evolution of the front: candidates are bred from the best so far, one generation at a time.

The parts of NSGA-II (Deb et al. 2002) over values by number: parents win a duel by front and then
by distance from their neighbours, children take each value from one of two parents, and values
step to a neighbour or jump anywhere. A generation follows from the seed and from the figures of
those before it, so that it is the same whoever computed them, and a search that goes on finds all
of them in the store.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from cnncalc.search.front import ranks, spread
from cnncalc.search.sampling import by_axis, mixed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnncalc.search.sampling import Sampling
    from cnncalc.search.space import Space

    Values = tuple[float, ...]

#: Candidates of a generation, and how often a child is bred anew that is there already.
POPULATION, TRIES = 100, 8
#: How often a changed value steps to a neighbour; otherwise it jumps anywhere.
STEPS = 0.7


class Evolution:
    """The generations of one search; `parents` are the best so far, the best of them first."""

    def __init__(self, space: Space, sampling: Sampling) -> None:
        self.space = space
        self.count = min(sampling.count or 20 * POPULATION, space.size)
        self.population = max(2, min(POPULATION, self.count // 4))
        self.seed = sampling.seed
        self.parents: list[int] = []
        self.known: dict[int, Values | None] = {}

    def generations(self) -> Iterator[list[int]]:
        """Yield the keys of one generation after the other; `learn` must follow each."""
        left, number = self.count, 0
        while left > 0:
            size = min(self.population, left)
            random = Random(mixed(mixed(self.seed) ^ number))
            if number == 0:
                keys = list(dict.fromkeys(by_axis(self.space, "stratified", size, self.seed)))
            else:
                keys = self.children(size, random)
            yield keys
            left, number = left - size, number + 1

    def learn(self, values: Mapping[int, Values | None]) -> None:
        """Choose the parents of the next generation, from those before and their children.

        Of candidates that break a condition only as many stay as there is room for.
        """
        self.known.update(values)
        pool = sorted({*self.parents, *values})
        fit = [key for key in pool if self.known[key] is not None]
        points = [self.known[key] or () for key in fit]
        order: list[tuple[int, float, int]] = []
        rank_of = ranks(points)
        for rank in set(rank_of):
            members = [i for i, r in enumerate(rank_of) if r == rank]
            gaps = spread([points[i] for i in members])
            order += [(rank, -gap, fit[i]) for i, gap in zip(members, gaps, strict=True)]
        best = [key for _, _, key in sorted(order)]
        best += [key for key in pool if self.known[key] is None]
        self.parents = best[: self.population]
        self.known = {key: self.known[key] for key in self.parents}

    def children(self, size: int, random: Random) -> list[int]:
        """Return the keys of a generation, as far as they can differ from their parents."""
        taken = set(self.parents)
        result = []
        for _ in range(size):
            for _ in range(TRIES):
                child = self.child(random)
                if child not in taken:
                    taken.add(child)
                    result.append(child)
                    break
        return result

    def child(self, random: Random) -> int:
        """Return a candidate bred from two parents."""
        one, other = [self.space.digits(self.parents[self.winner(random)]) for _ in range(2)]
        digits = [random.choice(pair) for pair in zip(one, other, strict=True)]
        chance = 1 / len(digits)
        changed = random.randrange(len(digits))  # one value at least, or there would be many twins
        for axis, variable in enumerate(self.space.variables):
            if axis == changed or random.random() < chance:
                digits[axis] = self.changed(digits[axis], len(variable.choices), random)
        return self.space.key(digits)

    def winner(self, random: Random) -> int:
        """Return which of two random parents stands further ahead."""
        return min(random.randrange(len(self.parents)) for _ in range(2))

    def changed(self, digit: int, count: int, random: Random) -> int:
        """Return another value's number: a neighbour's, or any."""
        if random.random() >= STEPS:
            return random.randrange(count)
        step = random.choice((-1, 1)) * (1 + int(abs(random.gauss(0, max(1, count / 20)))))
        return min(max(digit + step, 0), count - 1)
