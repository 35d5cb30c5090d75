"""`cnncalc practice`: questions in the terminal."""

from __future__ import annotations

from typing import TextIO

import click

from cnncalc.cli.declare import option
from cnncalc.cli.output import say
from cnncalc.diagnostics import UsageError


@click.command()
@click.argument("template", metavar="TEMPLATE|SPEC")
@option("--seed", "Another seed, other numbers.", default="practice")
@option(
    "--rounds",
    "How often the questions are asked, with other numbers each time.",
    low=1,
    high=1000,
    default=3,
)
def command(template: str, seed: str, rounds: int) -> int:
    """Ask questions in the terminal and explain each answer at once: `hint`, `answer`, `quit`.

    TEMPLATE is a template or an assignment; with a SPEC questions about its layers are made.

    \b
      cnncalc practice lenet5
      cnncalc practice homework.yaml --seed 7
    """
    from cnncalc import grading
    from cnncalc.cli.quiz import one_thread

    one_thread()
    stopped = False
    terminal = answers_elsewhere() if template == "-" else None

    def ask(prompt: str) -> str | None:
        nonlocal stopped
        try:
            if terminal is None:
                return input(prompt)
            click.echo(prompt, nl=False)
            line = terminal.readline()
            return line.rstrip("\n") if line else None
        except (EOFError, RuntimeError, ValueError, OSError):  # at its end, or closed
            return None
        except KeyboardInterrupt:
            stopped = True
            return None

    tally = grading.practise(template, ask, say, seed, rounds)
    say(f"\n{tally}")
    return 130 if stopped else 0


def answers_elsewhere() -> TextIO:
    """Return the terminal itself, as standard input holds the spec; raises `UsageError`."""
    try:
        return open("/dev/tty", encoding="utf-8")  # read until the process ends
    except OSError:
        raise UsageError(
            "the spec takes standard input, and there is no terminal to answer on",
            "give the path of the spec's file instead of `-`",
        ) from None
