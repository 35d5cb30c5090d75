"""Smooth activations, and the softmaxes over channels."""

from __future__ import annotations

from cnncalc.layers import fields
from cnncalc.layers.base import Elementwise
from cnncalc.layers.reading import over_channels
from cnncalc.quantities import OpCount, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.weights import Weights
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape


class Sigmoid(Elementwise):
    """Sigmoid: 1 / (1 + exp(-x)).

    Shape: unchanged
    Params: none
    Operations: one exponential, addition and division per element
    Example: sigmoid
    Source: PyTorch's Sigmoid
    """

    keyword: ClassVar[str] = "sigmoid"
    per_element: ClassVar[OpCount] = OpCount(exps=1, adds=1, divs=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: Weights) -> Array:
        from cnncalc.executor.kernels.activations import sigmoid

        return sigmoid(run, inputs[0])


class Tanh(Elementwise):
    """Hyperbolic tangent.

    Shape: unchanged
    Params: none
    Operations: one transcendental per element
    Example: tanh
    Source: PyTorch's Tanh
    """

    keyword: ClassVar[str] = "tanh"
    per_element: ClassVar[OpCount] = OpCount(exps=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: Weights) -> Array:
        from cnncalc.executor.kernels.activations import tanh

        return tanh(run, inputs[0])


class Softplus(Elementwise):
    """Softplus: log(1 + exp(beta * x)) / beta, and x itself where beta * x exceeds the threshold.

    Shape: unchanged
    Params: none
    Operations: one comparison, multiplication, addition, division and two transcendentals
    Example: softplus
    Source: PyTorch's Softplus
    """

    keyword: ClassVar[str] = "softplus"
    per_element: ClassVar[OpCount] = OpCount(comparisons=1, muls=1, adds=1, divs=1, exps=2)
    beta: float = fields.number("sharpness", 1.0, minimum=1e-6)
    threshold: float = fields.number("above this the function is linear", 20.0)

    def forward(self, run: Workspace, inputs: Inputs, _weights: Weights) -> Array:
        from cnncalc.executor.kernels.activations import softplus

        return softplus(run, inputs[0], self.beta, self.threshold)


class Gelu(Elementwise):
    """GELU: x times the normal distribution function of x (or its tanh approximation).

    Shape: unchanged
    Params: none
    Operations: exact form: one transcendental (erf), one addition and three multiplications;
        counted alike for the approximation
    Example: gelu
    Source: Hendrycks & Gimpel 2016; PyTorch's GELU
    """

    keyword: ClassVar[str] = "gelu"
    per_element: ClassVar[OpCount] = OpCount(exps=1, adds=1, muls=3)
    approximate: str = fields.word("the exact form, or by tanh", ("none", "tanh"), "none")

    def forward(self, run: Workspace, inputs: Inputs, _weights: Weights) -> Array:
        from cnncalc.executor.kernels.activations import gelu

        return gelu(run, inputs[0], self.approximate)


class Silu(Elementwise):
    """SiLU (swish): x * sigmoid(x).

    Shape: unchanged
    Params: none
    Operations: one exponential, addition, division and multiplication per element
    Example: silu
    Source: Elfwing et al. 2017; PyTorch's SiLU
    """

    keyword: ClassVar[str] = "silu"
    per_element: ClassVar[OpCount] = OpCount(exps=1, adds=1, divs=1, muls=1)

    def forward(self, run: Workspace, inputs: Inputs, _weights: Weights) -> Array:
        from cnncalc.executor.kernels.activations import silu

        return silu(run, inputs[0])


class Softmax(Elementwise):
    """Softmax over the channels: exp(x) / sum of exp, after subtracting the largest.

    Shape: unchanged
    Params: none
    Operations: per position C - 1 comparisons, C subtractions, C exponentials, C - 1 additions and
        C divisions
    Example: softmax
    Source: PyTorch's Softmax(dim=1)
    """

    keyword: ClassVar[str] = "softmax"

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        others = count - count // output[0]
        return OpCount(comparisons=others, adds=count + others, exps=count, divs=count)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return over_channels(output)

    def forward(self, run: Workspace, inputs: Inputs, _weights: Weights) -> Array:
        from cnncalc.executor.kernels.activations import softmax

        return softmax(run, inputs[0])


class LogSoftmax(Elementwise):
    """Logarithm of the softmax over the channels, computed without overflow.

    Shape: unchanged
    Params: none
    Operations: per position C - 1 comparisons, C subtractions, C exponentials, C - 1 additions,
        one logarithm and C subtractions
    Example: log_softmax
    Source: PyTorch's LogSoftmax(dim=1)
    """

    keyword: ClassVar[str] = "log_softmax"

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count, positions = product(output), product(output[1:])
        others = count - positions
        return OpCount(comparisons=others, adds=2 * count + others, exps=count + positions)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return over_channels(output)

    def forward(self, run: Workspace, inputs: Inputs, _weights: Weights) -> Array:
        from cnncalc.executor.kernels.activations import log_softmax

        return log_softmax(run, inputs[0])
