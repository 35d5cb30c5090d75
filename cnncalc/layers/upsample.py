"""Upsampling."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.base import Layer, per_axis, spatial, times
from cnncalc.layers.options import show
from cnncalc.layers.reading import Reading
from cnncalc.layers.relations import SAME
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Axes
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, NodeWeights
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape


class Upsample(Layer):
    """Upsampling: repeats the nearest element, or interpolates linearly along every axis.

    Shape: (C, *L) -> (C, *L * scale_factor), or (C, *size)
    Params: none
    Operations: nearest: none; linear: per output element and axis two multiplications, one
        addition
    Example: {upsample: {scale_factor: 2, mode: bilinear}}
    Source: PyTorch's Upsample
    """

    keyword = "upsample"
    sized = True
    role = "sampling"
    in_place = False
    is_view = False
    takes = "map"
    foreign = {
        "pytorch": "Upsample UpsamplingNearest2d UpsamplingBilinear2d",
        "keras": "UpSampling1D UpSampling2D UpSampling3D",
        "onnx": "Resize Upsample",
        "caffe": "Interp",
        "other": "interpolate resize",
    }
    tools = {
        "fvcore": (("modes", {"nearest2": 1, "bilinear2": 4}),),
        "thop": (
            ("modes", {"nearest1": 1, "nearest2": 1, "nearest3": 1, "linear1": 5, "bilinear2": 11}),
        ),
        "ptflops_pytorch": (("elements", 2),),
        "ptflops_pytorch/function": (("elements", 1),),
    }
    scale_factor: Axes | None = options.axes("how many times longer each axis becomes", None)
    size: Axes | None = options.axes("length of each axis afterwards", None)
    mode: str = options.word(
        "how new elements are found",
        ("nearest", "linear", "bilinear", "trilinear"),
        "nearest",
    )
    align_corners: bool = options.boolean("whether the corner elements keep their values", False)

    def validate(self) -> None:
        if (self.scale_factor is None) == (self.size is None):
            raise LayerError(
                "upsample needs either `scale_factor` or `size`",
                help="write `upsample: {scale_factor: 2}`",
            )
        if self.align_corners and self.mode == "nearest":
            raise LayerError("`align_corners` has no meaning for nearest", field="align_corners")

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        lengths = spatial(self, inputs[0])
        rank = len(lengths)
        wanted = {"linear": 1, "bilinear": 2, "trilinear": 3}.get(self.mode, rank)
        if wanted != rank:
            right = ("linear", "bilinear", "trilinear")[rank - 1]
            raise LayerError(
                f"{self.mode} upsampling is for {wanted} spatial axes, but the input has {rank}",
                help=f"use `mode: {right}`",
                field="mode",
            )
        if self.size is not None:
            return (inputs[0][0], *per_axis(self.size, rank, "size"))
        factors = per_axis(self.scale_factor or 1, rank, "scale_factor")
        return (inputs[0][0], *[n * f for n, f in zip(lengths, factors, strict=True)])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        from cnncalc.layers.resampling import Linear, Nearest

        fixed = self.size is not None
        lengths = zip(inputs[0][1:], output[1:], strict=True)
        if self.mode == "nearest":
            axes: list[Relation] = [Nearest(n, units, fixed) for n, units in lengths]
        else:
            axes = [Linear(n, units, fixed, self.align_corners) for n, units in lengths]
        return (Reading((SAME, *axes)),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        if self.mode == "nearest":
            return NO_OPERATIONS
        return times(OpCount(adds=1, muls=2), product(output) * (len(output) - 1))

    def explain_shape(self, board: Blackboard) -> Lines:
        if self.size is not None:
            return [f"the size is given: {show_shape(board.output[1:])}"]
        lines: Lines = []
        for axis, factor in enumerate(per_axis(self.scale_factor or 1, board.rank, "scale_factor")):
            lines.append(board.along(axis, f"{{}}*{board.put('U', factor)}"))
        return lines

    def explain_ops(self, board: Blackboard) -> Costs:
        if self.mode == "nearest":
            return {}
        volume, axes = board.volume(board.output, "_out"), board.rank
        return {
            "adds": (f"{axes}*{volume}", f"one per element and axis ({axes})"),
            "muls": (f"{2 * axes}*{volume}", f"two per element and axis ({axes})"),
        }

    def in_few_words(self) -> list[str]:
        size = (
            f"to {show(self.size)}" if self.scale_factor is None else f"x{show(self.scale_factor)}"
        )
        return [size, self.mode]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.resampling import upsample

        return upsample(run, inputs[0], self.scale_factor, self.size, self.mode, self.align_corners)
