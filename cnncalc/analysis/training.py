"""What a step of training computes: the forward pass, and the gradients that it needs.

The gradient for a layer's weights costs as many products as its forward pass, and so does the
gradient for each input that it multiplies: of `y = W x` both are products of the same extents
(Goodfellow et al. 2016, Deep Learning, section 6.5.6; `conv_backward_flop` and `mm_flop` of
PyTorch's flop counter agree, but for grouped convolutions, whose weight gradient it counts as if
they had one group). What need not be computed is left out: the gradient for weights that are frozen
or given, and the gradient for an input if nothing before it is trained. So the first layer has no
gradient for its input, and a frozen layer with nothing trained before it has none at all.

For operations other than products the same rule is an estimate: each gradient of a layer as many
operations as its forward pass. The step of the optimiser itself is not counted.
"""

from __future__ import annotations

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import Analysis


class Gradients(Record):
    """What a node's part of the way back computes.

    `weights`: whether it trains weights that multiply; `others`: whether it trains anything else,
    such as a bias; `inputs`: how many of its inputs need a gradient.
    """

    weights: bool
    others: bool
    inputs: int

    @property
    def any(self) -> bool:
        """Whether the way back passes the node at all."""
        return self.weights or self.others or self.inputs > 0


NOTHING = Gradients(False, False, 0)


def gradients(analysis: Analysis) -> list[Gradients]:
    """Return for every node which gradients training computes there."""
    nodes, facts = analysis.graph.nodes, analysis.facts
    alive = analysis.graph.live()
    result: list[Gradients] = []
    needed: list[bool] = []  # whether the output of a node needs a gradient
    for index, node in enumerate(nodes[: len(facts)]):
        weights, others = trained(analysis, index)
        inputs = sum([needed[source] for source in node.sources])
        needed.append(weights or others or inputs > 0)
        result.append(Gradients(weights, others, inputs) if alive[index] else NOTHING)
    return result


def trained(analysis: Analysis, index: int) -> tuple[bool, bool]:
    """Return whether a node trains weights that multiply, and anything else.

    Weights that it shares are trained where they belong. A layer of the spec's own trains weights
    unless it is known to have none.
    """
    nodes = analysis.graph.nodes
    shares = nodes[index].shares
    owner = index if shares is None else shares
    said, layer, own = nodes[owner].trainable, nodes[owner].layer, analysis.facts[index]
    if said is False:
        return False, False
    if own.trainable is None:
        return True, True
    names = [
        array.name
        for array in own.params
        if array.trainable and (said or layer.given(array) is None)
    ]
    biases = [name for name in names if name.startswith("bias")]
    return len(biases) < len(names), bool(biases)


class TrainingCost(Record):
    """What one step of training costs at a node, for one sample; None where it is not known."""

    macs: int | None
    flops: int | None


def steps(analysis: Analysis) -> list[TrainingCost]:
    """Return what a step of training costs at every node.

    FLOPs are by the default convention: 2 for each product, 1 for every other operation.
    """
    return [step(analysis, index, found) for index, found in enumerate(gradients(analysis))]


def step(analysis: Analysis, index: int, gradient: Gradients) -> TrainingCost:
    """Return what a step of training costs at one node, by the gradients computed there."""
    own = analysis.facts[index]
    macs, flops = own.ops.macs, own.ops.flops
    if analysis.graph.nodes[index].layer.opaque and gradient.any:
        return TrainingCost(None, None)  # nobody knows what the way back through it costs
    if macs is None or flops is None:
        return TrainingCost(macs, flops)
    # A product of two inputs has a gradient for each of them.
    inputs = gradient.inputs if macs and not own.params else min(gradient.inputs, 1)
    products = 1 + gradient.weights + inputs
    others = 1 + (gradient.weights or gradient.others) + inputs
    return TrainingCost(macs * products, 2 * macs * products + (flops - 2 * macs) * others)
