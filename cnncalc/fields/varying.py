"""Fields that differ from unit to unit: periodic ones, and unions of different jumps.

Transposed convolution, upsampling and adaptive pooling make fields that repeat after some units,
moved on by some pixels. A union of branches that move on at different rates is kept as one
pattern per rate, which stays exact through all later layers.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from cnncalc.geometry import Field
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnncalc.fields.forward import Axis

    Span = tuple[int, int] | None

#: Longer periods are not followed: such a field is unknown to the forward recurrence.
LONGEST_PERIOD = 4096


class Pattern(Record):
    """Fields that repeat after `period` units, moved on by `advance` pixels.

    `spans` are the fields `[lo, hi)` of units 0 to `period - 1`, None where a unit reads nothing.
    """

    period: int
    advance: int
    spans: tuple[Span, ...]

    def span(self, unit: int) -> Span:
        """Return the field of any unit."""
        turns, rest = divmod(unit, self.period)
        found = self.spans[rest]
        shift = turns * self.advance
        return None if found is None else (found[0] + shift, found[1] + shift)


class Varying(Record):
    """The union of patterns, no two of which move on at the same rate."""

    patterns: tuple[Pattern, ...]

    def span(self, unit: int) -> Span:
        """Return the field of a unit."""
        return around([pattern.span(unit) for pattern in self.patterns])


class Scattered(Record):
    """Fields of a flat vector's features, which come from different positions; sizes are known."""

    smallest: int
    largest: int


class Unknown(Record):
    """A field that the forward recurrence cannot say, and why."""

    reason: str


def around(spans: Iterable[Span]) -> Span:
    """Return the smallest span around some; None if all of them are."""
    some = [span for span in spans if span is not None]
    if not some:
        return None
    return min([lo for lo, _ in some]), max([hi for _, hi in some])


def patterns_of(axis: Field | Varying) -> tuple[Pattern, ...]:
    """Return a field as patterns."""
    if isinstance(axis, Varying):
        return axis.patterns
    return (Pattern(1, axis.jump, ((axis.start, axis.start + axis.size),)),)


def simplest(patterns: list[Pattern]) -> Axis:
    """Return the union of patterns, as a plain field if it is one."""
    by_rate: dict[tuple[int, int], list[Pattern]] = {}
    for pattern in patterns:
        if pattern.period > LONGEST_PERIOD:
            return Unknown(f"its fields repeat only after {pattern.period} units")
        common = gcd(pattern.period, pattern.advance)
        rate = (pattern.advance // common, pattern.period // common)
        by_rate.setdefault(rate, []).append(pattern)
    joined = [shortest(group) for group in by_rate.values()]
    if any(pattern.period > LONGEST_PERIOD for pattern in joined):
        return Unknown("its fields repeat only after very many units")
    only = joined[0]
    if len(joined) == 1 and only.period == 1 and only.spans[0] is not None:
        lo, hi = only.spans[0]
        return Field(hi - lo, only.advance, lo)
    return Varying(tuple(sorted(joined, key=lambda p: (p.advance, p.period))))


def shortest(group: list[Pattern]) -> Pattern:
    """Return the union of patterns of one rate, with the shortest period there is."""
    period = 1
    for pattern in group:
        period = period * pattern.period // gcd(period, pattern.period)
    if period > LONGEST_PERIOD:
        return Pattern(period, 0, ())
    advance = period * group[0].advance // group[0].period
    spans = tuple([around([p.span(unit) for p in group]) for unit in range(period)])
    whole = Pattern(period, advance, spans)
    for fewer in range(1, period):
        if period % fewer == 0 and advance * fewer % period == 0:
            part = Pattern(fewer, advance * fewer // period, spans[:fewer])
            if all(part.span(unit) == spans[unit] for unit in range(fewer, period)):
                return part
    return whole


def composed(axis: Axis, units: int, positions: int, reads: Callable[[int], Iterable[int]]) -> Axis:
    """Return the fields after a layer whose every `units` units further read `positions` further.

    `reads` says which units of its input a unit reads.
    """
    if isinstance(axis, Scattered | Unknown):
        return axis if isinstance(axis, Unknown) else Unknown("it mixes features of a flat vector")
    result = []
    for pattern in patterns_of(axis):
        turns = pattern.period // gcd(pattern.period, positions)
        period = units * turns
        if period > LONGEST_PERIOD:
            return Unknown(f"its fields repeat only after {period} units")
        advance = pattern.advance * (positions * turns // pattern.period)
        spans = [around([pattern.span(i) for i in reads(unit)]) for unit in range(period)]
        result.append(Pattern(period, advance, tuple(spans)))
    return simplest(result)


def mixed(axis: Axis) -> Axis:
    """Return the field of a unit that reads several features of a flat vector."""
    return Unknown("it mixes features of a flat vector") if isinstance(axis, Scattered) else axis


def unite(one: Axis, other: Axis, rank: int) -> Axis:
    """Return the union of two branches' fields along one of `rank` axes."""
    if isinstance(one, Unknown):
        return one
    if isinstance(other, Unknown):
        return other
    if isinstance(one, Scattered) or isinstance(other, Scattered):
        return one if one == other else Unknown("it joins features of different positions")
    patterns = [*patterns_of(one), *patterns_of(other)]
    if rank > 1 and any(None in pattern.spans for pattern in patterns):
        # A unit that reads nothing along one axis reads nothing at all, whatever the others say.
        return Unknown("some units of a branch read nothing")
    return simplest(patterns)


def agree(one: Axis, other: Axis) -> bool:
    """Return whether two branches' fields move on at one rate and have the same mean centre."""
    if one == other:
        return True
    if isinstance(one, Scattered | Unknown) or isinstance(other, Scattered | Unknown):
        return False
    return offset(one, other) == 0


def rate(axis: Field | Varying) -> tuple[int, int] | None:
    """Return pixels per units at which fields move on; None if there are several rates."""
    patterns = patterns_of(axis)
    if len(patterns) > 1:
        return None
    common = gcd(patterns[0].advance, patterns[0].period)
    return patterns[0].advance // common, patterns[0].period // common


def offset(one: Field | Varying, other: Field | Varying) -> Fraction | None:
    """Return how many pixels the second's centres lie after the first's, on average.

    None if they do not move on at one and the same rate, or if a unit reads nothing.
    """
    if rate(one) is None or rate(one) != rate(other):
        return None
    a, b = patterns_of(one)[0], patterns_of(other)[0]
    mine, theirs = centre_sum(a, b.period), centre_sum(b, a.period)
    if mine is None or theirs is None:
        return None
    return Fraction(theirs - mine, 2 * a.period * b.period)


def centre_sum(pattern: Pattern, times: int) -> int | None:
    """Return twice the sum of the centres over some periods; None if a unit reads nothing."""
    total = 0
    for unit in range(pattern.period * times):
        span = pattern.span(unit)
        if span is None:
            return None
        total += span[0] + span[1]
    return total


def sizes(axis: Field | Varying, units: int) -> tuple[int, int]:
    """Return the smallest and the largest size among the fields of units 0 to `units - 1`.

    Between units of one residue a union of patterns is widest at an end, so few are looked at.
    """
    if isinstance(axis, Field):
        return axis.size, axis.size
    period = 1
    for pattern in axis.patterns:
        period = period * pattern.period // gcd(period, pattern.period)
    looked: Iterable[int] = range(units)
    if len(axis.patterns) == 1:
        looked = range(min(units, period))
    elif units > 4 * period + 4096:
        looked = (*range(2 * period), *range(units - 2 * period, units))
    spans = [axis.span(unit) for unit in looked]
    lengths = [0 if span is None else span[1] - span[0] for span in spans]
    return min(lengths), max(lengths)
