"""Bounded arithmetic as students type it: `(5*5*3+1)*10`, `7.6×10^2`, `750 weights + 10 biases`.

A small recursive-descent grammar over tokens, evaluated exactly with fractions. Nothing is handed
to Python: there are no attributes, no calls but the few listed, and every size is bounded.

    sum     := term (('+' | '-') term)*
    term    := factor (('*' | '/' | '//' | cross | nothing) factor)*
    factor  := ('+' | '-') factor | power
    power   := atom ('^' factor)?
    atom    := number scale? label* | name | function '(' sum, … ')' | '(' sum ')' | '⌊' sum '⌋'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.answers.tokens import END, AnswerError, AnswerToken, TokenKind

MAX_DEPTH = 40
MAX_BITS = 512
MAX_POWER = 64

_CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉"}
FUNCTIONS = frozenset(("floor", "ceil", "min", "max", "int", "round", "sqrt", "ceiling", "pow"))


class Expr(NamedTuple):
    """A parsed expression: `op` over `args`; leaves are `number` (with `value`) and `name`."""

    op: str
    args: tuple[Expr, ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""


def evaluate(expr: Expr, names: dict[str, Fraction], *, floors: bool = True) -> Fraction:
    """Return the exact value of `expr`; with `floors` false, rounding divides exactly instead.

    Raises AnswerError for a division by zero, an unknown name or a result beyond `MAX_BITS`.
    """
    if expr.op == "number":
        return expr.value
    if expr.op == "name":
        if expr.name not in names:
            raise AnswerError(f"`{expr.name}` is not one of the question's symbols")
        return names[expr.name]
    values = [evaluate(arg, names, floors=floors) for arg in expr.args]
    result = _applied(expr.op, values, floors)
    if max(result.numerator.bit_length(), result.denominator.bit_length()) > MAX_BITS:
        raise AnswerError("the numbers grow beyond all measure")
    return result


def _applied(op: str, values: list[Fraction], floors: bool) -> Fraction:
    first = values[0]
    if op == "+":
        return first + values[1]
    if op == "-":
        return first - values[1] if len(values) > 1 else -first
    if op == "*":
        return first * values[1]
    if op in ("/", "//"):
        if not values[1]:
            raise AnswerError("a division by zero")
        quotient = first / values[1]
        return Fraction(quotient.__floor__()) if op == "//" and floors else quotient
    if op == "^":
        return _power(first, values[1])
    if op in ("min", "max"):
        return min(values) if op == "min" else max(values)
    if op == "sqrt":
        return _root(first)
    return _rounded(op, first) if floors else first


def _rounded(op: str, value: Fraction) -> Fraction:
    if op in ("ceil", "ceiling"):
        return Fraction(value.__ceil__())
    return Fraction(round(value)) if op == "round" else Fraction(value.__floor__())


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > MAX_POWER:
        raise AnswerError(f"a power beyond {MAX_POWER}, or not a whole one")
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent) > MAX_BITS:
        raise AnswerError("the numbers grow beyond all measure")
    if not base and exponent < 0:
        raise AnswerError("a division by zero")
    return Fraction(base**exponent.numerator)


def _root(value: Fraction) -> Fraction:
    from math import isqrt

    top, bottom = value.numerator, value.denominator
    if value < 0 or isqrt(top) ** 2 != top or isqrt(bottom) ** 2 != bottom:
        raise AnswerError("a square root that is not a whole number")
    return Fraction(isqrt(top), isqrt(bottom))


@dataclass(slots=True)
class Parser:
    """Reads one expression from `tokens`, beginning at `at`; stops where it cannot go on.

    Subclasses say what a word means, in front of an atom and behind it.
    """

    tokens: list[AnswerToken]
    at: int = 0
    depth: int = 0
    literals: list[AnswerToken] = field(default_factory=list)

    def peek(self, ahead: int = 0) -> AnswerToken:
        position = self.at + ahead
        return self.tokens[position] if position < len(self.tokens) else END

    def take(self) -> AnswerToken:
        token = self.peek()
        self.at += 1
        return token

    def took(self, kind: TokenKind, text: str = "") -> bool:
        token = self.peek()
        if token.kind != kind or (text and token.text != text):
            return False
        self.at += 1
        return True

    def sum(self) -> Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise AnswerError("brackets nested too deeply")
        left = self.term()
        while self.peek().kind == "op" and self.peek().text in "+-":
            op = self.take().text
            left = Expr(op, (left, self.term()))
        self.depth -= 1
        return left

    def term(self) -> Expr:
        left = self.factor()
        while True:
            token = self.peek()
            if self.crosses(token):
                self.take()
                left = Expr("*", (left, self.factor()))
            elif token.kind == "op" and token.text in ("/", "//"):
                self.take()
                left = Expr(token.text, (left, self.factor()))
            elif self.multiplies(token, left):
                left = Expr("*", (left, self.power()))
            else:
                return left

    def crosses(self, token: AnswerToken) -> bool:
        """Tell whether `token` is a sign of multiplication here."""
        return token.kind == "cross" or (token.kind == "op" and token.text == "*")

    def multiplies(self, token: AnswerToken, _left: Expr) -> bool:
        """Tell whether a factor follows without any sign: `2(3+4)`."""
        return token.kind == "open" and not token.spaced

    def factor(self) -> Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise AnswerError("brackets nested too deeply")
        if self.took("op", "-"):
            result = Expr("-", (self.factor(),))
        elif self.took("op", "+"):
            result = self.factor()
        else:
            result = self.power()
        self.depth -= 1
        return result

    def power(self) -> Expr:
        base = self.atom()
        if self.took("op", "^"):
            return Expr("^", (base, self.factor()))
        return base

    def atom(self) -> Expr:
        token = self.take()
        if token.kind == "number" and token.number:
            self.literals.append(token)
            return self.after(Expr("number", value=token.number.value), token)
        if token.kind == "open":
            return self.after(self.group(token), token)
        if token.kind == "word":
            return self.word(token)
        if token.kind == "end":
            raise AnswerError("a number is missing at the end")
        raise AnswerError(f"`{token.text.strip() or 'a new line'}` where a number should stand")

    def group(self, opening: AnswerToken) -> Expr:
        """Return what stands between the brackets; the opening one is already taken."""
        inner = self.sum()
        self.close(opening)
        if opening.text in "⌊⌈":
            return Expr("floor" if opening.text == "⌊" else "ceil", (inner,))
        return inner

    def close(self, opening: AnswerToken) -> None:
        if not self.took("close", _CLOSING[opening.text]):
            raise AnswerError(f"`{opening.text}` is never closed")

    def word(self, token: AnswerToken) -> Expr:
        """Return what stands for a word in front of a number."""
        raise AnswerError(f"`{token.text}` where a number should stand")

    def after(self, expr: Expr, _token: AnswerToken) -> Expr:
        """Return `expr` with what follows it directly (a scale, a label)."""
        return expr

    def call(self, name: str) -> Expr:
        """Return a call of one of `FUNCTIONS`, or a `frac` of two groups."""
        opening = self.take()
        if opening.kind != "open":
            raise AnswerError(f"`{name}` needs brackets")
        args = [self.sum()]
        while name in ("min", "max", "pow") and self.took("comma"):
            args.append(self.sum())
        self.close(opening)
        if name == "pow":
            if len(args) != 2:
                raise AnswerError("a power needs two parts")
            return Expr("^", tuple(args))
        if name == "frac":
            second = self.take()
            if second.kind != "open":
                raise AnswerError("a fraction needs two parts")
            return Expr("/", (args[0], self.group(second)))
        return Expr(name, tuple(args))
