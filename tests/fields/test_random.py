"""On random graphs of all layers the two derivations and the experiment agree, unit by unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from field_graphs import dependence, graphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc.analysis.walk import analyze
from cnncalc.fields.backward import (
    Readings,
    ahead,
    full_region,
    trace,
    unit_region,
)
from cnncalc.fields.forward import forward
from cnncalc.fields.patterns import span_of
from cnncalc.fields.regions import (
    POINT,
    box,
    boxes,
    count,
    difference,
    hull,
    rest_of,
    union,
)
from cnncalc.fields.states import Scattered, Unknown

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def mask(region: Any, lengths: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """A set of pixels, or of units, as booleans."""
    result = np.zeros(lengths, bool)
    for part in boxes(region) if region else []:
        places = [[p for lo, hi in runs for p in range(lo, hi)] for runs in part]
        result[np.ix_(*places)] = True
    return result


def units_of(shape: tuple[int, ...]) -> Any:
    """All units of a node, as coordinates."""
    return np.ndindex(*(shape[1:] if len(shape) > 1 else shape))


@settings(max_examples=40, suppress_health_check=SLOW)
@given(graphs(most=10, largest=8))
def test_backward_propagation_is_what_perturbing_every_pixel_shows(graph: Any) -> None:
    """Not only the rectangle: the very set of pixels, of every unit of every node."""
    shapes = analyze(graph).output_shapes()
    known = Readings(graph, shapes, [])
    measured = dependence(graph)
    pixels = shapes[0][1:]
    for index, shape in enumerate(shapes):
        for unit in units_of(shape):
            found = trace(known, index, unit_region(unit, shape), clip=True).get(0, ())
            wanted = measured[index][(slice(None), *unit)].reshape(pixels)
            got = mask(rest_of(found) if found else (), pixels)
            assert np.array_equal(got, wanted), (graph.nodes[index], unit)


@settings(max_examples=40, suppress_health_check=SLOW)
@given(graphs(most=12, largest=9))
def test_both_derivations_agree(graph: Any) -> None:
    """The recurrence's field of every unit is the hull of its unclipped backward region."""
    shapes = analyze(graph).output_shapes()
    states = forward(graph, shapes, 0)
    known = Readings(graph, shapes, [state.whole for state in states])
    for index, state in enumerate(states):
        shape, axes = shapes[index], state.axes
        if len(shape) == 1 or any(isinstance(axis, Unknown | Scattered) for axis in axes or ()):
            continue
        for unit in units_of(shape):
            region = trace(known, index, unit_region(unit, shape), False, local=True).get(0, ())
            pairs = zip(axes or (), unit, strict=bool(axes))
            spans = [span_of(axis, at) for axis, at in pairs]
            wanted = None if axes is None or None in spans else tuple(spans)
            found = hull(region)
            assert (found[1:] if found else None) == wanted, (graph.nodes[index], unit)
            if not state.whole:
                everything = trace(known, index, unit_region(unit, shape), False).get(0, ())
                assert everything == region


@settings(max_examples=40, suppress_health_check=SLOW)
@given(graphs(most=8, largest=7), st.data())
def test_forward_from_a_pixel_is_backward_from_the_units(graph: Any, data: Any) -> None:
    """A pixel is among what a unit reads exactly if the unit is among those that see the pixel."""
    shapes = analyze(graph).output_shapes()
    known = Readings(graph, shapes, [])
    pixel = tuple([data.draw(st.integers(0, length - 1)) for length in shapes[0][1:]])
    reached = ahead(known, 0, unit_region(pixel, shapes[0]))
    for index, shape in enumerate(shapes):
        region = reached.get(index, ())
        inner = rest_of(region) if region and len(shape) > 1 else region
        seen = mask(inner, shape[1:] if len(shape) > 1 else shape)
        for unit in units_of(shape):
            found = trace(known, index, unit_region(unit, shape), clip=True).get(0, ())
            reads = bool(found) and mask(rest_of(found), shapes[0][1:])[pixel]
            assert reads == seen[unit]


@settings(max_examples=40, suppress_health_check=SLOW)
@given(graphs(most=8, largest=7))
def test_all_units_together_read_the_union(graph: Any) -> None:
    """What a whole map reads is the union of what its units read."""
    shapes = analyze(graph).output_shapes()
    known = Readings(graph, shapes, [])
    last = len(shapes) - 1
    single: Any = ()
    for unit in units_of(shapes[last]):
        region = trace(known, last, unit_region(unit, shapes[last]), clip=True).get(0, ())
        single = union(single, region)
    assert trace(known, last, full_region(shapes[last]), clip=True).get(0, ()) == single


SETS = st.lists(
    st.tuples(*[st.tuples(st.integers(0, 5), st.integers(1, 3))] * 2), min_size=0, max_size=5
)


@given(SETS, SETS)
def test_regions_are_sets(one: Any, other: Any) -> None:
    """Unions, differences and counts of regions are those of sets of positions."""

    def region(parts: Any) -> tuple[Any, set[tuple[int, int]]]:
        result: Any = ()
        held = set()
        for (y, height), (x, width) in parts:
            result = union(result, box((((y, y + height),), ((x, x + width),))))
            held |= {(a, b) for a in range(y, y + height) for b in range(x, x + width)}
        return result, held

    (a, first), (b, second) = region(one), region(other)

    def members(found: Any) -> set[tuple[int, ...]]:
        return {
            tuple(map(int, place)) for place in zip(*np.nonzero(mask(found, (9, 9))), strict=True)
        }

    assert members(a) == first
    assert members(union(a, b)) == first | second
    assert members(difference(a, b)) == first - second
    assert count(a) == len(first)
    assert (union(a, b) == a) == (second <= first), "equal sets are equal values"
    assert union(a, b) == union(b, a)
    assert POINT != ()
