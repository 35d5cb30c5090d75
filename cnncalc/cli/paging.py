"""Pages on a terminal that keys turn."""

from __future__ import annotations

import os
import sys

import click

KEYS = "Enter: next   b: back   q: quit"
SCROLL = "   j, k: down, up"
QUIT = ("q", "Q", "\x1b", "\x04")
BACK = ("b", "B", "\x7f", "\x1b[D")
DOWN, UP = ("j", "\x1b[B"), ("k", "\x1b[A")
NEXT = ("\r", "\n", " ")


def page_through(pages: list[str]) -> None:
    """Show one page after the other, as keys say; a page higher than the terminal is scrolled."""
    at = top = 0
    while True:
        lines, room = pages[at].split("\n"), height() - 2
        top = max(0, min(top, len(lines) - room))
        click.clear()
        click.echo("\n".join(lines[top : top + room]))
        click.echo(f"\n{KEYS}{SCROLL if len(lines) > room else ''}", nl=False)
        try:
            key = click.getchar()
        except (KeyboardInterrupt, EOFError):
            key = QUIT[0]
        if key in QUIT or (key in NEXT and at + 1 == len(pages)):
            click.echo()
            return
        if key in BACK:
            at = max(at - 1, 0)
        elif key in DOWN + UP:
            top += room // 2 if key in DOWN else -(room // 2)
        else:
            at = min(at + 1, len(pages) - 1)


def height() -> int:
    """Return how many lines the terminal has."""
    try:
        return max(10, os.get_terminal_size(sys.stdout.fileno()).lines or 24)
    except (OSError, ValueError):
        return 24
