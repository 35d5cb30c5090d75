"""What a network needs in memory: weights, activations, and the peak of a run."""

from __future__ import annotations

from cnncalc.quantities import DTYPE_BITS, bytes_of
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

#: By the name of an optimizer: what it keeps for each parameter beside the weight and its gradient,
#: as a count of numbers and in words.
OPTIMIZERS = {
    "sgd": (0, ""),
    "momentum": (1, "a momentum"),
    "adam": (2, "two Adam moments"),
    "adamw": (2, "two AdamW moments"),
}
#: Whether the gradients of activations count, which exist one after the other on the way back:
#: not at all, or as if all of them were kept, the most that it can be.
ACTIVATION_GRADIENTS = ("none", "all")


class TrainingRule(Record):
    """What an estimate of training memory counts: the optimizer, and gradients of activations."""

    optimizer: str = "adam"
    activation_gradients: str = "none"

    @property
    def copies(self) -> int:
        """Numbers for each parameter that is trained: weight, gradient and the optimizer's."""
        return 2 + OPTIMIZERS[self.optimizer][0]

    def in_words(self) -> str:
        """Return what is counted: `weights, gradients, two Adam moments and all activations`."""
        extra = OPTIMIZERS[self.optimizer][1]
        parts = ["weights", "gradients", *([extra] if extra else []), "all activations"]
        if self.activation_gradients == "all":
            parts.append("as many gradients of activations")
        return ", ".join(parts[:-1]) + " and " + parts[-1]


USUAL = TrainingRule()


class Memory(Record):
    """Bytes for one batch.

    `weights` are the trainable numbers of the main path, `buffers` its running statistics.
    `activations` is the sum of all outputs of the main path; `peak` the most that is alive at
    once at inference (inputs and activations, not weights), first reached at node `peak_node`.
    `training` is an estimate by a `rule`: weights, gradients, what the optimizer keeps, buffers,
    the input and every activation kept for the backward pass, auxiliary heads included. `at_least`
    names the amounts that are larger if weights are there that nobody knows of.
    """

    input: int
    weights: int
    buffers: int
    activations: int
    peak: int
    peak_node: str
    training: int
    at_least: tuple[str, ...] = ()
    rule: TrainingRule = USUAL


def measure(analysis: Analysis, in_place: bool = False, rule: TrainingRule = USUAL) -> Memory:
    """Return the memory of a batch; `in_place` lets activations overwrite their input.

    Liveness: an activation is freed when its last reader is done. Views take nothing, and
    auxiliary heads, which serve training only, do not run.
    """
    main, everything = analysis.totals(aux=False), analysis.totals()
    graph = analysis.graph
    peak, node = peak_bytes(analysis, in_place)
    first, nodes = len(graph.inputs), graph.nodes
    layers = range(first, len(nodes))
    outputs = [analysis.output_bytes(index) for index in range(len(nodes))]
    weights = [stored(analysis, index) for index in range(len(nodes))]
    inputs = sum(outputs[:first])
    main_nodes = [index for index in layers if not nodes[index].aux]
    kept, training = is_kept(analysis), 0
    for index in layers:
        params, frozen, buffers = weights[index]
        training += (params - frozen) * rule.copies + frozen + buffers
    training += sum([size for index, size in enumerate(outputs) if kept[index]])
    if rule.activation_gradients == "all":
        training += sum([outputs[index] for index in layers if kept[index]])
    lacking = [("weights", "params" in main.at_least), ("buffers", "buffers" in main.at_least)]
    lacking.append(("training", {"params", "buffers"}.intersection(everything.at_least) != set()))
    return Memory(
        input=inputs,
        weights=sum([weights[index][0] for index in main_nodes]),
        buffers=sum([weights[index][2] for index in main_nodes]),
        activations=sum([outputs[index] for index in main_nodes]),
        peak=peak,
        peak_node=graph.nodes[node].name,
        training=training,
        at_least=tuple([name for name, lacks in lacking if lacks]),
        rule=rule,
    )


def stored(analysis: Analysis, index: int) -> tuple[int, int, int]:
    """Return the bytes of a node's own params, of those that are frozen, and of its buffers.

    Weights that it shares are no more bytes; what is not known counts as nothing.
    """
    if analysis.graph.nodes[index].shares is not None:
        return 0, 0, 0
    params, buffers = analysis.weight_bytes(index)
    frozen = bytes_of(analysis.frozen(index) or 0, analysis.dtype_of(index))
    return params or 0, frozen, buffers or 0


def is_kept(analysis: Analysis) -> list[bool]:
    """Return for each node whether training keeps its output for the way back.

    All are kept, unless something is frozen: then only what a layer makes or reads through which
    gradients pass.
    """
    nodes = analysis.graph.nodes
    if not any(node.trainable is False for node in nodes):
        return [True] * len(nodes)
    from cnncalc.analysis.training import gradients

    kept = [False] * len(nodes)
    for index, found in enumerate(gradients(analysis)):
        if found.any:
            kept[index] = True
            for source in nodes[index].sources:
                kept[source] = True
    return kept


def peak_bytes(analysis: Analysis, in_place: bool = False) -> tuple[int, int]:
    """Return the most bytes alive at once for a batch, and the node at which that first happens."""
    alive = alive_bytes(analysis, in_place)
    peak = max(alive, default=0)
    return peak, alive.index(peak) if alive else 0


def alive_bytes(analysis: Analysis, in_place: bool = False) -> list[int]:
    """Return how many bytes are alive while each node runs; 0 where an auxiliary head stands."""
    if analysis.is_uniform and DTYPE_BITS[analysis.dtype] % 8 == 0:
        each = analysis.itemsize * analysis.batch
        return [count * each for count in alive_elements(analysis, in_place)]
    sizes = [analysis.output_bytes(index) for index in range(len(analysis.facts))]
    return alive(analysis, sizes, in_place)


def peak_elements(analysis: Analysis, in_place: bool = False) -> tuple[int, int]:
    """Return the most elements alive at once, and the node at which that first happens."""
    alive = alive_elements(analysis, in_place)
    peak = max(alive, default=0)
    return peak, alive.index(peak) if alive else 0


def alive_elements(analysis: Analysis, in_place: bool = False) -> list[int]:
    """Return how many elements are alive while each node runs; 0 where an auxiliary head stands."""
    return alive(analysis, [own.elements for own in analysis.facts], in_place)


def alive(analysis: Analysis, sizes: list[int], in_place: bool) -> list[int]:
    """Return how much is alive while each node runs, by the sizes of all outputs."""
    nodes = analysis.graph.nodes
    last = last_readers(analysis)
    owner = list(range(len(nodes)))  # whose memory a node's output lies in
    held = 0
    result = [0] * len(nodes)
    for index, node in enumerate(nodes):
        if node.aux:
            continue
        source = owner[node.inputs[0]] if node.inputs else index
        overwrites = (
            in_place
            and node.layer.in_place
            and last[source] == index
            and sizes[source] == sizes[index]
        )
        # A view in another type is a copy.
        if (node.layer.is_view and sizes[node.inputs[0]] == sizes[index]) or overwrites:
            owner[index] = source
            last[source] = max(last[source], last[index])
        else:
            held += sizes[index]
        result[index] = held
        for done in {owner[i] for i in node.inputs} | {owner[index]}:
            if last[done] == index:
                held -= sizes[done]
    return result


def last_readers(analysis: Analysis) -> list[int]:
    """Return for each node the index of the last node that reads it.

    Outputs of the network live to the end; a node that nobody reads lives only while it runs.
    Auxiliary heads do not read.
    """
    nodes = analysis.graph.nodes
    last = list(range(len(nodes)))
    for index in analysis.graph.outputs:
        last[index] = len(nodes)
    for index, node in enumerate(nodes):
        if not node.aux:
            for source in node.sources:
                last[source] = max(last[source], index)
    return last
