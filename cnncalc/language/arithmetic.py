"""The operators and functions of expressions, on numbers that stay finite.

Each takes the token that it stands for, so that a refusal can point at it.
"""

from __future__ import annotations

from cnncalc.diagnostics import quoted
from cnncalc.language.literals import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol, TypeAlias

    from cnncalc.language.literals import ExpressionError, Value

    class Token(Protocol):
        """What an operation knows of its place in the text."""

        text: str

        def error(self, message: str, help: str | None = None) -> ExpressionError: ...

    Operator: TypeAlias = Callable[[Value, Value, Token], Value]
    Function: TypeAlias = Callable[[list[Value], Token], Value]
    Number: TypeAlias = int | float


MAX_EXPONENT = 64


def kind_of(value: Value) -> str:
    """Return what a message calls a value."""
    if isinstance(value, tuple):
        return "a list"
    return f"the word {quoted(value)}" if isinstance(value, str) else f"{value}"


def truth(value: Value, token: Token) -> bool:
    """Return whether a condition holds; a word or a list is no condition."""
    if isinstance(value, (str, tuple)):
        raise token.error(
            f"{quoted(token.text)} needs true, false or a number, got {kind_of(value)}"
        )
    return bool(value)


def bounded(value: Number, token: Token) -> Number:
    """Return `value`, an integer within 63 bits or a finite float."""
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            message = f"the result of {quoted(token.text)} is beyond {LARGEST:,}"
            raise token.error(message, "use smaller numbers")
    elif value - value != 0:
        message = f"the result of {quoted(token.text)} is not a finite number"
        raise token.error(message, "use smaller numbers")
    return value


def item_of(value: Value, index: Value, token: Token) -> Value:
    """Return `value[index]`, counted from 0, or from the end if negative."""
    items, number = _items(value, token), _position(index, token)
    if not -len(items) <= number < len(items):
        has = f"{len(items)} items, numbered from 0" if len(items) != 1 else "1 item, number 0"
        help = f"the last is item {len(items) - 1}" if items else "give the list an item"
        raise token.error(f"there is no item {number}: the list has {has}", help)
    return items[number]


def slice_of(value: Value, start: Value | None, stop: Value | None, token: Token) -> Value:
    """Return `value[start:stop]`, as Python does without complaint beyond the ends."""
    first = None if start is None else _position(start, token)
    last = None if stop is None else _position(stop, token)
    return _items(value, token)[first:last]


def _items(value: Value, token: Token) -> tuple[Value, ...]:
    if isinstance(value, tuple):
        return value
    help = "write a list such as [64, 128], or leave the brackets out"
    raise token.error(f"only a list has items, and this is {kind_of(value)}", help)


def _position(value: Value, token: Token) -> int:
    if isinstance(value, int):
        return value
    help = "`//` divides whole numbers; ceil() and floor() round"
    raise token.error(f"an item's number must be an integer, got {kind_of(value)}", help)


def _number(value: Value, token: Token) -> Number:
    if isinstance(value, (int, float)):
        return value
    help = (
        "choose an item of it, such as `depths[0]`"
        if isinstance(value, tuple)
        else "write a number"
    )
    raise token.error(f"{quoted(token.text)} needs numbers, got {kind_of(value)}", help)


def _add(left: Value, right: Value, token: Token) -> Value:
    return bounded(_number(left, token) + _number(right, token), token)


def _subtract(left: Value, right: Value, token: Token) -> Value:
    return bounded(_number(left, token) - _number(right, token), token)


def _multiply(left: Value, right: Value, token: Token) -> Value:
    return bounded(_number(left, token) * _number(right, token), token)


def _divisor(value: Value, token: Token) -> Number:
    divisor = _number(value, token)
    if divisor == 0:
        raise token.error("division by zero", "check what stands to the right of it")
    return divisor


def _divide(left: Value, right: Value, token: Token) -> Value:
    dividend, divisor = _number(left, token), _divisor(right, token)
    if isinstance(dividend, int) and isinstance(divisor, int) and dividend % divisor == 0:
        return dividend // divisor
    return bounded(dividend / divisor, token)


def _floor_divide(left: Value, right: Value, token: Token) -> Value:
    return bounded(_number(left, token) // _divisor(right, token), token)


def _modulo(left: Value, right: Value, token: Token) -> Value:
    return bounded(_number(left, token) % _divisor(right, token), token)


def _equal(left: Value, right: Value, _token: Token) -> bool:
    return left == right


def _unequal(left: Value, right: Value, _token: Token) -> bool:
    return left != right


def _less(left: Value, right: Value, token: Token) -> bool:
    return _number(left, token) < _number(right, token)


def _less_or_equal(left: Value, right: Value, token: Token) -> bool:
    return _number(left, token) <= _number(right, token)


def item_by_item(operate: Operator) -> Operator:
    """Return an operator that also takes lists: equal ones item by item, or one and a number."""

    def on(left: Value, right: Value, token: Token) -> Value:
        if not isinstance(left, tuple) and not isinstance(right, tuple):
            return operate(left, right, token)
        lefts = left if isinstance(left, tuple) else (left,) * len(right)  # type: ignore[arg-type]
        rights = right if isinstance(right, tuple) else (right,) * len(lefts)
        if len(lefts) != len(rights):
            message = f"{quoted(token.text)} of lists with {len(lefts)} and {len(rights)} items"
            raise token.error(message, "lists of one length are taken item by item")
        return tuple([on(a, b, token) for a, b in zip(lefts, rights, strict=True)])

    return on


OPERATORS: dict[str, Operator] = {
    "+": item_by_item(_add),
    "-": item_by_item(_subtract),
    "*": item_by_item(_multiply),
    "/": item_by_item(_divide),
    "//": item_by_item(_floor_divide),
    "%": item_by_item(_modulo),
}

COMPARISONS: dict[str, Callable[[Value, Value, Token], bool]] = {
    "==": _equal,
    "!=": _unequal,
    "<": _less,
    "<=": _less_or_equal,
    ">": lambda left, right, token: _less(right, left, token),
    ">=": lambda left, right, token: _less_or_equal(right, left, token),
}


def _arguments(values: list[Value], count: int, token: Token) -> list[Value]:
    if len(values) != count:
        wanted = "one argument" if count == 1 else f"{count} arguments"
        help = "separate arguments with commas; a list is one argument"
        raise token.error(f"{quoted(token.text)} takes {wanted}, got {len(values)}", help)
    return values


def _one_number(values: list[Value], token: Token) -> Number:
    return _number(_arguments(values, 1, token)[0], token)


def _one_list(values: list[Value], token: Token) -> tuple[Value, ...]:
    (value,) = _arguments(values, 1, token)
    if not isinstance(value, tuple):
        help = "write a list such as [64, 128], or the name of one"
        raise token.error(f"{quoted(token.text)} needs a list, got {kind_of(value)}", help)
    return value


def _several(values: list[Value], token: Token) -> list[Number]:
    """Return the numbers given as arguments, or as the items of the one list."""
    if len(values) == 1 and isinstance(values[0], tuple):
        values = list(values[0])
    if not values:
        raise token.error(f"{quoted(token.text)} of nothing")
    return _numbers(values, token)


def _numbers(values: Sequence[Value], token: Token) -> list[Number]:
    """Return values that all must be numbers; lists may be long, so most are seen at once."""
    if set(map(type, values)) <= {int, float}:
        return values  # type: ignore[return-value]  # just seen
    return [_number(value, token) for value in values]


def _min(values: list[Value], token: Token) -> Value:
    return min(_several(values, token))


def _max(values: list[Value], token: Token) -> Value:
    return max(_several(values, token))


def _len(values: list[Value], token: Token) -> Value:
    return len(_one_list(values, token))


def _sum(values: list[Value], token: Token) -> Value:
    return bounded(sum(_numbers(_one_list(values, token), token)), token)


def _abs(values: list[Value], token: Token) -> Value:
    return abs(_one_number(values, token))


def _floor(values: list[Value], token: Token) -> Value:
    return bounded(int(_one_number(values, token) // 1), token)


def _ceil(values: list[Value], token: Token) -> Value:
    return bounded(-int(-_one_number(values, token) // 1), token)


def _round(values: list[Value], token: Token) -> Value:
    """Round to the nearest integer, a half to the even one, as Python does."""
    return bounded(round(_one_number(values, token)), token)


def _make_divisible(values: list[Value], token: Token) -> Value:
    """Round to a multiple of the divisor, never below it nor more than a tenth down.

    The rule of the mobile networks' reference code (Sandler et al. 2018, MobileNetV2).
    """
    wanted, divisor = [_number(value, token) for value in _arguments(values, 2, token)]
    if not isinstance(divisor, int) or divisor < 1:
        message = f"`make_divisible` needs a positive integer divisor, got {divisor}"
        raise token.error(message, "such as `make_divisible(32 * width, 8)`")
    rounded = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
    if rounded < 0.9 * wanted:
        rounded += divisor
    return bounded(rounded, token)


def _pow(values: list[Value], token: Token) -> Value:
    """Multiply the base with itself; dilations of causal networks grow as `pow(2, index)`."""
    base, exponent = [_number(value, token) for value in _arguments(values, 2, token)]
    if not isinstance(exponent, int) or not 0 <= exponent <= MAX_EXPONENT:
        message = f"`pow` needs a whole exponent from 0 to {MAX_EXPONENT}, got {exponent}"
        raise token.error(message, "such as `pow(2, index)`")
    result: Number = 1
    for _ in range(exponent):
        result = bounded(result * base, token)
    return result


FUNCTIONS: dict[str, Function] = {
    "min": _min,
    "max": _max,
    "len": _len,
    "sum": _sum,
    "abs": _abs,
    "ceil": _ceil,
    "floor": _floor,
    "round": _round,
    "make_divisible": _make_divisible,
    "pow": _pow,
}
