"""What a forward pass of training left behind, as text and for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.text import plain
from cnncalc.teaching.formula import short
from cnncalc.teaching.training import Mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.teaching.training import BatchStatistics

#: So many channels of a layer are printed.
MOST_CHANNELS = 12
COLUMNS = (
    Column("channel", "channel", "right"),
    Column("mean", "batch mean", "right"),
    Column("variance", "variance", "right"),
    Column("old", "running before", "right", dispensable=1),
    Column("pytorch", "PyTorch after", "right"),
    Column("keras", "Keras after", "right"),
)


def training_text(found: Sequence[BatchStatistics | Mask], width: int) -> str:
    """Return what was left behind in lines; empty if no layer did anything of its own."""
    return "".join(
        "\n" + (mask(one) if isinstance(one, Mask) else table(one, width)) for one in found
    )


def mask(one: Mask) -> str:
    """Return in a sentence what dropout kept."""
    share = f"{one.kept / one.of:.1%}"
    rest = f"kept ones are divided by 1 - p = {1 - one.p:g}" if one.p < 1 else "nothing is kept"
    return f"{one.node}: kept {one.kept:,} of {one.of:,} ({share}); {rest}\n"


def table(one: BatchStatistics, width: int) -> str:
    """Return the statistics of the first channels, and the running averages after the step."""
    rows = [
        TableRow(
            (
                str(channel),
                short(each.mean),
                short(each.variance),
                pair(each.old),
                pair(each.pytorch),
                pair(each.keras),
            )
        )
        for channel, each in enumerate(one.channels[:MOST_CHANNELS])
    ]
    left = len(one.channels) - MOST_CHANNELS
    more = (("", f"{left:,} more channels (--format json has all)"),) if left > 0 else ()
    a = one.momentum
    rules = (
        ("batch", f"statistics over n = {one.count:,} numbers of each channel"),
        ("PyTorch", f"momentum {a:g}: {1 - a:g} old + {a:g} new; variance with n - 1"),
        ("Keras", f"momentum {1 - a:g}: {1 - a:g} old + {a:g} new; variance with n"),
    )
    title = f"{one.node}: running mean and variance"
    return plain(Table(title, COLUMNS, tuple(rows), (*more, *rules)), width)


def pair(values: tuple[float, float]) -> str:
    """Return a mean and a variance in one cell."""
    return f"{short(values[0], 5)}, {short(values[1], 5)}"


def training_json(found: Sequence[BatchStatistics | Mask]) -> list[dict[str, Any]]:
    """Return what was left behind, for programs."""
    result: list[dict[str, Any]] = []
    for one in found:
        if isinstance(one, Mask):
            result.append({"name": one.node, "kept": one.kept, "of": one.of, "p": one.p})
            continue
        channels = [
            {
                "batch_mean": each.mean,
                "batch_variance": each.variance,
                "running_before": {"mean": each.old[0], "variance": each.old[1]},
                "pytorch": {"mean": each.pytorch[0], "variance": each.pytorch[1]},
                "keras": {"mean": each.keras[0], "variance": each.keras[1]},
            }
            for each in one.channels
        ]
        result.append(
            {"name": one.node, "count": one.count, "momentum": one.momentum, "channels": channels}
        )
    return result
