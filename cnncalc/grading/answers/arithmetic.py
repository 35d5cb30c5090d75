"""Bounded arithmetic as students type it: `(5*5*3+1)*10`, `7.6×10^2`, `\\frac{F-1}{2}`.

The tokens are written as an expression of Python, with a name `v0`, `v1`, … for every number and
symbol, and parsed by `ast`. The tree is worked out here, exactly and within bounds; nothing of it
is ever run by Python.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from math import ceil, floor, isqrt
from typing import NamedTuple

from cnncalc.grading.answers.tokens import END, AnswerError, AnswerToken, has_number, matching

MAX_DEPTH = 210
MAX_BITS = 512
MAX_POWER = 64
SEVERAL = "several numbers and no sign which one is the answer"

_CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉"}
_OPENING = {"⌊": "floor(", "⌈": "ceil("}
_WRITTEN = {"cross": "*", "comma": ",", "close": ")"}
_SIGNS = {"+": "+", "-": "-", "*": "*", "/": "/", "//": "//", "^": "**"}
_NAME = re.compile(r"\bv(\d+)\b")
_FIRST = ast.Name("v0")


class Expr(NamedTuple):
    """An expression: its tree and its text, and what the names `v0`, `v1`, … in them stand for."""

    tree: ast.expr
    text: str
    leaves: tuple[Fraction | str, ...]

    def rounds(self) -> bool:
        """Tell whether anything in it is rounded."""
        return "//" in self.text or any(f"{name}(" in self.text for name in _ROUNDING)

    def __str__(self) -> str:
        text = self.text.replace("**", "^").replace("*", "·").replace(",", ", ")
        text = re.sub(r"(?<=[\w)])[+-]", r" \g<0> ", text)
        return _NAME.sub(lambda name: str(self.leaves[int(name[1])]), text)


def parse(tokens: Sequence[AnswerToken], *, products: bool = False) -> Expr:
    """Return the expression that numbers, symbols, signs and brackets make.

    `products` if factors need no sign at all, as in `nk^2`; otherwise only brackets need none, as
    in `2(3+4)`. Raises AnswerError for what is no expression, at the first token that is not.
    """
    if len(tokens) == 1 and tokens[0].number:  # most are no arithmetic
        return Expr(_FIRST, "v0", (tokens[0].number.value,))
    parts, leaves = _in_python(tokens, products)
    try:
        tree = ast.parse(" ".join(parts), mode="eval").body
    except SyntaxError as error:
        ends = accumulate(len(part) + 1 for part in parts)
        place = error.offset or 0
        fault = (token for token, end in zip(tokens, ends, strict=True) if end > place)
        raise _misplaced(next(fault, END)) from None
    except (MemoryError, RecursionError):
        raise AnswerError("brackets nested too deeply") from None
    if "," in parts and any(isinstance(node, ast.Tuple) for node in ast.walk(tree)):
        raise AnswerError("a comma in a place where nothing was expected")
    return Expr(tree, "".join(parts), tuple(leaves))


def _in_python(
    tokens: Sequence[AnswerToken], products: bool
) -> tuple[list[str], list[Fraction | str]]:
    """Return each token as Python writes it, and what its names `v0`, `v1`, ... stand for."""
    parts: list[str] = []
    leaves: list[Fraction | str] = []
    open_: list[str] = []
    operand = False  # whether one has just ended
    for at, (token, after) in enumerate(zip(tokens, [*tokens[1:], END], strict=False)):
        part = ""
        if operand and token.kind in ("number", "word", "open"):
            if not products and not _is_factor(tokens, at):
                raise AnswerError(SEVERAL)
            part = "*"
        function = is_function(token, after)
        if function:
            part += token.text.lower()
        elif token.kind in ("number", "word"):
            part += f"v{len(leaves)}"
            leaves.append(token.number.value if token.number else token.text)
        elif token.kind == "open":
            open_.append(token.text)
            part += _OPENING.get(token.text, "(")
        elif token.kind in _WRITTEN or token.text in _SIGNS:
            part += _WRITTEN.get(token.kind) or _SIGNS[token.text]
        else:
            raise _misplaced(token)
        if token.kind == "close" and (not open_ or _CLOSING[open_.pop()] != token.text):
            raise _misplaced(token)
        operand = token.kind in ("number", "word", "close") and not function
        parts.append(part)
    if open_:
        raise AnswerError(f"`{open_[-1]}` is never closed")
    return parts, leaves


def _is_factor(tokens: Sequence[AnswerToken], at: int) -> bool:
    """Tell whether the operand here multiplies the one before it without a sign."""
    token, before = tokens[at], tokens[at - 1]
    if token.kind != "open":
        return before.kind == "close" and not token.spaced
    works = any(other.kind in ("op", "cross") for other in tokens[at:])
    return works or not token.spaced


def _misplaced(token: AnswerToken) -> AnswerError:
    if token is END:
        return AnswerError("a number is missing at the end")
    return AnswerError(f"`{token.text.strip() or 'a new line'}` where a number or a sign should be")


def is_function(token: AnswerToken, following: AnswerToken) -> bool:
    """Tell whether a word is a function that is called, and no label."""
    return following.kind == "open" and token.text.lower() in _FUNCTIONS


def arithmetic_end(tokens: Sequence[AnswerToken], at: int) -> int:
    """Return where the arithmetic ends that begins at a position: operands with signs between."""
    operand = False
    while at < len(tokens):
        token, after = tokens[at], [*tokens[at + 1 : at + 2], END][0]
        if token.kind == "op" and token.text != "*":
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


def evaluate(
    expr: Expr, names: Mapping[str, Fraction] | None = None, *, floors: bool = True
) -> Fraction:
    """Return the exact value of `expr`; with `floors` false, rounding divides exactly instead.

    Raises AnswerError for a division by zero, an unknown name or a result beyond `MAX_BITS`.
    """
    values: list[Fraction] = []
    for leaf in expr.leaves:
        if isinstance(leaf, str):
            if names is None or leaf not in names:
                raise AnswerError(f"`{leaf}` is not one of the question's symbols")
            leaf = names[leaf]
        values.append(leaf)
    return _value(expr.tree, values, floors, 0)


def _value(node: ast.expr, leaves: list[Fraction], floors: bool, depth: int) -> Fraction:
    if depth > MAX_DEPTH:
        raise AnswerError("brackets nested too deeply")
    if isinstance(node, ast.Name):
        return leaves[int(node.id[1:])]
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, leaves, floors, depth + 1)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        left = _value(node.left, leaves, floors, depth + 1)
        right = _value(node.right, leaves, floors, depth + 1)
        result = _OPERATIONS[type(node.op)](left, right)
        if isinstance(node.op, ast.FloorDiv) and floors:
            result = Fraction(floor(result))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        values = [_value(arg, leaves, floors, depth + 1) for arg in node.args]
        result = _called(node.func.id, values, floors)
    else:
        raise AnswerError("a sign in a place where a number should stand")
    return _bounded(result)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise AnswerError("the numbers grow beyond all measure")
    return value


def _called(name: str, values: list[Fraction], floors: bool) -> Fraction:
    least, most, function = _FUNCTIONS[name]
    if not least <= len(values) <= most:
        raise AnswerError(f"`{name}` of {len(values)} numbers")
    return function(*values) if floors or name not in _ROUNDING else values[0]


def _quotient(top: Fraction, bottom: Fraction) -> Fraction:
    if not bottom:
        raise AnswerError("a division by zero")
    return top / bottom


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > MAX_POWER:
        raise AnswerError(f"a power beyond {MAX_POWER}, or not a whole one")
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent) > MAX_BITS:
        raise AnswerError("the numbers grow beyond all measure")
    if not base and exponent < 0:
        raise AnswerError("a division by zero")
    return Fraction(base**exponent.numerator)


def _root(value: Fraction) -> Fraction:
    if value < 0 or any(isqrt(n) ** 2 != n for n in (value.numerator, value.denominator)):
        raise AnswerError("a square root that is not a whole number")
    return Fraction(isqrt(value.numerator), isqrt(value.denominator))


def _rounded(function: Callable[[Fraction], int]) -> tuple[int, int, Callable[..., Fraction]]:
    return 1, 1, lambda value: Fraction(function(value))


_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: Fraction.__add__, ast.Sub: Fraction.__sub__, ast.Mult: Fraction.__mul__,
    ast.Div: _quotient, ast.FloorDiv: _quotient, ast.Pow: _power,
}  # fmt: skip
#: The fewest and the most arguments of every function, and what it does.
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Fraction]]] = {
    "floor": _rounded(floor), "ceil": _rounded(ceil), "ceiling": _rounded(ceil),
    "int": _rounded(floor), "round": _rounded(round), "sqrt": (1, 1, _root), "pow": (2, 2, _power),
    "min": (1, 99, lambda *values: min(values)), "max": (1, 99, lambda *values: max(values)),
}  # fmt: skip
_ROUNDING = frozenset(("floor", "ceil", "ceiling", "int", "round"))
