"""Pools: one number from each window of each channel."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.window import Windowed
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.kernels.sliding import Axis
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.geometry import Rounding, Window
    from cnncalc.layers.base import Axes, Padding
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, NodeWeights, Sheet
    from cnncalc.quantities import Shape


class Pool(Windowed):
    """Base of pools: the window keeps the channels, and its stride defaults to its kernel."""

    role = "pool"
    #: Whether a window may lie in the padding altogether; the largest of nothing is no number.
    pads_freely: ClassVar[bool] = False
    kernel_size: Axes = options.axes("size of the window")
    stride: Axes | None = options.axes("step of the window; the kernel's size if not given", None)
    padding: Padding = options.padding("elements added around the input")
    ceil_mode: bool = options.boolean("whether a last, partly filled window counts", False)
    rounding: Rounding | None = options.rounding()

    if not TYPE_CHECKING:
        dilation = 1

    def validate(self) -> None:
        if self.ceil_mode and self.rounding not in (None, "ceil", "caffe"):
            raise LayerError(
                f"`ceil_mode: true` contradicts `rounding: {self.rounding}`",
                help="remove one of them",
                field="ceil_mode",
            )

    def rounding_in_force(self) -> Rounding:
        return "ceil" if self.ceil_mode else super().rounding_in_force()

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        windows = super().windows(shape)
        if self.pads_freely or isinstance(self.padding, str):
            return windows
        for window in windows:
            widest = max(window.before, window.after)
            if 2 * widest > window.kernel:
                raise LayerError(
                    f"padding {widest} is more than half of the kernel of {window.kernel},"
                    " the most that a pool may have (as in PyTorch)",
                    help=f"use padding of at most {window.kernel // 2}",
                    field="padding",
                )
        return windows

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        return (inputs[0][0], *self.spatial_output(inputs[0]))

    def slide(self, x: Array) -> tuple[Axis, ...]:
        """Return the windows that the executor finds by itself over an array."""
        from cnncalc.executor.kernels.pooling import pool_axes

        return pool_axes(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.rounding,
        )

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def padded_taps(self, sheet: Sheet) -> int:
        """Return how many taps of a unit's window lie in the input with its padding.

        With rounding up the last window may hang over the end of both.
        """
        shape, count = sheet.inputs[0], 1
        for length, unit, window in zip(
            shape[1:], sheet.cell[1:], self.windows(shape), strict=True
        ):
            first = unit * window.stride - window.before
            taps = range(first, first + window.extent, window.dilation)
            count *= len([tap for tap in taps if tap < length + window.after])
        return count

    def pooled(self, board: Blackboard) -> tuple[str, Formula, str]:
        """Return the formulas of outputs, of all elements in windows but one each, and of all."""
        taps = board.taps(self.kernel_size)
        outputs = f"{board.put('C', board.output[0])}*{board.positions()}"
        others = f"({taps} - 1)*{outputs}", "a window of n needs n - 1"
        return outputs, others, f"{taps}*{outputs}"


class MaxPool(Pool):
    """Max pooling: the largest element of each window; padding never wins.

    Shape: (C, *L) -> (C, *O), O = floor((L + pads - extent) / stride) + 1, or ceil with ceil_mode
    Params: none
    Operations: prod(kernel_size) - 1 comparisons per output element
    Example: {max_pool: {kernel_size: 3, stride: 2}}
    Source: PyTorch's MaxPool2d
    """

    keyword = "max_pool"
    foreign = {
        "pytorch": "MaxPool1d MaxPool2d MaxPool3d",
        "keras": "MaxPooling1D MaxPooling2D MaxPooling3D MaxPool2D",
        "onnx": "MaxPool",
        "caffe": "Pooling",
        "darknet": "maxpool",
        "other": "max_pool2d pool",
    }
    tools = {"ptflops_pytorch": (("inputs", 2),), "ptflops_pytorch/function": (("inputs", 1),)}
    dilation: Axes = options.axes("distance between the taps of the window", 1)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(comparisons=product(output) * (self.taps(inputs[0]) - 1))

    def explain_ops(self, board: Blackboard) -> Costs:
        return {"comparisons": self.pooled(board)[1]}

    def work(self, sheet: Sheet) -> float:
        return sheet.fold(sheet.whole(), "max", "y")

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.pooling import max_pool

        return max_pool(run, inputs[0], self.slide(inputs[0]))


class MinPool(MaxPool):
    """Min pooling: the smallest element of each window; padding never wins.

    Shape: as max_pool
    Params: none
    Operations: prod(kernel_size) - 1 comparisons per output element
    Example: {min_pool: 2}
    Source: max pooling of the negated input
    """

    keyword = "min_pool"
    foreign = {"other": "minpool minpooling min_pool2d"}
    tools = {"ptflops_pytorch": (("inputs", 2),), "ptflops_pytorch/function": (("inputs", 1),)}

    def work(self, sheet: Sheet) -> float:
        return sheet.fold(sheet.whole(), "min", "y")

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.pooling import min_pool

        return min_pool(run, inputs[0], self.slide(inputs[0]))


class AvgPool(Pool):
    """Average pooling: the mean of each window, with its padding unless that is not to count.

    Shape: (C, *L) -> (C, *O), O = floor((L + pads - extent) / stride) + 1, or ceil
    Params: none
    Operations: prod(kernel_size) - 1 additions and one division per output element
    Example: {avg_pool: {kernel_size: 3, stride: 2, padding: 1, count_include_pad: false}}
    Source: PyTorch's AvgPool2d; dilation as in ONNX' AveragePool. A window that holds nothing but
        padding which does not count gives 0
    """

    keyword = "avg_pool"
    noun = "average pool"
    foreign = {
        "pytorch": "AvgPool1d AvgPool2d AvgPool3d",
        "keras": "AveragePooling1D AveragePooling2D AveragePooling3D AvgPool2D",
        "onnx": "AveragePool",
        "other": "avgpool avg_pool2d average_pool average_pooling mean_pool",
    }
    tools = {
        "thop": (("elements", 1),),
        "ptflops_pytorch": (("inputs", 2),),
        "ptflops_pytorch/function": (("inputs", 1),),
    }
    pads_freely = True
    count_include_pad: bool = options.boolean("whether padding counts in the mean", True)
    divisor_override: int | None = options.integer("divide by this instead of the window", None)
    dilation: Axes = options.axes("distance between the taps of the window", 1)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        return OpCount(adds=count * (self.taps(inputs[0]) - 1), divs=count)

    def explain_ops(self, board: Blackboard) -> Costs:
        outputs, others, _all = self.pooled(board)
        return {"adds": others, "divs": (outputs, "one per output")}

    def work(self, sheet: Sheet) -> float:
        window = sheet.whole()
        total = sheet.fold(window, "sum", "s", zeros=self.count_include_pad)
        inside = self.padded_taps(sheet) if self.count_include_pad else len(window.read())
        count = self.divisor_override or inside
        if not count:
            return sheet.equation("y", "s", "nothing is read, so nothing is divided", s=total)
        return sheet.equation("y", "s/n", "the mean", s=total, n=count)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.pooling import avg_pool

        return avg_pool(
            run,
            inputs[0],
            self.slide(inputs[0]),
            count_include_pad=self.count_include_pad,
            divisor_override=self.divisor_override,
        )


class Subsample(Pool):
    """LeNet's subsampling: the sum of each window, times one coefficient, plus one bias.

    Shape: (C, *L) -> (C, *O), O = floor((L + pads - kernel_size) / stride) + 1, or ceil
    Params: 2 * C, a coefficient and a bias for each channel
    Operations: prod(kernel_size) - 1 additions, one multiplication and a bias add per output
    Example: {subsample: 2}
    Source: LeCun et al. 1998, section II.B, layer S2
    """

    keyword = "subsample"
    foreign = {}
    tools = None
    kernel_size: Axes = options.axes("size of the window", 2)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ParamSpec("weight", inputs[0][:1]), ParamSpec("bias", inputs[0][:1])

    def connections_of(self, ops: OpCount) -> int:
        """Return one connection per element of the window, and one to the bias."""
        return ops.adds + ops.muls

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        return OpCount(adds=count * self.taps(inputs[0]), muls=count)

    def explain_params(self, board: Blackboard) -> Formula:
        return f"2*{board.put('C', board.input[0])}", "a coefficient and a bias for each channel"

    def explain_ops(self, board: Blackboard) -> Costs:
        outputs, _others, every = self.pooled(board)
        return {
            "adds": (every, "n - 1 to sum a window of n, and one for the bias"),
            "muls": (outputs, "one coefficient per output"),
        }

    def work(self, sheet: Sheet) -> float:
        total, channel = sheet.fold(sheet.whole(), "sum", "s", zeros=True), sheet.cell[0]
        weight, bias = sheet.array("weight")[channel], sheet.array("bias")[channel]
        return sheet.equation("y", "a*s + b", "coefficient and bias", a=weight, s=total, b=bias)

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.pooling import subsample

        return subsample(run, inputs[0], self.slide(inputs[0]), weights["weight"], weights["bias"])
