"""Functions of one element, and the softmaxes; worked on block by block so that every pass finds
its block in cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnncalc.executor.kernels import channelwise
from cnncalc.executor.kernels.normal_tail import normal_tail
from cnncalc.executor.workspace import Array, Workspace

BLOCK = 1 << 15
"""Elements in a block."""

Step = Callable[[Array, Array, Array], object]
"""Writes the function of its first argument into the second, with the third as spare memory.

The first two may be the same array."""


def blockwise(work: Workspace, x: Array, step: Step) -> Array:
    """Apply a function block by block, in place where the input is not needed any more."""
    out = work.result_like(x)
    source, target = x.reshape(-1), out.reshape(-1)
    spare = work.scratch("spare", (min(BLOCK, source.size),))
    for low in range(0, source.size, BLOCK):
        piece = source[low : low + BLOCK]
        step(piece, target[low : low + BLOCK], spare[: piece.size])
    return out


def relu(work: Workspace, x: Array) -> Array:
    """`max(x, 0)`."""
    return clamp(work, x, 0.0, float("inf"))


def relu6(work: Workspace, x: Array) -> Array:
    """`min(max(x, 0), 6)`."""
    return clamp(work, x, 0.0, 6.0)


def hard_tanh(work: Workspace, x: Array) -> Array:
    """`min(max(x, -1), 1)`."""
    return clamp(work, x, -1.0, 1.0)


def clamp(work: Workspace, x: Array, low: float, high: float) -> Array:
    """`min(max(x, low), high)`. NaN stays NaN."""
    out = work.result_like(x)
    np.clip(x, x.dtype.type(low), x.dtype.type(high), out=out)
    return out


def clip(work: Workspace, x: Array, low: float | None, high: float | None) -> Array:
    """`min(max(x, low), high)`, either of which may be missing."""
    return clamp(work, x, -np.inf if low is None else low, np.inf if high is None else high)


def abs(work: Workspace, x: Array) -> Array:  # named as the layer
    """The absolute value."""
    return blockwise(work, x, lambda block, out, _spare: np.abs(block, out=out))


def square(work: Workspace, x: Array) -> Array:
    """`x * x`."""
    return blockwise(work, x, lambda block, out, _spare: np.square(block, out=out))


def sqrt(work: Workspace, x: Array) -> Array:
    """The square root; NaN below zero."""

    def step(block: Array, out: Array, _spare: Array) -> None:
        with np.errstate(invalid="ignore"):
            np.sqrt(block, out=out)

    return blockwise(work, x, step)


def softsign(work: Workspace, x: Array) -> Array:
    """`x / (1 + |x|)`."""

    def step(block: Array, out: Array, spare: Array) -> None:
        np.abs(block, out=spare)
        np.add(spare, 1, out=spare)
        np.divide(block, spare, out=out)

    return blockwise(work, x, step)


def selu(work: Workspace, x: Array) -> Array:
    """ELU with the alpha and the scale that keep mean and variance (Klambauer et al. 2017)."""
    out = elu(work, x, 1.6732632423543772)
    np.multiply(out, x.dtype.type(1.0507009873554805), out=out)
    return out


def mish(work: Workspace, x: Array) -> Array:
    """`x * tanh(log(1 + exp(x)))`."""

    def step(block: Array, out: Array, spare: Array) -> None:
        # tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2) for e = exp(x); 1 long before e overflows.
        np.minimum(block, 20, out=spare)
        np.exp(spare, out=spare)
        np.multiply(spare, spare + 2, out=spare)
        np.divide(spare, spare + 2, out=spare)
        np.multiply(block, spare, out=out)

    return blockwise(work, x, step)


def leaky_relu(work: Workspace, x: Array, slope: float) -> Array:
    """`x` above zero, `slope * x` below."""
    slope_ = x.dtype.type(slope)

    def step(block: Array, out: Array, spare: Array) -> None:
        np.minimum(block, 0, out=spare)
        np.multiply(spare, slope_, out=spare)
        np.maximum(block, 0, out=out)
        np.add(out, spare, out=out)

    return blockwise(work, x, step)


def prelu(work: Workspace, x: Array, weight: Array, slopes: int) -> Array:
    """Leaky ReLU with one slope, or one per channel; `weight` must hold `slopes` numbers."""
    if weight.shape != (slopes,):
        raise ValueError(f"a weight of {weight.shape} for {slopes} slopes")
    if slopes == 1:
        return leaky_relu(work, x, float(weight.reshape(())))
    below = work.empty(x.shape)
    np.minimum(x, 0, out=below)
    channelwise.multiply(below, weight, below)
    out = work.result_like(x)
    np.maximum(x, 0, out=out)
    np.add(out, below, out=out)
    work.discard(below)
    return out


def elu(work: Workspace, x: Array, alpha: float) -> Array:
    """`x` above zero, `alpha * (exp(x) - 1)` below."""
    factor = x.dtype.type(alpha)

    def step(block: Array, out: Array, spare: Array) -> None:
        np.minimum(block, 0, out=spare)
        np.expm1(spare, out=spare)
        np.multiply(spare, factor, out=spare)
        np.maximum(block, 0, out=out)
        np.add(out, spare, out=out)

    return blockwise(work, x, step)


def _one_plus_exp(block: Array, out: Array) -> None:
    # Where exp(-x) overflows, infinity is what the quotient wants: it becomes zero.
    np.negative(block, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)


def sigmoid(work: Workspace, x: Array) -> Array:
    """`1 / (1 + exp(-x))`."""

    def step(block: Array, out: Array, _spare: Array) -> None:
        _one_plus_exp(block, out)
        np.reciprocal(out, out=out)

    return blockwise(work, x, step)


def silu(work: Workspace, x: Array) -> Array:
    """`x * sigmoid(x)`."""

    def step(block: Array, out: Array, spare: Array) -> None:
        _one_plus_exp(block, spare)
        np.divide(block, spare, out=out)

    return blockwise(work, x, step)


def _hard_gate(block: Array, out: Array) -> None:
    np.add(block, 3, out=out)
    np.clip(out, 0, 6, out=out)
    np.divide(out, 6, out=out)


def hard_sigmoid(work: Workspace, x: Array) -> Array:
    """`relu6(x + 3) / 6`."""
    return blockwise(work, x, lambda block, out, _spare: _hard_gate(block, out))


def hard_swish(work: Workspace, x: Array) -> Array:
    """`x * relu6(x + 3) / 6`."""

    def step(block: Array, out: Array, spare: Array) -> None:
        _hard_gate(block, spare)
        np.multiply(block, spare, out=out)

    return blockwise(work, x, step)


def tanh(work: Workspace, x: Array) -> Array:
    """Hyperbolic tangent."""
    return blockwise(work, x, lambda block, out, _spare: np.tanh(block, out=out))


def softplus(work: Workspace, x: Array, beta: float, threshold: float) -> Array:
    """`log(1 + exp(beta * x)) / beta`, and `x` where `beta * x` exceeds the threshold."""
    sharp = x.dtype.type(beta)

    def step(block: Array, out: Array, spare: Array) -> None:
        steep = np.multiply(block, sharp)
        straight = steep > threshold
        # log(1 + exp(v)) = max(v, 0) + log(1 + exp(-|v|)), which cannot overflow.
        np.abs(steep, out=spare)
        np.negative(spare, out=spare)
        np.exp(spare, out=spare)
        np.log1p(spare, out=spare)
        np.clip(steep, 0, np.inf, out=steep)
        np.add(spare, steep, out=spare)
        np.divide(spare, sharp, out=spare)
        np.copyto(spare, block, where=straight)
        np.copyto(out, spare)

    return blockwise(work, x, step)


def gelu(work: Workspace, x: Array, approximate: str) -> Array:
    """`x` times the normal distribution function of `x`, or the tanh form of Hendrycks & Gimpel."""
    return blockwise(work, x, _gelu_tanh if approximate == "tanh" else _gelu_exact)


def _gelu_exact(block: Array, out: Array, spare: Array) -> None:
    # With q the probability beyond |x|: x * (1 - q) for x > 0, x * q below; both are
    # max(x, 0) - |x| * q, which keeps the small values at the left exact.
    size = np.abs(block)
    normal_tail(size, spare)
    np.multiply(spare, size, out=spare)
    np.clip(block, 0, np.inf, out=out)
    np.subtract(out, spare, out=out)


def _gelu_tanh(block: Array, out: Array, spare: Array) -> None:
    kind = block.dtype.type
    np.multiply(block, block, out=spare)
    np.multiply(spare, kind(0.044715), out=spare)
    np.add(spare, 1, out=spare)
    np.multiply(spare, block, out=spare)
    np.multiply(spare, kind(np.sqrt(2 / np.pi)), out=spare)
    np.tanh(spare, out=spare)
    np.add(spare, 1, out=spare)
    np.multiply(spare, block, out=out)
    np.multiply(out, kind(0.5), out=out)


def softmax(work: Workspace, x: Array, axis: int = 0) -> Array:
    """`exp(x) / sum of exp` over an axis (0: the channels), after subtracting the largest."""
    place = axis or -1  # the channels lie at the end, spatial axes where they are counted
    out = work.result_like(x)
    np.subtract(x, x.max(axis=place, keepdims=True), out=out)
    np.exp(out, out=out)
    np.divide(out, out.sum(axis=place, keepdims=True), out=out)
    return out


def log_softmax(work: Workspace, x: Array, axis: int = 0) -> Array:
    """The logarithm of `softmax`."""
    place = axis or -1
    out = work.result_like(x)
    np.subtract(x, x.max(axis=place, keepdims=True), out=out)
    np.subtract(out, np.log(np.exp(out).sum(axis=place, keepdims=True)), out=out)
    return out
