"""Commands and what they take, as values: a plain line is read here, any other by click.

To load click takes longer than to read a network and sum it up, and a line of known options,
each with a good value, needs none of it. Everything else is click's: help, faults and their
messages, options given twice, several flags in one word, the format by the end of a file's name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    import click

#: What a plain line gave the command that runs.
plain_options: dict[str, Any] = {}

#: The keywords of click that a plain line may rely on, with one that only help shows.
PLAIN = {"default", "is_flag", "multiple", "show_default"}


class Declared:
    """What a command takes: an argument, an option, or several; as a decorator it adds them.

    `line` is written as help shows it: `-o, --output FILE`, `--bias/--no-bias`, or `SPEC`, which
    is an argument. `name` is the keyword by which the command is given the value, where it is not
    the flag's. `of` are the words to choose from, `low` and `high` bound an integer, and `reads`
    returns what a text means or raises `ValueError`; `follows_file` marks a format that the end of
    a file's name may give. `more` are keywords of click.
    """

    def __init__(
        self, line: str = "", help: str | None = None, name: str | None = None, **more: Any
    ) -> None:
        *before, last = line.split(", ")
        flag, _, metavar = last.partition(" ")
        self.flags = (*before, flag)
        self.is_argument = flag[:1] != "-"
        self.help, self.metavar = help, flag if self.is_argument else metavar or None
        first = next((flag for flag in self.flags if flag.startswith("--")), flag)
        bare = first.lower().strip("-").partition("/")[0]
        #: The keyword by which the command is given the value.
        self.keyword = name or bare.replace("-", "_")
        self.of, self.low, self.high, self.reads, self.follows_file = [
            more.pop(key, None) for key in ("of", "low", "high", "reads", "follows_file")
        ]
        self.more = more
        self.is_flag, self.is_multiple = bool(more.get("is_flag")), bool(more.get("multiple"))
        self.parts: tuple[Declared, ...] = (self,)

    def __call__(self, command: Any) -> Any:
        """Add it to a command of click's."""
        for part in reversed(self.parts):
            command = part.by_click()(command)
        return command

    def by_click(self) -> Callable[[Any], Any]:
        """Return click's decorator for one option or argument."""
        import click

        from cnncalc.cli.by_click import FormatOption, Integer, ReadBy

        more = {**self.more, "metavar": self.metavar}
        if self.is_argument:
            return click.argument(self.keyword, **more)
        if self.of is not None:
            more["type"] = click.Choice(self.of)
        elif self.low is not None:
            more["type"] = Integer(self.low, self.high)
        elif self.reads is not None:
            more["type"] = ReadBy(self.reads)
        kind = FormatOption if self.follows_file else None
        return click.option(*self.flags, self.keyword, cls=kind, help=self.help, **more)

    def absent(self) -> object:
        """Return the value where the line gives none."""
        return self.more.get("default", () if self.is_multiple else False if self.is_flag else None)

    def value(self, text: str) -> object:
        """Return what a text means; raises `ValueError` for one that click must look at."""
        if text.startswith("-") or (self.of is not None and text not in self.of):
            raise ValueError
        if self.low is not None:
            number = int(text) if text.isascii() and text.isdigit() else -1
            if number < self.low or (self.high is not None and number > self.high):
                raise ValueError
            return number
        return self.reads(text) if self.reads else text


def option(
    line: str,
    help: str | None = None,
    *,
    of: str | Iterable[str] | None = None,
    default: object = None,
    **more: Any,
) -> Declared:
    """Declare an option; help shows its default. `of` is one text of words, or several."""
    if default is not None:
        more |= {"default": default, "show_default": True}
    return Declared(line, help, of=of.split() if isinstance(of, str) else of and list(of), **more)


def flag(line: str, help: str, **more: Any) -> Declared:
    """Declare an option without a value, and `--this/--not-this`."""
    return Declared(line, help, is_flag=True, **more)


def together(*several: Declared) -> Declared:
    """Return several options as one, in the order in which help shows them."""
    result = Declared()
    result.parts = tuple([part for one in several for part in one.parts])
    return result


class Runnable:
    """A command as a value: a function, and what it takes as keyword arguments."""

    def __init__(self, function: Callable[..., Any], takes: Declared) -> None:
        self.function, self.takes = function, takes

    def by_click(self) -> click.Command:
        """Return the command as click knows it."""
        import click

        return click.command()(self.takes(self.function))

    def plain_values(self, words: list[str]) -> dict[str, Any] | None:
        """Return the values that a line gives, None for a line that click must look at."""
        try:
            given = self.given(words)
        except ValueError:
            return None
        parts = self.takes.parts
        required = {part.keyword for part in parts if part.is_argument}
        followed = any(part.follows_file and part.keyword not in given for part in parts)
        if not required <= given.keys() or (followed and "output" in given):
            return None
        return {part.keyword: part.absent() for part in parts} | given

    def given(self, words: list[str]) -> dict[str, Any]:
        """Return what a plain line gives; raises `ValueError` for any other line."""
        (argument,) = [part for part in self.takes.parts if part.is_argument]
        options = {name: part for part in self.takes.parts for name in part.flags}
        given: dict[str, Any] = {}
        rest = iter(words)
        for word in rest:
            name, equals, text = word.partition("=") if word.startswith("--") else (word, "", "")
            part = options.get(name) if word.startswith("-") else argument
            if part is None or part.more.keys() - PLAIN or (equals and part.is_flag):
                raise ValueError
            if not (part.is_flag or equals):
                text = word if part is argument else next(rest, "-")
            value = True if part.is_flag else part.value(text)
            keyword = part.keyword
            if part.is_multiple:
                value = (*given.get(keyword, ()), value)
            elif keyword in given:
                raise ValueError
            given[keyword] = value
        return given

    def run_plainly(self, values: dict[str, Any]) -> object:
        """Run the command with the values of a plain line."""
        plain_options.update(values)
        try:
            return self.function(**values)
        finally:
            plain_options.clear()


def takes(*several: Declared) -> Callable[[Callable[..., Any]], Runnable]:
    """Return a decorator that makes a command of a function, and what it takes."""
    return lambda function: Runnable(function, together(*several))
