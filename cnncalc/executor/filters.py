"""Image kernels by name, and kernels given by value in a spec."""

from __future__ import annotations

from itertools import product
from math import comb, prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.workspace import Array
from cnncalc.layers.given import FIXED
from cnncalc.quantities import ParamSpec


def given_array(given: Any, spec: ParamSpec, dtype: DTypeLike) -> Array:
    """The array that values in a spec mean: a kernel, or else rows, one for all.

    Raises `ValueError` when the sizes do not match.
    """
    if spec.name == "weight" and len(spec.shape) > 2:
        return given_kernel(given, spec.shape, dtype)
    return np.broadcast_to(np.asarray(given, float), spec.shape).astype(dtype)


def given_kernel(given: Any, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """The array (out, in/groups, *kernel) that a spec's `weight` means.

    One kernel (as many axes as the image) serves every pair of channels; one more axis gives a
    kernel for each output channel; two more give everything. Raises `ValueError` when the sizes
    do not match.
    """
    kernel = shape[2:]
    values = named_kernel(given, kernel) if isinstance(given, str) else np.asarray(given, float)
    missing = len(shape) - values.ndim
    if 0 <= missing <= 2:
        at = {0: values, 1: values[:, None] if missing == 1 else values, 2: values}[missing]
        if all(n in (1, m) for n, m in zip(at.shape[::-1], shape[::-1], strict=False)):
            return np.broadcast_to(at, shape).astype(dtype)
    raise ValueError(f"the given kernel has shape {values.shape}, but the layer needs {shape}")


def named_kernel(name: str, kernel: tuple[int, ...]) -> Array:
    """A kernel by name; box_blur, gaussian (binomial) and identity come in any size."""
    if name == "box_blur":
        return np.full(kernel, 1 / prod(kernel))
    if name == "gaussian":
        return binomial(kernel)
    if name == "identity":
        centre = np.zeros(kernel)
        centre[tuple((n - 1) // 2 for n in kernel)] = 1
        return centre
    values = np.array(FIXED[name], float)
    if values.shape != kernel:
        raise ValueError(
            f"{name} is a {len(values)}x{len(values)} kernel, but the layer needs {kernel}"
        )
    return values


def binomial(kernel: tuple[int, ...]) -> Array:
    """Products of binomial coefficients, divided by their sum: the usual small Gaussian."""
    result = np.empty(kernel)
    for place in product(*map(range, kernel)):
        result[place] = prod(
            comb(n - 1, i) / 2 ** (n - 1) for n, i in zip(kernel, place, strict=True)
        )
    return result
