"""One layer with a window: every kernel, stride, padding, dilation or input that does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.solve.answer import Choice, Range
from cnncalc.solve.axis import LEAST, WindowAxis

if TYPE_CHECKING:
    from cnncalc.geometry import Rounding

MOST = 2000  # solutions kept of a search
FIRST = 6  # solutions shown of an endless progression
#: The order in which unknowns are solved for: the last one by interval, the others by search.
ORDER = ("kernel", "stride", "dilation", "output_padding", "padding", "input")


@dataclass(frozen=True)
class WindowQuestion:
    """A window on one or more axes: numbers, and ranges for what is unknown.

    `inputs` holds the length of each axis, or a range that stands for all; `outputs` the wanted
    lengths, None for any that fits exactly. `tied` is a pool whose stride is its kernel.
    """

    kind: str
    inputs: tuple[int, ...] | Range
    outputs: tuple[int, ...] | None
    choices: dict[str, Choice] = field(default_factory=dict)
    rounding: Rounding = "floor"
    tied: bool = False
    same: bool = False

    @property
    def transposed(self) -> bool:
        """Whether the question is of a transposed convolution."""
        return self.kind == "conv_transpose"

    def unknowns(self) -> list[str]:
        """Return the variables to solve for, in the order of `ORDER`."""
        names = [name for name, value in self.choices.items() if isinstance(value, Range)]
        if isinstance(self.inputs, Range):
            names.append("input")
        return [name for name in ORDER if name in names]

    def range_of(self, name: str) -> Range:
        """Return where an unknown is looked for."""
        value = self.inputs if name == "input" else self.choices[name]
        return value if isinstance(value, Range) else Range(LEAST[name], None)

    def axes(self) -> list[tuple[int | None, int | None]]:
        """Return the distinct pairs of input and output length; None for what is unknown."""
        return list(dict.fromkeys(self.every_axis()))

    def every_axis(self) -> list[tuple[int | None, int | None]]:
        """Return the input and output length of each axis; None for what is unknown."""
        outputs: tuple[int | None, ...] = self.outputs or (None,)
        if isinstance(self.inputs, Range):
            return [(None, out) for out in outputs]
        if len(outputs) == 1:
            outputs = outputs * len(self.inputs)
        if len(outputs) != len(self.inputs):
            raise UsageError(
                f"the input has {len(self.inputs)} spatial axes, the output {len(outputs)}",
                "give both with the same number of axes",
            )
        return list(zip(self.inputs, outputs, strict=True))


@dataclass(frozen=True)
class WindowSolutions:
    """The solutions of a question: all variables of each, and whether more follow for ever.

    `free` is the unknown that was solved for by intervals; the others were searched.
    """

    question: WindowQuestion
    unknowns: tuple[str, ...]
    free: str | None
    rows: list[dict[str, int]]
    endless: bool

    @property
    def searched(self) -> list[str]:
        """The unknowns that were searched for within their ranges."""
        return [name for name in self.unknowns if name != self.free]

    @property
    def proved(self) -> bool:
        """Whether no other solutions exist: what was searched has the ranges of the question."""
        return all(self.question.range_of(name).stated for name in self.searched)


def solve_window(question: WindowQuestion) -> WindowSolutions:
    """Return all solutions of a question, each checked against the geometry that layers use.

    Raises `UsageError` for a question without an unknown, or with more than three.
    """
    unknowns = question.unknowns()
    if not unknowns:
        raise UsageError(
            "nothing is unknown", "write any for what to solve for, such as --padding any"
        )
    if len(unknowns) > 3:
        raise UsageError(
            f"{len(unknowns)} unknowns are too many: {', '.join(unknowns)}", "give some of them"
        )
    if "input" in unknowns and len(question.axes()) > 1:
        raise UsageError("the outputs differ along the axes", "ask for one axis at a time")
    fixed = fixed_values(question)
    free = solved_directly(question, unknowns)
    searched = [name for name in unknowns if name != free]
    rows: list[dict[str, int]] = []
    endless = False
    for values in combinations(question, searched):
        if question.tied:
            values["stride"] = values.get("kernel", fixed.get("kernel", 1))
        known = {**fixed, **values}
        if free is None:
            candidates = [known] if all_hold(question, known) else []
        else:
            found, forever = one_unknown(question, known, free)
            endless |= forever
            candidates = [{**known, free: x} for x in found]
        rows += candidates
        if len(rows) > MOST:
            raise UsageError(
                f"there are more than {MOST} solutions", "narrow the ranges, as --stride 1..3"
            )
    return WindowSolutions(question, tuple(unknowns), free, rows, endless)


def fixed_values(question: WindowQuestion) -> dict[str, int]:
    """Return the variables that are given."""
    fixed = {name: value for name, value in question.choices.items() if isinstance(value, int)}
    return {"kernel": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0} | fixed


def solved_directly(question: WindowQuestion, unknowns: list[str]) -> str | None:
    """Return the unknown that an interval gives; None where a kernel is its own stride."""
    last = unknowns[-1]
    return None if question.tied and last == "kernel" else last


def combinations(question: WindowQuestion, names: list[str]) -> Iterator[dict[str, int]]:
    """Yield all values of some unknowns within their ranges."""
    ranges = []
    for name in names:
        span = question.range_of(name)
        if span.hi is None:
            raise UsageError(f"--{name.replace('_', '-')} needs a range with an end", "write 1..8")
        ranges.append(range(span.lo, span.hi + 1))
    for values in product(*ranges):
        yield dict(zip(names, values, strict=True))


def axis_of(
    question: WindowQuestion, known: dict[str, int], pair: tuple[int | None, int | None]
) -> WindowAxis:
    """Return one axis of the question with the values known so far."""
    length, out = pair
    values = dict(known) if length is None else {**known, "input": length}
    is_pool = question.kind == "pool"
    return WindowAxis(values, out, question.rounding, question.transposed, question.same, is_pool)


def all_hold(question: WindowQuestion, known: dict[str, int]) -> bool:
    """Return whether values solve every axis, by the geometry that layers use."""
    limit = lawful_limit(question, known, "padding")
    if limit is not None and known["padding"] > limit:
        return False
    axes = [axis_of(question, known, pair) for pair in question.axes()]
    return all(axis.holds(axis.known) and fits(question, axis) for axis in axes)


def fits(question: WindowQuestion, axis: WindowAxis) -> bool:
    """Return whether a window fits exactly, where that is all that is asked."""
    if question.outputs is not None or question.same:
        return True
    return axis.room(axis.known) % axis.known["stride"] == 0


def lawful_limit(question: WindowQuestion, known: dict[str, int], name: str) -> int | None:
    """Return the largest padding that makes sense, None where the output settles it.

    A pool takes at most half its kernel. Of a convolution whose output is free a wider padding
    would only add units that see nothing, so none is looked for; one that is typed is taken.
    """
    extent = known["dilation"] * (known["kernel"] - 1) + 1
    if name != "padding" or question.same:
        return None
    if question.kind == "pool":
        return known["kernel"] // 2
    asked = question.choices.get("padding")
    open_range = isinstance(asked, Range) and not asked.stated
    return extent - 1 if question.outputs is None and open_range else None


def one_unknown(
    question: WindowQuestion, known: dict[str, int], name: str
) -> tuple[list[int], bool]:
    """Return the values of one unknown that solve all axes, and whether they never end."""
    span = question.range_of(name)
    known = {k: v for k, v in known.items() if k != name}
    sets = [axis_of(question, known, pair).solve(name) for pair in question.axes()]
    limit = None if name == "kernel" else lawful_limit(question, {**known, name: 0}, name)
    ends = [end for end in (span.hi if span.stated else None, limit) if end is not None]
    hi = min(ends) if ends else None
    endless = hi is None and all(one.endless for one in sets)
    if endless:
        hi = max(one.first for one in sets) + (FIRST - 1) * max(one.step for one in sets)
    finite = min(sets, key=lambda one: one.endless)
    found = [x for x in finite.within(span.lo, hi) if all_hold(question, {**known, name: x})]
    return found, endless
