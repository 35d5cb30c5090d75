"""Reads answers that pick: an option of a choice, or whether something fits.

That it fits is said clause by clause: by a bare `yes` or `no`, or by the first telling word, turned
around by each negation in front of it (`no remainder`, `not impossible`). All clauses must agree.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.answers.number import read_number
from cnncalc.grading.answers.reading import (
    FitAnswer,
    Number,
    Option,
    Unread,
    Volume,
    show_number,
    understood,
)
from cnncalc.grading.answers.shape import read_shape
from cnncalc.grading.answers.side import NumberStyle
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, DecimalMark

#: Label and text of every option.
Options = tuple[tuple[str, str], ...]

_LEAD = (
    r"\W*(?:(?:the|my|correct|right|option|answer|choice|ans|is|letter|number|it's|it|i'd|i|"
    r"choose|chose|pick|picked|think|would|say|select|guess|that|should|be|just|only|probably|maybe)\W+)*"
)
_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4,
    "fifth": 5, "5th": 5, "sixth": 6, "6th": 6,
}  # fmt: skip
_LABELS = (
    re.compile(
        rf"{_LEAD}[(\[]?(?P<label>[a-z]|\d{{1,2}})\s*"
        r"(?:[)\].:=,-]+|$|(?=\(|(?:only|is)\b|\W*$))\s*(?P<rest>.*)", re.I | re.S),
    re.compile(rf"{_LEAD}(?P<label>{'|'.join(_ORDINALS)})(?: (?:one|option|answer|choice))?"
               r"(?P<rest>\W*)", re.I),
    re.compile(r"(?P<rest>[^()]+)\((?P<label>[a-z])\)\W*", re.I),
)  # fmt: skip
_CONFIRMED = re.compile(
    r"is (?:the )?(?:correct|right|true|best|answer|one)(?: (?:answer|option|one|choice))?|only|"
)
_DENIAL = re.compile(
    r"\b(?:not|never|neither|nor|wrong|incorrect|false|except|but|unless|cannot|or|no|than|if|"
    r"otherwise|instead|everything|anything|all|none|both|either|without)\b"
)
_SECOND = re.compile(rf"(?:(?:and|or)\b|\W)*{_LEAD}([a-z]|\d{{1,2}})\b", re.IGNORECASE)
_REASON = re.compile(r"\b(?:because|since|weil)\b.*", re.IGNORECASE | re.DOTALL)
_SPACES = re.compile(r"[\s.,;:!'\"()\[\]{}]+")
_GLUE, _GLUED = re.compile(r"(?<=[a-z])[ _-](?=\d)"), re.compile(r"(?<=[a-z])(?=\d)")
_ARTICLES = re.compile(r"^(?:the )?(?:layer |node )?")


def read_choice(raw: str, options: Options) -> Option | Unread:
    """Return which of `options` (label, text) was picked, by its label or by its text."""
    if raw.strip().lower() in {label.lower() for label, _ in options}:
        raw = f"({raw})"  # `x` says otherwise that there is no answer
    return understood(raw, lambda text: _option(_picked(text, options), options))


def _option(position: int, options: Options) -> Option:
    label, text = options[position]
    return Option(position, f"{label}: {text}" if text else label)


def _picked(text: str, options: Options) -> int:
    literal = _literal(text, options)
    said = _REASON.sub("", text).strip()
    for pattern in _LABELS:
        found = pattern.fullmatch(said)
        position = _labelled(found["label"], options) if found else None
        if found is None or position is None:
            continue
        if literal not in (None, position) and len(said) < 5:
            raise AnswerError("label and text of different options")
        if literal is None:
            _check_rest(found["rest"], position, options)
            return position
    if literal is not None:
        return literal
    mentioned, rest = _mentioned(said, options)
    if len(mentioned) != 1 or _DENIAL.search(rest):
        raise AnswerError("no option was recognised in it, or more than one")
    return mentioned.pop()


def _check_rest(text: str, position: int, options: Options) -> None:
    """Raise AnswerError if what stands beside a label names another option, or denies it."""
    mentioned, rest = _mentioned(text, options)
    second = _SECOND.match(text)
    if mentioned - {position} or (second and _labelled(second[1], options) not in (None, position)):
        raise AnswerError("two options: which one is meant?")
    other = _labelled(rest.removeprefix("not "), options)  # `b (not a)`
    if _CONFIRMED.fullmatch(rest) or other not in (None, position):
        return
    unread = not mentioned and any(map(str.isdecimal, rest))
    if unread or rest.startswith("is ") or _DENIAL.search(rest):
        raise AnswerError("what stands beside the label leaves it open")


def _labelled(label: str, options: Options) -> int | None:
    label = label.lower()
    own = [position for position, (name, _) in enumerate(options) if name.lower() == label]
    number = _ORDINALS.get(label, 0)
    if label.isdecimal() and not any(_values(text)[1] is not None for _, text in options):
        number = int(label)  # not where `2` may be a value that none of them has
    return own[0] if own else number - 1 if 1 <= number <= len(options) else None


def _literal(text: str, options: Options) -> int | None:
    wanted = _GLUE.sub("", _normal(text))
    for same in (wanted, _ARTICLES.sub("", wanted)):
        found = [
            index
            for index, (_, own) in enumerate(options)
            if own and _GLUE.sub("", _normal(own)) == same
        ]
        if len(found) == 1:
            return found[0]
    return None


def _mentioned(text: str, options: Options) -> tuple[set[int], str]:
    """Return the options that a text names, in their words or as a value, and what is left."""
    rest, found = _normal(text), set[int]()
    for index in sorted(range(len(options)), key=lambda index: -len(options[index][1])):
        own = _GLUE.sub("", _normal(options[index][1]))
        if own == rest or (any(map(str.isalpha, own)) and not _values(own)[0] and len(own) > 1):
            words = _GLUED.sub("[ _-]?", re.escape(own))  # also `fc 6` and `FC-6`
            rest, count = re.subn(rf"(?<!\w){words}(?!\w)", " ", rest)
            found |= {index} if count else set()
    if any(map(str.isdecimal, rest)):
        shape, number = _values(rest if found else text)
        for index, (_, own) in enumerate(options):
            axes, value = _values(own)
            if axes == shape if axes else value is not None and value == number:
                found.add(index)
                rest = ""
    return found, rest.strip()


@lru_cache(maxsize=2000)
def _normal(text: str) -> str:
    text = plain(text).lower().replace("n't", " not").replace("×", "x")
    return _SPACES.sub(" ", text).strip().replace(" x ", "x")


@lru_cache(maxsize=2000)
def _values(text: str) -> tuple[tuple[Fraction | None, ...] | None, Fraction | None]:
    """Return what a text says as a shape, and as a number typed as such: a product is neither."""
    shape, number = read_shape(text), read_number(text)
    crossed = isinstance(shape, Volume) and len(shape.axes) > 1 and not any(shape.names)
    axes = shape.axes if isinstance(shape, Volume) and crossed else None
    if isinstance(number, Unread) or not (number.literal or axes is None):
        return axes, None
    return axes, number.value


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
_LEFT = frozenset(("remainder", "left", "over"))
_BAD = _NO | _LEFT | frozenset(
    ("invalid", "impossible", "error", "undefined", "illegal", "fails", "fail", "fractional",
     "fraction", "unfit", "incompatible", "infeasible", "nonsense", "refused", "noninteger",
     "unequal", "wrong", "incorrect", "leftover", "remaining", "problem", "issue", "decimal",
     "missing", "bad", "half", "cut", "lost", "mismatch", "unused")
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
     "definitely", "certainly", "clearly", "wo", "ca", "we", "i", "but", "a", "you", "its", "with")
)  # fmt: skip
_VERBS = frozenset(("does", "do", "is", "will", "can"))
_STEMS = re.compile(r"\b(do|does|did|is|are|was|will|would|ca|could|wo|should|can)(?:n'?t|not)\b")
_CLAUSES = re.compile(
    r"[,;:!\n→]|\.(?!\d)|\b(?:or|so|thus|hence|therefore|then|because|since|as|but|and|weil|while|"
    r"although|though|which)\b"
)
_WORD = re.compile(r"[^\W\d_]+")
_ZERO = re.compile(r"(?<![\d.,])0(?![\d.,])")


def read_fit(raw: str, decimal: DecimalMark = "point") -> FitAnswer | Unread:
    """Return whether `raw` says that it fits; a bare number is kept as the value it shows."""
    return understood(raw, lambda text: _fit(text, decimal))


def _fit(text: str, decimal: DecimalMark) -> FitAnswer:
    number = read_number(text, NumberStyle(decimal))
    value = number.value if isinstance(number, Number) else None
    said = _said(text.lower())
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


def _said(text: str) -> set[bool]:
    """Return what the clauses say, together: yes, no, both or nothing."""
    said, on_condition, conditional = set[bool](), set[bool](), False
    for clause in _CLAUSES.split(_STEMS.sub(r"\1 not", text)):
        question, _, rest = clause.rpartition("?")
        if " " in question.strip():
            clause = rest  # the question was copied: `does it fit? no`
        words = _WORD.findall(clause)
        for word in _OPEN.intersection(words):
            raise AnswerError(f"`{word}` leaves it open")
        if _IF.intersection(words):
            conditional = True
            on_condition |= _clause(clause, words)
        elif not _DUTY.intersection(words):
            said |= _clause(clause, words)
    if conditional and False not in (said or on_condition):
        raise AnswerError("a condition leaves it open")
    return said or on_condition


def _clause(clause: str, words: list[str]) -> set[bool]:
    """Return what a clause says: its first word, or its last, or its first telling word."""
    said: set[bool] = set()
    if words and (words[0] in _YES | _NO or words == ["no"] or
                  (words[0] == "no" and words[1] in _EMPTY | _NOT)):  # fmt: skip
        said.add(words.pop(0) in _YES)
    if words and words[-1] in ("no", "yes"):
        return said | {words[-1] == "yes"}  # `the answer is no`
    zero = _ZERO.search(clause) is not None
    negated = False
    for word in words:
        if word in _NOT:
            negated = not negated
        elif word in _GOOD or (zero and word in _LEFT):
            return said | {not negated or zero}
        elif word in _BAD:
            return said | {negated}
    if _EMPTY.union(_NOT).issuperset(words):
        if _NOT.intersection(words):
            said.add(not negated)
        elif words and words[-1] in _VERBS:
            said.add(True)
    return said
