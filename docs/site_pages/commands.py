"""The pages of the commands, from what `--help` shows: one for each command."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import click

from cnncalc.cli import COMMANDS, GROUPS, SHORT
from cnncalc.cli.group import cli

HEAD = """# Commands

Every command takes `--help`; `cnncalc help COMMAND` prints the same. The exit status is 0 if all
is well, 1 if a spec or a check failed, and 2 for wrong usage ([errors](../errors.md)).
"""


def write(folder: Path) -> None:
    """Write the pages, and one that lists all commands in their groups."""
    folder.mkdir(parents=True)
    parent = click.Context(cli, info_name="cnncalc")
    shorter = {name: short for short, name in SHORT.items()}
    index = [HEAD]
    for title, names in GROUPS:
        index += [f"## {title}\n", "| command | what it does |", "| :--- | :--- |"]
        for name in names:
            also = f", `{shorter[name]}`" if name in shorter else ""
            index.append(f"| [`{name}`]({name}.md){also} | {cell(COMMANDS[name][1])} |")
            command = cli.get_command(parent, name)
            assert command is not None
            text = "\n".join(page(command, name, parent, "#"))
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
        index.append("")
    index += ["```{toctree}", ":hidden:", *COMMANDS, "```", ""]
    (folder / "index.md").write_text("\n".join(index), encoding="utf-8")


def page(command: click.Command, name: str, parent: click.Context, level: str) -> list[str]:
    """Return the lines of a command's page, and below it those of the commands that it has."""
    context = click.Context(command, info_name=name, parent=parent)
    title = context.command_path.removeprefix("cnncalc ")
    lines = [f"{level} {title}\n", "```text", command.get_usage(context), "```\n"]
    lines += described(command.help or "")
    rows = [p.get_help_record(context) for p in command.get_params(context)]
    options = [row for row in rows if row is not None]
    for names, text in options:
        lines += [f"`{names}`", f": {' '.join(text.split()) or 'see above'}", ""]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            lines += page(found, inner, context, level + "#")
    return lines


def described(text: str) -> list[str]:
    """Return the paragraphs of a help text; what click must not fill is an example."""
    lines: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            example = inspect.cleandoc(paragraph.lstrip("\b\n"))
            lines += ["```text", example, "```", ""]
        else:
            lines += [" ".join(paragraph.split()), ""]
    return lines


def cell(text: str) -> str:
    """Return a text as it stands in a table of Markdown."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|")
