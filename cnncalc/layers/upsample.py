"""Upsampling."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.axes import per_axis, size_of, spatial
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import times
from cnncalc.layers.option import fraction, show
from cnncalc.layers.reading import Reading
from cnncalc.layers.relations import SAME
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Axes, Factors
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, NodeWeights, Sheet
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape


class Upsample(Layer):
    """Upsampling: repeats the nearest element, or interpolates along every axis.

    Shape: (C, *L) -> (C, *floor(L * scale_factor)), or (C, *size), or as large as `like`
    Params: none
    Operations: nearest: none; linear: per output element and axis two multiplications, one
        addition; bicubic: four multiplications, three additions
    Example: {upsample: {scale_factor: 2, mode: bilinear}}
    Source: PyTorch's Upsample, without antialiasing. `bicubic` is cubic convolution with a = -0.75
        (Keys 1981); with `scale_factor` places are found by the factor as it is written
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
            (
                "modes",
                {
                    "nearest1": 1,
                    "nearest2": 1,
                    "nearest3": 1,
                    "linear1": 5,
                    "bilinear2": 11,
                    "bicubic2": 259,
                },
            ),
        ),
        "ptflops_pytorch": (("elements", 2),),
        "ptflops_pytorch/function": (("elements", 1),),
    }
    scale_factor: Factors | None = options.factors(
        "how many times longer each axis becomes; below 1: shorter", None
    )
    size: Axes | None = options.axes("length of each axis afterwards", None)
    like: str | None = options.reference("another layer, as large as which it becomes")
    mode: str = options.word(
        "how new elements are found",
        ("nearest", "linear", "bilinear", "trilinear", "bicubic"),
        "nearest",
    )
    align_corners: bool = options.boolean("whether the corner elements keep their values", False)

    def validate(self) -> None:
        if [self.scale_factor, self.size, self.like].count(None) != 2:
            raise LayerError(
                "upsample needs one of `scale_factor`, `size` and `like`",
                help="write `upsample: {scale_factor: 2}`",
            )
        if self.align_corners and self.mode == "nearest":
            raise LayerError("`align_corners` has no meaning for nearest", field="align_corners")

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        lengths = spatial(self, inputs[0])
        rank = len(lengths)
        wanted = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}.get(self.mode, rank)
        if wanted != rank:
            right = ("linear", "bilinear", "trilinear")[rank - 1]
            raise LayerError(
                f"{self.mode} upsampling is for {wanted} spatial axes, but the input has {rank}",
                help=f"use `mode: {right}`",
                field="mode",
            )
        if self.like is not None:
            return (inputs[0][0], *size_of(self, inputs))
        if self.size is not None:
            return (inputs[0][0], *per_axis(self.size, rank, "size"))
        result = [int(n * f) for n, f in zip(lengths, self.factors(rank), strict=True)]
        if min(result) < 1:
            raise LayerError(
                f"a factor of {show(self.scale_factor)} leaves nothing of {show_shape(lengths)}",
                help="use a larger factor, or write the `size`",
                field="scale_factor",
            )
        return (inputs[0][0], *result)

    def factors(self, rank: int) -> tuple[float, ...]:
        """Return the factor along each axis."""
        return per_axis(self.scale_factor or 1, rank, "scale_factor")

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        from cnncalc.layers.resampling import Cubic, LinearInterpolation, Nearest

        fixed = self.scale_factor is None
        axes: list[Relation] = []
        for axis, (length, units) in enumerate(zip(inputs[0][1:], output[1:], strict=True)):
            pace = None if fixed else fraction(self.factors(len(output) - 1)[axis])
            if self.mode == "nearest":
                axes.append(Nearest(length, units, fixed, pace))
            else:
                kind = Cubic if self.mode == "bicubic" else LinearInterpolation
                axes.append(kind(length, units, fixed, pace, self.align_corners))
        return (Reading((SAME, *axes)),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        if self.mode == "nearest":
            return NO_OPERATIONS
        taps = self.taps()
        return times(OpCount(adds=taps - 1, muls=taps), product(output) * (len(output) - 1))

    def taps(self) -> int:
        """Return how many elements along an axis an interpolated one is made of."""
        return 4 if self.mode == "bicubic" else 2

    def explain_shape(self, board: Blackboard) -> Lines:
        if self.scale_factor is None:
            given = "given" if self.like is None else f"that of {self.like}"
            return [f"the size is {given}: {show_shape(board.output[1:])}"]
        lines: Lines = []
        for axis, factor in enumerate(self.factors(board.rank)):
            above, below = fraction(factor) or (1, 1)
            formula = f"{{}}*{board.put('U', above)}"
            if below > 1:
                formula = f"floor({formula}/{board.put('D', below)})"
            lines.append(board.along(axis, formula))
        return lines

    def explain_ops(self, board: Blackboard) -> Costs:
        if self.mode == "nearest":
            return {}
        volume, axes = board.volume(board.output, "_out"), board.rank
        each, words = self.taps(), {1: "one", 2: "two", 3: "three", 4: "four"}
        return {
            kind: (f"{n * axes}*{volume}", f"{words[n]} per element and axis ({axes})")
            for kind, n in (("adds", each - 1), ("muls", each))
        }

    def in_few_words(self) -> list[str]:
        if self.like is not None:
            return [*super().in_few_words(), self.mode]
        if self.scale_factor is None:
            return [f"to {show(self.size)}", self.mode]
        factors = self.scale_factor if isinstance(self.scale_factor, tuple) else self.factors(1)
        shown = [f"{factor:g}" for factor in factors]
        return ["x" + (shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"), self.mode]

    def work(self, sheet: Sheet) -> float:
        if self.mode == "nearest":
            return sheet.equation("y", "x", "the nearest element", x=sheet.value())
        from cnncalc.layers.resampling import LinearInterpolation

        reading, *_ = self.reads(sheet.inputs, self.output_shape(sheet.inputs))
        products = [1.0]
        for axis, unit in zip(reading.axes or (), sheet.cell, strict=True):
            if isinstance(axis, LinearInterpolation):
                products = [one * share for one in products for share in axis.shares(unit)]
        [window] = sheet.windows()
        return sheet.weighted(window, products)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.resampling import upsample

        size = self.size if self.like is None else inputs[1].shape[1:-1]
        return upsample(run, inputs[0], self.scale_factor, size, self.mode, self.align_corners)
