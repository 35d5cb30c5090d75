"""What an expression does, as closures: each takes what looks names up, and returns a value.

Whole numbers are by far the most frequent, and short work is made of them. Whatever else there is,
and whatever goes beyond the bounds, takes the way of `arithmetic`, which refuses with a reason.
"""

from __future__ import annotations

import operator

from cnncalc.diagnostics import quoted
from cnncalc.language.arithmetic import COMPARISONS, OPERATORS, item_of, slice_of, truth
from cnncalc.language.literals import LARGEST, ExpressionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from cnncalc.language.literals import Value
    from cnncalc.language.tokens import Token

    Lookup: TypeAlias = Callable[[str], Value]
    Code: TypeAlias = Callable[[Lookup], Value]
    Selection: TypeAlias = Callable[[Value, Lookup, Token], Value]

#: Operations of a chain that are closures around each other: a long chain needs no deep stack.
MOST_NESTED = 8
#: The operators between two integers that give an integer, or fail at a division by zero.
PLAIN: dict[str, Callable[[Any, Any], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}
#: The comparisons between two integers.
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class UnknownName(ExpressionError):
    """A name that the lookup does not have."""

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(f"unknown name {quoted(name)}", None, offset, len(name))
        self.name = name


def constant(value: Value) -> Code:
    """Return what is always the same."""
    return lambda _get: value


def named(token: Token) -> Code:
    """Return what a name stands for."""
    name, offset = token.text, token.offset

    def evaluate(get: Lookup) -> Value:
        try:
            return get(name)
        except KeyError:
            raise UnknownName(name, offset) from None

    return evaluate


def choice(condition: Code, then: Code, otherwise: Code, token: Token) -> Code:
    """Return `then if condition else otherwise`."""

    def evaluate(get: Lookup) -> Value:
        value = condition(get)
        holds = value if value is True or value is False else truth(value, token)
        return then(get) if holds else otherwise(get)

    return evaluate


def selected(first: Code, rest: list[tuple[Selection, Token]]) -> Code:
    """Return items or ranges of a value, one after the other."""

    def evaluate(get: Lookup) -> Value:
        value = first(get)
        for select, token in rest:
            value = select(value, get, token)
        return value

    return evaluate


def item(number: Code) -> Selection:
    """Return the choice of one item."""

    def select(value: Value, get: Lookup, token: Token) -> Value:
        at = number(get)
        if type(value) is tuple and type(at) is int and 0 <= at < len(value):
            return value[at]
        return item_of(value, at, token)

    return select


def range_of(start: Code | None, stop: Code | None) -> Selection:
    """Return the choice of a range of items."""

    def select(value: Value, get: Lookup, token: Token) -> Value:
        return slice_of(value, start and start(get), stop and stop(get), token)

    return select


def junction(first: Code, rest: list[tuple[Token, Code]]) -> Code:
    """Return `and` or `or`; as in Python, the value is that of the operand that decides."""
    decisive = rest[0][0].kind == "or"

    def evaluate(get: Lookup) -> Value:
        value = first(get)
        for token, code in rest:
            if truth(value, token) is decisive:
                break
            value = code(get)
        return value

    return evaluate


def comparison(first: Code, rest: list[tuple[Token, Code]]) -> Code:
    """Return comparisons, which hold if each one does."""
    if len(rest) == 1:
        ((token, second),) = rest
        order, holds = ORDERS[token.kind], COMPARISONS[token.kind]

        def compare(get: Lookup) -> Value:
            left, right = first(get), second(get)
            if type(left) is int and type(right) is int:
                return order(left, right)
            return holds(left, right, token)

        return compare
    compares = [(COMPARISONS[token.kind], code, token) for token, code in rest]

    def compare_all(get: Lookup) -> Value:
        left = first(get)
        for holds, code, token in compares:
            right = code(get)
            if not holds(left, right, token):
                return False
            left = right
        return True

    return compare_all


def chain(first: Code, rest: list[tuple[Token, Code]]) -> Code:
    """Return a sum or a product, of any length."""
    if len(rest) > MOST_NESTED:
        return long_chain(first, rest)
    code = first
    for token, operand in rest:
        code = joined(code, operand, token)
    return code


def joined(first: Code, second: Code, token: Token) -> Code:
    """Return one operation on two values."""
    operate = OPERATORS[token.kind]
    plain = PLAIN.get(token.kind)
    if plain is None:
        return lambda get: operate(first(get), second(get), token)

    def evaluate(get: Lookup) -> Value:
        left, right = first(get), second(get)
        if type(left) is int and type(right) is int:
            try:
                value = plain(left, right)
            except ZeroDivisionError:
                return operate(left, right, token)
            if -LARGEST <= value <= LARGEST:
                return value
        return operate(left, right, token)

    return evaluate


def long_chain(first: Code, rest: list[tuple[Token, Code]]) -> Code:
    """Return what `chain` does, in a loop."""
    operates = [(OPERATORS[token.kind], code, token) for token, code in rest]

    def evaluate(get: Lookup) -> Value:
        value = first(get)
        for operate, code, token in operates:
            value = operate(value, code(get), token)
        return value

    return evaluate
