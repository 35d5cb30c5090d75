"""Activations: functions of one element, and the softmaxes over channels.

An activation of one element is its name, its formula, its names elsewhere and the operations that
it spends; its kernel is the function of that name in `executor.kernels.activations`, which is given
the fields in their order.
"""

from __future__ import annotations

from cnncalc.layers.elementwise import Elementwise
from cnncalc.quantities import OpCount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Tools
    from cnncalc.layers.protocols import NodeWeights, Sheet

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
    formula: ClassVar[str] = ""

    def rule(self, _x: float) -> tuple[str, dict[str, float]]:
        """Return the formula that holds at x, and what its letters stand for beside x."""
        return self.formula, {}

    def work(self, sheet: Sheet) -> float:
        x = sheet.value()
        formula, constants = self.rule(x)
        return sheet.equation("y", formula, x=x, **constants)

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels import activations

        result: Array = getattr(activations, self.keyword)(run, inputs[0], *self.values())
        return result


class Relu(Activation):
    """ReLU: max(x, 0). Source: Nair & Hinton 2010; PyTorch's ReLU."""

    keyword = "relu"
    formula = "max(x, 0)"
    foreign = {"pytorch": "ReLU", "keras": "ReLU", "onnx": "Relu", "caffe": "ReLU"}
    tools = COUNTED_TWICE
    per_element = OpCount(comparisons=1)


class Relu6(Activation):
    """ReLU6: min(max(x, 0), 6). Source: Krizhevsky 2010; PyTorch's ReLU6."""

    keyword = "relu6"
    formula = "min(max(x, 0), 6)"
    foreign = {"pytorch": "ReLU6"}
    tools = COUNTED_ONCE
    per_element = OpCount(comparisons=2)


class Sigmoid(Activation):
    """Sigmoid: 1 / (1 + exp(-x)). Source: PyTorch's Sigmoid."""

    keyword = "sigmoid"
    formula = "1/(1 + exp(-x))"
    foreign = {"pytorch": "Sigmoid", "onnx": "Sigmoid", "caffe": "Sigmoid", "darknet": "logistic"}
    per_element = OpCount(exps=1, adds=1, divs=1)


class HardSigmoid(Activation):
    """Hard sigmoid: relu6(x + 3) / 6. Source: Howard et al. 2019, MobileNetV3."""

    keyword = "hard_sigmoid"
    formula = "min(max(x + 3, 0), 6)/6"
    foreign = {"pytorch": "Hardsigmoid", "onnx": "HardSigmoid", "other": "hsigmoid"}
    per_element = OpCount(adds=1, comparisons=2, divs=1)


class Tanh(Activation):
    """Hyperbolic tangent. Source: PyTorch's Tanh."""

    keyword = "tanh"
    formula = "tanh(x)"
    foreign = {"pytorch": "Tanh", "onnx": "Tanh", "caffe": "TanH"}
    per_element = OpCount(exps=1)


class HardTanh(Activation):
    """Hard tanh: x cut to the range from -1 to 1. Source: PyTorch's Hardtanh."""

    keyword = "hard_tanh"
    formula = "min(max(x, -1), 1)"
    foreign = {"pytorch": "Hardtanh", "darknet": "hardtan", "other": "htanh"}
    per_element = OpCount(comparisons=2)


class Silu(Activation):
    """SiLU (swish): x * sigmoid(x). Source: Elfwing et al. 2017; PyTorch's SiLU."""

    keyword = "silu"
    formula = "x/(1 + exp(-x))"
    foreign = {"pytorch": "SiLU", "keras": "swish", "onnx": "Swish", "darknet": "swish"}
    tools = COUNTED_ONCE
    per_element = OpCount(exps=1, adds=1, divs=1, muls=1)


class HardSwish(Activation):
    """Hard swish: x * relu6(x + 3) / 6. Source: Howard et al. 2019, MobileNetV3."""

    keyword = "hard_swish"
    formula = "x*min(max(x + 3, 0), 6)/6"
    foreign = {"pytorch": "Hardswish", "keras": "hard_silu", "onnx": "HardSwish", "other": "hswish"}
    per_element = OpCount(adds=1, comparisons=2, muls=1, divs=1)


class Mish(Activation):
    """Mish: x * tanh(softplus(x)). Source: Misra 2019; PyTorch's Mish."""

    keyword = "mish"
    formula = "x*tanh(log(1 + exp(x)))"
    foreign = {"pytorch": "Mish", "onnx": "Mish", "darknet": "mish"}
    per_element = OpCount(exps=3, adds=1, muls=1)


class Softsign(Activation):
    """Softsign: x / (1 + |x|). Source: PyTorch's Softsign."""

    keyword = "softsign"
    formula = "x/(1 + abs(x))"
    foreign = {"pytorch": "Softsign", "onnx": "Softsign"}
    per_element = OpCount(comparisons=1, adds=1, divs=1)


class Abs(Activation):
    """Absolute value: x where x > 0, -x elsewhere. Source: PyTorch's abs."""

    keyword = "abs"
    formula = "abs(x)"
    foreign = {"onnx": "Abs", "caffe": "AbsVal"}
    per_element = OpCount(comparisons=1)


class Square(Activation):
    """Square: x * x. Source: PyTorch's square."""

    keyword = "square"
    formula = "x*x"
    foreign = {}
    per_element = OpCount(muls=1)


class Sqrt(Activation):
    """Square root; not a number below zero. Source: PyTorch's sqrt."""

    keyword = "sqrt"
    formula = "sqrt(x)"
    foreign = {"onnx": "Sqrt"}
    per_element = OpCount(exps=1)
