"""Normalisations."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.batch_norm import normalised
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.filters import check_groups
from cnncalc.layers.reading import OWN, Reading, over_axis
from cnncalc.layers.relations import Blocks, Everything
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Terms
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, NodeWeights, Sheet
    from cnncalc.quantities import Shape


def scale_and_shift(shape: tuple[int, ...]) -> tuple[ParamSpec, ...]:
    """Return the two learned arrays of an affine normalisation."""
    return ParamSpec("weight", shape), ParamSpec("bias", shape)


class StatisticsNorm(Elementwise):
    """Base of normalisations whose mean and variance come from the sample itself.

    Counted per element: an addition for the mean, one to centre, a square and its addition, a
    scale, and with affine a multiplication and an addition; per group of elements that share
    statistics: two divisions, one addition (eps) and a root.
    """

    role = "norm"
    in_place = False  # the statistics need the whole input first

    if TYPE_CHECKING:
        eps: float
        affine: bool

    def counted_once(self, inputs: tuple[Shape, ...], output: Shape, flops: int) -> Terms:
        """Return operations per element, and those per set of statistics."""
        each, rest = divmod(flops, product(output))
        elements = (f"{self.label} elements", each, product(output))
        return (elements, (f"{self.label} statistics", 1, rest)) if rest else (elements,)

    def groups(self, shape: Shape) -> int:
        """Return how many sets of elements have statistics of their own."""
        raise LayerError(f"{self.keyword} does not say how {shape} is grouped")

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return scale_and_shift(inputs[0][:1]) if self.affine else ()

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        each = output[0] // self.groups(output)
        axes = (Blocks(each, each), *[Everything(n, n) for n in output[1:]])
        itself = OWN[len(output)]
        return (itself if axes == (Blocks(1, 1),) else Reading(axes, True, itself.axes),)

    def work(self, sheet: Sheet) -> float:
        window = sheet.whole()
        mean, variance = sheet.fold(window, "mean", "μ"), sheet.fold(window, "variance", "v")
        learned = {}
        if self.affine:
            place = self.learned_place(sheet.cell)
            learned = {name: float(sheet.array(name)[place]) for name in ("weight", "bias")}
        return normalised(sheet, mean, variance, self.eps, learned)

    def learned_place(self, cell: tuple[int, ...]) -> tuple[int, ...]:
        """Return where a unit's scale and shift stand: those of its channel."""
        return cell[:1]

    def explain_params(self, board: Blackboard) -> Formula:
        return f"2*{board.put('C', board.input[0])}", "a scale and a shift for each channel"

    def explain_ops(self, board: Blackboard) -> Costs:
        volume = board.volume(board.output)
        board.put("Q", self.groups(board.output))
        shift, scale = (", shift", ", learned scale") if self.affine else ("", "")
        return {
            "adds": (f"{4 if shift else 3}*{volume} + Q", f"mean, centring, variance{shift}"),
            "muls": (f"{3 if scale else 2}*{volume}", f"square, scaling{scale}"),
            "divs": ("2*Q", "mean and variance"),
            "exps": ("Q", "a root each"),
        }

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count, groups = product(output), self.groups(output)
        affine = count if self.affine else 0
        return OpCount(
            adds=3 * count + affine + groups, muls=2 * count + affine, divs=2 * groups, exps=groups
        )


class LayerNorm(StatisticsNorm):
    """Layer normalisation over the whole sample, over the channels, or over the last axis.

    Params: 2 * C * prod(L) (a scale and a shift per element), 2 * C with `axes: channels`, or twice
        the length of the last axis with `axes: last`
    Operations: see the base of these normalisations: 3 additions and 2 multiplications per
        element, 2 more with affine, and 4 operations per set of statistics
    Example: {layer_norm: channels}
    Source: Ba et al. 2016; PyTorch's LayerNorm; channels: ConvNeXt's LayerNorm2d
    """

    keyword = "layer_norm"
    weighs_places = True
    foreign = {"pytorch": "LayerNorm", "keras": "LayerNormalization", "onnx": "LayerNormalization"}
    tools = {
        "fvcore": (("elements", 5, 4),),
        "thop": (("elements", 4, 2),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 1, 1),),
    }
    axes: str = options.word("what is normalised together", ("all", "channels", "last"), "all")
    eps: float = options.number("added to the variance", 1e-5, minimum=0)
    affine: bool = options.boolean("whether a scale and a shift are learned", True)

    def groups(self, shape: Shape) -> int:
        if self.axes == "all":
            return 1
        return product(shape[1:] if self.axes == "channels" else shape[:-1])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        if self.axes == "all":
            return StatisticsNorm.reads(self, inputs, output)
        return over_axis(output, 0 if self.axes == "channels" else len(output) - 1)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        if not self.affine:
            return ()
        shape = inputs[0]
        normalised = {"all": shape, "channels": shape[:1], "last": shape[-1:]}
        return scale_and_shift(normalised[self.axes])

    def learned_place(self, cell: tuple[int, ...]) -> tuple[int, ...]:
        return {"all": cell, "channels": cell[:1], "last": cell[-1:]}[self.axes]

    def explain_params(self, board: Blackboard) -> Formula:
        if self.axes == "channels":
            return super().explain_params(board)
        if self.axes == "last":
            length = board.put("L", board.input[-1])
            return f"2*{length}", "a scale and a shift for each place on the last axis"
        return f"2*{board.volume(board.input)}", "a scale and a shift for each element"

    def initial(self, array: ParamSpec) -> float | None:
        return float(array.name == "weight")

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import layer_norm

        learned = (weights["weight"], weights["bias"]) if self.affine else None
        return layer_norm(run, inputs[0], learned, self.eps, self.axes)


class GroupNorm(StatisticsNorm):
    """Group normalisation: the channels are split into groups, each with its own statistics.

    Params: 2 * C with affine
    Operations: 3 additions and 2 multiplications per element, 2 more with affine, and 4
        operations per group
    Example: {group_norm: 32}
    Source: Wu & He 2018; PyTorch's GroupNorm
    """

    keyword = "group_norm"
    sized = True
    foreign = {"pytorch": "GroupNorm", "keras": "GroupNormalization", "onnx": "GroupNormalization"}
    tools = {
        "fvcore": (("elements", 5, 4),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 2, 1),),
    }
    num_groups: int = options.integer("how many groups the channels are split into")
    eps: float = options.number("added to the variance", 1e-5, minimum=0)
    affine: bool = options.boolean("whether a scale and a shift are learned", True)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        try:
            check_groups(inputs[0][0], self.num_groups, "input")
        except LayerError as error:
            raise LayerError(error.message, help=error.help, field="num_groups") from None
        return inputs[0]

    def groups(self, shape: Shape) -> int:
        return self.num_groups

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import group_norm

        learned = (weights["weight"], weights["bias"]) if self.affine else None
        return group_norm(run, inputs[0], self.num_groups, learned, self.eps)


class InstanceNorm(StatisticsNorm):
    """Instance normalisation: each channel of each sample has its own statistics.

    Params: 2 * C with affine
    Operations: 3 additions and 2 multiplications per element, 2 more with affine, and 4
        operations per channel
    Example: {instance_norm: {affine: true}}
    Source: Ulyanov et al. 2016; PyTorch's InstanceNorm2d
    """

    keyword = "instance_norm"
    quiet = True
    cancels_bias = True
    foreign = {
        "pytorch": "InstanceNorm1d InstanceNorm2d InstanceNorm3d",
        "keras": "InstanceNormalization",
        "onnx": "InstanceNormalization",
        "caffe": "MVN",
    }
    tools = {
        "fvcore": (("elements", 5, 4),),
        "thop": (("elements", 4, 2),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 2, 1),),
    }
    eps: float = options.number("added to the variance", 1e-5, minimum=0)
    affine: bool = options.boolean("whether a scale and a shift are learned", False)

    def groups(self, shape: Shape) -> int:
        return shape[0]

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import instance_norm

        learned = (weights["weight"], weights["bias"]) if self.affine else None
        return instance_norm(run, inputs[0], learned, self.eps)
