"""Activations with fields: slopes, bounds, sharpness."""

from __future__ import annotations

from math import pi

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.activation import COUNTED_TWICE, Activation
from cnncalc.layers.reading import own
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, NodeWeights, Sheet
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape


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


class Prelu(Activation):
    """PReLU: leaky ReLU whose slope is learned, one for all channels or one per channel.

    Params: num_parameters
    Operations: one comparison and one multiplication per element
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

    Operations: one comparison, multiplication, addition, division and two transcendentals
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

    Operations: exact form: one transcendental (erf), one addition and three multiplications;
        counted alike for the approximation
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


class Clip(Activation):
    """Clip: x cut to a range; one end may be open.

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
