"""Activations made of straight pieces: ReLU and its relatives."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.base import Activation
from cnncalc.layers.reading import own
from cnncalc.quantities import OpCount, ParamSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Formula, NodeWeights
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape


class Relu(Activation):
    """ReLU: max(x, 0).

    Shape: unchanged
    Params: none
    Operations: one comparison per element
    Example: relu
    Source: Nair & Hinton 2010; PyTorch's ReLU
    """

    keyword = "relu"
    foreign = {
        "pytorch": "ReLU",
        "keras": "ReLU",
        "onnx": "Relu",
        "caffe": "ReLU",
        "darknet": "relu",
    }
    tools = {"ptflops_pytorch": (("elements", 2),), "ptflops_pytorch/function": (("elements", 1),)}
    per_element = OpCount(comparisons=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import clamp

        return clamp(run, inputs[0], 0.0, float("inf"))


class Relu6(Activation):
    """ReLU6: min(max(x, 0), 6).

    Shape: unchanged
    Params: none
    Operations: two comparisons per element
    Example: relu6
    Source: Krizhevsky 2010; PyTorch's ReLU6
    """

    keyword = "relu6"
    foreign = {"pytorch": "ReLU6", "tensorflow": "relu6"}
    tools = {"ptflops_pytorch": (("elements", 1),), "ptflops_pytorch/function": (("elements", 1),)}
    per_element = OpCount(comparisons=2)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import clamp

        return clamp(run, inputs[0], 0.0, 6.0)


class LeakyRelu(Activation):
    """Leaky ReLU: x where x > 0, negative_slope * x elsewhere.

    Shape: unchanged
    Params: none
    Operations: one comparison and one multiplication per element
    Example: {leaky_relu: 0.1}
    Source: Maas et al. 2013; PyTorch's LeakyReLU
    """

    keyword = "leaky_relu"
    sized = True
    foreign = {
        "pytorch": "LeakyReLU",
        "keras": "LeakyReLU",
        "onnx": "LeakyRelu",
        "darknet": "leaky",
        "other": "lrelu",
    }
    tools = {"ptflops_pytorch": (("elements", 1),)}
    per_element = OpCount(comparisons=1, muls=1)
    negative_slope: float = options.number("slope below zero", 0.01)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import leaky_relu

        return leaky_relu(run, inputs[0], self.negative_slope)


class Prelu(Activation):
    """PReLU: leaky ReLU whose slope is learned, one for all channels or one per channel.

    Shape: unchanged
    Params: num_parameters
    Operations: one comparison and one multiplication per element
    Example: prelu
    Source: He et al. 2015, Delving Deep into Rectifiers; PyTorch's PReLU
    """

    keyword = "prelu"
    foreign = {"pytorch": "PReLU", "keras": "PReLU", "onnx": "PRelu", "caffe": "PReLU"}
    tools = {
        "thop": (("elements", 1),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 2),),
        "ptflops_pytorch/function": (("elements", 1),),
    }
    per_element = OpCount(comparisons=1, muls=1)
    num_parameters: int = options.integer("1, or the number of channels", 1)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        if self.num_parameters not in (1, inputs[0][0]):
            raise LayerError(
                f"prelu has {self.num_parameters} slopes for {inputs[0][0]} channels",
                help="use 1, or `num_parameters: in_channels`",
                field="num_parameters",
            )
        return inputs[0]

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return own(output)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return (ParamSpec("weight", (self.num_parameters,)),)

    def explain_params(self, board: Blackboard) -> Formula:
        slopes = self.num_parameters
        return board.put("X", slopes), "a slope for all channels" if slopes == 1 else "a slope each"

    def initial(self, array: ParamSpec) -> float | None:
        return 0.25

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import prelu

        return prelu(run, inputs[0], weights["weight"], self.num_parameters)


class Elu(Activation):
    """ELU: x where x > 0, alpha * (exp(x) - 1) elsewhere.

    Shape: unchanged
    Params: none
    Operations: one comparison, exponential, subtraction and multiplication per element
    Example: elu
    Source: Clevert et al. 2015; PyTorch's ELU
    """

    keyword = "elu"
    foreign = {"pytorch": "ELU", "keras": "ELU", "onnx": "Elu", "caffe": "ELU", "darknet": "elu"}
    tools = {"ptflops_pytorch": (("elements", 2),), "ptflops_pytorch/function": (("elements", 1),)}
    per_element = OpCount(comparisons=1, exps=1, adds=1, muls=1)
    alpha: float = options.number("depth below zero", 1.0)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import elu

        return elu(run, inputs[0], self.alpha)


class HardSigmoid(Activation):
    """Hard sigmoid: relu6(x + 3) / 6.

    Shape: unchanged
    Params: none
    Operations: one addition, two comparisons and one division per element
    Example: hard_sigmoid
    Source: Howard et al. 2019, MobileNetV3; PyTorch's Hardsigmoid
    """

    keyword = "hard_sigmoid"
    foreign = {
        "pytorch": "Hardsigmoid",
        "keras": "hard_sigmoid",
        "onnx": "HardSigmoid",
        "other": "hsigmoid",
    }
    per_element = OpCount(adds=1, comparisons=2, divs=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import hard_sigmoid

        return hard_sigmoid(run, inputs[0])


class HardTanh(Activation):
    """Hard tanh: x cut to the range from -1 to 1.

    Shape: unchanged
    Params: none
    Operations: two comparisons per element
    Example: hard_tanh
    Source: PyTorch's Hardtanh
    """

    keyword = "hard_tanh"
    foreign = {"pytorch": "Hardtanh", "keras": "hard_tanh", "darknet": "hardtan", "other": "htanh"}
    per_element = OpCount(comparisons=2)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import clamp

        return clamp(run, inputs[0], -1.0, 1.0)


class HardSwish(Activation):
    """Hard swish: x * relu6(x + 3) / 6.

    Shape: unchanged
    Params: none
    Operations: one addition, two comparisons, one multiplication and one division per element
    Example: hard_swish
    Source: Howard et al. 2019, MobileNetV3; PyTorch's Hardswish
    """

    keyword = "hard_swish"
    foreign = {
        "pytorch": "Hardswish",
        "keras": "hard_silu hard_swish",
        "onnx": "HardSwish",
        "other": "hswish",
    }
    per_element = OpCount(adds=1, comparisons=2, muls=1, divs=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import hard_swish

        return hard_swish(run, inputs[0])
