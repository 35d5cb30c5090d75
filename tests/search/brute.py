"""A small space and what is true of it, found plainly: load, analyze, compare all pairs."""

from __future__ import annotations

import itertools
from typing import Any

import cnncalc
from cnncalc.search.front import dominates
from cnncalc.search.problem import Problem
from cnncalc.search.space import Space, space, variable
from cnncalc.teaching.figures import figures

TEXT = """
name: small
input: 3x32x32
parameters: {width: 8, depths: [1, 2], kernel: 3, wide: "width >= 16"}
variants: {plain: {kernel: 3}, large: {kernel: 5}}
blocks:
  stage:
    parameters: {channels: , count: }
    layers:
      - conv:
          name: c
          repeat: count
          out_channels: channels
          kernel_size: kernel
          padding: kernel // 2
      - max_pool: {name: pool, kernel_size: 2}
layers:
  - stage: {name: one, channels: width, count: "depths[0]"}
  - stage: {name: two, channels: 2 * width, count: "depths[1]"}
  - conv: {name: last, out_channels: 4 * width, kernel_size: 7}
  - global_avg_pool
  - flatten
  - linear: 10
"""
NAMES = ("params", "macs", "peak", "depth", "receptive_field")


def small(*extra: str) -> Space:
    """Return a space of 4 x 3 x 3 candidates, of which the smallest input fits no network."""
    texts = ("width=8..32:8", "depths[0]=1..3", "input=24..40:8", *extra)
    return space([variable(text) for text in texts])


def problem(*extra: str) -> Problem:
    """Return the problem of that space."""
    return Problem("small.yaml", "small.yaml", TEXT, small(*extra))


def truth() -> dict[int, dict[str, Any] | None]:
    """Return the figures of every candidate by its key, None where there is no network."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "small.yaml")
        path.write_text(TEXT)
        result: dict[int, dict[str, Any] | None] = {}
        grid = itertools.product(range(8, 33, 8), range(1, 4), range(24, 41, 8))
        for key, (width, depth, size) in enumerate(grid):
            graph = cnncalc.load(
                str(path), width=width, depths=[depth, 2], input=f"3x{size}x{size}"
            )
            try:
                result[key] = dict(figures(cnncalc.analyze(graph), NAMES))
            except cnncalc.SpecError:
                result[key] = None
        return result


def front(points: dict[int, tuple[float, ...]]) -> set[int]:
    """Return the keys of the points that no other dominates, by comparing all pairs."""
    return {
        key
        for key, one in points.items()
        if not any(dominates(other, one) for other in points.values())
    }
