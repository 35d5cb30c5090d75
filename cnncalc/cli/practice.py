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
    """Ask questions in the terminal and explain each answer at once; `quit` ends.

    TEMPLATE is a template or an assignment; with a SPEC questions about its layers are made.

    \b
      cnncalc practice lenet5
      cnncalc practice homework.yaml --seed 7
    """
    from cnncalc.cli.quiz import template_of
    from cnncalc.grading.model import show_points
    from cnncalc.grading.practice import practise
    from cnncalc.grading.practice import rounds as drawn
    from cnncalc.grading.quiz.template import Template

    def ask(prompt: str) -> str | None:
        try:
            return input(prompt)
        except EOFError:
            return None

    found = Template(*template_of(template))
    earned, possible = practise(drawn(found, seed, rounds), ask, click.echo)
    click.echo(f"\n{show_points(earned)} of {show_points(possible)} points")
    return 0
