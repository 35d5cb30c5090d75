"""Reads a formula in the question's symbols: `P = (F-1)/2`, `nk-n+1`, `⌊(W-F+2P)/S⌋+1`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

from cnncalc.grading.answers.arithmetic import AnswerFormula, evaluate, is_function, parse
from cnncalc.grading.answers.reading import Unread, understood
from cnncalc.grading.answers.tokens import END, AnswerError, AnswerToken, Numeral, split, tokenize

#: The values of symbols, and several of them each with the right value of a formula.
Point = dict[str, Fraction]
Points = tuple[tuple[Point, Fraction], ...]

_BRACED_INDEX = re.compile(r"_\{\s*(\w+)\s*\}")
_CROSS = re.compile(r"(?<=[)\]])[xX](?=\w)")
_SO = re.compile(r"\b(?:so|thus|hence|therefore)\b", re.IGNORECASE)
_MODULE = re.compile(r"\b(?:math|np|numpy|torch|tf)\.(?=[a-z])")
#: `The padding is` in front; behind it what is only explained, limited or counted.
_LEAD = re.compile(
    r"\A(?:(?!\b(?:not|never)\b)[^\W\d_]|\s)*\b(?:is|be)\s+(?!not\b|never\b)"
    r"|\A[\w #.]*[^\W\d_]{2}\s*:(?!=)\s*",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"[\s,(]{0,3}\b(if|for|when|where|with|assuming|given|because|since|e\.?g)\b.*$"
    r"|,[^,()]*\b([^\W\d_]{2,})\b(?!\s*\().*$"
    r"|[\s(]{0,3}\b(pixels?|px|parameters|params|weights|neurons|bias(?:es)?)\)?$",
    re.IGNORECASE | re.DOTALL,
)
_FLOOR, _CLOSE = (AnswerToken("word", "floor"), AnswerToken("open", "(")), AnswerToken("close", ")")
#: `…, rounded down` behind a formula is a floor around all of it.
_ROUNDED = re.compile(
    r"[\s,;(]*\b(?:and )?(?:then |always )?"
    r"(?:round(?:ed|ing|s)? (?:it )?down|floored|take (?:the )?floor)\b[\s).!]*$",
    re.IGNORECASE,
)


def read_formula(raw: str, symbols: tuple[str, ...]) -> AnswerFormula | Unread:
    """Return the formula that `raw` gives in `symbols`; a left-hand side such as `P =` is dropped.

    Letter case counts only where two symbols differ by nothing else; products need no sign.
    """
    if raw.strip() in symbols:  # `x` says otherwise that there is no answer
        raw = f"({raw})"
    return understood(raw, lambda text: _read(text, symbols))


def _read(text: str, symbols: tuple[str, ...]) -> AnswerFormula:
    text = _CROSS.sub("×", _SO.sub("→", text))
    text = _LEAD.sub("", _MODULE.sub("", _BRACED_INDEX.sub(r"_\1", text)))
    if rounded := _ROUNDED.search(text):
        text = text[: rounded.start()]
    remark = _REMARK.search(text)
    if remark and len(_symbols(remark[remark.lastindex or 0], symbols)) != 1:
        text = text[: remark.start()]
    tokens = tokenize(text.rstrip(".!?✅✓✔ "), "formula")
    *_, line = [[], *filter(None, split(tokens, "\n", "→", ";"))]
    *steps, line = split(line, ",")
    if any(step != line and not _is_solved(step, line) for step in steps):
        raise AnswerError("several formulas: which one is meant?")
    sides = list(filter(None, split(line, "=", "~")))
    first = sides[0] if len(sides) > 1 else []
    while len(sides) > 1 and len(sides[-1]) == 1 and not _symbols(sides[-1][0].text, symbols):
        sides.pop()  # `(F-1)/2 = P`
    if not sides:
        raise AnswerError("there is no formula in it")
    names = [len(token.text) for token in first if token.kind == "word"]
    if max(names, default=0) == 1 and any(token.kind in ("number", "op") for token in first):
        _side(first, symbols)  # `2P = F-1` is to be solved: only a name may stand there
    return _side([*_FLOOR, *sides[-1], _CLOSE] if rounded else sides[-1], symbols)


def _is_solved(step: list[AnswerToken], line: list[AnswerToken]) -> bool:
    """Tell whether an equation is solved by what stands behind it: `2P = F-1, P = (F-1)/2`."""
    left, *right = split(step, "=")
    return (
        bool(right)
        and any(token.kind in ("number", "op") for token in left)
        and ([token.kind for token in line[:2]] == ["word", "="])
    )


def _side(tokens: list[AnswerToken], symbols: tuple[str, ...]) -> AnswerFormula:
    known: list[AnswerToken] = []
    for token, following in zip(tokens, [*tokens[1:], END], strict=True):
        parts = _symbols(token.text, symbols) if token.kind == "word" else []
        if token.kind != "word" or is_function(token, following):
            known.append(token)
        elif parts:
            for part in parts:
                number = Numeral(Fraction(part)) if part.isdecimal() else None
                known.append(AnswerToken("number" if number else "word", part, number=number))
        elif token.text in ("x", "X"):
            known.append(token._replace(kind="×"))
        else:
            listed = ", ".join(symbols)
            raise AnswerError(f"`{token.text}` is not one of the question's symbols ({listed})")
    return parse(known, products=True)


@lru_cache(maxsize=2000)
def _symbols(word: str, symbols: tuple[str, ...]) -> list[str]:
    """Return the symbols and numbers that a run of letters and digits is made of, or none."""
    folded = {name.replace("_", "").lower(): name for name in symbols}
    exact = len(folded) < len(symbols)
    names = [re.escape(name).replace("_", "_?") for name in sorted(symbols, key=len, reverse=True)]
    one = re.compile("|".join([*names, "[0-9]+"]), 0 if exact else re.IGNORECASE)
    if not re.fullmatch(rf"(?:{one.pattern})(?:_*x?(?:{one.pattern}))*", word, one.flags):
        return []
    return [part if exact else folded.get(part.replace("_", "").lower(), part)
            for part in one.findall(word)]  # fmt: skip


def value_at(formula: AnswerFormula, point: Point) -> Fraction | None:
    """Return what a formula gives at a point (symbol → value); None if it cannot be worked out."""
    try:
        return evaluate(formula, point)
    except AnswerError:
        return None


def differs(formula: AnswerFormula, points: Points) -> Point | None:
    """Return the first point at which a formula gives something else; None if there is none."""
    return next((point for point, value in points if value_at(formula, point) != value), None)


def lacks_rounding(formula: AnswerFormula, points: Points) -> bool:
    """Tell whether the formula is right at every point once its value is rounded down, or up."""
    values = [value_at(formula, point) for point, _ in points]
    given = [value for value in values if value is not None]
    wanted = [value for _, value in points]
    return not formula.rounds and wanted in ([*map(floor, given)], [*map(ceil, given)])


def renamed(formula: AnswerFormula, names: Mapping[str, str]) -> AnswerFormula:
    """Return a formula with some of its symbols under other names."""
    leaves = [names.get(one, one) if isinstance(one, str) else one for one in formula.leaves]
    return formula._replace(leaves=tuple(leaves))
