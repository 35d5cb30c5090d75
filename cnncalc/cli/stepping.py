"""A walk over the map of a layer: pages that keys turn, frames elsewhere, a moving picture."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.numbers import Given, weights_of
from cnncalc.cli.options import emit
from cnncalc.cli.screen import text_width
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.executor.training import Training
    from cnncalc.teaching.cells import Cell

#: What `--steps` stands for without a number.
ALL = "all"


def show_steps(given: Given, options: Mapping[str, Any], format: str, output: str | None) -> int:
    """Walk over the map of a layer: keys on a terminal, frames elsewhere, a moving picture."""
    from cnncalc.report.steps import frames, render
    from cnncalc.teaching.cells import walk_over

    offered(format, ("text", "json", "markdown", "svg"), "steps")
    graph = given.graph
    index, start = where(given, options)
    weights = weights_of(graph, options)
    count, sample = most(options["steps"]), options["sample"]
    training = in_training(options)
    walk = walk_over(graph, weights, given.arrays, index, start, count, sample, training)
    if format == "svg":
        from cnncalc.pictures.walk import svg

        emit(svg(walk), output)
    elif format == "text" and output is None and sys.stdin.isatty() and sys.stdout.isatty():
        page_through(frames(walk, text_width()))
    else:
        emit(render(walk, format, text_width(output)), output)
    return 0


def where(given: Given, options: Mapping[str, Any]) -> tuple[int, Cell | None]:
    """Return the node to walk over, and the cell to begin at; raises `UsageError`."""
    from cnncalc.teaching.cells import meant, node_named

    cells, layers = options["cells"], options["layers"]
    if len(cells) + len(layers) > 1:
        raise UsageError("--steps walks over one map", "give one --layer, or one --cell")
    if cells:
        return meant(given.graph, cells[0])
    if layers:
        return node_named(given.graph, layers[0]), None
    return given.graph.outputs[-1], None


def most(text: str) -> int | None:
    """Return how many steps are wanted; None is all of them."""
    if text == ALL:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**6):
        raise UsageError(f"`--steps {text}` is no number of steps", "such as --steps 9, or --steps")
    return int(text)


def offered(format: str, formats: tuple[str, ...], what: str) -> None:
    """Raise `UsageError` for a format in which something is not printed."""
    if format not in formats:
        raise UsageError(f"{what} have no format {format}", f"there are {', '.join(formats)}")


def in_training(options: Mapping[str, Any]) -> Training | None:
    """Return a training step if one is asked for; raises `UsageError` for options without it."""
    if not options["training"]:
        if options["momentum"] is not None:
            raise UsageError("--momentum belongs to --training", "add --training")
        return None
    from cnncalc.executor.training import MOMENTUM, Training

    momentum = MOMENTUM if options["momentum"] is None else options["momentum"]
    return Training(options["seed"], momentum)


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
