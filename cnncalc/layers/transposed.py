"""Transposed convolution."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window, extent, transposed_cut, transposed_length
from cnncalc.layers import options
from cnncalc.layers.axes import per_axis, spatial
from cnncalc.layers.base import Layer
from cnncalc.layers.filters import COUNTED_AS_PRODUCTS, biases, check_groups, grouped
from cnncalc.layers.reading import Reading
from cnncalc.layers.window import padding_pairs
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Axes, Padding
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, Lines, NodeWeights, Sheet
    from cnncalc.quantities import Shape


class ConvTranspose(Layer):
    """Transposed convolution: every input element adds a scaled kernel to the output.

    Shape: (C_in, *L) -> (out_channels, *O),
        O = (L - 1) * stride - before - after + extent + output_padding
    Params: C_in * out_channels/groups * prod(kernel_size), plus out_channels for the bias
    Operations: prod(L) * C_in * out_channels/groups * prod(kernel_size) MACs (input positions),
        plus a bias add per output element
    Example: {conv_transpose: {out_channels: 16, kernel_size: 4, stride: 2, padding: 1}}
    Source: Dumoulin & Visin 2016, relationship 14; PyTorch's ConvTranspose2d. `padding: same` is
        TensorFlow's and Keras' Conv2DTranspose: O = L * stride, the gradient of a SAME convolution
    """

    keyword = "conv_transpose"
    noun = "transposed convolution"
    role = "weighted"
    in_place = False
    is_view = False
    takes = "map"
    foreign = {
        "pytorch": "ConvTranspose1d ConvTranspose2d ConvTranspose3d",
        "keras": "Conv1DTranspose Conv2DTranspose Conv3DTranspose",
        "onnx": "ConvTranspose",
        "caffe": "Deconvolution",
        "darknet": "deconvolutional",
        "other": "conv2d_transpose conv_transpose2d deconv upconv",
    }
    tools = {
        **COUNTED_AS_PRODUCTS,
        "thop": (("transposed",),),
        "torchinfo": (("transposed",), ("biases",)),
        "calflops": (("groups_twice",),),
        "darknet": (),
    }
    out_channels: int = options.integer("channels of the output")
    kernel_size: Axes = options.axes("size of the kernel that each input element scales")
    stride: Axes = options.axes("distance in the output between neighbouring input elements", 1)
    padding: Padding = options.padding("elements cut from the output's edges")
    output_padding: Axes = options.axes("elements added at the output's end", 0, minimum=0)
    dilation: Axes = options.axes("distance between the taps of the kernel", 1)
    groups: int = options.integer("groups of channels that are convolved apart", 1)
    bias: Any = options.bias("whether each output channel adds a learned constant")
    weight: Any = options.values("given values: in, out/groups, then the kernel", (), None)

    def validate(self) -> None:
        check_groups(self.out_channels, self.groups, "output")
        if self.output_padding != 0 and self.padding in ("same", "same_lower"):
            raise LayerError(
                f"`padding: {self.padding}` makes the output `stride` times as long as the input,"
                " so nothing can be added to it",
                help="leave `output_padding` out, or write the padding in numbers",
                field="output_padding",
            )

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        """Return kernel, stride and cut along each axis, as of the convolution it transposes."""
        rank = len(spatial(self, shape))
        kernel = per_axis(self.kernel_size, rank, "kernel_size")
        stride = per_axis(self.stride, rank, "stride")
        dilation = per_axis(self.dilation, rank, "dilation")
        axes = zip(kernel, stride, self.cuts(kernel, stride, dilation), dilation, strict=True)
        return tuple([Window(k, s, before, after, d) for k, s, (before, after), d in axes])

    def cuts(
        self, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
    ) -> list[tuple[int, int]]:
        """Return what is cut before and after along each axis; below 0: what is added."""
        if not isinstance(self.padding, str):
            return padding_pairs(self.padding, len(kernel), "padding")
        if self.padding == "valid":
            return [(0, 0)] * len(kernel)
        lower = self.padding == "same_lower"
        axes = zip(kernel, stride, dilation, strict=True)
        return [transposed_cut(extent(k, d), s, lower) for k, s, d in axes]

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = inputs[0]
        windows = self.windows(shape)
        check_groups(shape[0], self.groups, "input")
        extra = per_axis(self.output_padding, len(windows), "output_padding")
        lengths = []
        for length, window, more in zip(shape[1:], windows, extra, strict=True):
            if more >= max(window.stride, window.dilation):
                raise LayerError(
                    f"output_padding {more} must be smaller than the stride {window.stride}"
                    f" or the dilation {window.dilation}",
                    help=f"use output_padding of at most {max(window.stride, window.dilation) - 1}",
                    field="output_padding",
                )
            out = transposed_length(length, window, more)
            if out < 1:
                raise LayerError(
                    f"the output would be {out} long:"
                    f" padding {window.before} + {window.after} cuts everything away",
                    help="use less padding, or a larger kernel",
                    field="padding",
                )
            lengths.append(out)
        return (self.out_channels, *lengths)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        from cnncalc.layers.resampling import Spread

        shape = inputs[0]
        axes = [
            Spread(length, units, w.kernel, w.stride, w.before, w.dilation)
            for length, units, w in zip(shape[1:], output[1:], self.windows(shape), strict=True)
        ]
        return (Reading((grouped(shape[0], output[0], self.groups), *axes)),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        shape = inputs[0]
        kernel = per_axis(self.kernel_size, len(shape) - 1, "kernel_size")
        weight = ParamSpec("weight", (shape[0], self.out_channels // self.groups, *kernel))
        if self.weight is not None:
            from cnncalc.layers.given import check_given

            check_given(self.weight, weight.shape)
        return (weight, *biases(self.bias, self.out_channels))

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        shape = inputs[0]
        taps = product(per_axis(self.kernel_size, len(shape) - 1, "kernel_size"))
        macs = product(shape) * (self.out_channels // self.groups) * taps
        return OpCount(macs, product(output) if self.bias else 0)

    def explain_shape(self, board: Blackboard) -> Lines:
        return board.transposed()

    def explain_params(self, board: Blackboard) -> Formula:
        taps, filters = board.taps(self.kernel_size), board.put("C_out", board.output[0])
        return board.with_bias(f"{taps}*{board.input_channels()}", filters)

    def explain_ops(self, board: Blackboard) -> Costs:
        taps = board.taps(self.kernel_size)
        read = board.put("C_in", board.input[0]) + "*" + board.spatial(board.input)
        filters = board.put("C_out", board.output[0])
        if self.groups > 1:
            filters = f"(C_out/{board.put('G', self.groups)})"
        remark = "every input element scales one kernel per filter"
        costs = {"macs": (f"{taps}*{filters}*{read}", remark)}
        if self.bias:
            costs["adds"] = (f"C_out*{board.positions()}", "a bias for every output")
        return costs

    def work(self, sheet: Sheet) -> float:
        windows, (out, *place) = sheet.windows(), sheet.cell
        shape, per_group = sheet.inputs[0], self.out_channels // self.groups
        group, filters = out // per_group, sheet.array("weight")
        first = group * (shape[0] // self.groups)
        reads = self.reads(sheet.inputs, (self.out_channels, *place))[0].axes or ()
        taps = [
            [(unit + w.before - position * w.stride) // w.dilation for position in axis.reads(unit)]
            for axis, unit, w in zip(reads[1:], place, self.windows(shape), strict=True)
        ]
        kernels = []
        for number in range(len(windows)):
            kernel = filters[first + number, out % per_group]
            for axis, wanted in enumerate(taps):
                kernel = kernel.take(wanted, axis)
            kernels.append(kernel)
        total = sheet.products(windows, kernels)
        if not self.bias:
            return total
        return sheet.equation("y", "z + b", "with the bias", z=total, b=sheet.array("bias")[out])

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.transposed import conv_transpose

        return conv_transpose(
            run,
            inputs[0],
            weights.outputs_last("weight"),
            weights["bias"] if self.bias else None,
            filters=self.out_channels,
            kernel=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation=self.dilation,
            groups=self.groups,
        )
