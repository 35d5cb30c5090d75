"""`cnncalc practice`: questions in the terminal."""

from __future__ import annotations

import click


@click.command()
@click.argument("template", metavar="TEMPLATE|SPEC")
@click.option("--seed", default="practice", show_default=True, help="Another seed, other numbers.")
@click.option(
    "--rounds",
    type=click.IntRange(1, 1000),
    default=3,
    show_default=True,
    help="How often the questions are asked, with other numbers each time.",
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

    def ask(prompt: str) -> str | None:
        nonlocal stopped
        try:
            return input(prompt)
        except (EOFError, RuntimeError, ValueError, OSError):  # at its end, or closed
            return None
        except KeyboardInterrupt:
            stopped = True
            return None

    tally = grading.practise(template, ask, click.echo, seed, rounds)
    click.echo(f"\n{tally}")
    return 130 if stopped else 0
