"""Cuts the tokens of an answer into clauses, items and sides; finds words that leave it open."""

from __future__ import annotations

from cnncalc.grading.answers.tokens import END, AnswerError, AnswerToken, TokenKind

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
_ENDS_REASON: frozenset[TokenKind] = frozenset(("arrow", "line", "semi"))


def refuse_ranges(tokens: list[AnswerToken]) -> None:
    """Raise AnswerError for intervals, bounds and ranges such as `0..3` but not final dots."""
    for before, token, after in zip([END, *tokens], tokens, [*tokens[1:], END], strict=False):
        if token.kind in _REFUSED and (
            token.kind != "range" or (before.kind == "number" and after.kind == "number")
        ):
            raise AnswerError(_REFUSED[token.kind])


def refuse_doubt(tokens: list[AnswerToken]) -> None:
    """Raise AnswerError for intervals and for words that deny a shape or leave it open."""
    for token, following in zip(tokens, [*tokens[1:], END], strict=True):
        word = token.text.lower()
        if token.kind == "pm":
            raise AnswerError(_REFUSED["pm"])
        if word in DOUBT or (word == "no" and following.kind in ("number", "open")):
            raise AnswerError(f"`{token.text}` leaves the answer open")


def without_reasons(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return `tokens` without the reason given behind an answer: `760, because each …`."""
    if not any(token.kind == "word" and token.text.lower() in _REASONS for token in tokens):
        return tokens
    kept: list[AnswerToken] = []
    inside = False
    for token in tokens:
        if token.kind == "word" and token.text.lower() in _REASONS and has_number(kept):
            inside = True
            if kept[-1].kind == "open":  # `32x32x10 (because …)`
                kept.pop()
        elif token.kind in _ENDS_REASON:
            inside = False
        if not inside:
            kept.append(token)
    return kept


def split(tokens: list[AnswerToken], kinds: frozenset[TokenKind]) -> list[list[AnswerToken]]:
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


def has_number(tokens: list[AnswerToken]) -> bool:
    """Tell whether there is a number among `tokens`."""
    return any(token.kind == "number" for token in tokens)
