"""`cnncalc regrade`: stored answers marked again."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.declare import option
from cnncalc.cli.grade import output_options, tell, writing
from cnncalc.cli.output import say


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT")
@click.argument("results", metavar="DIR")
@option("-o, --output DIR", "Where to write (default: the same folder).")
@output_options
def command(assignment: str, results: str, output: str | None, **options: Any) -> int:
    """Mark the raw answers that `cnncalc grade` stored in DIR again, after a change.

    Prints whose marks changed and why, and writes them to changes.csv. Marks set by hand stay:
    they live in overrides.csv (student,question,points,note) beside the results.

    \b
      cnncalc regrade homework.yaml grades
    """
    from cnncalc import grading

    with writing(output or results):
        report, changes = grading.regrade(assignment, results, output, **options)
    for change in changes[:40]:
        say(change.sentence())
    if len(changes) > 40:
        say(f"… and {len(changes) - 40} more, see changes.csv")
    students = len({change.student for change in changes})
    say(f"{len(changes)} marks of {students} students changed")
    tell(report)
    return 1 if report.failed else 0
