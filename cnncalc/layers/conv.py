"""Convolutions: ordinary, transposed, and without weight sharing."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.axes import per_axis
from cnncalc.layers.filters import COUNTED_AS_PRODUCTS, Filters, biases, check_groups, grouped
from cnncalc.layers.relations import Everything
from cnncalc.layers.window import check_padding_mode
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.geometry import Rounding
    from cnncalc.layers.base import Axes, Padding, Tools
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, NodeWeights, Sheet
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape

#: Image kernels that a spec may name instead of giving their values.
KERNEL_NAMES = (
    "sobel_x", "sobel_y", "sobel_left", "sobel_top", "laplacian", "sharpen", "emboss",
    "line_horizontal", "line_vertical", "line_rising", "line_falling", "box_blur", "gaussian",
    "gaussian_273", "identity",
)  # fmt: skip


class Conv(Filters):
    """Convolution: every filter slides over the input and sums products within its window.

    Shape: (C_in, *L) -> (out_channels, *O), O = floor((L + pads - extent) / stride) + 1,
        extent = dilation * (kernel_size - 1) + 1
    Params: out_channels * C_in/groups * prod(kernel_size), plus out_channels for the bias
    Operations: prod(O) * out_channels * C_in/groups * prod(kernel_size) MACs, plus a bias add per
        output element
    Example: {conv: {out_channels: 64, kernel_size: 3, padding: 1}}
    Source: Dumoulin & Visin 2016; connections: LeCun et al. 1998, table I
    """

    keyword = "conv"
    noun = "convolution"
    foreign = {
        "pytorch": "Conv1d Conv2d Conv3d",
        "keras": "Conv1D Conv2D Conv3D Convolution2D",
        "onnx": "Conv",
        "caffe": "Convolution",
        "darknet": "convolutional",
        "other": "conv1d conv2d conv3d convolution",
    }
    tools = {**COUNTED_AS_PRODUCTS, "torchinfo/linear": (("weights_once",),)}
    out_channels: int = options.integer("how many filters, and so channels of the output")
    kernel_size: Axes = options.axes("size of the window")
    stride: Axes = options.axes("step of the window", 1)
    padding: Padding = options.padding("elements added around the input")
    dilation: Axes = options.axes("distance between the taps of the window", 1)
    groups: int = options.integer("groups of channels that are convolved apart", 1)
    bias: Any = options.bias("whether each filter adds a learned constant")
    padding_mode: str = options.word("what the padding holds", options.PADDING_MODES, "zeros")
    rounding: Rounding | None = options.rounding()
    connections: tuple[tuple[int, ...], ...] | None = options.integers(
        "for each filter, the input channels that it reads (LeNet's C3)",
        "one list of input channels per output channel",
        default=None,
        depth=2,
    )
    weight: Any = options.values("a given kernel: its values or its name", KERNEL_NAMES, None)
    sigma: float | None = options.number(
        "standard deviation of `weight: gaussian`, in elements; null: binomial weights",
        None,
        minimum=1e-3,
    )

    def counted_by_tools(self) -> Tools | None:
        return self.tools if self.connections is None else None

    def validate(self) -> None:
        if self.groups != 1:
            check_groups(self.out_channels, self.groups, "output")
        if self.sigma is not None and self.weight != "gaussian":
            raise LayerError("`sigma` belongs to `weight: gaussian`",
                             help="remove `sigma`, or write `weight: gaussian`",
                             field="sigma")  # fmt: skip
        table = self.connections
        if table is None:
            return
        if self.groups != 1:
            raise LayerError("a connection table and groups exclude each other",
                             help="remove `groups`: the table says what is connected",
                             field="groups")  # fmt: skip
        if self.weight is not None:
            raise LayerError("a connection table and a given kernel exclude each other",
                             help="remove `weight` or `connections`", field="weight")  # fmt: skip
        if len(table) != self.out_channels:
            raise LayerError(
                f"the connection table has {len(table)} rows for {self.out_channels} filters",
                help="give one list of input channels per output channel",
                field="connections",
            )
        for row in table:
            if len(set(row)) != len(row):
                raise LayerError("a filter reads a channel twice",
                                 help="name each input channel of a row once",
                                 field="connections")  # fmt: skip

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = inputs[0]
        lengths = self.spatial_output(shape)
        if self.groups != 1:
            check_groups(shape[0], self.groups, "input")
        if self.padding_mode != "zeros":
            check_padding_mode(self.padding_mode, shape, self.windows(shape))
        if self.connections is not None:
            highest = max(max(row) for row in self.connections)
            if highest >= shape[0]:
                raise LayerError(
                    f"the connection table names input channel {highest},"
                    f" but the input has {shape[0]} (0 to {shape[0] - 1})",
                    help="channels are numbered from 0",
                    field="connections",
                )
        return (self.out_channels, *lengths)

    def channels_read(self, shape: Shape, output: Shape) -> Relation:
        if self.connections is None:
            return grouped(shape[0], output[0], self.groups)
        from cnncalc.layers.rearranging import ConnectionTable

        return ConnectionTable(self.connections)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        shape = inputs[0]
        kernel = per_axis(self.kernel_size, len(shape) - 1, "kernel_size")
        if self.connections is None:
            weight = ParamSpec("weight", (self.out_channels, shape[0] // self.groups, *kernel))
            if self.weight is not None:
                from cnncalc.layers.given import check_given

                check_given(self.weight, weight.shape)
        else:
            weight = ParamSpec("weight", (sum(len(row) for row in self.connections), *kernel))
        return (weight, *biases(self.bias, self.out_channels)) if self.bias else (weight,)

    def given(self, array: ParamSpec) -> Any:
        if self.sigma is not None and array.name == "weight":
            from cnncalc.layers.given import gaussian

            return gaussian(array.shape[2:], self.sigma)
        return super().given(array)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        shape = inputs[0]
        positions = product(output[1:])
        if self.connections is None:
            planes = self.out_channels * (shape[0] // self.groups)
        else:
            planes = sum(len(row) for row in self.connections)
        adds = positions * self.out_channels if self.bias else 0
        return OpCount(positions * planes * self.taps(shape), adds)

    def explain_params(self, board: Blackboard) -> Formula:
        taps, filters = board.taps(self.kernel_size), board.put("C_out", board.output[0])
        if self.connections is None:
            return board.with_bias(f"{taps}*{board.input_channels()}", filters)
        board.put("T", sum(len(row) for row in self.connections))
        remark = f"{board.weights_and_biases()}; the table says which channels a filter reads"
        return f"T*{taps}" + (f" + {filters}" if self.bias else ""), remark

    def explain_ops(self, board: Blackboard) -> Costs:
        costs = super().explain_ops(board)
        if self.connections is not None:
            board.put("T", sum(len(row) for row in self.connections))
            formula = f"{board.taps(self.kernel_size)}*T*{board.positions()}"
            costs["macs"] = formula, "one plane per entry of the table"
        return costs

    def kernels(self, sheet: Sheet, channels: int) -> list[Array]:
        if self.connections is None:
            return super().kernels(sheet, channels)
        first = sum(len(row) for row in self.connections[: sheet.cell[0]])
        weights = sheet.array("weight")
        return [weights[first + number] for number in range(channels)]

    def fan_in(self, weight: Shape) -> int:
        if self.connections is None:
            return product(weight[1:])
        return max(len(row) for row in self.connections) * product(weight[1:])

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.convolution import conv

        return conv(
            run,
            inputs[0],
            weights.outputs_last("weight") if self.connections is None else weights["weight"],
            weights["bias"] if self.bias else None,
            filters=self.out_channels,
            kernel=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            padding_mode=self.padding_mode,
            rounding=self.rounding or "floor",
            connections=self.connections,
        )


class LocallyConnected(Filters):
    """Locally connected layer: a convolution whose filters differ from position to position.

    Shape: as conv
    Params: prod(O) * out_channels * (C_in * prod(kernel_size) + 1 with bias)
    Operations: prod(O) * out_channels * C_in * prod(kernel_size) MACs, plus a bias add per output
    Example: {locally_connected: {out_channels: 16, kernel_size: 3}}
    Source: Taigman et al. 2014, DeepFace; Keras' LocallyConnected2D
    """

    keyword = "locally_connected"
    noun = "locally connected layer"
    weighs_places = True
    foreign = {"keras": "LocallyConnected1D LocallyConnected2D", "darknet": "local"}
    tools = None
    out_channels: int = options.integer("how many filters stand at each position")
    kernel_size: Axes = options.axes("size of the window")
    stride: Axes = options.axes("step of the window", 1)
    padding: Padding = options.padding("zeros added around the input")
    dilation: Axes = options.axes("distance between the taps of the window", 1)
    bias: Any = options.bias("whether each output element adds a learned constant")
    rounding: Rounding | None = options.rounding()

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        return (self.out_channels, *self.spatial_output(inputs[0]))

    def channels_read(self, shape: Shape, output: Shape) -> Relation:
        return Everything(shape[0], output[0])

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        shape = inputs[0]
        kernel = per_axis(self.kernel_size, len(shape) - 1, "kernel_size")
        lengths = self.spatial_output(shape)
        weight = ParamSpec("weight", (*lengths, self.out_channels, shape[0], *kernel))
        return (weight, *biases(self.bias, self.out_channels, *lengths))

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        macs = product(output) * inputs[0][0] * self.taps(inputs[0])
        return OpCount(macs, product(output) if self.bias else 0)

    def explain_params(self, board: Blackboard) -> Formula:
        taps = board.taps(self.kernel_size)
        count = board.put("C_out", board.output[0]) + "*" + board.positions()
        formula, remark = board.with_bias(f"{taps}*{board.input_channels()}", count)
        return formula, f"{remark}; every position has filters of its own"

    def kernels(self, sheet: Sheet, channels: int) -> list[Array]:
        filters = sheet.array("weight")[sheet.cell[1:]]
        return [filters[sheet.cell[0], number] for number in range(channels)]

    def fan_in(self, weight: Shape) -> int:
        return product(weight[(len(weight) - 2) // 2 + 1 :])

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.dense import locally_connected

        return locally_connected(
            run,
            inputs[0],
            weights["weight"],
            weights["bias"] if self.bias else None,
            filters=self.out_channels,
            kernel=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            rounding=self.rounding or "floor",
        )
