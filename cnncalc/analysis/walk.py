"""The walk over a graph that finds every node's shapes, parameters and operations."""

from __future__ import annotations

from operator import attrgetter

from cnncalc.analysis.figures import COUNTS, NAMED
from cnncalc.analysis.figures import NodeFigures as NodeFigures
from cnncalc.analysis.figures import Totals as Totals
from cnncalc.diagnostics import Diagnostic, LayerError, SpecError
from cnncalc.graph import acyclic
from cnncalc.quantities import OPERATIONS, OpCount, bytes_of, show_shape
from cnncalc.record import Record, Shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from cnncalc.graph import Graph, Node
    from cnncalc.layers.facts import Facts
    from cnncalc.quantities import Shape


class ShapeError(SpecError):
    """A layer cannot take what it gets; `partial` is the analysis of everything before it."""

    def __init__(self, diagnostic: Diagnostic, partial: Analysis) -> None:
        super().__init__(diagnostic)
        self.partial = partial


class Analysis(Shown, Record):
    """Shapes, parameters and operations of every node of a graph.

    `facts` holds each layer's own figures, in the order of `graph.nodes`; figures are for one
    sample; `batch` and `dtype` scale memory only.
    """

    graph: Graph
    facts: tuple[Facts, ...]
    batch: int = 1
    dtype: str = "float32"

    @property
    def itemsize(self) -> int:
        """Bytes of one number of the network's own type (1 of two 4-bit numbers)."""
        return bytes_of(1, self.dtype)

    @property
    def is_uniform(self) -> bool:
        """Whether all numbers are of the network's own type."""
        return all(node.marks is None or node.marks[1] is None for node in self.graph.nodes)

    def dtype_of(self, index: int) -> str:
        """Return the type of a node's weights and output in memory."""
        return self.graph.nodes[index].dtype or self.dtype

    def output_bytes(self, index: int) -> int:
        """Return the bytes of a node's output, for a batch."""
        return bytes_of(self.facts[index].elements * self.batch, self.dtype_of(index))

    def weight_bytes(self, index: int) -> tuple[int | None, int | None]:
        """Return the bytes of the params and of the buffers that a node uses, shared ones too.

        None where their number is not known.
        """
        own, shares = self.facts[index], self.graph.nodes[index].shares
        dtype = self.dtype_of(index if shares is None else shares)
        params, buffers = own.trainable, own.buffers
        return (
            None if params is None else bytes_of(params, dtype),
            None if buffers is None else bytes_of(buffers, dtype),
        )

    def params(self, index: int) -> int | None:
        """Return the params of one node, 0 where it uses another's; None if not known."""
        return 0 if self.graph.nodes[index].shares is not None else self.facts[index].trainable

    def figures(self, index: int) -> NodeFigures:
        """Return the figures of one node."""
        nodes, facts = self.graph.nodes, self.facts
        node, own = nodes[index], facts[index]
        shared = node.shares is not None
        return NodeFigures(
            node,
            tuple([facts[i].output for i in node.inputs]),
            own.output,
            own.params,
            self.params(index),
            0 if shared else own.buffers,
            own.ops,
            nodes[node.shares].name if node.shares is not None else None,
            self.frozen(index),
        )

    def __getitem__(self, name: str) -> NodeFigures:
        """Return the figures of a node by name, or of a scope's last; raises `KeyError`."""
        return self.figures(self.graph.index(name))

    def rows(self) -> list[NodeFigures]:
        """Return the figures of all nodes but the inputs."""
        first = len(self.graph.inputs)
        return [self.figures(index) for index in range(first, len(self.facts))]

    def output_shapes(self) -> list[Shape]:
        """Return the output shape of every node."""
        return [own.output for own in self.facts]

    def totals(self, aux: bool | None = None) -> Totals:
        """Return the sums over all nodes (None), the main path (False) or aux heads (True)."""
        nodes = self.graph.nodes
        first = len(self.graph.inputs)
        return self.sums(
            i for i in range(first, len(self.facts)) if aux is None or nodes[i].aux is aux
        )

    def sums(self, indices: Iterable[int]) -> Totals:
        """Return the sums over some nodes; weights used twice count once."""
        chosen = list(indices)
        try:
            return self.exact_sums(chosen)
        except TypeError:  # None: a count that is not known, which nothing can be added to
            return self.known_sums(chosen)

    def exact_sums(self, indices: list[int]) -> Totals:
        """Return the sums over nodes whose counts are all known; raises `TypeError` if not."""
        nodes, facts = self.graph.nodes, self.facts
        params = buffers = activations = 0
        frozen: Any = 0
        for index in indices:
            own: Any = facts[index]
            activations += own.elements
            node = nodes[index]
            if node.shares is None:
                params += own.trainable
                buffers += own.buffers
                if node.marks is not None or own.constants:
                    frozen += self.frozen(index)
        ops = [facts[index].ops for index in indices]
        counts = [sum(map(attrgetter(kind), ops)) for kind in OPERATIONS]
        return Totals(params, buffers, OpCount(*counts), activations, (), frozen)

    def known_sums(self, indices: list[int]) -> Totals:
        """Return the sums over what is known of some nodes, and which of them lack something."""
        sums = dict.fromkeys(COUNTS, 0)
        lacking = set()
        for index in indices:
            for name, count in self.counts(index).items():
                if count is None:
                    lacking.add(name)
                else:
                    sums[name] += count
        names = [name for name in sums if name in lacking]
        if lacking.intersection(OPERATIONS):
            names.append("flops")
        ops = OpCount(*[sums[name] for name in OPERATIONS])
        activations = sum([self.facts[index].elements for index in indices])
        return Totals(
            sums["params"], sums["buffers"], ops, activations, tuple(names), sums["frozen"]
        )

    def counts(self, index: int) -> dict[str, int | None]:
        """Return what a node adds to each sum; None where that is not known."""
        own = self.figures(index)
        weights = (own.params, own.trainable, own.frozen, own.buffers)
        return dict(zip(COUNTS, (*weights, *own.ops.values()), strict=True))

    def frozen(self, index: int) -> int | None:
        """Return how many params of a node are not trained; None if that is not known.

        A node is frozen if the spec says so of it or of a scope around it. Otherwise values that
        the spec gives are constants, unless it says that they are trained.
        """
        node, own = self.graph.nodes[index], self.facts[index]
        if node.shares is not None or node.trainable:
            return 0
        return own.constants if node.trainable is None else own.trainable

    def unknown(self, index: int) -> tuple[str, ...]:
        """Return the names of the counts of a node that are not known."""
        if not self.graph.nodes[index].layer.opaque:
            return ()
        counts = self.counts(index)
        return tuple([name for name in NAMED if counts[name] is None])

    def depth(self, inside: Iterable[int] | None = None) -> int:
        """Return the largest number of layers with weights on a path from an input to an output.

        With `inside`, on a path through some nodes only, given in the order of the graph.
        Convolutions and linear layers count, norms do not: so ResNet-50 has depth 50. Of a layer of
        the spec's own it is known by its products, or else by its weights; see `knows_depth`.
        """
        nodes = self.graph.nodes
        depths: dict[int, int] = {}
        for index in range(len(self.facts)) if inside is None else inside:
            node = nodes[index]
            own = 1 if self.is_deepening(index) else 0
            depths[index] = own + max([depths.get(i, 0) for i in node.inputs], default=0)
        ends = depths if inside is not None else self.graph.outputs
        return max([depths.get(i, 0) for i in ends], default=0)

    def is_deepening(self, index: int) -> bool | None:
        """Return whether a node is one of the layers with weights; None if that is not known."""
        layer = self.graph.nodes[index].layer
        if not layer.opaque:
            return layer.role == "weighted"
        own = self.figures(index)
        known = own.params if own.macs is None else own.macs
        return None if known is None else known > 0

    @property
    def knows_depth(self) -> bool:
        """Whether the depth is exact: otherwise it is at least so large."""
        nodes = self.graph.nodes
        opaque = [index for index in range(len(self.facts)) if nodes[index].layer.opaque]
        return all(self.is_deepening(index) is not None for index in opaque)


@acyclic
def analyze(graph: Graph, batch: int = 1, dtype: str = "float32") -> Analysis:
    """Return shapes, parameters and operations of every node.

    `batch` and `dtype` scale memory only. Raises `ShapeError`, with everything that could still
    be computed, at the first layer that cannot take its input.
    """
    if graph.facts is not None:
        return Analysis(graph, graph.facts, batch, dtype)
    facts: list[Facts] = []
    outputs: list[Shape] = []
    nodes = graph.nodes
    for node in nodes:
        read = node.inputs
        inputs = (outputs[read[0]],) if len(read) == 1 else tuple([outputs[i] for i in read])
        try:
            own = node.layer.facts(inputs)
            if node.shares is not None:
                check_shared(own, nodes[node.shares], facts[node.shares])
        except LayerError as error:
            partial = Analysis(graph, tuple(facts), batch, dtype)
            raise ShapeError(shape_diagnostic(node, error, partial), partial) from None
        facts.append(own)
        outputs.append(own.output)
    return Analysis(graph, tuple(facts), batch, dtype)


def check_shared(own: Facts, owner: Node, theirs: Facts) -> None:
    """Raise `LayerError` unless two layers that share weights have weights of equal shapes."""
    if own.params == theirs.params:
        return

    def shown(facts: Facts) -> str:
        arrays = [f"{a.name} {show_shape(a.shape)}" for a in facts.params]
        return ", ".join(arrays) or "no weights"

    raise LayerError(
        f"it shares the weights of `{owner.name}` ({shown(theirs)}), but needs {shown(own)}",
        help="give both the same fields and the same input channels",
    )


def shape_diagnostic(node: Node, error: LayerError, partial: Analysis) -> Diagnostic:
    """Return a layer's complaint with its place, and what the layer was given."""
    nodes = partial.graph.nodes
    given = [
        f"{show_shape(partial.facts[i].output)} from `{nodes[i].name}`" for i in node.inputs[:4]
    ]
    notes = (f"{node.layer.keyword} `{node.name}` gets " + " and ".join(given),) if given else ()
    help = error.help
    for doubt in partial.graph.warnings:
        if doubt.code == "axes":  # an input whose axes stand in another order explains the rest
            help = f"{doubt.message}; {doubt.help}"
    return Diagnostic(error.message, node.span_of(error.field), help, notes, node=node.name)
