"""What a network needs in memory: weights, activations, and the peak of a run."""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis

#: Numbers per parameter in training: the weight, its gradient, and Adam's two moments.
TRAINING_COPIES = 4


class Memory(Record):
    """Bytes for one batch.

    `weights` are the trainable numbers of the main path, `buffers` its running statistics.
    `activations` is the sum of all outputs of the main path; `peak` the most that is alive at
    once at inference (inputs and activations, not weights), first reached at node `peak_node`.
    `training` is an estimate: weights, gradients, two Adam moments, buffers, the input and every
    activation kept for the backward pass, auxiliary heads included. `at_least` names the amounts
    that are larger if weights are there that nobody knows of.
    """

    input: int
    weights: int
    buffers: int
    activations: int
    peak: int
    peak_node: str
    training: int
    at_least: tuple[str, ...] = ()


def measure(analysis: Analysis, in_place: bool = False) -> Memory:
    """Return the memory of a batch; `in_place` lets activations overwrite their input.

    Liveness: an activation is freed when its last reader is done. Views take nothing, and
    auxiliary heads, which serve training only, do not run.
    """
    main, everything = analysis.totals(aux=False), analysis.totals()
    item = analysis.itemsize
    each = item * analysis.batch
    peak, node = peak_elements(analysis, in_place)
    graph = analysis.graph
    inputs = sum(analysis.facts[i].elements for i in graph.inputs)
    lacking = [("weights", "params" in main.at_least), ("buffers", "buffers" in main.at_least)]
    lacking.append(("training", {"params", "buffers"}.intersection(everything.at_least) != set()))
    return Memory(
        input=inputs * each,
        weights=main.params * item,
        buffers=main.buffers * item,
        activations=main.activations * each,
        peak=peak * each,
        peak_node=graph.nodes[node].name,
        training=(everything.params * TRAINING_COPIES + everything.buffers) * item
        + (everything.activations + inputs) * each,
        at_least=tuple([name for name, lacks in lacking if lacks]),
    )


def peak_elements(analysis: Analysis, in_place: bool = False) -> tuple[int, int]:
    """Return the most elements alive at once, and the node at which that first happens."""
    alive = alive_elements(analysis, in_place)
    peak = max(alive, default=0)
    return peak, alive.index(peak) if alive else 0


def alive_elements(analysis: Analysis, in_place: bool = False) -> list[int]:
    """Return how many elements are alive while each node runs; 0 where an auxiliary head stands."""
    graph, facts = analysis.graph, analysis.facts
    nodes = graph.nodes
    last = last_readers(analysis)
    owner = list(range(len(nodes)))  # whose memory a node's output lies in
    alive = 0
    result = [0] * len(nodes)
    for index, node in enumerate(nodes):
        if node.aux:
            continue
        source = owner[node.inputs[0]] if node.inputs else index
        overwrites = (
            in_place
            and node.layer.in_place
            and last[source] == index
            and facts[source].elements == facts[index].elements
        )
        if node.layer.is_view or overwrites:
            owner[index] = source
            last[source] = max(last[source], last[index])
        else:
            alive += facts[index].elements
        result[index] = alive
        for done in {owner[i] for i in node.inputs} | {owner[index]}:
            if last[done] == index:
                alive -= facts[done].elements
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
