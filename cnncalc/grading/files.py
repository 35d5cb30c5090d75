"""Writes files so that a reader never sees half of one."""

from __future__ import annotations

import os
from types import TracebackType


def write_whole(path: str, text: str) -> None:
    """Write a file beside its place and move it there."""
    partial = f"{path}.partial"
    data = text.encode("utf-8", "replace")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        while data:
            data = data[os.write(handle, data) :]
    finally:
        os.close(handle)
    os.replace(partial, path)


class Pending:
    """A file that grows beside its place and is moved there when all of it is written."""

    def __init__(self, path: str) -> None:
        self.path = path
        partial = f"{path}.partial"
        self._file = open(partial, "w", encoding="utf-8", newline="\n", errors="replace")

    def write(self, text: str) -> None:
        """Add some text."""
        self._file.write(text)

    def __enter__(self) -> Pending:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is None:
            os.replace(f"{self.path}.partial", self.path)
        else:
            os.remove(f"{self.path}.partial")
