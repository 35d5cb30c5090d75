"""What of click is our own: its types of values, its options and its help."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from cnncalc.diagnostics import UsageError

#: The format that the end of a file's name asks for.
SUFFIXES = {
    ".csv": "csv", ".json": "json", ".md": "markdown", ".markdown": "markdown", ".tex": "latex",
    ".html": "html", ".htm": "html", ".svg": "svg", ".dot": "dot", ".gv": "dot",
    ".mmd": "mermaid", ".parquet": "parquet", ".pdf": "pdf", ".png": "png", ".jpg": "jpg",
    ".docx": "docx", ".odt": "odt", ".xlsx": "xlsx",
}  # fmt: skip


class Integer(click.IntRange):
    """A bounded integer; a bound that only computers reach is not shown."""

    def _describe_range(self) -> str:
        return f"x>={self.min}" if (self.max or 0) >= 2**31 else super()._describe_range()


class ReadBy(click.ParamType):  # type: ignore[type-arg]  # generic in some releases of click only
    """A value that a function of ours reads, whose `ValueError` says what was wanted."""

    def __init__(self, reads: Callable[[str], Any]) -> None:
        self.reads, self.name = reads, "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what a text means."""
        try:
            return self.reads(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class FormatOption(click.Option):
    """`--format`; without it the end of the file's name given by `-o` decides."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """Take the format from `-o out.csv` where none is given."""
        file = opts.get("output") or opts.get("file")
        if self.name not in opts and isinstance(file, str):
            suffix = os.path.splitext(file)[1].lower()
            offered = self.type.choices  # type: ignore[attr-defined]  # a Choice
            wanted = suffix[1:] if suffix[1:] in offered else SUFFIXES.get(suffix)
            if wanted in offered:
                opts = {**opts, str(self.name): wanted}
            elif wanted is not None:
                raise UsageError(
                    f"{ctx.command_path} has no format for {suffix} files",
                    f"there are {', '.join(offered)}; --format {offered[0]} writes it all the same",
                )
        return super().handle_parse_result(ctx, opts, args)


class HelpContext(click.Context):
    """A context whose help is laid out by `HelpPage`."""

    def make_formatter(self) -> click.HelpFormatter:
        from cnncalc.cli.help_page import HelpPage

        return HelpPage(width=self.terminal_width, max_width=self.max_content_width)


def with_help_page(command: click.Command) -> click.Command:
    """Return a command, and those below it, with help that fits."""
    command.context_class = HelpContext
    if isinstance(command, click.Group):
        for below in command.commands.values():
            with_help_page(below)
    return command
