"""One forward pass as in training: chance, batch statistics, and what layers note of both."""

from __future__ import annotations

import numpy as np

from cnncalc.executor.workspace import Array

#: How much of the new statistics PyTorch mixes into the running ones in a step.
MOMENTUM = 0.1


class Training:
    """What layers are handed in training: random numbers, and a place to note what they drew.

    `momentum` is PyTorch's: the share of the batch in the new running statistics. `notes` holds,
    by the index of a node, arrays by name: masks (N, C, *spatial), statistics of channels (C,).
    """

    def __init__(self, seed: int, momentum: float = MOMENTUM) -> None:
        self.generator = np.random.default_rng(seed)
        self.momentum = momentum
        self.notes: dict[int, dict[str, Array]] = {}

    def at(self, index: int) -> LayerTraining:
        """Return what the layer of one node is handed."""
        return LayerTraining(self, self.notes.setdefault(index, {}))


class LayerTraining:
    """One layer's part of a training step."""

    def __init__(self, training: Training, notes: dict[str, Array]) -> None:
        self.training = training
        self.notes = notes

    def kept(self, shape: tuple[int, ...], p: float, each: bool = True) -> Array:
        """Draw which elements of a channels-last batch stay, those that are dropped being 0.

        Each element by itself, or else each sample as a whole; noted as `mask`, channels first.
        """
        drawn = shape if each else (shape[0], *(1,) * (len(shape) - 1))
        mask = (self.training.generator.random(drawn) >= p).astype(float)
        self.notes["mask"] = np.moveaxis(np.broadcast_to(mask, shape), -1, 1)
        return mask

    def statistics(self, x: Array) -> tuple[Array, Array]:
        """Return mean and variance of each channel over the batch and its places; notes them."""
        axes = tuple(range(x.ndim - 1))
        count = x.size // x.shape[-1]
        if count < 2:
            raise ValueError(
                "batch statistics need more than one number in each channel: give a batch"
            )
        mean = x.mean(axis=axes, dtype=np.float64)
        variance = x.var(axis=axes, dtype=np.float64)
        self.notes |= {"mean": mean, "variance": variance, "count": np.array(count)}
        self.notes["momentum"] = np.array(self.training.momentum)
        return mean, variance
