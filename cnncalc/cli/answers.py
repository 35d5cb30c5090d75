"""How the questions of `solve` print their answers."""

from __future__ import annotations

import click

from cnncalc.cli.options import emit, format_option
from cnncalc.cli.screen import text_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from cnncalc.solve.answer import Answer

    Command = TypeVar("Command", bound=Callable[..., Any])


def output_options(command: Command) -> Command:
    """Add `--format` and `-o`; `tell` takes them. (`--output` is a shape here.)"""
    file = click.option("-o", "file", metavar="FILE", help="Write the answer to a file.")
    return format_option("text", "markdown", "json")(file(command))


def tell(answer: Answer, format: str, file: str | None) -> int:
    """Print an answer; returns 0, or 1 if there is no solution."""
    from cnncalc.report.answer import render

    emit(render(answer, format, text_width(file)), file)
    return 0 if answer.found else 1
