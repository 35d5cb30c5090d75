"""Equations inside the answer to a question about a shape: `H_out = (12-3)/1+1 = 10`, `HWC = …`."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.grading.answers.arithmetic import Parser, evaluate
from cnncalc.grading.answers.axes import AXIS_WORDS, ORDERS, axis_name
from cnncalc.grading.answers.clauses import has_number, split
from cnncalc.grading.answers.numerals import Numeral
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken, TokenKind

_PIECES: frozenset[TokenKind] = frozenset(("comma", "semi", "line"))
_EQUAL: frozenset[TokenKind] = frozenset(("equals",))
_NAMING: frozenset[TokenKind] = frozenset(("equals", "colon"))
_LISTED: frozenset[TokenKind] = frozenset(("cross", "comma", "open", "close", "other"))
_NAMED = (["word", "equals"], ["word", "colon"])
_COMMA = AnswerToken("comma", ",")


def legend(tokens: list[AnswerToken]) -> tuple[tuple[str, ...], list[AnswerToken]]:
    """Return the axes named in front of a shape (`H x W x C = …`, `(C, H, W):`) and the rest."""
    at = next((i for i, token in enumerate(tokens) if token.kind in _NAMING), 0)
    head = tokens[:at]
    words = [token.text.lower() for token in head if token.kind == "word"]
    if not words or any(token.kind not in _LISTED and token.kind != "word" for token in head):
        return (), tokens
    run = words[0].replace("x", "")
    if len(words) == 1:
        names = tuple(run.upper().replace("B", "N")) if run in ORDERS else ()
    else:
        names = tuple([AXIS_WORDS.get(word, "") for word in words])
        if not any(token.kind in ("cross", "comma") for token in head):
            return (), tokens
    if not all(names) or len(set(names)) < max(len(names), 2):
        return (), tokens
    return names, tokens[at + 1 :]


def names_sizes(tokens: list[AnswerToken]) -> bool:
    """Tell whether there is a sign behind a word, as in `H = 28`, `Height: 10` or `W2 = 20`."""
    return any(token.kind in _NAMING for token in tokens)


def stated(tokens: list[AnswerToken]) -> tuple[list[AnswerToken], bool]:
    """Return `tokens` with equations replaced by what they state, and whether axes are named.

    `H_out = (12-3)/1+1 = 10` becomes the name and its number, `H = W = 28` two of them; working
    such as `112/2 = 56` is left out where more follows. Raises AnswerError if a name comes twice.
    """
    pieces = [piece for piece in split(_prepared(tokens), _PIECES) if piece]
    kept: list[list[AnswerToken]] = []
    named: list[str] = []
    for position, piece in enumerate(pieces):
        names = _names(piece)
        following = any(has_number(later) for later in pieces[position + 1 :])
        if names:
            named += [axis_name(name.text) for name in names]
            value = _value(piece)
            kept += [[name, value] for name in names]
        elif following and _is_step(piece):
            kept = [before for before in kept if [token.kind for token in before] != ["number"]]
        else:
            kept.append(piece)
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise AnswerError(f"{twice} is given twice")
    return [token for piece in kept for token in (*piece, _COMMA)][:-1], bool(named)


def _prepared(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Return `tokens` with commas in `H=28 and W=28 C=6`, without the indices of `W2 = 28`."""
    result: list[AnswerToken] = []
    for position, token in enumerate(tokens):
        if token.kind == "number" and not token.spaced and _is_index(tokens, position):
            continue
        following = tokens[position + 1 : position + 3]
        kinds = [t.kind for t in following]
        if kinds in _NAMED and axis_name(following[0].text):
            if token.kind == "word" and token.text.lower() in ("and", "und"):
                result.append(_COMMA)
                continue
            if token.kind in ("number", "close"):
                result += [token, _COMMA]
                continue
        result.append(token)
    return result


def _is_index(tokens: list[AnswerToken], position: int) -> bool:
    before, after = tokens[position - 1 : position], tokens[position + 1 : position + 2]
    letter = before and before[0].kind == "word" and len(before[0].text) == 1
    return bool(letter and after and after[0].kind == "equals")


def _names(piece: list[AnswerToken]) -> list[AnswerToken]:
    """Return the names of axes (as words that the scanner knows) that an equation gives a value."""
    sides = split(piece, _NAMING)
    if len(sides) < 2 or not has_number(sides[-1]):
        return []
    names: list[AnswerToken] = []
    for side in sides[:-1]:
        start = next((i for i, t in enumerate(side) if t.kind not in ("word", "other")), len(side))
        found = [token for token in side[:start] if axis_name(token.text)]
        order = any(token.text.lower() in ("first", "last") for token in side)
        if len(found) == 1 and not order and (start == len(side) or side[start].kind != "number"):
            names.append(found[0]._replace(text=axis_name(found[0].text)))
        elif not names:
            return []
    return names


def _value(piece: list[AnswerToken]) -> AnswerToken:
    """Return the value of the last side as one number."""
    side = [token for token in split(piece, _NAMING)[-1] if token.kind not in ("word", "other")]
    value = _worked_out(side)
    if value is None:
        raise AnswerError("one size has several numbers")
    return AnswerToken("number", str(value), number=Numeral(value), spaced=True)


def _is_step(piece: list[AnswerToken]) -> bool:
    """Tell whether a piece is working that ends in one number, such as `112/2 = 56`."""
    sides = split(piece, _EQUAL)
    if len(sides) < 2 or _worked_out(sides[-1]) is None:
        return False
    return any(token.kind == "op" or token.text in "⌊⌈" for token in piece)


def _worked_out(tokens: list[AnswerToken]) -> Fraction | None:
    parser = Parser(tokens)
    try:
        value = evaluate(parser.sum(), {})
    except AnswerError:
        return None
    return value if parser.peek().kind in ("end", "word", "other") else None
