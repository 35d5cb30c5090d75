"""Reads an assignment file: a YAML text in which everything is located and nothing is an answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, Source, SpecError, suggest
from cnncalc.grading.asked import QUANTITIES
from cnncalc.grading.conventions import Conventions, read_conventions
from cnncalc.grading.handed import network_question
from cnncalc.grading.inverse import expression_question, inverse_question
from cnncalc.grading.located import Faults, Keys
from cnncalc.grading.model import Assignment, Question
from cnncalc.grading.networks import Networks
from cnncalc.grading.questions import (
    KIND_ALIASES,
    QuestionReader,
    Reading,
    field_question,
    integer_question,
    quantity_question,
    shape_question,
)
from cnncalc.grading.rubric import Rubric, read_rubric
from cnncalc.grading.special import choice_question, fits_question, table_question
from cnncalc.grading.times import parse_duration, parse_time
from cnncalc.spec.files import check_characters, read
from cnncalc.spec.source import parse
from cnncalc.spec.tree import Mapping, Scalar

if TYPE_CHECKING:
    pass

KEYS = (
    "title", "id", "description", "specs", "conventions", "credit", "questions", "deadline",
    "grace", "late_penalty", "attempts",
)  # fmt: skip
ALIASES = {
    "name": "title", "networks": "specs", "spec": "specs", "rubric": "credit", "due": "deadline",
    "convention": "conventions", "problems": "questions", "items": "questions",
}  # fmt: skip
#: The kinds of questions: the keys each knows besides the common ones, and its reader.
KINDS: dict[str, tuple[tuple[str, ...], Callable[[QuestionReader], Question]]] = {
    "shape": (("node", "axes"), shape_question),
    "integer": (("node", "quantity", "unit"), integer_question),
    "receptive_field": (("node",), field_question),
    "choice": (("node", "quantity", "options", "pick", "axes"), choice_question),
    "fits": (("node",), fits_question),
    "inverse": (("node", "unknown", "range", "want", "answer"), inverse_question),
    "expression": (
        ("node", "quantity", "symbols", "unknown", "range", "want", "also"),
        expression_question,
    ),
    "table": (("rows", "columns", "total"), table_question),
    "network": (("constraints", "execute"), network_question),
    **{name: (("node", "unit"), quantity_question(name)) for name in QUANTITIES},
}
MAX_QUESTIONS = 500


def load_assignment(path: str) -> Assignment:
    """Return the assignment of a file; raises SpecError with every fault and its place."""
    return read_assignment_text(read(path), os.path.dirname(path) or ".")


def read_assignment_text(
    source: Source,
    folder: str = ".",
    texts: Dict[str, str] | None = None,
    draws: Dict[str, Dict[str, str]] | None = None,
) -> Assignment:
    """Return the assignment of a text.

    `texts` are files it names, in place of those in `folder`; `draws` are values drawn for a
    student's variant, by question. Raises SpecError with every fault of the file and its specs.
    """
    keys, reading = open_assignment(source, folder, texts)
    reading = replace(reading, draws=draws or {})
    faults = reading.faults
    questions = _questions(keys, reading)
    title = keys.text("title") or os.path.splitext(os.path.basename(source.name))[0]
    assignment = Assignment(
        keys.text("id") or title,
        title,
        questions,
        reading.conventions,
        reading.rubric,
        source,
        _deadline(keys, faults),
        _grace(keys, faults),
        keys.share("late_penalty", Fraction(0), Fraction(1)),
        keys.word("attempts", ("latest", "best", "first"), "latest"),
        reading.networks.texts,
    )
    faults.stop()
    return assignment


def open_assignment(
    source: Source, folder: str = ".", texts: Dict[str, str] | None = None
) -> tuple[Keys, Reading]:
    """Return the top level of an assignment, and what its questions are read with."""
    check_characters(source)
    root = parse(source)
    faults = Faults()
    if not isinstance(root, Mapping):
        help = "an assignment begins with keys such as `title:` and `questions:`"
        raise SpecError(Diagnostic(f"an assignment is a mapping, not {root.kind}", root.span, help))
    keys = Keys(root, "an assignment", KEYS, faults, ALIASES)
    conventions = read_conventions(keys.node("conventions"), Conventions(), faults)
    rubric = read_rubric(keys.node("credit"), Rubric(), faults)
    specs = {name.text: node for name, node in keys.entries("specs")}
    only = next(iter(specs.values())) if len(specs) == 1 else None
    return keys, Reading(Networks(folder, specs, texts), conventions, rubric, only, faults)


def _deadline(keys: Keys, faults: Faults) -> str:
    text = keys.text("deadline")
    if text and parse_time(text) is None:
        place = keys.node("deadline") or keys.mapping
        faults.add(place, "`deadline` is no time", "write 2025-03-01 23:59")
    return text


def _grace(keys: Keys, faults: Faults) -> int:
    text = keys.text("grace")
    seconds = parse_duration(text) if text else 0
    if seconds is None:
        faults.add(keys.node("grace") or keys.mapping, "`grace` is no duration", "write 15m or 2h")
    return seconds or 0


def _questions(keys: Keys, reading: Reading) -> tuple[Question, ...]:
    result: list[Question] = []
    seen: set[str] = set()
    faults = reading.faults
    nodes = keys.items("questions")
    if not nodes:
        faults.add(keys.mapping, "an assignment needs `questions`", "write a list of mappings")
    for node in nodes[:MAX_QUESTIONS]:
        if not isinstance(node, Mapping):
            faults.add(node, f"a question is a mapping, not {node.kind}", "write `- id: q1`")
            continue
        try:
            question = read_question(node, reading)
        except SpecError as error:
            faults.extend(error)
            continue
        if question is not None:
            _check_id(question.id, node, seen, faults)
            result.append(question)
    return tuple(result)


def _check_id(name: str, node: Mapping, seen: set[str], faults: Faults) -> None:
    place = node.get("id") or node
    if name.lower() in seen:
        faults.add(place, f"there are two questions `{name}`", "give each an id of its own")
    if not name or not all(char.isalnum() or char in "._-" for char in name):
        help = "use letters, digits, `.`, `_` and `-`"
        faults.add(place, f"`{name}` cannot be the id of a question", help)
    seen.add(name.lower())


def read_question(node: Mapping, reading: Reading) -> Question | None:
    """Return one question, or None if its kind is unknown; raises SpecError for other faults."""
    place = node.get("kind")
    kind = place.text if isinstance(place, Scalar) else ""
    if kind not in KINDS:
        meant = KIND_ALIASES.get(kind) or (suggest(kind, KINDS) if kind else None)
        help = f"did you mean `{meant}`?" if meant else "kinds: " + ", ".join(KINDS)
        what = f"there is no kind of question `{kind}`" if kind else "a question needs `kind`"
        reading.faults.add(place or node, what, help)
        return None
    known, read = KINDS[kind]
    return read(QuestionReader(node, reading, known))
