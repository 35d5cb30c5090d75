"""The answer to an inverse question: all solutions, how they were found, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cnncalc.diagnostics import UsageError, quoted

Cell: TypeAlias = "int | str | float | None"


@dataclass(frozen=True)
class Answer:
    """What `solve` found.

    `summary` answers in a sentence; `method` says how: interval reasoning or search, and over
    which range. `lines` are the reasoning. `rows` are the solutions under `columns`; `value` is
    the answer as a program wants it. Without a solution `found` is False and `summary` says why;
    `proved` says that there is none at all, and not only none where it was looked for.
    """

    question: str
    summary: str
    method: str
    value: object
    found: bool = True
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()
    proved: bool = True


@dataclass(frozen=True)
class Range:
    """An unknown integer and where to look for it; `hi` None has no end.

    `stated` says that the range was typed, not a default.
    """

    lo: int
    hi: int | None
    stated: bool = False

    def __contains__(self, value: int) -> bool:
        return self.lo <= value and (self.hi is None or value <= self.hi)

    def __str__(self) -> str:
        return f"{self.lo}..{self.hi}" if self.hi is not None else f"from {self.lo}"


Choice: TypeAlias = int | Range

#: What stands for an unknown: `any`, because shells take a bare `?` for a file name.
OPEN = ("any", "?")


def parse_choice(text: str | None, default: Choice, unknown: Range, what: str) -> Choice:
    """Return a number, or a range for `any` (the default one) and `2..8`; raises `UsageError`."""
    if text is None:
        return default
    text = text.strip()
    if text in OPEN:
        return unknown
    low, dots, high = text.partition("..")
    parts = [low, high] if dots else [low]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise UsageError(
            f"{what} cannot be {quoted(text)}", f"write {what} 3, {what} any or {what} 1..8"
        )
    if not dots:
        if int(low) < unknown.lo:
            raise UsageError(f"{what} cannot be {low}", f"it begins at {unknown.lo}")
        return int(low)
    if int(low) > int(high) or int(low) < unknown.lo:
        below = int(low) < unknown.lo
        why = f"begins below {unknown.lo}" if below else "ends below its beginning"
        raise UsageError(f"the range {quoted(text)} of {what} {why}", f"write {what} 1..8")
    return Range(int(low), int(high), stated=True)


def listed(numbers: list[int], most: int = 12) -> str:
    """Return numbers in words, runs of neighbours as `3 to 9`, long lists cut."""
    if not numbers:
        return "none"
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    parts = []
    for lo, hi in runs:
        parts += (
            [f"{lo}"] if lo == hi else [f"{lo}", f"{hi}"] if hi == lo + 1 else [f"{lo} to {hi}"]
        )
    if len(parts) > most:
        return ", ".join(parts[: most - 1]) + f", ... {parts[-1]}"
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
