"""The manifest of a quiz: from which every student's variant is made again exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.assignment import AssignmentReader
from cnncalc.grading.model import Assignment

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
