"""Layers that do something in training only, and pass their input on at inference."""

from __future__ import annotations

from cnncalc.layers import options
from cnncalc.layers.base import Elementwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import NodeWeights, Sheet


class Dropout(Elementwise):
    """Dropout: identity at inference; in training each element is zeroed with probability p.

    Shape: unchanged
    Params: none
    Operations: none at inference
    Example: {dropout: 0.5}
    Source: Srivastava et al. 2014
    """

    keyword = "dropout"
    sized = True
    keeps = " (at inference it passes everything on)"
    role = "regularisation"
    in_place = False
    is_view = True
    foreign = {
        "pytorch": "Dropout Dropout1d Dropout2d Dropout3d",
        "keras": "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D",
        "onnx": "Dropout",
        "caffe": "Dropout",
    }
    tools = {}
    p: float = options.number("probability of zeroing", 0.5, minimum=0, maximum=1)

    def work(self, sheet: Sheet) -> float:
        return sheet.equation("y", "x", "passed on at inference", x=sheet.own())

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]


class StochasticDepth(Elementwise):
    """Stochastic depth: identity at inference; in training the branch is skipped at random.

    Shape: unchanged
    Params: none
    Operations: none at inference
    Example: {stochastic_depth: 0.1}
    Source: Huang et al. 2016, Deep Networks with Stochastic Depth
    """

    keyword = "stochastic_depth"
    sized = True
    role = "regularisation"
    in_place = False
    is_view = True
    foreign = {"other": "drop_path droppath"}
    tools = {}
    p: float = options.number("probability of skipping", 0.2, minimum=0, maximum=1)

    def work(self, sheet: Sheet) -> float:
        return sheet.equation("y", "x", "passed on at inference", x=sheet.own())

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]
