"""Budgets: the largest batch that fits in memory, the largest parameter that a network affords."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.amounts import count
from cnncalc.analysis.memory import measure
from cnncalc.analysis.unknown import refuse_unknown
from cnncalc.analysis.walk import Analysis, analyze
from cnncalc.diagnostics import SpecError, UsageError, quoted
from cnncalc.quantities import OPERATIONS
from cnncalc.solve.answer import Answer
from cnncalc.teaching.explain import titled
from cnncalc.teaching.formula import decimal

if TYPE_CHECKING:
    from cnncalc.graph import Graph


def largest_batch(graph: Graph, memory: int, dtype: str, training: bool) -> Answer:
    """Return the largest batch that fits in so many bytes; exact, as memory is linear in it.

    At inference that is weights, buffers and the peak of activations; in training the estimate
    of `analysis.memory`.
    """

    refuse_unknown(
        analyze(graph), ("params", "buffers"), "nobody can say how much memory a batch leaves"
    )

    def needed(batch: int) -> int:
        amount = measure(analyze(graph, batch, dtype))
        return amount.training if training else amount.weights + amount.buffers + amount.peak

    one = needed(1)
    each = needed(2) - one
    fixed = one - each
    kind = "training" if training else "inference"
    question = f"the largest batch of {titled(graph)} for {kind} in {memory:,} bytes ({dtype})"
    method = "exact: memory is linear in the batch"
    lines = [
        f"{fixed:,} bytes are needed whatever the batch, {each:,} for each sample",
        f"⌊({memory:,} - {fixed:,})/{each:,}⌋ = {max(memory - fixed, 0) // each:,}",
    ]
    batch = (memory - fixed) // each
    if batch < 1:
        return Answer(
            question, f"not even one sample fits: that takes {one:,} bytes", method, 0, False,
            tuple(lines),
        )  # fmt: skip
    spare = memory - needed(batch)
    lines.append(f"a batch of {batch:,} leaves {spare:,} bytes, one more would need {each:,}")
    return Answer(question, f"batch {batch:,}", method, batch, True, tuple(lines))


@dataclass(frozen=True)
class Limit:
    """A bound on a figure of a network: `name` is what is counted, `most` the largest allowed."""

    name: str
    most: int
    figure: Callable[[Analysis], int]


def limits(params: str | None, macs: str | None, flops: str | None) -> list[Limit]:
    """Return the budgets that were given; raises `UsageError` for none or an unreadable one."""
    texts = {"params": params, "macs": macs, "flops": flops}
    figures: dict[str, Callable[[Analysis], int]] = {
        "params": lambda a: a.totals(False).params,
        "macs": lambda a: a.totals(False).ops.macs,
        "flops": lambda a: a.totals(False).ops.flops,
    }
    result = [
        Limit(name, count(text), figures[name]) for name, text in texts.items() if text is not None
    ]
    if not result:
        raise UsageError("there is no budget", "add --max-params 5M, --max-macs 1G or --max-flops")
    return result


def largest_parameter(
    load: Callable[[str], Graph], name: str, values: Sequence[str], budgets: Sequence[Limit]
) -> Answer:
    """Return the largest value of a spec's parameter within some budgets, all values tried.

    `load` makes the graph for a value (as text). Values that the spec refuses are listed.
    """
    rows, refused, best = [], [], None
    for value in values:
        try:
            analysis = analyze(load(value))
        except SpecError as error:
            refused.append(f"{name} {value}: {error.diagnostics[0].message}")
            continue
        counts = {"params", "macs"} & {limit.name for limit in budgets}
        if "flops" in [limit.name for limit in budgets]:
            counts.update(OPERATIONS)
        main = [i for i, node in enumerate(analysis.graph.nodes) if not node.aux]
        refuse_unknown(analysis, counts, "no budget can be kept", main)
        figures = [limit.figure(analysis) for limit in budgets]
        fits = all(f <= limit.most for f, limit in zip(figures, budgets, strict=True))
        if fits:
            best = value
        rows.append((value, *figures, "fits" if fits else "too large"))
    wanted = " and ".join(f"{limit.name} ≤ {limit.most:,}" for limit in budgets)
    question = f"the largest {name} with {wanted}"
    method = f"search over {len(values)} values, {values[0]} to {values[-1]}"
    columns = (name, *[limit.name for limit in budgets], "budget")
    notes = tuple(refused[:4])
    if best is None:
        least = rows[0] if rows else None
        why = (
            f"even {name} {least[0]} needs {least[1]:,} {budgets[0].name}" if least else "none fits"
        )
        return Answer(
            question, f"none: {why}", method, None, False, (), columns, tuple(rows), notes
        )
    around = near(rows, best)
    return Answer(question, f"{name} {best}", method, best, True, (), columns, around, notes)


def near(rows: list[tuple[str | int, ...]], best: str) -> tuple[tuple[str | int, ...], ...]:
    """Return the rows around the best value: two before it, two after it."""
    position = next(i for i, row in enumerate(rows) if row[0] == best)
    return tuple(rows[max(0, position - 2) : position + 3])


def grid(text: str) -> list[str]:
    """Return the values of `16..128:16`, `0.25..2:0.25` or `32,48,64`; raises `UsageError`."""
    values: list[str] = []
    for part in text.split(","):
        span, _, step = part.strip().partition(":")
        low, dots, high = span.partition("..")
        if not dots:
            values.append(part.strip())
            continue
        try:
            lo, hi, by = Fraction(low), Fraction(high), Fraction(step or "1")
        except ValueError:
            raise UsageError(f"{quoted(part)} is no range", "write it as 16..128:16") from None
        if by <= 0 or hi < lo or (hi - lo) / by > 10_000:
            why = "its step is not above 0" if by <= 0 else "it has more than 10,000 values"
            why = f"it ends below its beginning, {low}" if hi < lo else why
            raise UsageError(f"{quoted(part)} is no usable range: {why}", "write it as 16..128:16")
        if lo.denominator == by.denominator == 1:
            values += map(str, range(int(lo), int(hi) + 1, int(by)))
            continue
        values += [decimal(lo + by * i, 6).replace(",", "") for i in range(int((hi - lo) / by) + 1)]
    if not all(values):
        raise UsageError(f"{quoted(text)} holds an empty value", "write it as 32,48,64")
    return values
