"""Every documented command fits its terminal: no word is cut, no figure, and no column goes unsaid.

One process plays them all on a pseudo-terminal, see on_terminal.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="needs the pseudo-terminals of Unix")

PLAYER = Path(__file__).parent / "on_terminal.py"
WIDTHS = (60, 80, 120)
#: So wide that nothing is left out, shortened or folded.
FREE = 400
STYLES = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
RULE = re.compile(r"\s*─+")
CUT_FIGURE = re.compile(r"(?=\S*\d)[\d.,x×]*…[\d.,x×]*|.*…x\d.*")


@cache
def played() -> dict[str, dict[int, list[str]]]:
    """Return the lines that each command showed, by width."""
    ours, theirs = pty.openpty()
    unset = ("COLUMNS", "NO_COLOR", "PYTHONDONTWRITEBYTECODE")
    process = subprocess.Popen(
        [sys.executable, PLAYER, *map(str, (*WIDTHS, FREE))],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**{k: v for k, v in os.environ.items() if k not in unset}, "TERM": "xterm"},
    )
    os.close(theirs)
    text = b"".join(iter(lambda: read(ours), b"")).decode()
    assert process.wait() == 0, text[-2000:]
    shown: dict[str, dict[int, list[str]]] = {}
    for part in text.split("\x1e")[1:]:
        head, _, rest = part.partition("\r\n")
        width, command = head.split("\t")
        # A progress bar writes over its own line: what stands before its return is gone.
        lines = [STYLES.sub("", line.rpartition("\r")[2]) for line in rest.split("\r\n")]
        shown.setdefault(command, {})[int(width)] = lines
    return shown


def read(terminal: int) -> bytes:
    """Return what a terminal shows next; nothing at its end, which Linux calls an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def test_many_commands_are_played() -> None:
    assert len(played()) > 120
    assert {len(by_width) for by_width in played().values()} == {len(WIDTHS) + 1}


@pytest.mark.parametrize("width", WIDTHS)
def test_every_documented_command_fits(width: int) -> None:
    wide = [
        (command, line) for command, lines in shown(width) for line in lines if len(line) > width
    ]
    assert wide == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_breaks_within_a_word(width: int) -> None:
    broken = []
    for command, lines in shown(width):
        whole = words(played()[command][FREE])
        for line, following in pairwise(lines):
            last, first = line.split()[-1:], following.split()[:1]
            joined = "".join(last + first)
            if last and first and len(joined) > 8 and joined in whole and line[-1] not in "/,|":
                broken.append((command, line, following))
    assert broken == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_figure_is_shortened(width: int) -> None:
    found = {
        word for _, lines in shown(width) for word in words(lines) if CUT_FIGURE.fullmatch(word)
    }
    assert found <= {"…"}


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_that_are_left_out_are_named(width: int) -> None:
    missing = []
    for command, lines in shown(width):
        text = " ".join(lines)
        for heading, rule in pairwise(played()[command][FREE]):
            if RULE.fullmatch(rule) and heading.strip():
                missing += [(command, word) for word in heading.split() if word not in text]
    assert missing == []


def shown(width: int) -> list[tuple[str, list[str]]]:
    return [(command, by_width[width]) for command, by_width in played().items()]


def words(lines: list[str]) -> set[str]:
    return {word for line in lines for word in line.split()}
