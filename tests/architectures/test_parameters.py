"""The knob that shipped families share: `classes`, in every network that tells classes apart.

What a knob costs is held to a formula: a unit of a dense layer costs one weight for each number it
reads and a bias, a map of a convolution one weight for each tap in each channel and a bias.
"""

from __future__ import annotations

import pytest
from paper_figures import analysis
from shipped import shipped

import cnncalc
from cnncalc.layers.axes import per_axis
from cnncalc.layers.conv import Conv
from cnncalc.layers.dense import Linear
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.walk import NodeFigures

#: Networks whose output is not a score, or a map of scores, for each class; and those of which
#: more layers than the last weigh the classes.
OTHERS = {
    "dcgan_discriminator",
    "dcgan_generator",
    "espcn_x2",
    "espcn_x3",
    "espcn_x4",
    "fcn16s",
    "fcn32s",
    "fcn8s",
    "ssd300",
    "yolov3",
}
CLASSES = 7


def cost_of_one(row: NodeFigures) -> int:
    """Return the parameters of one output channel of a layer with weights."""
    layer, channels = row.node.layer, row.inputs[0][0]
    if isinstance(layer, Conv):
        taps = product(per_axis(layer.kernel_size, len(row.inputs[0]) - 1, "kernel_size"))
        return channels // layer.groups * taps + layer.bias
    assert isinstance(layer, Linear)
    return product(row.inputs[0]) + layer.bias


@pytest.mark.parametrize("name", shipped(OTHERS))
def test_classes(name: str) -> None:
    usual = analysis(name)
    changed = cnncalc.analyze(cnncalc.load(name, classes=CLASSES))
    assert [node.name for node in usual.graph.nodes] == [n.name for n in changed.graph.nodes]
    for output in changed.graph.outputs:
        assert changed.figures(output).output[0] == CLASSES
    scores = 0
    for before, after in zip(usual.rows(), changed.rows(), strict=True):
        if before.params == after.params:
            continue
        more = before.output[0] - after.output[0]
        assert before.params - after.params == more * cost_of_one(before), before.node.name
        assert after.output[0] == CLASSES
        scores += not before.node.aux
    learned = all(node.layer.keyword != "rbf" for node in usual.graph.nodes)
    assert scores == learned
