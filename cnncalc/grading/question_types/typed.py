"""Numbers and texts: what is right, and the kinds of questions whose key the file gives, or nobody.

A number is also the truth of most questions that are computed of a network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import floor, log10

from cnncalc.grading.answers import (
    Number,
    NumberStyle,
    Unread,
    is_blank,
    plain,
    read_number,
    show_number,
    unit,
)
from cnncalc.grading.model import Item, Judged, Meaning, Question, Truth, Value, near
from cnncalc.grading.question_types.question import QuestionReader, QuestionType
from cnncalc.grading.yaml_keys import refused

#: `6 : 7` is a ratio; `4x4` and `(4, 4)` say one number for every axis.
_COLON = re.compile(r"(?<=[\d)])\s*[:∶]\s*(?=[\d(])")
_ALIKE = re.compile(r"[\s(\[]*([-−]?\d+(?:[./]\d+)?)(?:\s*(?:[x×*,]|by)\s*\1)+[\s)\]]*(.*)", re.I)
_SPACES = re.compile(r"[\s.,;:!?'\"_-]+")
_DASH = re.compile(r"\s*[-–—]\s+\d")
MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class NumberTruth(Truth):
    """A number; `sizes` if it is a number of bytes (which may be typed in MB, rounded).

    `unit` is the unit in which bytes are asked for; `rounded` if it is a ratio, which may be given
    rounded whatever the tolerance; `alike` if it is the same along every axis.
    """

    value: Fraction
    sizes: bool = False
    unit: str = ""
    rounded: bool = False
    alike: bool = False

    form = "number"

    @property
    def numbers(self) -> tuple[Fraction, ...]:
        return (self.value,)

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        conventions = item.conventions
        style = NumberStyle(
            conventions.decimal_mark, self.sizes, conventions.kilobyte, self.unit, item.quantity
        )
        text = _COLON.sub("/", raw) if self.rounded else raw
        reading = read_number(text, style)
        same = _ALIKE.fullmatch(plain(raw)) if self.alike else None
        if same and (isinstance(reading, Unread) or reading.value != self.value):
            reading = read_number(f"{same[1]} {same[2]}", style)  # `2x2` may be a product
        if isinstance(reading, Unread):
            return reading
        rounded = self.rounded or (self.sizes and reading.literal and reading.ulp > 1)
        first = Meaning(reading.value, reading.ulp, rounded)
        others = [Meaning(value, ulp, rounded, (why,)) for value, ulp, why in reading.others]
        for meaning in (first, *others):
            how = near(meaning, self.value, conventions.tolerance)
            if how is not None:
                shown = reading.shown
                if meaning is not first and isinstance(meaning.value, Fraction):
                    shown = show_number(meaning.value) + " bytes" * self.sizes
                notes = (*reading.notes, *meaning.notes, *filter(None, [how]))
                return item.right(shown, notes, meaning)
        if reading.value.numerator < 0 and _DASH.match(raw):
            return Unread("a dash that may be a minus, or the sign of a list")
        notes = (*reading.notes, *self._remark(reading))
        return Judged.wrong(reading.shown, *notes, candidates=(first, *others))

    def _remark(self, reading: Number) -> tuple[str, ...]:
        if self.value.denominator == 1 != reading.value.denominator and not self.sizes:
            return ("a whole number is asked for",)
        ulp = reading.ulp
        if reading.literal and ulp > 1 and abs(reading.value - self.value) <= ulp / 2:
            return ("rounded: give the exact number",)
        return ()

    def show(self, item: Item) -> str:
        if not self.sizes:
            return show_number(self.value)
        whole, scale = f"{show_number(self.value)} bytes", self._scale(item)
        return whole if scale == 1 else f"{float(self.value / scale):,.4g} {self.unit} ({whole})"

    def _scale(self, item: Item) -> Fraction:
        """Return how many bytes the unit is that a question asks for; 1 for other numbers."""
        asked = unit(self.unit, sizes=True, kilo=item.conventions.kilobyte) if self.unit else None
        return asked.scale if asked is not None else Fraction(1)

    def texts(self, item: Item) -> tuple[str, ...]:
        return (_plain(self.value / self._scale(item)),)

    def margin(self, item: Item) -> Fraction:
        value = abs(self.value / self._scale(item))
        allowed = item.conventions.tolerance * value
        if not value or not (self.rounded or self._scale(item) != 1):
            return allowed
        return max(allowed, Fraction(10) ** (floor(log10(value)) - 2) / 2)

    def mistaken(self, item: Item, value: Value) -> tuple[str, ...]:
        scale = self._scale(item)
        if isinstance(value, tuple) or abs(self.value - value) <= self.margin(item) * scale:
            return ()
        return (_plain(Fraction(value) / scale),)


def _plain(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


@dataclass(frozen=True, slots=True)
class TextTruth(Truth):
    """The spellings that are right; letter case, spaces and punctuation make no difference."""

    spellings: tuple[str, ...]

    form = "text"

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        if _same(raw) in map(_same, self.spellings):  # also if it is `skip`, or `none`
            return item.right(_shown(raw))
        return _blank(raw) or Judged.wrong(_shown(raw))

    def show(self, item: Item) -> str:
        return self.spellings[0]

    def texts(self, item: Item) -> tuple[str, ...]:
        return self.spellings


@dataclass(frozen=True, slots=True)
class ManualTruth(Truth):
    """Nothing that a program could compare with: a person marks it, in the overrides."""

    tellable = False

    def judge(self, item: Item, raw: str) -> Judged | Unread:
        return _blank(raw) or Judged("unmarked", "manual", _shown(raw))

    def show(self, item: Item) -> str:
        return "marked by hand"


def _blank(raw: str) -> Unread | None:
    return Unread("no answer", blank=True) if is_blank(plain(raw)) else None


def _shown(raw: str) -> str:
    return " ".join(raw.split())[:MAX_SHOWN]


def _same(text: str) -> str:
    """Return a text without what makes no difference: case, spaces, punctuation."""
    return _SPACES.sub(" ", plain(text).lower()).strip()


def read_typed_number(reader: QuestionReader) -> Question:
    """Return a question with a typed number as its key."""
    typed = reader.keys.required("answer", "add the right number, such as `answer: 0.1`")
    number = read_number(typed)
    if isinstance(number, Unread):
        raise refused(reader.at("answer"), f"`answer` is no number: {number.problem}")
    tolerance = reader.keys.share("tolerance", reader.conventions.tolerance, Fraction(1))
    return reader.typed(NumberTruth(number.value), tolerance)


def read_typed_text(reader: QuestionReader) -> Question:
    """Return a question with typed texts as its key, any of which is right."""
    spellings = tuple([one.text for one in reader.keys.texts("answer")])
    if not spellings or not all(map(_same, spellings)):
        help = "add the right text as `answer`, or a list of spellings"
        raise refused(reader.at("answer"), "the question needs an answer", help)
    return reader.typed(TextTruth(spellings))


def read_manual(reader: QuestionReader) -> Question:
    """Return a question that a person marks: no points until they stand in the overrides."""
    return reader.typed(ManualTruth())


NUMBER = QuestionType(
    "number", read_typed_number, "a number that the file gives as `answer`", ("answer", "tolerance")
)
TEXT = QuestionType(
    "text", read_typed_text, "a text that the file gives as `answer`, or one of several",
    ("answer",),
)  # fmt: skip
MANUAL = QuestionType("manual", read_manual, "anything: a person marks it, in the overrides")
