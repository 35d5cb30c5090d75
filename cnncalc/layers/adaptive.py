"""Pools whose output size is given, whatever the input: global and adaptive."""

from __future__ import annotations

from math import gcd

from cnncalc.geometry import bin_sizes
from cnncalc.layers import options
from cnncalc.layers.axes import per_axis, spatial
from cnncalc.layers.base import Layer
from cnncalc.layers.reading import Reading
from cnncalc.layers.relations import SAME, Everything
from cnncalc.quantities import OpCount, ParamSpec, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Axes, Terms
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, NodeWeights, Sheet
    from cnncalc.quantities import Shape


class SizedPool(Layer):
    """Base of pools that cut each axis into a given number of bins."""

    role = "pool"
    in_place = False
    is_view = False
    takes = "map"
    is_average: ClassVar[bool]

    @property
    def label(self) -> str:
        """The name in terms: tools see a global average as an adaptive one."""
        return "adaptive-average-pool" if self.is_average else super().label

    def counted_once(self, inputs: tuple[Shape, ...], output: Shape, flops: int) -> Terms:
        """Return the elements of the input; those in two bins are read again."""
        if not self.is_average:
            return super().counted_once(inputs, output, flops)
        reads, name = product(inputs[0]), f"{self.label} inputs"
        again = ((f"{name} read again", 1, flops - reads),) if flops > reads else ()
        return ((name, 1, reads), *again)

    def bins(self, shape: Shape) -> tuple[int, ...]:
        """Return the number of bins along each spatial axis."""
        return (1,) * len(spatial(self, shape))

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        return (inputs[0][0], *self.bins(inputs[0]))

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shape = inputs[0]
        if all(bins == 1 for bins in output[1:]):
            return (Reading((SAME, *[Everything(n, 1) for n in shape[1:]]), whole=True),)
        from cnncalc.layers.resampling import Bins

        return (Reading((SAME, *map(Bins, shape[1:], output[1:]))),)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        # Bins may overlap and differ in size; per axis the reads add up, over axes they multiply.
        reads = inputs[0][0]
        for length, count in zip(inputs[0][1:], output[1:], strict=True):
            # Each of the bins' count - 1 inner borders falls between two elements, which costs
            # nothing (gcd - 1 of them), or on one, which both neighbours then read.
            reads *= length + count - gcd(length, count)
        outputs = product(output)
        if self.is_average:
            return OpCount(adds=reads - outputs, divs=outputs)
        return OpCount(comparisons=reads - outputs)

    def work(self, sheet: Sheet) -> float:
        window = sheet.whole()
        if not self.is_average:
            return sheet.fold(window, "max", "y")
        total = sheet.fold(window, "sum", "s")
        return sheet.equation("y", "s/n", "the mean", s=total, n=len(window.numbers))

    def outputs_shown(self, board: Blackboard) -> str:
        """Return the formula of the number of outputs."""
        return f"{board.put('C', board.input[0])}*{board.positions()}"

    def explain_shape(self, board: Blackboard) -> Lines:
        lines: Lines = [f"the output size is given: {show_shape(board.output[1:])}"]
        lengths = zip(board.where, board.input[1:], board.output[1:], strict=True)
        for (name, *_), length, bins in lengths:
            overlap = ", which overlap or differ" if length % bins else ""
            overlap = ", elements are repeated" if bins > length else overlap
            shown = " or ".join(str(size) for size in bin_sizes(bins, length))
            count = f"{bins:,} bin" + ("" if bins == 1 else "s")
            lines.append(f"{name}: {count} over {length}, each of {shown}{overlap}")
        return lines

    def explain_ops(self, board: Blackboard) -> Costs:
        ops = self.op_count(board.inputs, board.output)
        reads = board.volume(board.input)
        if any(n % bins for n, bins in zip(board.input[1:], board.output[1:], strict=True)):
            reads = board.put("R", ops.adds + ops.comparisons + product(board.output))
        outputs = self.outputs_shown(board)
        others = (f"{reads} - {outputs}", "a bin of n needs n - 1")
        if self.is_average:
            return {"adds": others, "divs": (outputs, "one per output")}
        return {"comparisons": others}


class GlobalPool(SizedPool):
    """Base of pools that make one number of each channel."""

    def outputs_shown(self, board: Blackboard) -> str:
        return board.put("C", board.input[0])

    def explain_shape(self, board: Blackboard) -> Lines:
        shown = show_shape(board.input[1:])
        return [f"each channel of {shown} becomes one number: axes of size 1"]


class GlobalAvgPool(GlobalPool):
    """Global average pooling: the mean of each channel; axes of size 1 remain.

    Shape: (C, *L) -> (C, 1, ..., 1)
    Params: none
    Operations: prod(L) - 1 additions and one division per channel
    Example: global_avg_pool
    Source: Lin et al. 2013, Network In Network
    """

    keyword = "global_avg_pool"
    noun = "global average pool"
    foreign = {
        "keras": "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D "
        "GlobalAvgPool2D",
        "onnx": "GlobalAveragePool",
        "other": "gap global_average_pool global_average_pooling",
    }
    tools = {
        "fvcore": (("inputs_2d",),),
        "thop": (("windows",),),
        "ptflops_pytorch": (("inputs", 2),),
        "ptflops_pytorch/function": (("inputs", 1),),
    }
    is_average = True

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.adaptive import adaptive_avg_pool

        return adaptive_avg_pool(run, inputs[0], 1)


class GlobalMaxPool(GlobalPool):
    """Global max pooling: the largest element of each channel; axes of size 1 remain.

    Shape: (C, *L) -> (C, 1, ..., 1)
    Params: none
    Operations: prod(L) - 1 comparisons per channel
    Example: global_max_pool
    Source: PyTorch's AdaptiveMaxPool2d(1)
    """

    keyword = "global_max_pool"
    foreign = {
        "keras": "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalMaxPool2D",
        "onnx": "GlobalMaxPool",
        "other": "gmp global_max_pooling",
    }
    tools = {"ptflops_pytorch": (("inputs", 2),), "ptflops_pytorch/function": (("inputs", 1),)}
    is_average = False

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.adaptive import adaptive_max_pool

        return adaptive_max_pool(run, inputs[0], 1)


class AdaptiveAvgPool(SizedPool):
    """Adaptive average pooling: each axis is cut into `output_size` bins, and each is averaged.

    Shape: (C, *L) -> (C, *output_size); bin i of n covers floor(i L/n) to ceil((i + 1) L/n)
    Params: none
    Operations: additions for all elements of a bin but one, and one division, per output element
    Example: {adaptive_avg_pool: 7}
    Source: PyTorch's AdaptiveAvgPool2d
    """

    keyword = "adaptive_avg_pool"
    sized = True
    foreign = {
        "pytorch": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d",
        "other": "adaptive_avg_pool2d adaptive_average_pool",
    }
    tools = {
        "fvcore": (("inputs_2d",),),
        "thop": (("windows",),),
        "ptflops_pytorch": (("inputs", 2),),
        "ptflops_pytorch/function": (("inputs", 1),),
    }
    is_average = True
    output_size: Axes = options.axes("bins along each axis")

    def bins(self, shape: Shape) -> tuple[int, ...]:
        return per_axis(self.output_size, len(spatial(self, shape)), "output_size")

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.adaptive import adaptive_avg_pool

        return adaptive_avg_pool(run, inputs[0], self.output_size)


class AdaptiveMaxPool(AdaptiveAvgPool):
    """Adaptive max pooling: each axis is cut into `output_size` bins, the largest of each is kept.

    Shape: (C, *L) -> (C, *output_size); bin i of n covers floor(i L/n) to ceil((i + 1) L/n)
    Params: none
    Operations: comparisons for all elements of a bin but one, per output element
    Example: {adaptive_max_pool: 6}
    Source: PyTorch's AdaptiveMaxPool2d
    """

    keyword = "adaptive_max_pool"
    foreign = {
        "pytorch": "AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d",
        "other": "adaptive_max_pool2d",
    }
    tools = {"ptflops_pytorch": (("inputs", 2),), "ptflops_pytorch/function": (("inputs", 1),)}
    is_average = False

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.adaptive import adaptive_max_pool

        return adaptive_max_pool(run, inputs[0], self.output_size)
