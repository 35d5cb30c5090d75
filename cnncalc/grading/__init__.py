"""Grading: assignments with a computed key, answers read as typed, marks that follow reasoning.

This is the one door to the room: everything outside enters by these functions. What each needs is
imported when it is called.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from cnncalc.grading.class_run import ChangedMark
    from cnncalc.grading.class_run import Report as Report
    from cnncalc.grading.model import Assignment as Assignment
    from cnncalc.grading.model import Network as Network
    from cnncalc.grading.practice import Ask, RunningScore, Say
    from cnncalc.grading.sheet import Figure as Figure
    from cnncalc.grading.typed_key import CheckedKey as CheckedKey

    Progress = Callable[[int, int], None]

OUTPUTS = "grades,gradebook,submissions,feedback"


def load(path: str, **options: str | None) -> Assignment:
    """Return the assignment of a file, or of a quiz's manifest; raises SpecError for its faults.

    The options `attempts`, `deadline`, `grace` and `late_penalty` replace what it says.
    """
    from cnncalc.grading.work import open_work

    return open_work(path, options).assignment


def grade(
    assignment: str,
    submissions: Sequence[str],
    output: str = "grades",
    *,
    roster: str | None = None,
    outputs: str = OUTPUTS,
    level: str = "hint",
    markup: str = "md",
    overrides: str | None = None,
    canvas_id: str = "",
    progress: Progress | None = None,
    **options: str | None,
) -> Report:
    """Mark the submissions in files, folders and archives, and write all `outputs`.

    `options` are those of `load`. Raises SpecError for a faulty assignment and UsageError for a
    word or a place that fits nothing.
    """
    from cnncalc.grading.class_run import ClassRun
    from cnncalc.grading.submissions.ids import Ids
    from cnncalc.grading.submissions.layouts import unpacked
    from cnncalc.grading.submissions.roster import collect, read_roster
    from cnncalc.grading.work import open_work

    work = open_work(assignment, options)
    run = ClassRun(work, output, outputs, overrides, level, markup, canvas_id)
    people = read_roster(roster) if roster else None
    exclude = filter(None, (assignment, roster, overrides, output))
    with unpacked(submissions) as places:
        return run.grade(collect(places, people, Ids(work.assignment), exclude), progress)


def regrade(
    assignment: str, results: str, output: str | None = None, outputs: str = OUTPUTS, **wanted: Any
) -> tuple[Report, list[ChangedMark]]:
    """Mark the answers stored in the folder `results` again; returns whose marks changed too.

    `level`, `markup`, `overrides` and `canvas_id` are wanted as `grade` has them.
    """
    from cnncalc.grading.class_run import ClassRun
    from cnncalc.grading.results import read_header
    from cnncalc.grading.work import open_work

    work = open_work(assignment, read_header(results).get("options"))
    return ClassRun(work, output or results, outputs, beside=results, **wanted).regrade(results)


def check_key(assignment: str, key: str) -> CheckedKey:
    """Return how a key typed by hand (rows `id,answer`) compares with the computed one."""
    from cnncalc.grading.typed_key import check_key

    return check_key(load(assignment), key)


def handout(
    assignment: str, markup: str = "md", answers: bool = False, figure: Figure | None = None
) -> str:
    """Return an assignment to hand out as `md`, `html` or `word`; `figure` draws its networks."""
    from cnncalc.grading.sheet import rendered, sheet
    from cnncalc.grading.work import open_template

    found = open_template(assignment).assignment()
    return rendered(sheet(found, answers=answers, figure=figure), markup)


def draw_quiz(
    template: str,
    students: Sequence[str] | str,
    seed: str,
    output: str,
    formats: str = "sheets",
    choices: bool = False,
    figure: Figure | None = None,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> tuple[int, list[str]]:
    """Draw a variant for each student and write the quiz; returns how many, and what was written.

    `template` is an assignment with draws, or a spec; `students` are named, or a roster's file.
    `figure` draws the networks of HTML sheets; `note` takes what could not be had for all.
    """
    from cnncalc.diagnostics import UsageError
    from cnncalc.grading.quiz import FORMATS, write_quiz
    from cnncalc.grading.quiz.draw import draw_quiz
    from cnncalc.grading.submissions.roster import read_roster
    from cnncalc.grading.work import listed, open_template

    names = listed(formats, FORMATS, "quiz format")
    if isinstance(students, str):
        students = [person.key for person in read_roster(students).people]
    if not students:
        help = "write a line `id,name`, and below it one per student"
        raise UsageError("the roster names nobody", help)
    manifest = draw_quiz(open_template(template), students, seed, progress, note)
    return len(students), write_quiz(manifest, students, names, output, choices, figure)


def practise(
    template: str, ask: Ask, say: Say, seed: str = "practice", rounds: int = 3
) -> RunningScore:
    """Ask questions, each at once followed by what it earned; returns what was earned in all.

    `ask` shows a prompt and returns a line, or None at the end of the input.
    """
    from cnncalc.grading import practice
    from cnncalc.grading.work import open_template

    return practice.practise(practice.rounds(open_template(template), seed, rounds), ask, say)


def gradescope_autograder(
    assignment: str, level: str = "hint", **options: str | None
) -> tuple[str, bytes]:
    """Return the title of an assignment and the archive of its Gradescope autograder."""
    from cnncalc.grading.autograder import make_zip
    from cnncalc.grading.work import open_work

    work = open_work(assignment, options)
    return work.assignment.title, make_zip(work, level)


def assignment_schema() -> dict[str, Any]:
    """Return the JSON Schema of assignment files."""
    from cnncalc.grading.assignment import assignment_schema

    return assignment_schema()
