"""Activations: functions of one element, and the softmaxes over channels.

An activation of one element is its name, its formula, its names elsewhere and the operations that
it spends; its kernel is the function of that name in `executor.kernels.activations`, which is given
the fields in their order.
"""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.base import Elementwise
from cnncalc.layers.reading import over_channels, own
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Tools
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, NodeWeights
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape

#: ptflops sees the module and the function that it calls, or the one or the other.
COUNTED_TWICE: Tools = {
    "ptflops_pytorch": (("elements", 2),),
    "ptflops_pytorch/function": (("elements", 1),),
}
COUNTED_ONCE: Tools = {
    "ptflops_pytorch": (("elements", 1),),
    "ptflops_pytorch/function": (("elements", 1),),
}


class Activation(Elementwise):
    """Base of activations: functions of one element, which may write over their input."""

    role = "activation"
    in_place = True
    tools = {}

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels import activations

        result: Array = getattr(activations, self.keyword)(run, inputs[0], *self.values())
        return result


class Relu(Activation):
    """ReLU: max(x, 0). Source: Nair & Hinton 2010; PyTorch's ReLU."""

    keyword = "relu"
    foreign = {"pytorch": "ReLU", "keras": "ReLU", "onnx": "Relu", "caffe": "ReLU"}
    tools = COUNTED_TWICE
    per_element = OpCount(comparisons=1)


class Relu6(Activation):
    """ReLU6: min(max(x, 0), 6). Source: Krizhevsky 2010; PyTorch's ReLU6."""

    keyword = "relu6"
    foreign = {"pytorch": "ReLU6"}
    tools = COUNTED_ONCE
    per_element = OpCount(comparisons=2)


class LeakyRelu(Activation):
    """Leaky ReLU: x where x > 0, negative_slope * x elsewhere. Source: Maas et al. 2013."""

    keyword = "leaky_relu"
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
    sized = True


class Elu(Activation):
    """ELU: x where x > 0, alpha * (exp(x) - 1) elsewhere. Source: Clevert et al. 2015."""

    keyword = "elu"
    foreign = {"pytorch": "ELU", "keras": "ELU", "onnx": "Elu", "caffe": "ELU"}
    tools = COUNTED_TWICE
    per_element = OpCount(comparisons=1, exps=1, adds=1, muls=1)
    alpha: float = options.number("depth below zero", 1.0)


class Sigmoid(Activation):
    """Sigmoid: 1 / (1 + exp(-x)). Source: PyTorch's Sigmoid."""

    keyword = "sigmoid"
    foreign = {"pytorch": "Sigmoid", "onnx": "Sigmoid", "caffe": "Sigmoid", "darknet": "logistic"}
    per_element = OpCount(exps=1, adds=1, divs=1)


class HardSigmoid(Activation):
    """Hard sigmoid: relu6(x + 3) / 6. Source: Howard et al. 2019, MobileNetV3."""

    keyword = "hard_sigmoid"
    foreign = {"pytorch": "Hardsigmoid", "onnx": "HardSigmoid", "other": "hsigmoid"}
    per_element = OpCount(adds=1, comparisons=2, divs=1)


class Tanh(Activation):
    """Hyperbolic tangent. Source: PyTorch's Tanh."""

    keyword = "tanh"
    foreign = {"pytorch": "Tanh", "onnx": "Tanh", "caffe": "TanH"}
    per_element = OpCount(exps=1)


class HardTanh(Activation):
    """Hard tanh: x cut to the range from -1 to 1. Source: PyTorch's Hardtanh."""

    keyword = "hard_tanh"
    foreign = {"pytorch": "Hardtanh", "darknet": "hardtan", "other": "htanh"}
    per_element = OpCount(comparisons=2)


class Silu(Activation):
    """SiLU (swish): x * sigmoid(x). Source: Elfwing et al. 2017; PyTorch's SiLU."""

    keyword = "silu"
    foreign = {"pytorch": "SiLU", "keras": "swish", "onnx": "Swish", "darknet": "swish"}
    tools = COUNTED_ONCE
    per_element = OpCount(exps=1, adds=1, divs=1, muls=1)


class HardSwish(Activation):
    """Hard swish: x * relu6(x + 3) / 6. Source: Howard et al. 2019, MobileNetV3."""

    keyword = "hard_swish"
    foreign = {"pytorch": "Hardswish", "keras": "hard_silu", "onnx": "HardSwish", "other": "hswish"}
    per_element = OpCount(adds=1, comparisons=2, muls=1, divs=1)


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


class Softplus(Activation):
    """Softplus: log(1 + exp(beta * x)) / beta, and x itself where beta * x exceeds the threshold.

    Shape: unchanged
    Params: none
    Operations: one comparison, multiplication, addition, division and two transcendentals
    Example: softplus
    Source: PyTorch's Softplus
    """

    keyword = "softplus"
    foreign = {"pytorch": "Softplus", "onnx": "Softplus", "caffe": "BNLL"}
    per_element = OpCount(comparisons=1, muls=1, adds=1, divs=1, exps=2)
    beta: float = options.number("sharpness", 1.0, minimum=1e-6)
    threshold: float = options.number("above this the function is linear", 20.0)


class Gelu(Activation):
    """GELU: x times the normal distribution function of x (or its tanh approximation).

    Shape: unchanged
    Params: none
    Operations: exact form: one transcendental (erf), one addition and three multiplications;
        counted alike for the approximation
    Example: gelu
    Source: Hendrycks & Gimpel 2016; PyTorch's GELU
    """

    keyword = "gelu"
    foreign = {"pytorch": "GELU", "onnx": "Gelu"}
    tools = COUNTED_TWICE
    per_element = OpCount(exps=1, adds=1, muls=3)
    approximate: str = options.word("the exact form, or by tanh", ("none", "tanh"), "none")


class Softmax(Activation):
    """Softmax over the channels: exp(x) / sum of exp, after subtracting the largest.

    Shape: unchanged
    Params: none
    Operations: per position C - 1 comparisons, C subtractions, C exponentials, C - 1 additions and
        C divisions
    Example: softmax
    Source: PyTorch's Softmax(dim=1)
    """

    keyword = "softmax"
    keeps = "; it works over the channels"
    in_place = False  # an output depends on all channels
    gives_probabilities = True
    foreign = {
        "pytorch": "Softmax Softmax2d",
        "keras": "Softmax",
        "onnx": "Softmax",
        "caffe": "Softmax",
    }
    tools = {
        "thop": (("exponentials",),),
        "ptflops_pytorch": (("elements", 1),),
        "ptflops_pytorch/function": (("elements", 1),),
    }

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        others = count - count // output[0]
        return OpCount(comparisons=others, adds=count + others, exps=count, divs=count)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return over_channels(output)

    def explain_ops(self, board: Blackboard) -> Costs:
        volume, where = board.volume(board.output), board.spatial(board.output)
        return {
            "comparisons": (f"{volume} - {where}", "the largest is found"),
            "adds": (f"2*{volume} - {where}", "it is subtracted, the exponentials are summed"),
            "exps": (volume, "an exponential each"),
            "divs": (volume, "by the sum"),
        }


class LogSoftmax(Activation):
    """Logarithm of the softmax over the channels, computed without overflow.

    Shape: unchanged
    Params: none
    Operations: per position C - 1 comparisons, C subtractions, C exponentials, C - 1 additions,
        one logarithm and C subtractions
    Example: log_softmax
    Source: PyTorch's LogSoftmax(dim=1)
    """

    keyword = "log_softmax"
    in_place = False  # an output depends on all channels
    gives_probabilities = True
    foreign = {"pytorch": "LogSoftmax", "onnx": "LogSoftmax"}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count, positions = product(output), product(output[1:])
        others = count - positions
        return OpCount(comparisons=others, adds=2 * count + others, exps=count + positions)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return over_channels(output)

    def explain_ops(self, board: Blackboard) -> Costs:
        volume, where = board.volume(board.output), board.spatial(board.output)
        spent = "it is subtracted, the exponentials are summed, its log is taken off"
        return {
            "comparisons": (f"{volume} - {where}", "the largest is found"),
            "adds": (f"3*{volume} - {where}", spent),
            "exps": (f"{volume} + {where}", "an exponential each"),
        }
