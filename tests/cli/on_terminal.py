"""Plays documented commands on the terminal that it runs on, each at several widths.

Started by test_width.py with a pseudo-terminal as its standard output and error. Before what a
command prints stands a line of `MARK`, the width and the command.
"""

from __future__ import annotations

import fcntl
import io
import os
import re
import shlex
import struct
import sys
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests")]

from pages import fences  # noqa: E402  # tests/ is no package

from cnncalc.cli import COMMANDS, run  # noqa: E402

MARK = "\x1e"
#: Commands that take seconds, or print what programs read.
ELSEWHERE = re.compile(
    r"^list$|^search|^report|^verify lenet5$|--count|--effective|--lossless|--make-|inverse.yaml"
    r"|^completion|^schema|^import|^export|^pattern|--format (?!table|text)"
)
#: What no page shows as a command with its output.
MORE = [
    [], ["layers"], ["layers", "conv"], ["practice", "lenet5"], ["nonsense"],
    *[[name, "--help"] for name in COMMANDS],
]  # fmt: skip


def main(widths: list[int]) -> None:
    """Play every command, once with each of its sets of options, at all widths."""
    click.getchar = key
    seen = set()
    for command in commands():
        options = tuple(word.partition("=")[0] for word in command if word.startswith("-"))
        if (*command[:1], options) in seen and command not in MORE:
            continue
        seen.add((*command[:1], options))
        for width in widths:
            set_width(width)
            print(f"{MARK}{width}\t{shlex.join(command)}", flush=True)
            sys.stdin = io.StringIO("7\nhint\nanswer\nquit\n")
            run(command)
            sys.stdout.flush()


def key(echo: bool = False) -> str:  # noqa: ARG001  # click's signature
    """Return the key that ends whatever waits for one."""
    return "q"


def commands() -> Iterator[list[str]]:
    """Give the commands of all pages, each in a folder with the files of its page."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            yield from played(page)
            os.chdir(ROOT)
    yield from MORE


def played(page: Path) -> Iterator[list[str]]:
    """Give the commands of a page that print for people, and write its files on the way."""
    for fence in fences(page.read_text(encoding="utf-8")):
        if fence.file:
            target = Path(fence.file)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("\n".join(fence.lines) + "\n", encoding="utf-8")
        elif fence.language == "console":
            for step in fence.steps():
                command = ours(step.command)
                if command and not ELSEWHERE.search(" ".join(command)):
                    yield command


def ours(line: str) -> list[str]:
    """Return the arguments of cnncalc in a line of a shell, empty if it does not begin it."""
    if not line.startswith("cnncalc ") or re.search(r"[;&`$]|[<>] ", line):
        return []
    words = shlex.shlex(line.replace("\\\n", ""), posix=True, punctuation_chars="|")
    words.whitespace_split = True
    found = list(words)[1:]
    return found[: found.index("|")] if "|" in found else found


def set_width(columns: int) -> None:
    """Make the terminal as wide as that."""
    size = struct.pack("HHHH", 40, columns, 0, 0)
    fcntl.ioctl(sys.stdout.fileno(), termios.TIOCSWINSZ, size)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
