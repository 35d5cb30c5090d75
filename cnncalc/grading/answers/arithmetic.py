"""Bounded arithmetic as students type it: `(5*5*3+1)*10`, `7.6×10^2`, `⌊(W-F+2P)/S⌋+1`.

The tokens are written as an expression of Python, with a name `v0`, `v1`, … for every number and
symbol, and parsed by `ast`. The tree is worked out here, exactly and within bounds; nothing of it
is ever run by Python.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import NamedTuple

from cnncalc.grading.answers.tokens import END, AnswerError, AnswerToken, has_number, matching

MAX_BITS = 512

_OPENING = {"⌊": "floor(", "⌈": "ceil("}
_NAME = re.compile(r"\bv(\d+)\b")
_FIRST = ast.Name("v0")
_COMMA = "a comma in a place where nothing was expected"


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1 or size * abs(exponent) > MAX_BITS:
        raise AnswerError("a power that is no whole number, or too large")
    return Fraction(base**exponent.numerator)


def _root(value: Fraction) -> Fraction:
    if value < 0 or any(isqrt(n) ** 2 != n for n in value.as_integer_ratio()):
        raise AnswerError("a square root that is not a whole number")
    return Fraction(*map(isqrt, value.as_integer_ratio()))


#: What every sign (by its name in `ast`) and function does.
_FUNCTIONS: dict[str, Callable[..., Fraction | int]] = {
    "Add": Fraction.__add__, "Sub": Fraction.__sub__, "Mult": Fraction.__mul__, "Pow": _power,
    "Div": Fraction.__truediv__, "FloorDiv": Fraction.__floordiv__, "pow": _power, "sqrt": _root,
    "floor": floor, "int": floor, "ceil": ceil, "ceiling": ceil, "round": round, "min": min,
    "max": max,
}  # fmt: skip
_ROUNDING = frozenset(("//", "floor", "int", "ceil", "ceiling", "round"))


class AnswerFormula(NamedTuple):
    """An expression: its tree and its text, and what the names `v0`, `v1`, … in them stand for."""

    tree: ast.expr
    text: str
    leaves: tuple[Fraction | str, ...]

    @property
    def rounds(self) -> bool:
        """Whether anything in it is rounded."""
        return not _ROUNDING.isdisjoint(self.text.replace("(", " ").split())

    @property
    def shown(self) -> str:
        """How it is shown: in the signs of mathematics, with its numbers and symbols."""
        text = self.text.replace(" ", "").replace("**", "^").replace("*", "·").replace(",", ", ")
        text = re.sub(r"(?<=[\w)])[+-]", r" \g<0> ", text)
        return _NAME.sub(lambda name: str(self.leaves[int(name[1])]), text)


def parse(tokens: Sequence[AnswerToken], *, products: bool = False) -> AnswerFormula:
    """Return the expression that numbers, symbols, signs and brackets make.

    `products` if factors need no sign at all, as in `nk^2`; otherwise only brackets need none, as
    in `2(3+4)`. Raises AnswerError for what is no expression.
    """
    if len(tokens) == 1 and tokens[0].number:  # most are no arithmetic
        return AnswerFormula(_FIRST, "v0", (tokens[0].number.value,))
    parts: list[str] = []
    leaves: list[Fraction | str] = []
    operand = False  # whether one has just ended
    for at, (token, after) in enumerate(zip(tokens, [*tokens[1:], END], strict=False)):
        if operand and token.kind in ("number", "word", "open"):
            if not products and not _is_factor(tokens, at):
                raise AnswerError("several numbers and no sign which one is the answer")
            parts.append("*")
        operand = token.kind in ("number", "word", "close") and not is_function(token, after)
        if token.kind in ("number", "word") and operand:
            parts.append(f"v{len(leaves)}")
            leaves.append(token.number.value if token.number else token.text)
        elif token.kind in ("open", "close"):
            parts.append(_OPENING.get(token.text, "(" if token.kind == "open" else ")"))
        elif token.kind in ("op", "×", ",", "word"):
            sign = "*" if token.kind == "×" else token.text.lower()
            parts.append("**" if sign == "^" else sign)
        else:
            raise AnswerError(f"`{token.text.strip()}` where a number or a sign should be")
    text = " ".join(parts).replace("( ", "(")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, MemoryError, RecursionError):
        shown = " ".join([token.text for token in tokens])
        raise AnswerError(f"`{shown}` cannot be worked out") from None
    if "," in text and any(isinstance(node, ast.Tuple) for node in ast.walk(tree)):
        raise AnswerError(_COMMA)
    return AnswerFormula(tree, text, tuple(leaves))


def _is_factor(tokens: Sequence[AnswerToken], at: int) -> bool:
    """Tell whether the operand here multiplies the one before it without a sign."""
    token = tokens[at]
    if token.kind != "open":
        return tokens[at - 1].kind == "close" and not token.spaced
    return not token.spaced or any(other.kind in ("op", "×") for other in tokens[at:])


def is_function(token: AnswerToken, following: AnswerToken) -> bool:
    """Tell whether a word is a function that is called, and no label."""
    return following.kind == "open" and token.text.lower() in _FUNCTIONS


def arithmetic_end(tokens: Sequence[AnswerToken], at: int) -> int:
    """Return where the arithmetic ends that begins at a position: operands with signs between."""
    operand = False
    while at < len(tokens):
        token, after = tokens[at], [*tokens[at + 1 : at + 2], END][0]
        if token.kind == "op":
            operand = False
        elif operand:
            break
        elif token.kind == "open":
            at, operand = matching(tokens, at), True
        elif token.kind == "number":
            operand = True
        elif not is_function(token, after):
            break
        at += 1
    return at


def worked_out(tokens: Sequence[AnswerToken]) -> Fraction | None:
    """Return the value of tokens that are arithmetic, None if they are not."""
    try:
        return evaluate(parse(tokens)) if has_number(tokens) else None
    except AnswerError:
        return None


def evaluate(expr: AnswerFormula, names: Mapping[str, Fraction] | None = None) -> Fraction:
    """Return the exact value of `expr`, its symbols replaced by what `names` holds.

    Raises AnswerError for a division by zero, an unknown name or a result beyond `MAX_BITS`.
    """
    values: list[Fraction] = []
    for leaf in expr.leaves:
        value = (names or {}).get(leaf) if isinstance(leaf, str) else leaf
        if value is None:
            raise AnswerError(f"`{leaf}` is not one of the question's symbols")
        values.append(value)
    try:
        return _value(expr.tree, values)
    except ZeroDivisionError:
        raise AnswerError("a division by zero") from None
    except (TypeError, RecursionError):  # `sqrt(1, 2)`
        raise AnswerError("it cannot be worked out") from None


def _value(node: ast.expr, leaves: list[Fraction]) -> Fraction:
    if isinstance(node, ast.Name):
        return leaves[int(node.id[1:])]
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, leaves)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        name, arguments = type(node.op).__name__, [node.left, node.right]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name, arguments = node.func.id, node.args
    else:
        raise AnswerError(_COMMA)
    result = Fraction(_FUNCTIONS[name](*[_value(one, leaves) for one in arguments]))
    if max(result.numerator.bit_length(), result.denominator.bit_length()) > MAX_BITS:
        raise AnswerError("the numbers grow beyond all measure")
    return result
