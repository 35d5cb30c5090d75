"""The group of all commands, for click: help, faults, and every line that is not plain."""

from __future__ import annotations

import click

from cnncalc import __version__
from cnncalc.cli import COMMANDS, GROUPS, SHORT, failures, imported
from cnncalc.cli.by_click import HelpContext, with_help_page
from cnncalc.cli.declare import Runnable
from cnncalc.diagnostics import UsageError, suggest


class ReaderGoneError(Exception):
    """Nobody reads on (`| head`): what click would make a failure of if it saw the `pipe` break."""

    def __init__(self, pipe: BrokenPipeError) -> None:
        self.pipe = pipe


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        command = imported(cmd_name)
        return with_help_page(command.by_click() if isinstance(command, Runnable) else command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in SHORT:
            args = [SHORT[args[0]], *args[1:]]
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UsageError(f"there is no command `{args[0]}`", meant_by(args))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError(error) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        shorter = {name: short for short, name in SHORT.items()}
        for title, names in GROUPS:
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{name}, {shorter[name]}" if name in shorter else name, COMMANDS[name][1])
                        for name in names
                    ]
                )


def meant_by(arguments: list[str]) -> str:
    """Return what to type instead of a command that there is not."""
    word = arguments[0]
    command = suggest(word, [*COMMANDS, *SHORT])
    if command is None or command != word:
        from cnncalc.language.library import builtin_names

        names = [name for name, _, _ in builtin_names()]
        if word in names or word.endswith((".yaml", ".yml", ".onnx")):
            return f"`cnncalc summary {' '.join(arguments)}` shows a network"
        network = None if command else suggest(word, names)
        if network is not None:
            return f"did you mean `cnncalc summary {network}`?"
    return f"did you mean `cnncalc {command}`?" if command else "`cnncalc --help` lists them"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="cnncalc %(version)s")
def cli() -> None:
    """Compute what a convolutional network costs and sees, without running it.

    A network is a YAML file, or the name of one that comes with cnncalc (`cnncalc list`). Try:

    \b
      cnncalc summary alexnet
      cnncalc explain lenet5 C1
      cnncalc conv 32x32x3 --filters 10 --kernel 5 --padding 2
    """


def run_by_click(arguments: list[str]) -> object:
    """Run a command as click reads its line; what click finds wrong is shown as our errors are."""
    try:
        return cli.main(arguments, prog_name="cnncalc", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        return failures.usage_error(lowered(error.format_message()), shown_by(error), arguments)
    except click.ClickException as error:
        return failures.usage_error(lowered(error.format_message()), None, arguments)
    except ReaderGoneError as error:
        raise error.pipe from None
    except click.Abort:
        raise KeyboardInterrupt from None


def shown_by(error: click.UsageError) -> str | None:
    """Return what shows how a command is written: an example if words are missing or too many."""
    if error.ctx is None:
        return None
    help = f"`{error.ctx.command_path} --help` shows the options"
    has_set = any("--set" in param.opts for param in error.ctx.command.params)
    if has_set and isinstance(error, click.NoSuchOption) and len(error.possibilities or ()) != 1:
        name = error.option_name.lstrip("-")
        if name.isidentifier():  # as names of parameters are
            help = f"if `{name}` is a parameter of the network: `--set {name}=...`; {help}"
    lines = [line.strip() for line in (error.ctx.command.help or "").splitlines()]
    examples = [line for line in lines if line.startswith("cnncalc ")]
    if examples and (
        isinstance(error, click.MissingParameter)
        or not isinstance(error, (click.BadParameter, click.NoSuchOption))
    ):
        return f"for example `{examples[0].partition('   ')[0]}`; {help}"
    return help


def lowered(message: str) -> str:
    """Return click's message in the form of ours: on one line, no capital, no full stop."""
    message = " ".join(message.split()).rstrip(".")
    return message[:1].lower() + message[1:]
