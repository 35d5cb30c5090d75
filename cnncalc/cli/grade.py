"""`cnncalc grade`, `regrade`: submissions against a computed key, and again after a change."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.declare import Declared, flag, option, together
from cnncalc.cli.output import remark, say
from cnncalc.cli.progress import by_counts, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.grading import Report

#: Of how many items is said on the terminal why they should be looked at.
MAX_SUSPECTS = 5
DEFAULT_OUTPUTS = "grades,gradebook,submissions,feedback"


#: What is written; `grade` and `regrade` share them.
output_options = together(
    option(
        "--outputs LIST",
        "What to write: grades, gradebook, submissions, canvas, moodle, nbgrader,"
        " feedback, returns, gradescope, prairielearn, github.",
        default=DEFAULT_OUTPUTS,
    ),
    option(
        "--feedback",
        "Feedback: the score, hints without the value, or everything.",
        name="level",
        of="score hint full",
        default="hint",
    ),
    option("--markup", "Feedback as Markdown or HTML.", of="md html", default="md"),
    option("--overrides CSV", "Marks set by hand, with a note each."),
    Declared("--canvas-id N", "Canvas's assignment number.", default=""),
)


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT")
@click.argument("submissions", nargs=-1, metavar="[SUBMISSIONS]...")
@option("-o, --output DIR", "Where to write (default: grades).")
@option("--roster CSV", "Who takes the course.")
@output_options
@option("--attempts", "What counts.", of="latest best first")
@option("--deadline TIME", "Later submissions are late: 2025-03-01 23:59.")
@option("--grace TIME", "How much later is still in time: 15m, 2h.")
@option("--late-penalty SHARE", "Taken off per begun day late: 10%.")
@flag("--make-gradescope", "Write a Gradescope autograder (-o FILE).")
def grade(
    assignment: str,
    submissions: tuple[str, ...],
    output: str | None,
    make_gradescope: bool,
    **options: Any,
) -> int:
    """Mark submissions against a key that is computed from the specs.

    SUBMISSIONS are files (one per student: text, YAML, JSON, CSV, Markdown, HTML, .docx; or one CSV
    for the class) and folders or .zip archives, also as Canvas, Gradescope, Moodle and nbgrader
    export them. Without SUBMISSIONS the assignment is only checked. ASSIGNMENT may also be the
    manifest of a quiz.

    \b
      cnncalc grade homework.yaml                        check the assignment
      cnncalc grade homework.yaml submissions/ --roster roster.csv -o marks
      cnncalc grade --make-gradescope homework.yaml -o autograder.zip
    """
    from cnncalc import grading
    from cnncalc.diagnostics import UsageError

    given = {name: options[name] for name in ("attempts", "deadline", "grace", "late_penalty")}
    if make_gradescope and submissions:
        help = "leave out the submissions: students hand in on Gradescope"
        raise UsageError("--make-gradescope takes the assignment alone", help)
    if make_gradescope:
        title, archive = grading.gradescope_autograder(assignment, options["level"], **given)
        path = output or "autograder.zip"
        with writing(path), open(path, "wb") as file:
            file.write(archive)
        say(f"wrote {path}: upload it as the autograder of {title}")
        return 0
    if not submissions:
        say(grading.load(assignment, **given).overview())
        return 0
    output = output or "grades"
    with progress("grading", 1) as advance, writing(output):
        step = by_counts(advance)
        report = grading.grade(assignment, submissions, output, progress=step, **options)
    tell(report)
    return 1 if report.failed else 0


@contextmanager
def writing(directory: str) -> Iterator[None]:
    """Turn what the system says when a file cannot be written into a usage error."""
    from cnncalc.diagnostics import UsageError

    try:
        yield
    except OSError as error:
        where = error.filename or directory
        raise UsageError(f"cannot write `{where}`: {error.strerror}") from None


def tell(report: Report) -> None:
    """Print how many rows have which status, what to look at, and in the last line for whom."""
    if report.replaced:
        place = f"{report.directory}/overrides.csv"
        say(f"{place} is new; what it held: overrides.previous.csv")
    shown = ", ".join(f"{count} {status}" for status, count in report.counts.items() if count)
    students = f"{report.students} student" + ("s" if report.students != 1 else "")
    if report.rows > report.students:
        students += f" in {report.rows} files or rows"
    say(f"{students}: {shown or 'nothing to grade'}")
    if report.by_hand:
        say(f"{report.by_hand} mark{'s' * (report.by_hand > 1)} set by hand")
    say(f"written to {report.directory}: {', '.join(report.outputs)}, statistics, review")
    for item, reason in report.suspects[:MAX_SUSPECTS]:
        say(f"look at {item}: {reason}")
    if len(report.suspects) > MAX_SUSPECTS:
        more = len(report.suspects) - MAX_SUSPECTS
        say(f"look at {more} more items: see statistics.csv")
    for place, left in report.leftovers:
        names = ", ".join(left[:3]) + (", …" if len(left) > 3 else "")
        say(f"{place} also holds files of earlier runs, {len(left)} in all: {names}")
    if report.rows != report.expected:
        remark(f"error: {report.expected} files and missing students, but {report.rows} rows")
    if report.review:
        kinds = ", ".join(f"{count} {kind}" for kind, count in report.review.items())
        say(f"review.csv lists what wants a human: {kinds}")


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT")
@click.argument("results", metavar="DIR")
@option("-o, --output DIR", "Where to write (default: the same folder).")
@output_options
def regrade(assignment: str, results: str, output: str | None, **options: Any) -> int:
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
