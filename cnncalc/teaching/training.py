"""What a forward pass of training leaves behind: batch statistics, running averages, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.quantities import ParamSpec
from cnncalc.record import Record

if TYPE_CHECKING:
    from cnncalc.executor.training import Training
    from cnncalc.executor.weights import WeightSource
    from cnncalc.executor.workspace import Array
    from cnncalc.graph import Graph


class Averages(Record):
    """Statistics of one channel, and the running ones before and after the step.

    PyTorch mixes in the share `momentum` of the batch, with the variance of the sample (n - 1);
    Keras keeps the share 1 - momentum, with the variance itself (n).
    """

    mean: float
    variance: float
    old: tuple[float, float]
    pytorch: tuple[float, float]
    keras: tuple[float, float]


class BatchStatistics(Record):
    """The batch statistics of one layer, channel by channel, over so many numbers each."""

    node: str
    count: int
    momentum: float
    channels: tuple[Averages, ...]


class Mask(Record):
    """What one layer kept of so many elements, each with the probability 1 - p."""

    node: str
    kept: int
    of: int
    p: float


def noted_in_training(
    graph: Graph, training: Training, source: WeightSource
) -> list[BatchStatistics | Mask]:
    """Return what every layer noted, in the order of the network, with its old statistics."""
    found: list[BatchStatistics | Mask] = []
    for index, notes in sorted(training.notes.items()):
        node = graph.nodes[index]
        if "mean" in notes:
            owner = index if node.shares is None else node.shares
            shape = notes["mean"].shape
            old = [
                source.array(owner, ParamSpec(name, shape, trainable=False), outputs_last=False)
                for name in ("running_mean", "running_var")
            ]
            found.append(statistics(node.name, notes, old))
        elif "mask" in notes:
            mask = notes["mask"]
            probability = float(getattr(node.layer, "p", 0.0))
            found.append(Mask(node.name, int(mask.sum()), int(mask.size), probability))
    return found


def statistics(name: str, notes: dict[str, Array], old: list[Array]) -> BatchStatistics:
    """Return the statistics of one layer and the running averages after the step."""
    count, a = int(notes["count"]), float(notes["momentum"])
    channels = []
    for channel, (mean, variance) in enumerate(zip(notes["mean"], notes["variance"], strict=True)):
        old_mean, old_variance = float(old[0][channel]), float(old[1][channel])
        m, v = float(mean), float(variance)
        unbiased = v * count / (count - 1)
        mixed = (1 - a) * old_mean + a * m
        channels.append(
            Averages(
                m,
                v,
                (old_mean, old_variance),
                (mixed, (1 - a) * old_variance + a * unbiased),
                (mixed, (1 - a) * old_variance + a * v),
            )
        )
    return BatchStatistics(name, count, a, tuple(channels))
