"""Every layer, by its examples: what it says that it reads is what a NaN in each pixel shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from each import each
from field_graphs import dependence
from layer_examples import CASES, one_layer

from cnncalc.analysis.walk import analyze
from cnncalc.fields.api import receptive_field
from cnncalc.fields.regions import boxes
from cnncalc.graph import Graph
from cnncalc.solve.sizes import lossless

#: One input with space: fields are read off its pixels.
SPATIAL = [case for case in CASES if len(case[2]) == 1 and len(case[2][0]) > 1]


def pixels_of(region: Any, lengths: tuple[int, ...]) -> Any:
    """A set of pixels as booleans."""
    result = np.zeros(lengths, bool)
    for part in boxes(region) if region else []:
        result[np.ix_(*[[p for lo, hi in runs for p in range(lo, hi)] for runs in part])] = True
    return result


@each(("keyword", "fields", "shapes"), SPATIAL)
def test_fields_are_what_a_nan_in_every_pixel_shows(
    keyword: str, fields: dict[str, Any], shapes: Any
) -> None:
    graph: Graph = one_layer(keyword, fields, shapes)
    known = receptive_field(graph)
    measured = dependence(graph)[1]
    lengths = shapes[0][1:]
    for unit in np.ndindex(*measured.shape[1:]):
        found = known.unit(1, unit)
        wanted = measured[(slice(None), *unit)].reshape(lengths)
        assert np.array_equal(pixels_of(found.pixels, lengths), wanted), unit
        if found.clipped is not None:
            inside = [(lo, hi) for lo, hi in found.clipped]
            seen = np.nonzero(wanted)
            assert inside == [(int(axis.min()), int(axis.max()) + 1) for axis in seen]


@each(("keyword", "fields", "shapes"), SPATIAL)
def test_every_layer_answers_at_other_sizes(
    keyword: str, fields: dict[str, Any], shapes: Any
) -> None:
    """A figure that is given for all sizes is the figure at larger ones."""
    graph: Graph = one_layer(keyword, fields, shapes)
    node = receptive_field(graph, any_size=True).nodes[1]
    for more in range(1, 4):
        shape = (shapes[0][0], *[length + more for length in shapes[0][1:]])
        try:
            larger = receptive_field(analyze(one_layer(keyword, fields, (shape,)))).nodes[1]
        except Exception:  # the example's fields need not fit every size
            continue
        for known, found in zip(node.axes or (), larger.axes or (), strict=False):
            for name in ("size", "jump", "start"):
                assert getattr(known, name) in (None, getattr(found, name)), name


@each(("keyword", "fields", "shapes"), SPATIAL)
def test_every_layer_says_at_which_sizes_it_loses_pixels(
    keyword: str, fields: dict[str, Any], shapes: Any
) -> None:
    graph: Graph = one_layer(keyword, fields, shapes)
    answer = lossless(graph, 12)
    for size in (size for size in answer.value if size < 8):
        square = (shapes[0][0], *[size] * (len(shapes[0]) - 1))
        seen = dependence(one_layer(keyword, fields, (square,)))[1]
        assert seen.reshape(len(seen), -1).any(axis=1).all(), size
