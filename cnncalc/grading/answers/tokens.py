"""Plain text -> tokens: numbers, words and signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

DecimalMark = Literal["point", "comma"]
#: `single`: commas and spaces may group digits. `list`: they separate. `formula`: names may hold
#: digits and underscores, and nothing groups.
Mode = Literal["single", "list", "formula"]

MAX_TOKENS = 400
MAX_DIGITS = 40
#: Stands between groups of digits where a thin space or `\\,` or `{,}` was typed.
THIN = "\u2009"


class AnswerError(Exception):
    """An answer cannot be read; the message is shown to the student."""


class Numeral(NamedTuple):
    """One number as typed; `ulp` is one unit in its last place."""

    value: Fraction
    ulp: Fraction = Fraction(1)


class AnswerToken(NamedTuple):
    """One sign: `text` as written, `number` if it is one, `spaced` if a space stands before it.

    The kind is `number`, `word`, `op` (+ - * / // ^), `open` or `close` (any bracket), `or`,
    `other`, or the sign itself: , ; : = → ~ ± < … @ | % × and a new line; each in one spelling.
    """

    kind: str
    text: str
    spaced: bool = False
    number: Numeral | None = None


END = AnswerToken("end", "")

_NUMBERS = {
    "single": rf"\d{{1,3}}(?:[ ]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,'_{THIN}]\d+)*|\.\d+",
    "list": r"\d+(?:[._']\d+)*|\.\d+",
    # A list whose sizes are crossed, so that commas can group.
    "crossed": rf"\d{{1,3}}(?:[,{THIN}']\d{{3}})+(?!\d)|\d+(?:[._]\d+)*|\.\d+",
    "formula": r"\d+(?:\.\d+)?|\.\d+",
}
_SIGNS = (
    r"|(?P<sign>→|±|\+/-|\.\.\.?|…|:?=+|[<>≤≥]=?|[\n,;:~@|%×·])"
    r"|(?P<op>\*\*|//|[-+*/^])|(?P<open>[(\[{⌊⌈])|(?P<close>[)\]}⌋⌉])|(?P<other>\S)"
)
#: `multiply-accumulates`, `28-by-28`, `1960-dimensional`
_HYPHEN = r"|(?P<hyphen>(?<=[^\W_])-(?=[^\W\d_]{2}|d\b)|(?<=[^\W\d_]{2})-(?=\d))"
#: `Nx28` is a batch and a cross; in lists `h10` is a name and a number, but `W2 = 10` a name.
_WORD = r"|(?P<word>(?:none|[nb]|batch)(?=x\d){}|[^\W\d_]+(?:(?=[\d_])\w+(?:[_/]\w+)*)?)"
_CROSS = r"|(?P<equal>equals?\b(?: to\b)?)|(?P<cross>(?:x|by|times|mal)(?![^\W\d_]))"
_AXIS = r"|[hwcdnbl](?=\d+(?![\d ]*[=:]))"
_WORDS = {
    "single": _CROSS + _WORD.format("") + _HYPHEN,
    "list": _CROSS + _WORD.format(_AXIS) + _HYPHEN,
    "formula": r"|(?P<word>[^\W\d_]+(?:(?=[\d_])\w+)?)",
}
_PATTERNS = {
    mode: re.compile(
        r"(?P<hexadecimal>(?<![\w.])0x[0-9a-f]{2,}(?![\w.]))"
        rf"|(?P<number>{number})(?:e(?P<exponent>[+-]?\d{{1,4}})(?![\w.]))?"
        + _WORDS.get(mode, _WORDS["list"])
        + _SIGNS,
        re.IGNORECASE,
    )
    for mode, number in _NUMBERS.items()
}
_CROSSES = re.compile(r"[×·*@]|\d\s*x\s*\(?\d|\bby\b", re.IGNORECASE)
_KINDS = {
    "·": "×", "+/-": "±", "..": "…", "...": "…", ":=": "=", ":==": "=",
    **dict.fromkeys((">", ">=", "≤", "≤=", "≥", "≥="), "<"),
}  # fmt: skip
#: Words that stand for a sign.
_SIGN_WORDS = {
    **dict.fromkeys(("or", "oder", "either"), "or"), "plus": "op", "minus": "op", "percent": "%",
    **dict.fromkeys(("so", "thus", "hence", "therefore", "then", "gives", "giving", "answer",
                     "ans", "result", "total", "sum", "yields", "altogether"), "→"),
}  # fmt: skip
_OPS = {"plus": "+", "minus": "-", "**": "^"}


def tokenize(text: str, mode: Mode, decimal: DecimalMark = "point") -> list[AnswerToken]:
    """Return the tokens of a plain text; raises AnswerError for a broken grouping of digits."""
    crossed = mode == "list" and _CROSSES.search(text)
    tokens: list[AnswerToken] = []
    end = -1
    for match in _PATTERNS["crossed" if crossed else mode].finditer(text):
        kind, sign, spaced = match.lastgroup or "", match.group(), match.start() != end
        end, number = match.end(), None
        if kind in ("number", "exponent"):
            dotted = mode == "list" and _DOTTED.fullmatch(match["number"])
            mark: DecimalMark = "comma" if dotted else decimal
            kind, number = "number", numeral(match["number"], match["exponent"] or "", mark)
        elif kind == "sign":
            kind = _KINDS.get(sign, sign[0])
        elif kind == "cross" or (sign == "*" and mode == "list"):
            kind = "×"
        elif kind == "word" and mode != "formula":
            kind = _SIGN_WORDS.get(sign.lower(), "word")
        elif kind == "equal":
            kind = "="
        elif kind == "hyphen":
            continue
        elif kind == "hexadecimal":
            raise AnswerError(f"{sign} looks hexadecimal: type a decimal number")
        tokens.append(AnswerToken(kind, _OPS.get(sign, sign), spaced, number))
        if len(tokens) > MAX_TOKENS:
            raise AnswerError("too many words and signs for one answer")
    return tokens


#: A whole number, its digits in groups of three if it has marks at all, or of two as in India.
_WHOLE = re.compile(r"\d+|[1-9]\d{0,2}([,'_ .\u2009])\d{3}(?:\1\d{3})*|[1-9]\d?(?:,\d\d)+,\d{3}")
#: In lists, whose sizes are whole: `1.024x7x7`.
_DOTTED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")


def numeral(text: str, exponent: str = "", decimal: DecimalMark = "point") -> Numeral:
    """Return what a run of digits and marks means under the course's decimal mark.

    `exponent` is the text behind `e`. The other mark stands for decimals where nothing else can
    make sense (`1.234,56`, `0,5`); raises AnswerError where nothing can (`12,34`).
    """
    if len(text) > MAX_DIGITS or len(exponent.lstrip("+-")) > 2:
        raise AnswerError(f"more than {MAX_DIGITS} digits, or an exponent that is too large")
    if text.isdecimal() and not exponent:
        return Numeral(Fraction(int(text)))
    mark, other = ".," if decimal == "point" else ",."
    head, found, tail = text.rpartition(mark)
    before, _, behind = text.rpartition(other)
    # `1.234,56` cannot be anything else, but `1.234,567` could be a slip in either locale.
    mixed = mark in before or (other == "." and before.isdecimal())
    if found and tail.isdecimal() and mark not in head and (not head or _WHOLE.fullmatch(head)):
        places = len(tail)
    elif _WHOLE.fullmatch(text):
        places = 0
    elif behind.isdecimal() and (
        before == "0" or (mixed and len(behind) != 3 and _WHOLE.fullmatch(before))
    ):
        places = len(behind)
    else:
        raise AnswerError(f"{text.strip()} is not a valid grouping of digits")
    ulp = Fraction(10) ** (int(exponent or "0") - places)
    return Numeral(int("".join(filter(str.isdecimal, text))) * ulp, ulp)


def numbers(tokens: Sequence[AnswerToken]) -> list[Fraction]:
    """Return the values of the numbers among `tokens`."""
    return [token.number.value for token in tokens if token.number]


def has_number(tokens: Sequence[AnswerToken]) -> bool:
    return any(token.number for token in tokens)


def split(tokens: Sequence[AnswerToken], *kinds: str) -> list[list[AnswerToken]]:
    """Return the parts of `tokens` between those of the given kinds, outside of brackets."""
    parts: list[list[AnswerToken]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind in kinds and (depth <= 0 or token.kind in "→\n"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def matching(tokens: Sequence[AnswerToken], at: int) -> int:
    """Return where the bracket closes that opens at a position; raises AnswerError if nowhere."""
    depth = 0
    for position in range(at, len(tokens)):
        depth += (tokens[position].kind == "open") - (tokens[position].kind == "close")
        if depth == 0:
            return position
    raise AnswerError(f"`{tokens[at].text}` is never closed")


#: Words that stand for one small number, also beside digits (`ten 32×32 maps`).
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
#: Words that deny a value or leave it open.
DOUBT = frozenset(
    ("not", "isn", "wasn", "doesn", "don", "doubt", "never", "neither", "nor", "instead",
     "between", "to", "less", "more", "least", "most", "wrong", "incorrect", "false", "unless",
     "otherwise", "except", "everything", "anything", "almost")
)  # fmt: skip
_REASONS = frozenset(("because", "since", "weil", "denn"))


def refuse_ranges(tokens: Sequence[AnswerToken]) -> None:
    """Raise AnswerError for intervals, bounds and ranges such as `0..3` but not final dots."""
    for before, token, after in zip([END, *tokens], tokens, [*tokens[1:], END], strict=False):
        if token.kind in "±<" or (token.kind == "…" and before.number and after.number):
            raise AnswerError(f"`{token.text}`: an interval or a bound is not an answer")


def refuse_doubt(tokens: Sequence[AnswerToken]) -> None:
    """Raise AnswerError for words that deny a value or leave it open."""
    for token, following in zip(tokens, [*tokens[1:], END], strict=True):
        word = token.text.lower()
        if word in DOUBT or (word == "no" and following.kind in ("number", "open")):
            raise AnswerError(f"`{token.text}` leaves the answer open")


def without_reasons(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return `tokens` without the reason given behind an answer: `760, because each …`."""
    kept: list[AnswerToken] = []
    inside = False
    for token in tokens:
        if token.text.lower() in _REASONS and has_number(kept):
            inside = True
            if kept[-1].kind == "open":  # `32x32x10 (because …)`
                kept.pop()
        inside = inside and token.kind not in "→\n;"
        if not inside:
            kept.append(token)
    return kept
