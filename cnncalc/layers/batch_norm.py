"""Batch normalisation, and how a normalised number is written."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.elementwise import Elementwise
from cnncalc.quantities import OpCount, ParamSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Formula, NodeWeights, Sheet, TrainingStep
    from cnncalc.quantities import Shape


def numbers(values: Any) -> tuple[float, ...]:
    """Return values that are one number, a list of numbers, or not given, as numbers."""
    if values is None:
        return ()
    return values if isinstance(values, tuple) else (values,)


def normalised(
    sheet: Sheet, mean: float, variance: float, eps: float, learned: dict[str, float]
) -> float:
    """Write a number normalised by mean and variance, then scaled and shifted where learned."""
    numbers = {"x": sheet.own(), "μ": mean, "v": variance, "ε": eps}
    symbol = "z" if learned else "y"
    z = sheet.equation(symbol, "(x - μ)/sqrt(v + ε)", "normalised", **numbers)
    if not learned:
        return z
    names = {"weight": "γ", "bias": "β"}
    formula = ("γ*z" if "weight" in learned else "z") + (" + β" if "bias" in learned else "")
    values = {names[name]: number for name, number in learned.items()}
    return sheet.equation("y", formula, "scaled and shifted", z=z, **values)


def updated(sheet: Sheet, mean: float, variance: float, noted: Mapping[str, Array]) -> None:
    """Write the running averages after the step, by PyTorch's rule and by Keras'."""
    channel, a, n = sheet.cell[0], float(noted["momentum"]), float(noted["count"])
    means = {"m": float(sheet.array("running_mean")[channel]), "μ": mean}
    variances = {"w": float(sheet.array("running_var")[channel]), "v": variance}
    sheet.equation("m_PyTorch", "(1 - a)*m + a*μ", "running mean after the step", a=a, **means)
    unbiased = "running variance after the step, of the n numbers without bias"
    sheet.equation("w_PyTorch", "(1 - a)*w + a*v*n/(n - 1)", unbiased, a=a, n=n, **variances)
    sheet.equation("m_Keras", "M*m + (1 - M)*μ", "momentum M = 1 - a", M=1 - a, **means)
    sheet.equation("w_Keras", "M*w + (1 - M)*v", "the variance itself", M=1 - a, **variances)


class BatchNorm(Elementwise):
    """Batch normalisation, executed with its running statistics: a scale and a shift per channel.

    Params: 2 * C (weight and bias) with affine, C without scale or center; 2 * C running statistics
        as buffers
    Operations: one multiplication and one addition per element (the statistics fold into them)
    Source: Ioffe & Szegedy 2015; PyTorch's BatchNorm2d
    """

    keyword = "batch_norm"
    quiet = True
    buffers = "running mean and variance of each channel"
    keeps = ": it treats each channel by itself"
    role = "norm"
    in_place = True
    cancels_bias = True
    foreign = {
        "pytorch": "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm",
        "keras": "BatchNormalization",
        "onnx": "BatchNormalization",
        "caffe": "BatchNorm",
        "darknet": "batchnorm",
        "other": "bn batch_normalization",
    }
    tools = {
        "fvcore": (("elements", 2, 1),),
        "thop": (("elements", 4, 2),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 2, 1),),
    }
    per_element = OpCount(adds=1, muls=1)
    eps: float = options.number("added to the variance", 1e-5, minimum=0)
    affine: bool = options.boolean("whether a scale and a shift are learned", True)
    scale: bool = options.boolean("whether, with affine, the scale is learned", True)
    center: bool = options.boolean("whether, with affine, the shift is learned", True)
    running_mean: Any = options.values("given means: one for all channels or one each", (), None)
    running_var: Any = options.values("given variances, likewise", (), None)
    weight: Any = options.values("given scales (gamma), likewise", (), None)
    bias: Any = options.values("given shifts (beta), likewise", (), None)

    def validate(self) -> None:
        for name in ("weight", "bias"):
            if getattr(self, name) is not None and name not in self.learned():
                what = "scale" if name == "weight" else "shift"
                raise LayerError(f"`{name}` is given, but there is no {what}",
                                 help=f"remove `{name}`", field=name)  # fmt: skip
        given = numbers(self.running_var)  # lists within are refused with their shape
        if any(not isinstance(number, tuple) and number < 0 for number in given):
            raise LayerError("a variance cannot be negative",
                             help="give the variances, not their logarithms",
                             field="running_var")  # fmt: skip

    def learned(self) -> tuple[str, ...]:
        """Return the names of the learned arrays."""
        if not self.affine:
            return ()
        return ("weight",) * self.scale + ("bias",) * self.center

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        channels = inputs[0][:1]
        running = (
            ParamSpec("running_mean", channels, False),
            ParamSpec("running_var", channels, False),
        )
        arrays = (*[ParamSpec(name, channels) for name in self.learned()], *running)
        if self.weight is self.bias is self.running_mean is self.running_var is None:
            return arrays
        for array in arrays:
            given = self.given(array)
            if given is not None:
                from cnncalc.layers.given import check_values

                check_values(given, channels, array.name)
        return arrays

    def explain_params(self, board: Blackboard) -> Formula:
        channels = board.put("C", board.input[0])
        if len(self.learned()) == 2:
            return f"2*{channels}", "a scale and a shift for each channel"
        return channels, f"a {'scale' if self.scale else 'shift'} for each channel"

    def initial(self, array: ParamSpec) -> float | None:
        return 1.0 if array.name == "running_var" else super().initial(array)

    def train(
        self, run: Workspace, inputs: Inputs, weights: NodeWeights, step: TrainingStep
    ) -> Array:
        from cnncalc.executor.kernels.normalization import batch_norm

        mean, variance = step.statistics(inputs[0])
        learned = [weights[n] if n in self.learned() else None for n in ("weight", "bias")]
        return batch_norm(run, inputs[0], mean, variance, learned[0], learned[1], self.eps)

    def work(self, sheet: Sheet) -> float:
        channel = sheet.cell[0]
        if sheet.noted is not None:
            batch = sheet.batch()
            mean = sheet.fold(batch, "mean", "μ")
            variance = sheet.fold(batch, "variance", "v")
        else:
            mean = float(sheet.array("running_mean")[channel])
            variance = float(sheet.array("running_var")[channel])
        learned = {name: float(sheet.array(name)[channel]) for name in self.learned()}
        result = normalised(sheet, mean, variance, self.eps, learned)
        if sheet.noted is not None:
            updated(sheet, mean, variance, sheet.noted)
        return result

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import batch_norm

        return batch_norm(
            run,
            inputs[0],
            weights.buffer("running_mean"),
            weights.buffer("running_var"),
            weights["weight"] if "weight" in self.learned() else None,
            weights["bias"] if "bias" in self.learned() else None,
            self.eps,
        )
