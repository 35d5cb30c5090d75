"""`cnncalc quiz`: a different quiz for every student."""

from __future__ import annotations

import os

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.output import remark, say
from cnncalc.cli.progress import by_counts, progress


@click.command()
@click.argument("template", metavar="TEMPLATE|SPEC")
@option("--seed SECRET", "Who knows it can draw the same.", required=True)
@option("--students CSV", "The roster; without one use --count.")
@option("--count", "Variants for student1 to studentN.", low=1, high=100_000)
@option(
    "--format LIST",
    "sheets, html (also all in one file to print), word, moodle, cloze, text2qti.",
    name="formats",
    default="sheets",
)
@flag("--choices", "Banks ask by multiple choice among the values of usual slips.")
@option("-o, --output DIR", "The folder to write to.", default="quiz")
def command(
    template: str,
    seed: str,
    students: str | None,
    count: int | None,
    formats: str,
    choices: bool,
    output: str,
) -> int:
    """Draw a different quiz for every student, reproducibly, and check each by running it.

    TEMPLATE is an assignment whose questions say what is drawn (`draw: {W: 24..64}`); with a SPEC
    questions about its layers are made. `manifest.json` holds what was drawn, and is what
    `cnncalc grade manifest.json SUBMISSIONS` marks against.

    \b
      cnncalc quiz template.yaml --seed s3cret --students roster.csv -o quiz
      cnncalc quiz lenet5 --seed s3cret --count 30 --format moodle
    """
    from cnncalc import grading
    from cnncalc.cli.sheet import figure
    from cnncalc.diagnostics import UsageError

    one_thread()
    if not seed.strip():
        raise UsageError("the seed is empty", "give a secret: who knows it can draw the same")
    roster = who(students, count)
    notes: list[str] = []
    with progress("drawing", 1) as advance:
        drawn, written = grading.draw_quiz(
            template, roster, seed, output, formats, choices,
            figure if "html" in formats else None, by_counts(advance), notes.append,
        )  # fmt: skip
    for note in notes:
        remark(f"note: {note}")
    variants = "1 variant" if drawn == 1 else f"{drawn} variants"
    say(f"{variants} written to {output}: {', '.join(['manifest.json', *written])}")
    return 0


def one_thread() -> None:
    """Let products of matrices run on one core: for small ones threads wait more than they work."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def who(students: str | None, count: int | None) -> list[str] | str:
    """Return the roster's file, or names for so many students; raises UsageError for neither."""
    from cnncalc.diagnostics import UsageError

    if students is not None and count is not None:
        raise UsageError("--students and --count exclude one another", "leave one of them out")
    if students is None and count is None:
        raise UsageError("for whom?", "give --students roster.csv or --count 30")
    return students or [f"student{number}" for number in range(1, (count or 0) + 1)]
