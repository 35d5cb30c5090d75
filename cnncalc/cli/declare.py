"""How commands declare options: as click does, and with what all of ours have in common."""

from __future__ import annotations

import click

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    Command = TypeVar("Command", bound=Callable[..., Any])
    Decorator = Callable[[Command], Command]


class Integer(click.IntRange):
    """A bounded integer; a bound that only computers reach is not shown."""

    def _describe_range(self) -> str:
        return f"x>={self.min}" if (self.max or 0) >= 2**31 else super()._describe_range()


def option(
    *names: str,
    of: str | Iterable[str] | None = None,
    low: int | None = None,
    high: int | None = None,
    default: object = None,
    **more: Any,
) -> Decorator[Any]:
    """Declare an option; help shows its default.

    `of` are the words to choose from, as one text or several; `low` and `high` bound an integer.
    """
    if of is not None:
        more["type"] = click.Choice(of.split() if isinstance(of, str) else list(of))
    elif low is not None:
        more["type"] = Integer(low, high)
    if default is not None:
        more |= {"default": default, "show_default": True}
    return click.option(*names, **more)


def flag(*names: str, **more: Any) -> Decorator[Any]:
    """Declare an option without a value, and `--this/--not-this`."""
    return click.option(*names, is_flag=True, **more)


def together(*decorators: Decorator[Any]) -> Decorator[Any]:
    """Return one decorator that adds several options, in the order in which help shows them."""

    def add(command: Command) -> Command:
        for decorate in reversed(decorators):
            command = decorate(command)
        return command

    return add


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
