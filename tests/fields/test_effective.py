"""The effective field: path counts in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.executor.paths import PixelSpread, path_counts


def paths_of(text: str, unit: tuple[int, ...]) -> Any:
    """The path counts to a unit of a spec's last node, as shares."""
    fields = cnncalc.receptive_field(cnncalc.loads(text))
    return path_counts(fields.all_readings, len(fields.nodes) - 1, unit, 0)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_paths_through_a_stack_are_trinomial(depth: int) -> None:
    """n layers of 3x3: the coefficients of (1 + x + x²)^n, with standard deviation √(2n/3)."""
    shares = paths_of(
        f"input: 2x21x21\nlayers:\n"
        f"- conv: {{out_channels: 3, kernel_size: 3, padding: 1, repeat: {depth}}}",
        (10, 10),
    )
    wanted = np.array([1.0])
    for _ in range(depth):
        wanted = np.convolve(wanted, [1, 1, 1])
    along = shares.sum(axis=0)[10 - depth : 11 + depth] * 3**depth
    assert np.allclose(along, wanted)
    spread = PixelSpread(shares, (2 * depth + 1) ** 2)
    assert spread.deviation == pytest.approx([(2 * depth / 3) ** 0.5] * 2)


def test_paths_add_up_over_branches() -> None:
    """A residual 3x3: nine paths of the branch and one of the shortcut, with one channel."""
    shares = paths_of(
        "input: 1x9x9\nlayers:\n- add:\n"
        "    main: [{conv: {out_channels: 1, kernel_size: 3, padding: 1}}]\n    skip: []",
        (4, 4),
    )
    assert shares[4, 4] == pytest.approx(2 / 10)
    assert shares[3, 4] == pytest.approx(1 / 10)


def test_paths_lead_through_channels() -> None:
    """With c channels between, a 1x1 and a 3x3 in a row weigh more than a shortcut."""
    shares = paths_of(
        "input: 1x9x9\nlayers:\n- add:\n    main:\n"
        "    - conv: {out_channels: 4, kernel_size: 1}\n"
        "    - conv: {out_channels: 1, kernel_size: 3, padding: 1}\n    skip: []",
        (4, 4),
    )
    assert shares[4, 4] == pytest.approx(5 / 37)
    assert shares[3, 4] == pytest.approx(4 / 37)


def test_gates_do_not_count_among_the_paths() -> None:
    shares = paths_of(
        "input: 2x9x9\nlayers:\n- multiply:\n    gate: [global_avg_pool, sigmoid]\n    main: []",
        (4, 4),
    )
    assert shares[4, 4] == 1
    whole = paths_of("input: 2x4x4\nlayers:\n- global_avg_pool", (0, 0))
    assert np.allclose(whole, 1 / 16), "where there are no others, they do"


def test_deep_networks_do_not_overflow() -> None:
    shares = paths_of(
        "input: 64x15x15\nlayers:\n"
        "- conv: {out_channels: 64, kernel_size: 3, padding: 1, repeat: 200}",
        (7, 7),
    )
    assert np.isfinite(shares).all()
    assert shares.sum() == pytest.approx(1)


def test_spread_figures() -> None:
    flat = PixelSpread(np.full((10, 10), 0.01), 100)
    assert (flat.holding, flat.share) == (95, 0.95)
    assert flat.deviation == pytest.approx([(99 / 12) ** 0.5] * 2)
    point = np.zeros((5, 5))
    point[2, 3] = 1
    assert PixelSpread(point, 25).holding == 1
    assert PixelSpread(point, 25).deviation == (0, 0)
