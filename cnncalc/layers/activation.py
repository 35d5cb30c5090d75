"""Smooth activations, and the softmaxes over channels."""

from __future__ import annotations

from cnncalc.layers import options
from cnncalc.layers.base import Activation
from cnncalc.layers.reading import over_channels
from cnncalc.quantities import OpCount, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Costs, NodeWeights
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape


class Sigmoid(Activation):
    """Sigmoid: 1 / (1 + exp(-x)).

    Shape: unchanged
    Params: none
    Operations: one exponential, addition and division per element
    Example: sigmoid
    Source: PyTorch's Sigmoid
    """

    keyword = "sigmoid"
    foreign = {
        "pytorch": "Sigmoid",
        "keras": "sigmoid",
        "onnx": "Sigmoid",
        "caffe": "Sigmoid",
        "darknet": "logistic",
    }
    per_element = OpCount(exps=1, adds=1, divs=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import sigmoid

        return sigmoid(run, inputs[0])


class Tanh(Activation):
    """Hyperbolic tangent.

    Shape: unchanged
    Params: none
    Operations: one transcendental per element
    Example: tanh
    Source: PyTorch's Tanh
    """

    keyword = "tanh"
    foreign = {
        "pytorch": "Tanh",
        "keras": "tanh",
        "onnx": "Tanh",
        "caffe": "TanH",
        "darknet": "tanh",
    }
    per_element = OpCount(exps=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import tanh

        return tanh(run, inputs[0])


class Softplus(Activation):
    """Softplus: log(1 + exp(beta * x)) / beta, and x itself where beta * x exceeds the threshold.

    Shape: unchanged
    Params: none
    Operations: one comparison, multiplication, addition, division and two transcendentals
    Example: softplus
    Source: PyTorch's Softplus
    """

    keyword = "softplus"
    foreign = {"pytorch": "Softplus", "keras": "softplus", "onnx": "Softplus", "caffe": "BNLL"}
    per_element = OpCount(comparisons=1, muls=1, adds=1, divs=1, exps=2)
    beta: float = options.number("sharpness", 1.0, minimum=1e-6)
    threshold: float = options.number("above this the function is linear", 20.0)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import softplus

        return softplus(run, inputs[0], self.beta, self.threshold)


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
    foreign = {"pytorch": "GELU", "keras": "gelu", "onnx": "Gelu"}
    tools = {"ptflops_pytorch": (("elements", 2),), "ptflops_pytorch/function": (("elements", 1),)}
    per_element = OpCount(exps=1, adds=1, muls=3)
    approximate: str = options.word("the exact form, or by tanh", ("none", "tanh"), "none")

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import gelu

        return gelu(run, inputs[0], self.approximate)


class Silu(Activation):
    """SiLU (swish): x * sigmoid(x).

    Shape: unchanged
    Params: none
    Operations: one exponential, addition, division and multiplication per element
    Example: silu
    Source: Elfwing et al. 2017; PyTorch's SiLU
    """

    keyword = "silu"
    foreign = {"pytorch": "SiLU", "keras": "silu swish", "onnx": "Swish", "darknet": "swish"}
    tools = {"ptflops_pytorch": (("elements", 1),), "ptflops_pytorch/function": (("elements", 1),)}
    per_element = OpCount(exps=1, adds=1, divs=1, muls=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import silu

        return silu(run, inputs[0])


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
        "darknet": "softmax",
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

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import softmax

        return softmax(run, inputs[0])


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
    foreign = {"pytorch": "LogSoftmax", "keras": "log_softmax", "onnx": "LogSoftmax"}

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

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.activations import log_softmax

        return log_softmax(run, inputs[0])
