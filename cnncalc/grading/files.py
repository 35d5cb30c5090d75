"""Files: bounded reading, writing that no reader sees half done, and safe cells of CSV."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

#: What a spreadsheet would work out, and what would look as if it had been protected from that.
_LIVE = re.compile(r"[\t\r]|\s*'*\s*[=+\-@＝＋－＠]")
_FORMULA = frozenset("=+-@\t\r'＝＋－＠")
_SPECIAL = frozenset(',"\n\r')


def read_bytes(path: str, most: int) -> bytes:
    """Return at most `most` bytes of a regular file; raises OSError for anything else."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe must not block
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a file but a folder, a pipe or a device")
    with open(handle, "rb", buffering=0) as file:
        data = file.read(most) or b""
        while len(data) < most and (more := file.read(most - len(data))):
            data += more
    return data


@contextmanager
def pending(path: str) -> Iterator[IO[str]]:
    """Yield a file that grows beside its place and is moved there when all of it is written."""
    partial = f"{path}.partial"
    try:
        with open(partial, "w", encoding="utf-8", newline="\n", errors="replace") as file:
            yield file
    except BaseException:
        os.remove(partial)
        raise
    os.replace(partial, path)


def write_whole(path: str, text: str) -> None:
    """Write a file beside its place and move it there."""
    with pending(path) as file:
        file.write(text)


def cell(text: str) -> str:
    """Return a text as a cell of CSV; what a spreadsheet would take for a formula gets a `'`."""
    if not text:
        return ""
    if (text[0] in _FORMULA or text[0].isspace()) and _LIVE.match(text):
        text = "'" + text
    if "\x00" in text:
        text = text.replace("\x00", "")
    if _SPECIAL.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""').replace("\r\n", "\n").replace("\r", "\n") + '"'


def plain_cell(text: str) -> str:
    """Return the text that `cell` protected."""
    return text[1:] if text[:1] == "'" and _LIVE.match(text[1:]) else text


def csv_line(*values: str | float) -> str:
    """Return one line of CSV; a number, which may be negative, gets two decimals."""
    cells = [cell(value) if isinstance(value, str) else f"{value:.2f}" for value in values]
    return ",".join(cells) + "\n"
