"""A bar on a terminal while something long runs; nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(
    label: str, total: float, wanted: bool = True, rate: bool = False
) -> Iterator[Callable[[float], None]]:
    """Show a bar on standard error if it is a terminal; the value advances it.

    The bar goes away at the end, whatever ends it. With `rate` it says how many there are a second.
    """
    if not (wanted and sys.stderr.isatty()):
        yield lambda _amount: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    speed: list[ProgressColumn] = []
    if rate:
        speed.append(TextColumn("{task.completed:,.0f} of {task.total:,.0f}, {task.fields[rate]}"))
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        *speed,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(label, total=total, rate="")

        def advance(amount: float) -> None:
            bar.advance(task, amount)
            if rate:
                bar.update(task, rate=f"{bar.tasks[0].speed or 0:,.0f}/s")

        yield advance


def by_counts(advance: Callable[[float], None]) -> Callable[[int, int], None]:
    """Return what advances a bar by 1 in all, told how many of how many are done."""
    before = 0.0

    def step(done: int, total: int) -> None:
        nonlocal before
        advance(done / total - before)
        before = done / total

    return step
