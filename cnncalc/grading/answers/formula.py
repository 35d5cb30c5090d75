"""Reads a formula in the question's symbols: `P = (F-1)/2`, `nk-n+1`, `⌊(W-F+2P)/S⌋+1`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from cnncalc.grading.answers.arithmetic import FUNCTIONS, Expr, Parser, evaluate
from cnncalc.grading.answers.clauses import split
from cnncalc.grading.answers.reading import AnswerFormula, Unread, is_blank
from cnncalc.grading.answers.text import plain
from cnncalc.grading.answers.tokens import AnswerError, AnswerToken, tokenize

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
_ROUNDING = frozenset(("floor", "ceil", "ceiling", "//", "round", "int"))


def read_formula(raw: str, symbols: tuple[str, ...]) -> AnswerFormula | Unread:
    """Return the formula that `raw` gives in `symbols`; a left-hand side such as `P =` is dropped.

    Letter case counts only where two symbols differ by nothing else; products need no sign.
    """
    text = _MODULE.sub("", _BRACED_INDEX.sub(r"_\1", plain(raw)))
    if is_blank(text) and text not in symbols:
        return Unread("no answer", blank=True)
    try:
        return _read(tokenize(text, "formula")[:-1], symbols)
    except AnswerError as error:
        return Unread(str(error))


def _read(tokens: list[AnswerToken], symbols: tuple[str, ...]) -> AnswerFormula:
    for token in tokens:
        if token.kind in ("pm", "or"):
            raise AnswerError(f"`{token.text}` leaves the answer open")
        if token.kind == "compare":
            raise AnswerError("a bound is not an answer")
    tokens = _bare(tokens, symbols)
    lines = [line for line in split(tokens, frozenset(("line", "arrow", "semi"))) if line]
    if not lines:
        raise AnswerError("there is no formula in it")
    sides = [side for side in split(lines[-1], frozenset(("equals", "approx"))) if side]
    problem = AnswerError("there is no formula in it")
    for side in reversed(sides):
        try:
            expr = _side(side, symbols)
        except AnswerError as error:
            problem = error
            if side is sides[-1] and len(side) > 1:
                break  # an earlier side must not stand for a last one that cannot be read
            continue
        if sides[0] is not side and any(token.kind in ("number", "op") for token in sides[0]):
            _refuse_equation(sides[0], symbols)
        return AnswerFormula(expr, show_formula(expr), _rounds(expr))
    raise problem


def _bare(tokens: list[AnswerToken], symbols: tuple[str, ...]) -> list[AnswerToken]:
    """Return `tokens` without `The padding is` in front and `for odd F` or `pixels` behind."""
    if all(token.kind != "word" or len(token.text) < 2 for token in tokens):
        return tokens
    own = {name.lower() for name in symbols}
    words = [token.text.lower() if token.kind == "word" else "" for token in tokens]
    start, end = 0, len(tokens)
    for at, word in enumerate(words):
        if word in own:
            continue
        if word == "is" and all(words[:at]) and not {"not", "never"} & set(words[: at + 2]):
            start = at + 1
        elif at > start and word in _ENDING and end == len(tokens):
            end = at
    for at in range(start, end):
        said = [word for word in words[at:end] if len(word) > 1 and word not in own]
        if tokens[at].kind == "comma" and said:
            end = at  # `(F-1)/2, F odd`
            break
    while end > start and words[end - 1] in _LABELS - own:
        end -= 1
    remark = [token.kind for token in tokens[end - 3 : end]] == ["open", "word", "close"]
    if remark and words[end - 2] in _LABELS - own:
        end -= 3
    if end > start and end < len(tokens) and tokens[end - 1].kind in ("comma", "open"):
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


def _side(tokens: list[AnswerToken], symbols: tuple[str, ...]) -> Expr:
    parser = _FormulaParser(tokens, symbols=symbols)
    expr = parser.sum()
    while parser.peek().kind == "other" and parser.peek().text in ".!?":
        parser.take()
    if parser.peek().kind != "end":
        raise AnswerError(f"`{parser.peek().text}` in a place where nothing was expected")
    return expr


def _rounds(expr: Expr) -> bool:
    return expr.op in _ROUNDING or any(_rounds(arg) for arg in expr.args)


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
    if formula.floors:
        return False
    pairs = [
        (own, value) for point, value in points if (own := value_at(formula, point)) is not None
    ]
    return len(pairs) == len(points) and (
        all(own.__floor__() == value for own, value in pairs)
        or all(own.__ceil__() == value for own, value in pairs)
    )


@dataclass(slots=True)
class _FormulaParser(Parser):
    """Arithmetic over the question's symbols."""

    symbols: tuple[str, ...] = ()

    def word(self, token: AnswerToken) -> Expr:
        lower = token.text.lower()
        if (lower in FUNCTIONS or lower == "frac") and self.peek().kind == "open":
            return self.call(lower)
        parts = self._parts(token.text)
        if parts is None:
            known = ", ".join(self.symbols)
            raise AnswerError(f"`{token.text}` is not one of the question's symbols ({known})")
        expr = self._leaf(parts[0])
        for part in parts[1:-1]:
            expr = Expr("*", (expr, self._leaf(part)))
        if len(parts) > 1:
            # The last letter binds to a power behind it: `nk^2`. It is given back to be read again.
            rest = AnswerToken("word", parts[-1], token.start)
            self.tokens = [*self.tokens[: self.at], rest, *self.tokens[self.at :]]
        return expr

    def _leaf(self, part: str) -> Expr:
        if part.isdecimal():
            return Expr("number", value=Fraction(int(part)))
        return Expr("name", name=part)

    def _parts(self, word: str) -> list[str] | None:
        """Return the symbols that a run of letters is made of, the longest first, or None."""
        own = self._symbol(word)
        if own:
            return [own]
        if word.isdecimal():
            return [word]
        for cut in range(len(word) - 1, 0, -1):
            head = self._symbol(word[:cut]) or (word[:cut] if word[:cut].isdecimal() else None)
            rest = word[cut:].lstrip("_")
            if head is None:
                continue
            crossed = rest[1:] if rest[:1] in ("x", "X") and len(rest) > 1 else None
            tail = self._parts(rest) or (crossed and self._parts(crossed))
            if tail:
                return [head, *tail]
        return None

    def _symbol(self, word: str) -> str | None:
        if word in self.symbols:
            return word
        plain_word = word.replace("_", "").lower()
        found = [name for name in self.symbols if name.replace("_", "").lower() == plain_word]
        return found[0] if len(found) == 1 else None

    def crosses(self, token: AnswerToken) -> bool:
        if token.kind == "word" and token.text in ("x", "X"):
            return self._symbol(token.text) is None
        return Parser.crosses(self, token)

    def multiplies(self, token: AnswerToken, _left: Expr) -> bool:
        return token.kind in ("open", "word", "number")


def renamed(formula: AnswerFormula, names: Mapping[str, str]) -> AnswerFormula:
    """Return a formula with some of its symbols under other names."""

    def other(expr: Expr) -> Expr:
        if expr.op == "name":
            return expr._replace(name=names.get(expr.name, expr.name))
        return expr._replace(args=tuple([other(arg) for arg in expr.args]))

    expr = other(formula.expr)
    return formula._replace(expr=expr, shown=show_formula(expr))


def show_formula(expr: Expr) -> str:
    """Return the formula with every product and bracket written out."""
    if expr.op == "number":
        return str(expr.value)
    if expr.op == "name":
        return expr.name
    if expr.op in ("floor", "ceil", "min", "max", "sqrt", "int", "round", "ceiling"):
        return f"{expr.op}({', '.join(map(show_formula, expr.args))})"
    shown = [_bracketed(arg, expr.op, index) for index, arg in enumerate(expr.args)]
    if len(shown) == 1:
        return f"-({shown[0]})" if _RANK.get(expr.args[0].op) == 1 else f"-{shown[0]}"
    sign = {"*": "·", "+": " + ", "-": " - ", "/": "/", "//": "//", "^": "^"}[expr.op]
    return sign.join(shown)


_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "^": 3}


def _bracketed(arg: Expr, op: str, index: int) -> str:
    shown = show_formula(arg)
    rank = _RANK.get(arg.op, 4)
    weaker = rank < _RANK.get(op, 1) or (index and rank == _RANK.get(op) and op in ("-", "/", "//"))
    return f"({shown})" if weaker else shown
