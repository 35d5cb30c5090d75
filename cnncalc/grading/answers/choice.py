"""Reads answers that pick an option, or say whether something fits."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.answers.clauses import split
from cnncalc.grading.answers.number import read_number
from cnncalc.grading.answers.numerals import DecimalMark
from cnncalc.grading.answers.reading import Number, Option, Unread, Verdict, is_blank
from cnncalc.grading.answers.reading import show_number as _show
from cnncalc.grading.answers.shape import read_shape
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, Token, tokenize

_LABEL = re.compile(
    r"\W*(?:(?:the|my|correct|option|answer|choice|ans|is|letter|number)\W+)*"
    r"[(\[]?([a-z]|\d{1,2})\s*(?:[)\].:=,-]+|$|(?=\(|because\b|since\b|and\b|or\b|&|/))\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_SPACES = re.compile(r"[\s.,;:!'\"()\[\]{}]+")

_NO = frozenset(
    ("invalid", "impossible", "error", "cannot", "cant", "undefined", "illegal", "fails", "fail",
     "fractional", "no", "not", "doesn", "doesnt", "isn", "isnt", "won", "wont", "don", "never",
     "false", "unfit", "refused", "nonsense", "infeasible", "fraction", "nein", "couldn", "can't",
     "incompatible", "wrong", "unequal", "noninteger", "bad")
)  # fmt: skip
_YES = frozenset(
    ("yes", "fits", "fit", "valid", "ok", "okay", "true", "works", "possible", "correct", "y", "ja",
     "legal", "feasible", "exactly", "good", "fine", "integer", "whole")
)  # fmt: skip
_POSITIVE = frozenset(("yes", "true", "y", "ja"))


def read_choice(raw: str, options: tuple[tuple[str, str], ...]) -> Option | Unread:
    """Return which of `options` (label, text) was picked, by its label or by its text."""
    text = plain(raw)
    if is_blank(text) and not any(label.lower() == text.lower() for label, _ in options):
        return Unread("no answer", blank=True)
    literal = _literal(text, options)
    if literal is not None:
        return _option(literal, options)
    match = _LABEL.fullmatch(text)
    position = _labelled(match.group(1), options) if match else None
    if match is None or position is None:
        by_text = _by_text(text, options)
        if by_text is not None:
            return _option(by_text, options)
        what = f"there is no option {match.group(1)}" if match else "no option was recognised in it"
        return Unread(what)
    rest = match.group(2).strip()
    if rest:
        other = _by_text(rest, options)
        second = _LABEL.fullmatch(re.sub(r"^(and|or|,|&|/|\+)\s*", "", rest))
        if other is None and second and _labelled(second.group(1), options) not in (None, position):
            return Unread("two options: which one is meant?")
        if other is not None and other != position:
            return Unread(f"label {match.group(1)} and the text behind it name different options")
    return _option(position, options)


def _option(position: int, options: tuple[tuple[str, str], ...]) -> Option:
    label, text = options[position]
    return Option(position, f"{label}: {text}" if text else label)


def _labelled(label: str, options: tuple[tuple[str, str], ...]) -> int | None:
    for position, (own, _) in enumerate(options):
        if own.lower() == label.lower():
            return position
    if label.isdigit() and 1 <= int(label) <= len(options):
        return int(label) - 1
    return None


def _literal(text: str, options: tuple[tuple[str, str], ...]) -> int | None:
    wanted = _normal(text)
    found = [index for index, (_, own) in enumerate(options) if own and _normal(own) == wanted]
    return found[0] if len(found) == 1 else None


def _by_text(text: str, options: tuple[tuple[str, str], ...]) -> int | None:
    """Return the only option whose text says the same, literally or as a shape or number."""
    literal = _literal(text, options)
    found = [] if literal is None else [literal]
    if not found and any(char.isdigit() for char in text):
        value = _value(text)
        found = [index for index, (_, own) in enumerate(options) if value and _value(own) == value]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=2000)
def _normal(text: str) -> str:
    return _SPACES.sub(" ", plain(text).lower().replace("×", "x")).strip().replace(" x ", "x")


@lru_cache(maxsize=2000)
def _value(text: str) -> tuple[Fraction | None, ...] | None:
    shape = read_shape(text)
    if not isinstance(shape, Unread) and len(shape.axes) > 1 and not any(shape.names):
        return shape.axes
    number = read_number(text)
    return None if isinstance(number, Unread) else (number.value,)


def read_fit(raw: str, decimal: DecimalMark = "point") -> Verdict | Unread:
    """Return whether `raw` says that it fits; a bare number is kept as the value it shows."""
    text = plain(raw)
    if is_blank(text):
        return Unread("no answer", blank=True)
    try:
        tokens = tokenize(text, "single", decimal)[:-1]
    except AnswerError as error:
        return Unread(str(error))
    words = [token.text.lower() for token in tokens if token.kind == "word"]
    no, yes = any(word in _NO for word in words), any(word in _YES for word in words)
    value = _last_value(tokens, raw)
    if no and any(word in _POSITIVE for word in words):
        return Unread("says yes and no")
    if no:
        return Verdict(False, "does not fit", value)
    if yes:
        return Verdict(True, "fits", value)
    if value is None:
        return Unread("neither yes nor no was recognised in it")
    return Verdict(None, _show(value), value)


def _last_value(tokens: list[Token], raw: str) -> Fraction | None:
    number = read_number(raw)
    if isinstance(number, Number):
        return number.value
    parts = split(tokens, frozenset(("comma", "semi", "line", "arrow", "equals")))
    for part in reversed(parts):
        values = [token.number.value for token in part if token.number]
        if len(values) == 1:
            return values[0]
    return None
