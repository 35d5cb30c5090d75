"""Questions with a typed key, or without one: for what cannot be computed from a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from cnncalc.grading.answers import Number, is_blank, read_number
from cnncalc.grading.answers.text import plain
from cnncalc.grading.judgement import ONE, Judged, wrong
from cnncalc.grading.model import Item, Question, Truth
from cnncalc.grading.question_types.numbers import NumberTruth
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import refused

_SPACES = re.compile(r"[\s.,;:!?'\"_-]+")
MAX_SHOWN = 80


def _same(text: str) -> str:
    """Return a text without what makes no difference: case, spaces, punctuation."""
    return _SPACES.sub(" ", plain(text).lower()).strip()


@dataclass(frozen=True, slots=True)
class TextTruth(Truth):
    """The spellings that are right; letter case, spaces and punctuation make no difference."""

    spellings: tuple[str, ...]

    form = "text"

    def judge(self, item: Item, raw: str) -> Judged:
        """Return whether a text is one of the spellings."""
        if is_blank(plain(raw)):
            return Judged("blank", "blank", "", notes=("no answer",))
        shown = " ".join(raw.split())[:MAX_SHOWN]
        if _same(raw) in [_same(one) for one in self.spellings]:
            return Judged("accept", "exact", shown, ONE)
        return wrong(shown)

    def show(self, item: Item) -> str:
        """Return the first spelling."""
        return self.spellings[0]

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return all spellings."""
        return self.spellings


@dataclass(frozen=True, slots=True)
class ManualTruth(Truth):
    """Nothing that a program could compare with: a person marks it, in the overrides."""

    tellable = False

    def judge(self, item: Item, raw: str) -> Judged:
        """Return no mark at all: staff enter one."""
        if is_blank(plain(raw)):
            return Judged("blank", "blank", "", notes=("no answer",))
        shown = " ".join(raw.split())[:MAX_SHOWN]
        return Judged("unmarked", "manual", shown)

    def show(self, item: Item) -> str:
        """Return that staff mark it."""
        return "marked by hand"


def read_typed_number(reader: QuestionReader) -> Question:
    """Return a question with a typed number as its key."""
    typed = reader.keys.required("answer", "add the right number, such as `answer: 0.1`")
    number = read_number(typed)
    if not isinstance(number, Number):
        raise refused(reader.at("answer"), f"`answer` is no number: {number.problem}")
    tolerance = reader.keys.share("tolerance", reader.conventions.tolerance, Fraction(1))
    return reader.typed("number", NumberTruth(number.value), tolerance)


def read_typed_text(reader: QuestionReader) -> Question:
    """Return a question with typed texts as its key, any of which is right."""
    spellings = tuple(one.text for one in reader.keys.texts("answer"))
    if not spellings or not all(map(_same, spellings)):
        help = "add the right text as `answer`, or a list of spellings"
        raise refused(reader.at("answer"), "the question needs an answer", help)
    return reader.typed("text", TextTruth(spellings))


def read_manual(reader: QuestionReader) -> Question:
    """Return a question that a person marks: no points until they stand in the overrides."""
    return reader.typed("manual", ManualTruth())


NUMBER = QuestionType(
    "number", read_typed_number, "a number that the file gives as `answer`", ("answer", "tolerance")
)
TEXT = QuestionType(
    "text", read_typed_text, "a text that the file gives as `answer`, or one of several",
    ("answer",),
)  # fmt: skip
MANUAL = QuestionType("manual", read_manual, "anything: a person marks it, in the overrides")
