"""From what a person typed to a setup: the assignment, its policy, and marks set by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.manifest import is_manifest, manifest_of
from cnncalc.grading.model import Assignment
from cnncalc.grading.outputs import NAMES
from cnncalc.grading.overrides import check_overrides, read_overrides
from cnncalc.grading.scoring import Overrides
from cnncalc.grading.times import parse_duration, parse_time
from cnncalc.grading.yaml_keys import as_fraction
from cnncalc.language.files import read
from cnncalc.language.library import stems


@dataclass(frozen=True)
class Setup:
    """Everything a run has to know: texts and options, nothing that is open or computed."""

    name: str
    text: str
    folder: str
    specs: Mapping[str, str]
    outputs: tuple[str, ...]
    directory: str
    level: str = "hint"
    markup: str = "md"
    canvas_id: str = ""
    overrides: tuple[tuple[tuple[str, str], tuple[Fraction, str]], ...] = ()
    changes: tuple[tuple[str, object], ...] = ()
    manifest: bool = False


def changed(assignment: Assignment, changes: Sequence[tuple[str, object]]) -> Assignment:
    """Return an assignment with what the command line says over and above the file."""
    return replace(assignment, **dict(changes)) if changes else assignment  # type: ignore[arg-type]  # names of its fields


def make_setup(
    path: str,
    directory: str,
    outputs: Sequence[str],
    *,
    level: str = "hint",
    markup: str = "md",
    canvas_id: str = "",
    overrides: Overrides | None = None,
    changes: Mapping[str, object] | None = None,
) -> tuple[Setup, Assignment]:
    """Return what is needed to grade an assignment (or a quiz, by its manifest).

    Raises SpecError for a faulty assignment and UsageError for a word that fits nothing.
    """
    for name in outputs:
        if name not in NAMES:
            raise UsageError(f"there is no output `{name}`", "one of " + ", ".join(NAMES))
    folder = os.path.dirname(path) or "."
    if path in stems() and not os.path.exists(path):
        help = f"`cnncalc quiz {path}` and `cnncalc practice {path}` make questions about it"
        raise UsageError(f"`{path}` is a network, not an assignment", help)
    source: Source = read(path)
    quiz = is_manifest(source.text)
    if quiz:
        assignment = manifest_of(source.text).assignment("")
    else:
        assignment = read_assignment_text(source, folder)
    setup = Setup(
        source.name, source.text, folder, assignment.specs, tuple(outputs), directory, level,
        markup, canvas_id, tuple((overrides or {}).items()), tuple((changes or {}).items()), quiz,
    )  # fmt: skip
    return setup, changed(assignment, setup.changes)


def policy(
    attempts: str | None, deadline: str | None, grace: str | None, late_penalty: str | None
) -> dict[str, object]:
    """Return the fields of an assignment that options replace; raises UsageError."""
    changes: dict[str, object] = {}
    if attempts is not None:
        changes["attempts"] = attempts
    if deadline is not None:
        if parse_time(deadline) is None:
            raise UsageError(f"`{deadline}` is no time", "write 2025-03-01 23:59")
        changes["deadline"] = deadline
    if grace is not None:
        seconds = parse_duration(grace)
        if seconds is None:
            raise UsageError(f"`{grace}` is no duration", "write 15m or 2h")
        changes["grace"] = seconds
    if late_penalty is not None:
        share = as_fraction(late_penalty)
        if share is None or not 0 <= share <= 1:
            raise UsageError(f"`{late_penalty}` is no share per day", "write 10% or 0.1")
        changes["late_penalty"] = share
    return changes


def open_setup(
    path: str,
    directory: str,
    changes: Mapping[str, object],
    *,
    outputs: str,
    level: str,
    markup: str,
    overrides: str | None,
    canvas_id: str,
    beside: str = "",
) -> tuple[Setup, Assignment]:
    """Return the setup that words from a command line mean; `outputs` are divided by commas.

    `overrides.csv` is found by itself in the folder `beside` (by default the output).
    """
    if canvas_id and not canvas_id.isdecimal():
        help = "it stands at the end of the assignment's address in Canvas: .../assignments/4711"
        raise UsageError(f"`{canvas_id}` is not an assignment's number", help)
    place = overrides or os.path.join(beside or directory, "overrides.csv")
    marks = read_overrides(place) if overrides or os.path.exists(place) else {}
    names = tuple(dict.fromkeys(name.strip() for name in outputs.split(",") if name.strip()))
    if "submissions" not in names:
        names = ("submissions", *names)
    setup, found = make_setup(
        path, directory, names, level=level, markup=markup, canvas_id=canvas_id,
        overrides=marks, changes=changes,
    )  # fmt: skip
    check_overrides(marks, found, place)
    return setup, found
