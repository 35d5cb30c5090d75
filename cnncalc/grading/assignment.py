"""Reads an assignment file: a YAML text in which everything is located and nothing is an answer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from cnncalc.diagnostics import Source, SpecError, quoted
from cnncalc.grading.assignment_keys import ASSIGNMENT, NETWORK
from cnncalc.grading.conventions import (
    MISCONCEPTIONS,
    RUBRIC,
    Conventions,
    Rubric,
    parse_duration,
    parse_time,
    read_terms,
)
from cnncalc.grading.marking import Bounded
from cnncalc.grading.model import Assignment, Question
from cnncalc.grading.networks import AssignmentNetworks, Changes
from cnncalc.grading.quantities import SYNONYMS
from cnncalc.grading.question_types import QUESTION_TYPES
from cnncalc.grading.question_types.question import QuestionContext, QuestionReader
from cnncalc.grading.yaml_keys import KeyFaults, Keys, Table, meant, refused, table_of, word_of
from cnncalc.language import tree
from cnncalc.language.source import parse
from cnncalc.language.tree import Sequence

_ID = re.compile(r"[\w.-]{1,100}")
#: How many questions a file may have, and how many, each at other draws, a reader remembers.
MAX_QUESTIONS = MAX_REMEMBERED = 1000
_BEGINNING = "an assignment begins with keys such as `title:` and `questions:`"
_QUESTIONS = "write a list: `questions:`, then lines such as `- {id: q1, kind: shape}`"
Draws = Mapping[str, Mapping[str, str]]
Schema = dict[str, Any]
#: What JSON allows under each kind of key.
KINDS: dict[str, Schema] = {
    "any": {"type": ["string", "number", "boolean", "array", "object"]},
    "text": {"type": "string"},
    "word": {"type": ["string", "number"]},
    "texts": {"type": ["string", "array"]},
    "flag": {"type": "boolean"},
    "share": {"type": ["number", "string"]},
    "network": {"type": ["string", "object"]},
    "mapping": {"type": "object"},
    "conventions": {"$ref": "#/$defs/conventions"},
    "credit": {"$ref": "#/$defs/credit"},
}


def read_assignment_text(
    source: Source,
    folder: str = ".",
    texts: Mapping[str, str] | None = None,
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
        self, source: Source, folder: str = ".", texts: Mapping[str, str] | None = None
    ) -> None:
        self.source, faults, root = source, KeyFaults(), parse(source, _BEGINNING)
        if not isinstance(root, tree.Mapping):
            raise refused(root, f"an assignment is a mapping, not {root.kind}", _BEGINNING)
        self.keys = keys = Keys(root, "an assignment", ASSIGNMENT, faults, answerless=True)
        specs = {name.text: node for name, node in keys.entries("specs")}
        for name, _ in keys.entries("networks"):
            if name.text in specs:
                help = "give the network another name"
                faults.add(name, f"`{name.text}` is a spec already", help)
        self.reading = QuestionContext(
            AssignmentNetworks(folder, specs, texts),
            *read_terms(keys, Conventions(), Rubric()),
            next(iter(specs.values())) if len(specs) == 1 else None,
            faults, shared=keys.parts("networks", NETWORK), questions=tuple(_questions(keys)),
        )  # fmt: skip
        self._questions: dict[tuple[object, ...], Question] = Bounded(MAX_REMEMBERED)

    def assignment(self, draws: Draws | None = None) -> Assignment:
        """Return the assignment at some draws; raises SpecError with every fault."""
        keys, reading = self.keys, replace(self.reading, draws=draws or {})
        reading.networks.forget()
        questions = tuple(self._all_questions(reading))
        for node in reading.networks.unused():  # their faults are listed, too
            try:
                reading.networks.graph(node, Changes())
            except SpecError as error:
                reading.faults.extend(error)
        title = keys.text("title") or os.path.splitext(os.path.basename(self.source.name))[0]
        self._time("deadline", "time", "write 2025-03-01 23:59", parse_time)
        grace = self._time("grace", "duration", "write 15m or 2h", parse_duration)
        assignment = Assignment(
            keys.text("id") or title, title, questions, reading.conventions, reading.rubric,
            self.source, keys.text("deadline"), int(grace or 0),
            keys.share("late_penalty", Fraction(0), Fraction(1)),
            keys.word("attempts", "latest"), reading.networks.texts,
        )  # fmt: skip
        reading.faults.stop()
        return assignment

    def _time(
        self, key: str, what: str, help: str, parse: Callable[[str], float | None]
    ) -> float | None:
        place = self.keys.node(key)
        found = None if place is None else parse(self.keys.text(key))
        if found is None and place is not None:
            self.reading.faults.add(place, f"`{key}` is no {what}", help)
        return found

    def _all_questions(self, reading: QuestionContext) -> list[Question]:
        """Return the questions as far as they can be read."""
        found: dict[str, Question] = {}
        for node in reading.questions:
            try:
                question = self._question(node, reading)
                if question.id and question.id.lower() in found:
                    what = f"there are two questions `{question.id}`"
                    raise refused(node.get("id") or node, what, "give each an id of its own")
            except SpecError as error:
                reading.faults.extend(error)
                continue
            found[question.id.lower()] = question
        return list(found.values())

    def _question(self, node: tree.Mapping, reading: QuestionContext) -> Question:
        """Return a question as `read_question` does, the same for the same draws."""
        key = (id(node), *sorted(reading.drawn_for(node).items()))
        found = self._questions.get(key)
        if found is None:
            known = len(reading.faults.found)
            found = read_question(node, reading)
            if len(reading.faults.found) == known:
                self._questions[key] = found
        return found


def _questions(keys: Keys) -> Iterator[tree.Mapping]:
    """Yield the questions of a file; raises SpecError for more than anybody asks."""
    place, nodes = keys.mapping.get("questions"), keys.items("questions")
    if place is None or (isinstance(place, Sequence) and not nodes):
        keys.faults.add(place or keys.mapping, "there are no questions", _QUESTIONS)
    elif len(nodes) > MAX_QUESTIONS:
        what = f"{len(nodes):,} questions are too many, {MAX_QUESTIONS:,} can be read"
        raise refused(place, what, "divide them among several files")
    for node in nodes:
        if isinstance(node, tree.Mapping):
            yield node
        else:
            keys.faults.add(node, f"a question is a mapping, not {node.kind}", "write `- id: q1`")


def read_question(node: tree.Mapping, reading: QuestionContext) -> Question:
    """Return one question; raises SpecError for what cannot be mended, notes other faults."""
    place = node.get("kind")
    kind = word_of(place)
    if kind not in QUESTION_TYPES:
        word = kind.lower().replace("-", "_")
        help = meant(word, QUESTION_TYPES, SYNONYMS, "kinds: " + ", ".join(QUESTION_TYPES))
        what = f"there is no kind of question {quoted(kind)}" if kind else "a question needs `kind`"
        if place is not None and not kind:
            what = f"`kind` must be one word, not {place.kind}"
        raise refused(place or node, what, help)
    found = QUESTION_TYPES[kind].read(QuestionReader(node, reading, QUESTION_TYPES[kind]))
    if found.id and not _ID.fullmatch(found.id):
        help = "use letters, digits, `.`, `_` and `-`, at most 100 of them"
        raise refused(
            node.get("id") or node, f"{quoted(found.id)} cannot be the id of a question", help
        )
    return found


def assignment_schema() -> Schema:
    """Return the schema (draft 2020-12) of an assignment, or of a template of a quiz."""
    questions = []
    for kind in QUESTION_TYPES.values():
        one = _closed(kind.known, required=["id", "kind"])
        one["properties"]["kind"] = {"const": kind.name, "description": kind.asks}
        questions.append(one)
    whole, credit = _closed(ASSIGNMENT, required=["questions"]), _closed(RUBRIC)
    whole["properties"]["networks"]["additionalProperties"] = _closed(NETWORK)
    whole["properties"]["questions"] |= {
        "type": "array", "minItems": 1, "maxItems": MAX_QUESTIONS, "items": {"oneOf": questions},
    }  # fmt: skip
    credit["properties"]["misconceptions"] |= _closed(MISCONCEPTIONS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnncalc assignment",
        **whole,
        "$defs": {"conventions": _closed(table_of(Conventions)), "credit": credit},
    }


def _closed(keys: Table, **more: object) -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    properties = {
        name: {**({"enum": list(key.words)} if key.words else KINDS[key.kind]),
               **({"description": key.meaning} if key.meaning else {})}
        for name, key in keys.items()
    }  # fmt: skip
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}
