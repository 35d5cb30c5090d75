"""What a failed command says, in text on standard error or as JSON, and its exit status."""

from __future__ import annotations

import sys

from cnncalc.cli.screen import NARROWEST, coloured_error, terminal_width, wants_colour
from cnncalc.diagnostics import Diagnostic, as_json, frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.diagnostics import SpecError

#: More errors than this are not read.
MOST_ERRORS = 50


def spec_error(error: SpecError, arguments: list[str]) -> int:
    """Print every diagnostic; returns exit status 1, or 2 if all are about options."""
    places = [
        diagnostic.span.source.name if diagnostic.span else "" for diagnostic in error.diagnostics
    ]
    show(error.diagnostics, arguments)
    return 2 if places and all(place.startswith("--") for place in places) else 1


def usage_error(message: str, help: str | None, arguments: list[str], status: int = 2) -> int:
    """Print what is wrong with the call; returns the exit status."""
    show([Diagnostic(message, help=help)], arguments)
    return status


def show(diagnostics: Sequence[Diagnostic], arguments: list[str]) -> None:
    """Print errors where and how the reader of a command with these arguments looks for them."""
    if wants_json(arguments):
        import json

        errors = [as_json(diagnostic) for diagnostic in diagnostics]
        print(json.dumps({"schema": "cnncalc.error/1", "errors": errors}, indent=2))
        return
    if sys.stderr is None:
        return
    sys.stdout.flush()
    columns = max(NARROWEST, terminal_width(sys.stderr)) if sys.stderr.isatty() else None
    frames = [frame(diagnostic, columns) for diagnostic in diagnostics[:MOST_ERRORS]]
    if wants_colour(sys.stderr):
        frames = [coloured_error(text) for text in frames]
    if len(diagnostics) > MOST_ERRORS:
        frames.append(f"... and {len(diagnostics) - MOST_ERRORS} more errors")
    print("\n\n".join(frames), file=sys.stderr)


def wants_json(arguments: list[str]) -> bool:
    """Return whether a failed command should speak JSON."""
    return bool({"--format=json", "-fjson"} & {*arguments}) or any(
        flag in ("--format", "-f") and value == "json"
        for flag, value in zip(arguments, arguments[1:])  # noqa: B905, RUF007  # neighbours; itertools.pairwise is one more import
    )
