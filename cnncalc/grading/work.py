"""What a class is marked against: an assignment, or a quiz with a variant for every student."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import Source, UsageError, did_you_mean
from cnncalc.grading.assignment import AssignmentReader, read_assignment_text
from cnncalc.grading.assignment_keys import ASSIGNMENT
from cnncalc.grading.conventions import parse_duration, parse_time
from cnncalc.grading.model import Assignment
from cnncalc.grading.yaml_keys import as_fraction
from cnncalc.language.files import read
from cnncalc.language.library import stems

if TYPE_CHECKING:
    from cnncalc.grading.quiz.template import Template

SCHEMA = "cnncalc.quiz/1"
#: Bytes of a manifest: what 100,000 students were asked.
MAX_MANIFEST = 2**28
Draws = Mapping[str, Mapping[str, str]]
#: The options that replace fields of an assignment, as they are typed.
Options = Mapping[str, str | None]


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
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def is_manifest(text: str) -> bool:
    """Tell whether a text is a quiz manifest and not an assignment."""
    return text.lstrip()[:1] == "{" and '"schema": "cnncalc.quiz/' in text[:400]


def manifest_of(text: str) -> Manifest:
    """Return the manifest of a text; raises UsageError if it is damaged or was changed."""
    try:
        value = json.loads(text)
        fields = [value[name] for name in ("title", "template", "specs", "draws")]
        schema, digest = value["schema"], value["digest"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _refused("is damaged") from None
    if schema != SCHEMA:
        raise _refused(f"is a `{schema}`, and this is `{SCHEMA}`")
    found = Manifest(*fields)
    if digest != found.digest:
        raise _refused("was changed after it was written")
    return found


def _refused(what: str) -> UsageError:
    help = "take the file that `cnncalc quiz` wrote, or draw the quiz again with the same seed"
    return UsageError(f"the quiz manifest {what}", help)


class Work:
    """An assignment, or a quiz by its manifest; `text` is the file's.

    `options` replace fields of the assignment; `specs` are files it names, in place of those in
    `folder`. Raises SpecError for faults of the file, UsageError for those of the options.
    """

    def __init__(
        self,
        source: Source,
        folder: str = ".",
        specs: Mapping[str, str] | None = None,
        options: Options | None = None,
    ) -> None:
        self.text = source.text
        given = sorted((options or {}).items())
        self.options = {name: text for name, text in given if text is not None}
        self._policy = policy(self.options)
        self.manifest = manifest_of(source.text) if is_manifest(source.text) else None
        if self.manifest is None:
            found = read_assignment_text(source, folder, specs)
            self.assignment = replace(found, **self._policy)
        else:
            self.assignment = self.variant("")

    def variant(self, student: str) -> Assignment:
        """Return a student's own assignment."""
        if self.manifest is None:
            return self.assignment
        return replace(self.manifest.assignment(student), **self._policy)


def open_work(path: str, options: Options | None = None) -> Work:
    """Return what a file holds, as `Work` does; raises UsageError for a network too."""
    quiz = os.path.join(path, "manifest.json")
    if os.path.isfile(quiz):
        raise UsageError(f"`{path}` is the folder of a quiz", f"give `{quiz}`")
    built_in = path in stems() and not os.path.exists(path)
    source = None if built_in else read(path, MAX_MANIFEST)
    keys = {line.partition(":")[0] for line in source.text.splitlines()} if source else set()
    if source is None or ("layers" in keys and "questions" not in keys):
        help = f"`cnncalc quiz {path}` and `cnncalc practice {path}` make questions about it"
        raise UsageError(f"`{path}` is a network, not an assignment", help)
    return Work(source, os.path.dirname(path) or ".", None, options)


def open_template(name: str) -> Template:
    """Return the template in a file, or one made of a spec; raises UsageError for a quiz."""
    from cnncalc.grading.quiz.template import Template, network_template
    from cnncalc.language import find

    source, _ = find(name)
    if is_manifest(source.text):
        help = f"`cnncalc grade {name} SUBMISSIONS` marks what comes back"
        raise UsageError(f"`{name}` is a quiz that has been drawn", help)
    folder = os.path.dirname(name) or "."
    if any(line.startswith("questions:") for line in source.text.splitlines()):
        return Template(source, folder)
    text, specs = network_template(name)
    return Template(Source(f"{name} quiz", text), folder, specs)


def listed(text: str, known: Iterable[str], what: str) -> tuple[str, ...]:
    """Return the words of a list divided by commas; raises UsageError for one that is not known."""
    words, known = tuple(dict.fromkeys(filter(None, map(str.strip, text.split(","))))), tuple(known)
    for word in words:
        if word not in known:
            help = did_you_mean(word, known, "one of " + ", ".join(known))
            raise UsageError(f"there is no {what} `{word}`", help)
    return words


def _share(text: str) -> Fraction | None:
    share = as_fraction(text)
    return share if share is not None and 0 <= share <= 1 else None


#: How options are read that are no words, what each is called, and an example.
_READ: dict[str, tuple[Callable[[str], object], str, str]] = {
    "deadline": (parse_time, "time", "write 2025-03-01 23:59"),
    "grace": (parse_duration, "duration", "write 15m or 2h"),
    "late_penalty": (_share, "share per day", "write 10% or 0.1"),
}


def policy(options: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of an assignment that options replace; raises UsageError."""
    found: dict[str, Any] = dict(options)
    listed(found.get("attempts", ""), ASSIGNMENT["attempts"].choices, "choice of attempts")
    for name in _READ.keys() & found.keys():
        parse, what, help = _READ[name]
        value = parse(options[name])
        if value is None:
            raise UsageError(f"`{options[name]}` is no {what}", help)
        if name != "deadline":  # which an assignment keeps as it is typed
            found[name] = value
    return found
