"""The answer to a question about a window, in words: interval, method, and why there is none."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.solve.answer import Answer, Cell, Range, listed
from cnncalc.solve.axis import LETTERS, WindowAxis
from cnncalc.solve.window import axis_of, fixed_values, lawful_limit
from cnncalc.teaching.formula import decimal

if TYPE_CHECKING:
    from cnncalc.solve.window import WindowQuestion, WindowSolutions


def answer(found: WindowSolutions) -> Answer:
    """Return solutions as an answer, with the way in which they were found."""
    question, names = found.question, found.unknowns
    lines = reasoning(found) if found.free is not None and not found.searched else ()
    rows, columns = solution_rows(found)
    if not found.rows:
        wanted = " and ".join(names).replace("_", " ")
        summary = f"no {wanted} does it{why_none(found)}"
        return Answer(
            asked(question), summary, method(found), [], False, lines, proved=found.proved
        )
    if len(names) == 1:
        values = sorted({row[names[0]] for row in found.rows})
        name = names[0].replace("_", " ")
        if found.endless:
            step = values[-1] - values[-2]
            shown = ", ".join(map(str, values[:5]))
            summary = f"{name} {shown}, ... without end, every {step}"
        else:
            summary = f"{name} {listed(values)}"
    else:
        summary = f"{len(found.rows)} solutions" if len(found.rows) > 1 else "one solution"
    value = [{name: row[name] for name in names} for row in found.rows]
    return Answer(asked(question), summary, method(found), value, True, lines, columns, rows)


def method(found: WindowSolutions) -> str:
    """Return in words how the solutions were found, and within which bounds."""
    question, parts = found.question, []
    if found.free is not None:
        span = question.range_of(found.free)
        bound = f", within {span}" if span.stated else ""
        parts.append(f"{found.free.replace('_', ' ')} by interval reasoning{bound}")
    if found.searched:
        ranges = [f"{n.replace('_', ' ')} {question.range_of(n)}" for n in found.searched]
        parts.append("search over " + ", ".join(ranges))
    if lawful_limit(question, fixed_values(question), found.free or "") is not None:
        half = "half the kernel" if question.kind == "pool" else "the window's extent - 1"
        parts.append(f"padding up to {half}")
    return "; ".join(parts)


def solution_rows(found: WindowSolutions) -> tuple[tuple[tuple[Cell, ...], ...], tuple[str, ...]]:
    """Return a row for each solution: the unknowns, the output, and what is left over."""
    question = found.question
    pair = question.axes()[0]
    plain = question.transposed or question.same
    table = []
    for row in found.rows:
        axis = axis_of(question, row, pair)
        out = axis.result(axis.known) or 0
        cells: tuple[Cell, ...] = (*[row[name] for name in found.unknowns], out)
        if not plain:
            left = axis.room(axis.known) - (out - 1) * axis.known["stride"]
            fit = (
                "exactly" if left == 0 else f"{left} left over" if left > 0 else "part of a window"
            )
            cells = (*cells, fit)
        table.append(cells)
    columns = [name.replace("_", " ") for name in found.unknowns]
    return tuple(table), (*columns, "output", *(() if plain else ("fit",)))


def why_none(found: WindowSolutions) -> str:
    """Return why there is no solution, in words."""
    question = found.question
    if found.searched:
        return " in these ranges"
    if found.free != "padding" or question.kind != "conv":
        return ""
    if question.outputs is None:
        return uneven_fit(question)
    # The asymmetric padding that does what no symmetric one can, if there is one.
    known, totals = fixed_values(question), set()
    for length, out in question.axes():
        extent = known["dilation"] * (known["kernel"] - 1) + 1
        totals.add((out or 0) * known["stride"] - known["stride"] + extent - (length or 0))
    total = totals.pop()
    if total > 0 and total % 2 and not totals:
        return f"; padding of {total // 2} before and {total - total // 2} after would"
    return ""


def uneven_fit(question: WindowQuestion) -> str:
    """Return the smallest uneven padding with which the window fits exactly."""
    known = fixed_values(question)
    extent = known["dilation"] * (known["kernel"] - 1) + 1
    rests = {(extent - (length or 0)) % known["stride"] for length, _out in question.axes()}
    if len(rests) > 1:
        return ""
    total = rests.pop()
    return f"; uneven padding does, {total // 2} before and {total - total // 2} after"


def asked(question: WindowQuestion) -> str:
    """Return the question in one line."""
    parts = []
    for name in ("kernel", "stride", "padding", "dilation", "output_padding"):
        if name in question.choices:
            value = question.choices[name]
            parts.append(f"{LETTERS[name]} = {'?' if isinstance(value, Range) else value}")
    if question.same:
        parts.append("SAME padding")
    if question.tied:
        parts.append("S = K")
    given = "?" if isinstance(question.inputs, Range) else "x".join(map(str, question.inputs))
    wanted = "an exact fit" if question.outputs is None else "x".join(map(str, question.outputs))
    rounding = "" if question.transposed or question.outputs is None else f" ({question.rounding})"
    return f"{question.kind.replace('_', ' ')}, {', '.join(parts)}: {given} -> {wanted}{rounding}"


def reasoning(found: WindowSolutions) -> tuple[str, ...]:
    """Return in words the interval of the one unknown, for each axis."""
    name, lines = found.free or "", []
    fixed = {k: v for k, v in fixed_values(found.question).items() if k != name}
    for pair in found.question.axes():
        lines += axis_reasoning(axis_of(found.question, fixed, pair), name)
    return tuple(dict.fromkeys(lines))


def axis_reasoning(axis: WindowAxis, name: str) -> list[str]:
    """Return the interval of one unknown along one axis in words."""
    letter, out = LETTERS[name], axis.output
    if axis.same:
        return [f"under SAME padding the output is ⌈W/S⌉{'' if out is None else f' = {out}'}"]
    if name == "stride" and not axis.transposed:
        room = axis.room({**axis.known, "stride": 1})
        travel = f"the window can travel W - E + 2·P = {room}"
        if axis.rounding == "strict" or out is None:
            return [f"{travel}, and S must be a divisor of it"]
        return [f"{travel}, and {out - 1}·S ≤ {room} < {out}·S"]
    a, b = axis.affine(name)
    travel = affine_text(a, b, letter)
    stride = axis.known.get("stride", 1)
    if axis.transposed:
        return [
            f"O = (W - 1)·S - 2·P + E + A = {travel} = {out}",
            *quotient(out or 0, a, b, letter),
        ]
    if out is None:
        return [f"W - E + 2·P = {travel} must be a multiple of S = {stride}, and not below 0"]
    lo, hi = axis.bounds(stride)
    if axis.rounding == "strict":
        return [f"W - E + 2·P = {travel} = (O - 1)·S = {lo}", *quotient(lo, a, b, letter)]
    if axis.rounding == "ceil":
        return [f"W - E + 2·P = {travel} lies in {lo} to {hi}, and each is tried"]
    return [f"{lo} = (O - 1)·S ≤ W - E + 2·P = {travel} ≤ O·S - 1 = {hi}"]


def affine_text(a: int, b: int, letter: str) -> str:
    """Return `a + b * letter` as it is written: `27 + 2·P`, `33 - K`."""
    if b == 0:
        return str(a)
    term = letter if abs(b) == 1 else f"{abs(b)}·{letter}"
    if a == 0:
        return term if b > 0 else f"-{term}"
    return f"{term} {'+' if a > 0 else '-'} {abs(a)}" if b > 0 else f"{a} - {term}"


def quotient(wanted: int, a: int, b: int, letter: str) -> list[str]:
    """Return the one real solution of `a + b x = wanted`, in words."""
    if b == 0:
        return []
    value = Fraction(wanted - a, b)
    end = "" if value.denominator == 1 else ", which is not whole"
    return [f"so {letter} = {decimal(value)}{end}"]
