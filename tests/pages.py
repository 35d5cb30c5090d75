"""Markdown pages whose examples are run: what a page holds, and how its commands are played.

A page is played top to bottom in an empty folder. A fence whose info string names a file
(```yaml file=net.yaml) writes it; `console` fences hold `$ command` lines with the output that a
reader will see; `python` fences with `>>>` are doctests. In expected output `...` stands for
anything, and a line of nothing else for any lines.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnncalc.cli import run

#: Programs that a page may run; anything else (pip, git, dot) is for the reader alone.
PROGRAMS = ("cnncalc", "echo", "cat", "head", "tail", "ls", "printf", "python")
SHELL_MARKS = re.compile(r"[|<>;&$*`]")


@dataclass
class Step:
    """One command of a page: where it stands (line from 1), and what it should print."""

    line: int
    command: str
    expected: list[str] = field(default_factory=list)


@dataclass
class Fence:
    """One fenced block: the line of its first mark, its language, its text."""

    line: int
    info: str
    lines: list[str] = field(default_factory=list)

    @property
    def language(self) -> str:
        return self.info.split(" ")[0]

    @property
    def file(self) -> str | None:
        found = re.search(r"\bfile=(\S+)", self.info)
        return found[1] if found else None

    def steps(self) -> list[Step]:
        """Return the commands of a console fence with their expected output."""
        result: list[Step] = []
        open_command = False
        for offset, text in enumerate(self.lines):
            if open_command:
                result[-1].command += "\n" + text
            elif text.startswith("$ "):
                result.append(Step(self.line + 1 + offset, text[2:]))
            elif result:
                result[-1].expected.append(text)
                continue
            else:
                raise ValueError(f"line {self.line}: a console block begins with `$ `")
            open_command = text.endswith("\\")
        return result


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks of a page, indented ones included."""
    result: list[Fence] = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("```"):
            if not inside:
                result.append(Fence(number, bare[3:].strip()))
            inside = not inside
        elif inside:
            result[-1].lines.append(line)
    return result


class Player:
    """Plays the commands of one page in a folder, and remembers the last exit status."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = 0
        self.names: dict[str, Any] = {}

    def play(self, command: str) -> list[str] | None:
        """Return the lines that a command prints, or None if it is not for us to run."""
        first = command.split()[0]
        if first not in PROGRAMS:
            return None
        if first == "cnncalc" and not SHELL_MARKS.search(command.replace("\\\n", "")):
            text = self.in_process(shlex.split(command.replace("\\\n", ""))[1:])
        else:
            text = self.in_shell(command)
        return [line.rstrip() for line in text.splitlines()]

    def in_process(self, arguments: list[str]) -> str:
        """Run cnncalc here, which saves the start of an interpreter per example."""
        out, err = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
        with (
            contextlib.chdir(self.folder) if sys.version_info >= (3, 11) else inside(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            self.status = run(arguments)
        return written(out) + written(err)

    def in_shell(self, command: str) -> str:
        """Run a command with bash; `$?` is the status of the command before."""
        scripts = str(Path(sys.executable).parent)
        done = subprocess.run(
            ["bash", "-c", f"(exit {self.status}); {command}"],
            cwd=self.folder,
            env={**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.status = done.returncode
        return done.stdout + done.stderr

    def doctest(self, fence: Fence, name: str) -> str:
        """Return what went wrong in the examples of a python fence; empty if nothing did."""
        said: list[str] = []
        parsed = doctest.DocTestParser().get_doctest(
            "\n".join(fence.lines) + "\n", self.names, name, name, fence.line
        )
        runner = doctest.DocTestRunner(
            optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False
        )
        with contextlib.chdir(self.folder) if sys.version_info >= (3, 11) else inside(self.folder):
            runner.run(parsed, out=said.append, clear_globs=False)
        self.names = parsed.globs
        return "".join(said)


@contextlib.contextmanager
def inside(folder: Path) -> Any:
    """Work in a folder for a while (Python 3.10 has no contextlib.chdir)."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def written(stream: io.TextIOWrapper) -> str:
    """Return what was written to a stream in memory."""
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode("utf-8")


def agrees(expected: list[str], printed: list[str]) -> bool:
    """Return whether printed lines are as expected, `...` standing for anything."""
    pattern = ""
    for line in without_blank_ends(expected):
        if line.strip() == "...":
            pattern += "(?:[^\n]*\n)*?"
        else:
            parts = [re.escape(part) for part in line.rstrip().split("...")]
            pattern += "[^\n]*?".join(parts) + "\n"
    text = "".join(line + "\n" for line in without_blank_ends(printed))
    return re.fullmatch(pattern, text) is not None


def without_blank_ends(lines: list[str]) -> list[str]:
    """Return lines without empty ones at the end."""
    count = len(lines)
    while count and not lines[count - 1].strip():
        count -= 1
    return lines[:count]


def play_page(page: Path, folder: Path, update: bool = False) -> list[str]:
    """Play a page and return what does not agree; with `update`, write what was printed instead."""
    text = page.read_text(encoding="utf-8")
    lines = text.splitlines()
    player = Player(folder)
    faults: list[str] = []
    edits: list[tuple[int, int, list[str]]] = []
    for fence in fences(text):
        if fence.file:
            target = folder / fence.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("\n".join(fence.lines) + "\n", encoding="utf-8")
        elif fence.language == "console":
            for step in fence.steps():
                printed = player.play(step.command)
                if printed is None or agrees(step.expected, printed):
                    continue
                start = step.line + step.command.count("\n")
                edits.append((start, start + len(step.expected), without_blank_ends(printed)))
                faults.append(
                    f"{page.name}:{step.line}: $ {step.command}\n"
                    + "\n".join([f"-{line}" for line in step.expected])
                    + "\n"
                    + "\n".join([f"+{line}" for line in printed])
                )
        elif fence.language == "python" and any(line.startswith(">>>") for line in fence.lines):
            said = player.doctest(fence, f"{page.name}:{fence.line}")
            if said:
                faults.append(said)
    if update and edits:
        for start, stop, new in reversed(edits):
            lines[start:stop] = new
        page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return faults
