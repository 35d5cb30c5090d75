"""The manifest of a quiz: from which every student's variant is made again exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cnncalc.diagnostics import Source, UsageError
from cnncalc.grading.assignment import read_assignment_text
from cnncalc.grading.model import Assignment

SCHEMA = "cnncalc.quiz/1"


@dataclass(slots=True)
class Manifest:
    """The texts of a quiz: `variants` maps each student to the text of their own assignment.

    Variants are numbered; students with equal draws share one text.
    """

    title: str
    texts: list[str]
    variants: dict[str, int]
    seed: str = ""
    template: str = ""
    _read: dict[int, Assignment] = field(default_factory=dict)

    def assignment(self, student: str) -> Assignment:
        """Return a student's own assignment; the first one for a student without a variant."""
        number = self.variants.get(student, 0)
        if number not in self._read:
            if len(self._read) > 200:
                self._read.clear()
            source = Source(f"{self.title}, variant {number + 1}", self.texts[number])
            self._read[number] = read_assignment_text(source)
        return self._read[number]

    def json(self) -> str:
        """Return the manifest as a file."""
        value = {
            "schema": SCHEMA, "title": self.title, "seed": self.seed, "template": self.template,
            "variants": self.variants, "texts": self.texts,
        }  # fmt: skip
        return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def is_manifest(text: str) -> bool:
    """Tell whether a text is a quiz manifest and not an assignment."""
    return text.lstrip()[:1] == "{" and f'"schema": "{SCHEMA}"' in text[:400]


def manifest_of(text: str) -> Manifest:
    """Return the manifest of a text; raises UsageError if it is damaged."""
    try:
        value: dict[str, Any] = json.loads(text)
        variants = {str(name): int(number) for name, number in value["variants"].items()}
        texts = [str(one) for one in value["texts"]]
        if not texts or any(not 0 <= number < len(texts) for number in variants.values()):
            raise ValueError("a variant has no text")
        return Manifest(
            str(value["title"]), texts, variants, str(value["seed"]), str(value["template"])
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"the quiz manifest is damaged: {error}") from None
