"""Receptive fields by experiment: a NaN in some input pixels reaches exactly the units that read
them.

NaN fills the input up to some row (column, plane), or from it on; whether a unit turns NaN says
on which side of it an edge of the unit's field lies. Halving finds the edges, for all chosen units
of all layers in the same runs. Nothing here knows what was computed; `field_checks` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import product
from math import prod

import numpy as np

from cnncalc.analysis.walk import Analysis
from cnncalc.executor.execution import Executor, Step
from cnncalc.executor.weights import RandomWeights
from cnncalc.executor.workspace import Array

Shape = tuple[int, ...]
Unit = tuple[int, ...]
Span = tuple[int, int]
Targets = list[tuple[int, Unit]]
"""Units whose fields are sought: index of the node, and coordinates (one feature of a vector)."""
Progress = Callable[[int, int], None]

Slab = tuple[int, int, int]
"""All pixels whose coordinate along an axis lies from `lo` to before `hi`: `(axis, lo, hi)`."""

MOST_SAMPLES = 32
MEMORY = 256 << 20
"""Bytes that the largest outputs of one batch may take."""
MOST_KEPT = 100_000_000
"""Params up to which the weights are kept from run to run."""

CLEAN, SPOILT, UNKNOWN = 0, 1, -1


class EnoughRead(Exception):
    """No error: all that a run was made for has been seen."""


class Probe:
    """A network that runs with NaN in chosen parts of one of its inputs.

    `frozen` nodes keep the values that they have without any NaN, so that nothing passes through
    them.
    """

    def __init__(
        self, analysis: Analysis, source: int, frozen: frozenset[int] = frozenset()
    ) -> None:
        graph = analysis.graph
        self.shapes: list[Shape] = analysis.output_shapes()
        self.source = source
        self.frozen = frozen
        keep = analysis.totals().params <= MOST_KEPT
        weights = RandomWeights(graph, 0, np.float32, keep=keep)
        self.executor = Executor(graph, weights, np.float32)
        generator = np.random.default_rng(0)
        self.clean = [generator.standard_normal(self.shapes[i], np.float32) for i in graph.inputs]
        self.place = graph.inputs.index(source)
        largest = sum(sorted(map(prod, self.shapes))[-3:]) * 4
        self.batch = max(2, min(MOST_SAMPLES, MEMORY // largest))

    def run(self, slabs: Mapping[Slab, int], targets: Targets) -> dict[Slab, Array]:
        """Return for NaN in each slab which targets turn NaN.

        A slab comes with the index of the last node that it is for; the network runs so far at
        least, and targets beyond what was run are `UNKNOWN`.
        """
        by_node: dict[int, list[int]] = {}
        for at, (index, _unit) in enumerate(targets):
            by_node.setdefault(index, []).append(at)
        # Those of equal depth run together, so that early layers do not wait for late ones.
        ordered = sorted(slabs, key=lambda slab: (slabs[slab], slab))
        answers = {slab: np.full(len(targets), UNKNOWN, np.int8) for slab in ordered}
        step = self.batch - 1
        for first in range(0, len(ordered), step):
            part = ordered[first : first + step]
            self._run(part, slabs[part[-1]], targets, by_node, [answers[slab] for slab in part])
        return answers

    def _run(
        self,
        slabs: Sequence[Slab],
        last: int,
        targets: Targets,
        by_node: Mapping[int, list[int]],
        answers: list[Array],
    ) -> None:
        count = 1 + len(slabs)  # the first sample stays clean
        inputs = [np.repeat(x[None], count, axis=0) for x in self.clean]
        for sample, (axis, lo, hi) in enumerate(slabs, 1):
            where = (*[slice(None)] * (axis + 1), slice(lo, hi))
            inputs[self.place][sample][where] = np.nan

        def watch(step: Step) -> None:
            if step.index in self.frozen:
                step.output[1:] = step.output[:1]
            for at in by_node.get(step.index, ()):
                where: tuple[slice | int, ...] = (slice(1, None), *targets[at][1])
                spoilt = np.isnan(step.output[where])
                for answer, some in zip(answers, spoilt.reshape(len(answers), -1), strict=True):
                    answer[at] = SPOILT if some.any() else CLEAN
            if step.index >= last:
                raise EnoughRead

        with suppress(EnoughRead):
            self.executor.run(inputs, watch=watch)


def measured_hulls(
    probe: Probe, targets: Targets, progress: Progress | None = None
) -> list[list[Span] | None]:
    """Return the smallest rectangle around the pixels that each target reads, by experiment.

    None for units that read none.
    """
    pixels = probe.shapes[probe.source][1:]
    everything: Slab = (0, 0, pixels[0])
    deepest = max([index for index, _ in targets], default=0)
    reads = probe.run({everything: deepest}, targets)[everything] == SPOILT
    live = [target for target, some in zip(targets, reads, strict=True) if some]
    edges = []
    questions = list(product(range(len(pixels)), (False, True)))
    for done, (axis, upper) in enumerate(questions):
        tell = None
        if progress is not None:
            tell = share(progress, done, len(questions))
        edges.append(find_edges(probe, live, axis, upper, tell))
    found = iter(zip(*edges, strict=True)) if live else iter(())
    result: list[list[Span] | None] = []
    for some in reads:
        if not some:
            result.append(None)
            continue
        flat = next(found)
        result.append(list(zip(flat[::2], flat[1::2], strict=True)))
    return result


def share(progress: Progress, done: int, of: int) -> Progress:
    """Return a progress that reports one part of several."""

    def tell(finished: int, total: int) -> None:
        progress(done * total + finished, of * total)

    return tell


def find_edges(
    probe: Probe, targets: Targets, axis: int, upper: bool, progress: Progress | None
) -> list[int]:
    """Return for each target the first pixel that it reads along an axis, or the one after the
    last.

    With NaN before pixel m a unit turns NaN if it reads any pixel before m: its first is in
    `[low, high)`, whose middle is tried next. All answers of a run narrow all targets.
    """
    length = probe.shapes[probe.source][axis + 1]
    low, high = [0] * len(targets), [length] * len(targets)
    while True:
        tried: dict[Slab, int] = {}
        for (index, _unit), a, b in zip(targets, low, high, strict=True):
            if b - a > 1:
                slab = slab_to((a + b) // 2, axis, length, upper)
                tried[slab] = max(index, tried.get(slab, 0))
        if progress is not None:
            progress(sum(b - a == 1 for a, b in zip(low, high, strict=True)), len(targets))
        if not tried:
            break
        for (_, lo, hi), answers in probe.run(tried, targets).items():
            m = hi - lo
            for at, answer in enumerate(answers):
                if answer == SPOILT:
                    high[at] = min(high[at], m)
                elif answer == CLEAN:
                    low[at] = max(low[at], m)
    return [length - a for a in low] if upper else low


def slab_to(m: int, axis: int, length: int, upper: bool) -> Slab:
    """Return the first `m` pixels along an axis, or the last: counted so, both are one search."""
    return (axis, length - m, length) if upper else (axis, 0, m)
