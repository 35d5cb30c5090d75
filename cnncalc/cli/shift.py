"""`cnncalc verify --shift`: whether layers commute with a shift of the input."""

from __future__ import annotations

from typing import Any

from cnncalc.cli.options import emit, load_graph
from cnncalc.cli.output import emit_table
from cnncalc.diagnostics import UsageError


def show_shift(
    spec: str, chosen: dict[str, Any], options: dict[str, Any], format: str, output: str | None
) -> int:
    """Move the input of a network, and print what every layer does with it; returns 0."""
    from cnncalc.analysis.walk import analyze
    from cnncalc.report.shift import shift_json, shift_table
    from cnncalc.teaching.shift import measure

    shift = pixels(options["shift"])
    result = measure(analyze(load_graph(spec, **chosen)), shift, options["seed"])
    if format == "json":
        emit(shift_json(result), output)
    else:
        emit_table(shift_table(result), format, output)
    return 0


def pixels(text: str) -> tuple[int, ...]:
    """Return the shift that `1,0` means; raises `UsageError`."""
    parts = text.replace(" ", "").split(",")
    try:
        return tuple([int(part) for part in parts])
    except ValueError:
        raise UsageError(
            f"`--shift {text}` is no shift", "one number of pixels for each axis: --shift 1,0"
        ) from None
