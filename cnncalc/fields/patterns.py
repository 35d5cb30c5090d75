"""Fields that differ from unit to unit: periodic ones, and unions of different jumps.

Transposed convolution, upsampling and adaptive pooling make fields that repeat after some units,
moved on by some pixels. A union of branches that move on at different rates is kept as one
pattern per rate, which stays exact through all later layers. Everything follows from the units of
one period, so no work grows with the lengths of axes or kernels.
"""

from __future__ import annotations

from itertools import chain, pairwise
from math import gcd, lcm

from cnncalc.fields.states import Pattern, Scattered, Unknown, Varying
from cnncalc.geometry import Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.fields.states import Axes, Axis, Span
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape

#: Longer periods are not followed: such a field is unknown to the forward recurrence.
LONGEST_PERIOD = 1024
#: Patterns whose fields do not follow one another in order are looked at in so many steps at most.
MOST_STEPS = 100_000
MIXED = "it mixes features of a flat vector"


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


def span_of(axis: Field | Varying, unit: int) -> Span:
    """Return the field of one unit."""
    return around([pattern.span(unit) for pattern in patterns_of(axis)])


def simplest(patterns: list[Pattern]) -> Axis:
    """Return the union of patterns, as a plain field if it is one."""
    by_rate: dict[tuple[int, int], list[Pattern]] = {}
    for pattern in patterns:
        by_rate.setdefault(rate_of(pattern), []).append(pattern)
    period = lcm(*[pattern.period for pattern in patterns])
    if period > LONGEST_PERIOD:
        return Unknown(f"its fields repeat only after {period} units")
    joined = [shortest(group) for group in by_rate.values()]
    only = joined[0]
    if len(joined) == 1 and only.period == 1 and only.spans[0] is not None:
        lo, hi = only.spans[0]
        return Field(hi - lo, only.advance, lo)
    return Varying(tuple(sorted(joined, key=lambda p: (p.advance, p.period))))


def rate_of(pattern: Pattern) -> tuple[int, int]:
    """Return by how many pixels for how many units fields move on, in lowest terms."""
    common = gcd(pattern.period, pattern.advance)
    return pattern.advance // common, pattern.period // common


def shortest(group: list[Pattern]) -> Pattern:
    """Return the union of patterns of one rate, with the shortest period there is."""
    period = lcm(*[pattern.period for pattern in group])
    advance = period * group[0].advance // group[0].period
    spans = tuple([around([p.span(unit) for p in group]) for unit in range(period)])
    for fewer in range(1, period):
        if period % fewer == 0 and advance * fewer % period == 0:
            part = Pattern(fewer, advance * fewer // period, spans[:fewer])
            if all(part.span(unit) == spans[unit] for unit in range(fewer, period)):
                return part
    return Pattern(period, advance, spans)


def in_order(pattern: Pattern) -> bool:
    """Return whether every unit has a field, and none begins or ends before its predecessor's."""
    last = pattern.span(-1)
    for span in pattern.spans:
        if span is None or last is None or span[0] < last[0] or span[1] < last[1]:
            return False
        last = span
    return True


def over(pattern: Pattern, reads: range, ordered: bool) -> Span:
    """Return the smallest span around the fields of some units."""
    if ordered:
        few: Iterable[int] = (reads[0], reads[-1]) if reads else ()
    elif len(reads) > 2 * pattern.period:
        # Of the units at one place in the period the first begins first, the last ends last.
        few = chain(reads[: pattern.period], reads[-pattern.period :])
    else:
        few = reads
    return around([pattern.span(unit) for unit in few])


def composed(axis: Axis, relation: Relation) -> Axis:
    """Return the fields of units that read others by a relation."""
    if isinstance(axis, Scattered | Unknown):
        return mixed(axis)
    if relation.varies():
        return Unknown(relation.varies())
    units, positions = relation.rhythm()
    result = []
    for pattern in patterns_of(axis):
        turns = pattern.period // gcd(pattern.period, positions)
        period = units * turns
        ordered = in_order(pattern)
        steps = 2 if ordered else min(len(relation.reads(0)) + 1, 2 * pattern.period)
        if period > LONGEST_PERIOD or period * steps > MOST_STEPS:
            return Unknown(f"its fields repeat only after {period} units")
        advance = pattern.advance * (positions * turns // pattern.period)
        spans = [over(pattern, relation.reads(unit), ordered) for unit in range(period)]
        result.append(Pattern(period, advance, tuple(spans)))
    return simplest(result)


def mixed(axis: Axis) -> Axis:
    """Return the field of a unit that reads several features of a flat vector."""
    return Unknown(MIXED) if isinstance(axis, Scattered) else axis


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
    return one == other or offset(one, other) == 0


def rate(axis: Axis) -> tuple[int, int] | None:
    """Return pixels per units at which fields move on; None if there are several rates, or none."""
    if isinstance(axis, Scattered | Unknown):
        return None
    patterns = patterns_of(axis)
    return rate_of(patterns[0]) if len(patterns) == 1 else None


def offset(one: Axis, other: Axis) -> float | None:
    """Return how many pixels the second's centres lie after the first's, on average.

    None if they do not move on at one and the same rate, or if a unit reads nothing.
    """
    if rate(one) is None or rate(one) != rate(other):
        return None
    if isinstance(one, Scattered | Unknown) or isinstance(other, Scattered | Unknown):
        return None
    a, b = patterns_of(one)[0], patterns_of(other)[0]
    mine, theirs = centre_sum(a, b.period), centre_sum(b, a.period)
    if mine is None or theirs is None:
        return None
    return (theirs - mine) / (2 * a.period * b.period)


def centre_sum(pattern: Pattern, times: int) -> int | None:
    """Return twice the sum of the centres over some periods; None if a unit reads nothing."""
    total = 0
    for span in pattern.spans:
        if span is None:
            return None
        total += span[0] + span[1]
    return times * total + pattern.period * pattern.advance * times * (times - 1)


def sizes(axis: Field | Varying, units: int) -> tuple[int, int]:
    """Return the smallest and the largest size among the fields of units 0 to `units - 1`."""
    if isinstance(axis, Field):
        return axis.size, axis.size
    patterns = axis.patterns
    period = lcm(*[pattern.period for pattern in patterns])
    found: list[int] = []
    for unit in range(min(units, period)):
        last = unit + (units - 1 - unit) // period * period
        found += [size_of(axis, unit), size_of(axis, last)]
        if len(patterns) > 1:
            found.append(size_of(axis, narrowest(axis, unit, last, period)))
    return min(found), max(found)


def size_of(axis: Field | Varying, unit: int) -> int:
    """Return the size of one unit's field, 0 if it reads nothing."""
    span = span_of(axis, unit)
    return 0 if span is None else span[1] - span[0]


def narrowest(axis: Varying, first: int, last: int, period: int) -> int:
    """Return the unit of the smallest field among every `period`-th.

    Along those the size is a convex function, the largest of linear ones less the smallest.
    """
    low, high = 0, (last - first) // period
    while low < high:
        middle = (low + high) // 2
        here = first + middle * period
        if size_of(axis, here) <= size_of(axis, here + period):
            high = middle
        else:
            low = middle + 1
    return first + low * period


def reach_of(axes: Axes, shape: Shape) -> tuple[tuple[int, int], ...] | None:
    """Return the smallest box around the fields of all units of a map.

    None where axes are not those of the map, or a field is not known or empty.
    """
    if len(shape) != len(axes) + 1:
        return None
    result = []
    for axis, units in zip(axes, shape[1:], strict=True):
        if isinstance(axis, Scattered | Unknown):
            return None
        spans = [over(p, range(units), in_order(p)) for p in patterns_of(axis)]
        span = None if None in spans else around(spans)
        if span is None:
            return None
        result.append(span)
    return tuple(result)


def starts_step(axis: Field | Varying, units: int) -> int | None:
    """Return the pixels between the starts of neighbouring units, None if that differs."""
    if len(patterns_of(axis)) > 1:
        return None
    pattern = patterns_of(axis)[0]
    spans = [pattern.span(unit) for unit in range(min(units, pattern.period + 1))]
    starts = [span[0] for span in spans if span is not None]
    steps = {b - a for a, b in pairwise(starts)}
    return steps.pop() if len(steps) == 1 and len(starts) == len(spans) else None
