"""The terminal: its width, whether it wants colours, and text laid out for it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

#: Width of text where there is no terminal, and the most that a terminal's lines take by default.
WIDTH = 100
NARROWEST = 40

RED, YELLOW, CYAN, BOLD, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[0m"


def terminal_width(stream: TextIO | None = None) -> int:
    """Return the width of the terminal, 80 if it does not say; `COLUMNS` wins."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


def text_width(output: str | None = None) -> int:
    """Return how wide the lines of a text may be: the terminal's, or 100 in files and pipes."""
    if output is None and sys.stdout.isatty():
        return max(NARROWEST, min(terminal_width(), WIDTH))
    return WIDTH


def printable(text: str) -> str:
    """Return a text in signs that standard output can show."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        between = text.replace(" · ", " | ").replace(" ·\n", " |\n")
        return between.translate(PLAIN_SIGNS)
    return text


#: What stands for a sign that the terminal's encoding does not have.
PLAIN_SIGNS = str.maketrans(
    {
        "─": "-",
        "█": "#",
        "…": "~",
        "×": "x",
        "·": "*",  # the product of a formula; between spaces it parts figures
        "⌊": "floor(",
        "⌈": "ceil(",
        "∏": "prod ",
        "Σ": "sum ",
        "≈": "~",
        "Δ": "d",
        "’": "'",
        "–": "-",
        "→": "->",
        "−": "-",
        "≤": "<=",
        "≥": ">=",
    }
    | dict.fromkeys("▏▎▍▌▋▊▉", "")
    | dict.fromkeys("⌋⌉", ")")
    | dict.fromkeys("“”", '"')
)


def wants_colour(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that wants styles (`NO_COLOR` says no)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def use_colour() -> bool:
    """Return whether standard output is a terminal that wants styles.

    One that cannot show the signs of our tables gets plain text, where others stand for them.
    """
    return wants_colour(sys.stdout) and printable("─█") == "─█"


def coloured_error(frame: str) -> str:
    """Return the frame of an error in colours: its title, its caret, its help."""
    lines = frame.split("\n")
    title, mark, rest = lines[0].partition(": ")
    tint = RED if title.startswith("error") else YELLOW
    shown = [f"{BOLD}{tint}{title}{mark}{PLAIN}{BOLD}{rest}{PLAIN}"]
    label = ""
    for line in lines[1:]:
        bare = line.strip()
        if bare.startswith("= "):
            label = bare[2:].partition(":")[0]
        if bare.startswith("| ") and not bare.strip("| ^"):
            shown.append(f"{RED}{line}{PLAIN}")
        else:
            shown.append(f"{CYAN}{line}{PLAIN}" if label == "help" else line)
    return "\n".join(shown)
