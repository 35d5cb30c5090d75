"""One axis of a window, with one unknown: all its solutions, by interval reasoning.

Everything follows from `room = W + 2 P - D (K - 1) - 1`, the way that the window can travel: the
output is O exactly where `S (O - 1) <= room <= S O - 1` (floor), or `room = S (O - 1)` (strict).
`room` is affine in W, P, K and D, and the two bounds are in S, so every unknown has an interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import gcd, isqrt
from typing import TYPE_CHECKING

from cnncalc.diagnostics import LayerError, UsageError
from cnncalc.geometry import Window, output_length, transposed_length

if TYPE_CHECKING:
    from cnncalc.geometry import Rounding

#: The unknowns, with their letters, and the least value of each.
LETTERS = {"input": "W", "kernel": "K", "stride": "S", "padding": "P", "dilation": "D"}
LETTERS["output_padding"] = "A"
#: Strides that are tried one by one before giving up.
MOST_TRIED = 200_000
LEAST = {"input": 1, "kernel": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}


@dataclass(frozen=True)
class Solutions:
    """Integers from `first`, `step` apart, to `last` (None: for ever); before them `items`."""

    first: int = 0
    last: int | None = -1
    step: int = 1
    items: tuple[int, ...] = ()

    def within(self, lo: int, hi: int | None) -> Iterator[int]:
        """Yield the solutions between two bounds; `hi` None never ends if the solutions do not."""
        yield from (x for x in self.items if lo <= x and (hi is None or x <= hi))
        x = (
            self.first
            if self.first >= lo
            else self.first - (self.first - lo) // self.step * self.step
        )
        ends = [end for end in (self.last, hi) if end is not None]
        while not ends or x <= min(ends):
            if x >= lo:
                yield x
            x += self.step

    @property
    def endless(self) -> bool:
        """Whether there is no largest solution."""
        return self.last is None


NONE = Solutions()


@dataclass(frozen=True)
class WindowAxis:
    """One axis of a question: what is known, and the output wanted (None: any that fits exactly).

    `known` holds the values of all variables but one; `same` stands for SAME padding.
    """

    known: Mapping[str, int]
    output: int | None
    rounding: Rounding = "floor"
    transposed: bool = False
    same: bool = False
    is_pool: bool = False

    def result(self, values: Mapping[str, int]) -> int | None:
        """Return the output length for a full set of values; None where the window does not fit."""
        window = Window(
            values["kernel"], values["stride"], values["padding"], values["padding"],
            values["dilation"],
        )  # fmt: skip
        if self.same:
            return -(-values["input"] // values["stride"])
        if self.transposed:
            more = values.get("output_padding", 0)
            if more and more >= max(values["stride"], values["dilation"]):
                return None
            out = transposed_length(values["input"], window, more)
            return out if out >= 1 else None
        try:
            return output_length(values["input"], window, self.rounding, self.is_pool)
        except LayerError:
            return None

    def holds(self, values: Mapping[str, int]) -> bool:
        """Return whether a full set of values solves the axis."""
        out = self.result(values)
        return out is not None and (self.output is None or out == self.output)

    def room(self, values: Mapping[str, int]) -> int:
        """Return how far the window can travel, or the output of a transposed convolution."""
        extent = values["dilation"] * (values["kernel"] - 1) + 1
        if self.transposed:
            spread = (values["input"] - 1) * values["stride"]
            return spread - 2 * values["padding"] + extent + values.get("output_padding", 0)
        return values["input"] + 2 * values["padding"] - extent

    def affine(self, unknown: str) -> tuple[int, int]:
        """Return `a, b` such that `room = a + b * unknown`; not for the stride of a window."""
        at = [self.room({**self.known, unknown: x}) for x in (1, 2)]
        slope = at[1] - at[0]
        return at[0] - slope, slope

    def bounds(self, stride: int) -> tuple[int, int]:
        """Return the least and the largest room that give the wanted output."""
        wanted = self.output or 1
        if self.transposed:
            return wanted, wanted
        if self.rounding == "strict":
            return stride * (wanted - 1), stride * (wanted - 1)
        if self.rounding == "ceil":
            # A superset: a last window that is dropped allows for one more stride; tested later.
            return stride * (wanted - 2) + 1, stride * wanted
        return stride * (wanted - 1), stride * wanted - 1

    def solve(self, unknown: str) -> Solutions:
        """Return all values of the one unknown variable."""
        if self.same:
            return self.solve_same(unknown)
        if unknown == "stride" and not self.transposed:
            return self.solve_stride()
        a, b = self.affine(unknown)
        least = LEAST[unknown]
        if self.output is None and not self.transposed:
            return self.exact_fits(unknown, a, b)
        lo, hi = self.bounds(self.known.get("stride", 1))
        if self.rounding == "floor" and not self.transposed:
            lo = max(lo, 0)
        if b == 0:
            return Solutions(least, None) if lo <= a <= hi else NONE
        ends = sorted((lo - a, hi - a)) if b > 0 else sorted((a - hi, a - lo))
        size = abs(b)
        first, last = max(-(-ends[0] // size), least), ends[1] // size
        return self.tested(unknown, Solutions(first, last)) if first <= last else NONE

    def tested(self, unknown: str, solutions: Solutions) -> Solutions:
        """Return a finite set of candidates without those that geometry refuses."""
        if self.rounding != "ceil" and not self.transposed:
            return solutions
        last = solutions.last if solutions.last is not None else solutions.first
        kept = [
            x
            for x in solutions.within(solutions.first, last)
            if self.holds({**self.known, unknown: x})
        ]
        return Solutions(items=tuple(kept))

    def exact_fits(self, unknown: str, a: int, b: int) -> Solutions:
        """Return the values for which the window fits without remainder, whatever the output."""
        stride, least = self.known["stride"], LEAST[unknown]
        period = stride // gcd(stride, b) if b else 1
        for x in range(least, least + period):
            if (a + b * x) % stride:
                continue
            if b > 0:
                missing = max(-(a // b) - x, 0)
                return Solutions(x + -(-missing // period) * period, None, period)
            if b == 0:
                return Solutions(x, None, period) if a >= 0 else NONE
            last = a // -b
            return Solutions(x, last, period) if x <= last else NONE
        return NONE

    def solve_stride(self) -> Solutions:
        """Return the strides: `(O - 1) S <= room < O S`, or the divisors of the room."""
        room = self.room({**self.known, "stride": 1})
        wanted = self.output
        if self.rounding == "ceil" and wanted is not None:
            return self.ceiling_strides(room, wanted)
        if room < 0:
            return NONE
        if self.rounding == "strict" or wanted is None:
            if room == 0:
                return Solutions(1, None) if wanted in (None, 1) else NONE
            if wanted == 1:
                return NONE
            small = [s for s in range(1, isqrt(room) + 1) if room % s == 0]
            divisors = sorted({*small, *(room // s for s in small)})
            fitting = [s for s in divisors if wanted is None or room // s == wanted - 1]
            return Solutions(items=tuple(fitting))
        if wanted == 1:
            return Solutions(room + 1, None)
        return Solutions(max(room // wanted + 1, 1), room // (wanted - 1))

    def ceiling_strides(self, room: int, wanted: int) -> Solutions:
        """Return the strides with rounding up, each tried; raises `UsageError` for too many."""
        # A stride beyond everything there is changes nothing any more.
        most = abs(room) + self.known["input"] + 2 * self.known["padding"] + 1
        first, last = 1, most
        if wanted > 2 and room > 0:
            # S (O - 2) < room <= S O, whether or not a last window is dropped.
            first, last = -(-room // wanted), (room - 1) // (wanted - 2)
        if last - first > MOST_TRIED:
            raise UsageError(
                "too many strides to try", "ask with --rounding floor, or of a smaller input"
            )
        tried = range(max(first, 1), last + 1)
        kept = [s for s in tried if self.holds({**self.known, "stride": s})]
        for_ever = last == most and bool(kept) and kept[-1] == most
        return Solutions(most + 1, None if for_ever else 0, items=tuple(kept))

    def solve_same(self, unknown: str) -> Solutions:
        """Return the values under SAME padding, where the output is `ceil(W / S)` alone."""
        wanted = self.output
        if unknown == "input":
            if wanted is None:
                return Solutions(1, None)
            stride = self.known["stride"]
            return Solutions(stride * (wanted - 1) + 1, stride * wanted)
        if unknown == "stride":
            length = self.known["input"]
            if wanted is None or (wanted == 1 and length >= 1):
                return Solutions(1 if wanted is None else length, None)
            first, last = -(-length // wanted), -(-length // (wanted - 1)) - 1
            return Solutions(first, last) if first <= last else NONE
        holds = wanted is None or -(-self.known["input"] // self.known["stride"]) == wanted
        return Solutions(LEAST[unknown], None) if holds else NONE
