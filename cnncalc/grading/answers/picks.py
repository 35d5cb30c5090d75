"""Reads answers that pick: an option of a choice, or whether something fits.

That it fits is said clause by clause: by a bare `yes` or `no`, or by the first telling word, turned
around by each negation in front of it (`no remainder`, `not impossible`). All clauses must agree.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from cnncalc.grading.answers.number import read_number
from cnncalc.grading.answers.reading import (
    Number,
    Unread,
    Volume,
    plain,
    show_number,
    understood,
)
from cnncalc.grading.answers.shape import read_shape
from cnncalc.grading.answers.side import NumberStyle
from cnncalc.grading.answers.tokens import AnswerError, DecimalMark


class Option(NamedTuple):
    """One option of a choice, by its position; `shown` is its label and text."""

    position: int
    shown: str


class FitAnswer(NamedTuple):
    """A yes or no to "does it fit?": `fits`, None if only a `value` was given that shows it."""

    fits: bool | None
    shown: str
    value: Fraction | None = None


#: Label and text of every option.
Options = tuple[tuple[str, str], ...]

_LEAD = (
    r"\W*(?:(?:the|my|correct|right|option|answer|choice|ans|is|letter|number|layer|it's|it|i'd|i|"
    r"choose|chose|pick|picked|think|would|say|guess|that|should|be|just|only|probably|maybe)\W+)*"
)
_LEADING = re.compile(_LEAD, re.IGNORECASE)
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4}
#: `b) 28x28x6`, `the second one`, `28x28x6 (b)`
_LABELS = [
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"{_LEAD}[(\[]?(?P<label>[a-z]|\d{{1,2}})\s*"
        r"(?:[)\].:=,-]+|$|(?=\(|(?:only|is)\b|\W*$))\s*(?P<rest>.*)",
        rf"{_LEAD}(?P<label>{'|'.join(_ORDINALS)})(?: (?:one|option|answer|choice))?(?P<rest>\W*)",
        r"(?P<rest>[^()]+)\((?P<label>[a-z])\)\W*",
    )
]
_SECOND = re.compile(rf"(?:(?:and|or)\b|\W)*{_LEAD}([a-z]|\d{{1,2}})\b", re.IGNORECASE)
_CONFIRMED = re.compile(
    r"is (?:the )?(?:correct|right|true|best|answer|one)(?: (?:answer|option|one|choice))?|only|"
)
_DENIAL = re.compile(
    r"\b(?:not|never|neither|nor|wrong|incorrect|false|except|but|unless|cannot|or|no|than|if|"
    r"otherwise|instead|everything|anything|all|none|both|either|without)\b|^is\b"
)
#: `(32-5)/1+1 = 28, so` in front of a label.
_WORKING = re.compile(r"[^a-z→]*=[^a-z→]*(?:→|\b(?:so|thus|hence|therefore)\b)\s*", re.IGNORECASE)
_REASON = re.compile(r"\b(?:because|since|weil)\b.*", re.IGNORECASE | re.DOTALL)
_SPACES = re.compile(r"[\s.,;:!'\"()\[\]{}]+")
_BEFORE_DIGIT = re.compile(r"(?<=[a-z])[ _-]?(?=\d)")


def read_choice(raw: str, options: Options) -> Option | Unread:
    """Return which of `options` (label, text) was picked, by its label or by its text."""
    if raw.strip().lower() in [label.lower() for label, _ in options]:
        raw = f"({raw})"  # `x` says otherwise that there is no answer

    def read(text: str) -> Option:
        position = _picked(text, options)
        return Option(position, ": ".join(filter(None, options[position])))

    return understood(raw, read)


def _picked(text: str, options: Options) -> int:
    wanted = {_normal(text), _normal(_LEADING.sub("", text))}
    same = [at for at, (_, own) in enumerate(options) if own and _normal(own) in wanted]
    if len(same) == 1:
        return same[0]
    said = _REASON.sub("", text).strip()
    working = _WORKING.match(said)
    said = said[working.end() :] if working else said
    for pattern in _LABELS:
        found = pattern.fullmatch(said)
        position = _labelled(found["label"], options) if found else None
        if found and position is not None:
            if working and _mentioned(working[0], options)[0] - {position}:
                raise AnswerError("the working leads to another option")
            _check_rest(found["rest"], position, options)
            return position
    mentioned, rest = _mentioned(said, options)
    if len(mentioned) != 1 or _DENIAL.search(rest):
        raise AnswerError("no option was recognised in it, or more than one")
    return mentioned.pop()


def _check_rest(text: str, position: int, options: Options) -> None:
    mentioned, rest = _mentioned(text, options)
    second = _SECOND.match(text)
    if mentioned - {position} or (second and _labelled(second[1], options) not in (None, position)):
        raise AnswerError("two options: which one is meant?")
    other = _labelled(rest.removeprefix("not "), options)  # `b (not a)`
    if _CONFIRMED.fullmatch(rest) or other not in (None, position):
        return
    if _DENIAL.search(rest) or (not mentioned and any(map(str.isdecimal, rest))):
        raise AnswerError("what stands beside the label leaves it open")


def _labelled(label: str, options: Options) -> int | None:
    labels = [own.lower() for own, _ in options]
    if label.lower() in labels:
        return labels.index(label.lower())
    number = _ORDINALS.get(label.lower(), 0)
    if label.isdecimal() and all(len(value) > 1 for _, own in options for value in _values(own)):
        number = int(label)  # not where `2` may be a value that none of them has
    return number - 1 if 1 <= number <= len(options) else None


def _mentioned(text: str, options: Options) -> tuple[set[int], str]:
    """Return the options that a text names, in their words or as a value, and what is left."""
    rest, found = _normal(text), set[int]()
    for at in sorted(range(len(options)), key=lambda at: -len(options[at][1])):
        own = _normal(options[at][1])
        if len(own) > 1 and not _values(own):
            words = _BEFORE_DIGIT.sub("[ _-]?", re.escape(own))  # also `fc 6` and `FC-6`
            rest, count = re.subn(rf"(?<!\w){words}(?!\w)", " ", rest)
            found |= {at} if count else set()
    values = _values(rest if found else text)
    same = {at for at, (_, own) in enumerate(options) if values & _values(own)}
    return found | same, rest.strip()


@lru_cache(maxsize=2000)
def _normal(text: str) -> str:
    text = plain(text).lower().replace("n't", " not").replace("×", "x")
    return _SPACES.sub(" ", text).strip().replace(" x ", "x")


@lru_cache(maxsize=2000)
def _values(text: str) -> frozenset[tuple[Fraction | None, ...]]:
    """Return what a text says as a shape, and as a number typed as such: a product is neither."""
    if not any(map(str.isdecimal, text)):
        return frozenset()
    number = read_number(text)
    shape = None if text.strip().isdecimal() else read_shape(text)  # digits alone are one length
    found: list[tuple[Fraction | None, ...]] = []
    if isinstance(shape, Volume) and len(shape.axes) > 1 and not any(shape.names):
        found.append(shape.axes)
    if isinstance(number, Number) and (number.literal or not found):
        found.append((number.value,))
    return frozenset(found)


#: What a word tells; `duty`: `it must be an integer` says what is wanted, and not what is; `empty`
#: words tell nothing more around a bare yes or no: `no it does not`, `of course not`.
_TELLS = re.compile(
    r"(?P<yes>yes|y|yep|yeah|ja|oui|s[ií]|true|sure|ok|okay|correct)|(?P<no>n|nope|nein|false)"
    r"|(?P<not>not|no|never|nothing|without|non|nicht|keine?|neither|nor)"
    r"|(?P<open>maybe|perhaps|possibly|whether|know|depends|almost|nearly|hardly|barely|why|unsure|"
    r"sometimes|partly|doubt)|(?P<if>if|unless|only|otherwise)"
    r"|(?P<duty>must|should|needs?)|(?P<left>remainder|left|over)"
    r"|(?P<good>fit|fits|fitting|valid|possible|works?|divides?|divisible|integer|integral|whole|"
    r"exact|exactly|evenly|allowed|perfectly|completely|neatly|tiles?|covers?)"
    r"|(?P<bad>invalid|impossible|errors?|undefined|illegal|fails?|fractional|fraction|wrong|"
    r"incorrect|leftover|remaining|problems?|issues?|decimal|missing|half|cut|lost)"
    r"|(?P<verb>does|do|is|will|can)"
    r"|(?P<empty>it|its|this|that|the|a|did|would|could|be|quite|really|at|all|way|of|course|there|"
    r"answer|window|so|definitely|certainly|clearly|wo|ca|we|i|but|you|with)"
)
#: `doesn't`, `does'nt`, `dosent`, `cannot`
_DENIED = re.compile(
    r"\b(?:(?:d[oes]{1,4}|did|is|are|was|will|would|ca|could|wo|should|can)(?:nt|not)|[a-z]+n?'n?t)\b"
)
_CLAUSES = re.compile(
    r"[,;:!\n→]|\.(?!\d)|(?<=[a-z]) - |(?<=\bno) ?\(|\b(?:or|so|thus|hence|therefore|then|because|"
    r"b/?c|cause|since|as|but|and|weil|while|although|though|which)\b"
)
_WORD = re.compile(r"[^\W\d_]+")
_ZERO = re.compile(r"(?<![\d.,])0(?![\d.,])")
_EMPTY = frozenset(("empty", "verb", "not"))


def read_fit(raw: str, decimal: DecimalMark = "point") -> FitAnswer | Unread:
    """Return whether `raw` says that it fits; a bare number is kept as the value it shows."""

    def read(text: str) -> FitAnswer:
        number, said = read_number(text, NumberStyle(decimal)), _said(text.lower())
        value = number.value if isinstance(number, Number) else None
        if len(said) > 1:
            raise AnswerError("says yes and no")
        if said == {True} and value is not None and value.denominator != 1:
            raise AnswerError(f"says that it fits, and shows {show_number(value)}")
        if said:
            return FitAnswer(True in said, "fits" if True in said else "does not fit", value)
        if value is None:
            raise AnswerError("neither yes nor no was recognised in it")
        return FitAnswer(None, show_number(value), value)

    return understood(raw, read)


def _said(text: str) -> set[bool]:
    """Return what the clauses say, together: yes, no, both or nothing."""
    said, conditional = set[bool](), False
    for clause in _CLAUSES.split(_DENIED.sub(" not ", text)):
        question, _, rest = clause.rpartition("?")
        if " " in question.strip():
            clause = rest  # the question was copied: `does it fit? no`
        words = _WORD.findall(clause)
        tells = [found.lastgroup if (found := _TELLS.fullmatch(word)) else "" for word in words]
        if "open" in tells:
            raise AnswerError(f"`{words[tells.index('open')]}` leaves it open")
        conditional |= "if" in tells
        if "if" not in tells and "duty" not in tells:
            said |= _clause(words, tells, _ZERO.search(clause) is not None)
    if conditional and False not in said:
        raise AnswerError("a condition leaves it open")
    return said


def _clause(words: list[str], tells: list[str | None], zero: bool) -> set[bool]:
    """Return what a clause says: its first word, or its last, or its first telling word."""
    said: set[bool] = set()
    bare = words[:1] == ["no"] and _EMPTY.issuperset(tells[1:2])
    if tells[:1] in (["yes"], ["no"]) or bare:
        said, tells = {tells[0] == "yes"}, tells[1:]
    if tells and words[-1] in ("no", "yes"):
        return said | {words[-1] == "yes"}  # `fits? no`
    negated = False
    for tell in tells:
        if tell == "not":
            negated = not negated
        elif tell in ("yes", "good") or (zero and tell == "left"):
            return said | {not negated or zero}
        elif tell in ("no", "bad", "left"):
            return said | {negated}
    if _EMPTY.issuperset(tells):
        said |= {not negated} if "not" in tells else {True} if tells[-1:] == ["verb"] else set()
    return said
