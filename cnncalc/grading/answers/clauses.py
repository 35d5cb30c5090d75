"""Cuts the tokens of an answer into clauses, items and sides."""

from __future__ import annotations

from cnncalc.grading.answers.tokens import END, AnswerError, Token, TokenKind

_REFUSED: dict[TokenKind, str] = {
    "pm": "an interval is not an answer",
    "range": "a range is not an answer",
    "compare": "a bound is not an answer",
}


def refuse_ranges(tokens: list[Token]) -> None:
    """Raise AnswerError for intervals, bounds and ranges such as `0..3` but not final dots."""
    for before, token, after in zip([END, *tokens], tokens, [*tokens[1:], END], strict=False):
        if token.kind in _REFUSED and (
            token.kind != "range" or (before.kind == "number" and after.kind == "number")
        ):
            raise AnswerError(_REFUSED[token.kind])


def split(tokens: list[Token], kinds: frozenset[TokenKind]) -> list[list[Token]]:
    """Return the parts of `tokens` between those of the given kinds, outside of brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind in kinds and (depth <= 0 or token.kind in ("arrow", "line")):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def has_number(tokens: list[Token]) -> bool:
    """Tell whether there is a number among `tokens`."""
    return any(token.kind == "number" for token in tokens)
