"""Normalisations."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.base import Elementwise
from cnncalc.layers.conv import check_groups
from cnncalc.layers.reading import OWN, Reading, over_axis
from cnncalc.layers.relations import SAME, Blocks, Everything, Slide
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Terms
    from cnncalc.layers.protocols import (
        Blackboard,
        Costs,
        Formula,
        NodeWeights,
        Sheet,
        TrainingStep,
    )
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


def scale_and_shift(shape: tuple[int, ...]) -> tuple[ParamSpec, ...]:
    """Return the two learned arrays of an affine normalisation."""
    return ParamSpec("weight", shape), ParamSpec("bias", shape)


class BatchNorm(Elementwise):
    """Batch normalisation, executed with its running statistics: a scale and a shift per channel.

    Shape: unchanged
    Params: 2 * C (weight and bias) with affine, C without scale or center; 2 * C running statistics
        as buffers
    Operations: one multiplication and one addition per element (the statistics fold into them)
    Example: batch_norm
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
        both = (("weight", self.scale), ("bias", self.center))
        return tuple([name for name, wanted in both if wanted and self.affine])

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        channels = inputs[0][:1]
        running = (
            ParamSpec("running_mean", channels, trainable=False),
            ParamSpec("running_var", channels, trainable=False),
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


class LocalResponseNorm(Elementwise):
    """Local response normalisation: divides each element by the energy of nearby channels.

    x / (k + alpha/size * sum of squares over `size` channels) ** beta

    Shape: unchanged
    Params: none
    Operations: per element one square, the additions of its window (cut at the first and last
        channel), one multiplication and addition, one power, one division
    Example: {local_response_norm: {size: 5, alpha: 5e-4, beta: 0.75, k: 2}}
    Source: Krizhevsky et al. 2012, section 3.3 (there alpha is not divided by size)
    """

    keyword = "local_response_norm"
    sized = True
    role = "norm"
    in_place = False
    foreign = {
        "pytorch": "LocalResponseNorm",
        "tensorflow": "local_response_normalization",
        "onnx": "LRN",
        "caffe": "LRN",
        "other": "lrn",
    }
    tools = {"ptflops_pytorch": (("channel_windows",),)}
    size: int = options.integer("channels in the window", 5)
    alpha: float = options.number("weight of the energy", 1e-4)
    beta: float = options.number("exponent", 0.75)
    k: float = options.number("constant added to the energy", 1.0)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        count, before = output[0], self.size // 2
        window = Window(self.size, 1, before, self.size - 1 - before)
        return (Reading((Slide(count, count, window), *(SAME,) * (len(output) - 1))),)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        channels, count = output[0], product(output)
        # A neighbour d channels away exists for channels - d of them, on either side.
        before = min(self.size // 2, channels)
        after = min((self.size - 1) // 2, channels)
        neighbours = sum([side * channels - side * (side + 1) // 2 for side in (before, after)])
        adds = neighbours * (count // channels)
        return OpCount(adds=adds + count, muls=2 * count, divs=count, exps=count)

    def explain_ops(self, board: Blackboard) -> Costs:
        ops, channels = self.op_count(board.inputs, board.output), board.output[0]
        where = board.spatial(board.output)
        board.put("V", ops.adds // product(board.output[1:]))
        board.put("C", channels)
        volume = board.volume(board.output)
        return {
            "adds": (
                f"(V - C)*{where} + {volume}",
                "sums over windows, cut at the ends, and k",
            ),
            "muls": (f"2*{volume}", "a square, and alpha"),
            "divs": (volume, "one per element"),
            "exps": (volume, "a power per element"),
        }

    def work(self, sheet: Sheet) -> float:
        energy = sheet.fold(sheet.whole(), "squares", "s")
        constants = {"k": self.k, "α": self.alpha, "n": self.size}
        scale = sheet.equation("d", "k + α/n*s", "n channels", s=energy, **constants)
        numbers = {"x": sheet.own(), "d": scale, "β": self.beta}
        return sheet.equation("y", "x/d**β", **numbers)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import local_response_norm

        return local_response_norm(run, inputs[0], self.size, self.alpha, self.beta, self.k)


class StatisticsNorm(Elementwise):
    """Base of normalisations whose mean and variance come from the sample itself.

    Counted per element: an addition for the mean, one to centre, a square and its addition, a
    scale, and with affine a multiplication and an addition; per group of elements that share
    statistics: two divisions, one addition (eps) and a root.
    """

    role = "norm"
    in_place = False  # the statistics need the whole input first

    if TYPE_CHECKING:
        eps: float
        affine: bool

    def counted_once(self, inputs: tuple[Shape, ...], output: Shape, flops: int) -> Terms:
        """Return operations per element, and those per set of statistics."""
        each, rest = divmod(flops, product(output))
        elements = (f"{self.label} elements", each, product(output))
        return (elements, (f"{self.label} statistics", 1, rest)) if rest else (elements,)

    def groups(self, shape: Shape) -> int:
        """Return how many sets of elements have statistics of their own."""
        raise LayerError(f"{self.keyword} does not say how {shape} is grouped")

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return scale_and_shift(inputs[0][:1]) if self.affine else ()

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        each = output[0] // self.groups(output)
        axes = (Blocks(each, each), *[Everything(n, n) for n in output[1:]])
        itself = OWN[len(output)]
        return (itself if axes == (Blocks(1, 1),) else Reading(axes, True, itself.axes),)

    def work(self, sheet: Sheet) -> float:
        window = sheet.whole()
        mean, variance = sheet.fold(window, "mean", "μ"), sheet.fold(window, "variance", "v")
        learned = {}
        if self.affine:
            place = self.learned_place(sheet.cell)
            learned = {name: float(sheet.array(name)[place]) for name in ("weight", "bias")}
        return normalised(sheet, mean, variance, self.eps, learned)

    def learned_place(self, cell: tuple[int, ...]) -> tuple[int, ...]:
        """Return where a unit's scale and shift stand: those of its channel."""
        return cell[:1]

    def explain_params(self, board: Blackboard) -> Formula:
        return f"2*{board.put('C', board.input[0])}", "a scale and a shift for each channel"

    def explain_ops(self, board: Blackboard) -> Costs:
        volume = board.volume(board.output)
        board.put("Q", self.groups(board.output))
        shift, scale = (", shift", ", learned scale") if self.affine else ("", "")
        return {
            "adds": (f"{4 if shift else 3}*{volume} + Q", f"mean, centring, variance{shift}"),
            "muls": (f"{3 if scale else 2}*{volume}", f"square, scaling{scale}"),
            "divs": ("2*Q", "mean and variance"),
            "exps": ("Q", "a root each"),
        }

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count, groups = product(output), self.groups(output)
        affine = count if self.affine else 0
        return OpCount(
            adds=3 * count + affine + groups,
            muls=2 * count + affine,
            divs=2 * groups,
            exps=groups,
        )


class LayerNorm(StatisticsNorm):
    """Layer normalisation over the whole sample, over the channels, or over the last axis.

    Shape: unchanged
    Params: 2 * C * prod(L) (a scale and a shift per element), 2 * C with `axes: channels`, or twice
        the length of the last axis with `axes: last`
    Operations: see the base of these normalisations: 3 additions and 2 multiplications per
        element, 2 more with affine, and 4 operations per set of statistics
    Example: {layer_norm: channels}
    Source: Ba et al. 2016; PyTorch's LayerNorm; channels: ConvNeXt's LayerNorm2d
    """

    keyword = "layer_norm"
    weighs_places = True
    foreign = {"pytorch": "LayerNorm", "keras": "LayerNormalization", "onnx": "LayerNormalization"}
    tools = {
        "fvcore": (("elements", 5, 4),),
        "thop": (("elements", 4, 2),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 1, 1),),
    }
    axes: str = options.word("what is normalised together", ("all", "channels", "last"), "all")
    eps: float = options.number("added to the variance", 1e-5, minimum=0)
    affine: bool = options.boolean("whether a scale and a shift are learned", True)

    def groups(self, shape: Shape) -> int:
        if self.axes == "all":
            return 1
        return product(shape[1:] if self.axes == "channels" else shape[:-1])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        if self.axes == "all":
            return StatisticsNorm.reads(self, inputs, output)
        return over_axis(output, 0 if self.axes == "channels" else len(output) - 1)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        if not self.affine:
            return ()
        shape = inputs[0]
        normalised = {"all": shape, "channels": shape[:1], "last": shape[-1:]}
        return scale_and_shift(normalised[self.axes])

    def learned_place(self, cell: tuple[int, ...]) -> tuple[int, ...]:
        return {"all": cell, "channels": cell[:1], "last": cell[-1:]}[self.axes]

    def explain_params(self, board: Blackboard) -> Formula:
        if self.axes == "channels":
            return super().explain_params(board)
        if self.axes == "last":
            length = board.put("L", board.input[-1])
            return f"2*{length}", "a scale and a shift for each place on the last axis"
        return f"2*{board.volume(board.input)}", "a scale and a shift for each element"

    def initial(self, array: ParamSpec) -> float | None:
        return float(array.name == "weight")

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import layer_norm

        learned = (weights["weight"], weights["bias"]) if self.affine else None
        return layer_norm(run, inputs[0], learned, self.eps, self.axes)


class GroupNorm(StatisticsNorm):
    """Group normalisation: the channels are split into groups, each with its own statistics.

    Shape: unchanged
    Params: 2 * C with affine
    Operations: 3 additions and 2 multiplications per element, 2 more with affine, and 4
        operations per group
    Example: {group_norm: 32}
    Source: Wu & He 2018; PyTorch's GroupNorm
    """

    keyword = "group_norm"
    sized = True
    foreign = {"pytorch": "GroupNorm", "keras": "GroupNormalization", "onnx": "GroupNormalization"}
    tools = {
        "fvcore": (("elements", 5, 4),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 2, 1),),
    }
    num_groups: int = options.integer("how many groups the channels are split into")
    eps: float = options.number("added to the variance", 1e-5, minimum=0)
    affine: bool = options.boolean("whether a scale and a shift are learned", True)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        try:
            check_groups(inputs[0][0], self.num_groups, "input")
        except LayerError as error:
            raise LayerError(error.message, help=error.help, field="num_groups") from None
        return inputs[0]

    def groups(self, shape: Shape) -> int:
        return self.num_groups

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import group_norm

        learned = (weights["weight"], weights["bias"]) if self.affine else None
        return group_norm(run, inputs[0], self.num_groups, learned, self.eps)


class InstanceNorm(StatisticsNorm):
    """Instance normalisation: each channel of each sample has its own statistics.

    Shape: unchanged
    Params: 2 * C with affine
    Operations: 3 additions and 2 multiplications per element, 2 more with affine, and 4
        operations per channel
    Example: {instance_norm: {affine: true}}
    Source: Ulyanov et al. 2016; PyTorch's InstanceNorm2d
    """

    keyword = "instance_norm"
    quiet = True
    cancels_bias = True
    foreign = {
        "pytorch": "InstanceNorm1d InstanceNorm2d InstanceNorm3d",
        "keras": "InstanceNormalization",
        "onnx": "InstanceNormalization",
        "caffe": "MVN",
    }
    tools = {
        "fvcore": (("elements", 5, 4),),
        "thop": (("elements", 4, 2),),
        "torchinfo": (("parameters",),),
        "ptflops_pytorch": (("elements", 2, 1),),
    }
    eps: float = options.number("added to the variance", 1e-5, minimum=0)
    affine: bool = options.boolean("whether a scale and a shift are learned", False)

    def groups(self, shape: Shape) -> int:
        return shape[0]

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import instance_norm

        learned = (weights["weight"], weights["bias"]) if self.affine else None
        return instance_norm(run, inputs[0], learned, self.eps)
