"""Grading: assignments with a computed key, answers read as typed, marks that follow reasoning.

This is the one door to the room: everything outside enters by these functions. What each needs is
imported when it is called.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.diagnostics import Source
    from cnncalc.grading.batch import Report
    from cnncalc.grading.model import Assignment
    from cnncalc.grading.practice import Ask, RunningScore, Say
    from cnncalc.grading.regrading import ChangedMark
    from cnncalc.grading.sheet import Figure
    from cnncalc.grading.typed_key import CheckedKey

    Progress = Callable[[int, int], None]


def load(path: str) -> Assignment:
    """Return the assignment of a file, or of a quiz's manifest; raises SpecError for its faults."""
    from cnncalc.grading.setup import make_setup

    return make_setup(path, "", ())[1]


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
    from dataclasses import replace

    from cnncalc.grading.batch import run_batch
    from cnncalc.grading.overrides import check_students, keep_overrides
    from cnncalc.grading.setup import open_setup, policy
    from cnncalc.grading.submissions.archive import unpacked
    from cnncalc.grading.submissions.collect import collect
    from cnncalc.grading.submissions.ids import Ids
    from cnncalc.grading.submissions.roster import read_roster

    setup, found = open_setup(
        assignment, output, policy(attempts, deadline, grace, late_penalty), outputs=outputs,
        level=level, markup=markup, overrides=overrides, canvas_id=canvas_id,
    )  # fmt: skip
    people = read_roster(roster) if roster else None
    exclude = (assignment, roster, overrides, output)
    by_hand = dict(setup.overrides)
    with unpacked(submissions) as places:
        units = collect(places, people, Ids(found), filter(None, exclude))
        students = {unit.person.key for unit in units}
        check_students(by_hand, students, overrides or f"{output}/overrides.csv")
        replaced = keep_overrides(by_hand, output)
        return replace(run_batch(setup, units, progress), replaced=replaced)


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
    from dataclasses import replace

    from cnncalc.grading.overrides import check_students, keep_overrides
    from cnncalc.grading.regrading import regrade, stored_policy, students_of
    from cnncalc.grading.setup import open_setup

    place = output or results
    setup, _ = open_setup(
        assignment, place, stored_policy(results), outputs=outputs, level=level, markup=markup,
        overrides=overrides, canvas_id=canvas_id, beside=results,
    )  # fmt: skip
    by_hand = dict(setup.overrides)
    if by_hand:
        check_students(by_hand, students_of(results), overrides or f"{results}/overrides.csv")
    replaced = keep_overrides(by_hand, place)
    report, changes = regrade(setup, results)
    return replace(report, replaced=replaced), changes


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
    from cnncalc.grading import setup
    from cnncalc.grading.autograder import make_zip

    given = (policy.get(name) for name in ("attempts", "deadline", "grace", "late_penalty"))
    made, found = setup.make_setup(assignment, "", (), level=level, changes=setup.policy(*given))
    return found.title, make_zip(made, found)


def _template(name: str) -> tuple[Source, str, dict[str, str] | None]:
    """Return an assignment's text, folder and specs; of a spec, the template made from it."""
    import os

    from cnncalc.diagnostics import Source
    from cnncalc.grading.quiz.network_quiz import network_template
    from cnncalc.language import find

    source, _ = find(name)
    folder = os.path.dirname(name) or "."
    if any(line.startswith("questions:") for line in source.text.splitlines()):
        return source, folder, None
    text, texts = network_template(name)
    return Source(f"{name} quiz", text), folder, texts
