"""The manifest of a quiz: from which every student's variant is made again exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.model import Assignment

SCHEMA = "cnncalc.quiz/1"
Draws = Mapping[str, Mapping[str, str]]


@dataclass(slots=True)
class Manifest:
    """A quiz: its template, the specs it names, and what was drawn for each student.

    `key` is a digest of the seed, which itself is not stored.
    """

    title: str
    template: str
    specs: dict[str, str]
    draws: dict[str, Draws]
    key: str = ""
    _read: dict[str, Assignment] = field(default_factory=dict)

    def assignment(self, student: str) -> Assignment:
        """Return a student's own assignment; one without a variant gets the template's values."""
        draws = self.draws.get(student, {})
        name = json.dumps(draws, sort_keys=True)
        if name not in self._read:
            if len(self._read) > 50:
                self._read.clear()
            source = Source(self.title, self.template)
            self._read[name] = read_assignment_text(source, ".", self.specs, draws)
        return self._read[name]

    def json(self) -> str:
        """Return the manifest as a file."""
        value = {
            "schema": SCHEMA, "title": self.title, "key": self.key, "draws": self.draws,
            "template": self.template, "specs": self.specs,
        }  # fmt: skip
        return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def is_manifest(text: str) -> bool:
    """Tell whether a text is a quiz manifest and not an assignment."""
    return text.lstrip()[:1] == "{" and f'"schema": "{SCHEMA}"' in text[:400]


def manifest_of(text: str) -> Manifest:
    """Return the manifest of a text; raises UsageError if it is damaged."""
    try:
        value: dict[str, Any] = json.loads(text)
        draws = {
            str(student): {
                str(question): {str(name): str(drawn) for name, drawn in own.items()}
                for question, own in questions.items()
            }
            for student, questions in value["draws"].items()
        }
        specs = {str(name): str(spec) for name, spec in value["specs"].items()}
        return Manifest(
            str(value["title"]), str(value["template"]), specs, dict(draws), str(value["key"])
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"the quiz manifest is damaged: {error}") from None
