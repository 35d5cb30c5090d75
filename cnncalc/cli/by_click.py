"""What of click is our own: types of values, options, and help that is laid out to fit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click

from cnncalc.diagnostics import UsageError, folded

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
        return HelpPage(width=self.terminal_width, max_width=self.max_content_width)


def with_help_page(command: click.Command) -> click.Command:
    """Return a command, and those below it, with help that fits."""
    command.context_class = HelpContext
    if isinstance(command, click.Group):
        for below in command.commands.values():
            with_help_page(below)
    return command


#: The words of a command line; what is quoted is one word.
WORDS = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+""")


class HelpPage(click.HelpFormatter):
    """A formatter that folds what click's own leaves too wide, or cuts within a word."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write a list of names and what they mean, in two columns."""
        margin, rows = self.current_indent, list(rows)
        names = [folded(name, self.width - margin) for name, _ in rows]
        widest = max([len(line) for lines in names for line in lines], default=0)
        start = min(widest, col_max) + col_spacing
        for lines, (_, text) in zip(names, rows, strict=True):
            meaning = folded(re.sub(r"\s*\n\s*", " ", text), max(self.width - margin - start, 10))
            if text and len(lines[-1]) + col_spacing <= start:
                lines[-1] = lines[-1].ljust(start) + meaning.pop(0)
            lines += [" " * start + line for line in meaning if text]
            self.write("".join([f"{' ' * margin}{line}".rstrip() + "\n" for line in lines]))

    def getvalue(self) -> str:
        """Return the page, examples that are too wide continued on a further line."""
        lines = super().getvalue().split("\n")
        return "\n".join([piece for line in lines for piece in self.continued(line)])

    def continued(self, line: str) -> Iterator[str]:
        """Give a line of an example in pieces that a shell reads as one command."""
        if len(line) <= self.width:
            yield line
            return
        command, gap, meaning = re.fullmatch(r"(\s*\S.*?)(\s{2,}|$)(.*)", line).groups()  # type: ignore[union-attr]  # matches any text
        margin = len(line) - len(line.lstrip())
        written = ""
        for word in WORDS.findall(command):
            if written and len(written) + len(word) + 3 > self.width:
                yield f"{written} \\"
                written = f"{' ' * (margin + 4)}{word}"
            else:
                written = f"{written} {word}" if written else " " * margin + word
        yield written
        if gap and meaning:
            room = self.width - margin - 4
            yield from [f"{' ' * (margin + 4)}{piece}" for piece in folded(meaning, room)]
