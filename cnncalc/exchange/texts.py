"""Text files that describe networks: read with a limit, and faults shown at their place."""

from __future__ import annotations

import os

from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError, UsageError

#: No description of a network is longer than this; weights lie elsewhere.
MOST_BYTES = 16 << 20


def read_text(path: str) -> Source:
    """Return the text of a file; raises `UsageError` or `SpecError` where it cannot be read."""
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"cannot read {path}: {fault.strerror or fault}") from None
    if len(data) > MOST_BYTES:
        message = f"{name}: a description of a network has at most {MOST_BYTES >> 20} MiB"
        raise SpecError(Diagnostic(message))
    if b"\0" in data:
        raise SpecError(Diagnostic(f"{name}: it is not text", None, "weights cannot be read"))
    return Source(name, data.decode("utf-8", "replace").removeprefix("\ufeff"))


class Place:
    """Where something stands in a text: its line and column, from 1, and how long it is."""

    __slots__ = ("column", "length", "line", "source")

    def __init__(self, source: Source, line: int, column: int = 1, length: int = 1) -> None:
        self.source = source
        self.line = line
        self.column = column
        self.length = length

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error at this place, to be raised."""
        span = Span(self.source, self.line, self.column, max(self.length, 1))
        return SpecError(Diagnostic(message, span, help))
