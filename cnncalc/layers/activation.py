"""Activations: functions of one element, and the softmaxes over channels.

An activation of one element is its name, its formula, its names elsewhere and the operations that
it spends; its kernel is the function of that name in `executor.kernels.activations`, which is given
the fields in their order.
"""

from __future__ import annotations

from math import exp, pi

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.base import Elementwise, check_axis
from cnncalc.layers.reading import over_axis, own
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Tools
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, Lines, NodeWeights, Sheet
    from cnncalc.layers.reading import Reading
    from cnncalc.layers.working import UnitWindow
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

    def rule(self, x: float) -> tuple[str, dict[str, float]]:
        return ("x", {}) if x > 0 else ("a*x", {"a": self.negative_slope})


class Elu(Activation):
    """ELU: x where x > 0, alpha * (exp(x) - 1) elsewhere. Source: Clevert et al. 2015."""

    keyword = "elu"
    foreign = {"pytorch": "ELU", "keras": "ELU", "onnx": "Elu", "caffe": "ELU"}
    tools = COUNTED_TWICE
    per_element = OpCount(comparisons=1, exps=1, adds=1, muls=1)
    alpha: float = options.number("depth below zero", 1.0)

    def rule(self, x: float) -> tuple[str, dict[str, float]]:
        return ("x", {}) if x > 0 else ("α*(exp(x) - 1)", {"α": self.alpha})


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

    def work(self, sheet: Sheet) -> float:
        x, slopes = sheet.value(), sheet.array("weight")
        if x > 0:
            return sheet.equation("y", "x", x=x)
        slope = slopes[sheet.cell[0] if self.num_parameters > 1 else 0]
        return sheet.equation("y", "a*x", "the learned slope", a=slope, x=x)


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

    def rule(self, x: float) -> tuple[str, dict[str, float]]:
        if self.beta * x > self.threshold:
            return "x", {}
        return "log(1 + exp(β*x))/β", {"β": self.beta}


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

    def rule(self, _x: float) -> tuple[str, dict[str, float]]:
        if self.approximate == "none":
            return "x*(1 + erf(x/sqrt(2)))/2", {}
        return "x*(1 + tanh(sqrt(2/π)*(x + c*x**3)))/2", {"π": pi, "c": 0.044715}


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


class Selu(Activation):
    """SELU: ELU with alpha 1.6733, times 1.0507. Source: Klambauer et al. 2017."""

    keyword = "selu"
    foreign = {"pytorch": "SELU", "onnx": "Selu", "darknet": "selu"}
    per_element = OpCount(comparisons=1, exps=1, adds=1, muls=2)

    def rule(self, x: float) -> tuple[str, dict[str, float]]:
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        if x > 0:
            return "λ*x", {"λ": scale}
        return "λ*α*(exp(x) - 1)", {"λ": scale, "α": alpha}


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


class Clip(Activation):
    """Clip: x cut to a range; one end may be open.

    Shape: unchanged
    Params: none
    Operations: one comparison per element for each bound
    Example: {clip: {min: 0, max: 1}}
    Source: PyTorch's clamp, ONNX's Clip
    """

    keyword = "clip"
    foreign = {"pytorch": "clamp", "keras": "clip", "onnx": "Clip"}
    min: float | None = options.number("the lowest value; none if null", None)
    max: float | None = options.number("the highest value; none if null", None)

    def validate(self) -> None:
        if self.min is None and self.max is None:
            raise LayerError("clip needs `min`, `max` or both", help="write `clip: {min: 0}`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise LayerError(f"`min` {self.min:g} lies above `max` {self.max:g}", field="min")

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        bounds = [bound for bound in (self.min, self.max) if bound is not None]
        return OpCount(comparisons=len(bounds) * product(output))

    def in_few_words(self) -> list[str]:
        low, high = [("" if b is None else f"{b:g}") for b in (self.min, self.max)]
        return [f"{low}..{high}"]

    def explain_ops(self, board: Blackboard) -> Costs:
        bounds = [bound for bound in (self.min, self.max) if bound is not None]
        volume = board.volume(board.output)
        formula = volume if len(bounds) == 1 else f"2*{volume}"
        return {"comparisons": (formula, f"{len(bounds)} per element")}

    def rule(self, _x: float) -> tuple[str, dict[str, float]]:
        ends = {"l": self.min, "h": self.max}
        low = "x" if self.min is None else "max(x, l)"
        formula = low if self.max is None else f"min({low}, h)"
        return formula, {name: end for name, end in ends.items() if end is not None}


class OverAxis(Activation):
    """Base of softmaxes: every output depends on all elements along one axis."""

    in_place = False
    gives_probabilities = True
    axis: int = options.integer("the axis whose elements sum to one; 0: channels", 0, minimum=0)

    def length(self, shape: Shape) -> int:
        """Return how many elements sum to one; raises `LayerError` for an axis there is not."""
        return shape[check_axis(self.axis, shape)]

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        self.length(inputs[0])
        return inputs[0]

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return over_axis(output, self.axis)

    def in_few_words(self) -> list[str]:
        return [f"axis {self.axis}"] if self.axis else []

    def explain_shape(self, board: Blackboard) -> Lines:
        along = f"axis {self.axis}" if self.axis else "the channels"
        return [f"{self.keyword} keeps the shape; it works over {along}"]

    def sums(self, board: Blackboard) -> tuple[str, str]:
        """Return the formulas of the elements, and of the sums that are taken over the axis."""
        volume = board.volume(board.output)
        if not self.axis:
            return volume, board.spatial(board.output)
        return volume, f"{volume}/{board.put('N', board.output[self.axis])}"


class Softmax(OverAxis):
    """Softmax over the channels, or another axis: exp(x) / sum of exp, the largest subtracted.

    Shape: unchanged
    Params: none
    Operations: for each N elements that sum to one: N - 1 comparisons, N subtractions, N
        exponentials, N - 1 additions and N divisions
    Example: softmax
    Source: PyTorch's Softmax(dim=1)
    """

    keyword = "softmax"
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
        others = count - count // self.length(output)
        return OpCount(comparisons=others, adds=count + others, exps=count, divs=count)

    def explain_ops(self, board: Blackboard) -> Costs:
        volume, sums = self.sums(board)
        return {
            "comparisons": (f"{volume} - {sums}", "the largest is found"),
            "adds": (f"2*{volume} - {sums}", "it is subtracted, the exponentials are summed"),
            "exps": (volume, "an exponential each"),
            "divs": (volume, "by the sum"),
        }

    def work(self, sheet: Sheet) -> float:
        window = sheet.whole()
        largest, total = exponentials(sheet, window)
        return sheet.equation("y", "exp(x - m)/S", x=sheet.own(), m=largest, S=total)


class LogSoftmax(OverAxis):
    """Logarithm of the softmax over the channels, or another axis, computed without overflow.

    Shape: unchanged
    Params: none
    Operations: for each N elements together: N - 1 comparisons, N subtractions, N exponentials,
        N - 1 additions, one logarithm and N subtractions
    Example: log_softmax
    Source: PyTorch's LogSoftmax(dim=1)
    """

    keyword = "log_softmax"
    foreign = {"pytorch": "LogSoftmax", "keras": "log_softmax", "onnx": "LogSoftmax"}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        sums = count // self.length(output)
        others = count - sums
        return OpCount(comparisons=others, adds=2 * count + others, exps=count + sums)

    def explain_ops(self, board: Blackboard) -> Costs:
        volume, sums = self.sums(board)
        spent = "it is subtracted, the exponentials are summed, its log is taken off"
        return {
            "comparisons": (f"{volume} - {sums}", "the largest is found"),
            "adds": (f"3*{volume} - {sums}", spent),
            "exps": (f"{volume} + {sums}", "an exponential each, and a log of the sum"),
        }

    def work(self, sheet: Sheet) -> float:
        largest, total = exponentials(sheet, sheet.whole())
        return sheet.equation("y", "x - m - log(S)", x=sheet.own(), m=largest, S=total)


def exponentials(sheet: Sheet, window: UnitWindow) -> tuple[float, float]:
    """Write the largest of some numbers, and the sum of exp(x - largest); returns both."""
    largest = sheet.fold(window, "max", "m")
    lifted = [exp(value - largest) for value in window.read()]
    return largest, sheet.fold(sheet.shown(window, lifted, "exp(x - m)"), "sum", "S")
