"""Reads answers that say whether something fits: yes, no, or the number that shows it.

Every clause says yes or no by itself: by a bare `yes` or `no`, or by its first telling word, turned
around by each negation in front of it (`no remainder`, `not impossible`). All clauses must agree.
"""

from __future__ import annotations

import re
from fractions import Fraction

from cnncalc.grading.answers.number import NumberStyle, read_number
from cnncalc.grading.answers.reading import FitAnswer, Number, Unread, show_number, understood
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken, split, tokenize
from cnncalc.grading.answers.units import DecimalMark

_YES = frozenset(
    ("yes", "y", "yep", "yeah", "yup", "ja", "oui", "si", "sí", "true", "sure", "ok", "okay",
     "sim", "correct")
)  # fmt: skip
_NO = frozenset(("n", "nope", "nein", "false", "nay", "não"))
_GOOD = _YES | frozenset(
    ("fit", "fits", "fitting", "valid", "possible", "works", "work", "divides", "divide",
     "divisible", "integer", "integral", "whole", "exactly", "exact", "evenly", "feasible",
     "legal", "allowed", "fine", "good", "perfectly", "passt", "compatible", "natural", "tile",
     "tiles", "fully", "completely", "entirely", "properly", "cleanly", "neatly", "cover", "covers",
     "align", "aligns", "matches")
)  # fmt: skip
_BAD = _NO | frozenset(
    ("invalid", "impossible", "error", "undefined", "illegal", "fails", "fail", "fractional",
     "fraction", "unfit", "incompatible", "infeasible", "nonsense", "refused", "noninteger",
     "unequal", "wrong", "incorrect", "leftover", "left", "over", "remainder", "remaining",
     "problem", "issue", "decimal", "missing", "bad", "half", "cut", "lost", "mismatch", "unused")
)  # fmt: skip
_NOT = frozenset(
    ("not", "no", "never", "nothing", "without", "non", "nicht", "kein", "keine", "neither", "nor")
)
_OPEN = frozenset(
    ("maybe", "perhaps", "possibly", "whether", "know", "depends", "almost", "nearly", "hardly",
     "barely", "why", "unsure", "sometimes", "partially", "partly", "doubt")
)  # fmt: skip
_IF = frozenset(("if", "unless", "only", "otherwise", "wenn"))
#: `it must be an integer` says what is wanted, and not what is.
_DUTY = frozenset(("must", "should", "needs", "need"))
#: Words around a bare yes or no that tell nothing more: `no it does not`, `of course not`.
_EMPTY = frozenset(
    ("it", "this", "that", "the", "does", "do", "did", "is", "will", "would", "can", "could", "be",
     "quite", "really", "at", "all", "way", "of", "course", "there", "answer", "window", "so",
     "definitely", "certainly", "clearly", "wo", "ca")
)  # fmt: skip
_VERBS = frozenset(("does", "do", "is", "will", "can"))
_AFTER_NO = _EMPTY | frozenset(("we", "i", "not", "but", "a", "you", "its", "with"))
_CLAUSE = frozenset(
    ("because", "since", "as", "but", "and", "weil", "while", "although", "though", "which")
)
_STEMS = re.compile(r"\b(do|does|did|is|are|was|will|would|ca|could|wo|should)n'?t\b", re.I)
_NO_DOUBT = re.compile(r"\b(?:no|without(?: a| any)?) doubt\b", re.IGNORECASE)


def read_fit(raw: str, decimal: DecimalMark = "point") -> FitAnswer | Unread:
    """Return whether `raw` says that it fits; a bare number is kept as the value it shows."""
    return understood(raw, lambda text: _read(text, decimal))


def _read(text: str, decimal: DecimalMark) -> FitAnswer:
    value = _last_value(text, decimal)
    text = _STEMS.sub(r"\1 not", _NO_DOUBT.sub("", text)).replace("cannot", "can not")
    said = _said(tokenize(text, "single", decimal)[:-1])
    if len(said) > 1:
        raise AnswerError("says yes and no")
    if said == {False}:
        return FitAnswer(False, "does not fit", value)
    if said and value is not None and value.denominator != 1:
        raise AnswerError(f"says that it fits, and shows {show_number(value)}")
    if said:
        return FitAnswer(True, "fits", value)
    if value is None:
        raise AnswerError("neither yes nor no was recognised in it")
    return FitAnswer(None, show_number(value), value)


def _said(tokens: list[AnswerToken]) -> set[bool]:
    """Return what the clauses say, together: yes, no, both or nothing."""
    for token in tokens:
        if token.kind == "word" and token.text.lower() in _OPEN:
            raise AnswerError(f"`{token.text}` leaves it open")
    said: set[bool] = set()
    on_condition: set[bool] = set()
    conditional = False
    for clause in _clauses(tokens):
        words = {token.text.lower() for token in clause}
        if words & _IF:
            conditional = True
            on_condition |= _clause(clause)
        elif not words & _DUTY:
            said |= _clause(clause)
    if conditional and False not in (said or on_condition):
        raise AnswerError("a condition leaves it open")
    return said or on_condition


def _clauses(tokens: list[AnswerToken]) -> list[list[AnswerToken]]:
    clauses: list[list[AnswerToken]] = [[]]
    for token in tokens:
        if token.text == "?" and len(clauses[-1]) > 1:
            clauses[-1] = []  # the question once more
        elif (
            token.kind in ("comma", "semi", "line", "arrow", "or", "colon")
            or token.text in (".", "!")
            or token.text.lower() in _CLAUSE
        ):
            clauses.append([])
        else:
            clauses[-1].append(token)
    return [clause for clause in clauses if clause]


def _clause(tokens: list[AnswerToken]) -> set[bool]:
    """Return what a clause says: its first word, or its last, or its first telling word."""
    words = [token.text.lower() for token in tokens if token.kind == "word"]
    first = words[0] if words else ""
    said: set[bool] = set()
    if first in _YES | _NO or (first == "no" and (words[1:2] == [] or words[1] in _AFTER_NO)):
        said.add(words.pop(0) in _YES)
    if words and words[-1] in ("no", "yes"):
        return said | {words[-1] == "yes"}  # `the answer is no`
    zero = any(token.number and not token.number.value for token in tokens)
    negated = False
    for word in words:
        if word in _NOT:
            negated = not negated
        elif word in _GOOD or (zero and word in ("remainder", "left", "over")):
            return said | {not negated or zero}
        elif word in _BAD:
            return said | {negated}
    if words and all(word in _EMPTY or word in _NOT for word in words):
        if any(word in _NOT for word in words):
            said.add(not negated)
        elif words[-1] in _VERBS:
            said.add(True)
    return said


def _last_value(text: str, decimal: DecimalMark) -> Fraction | None:
    number = read_number(text, NumberStyle(decimal))
    if isinstance(number, Number):
        return number.value
    tokens = tokenize(text, "single", decimal)
    for part in reversed(split(tokens, "comma", "semi", "line", "arrow", "equals")):
        values = [token.number.value for token in part if token.number]
        if len(values) == 1:
            return values[0]
    return None
