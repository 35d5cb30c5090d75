"""What is right where one number is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor, log10

from cnncalc.grading.answers import Number, NumberStyle, Unread, read_number, show_number
from cnncalc.grading.answers.units import unit
from cnncalc.grading.judgement import Judged, Meaning, Value, near, right, unread, wrong
from cnncalc.grading.model import Item, Truth


@dataclass(frozen=True, slots=True)
class NumberTruth(Truth):
    """A number; `sizes` if it is a number of bytes (which may be typed in MB, rounded).

    `unit` is the unit in which bytes are asked for; `rounded` if a number may be given rounded
    whatever the tolerance, as a ratio.
    """

    value: Fraction
    sizes: bool = False
    unit: str = ""
    rounded: bool = False

    form = "number"

    def judge(self, item: Item, raw: str) -> Judged:
        """Return how a typed number compares, in any of its meanings (MB as 10^6 or 2^20)."""
        conventions = item.conventions
        style = NumberStyle(
            conventions.decimal_mark, self.sizes, conventions.kilobyte, self.unit, item.quantity
        )
        reading = read_number(raw, style)
        if isinstance(reading, Unread):
            return unread(reading)
        candidates = self._meanings(reading)
        for candidate in candidates:
            how = near(candidate, self.value, conventions.tolerance)
            if how is not None:
                notes = (*reading.notes, *candidate.notes, *((how,) if how else ()))
                shown = reading.shown
                if candidate is not candidates[0] and isinstance(candidate.value, Fraction):
                    shown = show_number(candidate.value) + (" bytes" if self.sizes else "")
                return right(item.rubric, shown, notes, candidate)
        notes = (*reading.notes, *self._remark(reading))
        return wrong(reading.shown, *notes, candidates=candidates)

    def _meanings(self, reading: Number) -> tuple[Meaning, ...]:
        rounded = (self.sizes and reading.literal and reading.ulp > 1) or self.rounded
        first = Meaning(reading.value, reading.ulp, rounded)
        return (
            first,
            *[Meaning(one.value, one.ulp, rounded, (one.why,)) for one in reading.others],
        )

    def _remark(self, reading: Number) -> tuple[str, ...]:
        if self.value.denominator == 1 != reading.value.denominator and not self.sizes:
            return ("a whole number is asked for",)
        off = abs(reading.value - self.value)
        if reading.literal and reading.ulp > 1 and off <= reading.ulp / 2:
            return ("rounded: give the exact number",)
        return ()

    def show(self, item: Item) -> str:
        """Return the number; bytes in the unit asked for, too."""
        if not self.sizes:
            return show_number(self.value)
        whole = f"{show_number(self.value)} bytes"
        scale = self._scale(item)
        return whole if scale == 1 else f"{float(self.value / scale):,.4g} {self.unit} ({whole})"

    def _scale(self, item: Item) -> Fraction:
        """Return how many bytes the unit is that a question asks for; 1 for other numbers."""
        asked = None
        if self.sizes and self.unit:
            asked = unit(self.unit, sizes=True, kilo=item.conventions.kilobyte)
        return asked.scale if asked is not None else Fraction(1)

    def texts(self, item: Item) -> tuple[str, ...]:
        """Return the number in the unit that is asked for."""
        return (_plain(self.value / self._scale(item)),)

    def margin(self, item: Item) -> Fraction:
        """Return how far off a number may be; of a rounded one, three digits will do."""
        value = abs(self.value / self._scale(item))
        allowed = item.conventions.tolerance * value
        if not value or not (self.rounded or self._scale(item) != 1):
            return allowed
        return max(allowed, Fraction(10) ** (floor(log10(value)) - 2) / 2)

    def mistaken(self, item: Item, value: Value) -> tuple[str, ...]:
        """Return a wrong number in the unit asked for, unless it is within the margin."""
        if isinstance(value, tuple):
            return ()
        scale = self._scale(item)
        off = abs(self.value - value) / scale
        return () if off <= self.margin(item) else (_plain(Fraction(value) / scale),)


def _plain(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"
