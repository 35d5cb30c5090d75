"""Reads bounded files, and writes files so that a reader never sees half of one."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from types import TracebackType
from typing import IO


def read_bytes(path: str, most: int) -> bytes:
    """Return at most `most` bytes of a regular file; raises OSError for anything else."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a file but a folder, a pipe or a device")
        data = os.read(handle, most)
        while data and len(data) < most:
            more = os.read(handle, most - len(data))
            if not more:
                break
            data += more
    finally:
        os.close(handle)
    return data


def write_whole(path: str, text: str) -> None:
    """Write a file beside its place and move it there."""
    with Pending(path) as file:
        file.write(text)


class Pending:
    """A file that grows beside its place and is moved there when all of it is written."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._stack = ExitStack()
        self._file: IO[str] | None = None

    def write(self, text: str) -> None:
        """Add some text."""
        if self._file is not None:
            self._file.write(text)

    def __enter__(self) -> Pending:
        partial = f"{self.path}.partial"
        self._file = self._stack.enter_context(
            open(partial, "w", encoding="utf-8", newline="\n", errors="replace")
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if kind is None:
            os.replace(f"{self.path}.partial", self.path)
        else:
            os.remove(f"{self.path}.partial")
