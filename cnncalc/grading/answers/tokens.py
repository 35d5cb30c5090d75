"""Plain text -> tokens: numbers, words, crosses, brackets and the few signs of an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from cnncalc.grading.answers.text import THIN
from cnncalc.grading.answers.units import DecimalMark, Numeral, numeral

#: Longest answer that is read as a number, a shape, a choice or a formula.
MAX_LENGTH = 2000
MAX_TOKENS = 400

TokenKind = Literal[
    "number", "word", "cross", "op", "open", "close", "comma", "semi", "colon", "equals", "arrow",
    "approx", "pm", "compare", "at", "pipe", "line", "range", "percent", "or", "other", "end",
]  # fmt: skip
#: `single`: commas and spaces may group digits. `list`: they separate. `formula`: names may hold
#: digits and underscores, and nothing groups.
Mode = Literal["single", "list", "formula"]


class AnswerError(Exception):
    """An answer cannot be read; the message is shown to the student."""


class AnswerToken(NamedTuple):
    """One sign: `text` as written, `number` if it is one, `spaced` if a space stands before it."""

    kind: TokenKind
    text: str
    spaced: bool = False
    number: Numeral | None = None


END = AnswerToken("end", "")

_SINGLE = rf"\d{{1,3}}(?:[ ]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,'_{THIN}]\d+)*|\.\d+"
_GROUPED = rf"\d{{1,3}}(?:[,{THIN}']\d{{3}})+(?!\d)|\d+(?:[._]\d+)*|\.\d+"
_LIST = r"\d+(?:[._']\d+)*|\.\d+"
_FORMULA = r"\d+(?:\.\d+)?|\.\d+"
_EXPONENT = r"(?:[eE](?P<exponent>[+-]?\d{1,4})(?![\w.]))?"
_HEXADECIMAL = (
    r"(?P<hexadecimal>(?<![\w.])0[xX](?=[0-9A-Fa-f]{2,}(?![\w.]))[0-9A-Fa-f]+"
    r"|(?<![\w.])0[bB][01]{2,}\b|(?<![\w.])0o[0-7]+\b)"
)
_REST = (
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<range>\.\.\.?|…)"
    r"|(?P<pm>±|\+/-)"
    r"|(?P<arrow>→)"
    r"|(?P<op>\*\*|//|[-+*/^])"
    r"|(?P<cross>[×·])"
    r"|(?P<equals>:?=+)"
    r"|(?P<compare>[<>≤≥]=?)"
    r"|(?P<open>[(\[{⌊⌈])"
    r"|(?P<close>[)\]}⌋⌉])"
    r"|(?P<line>\n)"
    r"|(?P<sign>[,;:~@|%])"
    r"|(?P<other>\S)"
)


def _pattern(number: str) -> re.Pattern[str]:
    return re.compile(_HEXADECIMAL + rf"|(?P<number>{number}){_EXPONENT}" + _REST)


_PATTERNS = {
    "single": _pattern(_SINGLE),
    "grouped": _pattern(_GROUPED),
    "list": _pattern(_LIST),
    "formula": _pattern(_FORMULA),
}
_SIGN_KINDS: dict[str, TokenKind] = {
    ",": "comma", ";": "semi", ":": "colon", "~": "approx", "@": "at", "|": "pipe", "%": "percent",
}  # fmt: skip
_CROSSING = frozenset(("x", "by", "times", "mal"))
#: Words that stand for a sign.
_SIGN_WORDS: dict[str, TokenKind] = {
    **dict.fromkeys(_CROSSING, "cross"),
    **dict.fromkeys(("so", "thus", "hence", "therefore", "then", "gives", "giving", "answer",
                     "ans", "result", "total", "sum", "yields", "altogether"), "arrow"),
    **dict.fromkeys(("or", "oder", "either"), "or"),
}  # fmt: skip
_WORD_OPS = {"plus": "+", "minus": "-"}
_BATCHES = frozenset(("n", "b", "none", "batch"))
_AXES = frozenset("hwcdnbl")
_TAIL = re.compile(r"[\w]+(?:[_/][\w]+)*")
_INDEX = re.compile(r"\w+")
_HYPHEN = re.compile(r"[^\W_]-(?=[^\W\d_]{2})|(?<=[^\W\d_])[^\W\d_]-(?=\d)")
_CROSSES = re.compile(r"[×·*@]|\d\s*[xX]\s*\(?\d|\bby\b")


def tokenize(text: str, mode: Mode, decimal: DecimalMark = "point") -> list[AnswerToken]:
    """Return the tokens of `text` (already `plain`), ended by one of kind `end`.

    Raises AnswerError for a text that is too long, a hexadecimal number or a broken grouping.
    """
    if len(text) > MAX_LENGTH:
        raise AnswerError(f"longer than {MAX_LENGTH} characters: this is not one answer")
    if mode == "list" and _CROSSES.search(text):
        pattern = _PATTERNS["grouped"]  # crosses separate, so that commas can group
    else:
        pattern = _PATTERNS[mode]
    tokens: list[AnswerToken] = []
    at = 0
    while match := pattern.search(text, at):
        spaced = match.start() > at or match.start() == 0
        at = match.end()
        kind = match.lastgroup or "number"
        if kind == "op" and mode != "formula" and _HYPHEN.match(text, match.start() - 1):
            continue  # `multiply-accumulates`, `28-by-28`, `1960-dimensional`
        if kind == "word":
            at = _word(text, match, mode, spaced, tokens)
        else:
            tokens.append(_sign(kind, match, spaced, decimal))
        if len(tokens) > MAX_TOKENS:
            raise AnswerError("too many words and signs for one answer")
    tokens.append(END)
    return tokens


def _sign(kind: str, match: re.Match[str], spaced: bool, decimal: DecimalMark) -> AnswerToken:
    text = match.group()
    if kind == "hexadecimal":
        raise AnswerError(f"{text} looks hexadecimal (or octal, or binary): type a decimal number")
    if match["number"] is not None:
        number = numeral(match["number"], match["exponent"] or "", decimal)
        if number.problem:
            raise AnswerError(number.problem)
        return AnswerToken("number", text, spaced, number)
    named: TokenKind = _SIGN_KINDS[text] if kind == "sign" else kind  # type: ignore[assignment]  # the groups are named so
    return AnswerToken(named, "^" if text == "**" else text, spaced)


def _word(text: str, match: re.Match[str], mode: Mode, spaced: bool, out: list[AnswerToken]) -> int:
    """Append the token or tokens of one word and return where the text goes on."""
    word, end = match.group(), match.end()
    lower, following = word.lower(), text[end : end + 1]
    indexed = following.isdigit() or following == "_"
    if mode == "formula":
        tail = _INDEX.match(text, end) if indexed else None
    else:
        if indexed and lower[-1] == "x" and lower[:-1] in _BATCHES:  # `Nx28x28`
            out += [AnswerToken("word", word[:-1], spaced), AnswerToken("cross", word[-1])]
            return end
        apart = lower in _CROSSING or (mode == "list" and lower in _AXES)
        tail = _TAIL.match(text, end) if indexed and not apart else None
    if tail:  # `conv1`, `K_2`: a name, whose digits are no answer
        out.append(AnswerToken("word", word + tail.group(), spaced))
        return tail.end()
    if mode == "formula":
        out.append(AnswerToken("word", word, spaced))
    elif lower in _WORD_OPS:
        out.append(AnswerToken("op", _WORD_OPS[lower], spaced))
    else:
        out.append(AnswerToken(_SIGN_WORDS.get(lower, "word"), word, spaced))
    return end


_REFUSED: dict[TokenKind, str] = {
    "pm": "an interval is not an answer",
    "range": "a range is not an answer",
    "compare": "a bound is not an answer",
}
#: Words that deny a value or leave it open, in any answer.
DOUBT = frozenset(
    ("not", "isn", "wasn", "doesn", "never", "neither", "nor", "instead", "between", "to", "less",
     "more", "least", "most", "wrong", "incorrect", "false", "unless", "otherwise", "except",
     "everything", "anything", "almost")
)  # fmt: skip
_REASONS = frozenset(("because", "since", "weil", "denn"))


def has_number(tokens: Sequence[AnswerToken]) -> bool:
    """Tell whether there is a number among `tokens`."""
    return any(token.kind == "number" for token in tokens)


def split(tokens: Sequence[AnswerToken], *kinds: TokenKind) -> list[list[AnswerToken]]:
    """Return the parts of `tokens` between those of the given kinds, outside of brackets."""
    parts: list[list[AnswerToken]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind in kinds and (depth <= 0 or token.kind in ("arrow", "line")):
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


def refuse_ranges(tokens: Sequence[AnswerToken]) -> None:
    """Raise AnswerError for intervals, bounds and ranges such as `0..3` but not final dots."""
    for before, token, after in zip([END, *tokens], tokens, [*tokens[1:], END], strict=False):
        if token.kind in _REFUSED and (
            token.kind != "range" or (before.kind == "number" and after.kind == "number")
        ):
            raise AnswerError(_REFUSED[token.kind])


def refuse_doubt(tokens: Sequence[AnswerToken]) -> None:
    """Raise AnswerError for intervals and for words that deny a shape or leave it open."""
    for token, following in zip(tokens, [*tokens[1:], END], strict=True):
        word = token.text.lower()
        if token.kind == "pm":
            raise AnswerError(_REFUSED["pm"])
        if word in DOUBT or (word == "no" and following.kind in ("number", "open")):
            raise AnswerError(f"`{token.text}` leaves the answer open")


def without_reasons(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return `tokens` without the reason given behind an answer: `760, because each …`."""
    kept: list[AnswerToken] = []
    inside = False
    for token in tokens:
        if token.kind == "word" and token.text.lower() in _REASONS and has_number(kept):
            inside = True
            if kept[-1].kind == "open":  # `32x32x10 (because …)`
                kept.pop()
        elif token.kind in ("arrow", "line", "semi"):
            inside = False
        if not inside:
            kept.append(token)
    return kept
