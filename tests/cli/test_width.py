"""Every documented command fits its terminal, and leaves no figure cut."""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

from cnncalc.cli import COMMANDS, run

ROOT = Path(__file__).resolve().parent.parent.parent
#: Commands that write files, wait for input, run long, or print what a program reads.
ELSEWHERE = re.compile(
    r"[|<>;&]| -o |--output \S+\.|--format (?!table|text)|-f (?!table|text)|--all|grade|quiz|sheet"
    r"|practice|search|found|verify|run |schema|draw|report|weights|completion|sweep|-w\b|--wide"
)
#: What a progress bar writes over itself, and the signs that hide and show the cursor.
BAR = re.compile(r".*\r(\x1b\[2K)?|\x1b\[[\d;?]*[A-Za-z]")


def documented() -> list[str]:
    """Return the commands of README and docs that print for people and need no file."""
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for line in page.read_text(encoding="utf-8").splitlines():
            command = line.strip().removeprefix("$ ")
            words = command.split()
            is_ours = line.startswith("$ cnncalc ") and not ELSEWHERE.search(command)
            if is_ours and len(words) > 1 and words[1] in COMMANDS and ".yaml" not in command:
                found.append(command)
    return sorted(dict.fromkeys(found))


class Terminal(io.StringIO):
    """Standard output that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_every_documented_command_fits(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    commands = documented()
    assert len(commands) > 30
    wide = []
    for command in commands:
        out, err = Terminal(), Terminal()
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        run(shlex.split(command)[1:])
        for written in (out.getvalue() + err.getvalue()).split("\n"):
            line = BAR.sub("", written)
            if len(line) > columns:
                wide.append((command, len(line), line))
    assert wide == []
