"""The space of a search: variables, each with its values, and a number for every candidate.

A candidate's key is its number in the grid in which the last variable runs fastest. It is all that
workers are sent and all that the store needs to know a candidate again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from cnncalc.diagnostics import UsageError, quoted
from cnncalc.quantities import product
from cnncalc.record import Record
from cnncalc.solve.budget import grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: The variables that are not parameters of the spec.
INPUT, VARIANT = "input", "variant"
LARGEST = 2**63 - 1  # of a key: what the store can number
LOG = " log"
NAME = re.compile(r"([^\W\d]\w*)((?:\[\d+\])*)")


class Variable(Record):
    """What varies: a parameter, an item of a list (`depths[0]`), `input` or `variant`.

    `choices` are its values, as they would be typed; with `log` they are drawn evenly by their
    logarithms.
    """

    __slots__ = ("__dict__",)
    name: str
    choices: tuple[str, ...]
    log: bool = False

    @property
    def parameter(self) -> str:
        """The name of the parameter, without the items' numbers."""
        return self.name.partition("[")[0]

    @property
    def items(self) -> tuple[int, ...]:
        """The numbers of the item within lists of lists; empty for a whole parameter."""
        return tuple(map(int, re.findall(r"\[(\d+)\]", self.name)))

    @cached_property
    def numbers(self) -> list[float] | None:
        """The values if all are positive numbers in rising order, else None."""
        try:
            numbers = [float(text) for text in self.choices]
        except ValueError:
            return None
        rising = all(a < b for a, b in pairwise(numbers))
        return numbers if rising and numbers[0] > 0 else None

    def at(self, share: float, log: bool = False) -> int:
        """Return the number of the value that lies at a share from 0 to below 1 of the range.

        By logarithms the value nearest to `low * (high / low) ** share` is taken.
        """
        count, numbers = len(self.choices), self.numbers
        if not (log or self.log) or numbers is None:
            return int(share * count)
        wanted = numbers[0] * (numbers[-1] / numbers[0]) ** share
        after = bisect_left(numbers, wanted)
        if after == 0:
            return 0
        near = after < count and numbers[after] - wanted < wanted - numbers[after - 1]
        return after if near else after - 1


class Space(Record):
    """The variables of a search; `size` is the number of candidates."""

    variables: tuple[Variable, ...]

    @property
    def size(self) -> int:
        """The number of candidates of the whole grid."""
        return product(len(variable.choices) for variable in self.variables)

    def digits(self, key: int) -> list[int]:
        """Return the number of each variable's value."""
        result = []
        for variable in reversed(self.variables):
            key, digit = divmod(key, len(variable.choices))
            result.append(digit)
        result.reverse()
        return result

    def key(self, digits: Iterable[int]) -> int:
        """Return the key of a candidate from the number of each variable's value."""
        key = 0
        for variable, digit in zip(self.variables, digits, strict=True):
            key = key * len(variable.choices) + digit
        return key

    def texts(self, key: int) -> dict[str, str]:
        """Return the value of each variable, as typed."""
        return {
            variable.name: variable.choices[digit]
            for variable, digit in zip(self.variables, self.digits(key), strict=True)
        }


def variable(text: str) -> Variable:
    """Return the variable that `width=8..64:8`, `depths[0]=1..6` or `w=8..256:8 log` means.

    Raises `UsageError`.
    """
    name, equals, values = text.partition("=")
    if not equals or not values.strip():
        raise UsageError(f"--vary wants NAME=VALUES, not {quoted(text)}", "--vary width=8..64:8")
    return named(name.strip(), values.strip())


def named(name: str, values: str) -> Variable:
    """Return a variable by its name, and its values as a text; raises `UsageError`."""
    if not NAME.fullmatch(name):
        help = "name a parameter, an item of one such as `depths[0]`, `input` or `variant`"
        raise UsageError(f"{quoted(name)} cannot vary", help)
    log = values.endswith(LOG)
    result = Variable(name, tuple(dict.fromkeys(split(values.removesuffix(LOG)))), log)
    if log and result.numbers is None:
        raise UsageError(
            f"`{name}` cannot be drawn by logarithms: its values are not rising above 0",
            "write numbers such as 8..256:8, or leave `log` out",
        )
    return result


def split(text: str) -> list[str]:
    """Return the values of a text: a grid of numbers, or words and lists parted by commas."""
    if "[" not in text:
        return grid(text)
    values, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if char == "," and depth == 0:
            values.append(text[start:at].strip())
            start = at + 1
    values.append(text[start:].strip())
    if depth or not all(values):
        raise UsageError(f"{quoted(text)} holds an unfinished value", "write it as [1, 2],[2, 4]")
    return values


def space(variables: Sequence[Variable]) -> Space:
    """Return the space of some variables; raises `UsageError` for none, twice one, or too many."""
    names = [each.name for each in variables]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"`{name}` varies twice", "put all its values in one --vary")
        parameter = name.partition("[")[0]
        if parameter != name and parameter in names:
            raise UsageError(f"`{parameter}` varies, and `{name}` too", "let one of them vary")
    if not names:
        raise UsageError("there is nothing to vary", "add --vary width=8..64:8")
    result = Space(tuple(variables))
    if result.size > LARGEST:
        raise UsageError(
            f"the space has {result.size:.1e} candidates, {LARGEST:.1e} at most", "widen a step"
        )
    return result
