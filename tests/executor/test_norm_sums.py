"""Normalisations by the sample's own statistics, in single precision, against exact values.

A map that is nearly constant leaves less than single precision can hold of its variance: sums must
be taken after the mean is off, or in double precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnncalc.executor.kernels.normalization import group_norm, instance_norm, layer_norm
from cnncalc.executor.workspace import Workspace

SHAPE = (2, 40, 41, 4)
NOISE = np.random.default_rng(0).normal(size=SHAPE)
MAPS = {
    "constant": np.full(SHAPE, 1.2442),
    "large constant": np.full(SHAPE, 12345.67),
    "nearly constant": 1.2442 + 1e-6 * NOISE,
    "far from zero": 1000 + NOISE,
    "very far from zero": 1e6 + NOISE,
    "normal": NOISE,
    "one large element": np.where(np.arange(NOISE.size).reshape(SHAPE) == 5, 1000.0, NOISE),
}
EPS = 1e-5


def exact(x: Any, kind: str) -> Any:
    """Return the normalised array, worked out with more digits."""
    wide = x.astype(np.longdouble)
    groups = {"group": 2, "instance": 4, "layer": 1}.get(kind)
    if groups is None:
        mean, variance = wide.mean(-1, keepdims=True), wide.var(-1, keepdims=True)
        return (wide - mean) / np.sqrt(variance + EPS)
    sets = wide.reshape(SHAPE[0], -1, groups, SHAPE[-1] // groups)
    mean, variance = sets.mean((1, 3), keepdims=True), sets.var((1, 3), keepdims=True)
    return ((sets - mean) / np.sqrt(variance + EPS)).reshape(SHAPE)


def executed(x: Any, kind: str) -> Any:
    """Return what the kernel makes of a copy of the array."""
    work, x = Workspace(), x.copy()
    if kind == "group":
        return group_norm(work, x, 2, None, EPS)
    if kind == "instance":
        return instance_norm(work, x, None, EPS)
    return layer_norm(work, x, None, EPS, "all" if kind == "layer" else "channels")


KINDS = ("group", "instance", "layer", "channels")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MAPS)
def test_the_error_is_that_of_the_last_digit(name: str, kind: str) -> None:
    x = MAPS[name].astype(np.float32)
    wanted, found = exact(x, kind), executed(x, kind)
    assert found.dtype == np.float32
    assert abs(found - wanted).max() <= 6e-8 * max(1e-3, abs(wanted).max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MAPS)
def test_no_farther_from_the_exact_value_than_pytorch(name: str, kind: str) -> None:
    torch = pytest.importorskip("torch")
    x = MAPS[name].astype(np.float32)
    if kind == "channels":
        theirs = torch.nn.functional.layer_norm(torch.tensor(x), SHAPE[-1:], eps=EPS).numpy()
    else:
        first = torch.tensor(np.moveaxis(x, -1, 1).copy())
        groups = {"group": 2, "instance": 4, "layer": 1}[kind]
        theirs = torch.nn.functional.group_norm(first, groups, eps=EPS).numpy()
        theirs = np.moveaxis(theirs, 1, -1)
    wanted = exact(x, kind)
    assert abs(executed(x, kind) - wanted).max() <= abs(theirs - wanted).max()
