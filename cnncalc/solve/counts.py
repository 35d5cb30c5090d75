"""Filters, channels, kernels and groups that give a wanted number of parameters or MACs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError
from cnncalc.layers import layer_class
from cnncalc.solve.answer import Answer, Choice, Range, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.quantities import Shape

ORDER = ("kernel", "groups", "channels", "filters")
MOST = 2000


@dataclass(frozen=True)
class CountQuestion:
    """A convolution: some sizes are unknown, and its params or MACs are known.

    `positions` are the output lengths, needed for MACs.
    """

    rank: int
    kernel: Choice
    filters: Choice
    channels: Choice
    groups: Choice = 1
    bias: bool = True
    params: int | None = None
    macs: int | None = None
    positions: Shape = ()

    def unknowns(self) -> list[str]:
        """Return the variables to solve for."""
        return [name for name in ORDER if isinstance(getattr(self, name), Range)]


def solve_counts(question: CountQuestion) -> Answer:
    """Return all sizes that give the wanted counts; each is checked with the layer itself.

    Raises `UsageError` without an unknown or without a count.
    """
    names = question.unknowns()
    if not names:
        raise UsageError(
            "nothing is unknown", "write any for what to solve for, such as --filters any"
        )
    if question.macs is not None and not question.positions and question.params is None:
        raise UsageError("MACs depend on the output's size", "add --output-size 28x28 or --params")
    free = names[-1] if names[-1] in ("channels", "filters") else None
    rows = [values for values in candidates(question, names, free) if holds(question, values)]
    targets = [
        f"{n} = {v:,}" for n, v in (("params", question.params), ("macs", question.macs)) if v
    ]
    asked = f"conv with {' and '.join(targets)}: {', '.join(names)} = ?"
    searched = [f"{n} {getattr(question, n)}" for n in names if n != free]
    method = f"{free} by division" if free else ""
    if searched:
        method = "; ".join(part for part in (method, "search over " + ", ".join(searched)) if part)
    if not rows:
        return Answer(
            asked,
            f"no {' and '.join(names)} gives that",
            method,
            [],
            False,
            reasons(question, names),
        )
    summary = (
        f"{names[0]} {listed(sorted({row[names[0]] for row in rows}))}"
        if len(names) == 1
        else f"{len(rows)} solutions"
    )
    value = [{name: row[name] for name in names} for row in rows]
    cells = tuple(tuple(row[name] for name in names) for row in rows)
    return Answer(
        asked, summary, method, value, True, reasons(question, names), tuple(names), cells
    )


def candidates(
    question: CountQuestion, names: list[str], free: str | None
) -> Iterator[dict[str, int]]:
    """Yield values that may do: the searched ones in their ranges, the free one by division."""
    values = {n: getattr(question, n) for n in ORDER if n not in names}

    def extend(known: dict[str, int], rest: list[str]) -> Iterator[dict[str, int]]:
        if not rest:
            yield known
            return
        name, *others = rest
        span: Range = getattr(question, name)
        if name == free:
            found = divided(question, known, name)
            if found is not None and found in span:
                yield {**known, name: found}
            return
        for value in range(span.lo, (span.hi or span.lo) + 1):
            yield from extend({**known, name: value}, others)

    yield from extend(values, names)


def divided(question: CountQuestion, known: dict[str, int], name: str) -> int | None:
    """Return the one value of filters or channels that could give the counts, None if none can."""
    taps = known["kernel"] ** question.rank
    positions = 1
    for length in question.positions:
        positions *= length
    if name == "filters":
        each = taps * (known["channels"] // known["groups"])
        if question.params is not None:
            each, total = each + question.bias, question.params
        else:
            each, total = each * positions, question.macs or 0
        return total // each if each and total % each == 0 else None
    if question.params is not None:
        total = question.params - known["filters"] * question.bias
        each = known["filters"] * taps
    else:
        total, each = question.macs or 0, known["filters"] * taps * positions
    scaled = total * known["groups"]
    return scaled // each if scaled > 0 and scaled % each == 0 else None


def holds(question: CountQuestion, values: dict[str, int]) -> bool:
    """Return whether a convolution of these sizes has the wanted counts."""
    channels, groups = values["channels"], values["groups"]
    if channels < 1 or values["filters"] < 1 or channels % groups or values["filters"] % groups:
        return False
    make: Any = layer_class("conv")
    layer = make(
        out_channels=values["filters"], kernel_size=values["kernel"], groups=groups,
        bias=question.bias,
    )  # fmt: skip
    shape = (channels, *[values["kernel"]] * question.rank)
    params = sum(array.count for array in layer.params((shape,)))
    output = (values["filters"], *(question.positions or (1,) * question.rank))
    macs = layer.op_count((shape,), output).macs
    return question.params in (None, params) and question.macs in (None, macs)


def reasons(question: CountQuestion, names: list[str]) -> tuple[str, ...]:
    """Return the equation that is solved, in symbols."""
    taps = "·".join(["K"] * question.rank)
    channels = "C_in" if question.groups == 1 else "(C_in/G)"
    bias = " + 1" if question.bias else ""
    lines = []
    if question.params is not None:
        lines.append(f"({taps}·{channels}{bias})·C_out = {question.params:,}")
    if question.macs is not None:
        lines.append(f"{taps}·{channels}·C_out·positions = {question.macs:,}")
    if names == ["filters"] and question.params is not None and isinstance(question.kernel, int):
        each = question.kernel**question.rank
        if isinstance(question.channels, int) and isinstance(question.groups, int):
            each = each * (question.channels // question.groups) + question.bias
            lines.append(f"C_out = {question.params:,}/{each:,} = {question.params / each:,.6g}")
    return tuple(lines)
