"""Layers over flat vectors."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.axes import check_axis
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.filters import COUNTED_AS_PRODUCTS, biases
from cnncalc.layers.reading import Reading, everything, moving, own
from cnncalc.layers.relations import SAME, Everything
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Tools
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, Lines, NodeWeights, Sheet
    from cnncalc.quantities import Shape


def flat(layer: Layer, shape: Shape) -> int:
    """Return the length of a flat vector; raises `LayerError` for a shape with spatial axes."""
    if len(shape) != 1:
        raise LayerError(
            f"{layer.keyword} needs a flat vector, but got {show_shape(shape)}",
            help=f"add `flatten` before it: {' x '.join(map(str, shape))} = {product(shape)}"
            " features" + help_for_axes(layer, shape),
        )
    return shape[0]


def help_for_axes(layer: Layer, shape: Shape) -> str:
    """Return how to weigh the elements along one axis of a map alone."""
    if "axis" not in layer.fields():
        return ""
    last = len(shape) - 1
    return (
        f"; for each position by itself `axis: 0`, which is a 1x1 `conv`; `axis: {last}` weighs the"
        f" {shape[last]} elements of the last axis"
    )


def units(board: Blackboard) -> Lines:
    """Return in words where the length of a dense output comes from."""
    count = board.output[0]
    unit = "unit" if count == 1 else "units"
    return [f"{count:,} {unit}, each reads all {board.input[0]:,} inputs"]


class Linear(Layer):
    """Fully connected layer: every output is a weighted sum of all inputs, or of those on an axis.

    Shape: (F_in,) -> (out_features,); with `axis` the axis becomes out_features long
    Params: F_in * out_features, plus out_features for the bias
    Operations: F_in * out_features MACs at every place, plus a bias add per output
    Example: {linear: 1000}
    Source: PyTorch's Linear
    """

    keyword = "linear"
    noun = "fully connected layer"
    weighs_places = True
    streams = True
    quiet = True
    role = "weighted"
    in_place = False
    is_view = False
    takes = "vector"
    foreign = {
        "pytorch": "Linear LazyLinear",
        "keras": "Dense",
        "onnx": "Gemm",
        "caffe": "InnerProduct",
        "darknet": "connected",
        "other": "fc dense fully_connected inner_product",
    }
    tools = COUNTED_AS_PRODUCTS
    out_features: int = options.integer("length of the output")
    bias: Any = options.bias("whether each output adds a learned constant")
    axis: int | None = options.integer(
        "the axis of a map whose elements it weighs, at every place; 0: channels", None, minimum=0
    )
    weight: Any = options.values("given weights: a row for each output", (), None)

    def features(self, shape: Shape) -> int:
        """Return how many inputs one output reads."""
        return flat(self, shape) if self.axis is None else shape[check_axis(self.axis, shape)]

    def counted_by_tools(self) -> Tools | None:
        if self.axis is None:
            return self.tools
        # Its weights are counted once, however many places they are used at.
        return {**COUNTED_AS_PRODUCTS, "torchinfo": (("parameters",),)}

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape, axis = inputs[0], self.axis or 0
        self.features(shape)
        return (*shape[:axis], self.out_features, *shape[axis + 1 :])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shape, axis = inputs[0], self.axis or 0
        if len(shape) == 1:
            return everything(shape, output)
        own_place = (SAME,) * len(shape)
        weighed = Everything(shape[axis], output[axis])
        return (Reading((*own_place[:axis], weighed, *own_place[axis + 1 :])),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        weight = ParamSpec("weight", (self.out_features, self.features(inputs[0])))
        if self.weight is not None:
            from cnncalc.layers.given import check_values

            check_values(self.weight, weight.shape, "weight")
        return (weight, *biases(self.bias, self.out_features))

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        return OpCount(self.features(inputs[0]) * count, count if self.bias else 0)

    def explain_shape(self, board: Blackboard) -> Lines:
        if self.axis is None:
            return units(board)
        lengths = board.input[self.axis], board.output[self.axis]
        return [f"axis {self.axis}: {lengths[1]} outputs, each reads {lengths[0]} inputs"]

    def sizes(self, board: Blackboard) -> tuple[str, str]:
        """Return the symbols of the inputs that an output reads, and of the outputs at a place."""
        features = self.features(board.input)
        return board.put("F_in", features), board.put("F_out", self.out_features)

    def explain_params(self, board: Blackboard) -> Formula:
        return board.with_bias(*self.sizes(board))

    def explain_ops(self, board: Blackboard) -> Costs:
        places = product(board.output) // self.out_features
        many = "" if self.axis is None else f"*{board.put('N', places)}"
        costs = {"macs": ("*".join(self.sizes(board)) + many, "every unit weighs every input")}
        if self.bias:
            costs["adds"] = ("F_out" + many, "a bias for every unit")
        return costs

    def work(self, sheet: Sheet) -> float:
        unit = sheet.cell[self.axis or 0]
        total = sheet.products([sheet.whole()], [sheet.array("weight")[unit]])
        if not self.bias:
            return total
        return sheet.equation("y", "z + b", "with the bias", z=total, b=sheet.array("bias")[unit])

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.dense import linear, linear_along

        bias = weights["bias"] if self.bias else None
        if self.axis is not None and inputs[0].ndim > 2:
            return linear_along(run, inputs[0], weights["weight"], bias, self.axis)
        return linear(run, inputs[0], weights.rows("weight"), self.out_features, bias)


class Rbf(Layer):
    """LeNet-5's output: the squared distance of the input to one fixed code per class.

    Shape: (F_in,) -> (out_features,)
    Params: none that are trained; F_in * out_features numbers of fixed codes (buffers)
    Operations: per output F_in subtractions, F_in squarings and F_in - 1 additions
    Example: {rbf: 10}
    Source: LeCun et al. 1998, equation 7
    """

    keyword = "rbf"
    weighs_places = True
    quiet = True
    buffers = "the fixed codes"
    role = "weighted"
    in_place = False
    is_view = False
    takes = "vector"
    foreign = {}
    tools = None
    out_features: int = options.integer("how many codes, one per class")

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        flat(self, inputs[0])
        return (self.out_features,)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return everything(inputs[0], output)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return (ParamSpec("codes", (self.out_features, inputs[0][0]), trainable=False),)

    def connections_of(self, ops: OpCount) -> int:
        """Return one per number of a code: LeNet-5's 340,908 include 84 * 10 of them."""
        return ops.muls

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        reads = inputs[0][0] * output[0]
        return OpCount(adds=2 * reads - output[0], muls=reads)

    def explain_shape(self, board: Blackboard) -> Lines:
        return units(board)

    def explain_ops(self, board: Blackboard) -> Costs:
        board.put("F_in", board.input[0])
        board.put("F_out", board.output[0])
        return {
            "adds": ("2*F_in*F_out - F_out", "differences, and the sum of their squares"),
            "muls": ("F_in*F_out", "squares"),
        }

    def initial(self, array: ParamSpec) -> float | None:
        return None

    def work(self, sheet: Sheet) -> float:
        window, codes = sheet.whole(), sheet.array("codes")[sheet.cell[0]]
        pairs = zip(window.numbers, codes, strict=True)
        apart = [float((value or 0.0) - code) for value, code in pairs]
        differences = sheet.shown(window, apart, f"x - code {sheet.cell[0]}")
        return sheet.fold(differences, "squares", "y")

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.dense import rbf

        return rbf(run, inputs[0], weights.buffer("codes"), self.out_features)


class Flatten(Elementwise):
    """Flatten: all elements in one vector, channel after channel, or the last axes in one axis.

    Shape: (C, *L) -> (C * prod(L),); with `axis: 1`: (C, *L) -> (C, prod(L))
    Operations: none
    Source: PyTorch's Flatten, whose start_dim, which counts the batch, is `axis` + 1
    """

    keyword = "flatten"
    quiet = True
    role = "rearrange"
    in_place = False
    is_view = True
    foreign = {"pytorch": "Flatten", "keras": "Flatten", "onnx": "Flatten", "caffe": "Flatten"}
    tools = {}
    axis: int = options.integer(
        "the first of the axes that become one; 0: the channels, so all of them", 0, minimum=0
    )

    if not TYPE_CHECKING:

        @property
        def flattens(self):
            """Whether it makes a map a vector."""
            return self.axis == 0

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        axis = check_axis(self.axis, inputs[0])
        return (*inputs[0][:axis], product(inputs[0][axis:]))

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        from cnncalc.layers.rearranging import Rearranged

        axes = tuple([(axis,) for axis in range(len(inputs[0]))])
        if len(axes) == len(output):
            return own(output)
        joined = tuple(range(self.axis, len(axes)))
        return moving(Rearranged(inputs[0], axes, (*axes[: self.axis], joined)))

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def explain_shape(self, board: Blackboard) -> Lines:
        if self.axis:
            shown = show_shape(board.input[self.axis :])
            return [f"from axis {self.axis} on, {shown} becomes one axis of {board.output[-1]:,}"]
        formula = board.volume(board.input)
        return [board.derive("F_out", formula, board.output[0], "length of the flat vector")]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import flatten, flatten_from

        return flatten_from(run, inputs[0], self.axis) if self.axis else flatten(run, inputs[0])
