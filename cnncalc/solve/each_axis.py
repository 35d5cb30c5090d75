"""A window whose axes need different values: each axis by itself, where no value does for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError
from cnncalc.solve.answer import Answer, Cell, listed
from cnncalc.solve.window import MOST, solve_window
from cnncalc.solve.window_words import answer, asked, method, reasoning, why_none

if TYPE_CHECKING:
    from cnncalc.solve.window import WindowQuestion, WindowSolutions

AXES = (("length",), ("height", "width"), ("depth", "height", "width"))
#: Combinations of the axes' own solutions that are looked at for the plainest ones.
MOST_COMBINATIONS = 20_000


@dataclass(frozen=True)
class AxisSolutions:
    """The solutions of each axis alone: its name, the question of that axis, what solves it."""

    names: tuple[str, ...]
    questions: tuple[WindowQuestion, ...]
    found: tuple[WindowSolutions, ...]

    def combined(self) -> list[dict[str, tuple[int, ...]]]:
        """Return what may be given per axis: unknowns that agree and small values come first."""
        unknowns = self.found[0].unknowns
        pairs = product(*[one.rows for one in self.found])
        rows = [
            {name: tuple(row[name] for row in rows) for name in unknowns}
            for rows in islice(pairs, MOST_COMBINATIONS)
        ]

        def plainness(row: dict[str, tuple[int, ...]]) -> tuple[int, int]:
            return sum(len(set(v)) > 1 for v in row.values()), sum(map(sum, row.values()))

        return sorted(rows, key=plainness)[:MOST]


def window_answer(question: WindowQuestion) -> Answer:
    """Return the answer for all axes: one value for all where there is one, else one per axis.

    Raises `UsageError` for a question without an unknown, or with too many.
    """
    if len(question.axes()) == 1:
        return answer(solve_window(question))
    if "input" not in question.unknowns():  # lengths are each axis's own
        common = answer(solve_window(question))
        if common.found:
            return replace(common, summary=f"{common.summary}, the same along every axis")
    return each_answer(question, axis_by_axis(question))


def axis_by_axis(question: WindowQuestion) -> AxisSolutions:
    """Return what solves each axis alone."""
    own = []
    for length, out in question.every_axis():
        inputs = question.inputs if length is None else (length,)
        own.append(replace(question, inputs=inputs, outputs=None if out is None else (out,)))
    if len(own) > len(AXES):
        raise UsageError(f"{len(own)} axes are too many", "give one to three")
    return AxisSolutions(AXES[len(own) - 1], tuple(own), tuple([solve_window(one) for one in own]))


def each_answer(question: WindowQuestion, own: AxisSolutions) -> Answer:
    """Return what each axis needs, in words; or which axis nothing solves."""
    unknowns = own.found[0].unknowns
    wanted = " and ".join(unknowns).replace("_", " ")
    lines = [line for axis, one in zip(own.names, own.found, strict=True)
             for line in axis_lines(axis, one)]  # fmt: skip
    for axis, one in zip(own.names, own.found, strict=True):
        if not one.rows:
            summary = f"no {wanted} does it along the {axis}{why_none(one)}"
            return Answer(
                asked(question), summary, method(one), [], False, tuple(lines), proved=one.proved
            )
    rows = own.combined()
    first = ", ".join(f"{n.replace('_', ' ')} {per_axis(rows[0][n])}" for n in unknowns)
    more = len(rows) - 1
    summary = first + (f", the first of {len(rows)} solutions" if more else "")
    if "input" not in unknowns:
        summary += f"; no one {wanted} does it along every axis"
    table: list[tuple[Cell, ...]] = [tuple([per_axis(row[n]) for n in unknowns]) for row in rows]
    return Answer(
        asked(question), summary, "; ".join(dict.fromkeys(method(one) for one in own.found)),
        [{name: list(values) for name, values in row.items()} for row in rows], True,
        tuple(lines), tuple([n.replace("_", " ") for n in unknowns]), tuple(table),
    )  # fmt: skip


def per_axis(values: tuple[int, ...]) -> str:
    """Return values as they are typed: `2x1`, or one number where all axes agree."""
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def axis_lines(axis: str, found: WindowSolutions) -> list[str]:
    """Return the reasoning along one axis, and what it leaves."""
    [(length, out)] = found.question.axes()
    head = f"{axis} {'?' if length is None else length} -> {'an exact fit' if out is None else out}"
    if len(found.unknowns) > 1 or found.free is None:
        return [f"{head}: {len(found.rows)} solutions"]
    values = [row[found.unknowns[0]] for row in found.rows]
    name = found.unknowns[0].replace("_", " ")
    steps = [f"{head}: {line}" for line in reasoning(found)]
    return [*steps, f"{head}: {name} {listed(values)}" + (", ... without end" * found.endless)]
