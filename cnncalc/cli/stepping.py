"""A walk over the map of a layer: keys on a terminal, frames elsewhere, a moving picture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cnncalc.cli.numbers import Given, weights_of
from cnncalc.cli.options import emit
from cnncalc.cli.screen import text_width
from cnncalc.cli.showing_options import ALL
from cnncalc.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.executor.training import Training
    from cnncalc.teaching.cells import Cell


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
        from cnncalc.cli.paging import page_through

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
