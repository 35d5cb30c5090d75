"""Reads an assignment file: a YAML text in which everything is located and nothing is an answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, Source, Span, SpecError, quoted, suggest
from cnncalc.grading.conventions import Conventions, read_conventions
from cnncalc.grading.memory import Bounded
from cnncalc.grading.model import Assignment, Question
from cnncalc.grading.networks import AssignmentNetworks
from cnncalc.grading.question_types import catalogue
from cnncalc.grading.question_types.catalogue import QUESTION_TYPES
from cnncalc.grading.question_types.question import QuestionContext, QuestionReader, read_shared
from cnncalc.grading.rubric import Rubric, read_rubric
from cnncalc.grading.times import parse_duration, parse_time
from cnncalc.grading.yaml_keys import KeyFaults, Keys
from cnncalc.language.files import check_characters
from cnncalc.language.source import parse
from cnncalc.language.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from cnncalc.language.tree import Node

KEYS = (
    "title", "id", "description", "specs", "networks", "conventions", "credit", "questions",
    "deadline", "grace", "late_penalty", "attempts",
)  # fmt: skip
ALIASES = {
    "name": "title", "spec": "specs", "network": "networks", "rubric": "credit", "due": "deadline",
    "convention": "conventions", "problems": "questions", "items": "questions",
}  # fmt: skip

MAX_QUESTIONS = 500
MAX_ID = 100
#: How many questions, each at other draws, a reader remembers.
MAX_REMEMBERED = 1000
_BEGINNING = "an assignment begins with keys such as `title:` and `questions:`"
Draws = Dict[str, Dict[str, str]]


def read_assignment_text(
    source: Source,
    folder: str = ".",
    texts: Dict[str, str] | None = None,
    draws: Draws | None = None,
) -> Assignment:
    """Return the assignment of a text.

    `texts` are files it names, in place of those in `folder`; `draws` are values drawn for a
    student's variant, by question. Raises SpecError with every fault of the file and its specs.
    """
    return AssignmentReader(source, folder, texts).assignment(draws)


class AssignmentReader:
    """A text that is read again and again, each time with other values drawn.

    `keys` are those of the top level, `reading` is what its questions are read with. Questions are
    remembered by what was drawn for them, so that those for which nothing is drawn are read once.
    After a fault a reader is of no further use.
    """

    def __init__(
        self, source: Source, folder: str = ".", texts: Dict[str, str] | None = None
    ) -> None:
        check_characters(source)
        self.source = source
        root, faults = _root(source), KeyFaults()
        self.keys = keys = Keys(root, "an assignment", KEYS, faults, ALIASES, answerless=True)
        conventions = read_conventions(keys.node("conventions"), Conventions(), faults)
        rubric = read_rubric(keys.node("credit"), Rubric(), faults)
        specs = {name.text: node for name, node in keys.entries("specs")}
        only = next(iter(specs.values())) if len(specs) == 1 else None
        shared = {}
        for name, node in keys.entries("networks"):
            if name.text in specs:
                help = "give the network another name"
                faults.add(name, f"`{name.text}` is a spec already", help)
            if found := read_shared(name.text, node, faults):
                shared[name.text] = found
        place = root.get("questions")
        every = place.items if isinstance(place, Sequence) else []
        self.reading = QuestionContext(
            AssignmentNetworks(folder, specs, texts), conventions, rubric, only, faults,
            shared=shared, questions=tuple([node for node in every if isinstance(node, Mapping)]),
        )  # fmt: skip
        self._questions: dict[tuple[object, ...], Question] = Bounded(MAX_REMEMBERED)

    def assignment(self, draws: Draws | None = None) -> Assignment:
        """Return the assignment at some draws; raises SpecError with every fault."""
        keys = self.keys
        reading = replace(self.reading, draws=draws or {})
        reading.networks.forget()
        questions = self._all_questions(reading)
        for node in reading.networks.unused():  # their faults are listed, too
            try:
                reading.networks.graph(node)
            except SpecError as error:
                reading.faults.extend(error)
        title = keys.text("title") or os.path.splitext(os.path.basename(self.source.name))[0]
        grace = self._time("grace", "0s", "duration", "write 15m or 2h", parse_duration)
        deadline = keys.text("deadline")
        if deadline:
            self._time("deadline", "", "time", "write 2025-03-01 23:59", parse_time)
        assignment = Assignment(
            keys.text("id") or title, title, questions, reading.conventions, reading.rubric,
            self.source, deadline, int(grace or 0),
            keys.share("late_penalty", Fraction(0), Fraction(1)),
            keys.word("attempts", ("latest", "best", "first"), "latest"), reading.networks.texts,
        )  # fmt: skip
        reading.faults.stop()
        return assignment

    def _time(
        self, key: str, default: str, what: str, help: str, parse: Callable[[str], float | None]
    ) -> float | None:
        """Return a time or a duration; None if it is none, which is a fault."""
        found = parse(self.keys.text(key, default))
        if found is None:
            place = self.keys.node(key) or self.keys.mapping
            self.reading.faults.add(place, f"`{key}` is no {what}", help)
        return found

    def _all_questions(self, reading: QuestionContext) -> tuple[Question, ...]:
        """Return the questions as far as they can be read."""
        faults, place = reading.faults, self.keys.mapping.get("questions")
        nodes = self.keys.items("questions")
        help = "write a list: `questions:`, then lines such as `- {id: q1, kind: shape}`"
        if place is None:
            faults.add(self.keys.mapping, "an assignment needs `questions`", help)
        elif isinstance(place, Sequence) and not nodes:
            faults.add(place, "there are no questions", help)
        if len(nodes) > MAX_QUESTIONS:
            what = f"there are {len(nodes):,} questions, and {MAX_QUESTIONS} are the most"
            faults.add(nodes[MAX_QUESTIONS], what, "cut the assignment in two")
        result: list[Question] = []
        seen: set[str] = set()
        for node in nodes[:MAX_QUESTIONS]:
            if not isinstance(node, Mapping):
                what = f"a question is a mapping, not {node.kind}"
                faults.add(node, what, "write `- id: q1`")
                continue
            try:
                question = self._question(node, reading)
            except SpecError as error:
                faults.extend(error)
                continue
            if question is not None:
                _check_id(question.id, node, seen, faults)
                result.append(question)
        return tuple(result)

    def _question(self, node: Mapping, reading: QuestionContext) -> Question | None:
        """Return a question as `read_question` does, the same for the same draws."""
        key = (id(node), *sorted(reading.drawn_for(node).items()))
        found = self._questions.get(key)
        if found is None:
            known = len(reading.faults.found)
            found = read_question(node, reading)
            if found is not None and len(reading.faults.found) == known:
                self._questions[key] = found
        return found


def _root(source: Source) -> Mapping:
    """Return the top level of the text; raises SpecError if it is no mapping."""
    if not any(line.split("#")[0].strip() for line in source.text.splitlines()):
        what = "holds nothing but comments" if source.text.strip() else "is empty"
        span = Span(source, 1, 1)
        raise SpecError(Diagnostic(f"{quoted(source.name)} {what}", span, _BEGINNING))
    root = parse(source)
    if not isinstance(root, Mapping):
        what = f"an assignment is a mapping, not {root.kind}"
        raise SpecError(Diagnostic(what, root.span, _BEGINNING))
    return root


def _check_id(name: str, node: Mapping, seen: set[str], faults: KeyFaults) -> None:
    place = node.get("id") or node
    if name and name.lower() in seen:
        faults.add(place, f"there are two questions `{name}`", "give each an id of its own")
    if not name:
        return  # said already
    if len(name) > MAX_ID or not all(char.isalnum() or char in "._-" for char in name):
        help = f"use letters, digits, `.`, `_` and `-`, at most {MAX_ID} of them"
        faults.add(place, f"{quoted(name)} cannot be the id of a question", help)
    seen.add(name.lower())


def read_question(node: Mapping, reading: QuestionContext) -> Question | None:
    """Return one question, or None if its kind is unknown; raises SpecError for other faults."""
    place = node.get("kind")
    kind = place.text if isinstance(place, Scalar) else ""
    if kind not in QUESTION_TYPES:
        reading.faults.add(place or node, *_unknown_kind(place, kind))
        return None
    return QUESTION_TYPES[kind].read(QuestionReader(node, reading, QUESTION_TYPES[kind].keys))


def _unknown_kind(place: Node | None, kind: str) -> tuple[str, str]:
    """Return what is wrong with a question's kind, and what helps."""
    word = kind.lower().replace("-", "_")
    meant = catalogue.ALIASES.get(word) or (suggest(word, QUESTION_TYPES) if word else None)
    help = f"did you mean `{meant}`?" if meant else "kinds: " + ", ".join(QUESTION_TYPES)
    if kind:
        return f"there is no kind of question {quoted(kind)}", help
    if place is None:
        return "a question needs `kind`", help
    return f"`kind` must be one word, not {place.kind}", help
