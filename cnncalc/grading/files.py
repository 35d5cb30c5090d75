"""Files: bounded reading, folders that nobody sees half written, and safe cells of CSV."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import ExitStack
from typing import IO

from cnncalc.diagnostics import UsageError

#: Bytes of the largest submission, and of the largest roster.
MAX_BYTES, MAX_ROSTER = 2**20, 2**26
#: What a spreadsheet would work out, and what would look as if it had been protected from that.
_LIVE = re.compile(r"[\t\r]|\s*'*\s*[=+\-@＝＋－＠]")
_SPECIAL = frozenset(',"\n\r')
#: The most of all cells, which stay as they are.
_PLAIN = re.compile(r"(?:[A-Za-z0-9][^,\"\n\r\0]*)?").fullmatch


def read_bytes(path: str, most: int = MAX_BYTES + 1) -> bytes:
    """Return at most `most` bytes of a regular file; raises OSError for anything else."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe must not block
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a file but a folder, a pipe or a device")
    with open(handle, "rb") as file:
        return file.read(min(most, status.st_size))


def why(error: Exception) -> str:
    """Return in words why a file could not be read."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class NewFiles:
    """Files of a folder, written beside their places and moved there when all are complete.

    Until then they are in `.partial`: a run that is killed leaves the old files as they were, and
    the next one clears away what it had written. `last` is moved last. `leftovers` are folders that
    hold files of earlier runs besides, with these. Raises UsageError if nothing can be written.
    """

    def __init__(self, folder: str, last: str = "") -> None:
        self.folder, self._last = folder, last
        self.leftovers: list[tuple[str, list[str]]] = []
        self._partial = os.path.join(folder, ".partial")
        self._made: set[str] = {""}
        self._open = ExitStack()

    def __enter__(self) -> NewFiles:
        self._clear()
        try:
            os.makedirs(self._partial)
        except OSError as error:
            raise UsageError(f"cannot write to `{self.folder}`: {error.strerror}") from None
        return self

    def open(self, name: str, errors: str = "replace") -> IO[str]:
        """Return a file that stays open until the end."""
        path = os.path.join(self._partial, name)
        file = open(path, "w", encoding="utf-8", errors=errors, newline="\n")  # noqa: SIM115  # closed at the end
        return self._open.enter_context(file)

    def write(self, name: str, text: str) -> None:
        """Write one whole file; `/` divides it from the folders that it is in."""
        path = os.path.join(self._partial, name)
        folder = name.rpartition("/")[0]
        if folder not in self._made:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._made.add(folder)
        data = text.encode("utf-8", "replace")
        with open(path, "wb", buffering=0) as file:
            while data:
                data = data[file.write(data) :]

    def keep(self, file: str, name: str) -> None:
        """Keep what stands in a file until now under another name."""
        from shutil import copyfile

        copyfile(os.path.join(self.folder, file), os.path.join(self._partial, name))

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            self._open.close()
            if error is None:
                self._move(self._partial, self.folder)
        finally:
            self._clear()

    def _move(self, source: str, target: str) -> None:
        """Move what a folder holds; a folder as a whole where there is none of its name."""
        names = os.listdir(source)
        for name in sorted(names, key=lambda name: (name == self._last, name)):
            here, there = os.path.join(source, name), os.path.join(target, name)
            if os.path.isdir(there):
                if left := set(os.listdir(there)) - set(os.listdir(here)):
                    self.leftovers.append((there, sorted(left)))
                self._move(here, there)
            else:
                os.replace(here, there)

    def _clear(self) -> None:
        from shutil import rmtree  # not cheap to import

        rmtree(self._partial, ignore_errors=True)


def cell(text: str) -> str:
    """Return a text as a cell of CSV; what a spreadsheet would take for a formula gets a `'`."""
    text = ("'" + text if _LIVE.match(text) else text).replace("\0", "")
    if _SPECIAL.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""').replace("\r\n", "\n").replace("\r", "\n") + '"'


def plain_cell(text: str) -> str:
    """Return the text that `cell` protected."""
    return text[1:] if text[:1] == "'" and _LIVE.match(text[1:]) else text


def csv_line(*values: str) -> str:
    """Return one line of CSV."""
    return ",".join([one if _PLAIN(one) else cell(one) for one in values]) + "\n"
