"""Reads a formula in the question's symbols: `P = (F-1)/2`, `nk-n+1`, `⌊(W-F+2P)/S⌋+1`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from cnncalc.grading.answers.arithmetic import evaluate, is_function, parse
from cnncalc.grading.answers.reading import AnswerFormula, Unread, understood
from cnncalc.grading.answers.tokens import END, AnswerError, AnswerToken, split, tokenize
from cnncalc.grading.answers.units import numeral

#: The values of symbols, and several of them each with the right value of a formula.
Point = dict[str, Fraction]
Points = tuple[tuple[Point, Fraction], ...]

_BRACED_INDEX = re.compile(r"_\{\s*(\w+)\s*\}")
_MODULE = re.compile(r"\b(?:math|np|numpy|torch|tf)\.(?=[a-z])")
#: Words behind which a formula is only explained or limited, unless they are symbols.
_ENDING = frozenset(("if", "for", "when", "where", "with", "assuming", "given", "because", "since"))
_LABELS = frozenset(
    ("pixels", "pixel", "px", "parameters", "params", "weights", "neurons", "biases", "bias")
)
_REFUSED = {"pm": "an interval", "or": "two answers", "compare": "a bound"}


def read_formula(raw: str, symbols: tuple[str, ...]) -> AnswerFormula | Unread:
    """Return the formula that `raw` gives in `symbols`; a left-hand side such as `P =` is dropped.

    Letter case counts only where two symbols differ by nothing else; products need no sign.
    """
    if raw.strip() in symbols:  # `x` says otherwise that there is no answer
        raw = f"({raw})"
    return understood(raw, lambda text: _read(text, symbols))


def _read(text: str, symbols: tuple[str, ...]) -> AnswerFormula:
    tokens = tokenize(_MODULE.sub("", _BRACED_INDEX.sub(r"_\1", text)), "formula")[:-1]
    for token in tokens:
        if token.kind in _REFUSED:
            raise AnswerError(f"`{token.text}`: {_REFUSED[token.kind]}, not a formula")
    tokens = _bare(tokens, symbols)
    lines = [line for line in split(tokens, "line", "arrow", "semi") if line]
    sides = [side for side in split(lines[-1], "equals", "approx") if side] if lines else []
    problem = AnswerError("there is no formula in it")
    for side in reversed(sides):
        try:
            found = _side(side, symbols)
        except AnswerError as error:
            problem = error
            if side is sides[-1] and len(side) > 1:
                break  # an earlier side must not stand for a last one that cannot be read
            continue
        if sides[0] is not side and any(token.kind in ("number", "op") for token in sides[0]):
            _refuse_equation(sides[0], symbols)
        return found
    raise problem


def _bare(tokens: list[AnswerToken], symbols: tuple[str, ...]) -> list[AnswerToken]:
    """Return `tokens` without `The padding is` in front and `for odd F` or `pixels` behind."""
    own = {name.lower() for name in symbols}
    words = [token.text.lower() if token.kind == "word" else "" for token in tokens]
    start, end = 0, len(tokens)
    for at, word in enumerate(words):
        if word in own:
            continue
        if word == "is" and all(words[:at]) and not {"not", "never"} & set(words[: at + 2]):
            start = at + 1
        elif at > start and word in _ENDING:
            end = at
            break
    for at in range(start, end):
        if tokens[at].kind == "comma" and any(
            len(word) > 1 and word not in own for word in words[at:end]
        ):
            end = at  # `(F-1)/2, F odd`
            break
    while end > start and words[end - 1] in _LABELS - own:
        end -= 1
    remark = [token.kind for token in tokens[end - 3 : end]] == ["open", "word", "close"]
    if remark and words[end - 2] in _LABELS - own:
        end -= 3
    if start < end < len(tokens) and tokens[end - 1].kind in ("comma", "open"):
        end -= 1
    return tokens[start:end]


def _refuse_equation(side: list[AnswerToken], symbols: tuple[str, ...]) -> None:
    """Refuse `2P = F-1`, whose left side is neither a name nor the formula in other words."""
    try:
        _side(side, symbols)
    except AnswerError:
        names = [token.text for token in side if token.kind == "word"]
        if names and not any(len(name) > 1 for name in names):
            raise AnswerError("solve the equation: only a name may stand on its left") from None


def _side(tokens: list[AnswerToken], symbols: tuple[str, ...]) -> AnswerFormula:
    while tokens and tokens[-1].kind == "other" and tokens[-1].text in ".!?":
        tokens = tokens[:-1]
    spelled: list[AnswerToken] = []
    for token, following in zip(tokens, [*tokens[1:], END], strict=True):
        if token.kind != "word" or is_function(token, following):
            spelled.append(token)
        else:
            spelled += _symbols(token, symbols)
    expr = parse(spelled, products=True)
    return AnswerFormula(expr, str(expr), expr.rounds())


def _symbols(token: AnswerToken, symbols: tuple[str, ...]) -> list[AnswerToken]:
    """Return the symbols that a run of letters is made of; a lone `x` that is none is a cross."""
    if token.text in ("x", "X") and _symbol(token.text, symbols) is None:
        return [token._replace(kind="cross")]
    parts = _parts(token.text, symbols)
    if parts is None:
        known = ", ".join(symbols)
        raise AnswerError(f"`{token.text}` is not one of the question's symbols ({known})")
    return [
        AnswerToken("number", part, number=numeral(part))
        if part.isdecimal()
        else AnswerToken("word", part)
        for part in parts
    ]


def _parts(word: str, symbols: tuple[str, ...]) -> list[str] | None:
    """Return the symbols and numbers in a run of letters and digits, the longest first, or None."""
    whole = _symbol(word, symbols)
    if whole is not None:
        return [whole]
    for cut in range(len(word) - 1, 0, -1):
        head = _symbol(word[:cut], symbols)
        rest = word[cut:].lstrip("_")
        crossed = rest[1:] if rest[:1] in ("x", "X") else ""
        tail = None if head is None else _parts(rest, symbols) or _parts(crossed, symbols)
        if head is not None and tail:
            return [head, *tail]
    return None


def _symbol(word: str, symbols: tuple[str, ...]) -> str | None:
    """Return the symbol that a word is, written as the question writes it, or the number."""
    if word in symbols or word.isdecimal():
        return word
    plain_word = word.replace("_", "").lower()
    found = [name for name in symbols if name.replace("_", "").lower() == plain_word]
    return found[0] if len(found) == 1 else None


def value_at(formula: AnswerFormula, point: Point, *, floors: bool = True) -> Fraction | None:
    """Return what a formula gives at a point (symbol → value); None if it cannot be worked out."""
    try:
        return evaluate(formula.expr, point, floors=floors)
    except AnswerError:
        return None


def differs(formula: AnswerFormula, points: Points) -> Point | None:
    """Return the first point at which a formula gives something else; None if there is none."""
    return next((point for point, value in points if value_at(formula, point) != value), None)


def rounds_in_vain(formula: AnswerFormula, points: Points) -> bool:
    """Tell whether the formula rounds although the exact quotient is right at every point."""
    return formula.floors and all(
        value_at(formula, point, floors=False) == value for point, value in points
    )


def lacks_rounding(formula: AnswerFormula, points: Points) -> bool:
    """Tell whether the formula is right at every point once its value is rounded down, or up."""
    pairs = [(value_at(formula, point), value) for point, value in points]
    if formula.floors or any(own is None for own, _ in pairs):
        return False
    return all(own is not None and own.__floor__() == value for own, value in pairs) or all(
        own is not None and own.__ceil__() == value for own, value in pairs
    )


def renamed(formula: AnswerFormula, names: Mapping[str, str]) -> AnswerFormula:
    """Return a formula with some of its symbols under other names."""
    leaves = [names.get(leaf, leaf) if isinstance(leaf, str) else leaf
              for leaf in formula.expr.leaves]  # fmt: skip
    expr = formula.expr._replace(leaves=tuple(leaves))
    return formula._replace(expr=expr, shown=str(expr))
