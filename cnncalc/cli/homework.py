"""`cnncalc quiz`, `sheet`, `practice`, `check-key`: homework drawn, printed, tried, checked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

import click

from cnncalc.cli.declare import flag, option
from cnncalc.cli.options import emit, output_option, printed
from cnncalc.cli.output import remark, say
from cnncalc.cli.progress import by_counts, progress
from cnncalc.diagnostics import UsageError, quoted

if TYPE_CHECKING:
    from cnncalc.grading import CheckedKey, Network


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
def quiz(
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
    if students is not None and count is not None:
        raise UsageError("--students and --count exclude one another", "leave one of them out")
    if students is None and count is None:
        raise UsageError("for whom?", "give --students roster.csv or --count 30")
    return students or [f"student{number}" for number in range(1, (count or 0) + 1)]


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT|SPEC")
@option(
    "--format",
    "Markdown, HTML with a picture of the network, or HTML that Word and Google Docs open;"
    " by default as the end of -o FILE says.",
    name="markup",
    follows_file=True,
    of="md html word",
    default="md",
)
@flag("--answers", "For staff: with the key and its working.")
@output_option
def sheet(assignment: str, markup: str, answers: bool, output: str | None) -> int:
    """Print an assignment as a sheet to hand out, with a place for each answer.

    What comes back filled in, in any of these formats and as a Word document too, is read by
    `cnncalc grade`: the text of the sheet is known and passed over.

    \b
      cnncalc sheet homework.yaml --format word -o homework.html
      cnncalc sheet homework.yaml --answers
    """
    from cnncalc import grading

    drawn = figure if markup == "html" else None
    emit(grading.handout(assignment, markup, answers, drawn).rstrip("\n"), output)
    return 0


def figure(network: Network) -> str:
    """Draw a network without what is asked about it: neither shapes nor counts."""
    import re

    from cnncalc.analysis.walk import analyze
    from cnncalc.pictures.draw import text
    from cnncalc.pictures.values import Wish

    wish = Wish(labels=("layer", "name"), direction="down")
    svg = text(analyze(network.graph), wish, "svg", "light", None)
    # The title's lines, on the page and for those who cannot see it, tell the counts.
    svg = re.sub(r"(?s)<(title|desc)\b.*?</\1>\n?", "", svg)
    return re.sub(r'(?s)(<text class="(title|note)"[^>]*>[^<]*</text>\s*){1,2}', "", svg, count=1)


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
def practice(template: str, seed: str, rounds: int) -> int:
    """Ask questions in the terminal and explain each answer at once: `hint`, `answer`, `quit`.

    TEMPLATE is a template or an assignment; with a SPEC questions about its layers are made.

    \b
      cnncalc practice lenet5
      cnncalc practice homework.yaml --seed 7
    """
    from cnncalc import grading

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


#: What the states of comparisons are called where they are counted.
_COUNTED = {
    "same": "same", "written otherwise": "written otherwise", "differs": "different",
    "missing": "missing",
}  # fmt: skip


@click.command()
@click.argument("assignment", metavar="ASSIGNMENT")
@click.argument("key", metavar="OLDKEY.csv")
@printed("text", "json", "csv")
def check_key(assignment: str, key: str, format: str, output: str | None) -> int:
    """Compare a key that was typed by hand with the computed one, and explain each difference.

    OLDKEY.csv has rows `id,answer`; cells of a table are called `q3/conv_1/shape`. Exit status 1
    if anything differs.

    \b
      cnncalc check-key homework.yaml key.csv
    """
    from cnncalc import grading

    checked = grading.check_key(assignment, key)
    shown = {"text": as_text, "json": as_json, "csv": type(checked).csv}[format]
    emit(shown(checked), output)
    return 1 if checked.differs else 0


def as_text(checked: CheckedKey) -> str:
    """Return the differences with their explanation and the right working."""
    lines = []
    for one in checked.items:
        if one.state == "differs":
            lines.append(f"{one.item.id}: the key says {one.typed!r}, computed is {one.computed}")
            lines.append(f"    {one.why}")
            lines += [f"    {line}" for line in one.lines]
        elif one.state == "written otherwise":
            lines.append(f"{one.item.id}: {one.typed!r} is right ({one.why})")
    states = [one.state for one in checked.items]
    counts = ", ".join(
        f"{states.count(state)} {word}" for state, word in _COUNTED.items() if state in states
    )
    lines += checked.problems
    lines += [f"{quoted(key)} is not a question of the assignment" for key in checked.unknown]
    return "\n".join([*lines, counts])


def as_json(checked: CheckedKey) -> str:
    """Return every comparison for programs."""
    import json

    rows = [
        {
            "item": one.item.id, "typed": one.typed, "state": one.state,
            "computed": one.computed, "why": one.why, "working": list(one.lines),
        }
        for one in checked.items
    ]  # fmt: skip
    value = {
        "schema": "cnncalc.check-key/1", "items": rows, "unknown": list(checked.unknown),
        "problems": list(checked.problems),
    }  # fmt: skip
    return json.dumps(value, ensure_ascii=False, indent=2)
