"""Which candidates are tried, in which order: found from the seed alone, whoever computes them.

Candidate number k of a sample follows from the seed and k: no list of what was drawn is kept, and
a search that goes on draws the same candidates again without having counted along.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cnncalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnncalc.search.space import Space

AT_ONCE = 5000  # draws of a round at most
METHODS = ("grid", "uniform", "log-uniform", "stratified", "evolve")
MASK = 2**64 - 1


#: How many candidates are drawn at most for each one that is to pass.
PATIENCE = 1000


class Sampling(Record):
    """How candidates are chosen: a method, how many (None: all of the grid), and the seed.

    With `passing` candidates are drawn until so many pass, `count` at most.
    """

    method: str = "grid"
    count: int | None = None
    seed: int = 0
    passing: int | None = None


class Until:
    """Draws of a sample, as many at a time as are still to pass: so no more pass than wanted."""

    def __init__(self, space: Space, sampling: Sampling) -> None:
        wanted = sampling.passing or 0
        self.most = sampling.count or wanted * PATIENCE
        self.keys = drawn(space, sampling.replace(count=self.most))
        self.wanted = wanted
        self.passed: set[int] = set()

    def generations(self) -> Iterator[list[int]]:
        """Yield the keys of one round after the other; `learn` must follow each."""
        while keys := list(islice(self.keys, min(self.wanted - len(self.passed), AT_ONCE))):
            yield keys

    def learn(self, values: Mapping[int, object | None]) -> None:
        """Count those that pass: they have objectives, if only none."""
        self.passed.update([key for key, found in values.items() if found is not None])


def mixed(number: int) -> int:
    """Return 64 bits that look random, from a number (splitmix64, Steele et al. 2014)."""
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def share(seed: int, index: int, axis: int) -> float:
    """Return a number from 0 to below 1 for one draw along one axis."""
    return (mixed(mixed(mixed(seed) ^ index) ^ axis) >> 11) / 2**53


class Shuffle:
    """The numbers below `count` in a random order, each found without the others.

    A Feistel network of four rounds over the next even number of bits; what falls beyond `count`
    goes through it again (Black & Rogaway 2002, cycle walking).
    """

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self.half = max(1, ((count - 1).bit_length() + 1) // 2)
        self.mask = (1 << self.half) - 1
        self.keys = [mixed(mixed(seed) ^ turn) for turn in range(4)]

    def __call__(self, number: int) -> int:
        """Return the number at a place of the order."""
        half, mask = self.half, self.mask
        while True:
            left, right = number >> half, number & mask
            for key in self.keys:
                left, right = right, left ^ (mixed(key ^ right) & mask)
            number = left << half | right
            if number < self.count:
                return number


def drawn(space: Space, sampling: Sampling) -> Iterator[int]:
    """Yield the keys of a sample in order; all methods but `evolve`, which needs the figures.

    Uniform draws of the grid never repeat; draws by logarithms or by strata can.
    """
    size, seed = space.size, sampling.seed
    count = size if sampling.count is None else sampling.count
    method = sampling.method
    if method == "grid":
        yield from range(min(count, size))
    elif method == "uniform" and not any(variable.log for variable in space.variables):
        order = Shuffle(size, seed)
        yield from (order(index) for index in range(min(count, size)))
    else:
        yield from by_axis(space, method, count, seed)


def by_axis(space: Space, method: str, count: int, seed: int) -> Iterator[int]:
    """Yield keys drawn along each axis for itself.

    Stratified: every axis is cut into as many strata as there are draws, and each stratum is
    drawn from once (Latin hypercube, McKay et al. 1979).
    """
    axes = range(len(space.variables))
    log = method == "log-uniform"
    strata = [Shuffle(count, mixed(seed) ^ axis) for axis in axes]
    for index in range(count):
        digits = []
        for axis, variable in enumerate(space.variables):
            at = share(seed, index, axis)
            if method == "stratified":
                at = (strata[axis](index) + at) / count
            digits.append(variable.at(at, log))
        yield space.key(digits)
