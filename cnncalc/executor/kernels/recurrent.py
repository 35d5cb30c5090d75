"""Recurrent layers: the columns of a map one after the other, in one direction or both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from cnncalc.executor.workspace import Array, Workspace

#: The weights of one layer in one direction: of the input, of the state, and their biases if any.
Weights: TypeAlias = tuple[Array, Array, Array | None, Array | None]
#: Makes the new state and memory of the shares of input and state in the gates, and of the old.
Step: TypeAlias = Callable[[Array, Array, Array, Array], tuple[Array, Array]]


def recurrent(
    work: Workspace, x: Array, weights: Sequence[Weights], step: Step, directions: int, last: bool
) -> Array:
    """The states after every column of `x` (batch, [height,] width, channels), or the last ones.

    `weights` are those of every layer and direction. A column's features are its channels, each
    with all its rows. Raises `ValueError` where a matrix does not fit.
    """
    columns = np.moveaxis(x, -1, 1).reshape(x.shape[0], -1, x.shape[-2])
    sequence = np.ascontiguousarray(np.moveaxis(columns, -1, 0))  # (steps, batch, features)
    for first in range(0, len(weights), directions):
        ways = [
            states(work, sequence[::-1] if way else sequence, weights[first + way], step)
            for way in range(directions)
        ]
        ends = [way[-1] for way in ways]
        ways = [way[::-1] if number else way for number, way in enumerate(ways)]
        sequence = np.concatenate(ways, axis=-1)
    if last:
        sequence = np.concatenate(ends, axis=-1)[None]
    out = work.empty((x.shape[0], *[1] * (x.ndim - 3), len(sequence), sequence.shape[-1]))
    np.copyto(out.reshape(len(x), len(sequence), -1), np.moveaxis(sequence, 0, 1))
    return out


def states(work: Workspace, sequence: Array, weights: Weights, step: Step) -> Array:
    """The state after each step of a sequence (steps, batch, features), from a state of zeros."""
    of_input, of_state, input_bias, state_bias = weights
    if of_input.shape[1:] != sequence.shape[-1:] or of_state.shape[0] != of_input.shape[0]:
        raise ValueError(f"weights of {of_input.shape} cannot read {sequence.shape[-1]} features")
    count, batch, features = sequence.shape
    shares = np.empty((count * batch, len(of_input)), sequence.dtype)
    work.matmul(np.ascontiguousarray(sequence).reshape(-1, features), of_input.T, shares)
    if input_bias is not None:
        np.add(shares, input_bias, out=shares)
    state = memory = np.zeros((batch, of_state.shape[1]), sequence.dtype)
    share = np.empty((batch, len(of_state)), sequence.dtype)
    result = np.empty((count, *state.shape), sequence.dtype)
    for index, given in enumerate(shares.reshape(count, batch, -1)):
        work.matmul(state, of_state.T, share)
        if state_bias is not None:
            np.add(share, state_bias, out=share)
        state, memory = step(given, share, state, memory)
        result[index] = state
    return result


def lstm_step(given: Array, share: Array, _state: Array, memory: Array) -> tuple[Array, Array]:
    """The gates i, f, g, o: the memory is `f * memory + i * g`, the state `o * tanh(memory)`."""
    i, f, g, o = np.split(given + share, 4, axis=-1)
    memory = logistic(f) * memory + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(memory), memory


def gru_step(given: Array, share: Array, state: Array, memory: Array) -> tuple[Array, Array]:
    """The gates r, z, n: r multiplies the state's share of n; the state becomes
    `(1 - z) * n + z * state`.
    """
    (r, z, n), (r_state, z_state, n_state) = np.split(given, 3, -1), np.split(share, 3, -1)
    z = logistic(z + z_state)
    n = np.tanh(n + logistic(r + r_state) * n_state)
    return (1 - z) * n + z * state, memory


def logistic(x: Array) -> Array:
    """`1 / (1 + exp(-x))`, by a tanh, which does not overflow."""
    half = x.dtype.type(0.5)
    result: Array = half + half * np.tanh(half * x)
    return result
