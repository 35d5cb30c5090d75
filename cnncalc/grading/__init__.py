"""Grading: assignments with a computed key, answers read as typed, marks that follow reasoning.

This is the one door to the room: everything outside enters by these functions. What each needs is
imported when it is called.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.diagnostics import Source
    from cnncalc.grading.class_run import ChangedMark, Report
    from cnncalc.grading.model import Assignment
    from cnncalc.grading.practice import Ask, RunningScore, Say
    from cnncalc.grading.sheet import Figure
    from cnncalc.grading.typed_key import CheckedKey

    Progress = Callable[[int, int], None]


def load(path: str) -> Assignment:
    """Return the assignment of a file, or of a quiz's manifest; raises SpecError for its faults."""
    from cnncalc.grading.work import open_work

    return open_work(path).assignment


def grade(
    assignment: str,
    submissions: Sequence[str],
    output: str = "grades",
    *,
    roster: str | None = None,
    attempts: str | None = None,
    deadline: str | None = None,
    grace: str | None = None,
    late_penalty: str | None = None,
    outputs: str = "grades,gradebook,submissions,feedback",
    level: str = "hint",
    markup: str = "md",
    overrides: str | None = None,
    canvas_id: str = "",
    progress: Progress | None = None,
) -> Report:
    """Mark the submissions in files, folders and archives, and write all `outputs`.

    `attempts` to `late_penalty` replace what the assignment says. Raises SpecError for a faulty
    assignment and UsageError for a word or a place that fits nothing.
    """
    from cnncalc.grading.class_run import ClassRun
    from cnncalc.grading.submissions.ids import Ids
    from cnncalc.grading.submissions.layouts import unpacked
    from cnncalc.grading.submissions.roster import collect, read_roster
    from cnncalc.grading.work import open_work, policy

    work = open_work(assignment, policy(attempts, deadline, grace, late_penalty))
    run = ClassRun(work, output, outputs, overrides, level, markup, canvas_id)
    people = read_roster(roster) if roster else None
    exclude = filter(None, (assignment, roster, overrides, output))
    with unpacked(submissions) as places:
        return run.grade(collect(places, people, Ids(work.assignment), exclude), progress)


def regrade(
    assignment: str,
    results: str,
    output: str | None = None,
    *,
    outputs: str = "grades,gradebook,submissions,feedback",
    level: str = "hint",
    markup: str = "md",
    overrides: str | None = None,
    canvas_id: str = "",
) -> tuple[Report, list[ChangedMark]]:
    """Mark the answers stored in the folder `results` again; returns whose marks changed too."""
    from cnncalc.grading.class_run import ClassRun
    from cnncalc.grading.work import open_work, stored_policy

    work = open_work(assignment, stored_policy(results))
    place = output or results
    run = ClassRun(work, place, outputs, overrides, level, markup, canvas_id, beside=results)
    return run.regrade(results)


def check_key(assignment: str, key: str) -> CheckedKey:
    """Return how a key typed by hand (rows `id,answer`) compares with the computed one."""
    from cnncalc.grading.typed_key import check_key

    return check_key(load(assignment), key)


def handout(
    assignment: str, markup: str = "md", answers: bool = False, figure: Figure | None = None
) -> str:
    """Return an assignment to hand out as `md`, `html` or `word`; `figure` draws its networks."""
    from cnncalc.grading.assignment import read_assignment_text
    from cnncalc.grading.sheet import rendered, sheet

    found = read_assignment_text(*_template(assignment))
    return rendered(sheet(found, answers=answers, figure=figure), markup)


def draw_quiz(
    template: str,
    students: Sequence[str],
    seed: str,
    output: str,
    *,
    formats: Sequence[str] = ("sheets",),
    choices: bool = False,
    figure: Figure | None = None,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> list[str]:
    """Draw a variant for every student and write the quiz; returns what was written.

    `template` is an assignment with draws, or a spec; `note` takes what could not be had for all.
    """
    from cnncalc.grading.quiz.draw import draw_quiz
    from cnncalc.grading.quiz.template import Template
    from cnncalc.grading.quiz.write import write_quiz

    manifest = draw_quiz(Template(*_template(template)), students, seed, progress, note)
    return write_quiz(manifest, students, formats, output, choices, figure)


def practise(
    template: str, ask: Ask, say: Say, seed: str = "practice", rounds: int = 3
) -> RunningScore:
    """Ask questions, each at once followed by what it earned; returns what was earned in all.

    `ask` shows a prompt and returns a line, or None at the end of the input.
    """
    from cnncalc.grading import practice
    from cnncalc.grading.quiz.template import Template

    drawn = practice.rounds(Template(*_template(template)), seed, rounds)
    return practice.practise(drawn, ask, say)


def gradescope_autograder(
    assignment: str, level: str = "hint", **policy: str | None
) -> tuple[str, bytes]:
    """Return the title of an assignment and the archive of its Gradescope autograder."""
    from cnncalc.grading.autograder import make_zip
    from cnncalc.grading.work import open_work
    from cnncalc.grading.work import policy as changes

    work = open_work(assignment, changes(**policy))
    return work.assignment.title, make_zip(work, level)


def _template(name: str) -> tuple[Source, str, dict[str, str] | None]:
    """Return an assignment's text, folder and specs; of a spec, the template made from it."""
    import os

    from cnncalc.diagnostics import Source, UsageError
    from cnncalc.grading.quiz.template import network_template
    from cnncalc.grading.work import is_manifest
    from cnncalc.language import find

    source, _ = find(name)
    if is_manifest(source.text):
        help = (
            f"its sheets stand beside it; `cnncalc grade {name} SUBMISSIONS` marks what comes back"
        )
        raise UsageError(f"`{name}` is a quiz that has been drawn", help)
    folder = os.path.dirname(name) or "."
    if any(line.startswith("questions:") for line in source.text.splitlines()):
        return source, folder, None
    text, texts = network_template(name)
    return Source(f"{name} quiz", text), folder, texts
