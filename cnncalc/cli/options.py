"""Options that several commands share, and what commands do with them."""

from __future__ import annotations

import click

from cnncalc.cli.output import emit as emit
from cnncalc.cli.output import format_option as format_option
from cnncalc.cli.output import output_option as output_option
from cnncalc.diagnostics import UsageError
from cnncalc.quantities import DTYPE_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from cnncalc.graph import Graph

    Command = TypeVar("Command", bound=Callable[..., Any])

#: The keyword arguments that `spec_options` adds to a command and `load_graph` takes.
SPEC_OPTIONS = ("variant", "settings", "inputs", "layout", "rounding")


#: How each of them is declared; `spec` is the argument itself.
DECLARED: dict[str, Callable[[Any], Any]] = {
    "spec": click.argument("spec", metavar="SPEC"),
    "variant": click.option(
        "--variant", metavar="NAME", help="Which variant of a family, such as vgg16."
    ),
    "settings": click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="Change a parameter of the spec, such as width=32.",
    ),
    "inputs": click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="[NAME=]SHAPE",
        help="Another input: channels x height x width, such as 3x256x256.",
    ),
    "layout": click.option(
        "--layout",
        type=click.Choice(["chw", "hwc"]),
        help="Type and print shapes channels first (chw, the usual way) or channels last.",
    ),
    "rounding": click.option(
        "--rounding",
        type=click.Choice(["floor", "ceil", "strict", "caffe"]),
        help="What to do where a window does not fit exactly.",
    ),
}


def spec_options(command: Command) -> Command:
    """Add SPEC and the options that choose and change a network.

    The command receives `spec` and the names in `SPEC_OPTIONS`; `load_graph` takes them.
    """
    return some_spec_options("spec", *SPEC_OPTIONS)(command)


def some_spec_options(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds some of what `spec_options` adds."""
    return together(*[DECLARED[name] for name in names])


def together(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return one decorator that adds several options, in the order in which help shows them."""

    def add(command: Command) -> Command:
        for decorate in reversed(decorators):
            command = decorate(command)
        return command

    return add


def memory_options(command: Command) -> Command:
    """Add `--batch` and `--dtype`, which scale memory."""
    command = click.option(
        "--dtype",
        type=click.Choice(list(DTYPE_BITS)),
        default="float32",
        show_default=True,
        help="The type of one number, for memory.",
    )(command)
    return click.option(
        "--batch",
        type=click.IntRange(1, 2**31),
        default=1,
        show_default=True,
        help="Samples at once, for memory.",
    )(command)


def jobs_option(command: Command) -> Command:
    """Add `--jobs`: how many processes share the work."""
    return click.option(
        "--jobs",
        type=click.IntRange(1, 1024),
        default=1,
        show_default=True,
        help="Processes that share the work.",
    )(command)


def pairs(texts: tuple[str, ...], what: str, nameless: bool = False) -> dict[str, str]:
    """Return `name=value` texts as a dictionary; raises `UsageError`."""
    result = {}
    example = "3x224x224" if nameless else "width=32"
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            if not nameless:
                raise UsageError(f"{what} wants NAME=VALUE, not `{text}`", f"{what} {example}")
            name, value = "", text
        if not value.strip():
            raise UsageError(f"`{what} {text}` gives no value", f"{what} {example}")
        result[name.strip()] = value.strip()
    return result


def load_graph(
    spec: str,
    variant: str | None = None,
    settings: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
    rounding: str | None = None,
    layout: str | None = None,
) -> Graph:
    """Return the graph that SPEC and its options mean; raises `SpecError` or `UsageError`."""
    from cnncalc.language import Options
    from cnncalc.networks import load

    return load(
        spec,
        Options(
            variant, pairs(settings, "--set"), pairs(inputs, "--input", True), rounding, layout
        ),
    )
