"""One pass over a graph: every layer's `forward`, in order, with memory handed on as soon as it
is free."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.diagnostics import Diagnostic, LayerError, SpecError
from cnncalc.executor.training import Training
from cnncalc.executor.weights import Key, Weights, WeightSource
from cnncalc.executor.workspace import Array, Workspace, owner
from cnncalc.graph import Graph, Node
from cnncalc.quantities import ParamSpec

Shape = tuple[int, ...]


FEW_CHANNELS = 16


class Step:
    """What one executed node did.

    `output` is channels-last and only valid until the next step; `params` and `buffers` are
    elements of weights handed out for the first time, `macs` the products counted.
    """

    __slots__ = ("buffers", "index", "macs", "node", "output", "params")

    def __init__(self, index: int, node: Node, output: Array, weights: Weights, macs: int) -> None:
        self.index = index
        self.node = node
        self.output = output
        self.params = weights.params
        self.buffers = weights.buffers
        self.macs = macs

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample of the output, channels first."""
        return sample_shape(self.output)


class Executor:
    """A graph ready to run again and again: its weights, and memory that is reused from run to
    run (`work`, if other graphs use it too). With `training` layers do what they do in training.
    """

    def __init__(
        self,
        graph: Graph,
        source: WeightSource,
        dtype: DTypeLike = np.float32,
        work: Workspace | None = None,
        training: Training | None = None,
    ) -> None:
        self.training = training
        self.graph = graph
        self.source = source
        self.work = work or Workspace(dtype)
        self.reads = [len(readers) for readers in graph.readers()]
        self.declared: dict[int, tuple[tuple[Shape, ...], dict[str, ParamSpec]]] = {}

    def run(
        self,
        inputs: Sequence[Array],
        keep: Collection[int] = (),
        watch: Callable[[Step], None] | None = None,
    ) -> dict[int, Array]:
        """Execute every node and return the outputs of the nodes in `keep`, by index, channels
        first.

        `inputs` are channels first, one batch for each input of the network. `watch` is called
        after every node. Raises `SpecError` with the node's place when a layer cannot be
        executed.
        """
        kept = {}
        memory = Liveness(self.work)
        handed_out: set[Key] = set()
        with np.errstate(all="ignore"):
            for index, node in enumerate(self.graph.nodes):
                if index < len(self.graph.inputs):
                    read = [channels_last(self.work, inputs[index])]
                else:
                    read = memory.read(node)
                step = self.step(index, node, read, handed_out)
                memory.write(index, step.output, self.reads[index])
                if watch is not None:
                    watch(step)
                if index in keep:
                    kept[index] = channels_first(step.output)
                memory.collect()
        return kept

    def one(self, index: int, inputs: Sequence[Array]) -> Array:
        """Execute one node alone; what it reads and what it gives are channels first."""
        with np.errstate(all="ignore"):
            read = [channels_last(self.work, array) for array in inputs]
            return channels_first(self.step(index, self.graph.nodes[index], read, set()).output)

    def step(self, index: int, node: Node, inputs: Sequence[Array], handed_out: set[Key]) -> Step:
        """Execute one node on the arrays it reads."""
        before = self.work.macs
        shapes = tuple([sample_shape(x) for x in inputs])
        owns = index if node.shares is None else node.shares
        try:
            weights = Weights(self.source, owns, self.specs(index, node, shapes), handed_out)
            if self.training is None:
                output = node.layer.forward(self.work, inputs, weights)
            else:
                step = self.training.at(index)
                output = node.layer.train(self.work, inputs, weights, step)
        except LayerError as error:
            raise SpecError(
                Diagnostic(error.message, node.span_of(error.field), error.help, node=node.name)
            ) from None
        except KeyError as error:
            message = f"{node.layer.keyword} needs weights named {error}, which there are none of"
            raise SpecError(Diagnostic(message, node.span, node=node.name)) from None
        except ValueError as error:
            raise SpecError(Diagnostic(str(error), node.span, node=node.name)) from None
        return Step(index, node, output, weights, self.work.macs - before)

    def specs(self, index: int, node: Node, shapes: tuple[Shape, ...]) -> dict[str, ParamSpec]:
        """What the layer declares for inputs of these shapes, by name; kept from run to run."""
        known = self.declared.get(index)
        if known is None or known[0] != shapes:
            found = {spec.name: spec for spec in node.layer.params(shapes)}
            known = self.declared[index] = shapes, found
        return known[1]


class Liveness:
    """Which memory is still to be read, by whom, and what can be handed on.

    Several values may lie in one piece of memory (a flattened view, an identity); it is free when
    the last of their readers is done.
    """

    def __init__(self, work: Workspace) -> None:
        self.work = work
        self.values: dict[int, Array] = {}
        self.pending: dict[int, int] = {}
        self.slabs: dict[int, Array] = {}

    def read(self, node: Node) -> list[Array]:
        """The arrays that a node reads; memory that nobody reads after it may be overwritten by
        it.
        """
        arrays = [self.values[i] for i in node.inputs]
        slabs = [id(owner(array)) for array in arrays]
        for slab in slabs:
            self.pending[slab] -= 1
        self.work.expendable = frozenset([slab for slab in slabs if not self.pending[slab]])
        return arrays

    def write(self, index: int, output: Array, reads: int) -> None:
        """Note a node's output and how often it will be read."""
        self.values[index] = output
        slab = owner(output)
        self.slabs[id(slab)] = slab
        self.pending[id(slab)] = self.pending.get(id(slab), 0) + reads
        self.work.expendable = frozenset()

    def collect(self) -> None:
        """Take back all memory that nobody will read."""
        for slab in [slab for slab, reads in self.pending.items() if not reads]:
            self.work.discard(self.slabs.pop(slab))
            del self.pending[slab]


def sample_shape(array: Array) -> tuple[int, ...]:
    """The shape of one sample, channels first, of a channels-last batch."""
    return (array.shape[-1], *array.shape[1:-1])


def channels_last(work: Workspace, array: Array) -> Array:
    """A batch as the kernels want it, in the workspace's memory."""
    out = work.empty((array.shape[0], *array.shape[2:], array.shape[1]))
    if array.shape[1] < FEW_CHANNELS:
        # Plane by plane: loops over a few channels would cost more than their copying.
        for channel in range(array.shape[1]):
            out[..., channel] = array[:, channel]
    else:
        np.copyto(out, np.moveaxis(array, 1, -1))
    return out


def channels_first(array: Array) -> Array:
    """A copy of a channels-last batch as users see it."""
    copy: Array = np.moveaxis(array, -1, 1).copy()
    return copy
