"""The text of an expression, cut into numbers, names and operators."""

from __future__ import annotations

from cnncalc.diagnostics import quoted
from cnncalc.language.arithmetic import FUNCTIONS
from cnncalc.language.literals import ExpressionError

MAX_LENGTH = 1000  # characters
ALLOWED = (
    "an expression may have numbers, names, + - * / // %, comparisons, and, or, not, "
    "`a if c else b`, [lists], items[0], items[1:], and " + " ".join(FUNCTIONS)
)
DOUBLE = ("//", "==", "!=", "<=", ">=", "**")
KEYWORDS = ("if", "else", "and", "or", "not")
REPLACEMENTS = {
    "**": "write `pow(2, 3)` for 2 to the power of 3",
    "=": "`==` compares",
    "!": "write `not`",
    "&": "write `and`",
    "|": "write `or`",
    "?": "write `a if condition else b`",
    "^": "write `pow(2, 3)` for 2 to the power of 3",
    "×": "`*` multiplies",
    "−": "write `-`, the hyphen of the keyboard",
    "–": "write `-`, the hyphen of the keyboard",
    "—": "write `-`, the hyphen of the keyboard",
    "'": "words stand without quotes",
    '"': "words stand without quotes",
}


class Token:
    """A piece of the text: `kind` is number, name, end, or the operator itself."""

    __slots__ = ("kind", "offset", "text")

    def __init__(self, kind: str, text: str, offset: int) -> None:
        self.kind = kind
        self.text = text
        self.offset = offset

    def error(self, message: str, help: str | None = None) -> ExpressionError:
        return ExpressionError(message, help, self.offset, max(len(self.text), 1))


def tokenize(text: str) -> list[Token]:
    """Return the tokens of `text`, the last of which is the end."""
    if len(text) > MAX_LENGTH:
        message = f"an expression of {len(text):,} characters; {MAX_LENGTH:,} are allowed"
        raise ExpressionError(message, "give parts of it a name in `parameters`", 0, len(text))
    tokens = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\n\r":
            at += 1
            continue
        if text[at : at + 4].lower() in (".nan", ".inf"):
            infinite = Token("end", text[at : at + 4], at)
            raise infinite.error("numbers are finite here", "write one such as 3 or 0.5")
        if char.isdigit() or (char == "." and text[at + 1 : at + 2].isdigit()):
            token = Token("number", text[at : _number_end(text, at)], at)
        elif char.isalpha() or char == "_":
            word = text[at : _word_end(text, at)]
            token = Token(word if word in KEYWORDS else "name", word, at)
        else:
            word = text[at : at + 2] if text[at : at + 2] in DOUBLE else char
            token = Token(word, word, at)
            if word == "**" or (word not in DOUBLE and char not in "+-*/%()[],:<>"):
                help = REPLACEMENTS.get(word, ALLOWED)
                if word == "×" and text[:at].strip().isdigit():
                    help = "a size per axis is a list, such as [3, 3]"
                raise token.error(f"{quoted(word)} is not part of an expression", help)
        tokens.append(token)
        at += len(token.text)
    return [*tokens, Token("end", "", len(text))]


def _word_end(text: str, at: int) -> int:
    while at < len(text) and (text[at].isalnum() or text[at] == "_"):
        at += 1
    return at


def _number_end(text: str, at: int) -> int:
    """Return the end of a number or of what was meant as one, such as `3x3` or `0x10`."""
    start = at
    while at < len(text):
        char = text[at]
        exponent = char in "+-" and text[at - 1] in "eE" and text[start:at].lower().count("x") == 0
        if not (char.isalnum() or char in "_." or exponent):
            break
        at += 1
    return at
