"""Formulas: one text from which the value, the substitution and the LaTeX all follow.

A formula is written once, as `floor((W - K + 2*P)/S) + 1`, in Python's own expression syntax with
`floor`, `ceil`, `max` and `min`; `/` divides exactly. Over floats there are `exp`, `log`, `sqrt`,
`tanh`, `erf` and `abs` too. Evaluating and printing walk the same tree, so what a student reads is
what was computed.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

Number: TypeAlias = int | Fraction | float
Values: TypeAlias = Mapping[str, Number]

FUNCTIONS: dict[str, Callable[..., Number]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "max": max,
    "min": min,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "erf": math.erf,
    "abs": abs,
}
#: Significant digits of a float, where it is printed.
DIGITS = 6

# How tightly a printed piece holds together; a looser piece within a tighter one needs parentheses.
SUM, QUOTIENT, PRODUCT, ATOM = 1, 2, 3, 4


@lru_cache(maxsize=1024)
def parse(text: str) -> ast.expr:
    """Return the tree of a formula; raises `ValueError` for anything that is not one."""
    tree = ast.parse(text, mode="eval").body
    for node in ast.walk(tree):
        if not isinstance(
            node,
            ast.BinOp
            | ast.UnaryOp
            | ast.USub
            | ast.Call
            | ast.Name
            | ast.Constant
            | ast.operator
            | ast.expr_context,
        ):
            raise ValueError(f"`{text}` holds {type(node).__name__}, which no formula needs")
        if isinstance(node, ast.Constant) and not isinstance(node.value, int):
            raise ValueError(f"`{text}` holds {node.value!r}, which is no integer")
        if isinstance(node, ast.Call) and ast.unparse(node.func) not in FUNCTIONS:
            raise ValueError(f"`{text}` calls {ast.unparse(node.func)}, which is no function here")
    return tree


def evaluate(tree: ast.expr, values: Values) -> Number:
    """Return the exact value of a formula, an integer wherever it is whole."""
    result = _evaluate(tree, values)
    if isinstance(result, float):
        return result
    return int(result) if result == int(result) else result


def _evaluate(tree: ast.expr, values: Values) -> Number:
    match tree:
        case ast.Constant(value=int() | Fraction() | float() as value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(operand=operand):
            return -_evaluate(operand, values)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _evaluate(left, values), _evaluate(right, values)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div() if isinstance(a, float) or isinstance(b, float):
                    return a / b
                case ast.Div():
                    return Fraction(a) / Fraction(b)
                case ast.Pow() if isinstance(a, float) or isinstance(b, float):
                    return real_power(a, b)
                case ast.Pow():
                    return Fraction(a) ** int(b)
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*[_evaluate(argument, values) for argument in args])
    raise ValueError(f"no value for {ast.dump(tree)}")


def real_power(a: Number, b: Number) -> float:
    """Return a power of floats; raises `ValueError` where it is not real."""
    result: object = float(a) ** float(b)
    if isinstance(result, float):
        return result
    raise ValueError(f"{a} to the power {b} is not real")


def symbols(tree: ast.expr) -> list[str]:
    """Return the names in a formula, in the order of their first appearance in the text."""
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id not in FUNCTIONS]
    nodes.sort(key=lambda n: n.col_offset)
    return list(dict.fromkeys(n.id for n in nodes))


def settled(tree: ast.expr, values: Values) -> ast.expr:
    """Return the formula one step before its result: brackets and quotients worked out."""
    match tree:
        case ast.BinOp(left=left, op=ast.Mult() as op, right=right):
            return ast.BinOp(_factor(left, values, ast.Mult), op, _factor(right, values, ast.Mult))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            return ast.BinOp(settled(left, values), op, settled(right, values))
        case ast.BinOp(left=left, op=ast.Div() as op, right=right):
            return ast.BinOp(_constant(left, values), op, _constant(right, values))
        case ast.Call(func=func, args=args):
            return ast.Call(func, [_factor(a, values, ast.Div) for a in args], [])
    return _constant(tree, values)


def _factor(tree: ast.expr, values: Values, kept: type[ast.operator]) -> ast.expr:
    """Return a part as a number, or settled where it is itself of the kind that is kept."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, kept):
        return settled(tree, values)
    return _constant(tree, values)


def _constant(tree: ast.expr, values: Values) -> ast.Constant:
    # ast.Constant is typed for literals of the language; a Fraction only passes through.
    value: object = evaluate(tree, values)
    return ast.Constant(value)  # type: ignore[arg-type]


class FormulaWriter:
    """One way to print formulas; the methods are the few places where ways differ."""

    times = "·"

    def number(self, value: Number) -> str:
        """Return a number: integers with separators, fractions with two decimals, floats short."""
        if isinstance(value, float):
            return short(value)
        if isinstance(value, int) or value.denominator == 1:
            return f"{int(value):,}"
        return decimal(value)

    def symbol(self, name: str) -> str:
        """Return the name of a quantity."""
        return name

    def quotient(self, above: tuple[str, int], below: tuple[str, int]) -> tuple[str, int]:
        """Return a division and how tightly it holds together."""
        return f"{bracket(above, PRODUCT)}/{bracket(below, ATOM)}", QUOTIENT

    def power(self, base: str, exponent: str) -> str:
        """Return a power."""
        return f"{base}^{exponent}"

    def call(self, name: str, arguments: list[str]) -> str:
        """Return a function of printed arguments."""
        marks = {"floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉"), "abs": ("|", "|"), "sqrt": ("√(", ")")}
        before, after = marks.get(name, (f"{name}(", ")"))
        return before + ", ".join(arguments) + after

    def stages(self, formula: str, values: Values, result: Number) -> list[str]:
        """Return formula, substitution, at most one step between, and result, without repeats."""
        tree = parse(formula)
        found = [self.write(tree), self.write(tree, values)]
        with suppress(ZeroDivisionError, OverflowError, ValueError):
            found.append(self.write(settled(tree, values), values))
        return list(dict.fromkeys([*found, self.number(result)]))

    def write(self, tree: ast.expr, values: Values | None = None) -> str:
        """Return a formula in symbols, or with numbers in their places."""
        return self._piece(tree, values)[0]

    def _piece(self, tree: ast.expr, values: Values | None) -> tuple[str, int]:
        match tree:
            case ast.Constant(value=int() | Fraction() | float() as value):
                return self._number(value)
            case ast.Name(id=name):
                return (self.symbol(name), ATOM) if values is None else self._number(values[name])
            case ast.UnaryOp(operand=operand):
                return f"-{bracket(self._piece(operand, values), PRODUCT)}", SUM
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, [self._piece(a, values)[0] for a in args]), ATOM
            case ast.BinOp(left=left, op=op, right=right):
                return self._operation(op, self._piece(left, values), self._piece(right, values))
        raise ValueError(f"cannot print {ast.dump(tree)}")

    def _number(self, value: Number) -> tuple[str, int]:
        return self.number(value), ATOM if value >= 0 else SUM

    def _operation(
        self, op: ast.operator, left: tuple[str, int], right: tuple[str, int]
    ) -> tuple[str, int]:
        match op:
            case ast.Add():
                return f"{left[0]} + {bracket(right, QUOTIENT)}", SUM
            case ast.Sub():
                return f"{left[0]} - {bracket(right, QUOTIENT)}", SUM
            case ast.Mult():
                return f"{bracket(left, PRODUCT)}{self.times}{bracket(right, PRODUCT)}", PRODUCT
            case ast.Pow():
                return self.power(bracket(left, ATOM), right[0]), ATOM
        return self.quotient(left, right)


#: Letters that formulas write as they are, as LaTeX's commands.
GREEK = {"α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "ε": r"\varepsilon", "μ": r"\mu",
         "σ": r"\sigma", "λ": r"\lambda"}  # fmt: skip


class LatexWriter(FormulaWriter):
    """Formulas for LaTeX's math mode, with nothing beyond its kernel."""

    times = r" \cdot "

    def number(self, value: Number) -> str:
        text = super().number(value)
        if "e" in text:
            mantissa, _, exponent = text.partition("e")
            return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
        return text.replace(",", "{,}")

    def symbol(self, name: str) -> str:
        base, _, index = name.partition("_")
        letter = GREEK.get(base) or (base if len(base) == 1 else rf"\mathrm{{{base}}}")
        # A number stands as it is, a word upright.
        index = index if index.isdigit() else rf"\mathrm{{{index}}}" if index else ""
        return f"{letter}_{{{index}}}" if index else letter

    def quotient(self, above: tuple[str, int], below: tuple[str, int]) -> tuple[str, int]:
        return rf"\frac{{{above[0]}}}{{{below[0]}}}", ATOM

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def call(self, name: str, arguments: list[str]) -> str:
        marks = {
            "floor": (r"\left\lfloor ", r" \right\rfloor"),
            "ceil": (r"\left\lceil ", r" \right\rceil"),
            "abs": (r"\left| ", r" \right|"),
            "sqrt": (r"\sqrt{", "}"),
            "erf": (r"\mathrm{erf}(", ")"),
        }
        before, after = marks.get(name, (rf"\{name}(", ")"))
        return before + ", ".join(arguments) + after


TEXT = FormulaWriter()
LATEX = LatexWriter()


def bracket(piece: tuple[str, int], wanted: int) -> str:
    """Return a printed piece, in parentheses if it holds together less than wanted."""
    text, level = piece
    return text if level >= wanted else f"({text})"


def short(value: float, digits: int = DIGITS) -> str:
    """Return a float with a few significant digits; no minus before a zero."""
    return f"{value + 0.0:.{digits}g}"


def decimal(value: Number, digits: int = 2) -> str:
    """Return a number with at most some decimals, no trailing zeros."""
    # Rounded as exact arithmetic, half up: printing a float would round some halves down.
    scaled = math.floor(Fraction(value) * 10**digits + Fraction(1, 2))
    whole, part = divmod(abs(scaled), 10**digits)
    text = f"{whole:,}.{part:0{digits}d}".rstrip("0").rstrip(".")
    return "-" + text if scaled < 0 else text
