"""What a class is marked against: an assignment, or a quiz with a variant for every student."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.assignment import AssignmentReader, read_assignment_text
from cnncalc.grading.model import Assignment
from cnncalc.grading.results import read_header
from cnncalc.grading.times import parse_duration, parse_time
from cnncalc.grading.yaml_keys import as_fraction
from cnncalc.language.files import read
from cnncalc.language.library import stems

SCHEMA = "cnncalc.quiz/1"
_HELP = "take the file that `cnncalc quiz` wrote, or draw the quiz again with the same seed"
Draws = Mapping[str, Mapping[str, str]]


@dataclass(slots=True)
class Manifest:
    """A quiz: its template, the specs it names, and what was drawn for each student.

    Nothing of the seed is in it.
    """

    title: str
    template: str
    specs: dict[str, str]
    draws: dict[str, Draws]
    _reader: AssignmentReader | None = None

    def assignment(self, student: str) -> Assignment:
        """Return a student's own assignment; one without a variant gets the template's values."""
        if self._reader is None:
            source = Source(self.title, self.template)
            self._reader = AssignmentReader(source, ".", self.specs)
        return self._reader.assignment(self.draws.get(student, {}))

    def json(self) -> str:
        """Return the manifest as a file."""
        value = {
            "schema": SCHEMA, "title": self.title, "digest": self.digest, "draws": self.draws,
            "template": self.template, "specs": self.specs,
        }  # fmt: skip
        return json.dumps(value, ensure_ascii=False, indent=1) + "\n"

    @property
    def digest(self) -> str:
        """What tells this quiz from every other, and shows that its file was changed."""
        import hashlib  # not cheap to import, and needed for quizzes alone

        value = [self.title, self.template, self.specs, self.draws]
        text = json.dumps(value, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def is_manifest(text: str) -> bool:
    """Tell whether a text is a quiz manifest and not an assignment."""
    return text.lstrip()[:1] == "{" and '"schema": "cnncalc.quiz/' in text[:400]


def manifest_of(text: str) -> Manifest:
    """Return the manifest of a text; raises UsageError if it is damaged or was changed."""
    try:
        value: dict[str, Any] = json.loads(text)
        draws = {
            student: {
                question: {name: _text(drawn) for name, drawn in own.items()}
                for question, own in questions.items()
            }
            for student, questions in value["draws"].items()
        }
        specs = {name: _text(spec) for name, spec in value["specs"].items()}
        found = Manifest(_text(value["title"]), _text(value["template"]), specs, dict(draws))
        schema, digest = value["schema"], value["digest"]
    except RecursionError:
        raise UsageError("the quiz manifest is damaged: too deeply nested") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"the quiz manifest is damaged: {what}", _HELP) from None
    if schema != SCHEMA:
        raise UsageError(f"the quiz manifest is a `{schema}`, and this is `{SCHEMA}`", _HELP)
    if digest != found.digest:
        raise UsageError("the quiz manifest was changed after it was written", _HELP)
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


@dataclass(frozen=True, slots=True)
class Work:
    """An assignment, or a quiz by its manifest; `text` is the file's.

    `changes` are fields of the assignment that options replace.
    """

    text: str
    assignment: Assignment
    manifest: Manifest | None
    changes: Mapping[str, object] = field(default_factory=dict)

    def variant(self, student: str) -> Assignment:
        """Return a student's own assignment."""
        if self.manifest is None:
            return self.assignment
        return changed(self.manifest.assignment(student), self.changes)


def changed(assignment: Assignment, changes: Mapping[str, object]) -> Assignment:
    """Return an assignment with what options say over and above the file."""
    return replace(assignment, **changes) if changes else assignment  # type: ignore[arg-type]  # names of its fields


def open_work(path: str, changes: Mapping[str, object] | None = None) -> Work:
    """Return what a file holds; raises SpecError for its faults, UsageError for a network."""
    quiz = os.path.join(path, "manifest.json")
    if os.path.isfile(quiz):
        raise UsageError(f"`{path}` is the folder of a quiz", f"give `{quiz}`")
    source = None if path in stems() and not os.path.exists(path) else read(path)
    if source is None or is_network(source.text):
        help = f"`cnncalc quiz {path}` and `cnncalc practice {path}` make questions about it"
        raise UsageError(f"`{path}` is a network, not an assignment", help)
    return work_of(source, os.path.dirname(path) or ".", None, changes or {})


def is_network(text: str) -> bool:
    """Return whether a text is a spec, which has layers and no questions."""
    keys = {line.partition(":")[0] for line in text.splitlines()}
    return "layers" in keys and "questions" not in keys


def work_of(
    source: Source, folder: str, specs: Mapping[str, str] | None, changes: Mapping[str, object]
) -> Work:
    """Return what a text holds; `specs` are files it names, in place of those in `folder`."""
    manifest = manifest_of(source.text) if is_manifest(source.text) else None
    if manifest is not None:
        found = manifest.assignment("")
    else:
        found = read_assignment_text(source, folder, specs)
    return Work(source.text, changed(found, changes), manifest, changes)


def policy(
    attempts: str | None = None,
    deadline: str | None = None,
    grace: str | None = None,
    late_penalty: str | None = None,
) -> dict[str, object]:
    """Return the fields of an assignment that options replace; raises UsageError."""
    if deadline is not None and parse_time(deadline) is None:
        raise UsageError(f"`{deadline}` is no time", "write 2025-03-01 23:59")
    seconds = None if grace is None else parse_duration(grace)
    if grace is not None and seconds is None:
        raise UsageError(f"`{grace}` is no duration", "write 15m or 2h")
    share = None if late_penalty is None else as_fraction(late_penalty)
    if late_penalty is not None and (share is None or not Fraction(0) <= share <= 1):
        raise UsageError(f"`{late_penalty}` is no share per day", "write 10% or 0.1")
    found = {
        "attempts": attempts, "deadline": deadline, "grace": seconds, "late_penalty": share,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def stored_policy(folder: str) -> dict[str, object]:
    """Return what options replaced in the run whose results a folder holds; raises UsageError."""
    stored = read_header(folder).get("options", {})
    return policy(**{**stored, "grace": f"{stored['grace']}s"} if "grace" in stored else stored)
