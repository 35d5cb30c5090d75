"""What `cnncalc run` computed, and what training left behind, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cnncalc.quantities import show_shape
from cnncalc.report.table import Column, Table, TableRow
from cnncalc.report.text import plain
from cnncalc.teaching.formula import short
from cnncalc.teaching.training import Mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.executor.run import Results
    from cnncalc.executor.workspace import Array
    from cnncalc.teaching.training import BatchStatistics

#: Samples of up to so many numbers are printed in full.
PRINTED = 100
#: How many of the largest numbers of a long vector are shown.
LARGEST = 5


def results_text(name: str, results: Results) -> str:
    """Return the outputs: small ones in full, of others the extent and the largest numbers."""
    lines = [name]
    for node, array in results.outputs.items():
        for sample in range(len(array)):
            of = f" of sample {sample}" if len(array) > 1 else ""
            lines += ["", f"{node}{of}: {show_shape(array.shape[1:])}"]
            lines += described(array[sample])
    return "\n".join(lines) + "\n"


def described(sample: Array) -> list[str]:
    """Return one sample in lines."""
    import numpy as np

    if sample.size <= PRINTED:
        with np.printoptions(precision=6, suppress=True, linewidth=96, threshold=PRINTED + 1):
            # The channel's axis is dropped where it says nothing.
            shown = sample[0] if len(sample) == 1 and sample.ndim > 1 else sample
            return [("  " + line).rstrip() for line in str(shown).splitlines()]
    lines = [f"  from {sample.min():.6g} to {sample.max():.6g}, mean {sample.mean():.6g}"]
    if sample.ndim == 1:
        best = np.argsort(sample, kind="stable")[::-1][:LARGEST]
        lines.append("  largest: " + ", ".join(f"{sample[i]:.6g} at {i}" for i in best))
    return lines


def results_json(
    name: str, variant: str | None, results: Results, more: dict[str, Any] | None = None
) -> str:
    """Return the outputs, and more under other keys; numbers that are not finite are None."""
    outputs = [
        {"name": node, "shape": list(array.shape), "values": values(array)}
        for node, array in results.outputs.items()
    ]
    return json.dumps(
        {
            "schema": "cnncalc.run/1",
            "name": name,
            "variant": variant,
            "not_finite": results.not_finite,
            "outputs": outputs,
            **(more or {}),
        },
        indent=1,
    )


def values(array: Array) -> Any:
    """Return an array as nested lists that JSON can hold."""
    import numpy as np

    numbers = array.astype(object)
    numbers[~np.isfinite(array)] = None
    return numbers.tolist()


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
