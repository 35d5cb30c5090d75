"""What a network needs in memory: weights, activations, and the peak of a run."""

from __future__ import annotations

from cnncalc.quantities import DTYPE_BITS, bytes_of
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.figures import Totals
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
    peak, node = peak_bytes(analysis, in_place)
    amounts = amounts_of(analysis, main, everything, rule)
    lacking = {
        "weights": "params" in main.at_least,
        "buffers": "buffers" in main.at_least,
        "training": bool({"params", "buffers"}.intersection(everything.at_least)),
    }
    return Memory(
        *amounts[:4],
        peak,
        analysis.graph.nodes[node].name,
        amounts[4],
        tuple([name for name, lacks in lacking.items() if lacks]),
        rule,
    )


def amounts_of(
    analysis: Analysis, main: Totals, everything: Totals, rule: TrainingRule
) -> tuple[int, int, int, int, int]:
    """Return the bytes of the inputs, the main path's weights, buffers and outputs, and training.

    Training: each trained number as often as the rule says, all others once, and what is kept.
    """
    nodes, facts = analysis.graph.nodes, analysis.facts
    first, kept = len(analysis.graph.inputs), is_kept(analysis)
    with_gradients = rule.activation_gradients == "all"
    if analysis.is_uniform and DTYPE_BITS[analysis.dtype] % 8 == 0:
        item, each = analysis.itemsize, analysis.itemsize * analysis.batch
        inputs = sum([own.elements for own in facts[:first]])
        held = [own.elements for own, keep in zip(facts, kept, strict=True) if keep]
        again = held[len(held) - sum(kept[first:]) :] if with_gradients else []
        copies = everything.trainable * rule.copies + everything.frozen + everything.buffers
        weights, buffers = main.params * item, main.buffers * item
        training = copies * item + (sum(held) + sum(again)) * each
        return inputs * each, weights, buffers, main.activations * each, training
    outputs = [analysis.output_bytes(index) for index in range(len(nodes))]
    weights = buffers = activations = training = 0
    for index in range(first, len(nodes)):
        own, frozen, others = stored(analysis, index)
        training += (own - frozen) * rule.copies + frozen + others
        if not nodes[index].aux:
            weights += own
            buffers += others
            activations += outputs[index]
    training += sum([size for index, size in enumerate(outputs) if kept[index]])
    if with_gradients:
        training += sum([outputs[index] for index in range(first, len(nodes)) if kept[index]])
    return sum(outputs[:first]), weights, buffers, activations, training


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
