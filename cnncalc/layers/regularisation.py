"""Layers that do something in training only, and pass their input on at inference."""

from __future__ import annotations

from cnncalc.layers import options
from cnncalc.layers.elementwise import Elementwise
from cnncalc.quantities import NO_OPERATIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import NodeWeights, Sheet, TrainingStep


def dropped(run: Workspace, x: Array, mask: Array, p: float) -> Array:
    """Return what is kept, divided by the share that is kept on average (inverted dropout)."""
    out = run.empty(x.shape)
    out[...] = x * mask
    if p < 1:
        out /= 1 - p
    return out


def passed_on(sheet: Sheet, p: float) -> float:
    """Write that a unit is passed on, or in training whether it was kept."""
    if sheet.noted is None:
        return sheet.equation("y", "x", "passed on at inference", x=sheet.own())
    place = (sheet.sample, *sheet.cell)
    kept = float(sheet.noted["mask"][place])
    if p == 1:
        return sheet.equation("y", "r*x", "everything is dropped", r=kept, x=sheet.own())
    remark = "kept" if kept else "dropped"
    return sheet.equation("y", "r*x/(1 - p)", remark, r=kept, x=sheet.own(), p=p)


class Dropout(Elementwise):
    """Dropout: identity at inference; in training each element is zeroed with probability p.

    Operations: none at inference
    Example: {dropout: 0.5}
    Source: Srivastava et al. 2014
    """

    keyword = "dropout"
    per_element = NO_OPERATIONS
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

    def train(
        self, run: Workspace, inputs: Inputs, _weights: NodeWeights, step: TrainingStep
    ) -> Array:
        return dropped(run, inputs[0], step.kept(inputs[0].shape, self.p), self.p)

    def work(self, sheet: Sheet) -> float:
        return passed_on(sheet, self.p)

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]


class StochasticDepth(Elementwise):
    """Stochastic depth: identity at inference; in training the branch is skipped at random.

    Operations: none at inference
    Example: {stochastic_depth: 0.1}
    Source: Huang et al. 2016, Deep Networks with Stochastic Depth
    """

    keyword = "stochastic_depth"
    per_element = NO_OPERATIONS
    sized = True
    role = "regularisation"
    in_place = False
    is_view = True
    foreign = {"other": "drop_path droppath"}
    tools = {}
    p: float = options.number("probability of skipping", 0.2, minimum=0, maximum=1)

    def train(
        self, run: Workspace, inputs: Inputs, _weights: NodeWeights, step: TrainingStep
    ) -> Array:
        return dropped(run, inputs[0], step.kept(inputs[0].shape, self.p, each=False), self.p)

    def work(self, sheet: Sheet) -> float:
        return passed_on(sheet, self.p)

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]
