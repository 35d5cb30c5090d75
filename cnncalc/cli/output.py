"""Where a result goes, in which format, and how it is laid out for a terminal."""

from __future__ import annotations

import sys

from cnncalc.cli.declare import flag, option, plain_options, together
from cnncalc.cli.screen import NARROWEST, WIDTH, printable, terminal_width, use_colour
from cnncalc.diagnostics import folded
from cnncalc.escaping import visible_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import click

    from cnncalc.cli.declare import Declared
    from cnncalc.report.table import Table

#: Columns that were asked for are kept on terminals that are narrower than this.
LEAST_TABLE = 60
#: Formats that are read by people, and so folded to the width of a terminal.
FOR_PEOPLE = (None, "text", "table")


def format_option(*formats: str) -> Declared:
    """Return `--format`; the first format is the default."""
    return option(
        "-f, --format",
        "How to print the result; by default as the end of -o FILE says.",
        follows_file=True,
        of=formats,
        default=formats[0],
    )


#: `-o FILE`.
output_option = option("-o, --output FILE", "Write the result to a file instead of printing.")


def remember_wide(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    """Keep `--wide` for `asked`."""
    ctx.meta["cnncalc.wide"] = value
    return value


#: `--wide`, which `emit_table` reads: no column is left out.
wide_option = flag(
    "-w, --wide",
    "Leave no column out, however wide the table becomes.",
    expose_value=False,
    callback=remember_wide,
)


def printed(*formats: str, wide: bool = False) -> Declared:
    """Return `--format`, `-o FILE`, and `--wide` for what is printed as a table."""
    wides = [wide_option] if wide else []
    return together(format_option(*formats), *wides, output_option)


def asked(name: str) -> Any:
    """Return what an option of the command that runs was given, None where it has none."""
    if plain_options or "click" not in sys.modules:
        return plain_options.get(name)
    import click

    context = click.get_current_context(silent=True)
    return context.meta.get(f"cnncalc.{name}", context.params.get(name)) if context else None


def table_width(output: str | None, elsewhere: int | None = WIDTH) -> int | None:
    """Return how wide a table may be: the terminal's width, or `elsewhere`; None is any."""
    if asked("wide"):
        return None
    on_terminal = output is None and sys.stdout.isatty()
    return max(NARROWEST, terminal_width()) if on_terminal else elsewhere


def emit_table(
    table: Table, format: str, output: str | None, elsewhere: int | None = WIDTH
) -> None:
    """Print a table in one of its formats, or write it to a file.

    On a terminal it is fitted to its width; in files and pipes to `elsewhere` characters.
    """
    from cnncalc.report.text import render

    width = table_width(output, elsewhere)
    if width is not None and output is None and sys.stdout.isatty() and format in FOR_PEOPLE:
        table = table.within(max(width, LEAST_TABLE))
    if format == "table" and output is None and use_colour():
        from cnncalc.report.terminal import terminal

        terminal(table, width)
        return
    emit(render(table, format, width), output)


def emit(content: str | bytes, output: str | None = None, is_source: bool = False) -> None:
    """Print a result, or write it to a file in one piece; raises `UsageError` if that fails.

    What people read is folded to the width of a terminal; a source that programs read is not.
    """
    if isinstance(content, str):
        content = visible_lines(content if content.endswith("\n") else content + "\n")
    if output is None or output == "-":
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(printable(content if is_source else for_terminal(content)))
        return
    from cnncalc.replacing import replacing

    with replacing(output) as partial, open(partial, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def emit_coloured(text: str) -> None:
    """Print a text that has colours of its own; whatever else is in it must be visible already."""
    sys.stdout.write(text)


def for_terminal(text: str) -> str:
    """Return a text for people folded to the terminal's width; others, and in pipes, as it is."""
    if asked("format") not in FOR_PEOPLE or not sys.stdout.isatty() or asked("wide"):
        return text
    return folded_text(text, max(NARROWEST, terminal_width()))


def folded_text(text: str, width: int) -> str:
    """Return a text with its longer lines folded at words."""
    lines = text.split("\n")
    return "\n".join([piece for line in lines for piece in folded_line(line, width)])


def folded_line(line: str, width: int) -> list[str]:
    """Return a line in pieces of at most `width`, broken at words and indented under its text."""
    if len(line) <= width:
        return [line]
    if not line.strip("─"):
        return [line[:width]]
    indent = hanging_indent(line, width)
    first, *rest = folded(line[indent:], width - indent)
    return [line[:indent] + first, *[" " * indent + piece for piece in rest]]


def hanging_indent(line: str, width: int) -> int:
    """Return where the text of a line begins, after its margin or its leading columns."""
    start = len(line) - len(line.lstrip(" "))
    gap = line.rfind("  ", start, width // 2)
    return gap + 2 if gap > 0 else start


def say(text: str) -> None:
    """Print a sentence, folded to a terminal's width."""
    emit(text)


def remark(text: str) -> None:
    """Print a sentence on standard error, folded to a terminal's width."""
    if sys.stderr.isatty():
        text = folded_text(text, max(NARROWEST, terminal_width(sys.stderr)))
    print(visible_lines(text), file=sys.stderr)
