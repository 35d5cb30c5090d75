"""Draws docs/images/*.svg: the real output of real commands on a terminal, as pictures.

Run as `python docs/images/draw.py`. A test compares the words in the pictures with what the
commands print now.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

HERE = Path(__file__).resolve().parent
WIDTH = 100
PICTURES = {"summary.svg": "cnncalc summary resnet18"}
THEME = TerminalTheme(
    (24, 26, 31),
    (220, 223, 228),
    [(60, 64, 72), (224, 108, 117), (152, 195, 121), (229, 192, 123),
     (97, 175, 239), (198, 120, 221), (86, 182, 194), (220, 223, 228)],
)  # fmt: skip


def on_terminal(command: str) -> str:
    """Return what a command writes to a terminal, escape codes and all."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    program = [sys.executable, "-m", *shlex.split(command)]
    process = subprocess.Popen(program, stdout=theirs, env=environment)
    os.close(theirs)
    pieces = []
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux: the other side is closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(ours)
    if process.wait():
        raise SystemExit(f"{command} failed")
    return b"".join(pieces).decode().replace("\r\n", "\n")


def drawn(command: str) -> str:
    """Return the picture of a command and its output as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor")
    console.print(Text.assemble(("$ ", "green"), command))
    console.print(Text.from_ansi(on_terminal(command).rstrip("\n")))
    svg = console.export_svg(title="", theme=THEME, unique_id="cnncalc")
    # No web font: a picture should not need the network.
    svg = re.sub(r"\s*@font-face \{.*?\}\n", "\n", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono")


def words(svg: str) -> str:
    """Return the text in a picture, without spaces."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg, flags=re.DOTALL)
    return "".join("".join(unescape(text).split()) for text in texts)


if __name__ == "__main__":
    for name, command in PICTURES.items():
        (HERE / name).write_text(drawn(command), encoding="utf-8")
        print(f"drew {name}")
