"""Reads answers that pick an option."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from cnncalc.grading.answers.number import read_number
from cnncalc.grading.answers.reading import Option, Unread
from cnncalc.grading.answers.shape import read_shape
from cnncalc.grading.answers.text import is_blank, plain
from cnncalc.grading.answers.tokens import MAX_LENGTH

#: Label and text of every option.
Options = tuple[tuple[str, str], ...]

_LEAD = (
    r"\W*(?:(?:the|my|correct|right|option|answer|choice|ans|is|letter|number|it|it's|i|choose|"
    r"chose|pick|picked|think|would|say|select|guess|that|should|be|i'd|just|only|probably|maybe)\W+)*"
)
_LABEL = re.compile(
    _LEAD + r"[(\[]?([a-z]|\d{1,2})\s*"
    r"(?:[)\].:=,-]+|$|(?=\(|because\b|since\b|and\b|or\b|only\b|&|/|is\b|\W*$))\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_LABEL_BEHIND = re.compile(r"([^()]+)\(([a-z])\)\W*", re.IGNORECASE)
_LABEL_LIST = re.compile(r"^(?:and|or|,|&|/|\+)\s*", re.IGNORECASE)
_CONFIRMED = re.compile(
    r"is (?:the )?(?:correct|right|true|best|answer|one)(?: (?:answer|option|one|choice))?\W*"
    r"|only\W*",
    re.IGNORECASE,
)
_ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3,
    "fifth": 4, "5th": 4, "sixth": 5, "6th": 5,
}  # fmt: skip
_ORDINAL = re.compile(
    _LEAD + rf"({'|'.join(_ORDINALS)})(?: (?:one|option|answer|choice))?\W*", re.IGNORECASE
)
_DENIAL = re.compile(
    r"\b(?:not|never|neither|nor|wrong|incorrect|false|except|but|unless|cannot|or|no|isn't|"
    r"\w+n't|than|if|otherwise|instead|everything|anything|all|none|both|either|without)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"\b(?:because|since|weil)\b.*", re.IGNORECASE | re.DOTALL)
_SPACES = re.compile(r"[\s.,;:!'\"()\[\]{}]+")
_GLUE = re.compile(r"(?<=[a-z])[ _-](?=\d)")
_ARTICLES = re.compile(r"^(?:the )?(?:layer |node )?")


def read_choice(raw: str, options: Options) -> Option | Unread:
    """Return which of `options` (label, text) was picked, by its label or by its text."""
    text = plain(raw)
    if is_blank(text) and not any(label.lower() == text.lower() for label, _ in options):
        return Unread("no answer", blank=True)
    if len(text) > MAX_LENGTH:
        return Unread(f"longer than {MAX_LENGTH} characters: this is not one answer")
    literal = _literal(text, options)
    match = _LABEL.fullmatch(text)
    position = _labelled(match.group(1), options) if match else None
    if literal is not None:
        clash = position not in (None, literal) and len(text) < 3
        return Unread("label and text of different options") if clash else _option(literal, options)
    if match is not None and position is not None:
        return _by_label(match.group(1), match.group(2).strip(), position, options)
    ordinal = _ORDINAL.fullmatch(text)
    if ordinal and _ORDINALS[ordinal.group(1).lower()] < len(options):
        return _option(_ORDINALS[ordinal.group(1).lower()], options)
    labelled = _LABEL_BEHIND.fullmatch(text)
    if labelled and _labelled(labelled.group(2), options) is not None:
        return read_choice(f"{labelled.group(2)}) {labelled.group(1)}", options)
    by_text = _by_text(text, options)
    if by_text is None:
        by_text = _mentioned(text, options)
    if by_text is not None:
        return _option(by_text, options)
    return Unread(
        f"there is no option {match.group(1)}" if match else "no option was recognised in it"
    )


def _by_label(label: str, rest: str, position: int, options: Options) -> Option | Unread:
    """Return the option of a label, unless what stands behind it names another or denies it."""
    if not rest or _CONFIRMED.fullmatch(rest) or _REASON.match(rest):
        return _option(position, options)
    other = _by_text(rest, options)
    second = _LABEL.fullmatch(_LABEL_LIST.sub("", rest))
    if other is None and second and _labelled(second.group(1), options) not in (None, position):
        return Unread("two options: which one is meant?")
    if other is not None and other != position:
        return Unread(f"label {label} and the text behind it name different options")
    if other is None and _denies(rest, position, options):
        return Unread("what stands behind the label leaves it open")
    return _option(position, options)


def _denies(rest: str, position: int, options: Options) -> bool:
    """Tell whether a remark speaks against its label: `b is wrong`, but not `b (not a)`."""
    own = _normal(options[position][1])
    found = _normal(rest).replace(own, " ") if own else _normal(rest)
    if re.match(r"not \w+$", found) and _labelled(found[4:], options) not in (None, position):
        return False
    return rest.lower().startswith("is ") or _DENIAL.search(found) is not None


def _option(position: int, options: Options) -> Option:
    label, text = options[position]
    return Option(position, f"{label}: {text}" if text else label)


def _labelled(label: str, options: Options) -> int | None:
    for position, (own, _) in enumerate(options):
        if own.lower() == label.lower():
            return position
    if any(_values(text)[1] is not None for _, text in options):
        return None  # `2` may be the second option, or a value that none of them has
    if label.isdecimal() and 1 <= int(label) <= len(options):
        return int(label) - 1
    return None


def _literal(text: str, options: Options) -> int | None:
    wanted = _normal(text)
    bare = _ARTICLES.sub("", wanted)
    found = [index for index, (_, own) in enumerate(options) if own and _normal(own) == wanted]
    if not found and bare != wanted:
        found = [index for index, (_, own) in enumerate(options) if own and _normal(own) == bare]
    return found[0] if len(found) == 1 else None


def _by_text(text: str, options: Options) -> int | None:
    """Return the only option whose text says the same, literally or as a shape or number."""
    literal = _literal(text, options)
    found = [] if literal is None else [literal]
    if not found and any(char.isdigit() for char in text):
        shape, number = _values(text)
        for index, (_, own) in enumerate(options):
            axes, value = _values(own)
            if axes == shape if axes else value is not None and value == number:
                found.append(index)
    return found[0] if len(found) == 1 else None


def _mentioned(text: str, options: Options) -> int | None:
    """Return the only option whose words stand in `text`, if nothing in it denies or compares."""
    rest, found = _normal(text), []
    if not any(char.isalpha() for char in rest):
        return None
    for index in sorted(range(len(options)), key=lambda index: -len(options[index][1])):
        own = _normal(options[index][1])
        if len(own) < 2 or not any(char.isalpha() for char in own) or _values(own)[0]:
            continue
        rest, count = re.subn(rf"(?<!\w){re.escape(own)}(?!\w)", " ", rest)
        found += [index] if count else []
    if len(found) != 1 or _DENIAL.search(_REASON.sub("", rest)):
        return None
    return found[0]


@lru_cache(maxsize=2000)
def _normal(text: str) -> str:
    text = plain(text).lower().replace("n't", " not").replace("×", "x")
    return _GLUE.sub("", _SPACES.sub(" ", text).strip().replace(" x ", "x"))


@lru_cache(maxsize=2000)
def _values(text: str) -> tuple[tuple[Fraction | None, ...] | None, Fraction | None]:
    """Return what a text says as a shape, and as a number typed as such: a product is neither."""
    shape, number = read_shape(text), read_number(text)
    axes = None
    if not isinstance(shape, Unread) and len(shape.axes) > 1 and not any(shape.names):
        axes = shape.axes
    plain_number = not isinstance(number, Unread) and (number.literal or axes is None)
    return axes, number.value if plain_number and not isinstance(number, Unread) else None
