"""Layers that compute with constants, or reduce an axis to one number."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.reading import Reading, over_channels
from cnncalc.layers.relations import SAME, Everything
from cnncalc.quantities import OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, Lines, NodeWeights, Sheet
    from cnncalc.quantities import Shape


class Scale(Elementwise):
    """Scale: every element times a factor, plus a shift; both constants, or learned.

    Params: with `learned`, one number or two for each channel (`per: channels`), for each element
        (`elements`), or in all (`one`)
    Operations: one multiplication per element where there is a factor, one addition where there is
        a shift
    Example: {scale: 0.5}
    Source: Caffe's Scale layer, Keras' Rescaling
    """

    keyword = "scale"
    role = "norm"
    in_place = True
    foreign = {"keras": "Rescaling", "caffe": "Scale Bias Power"}
    tools = {}
    factor: float = options.number("the constant that multiplies every element", 1.0)
    shift: float = options.number("the constant that is added afterwards", 0.0)
    learned: str = options.word(
        "which of the two are learned instead", ("none", "factor", "shift", "both"), "none"
    )
    per: str = options.word(
        "what has a learned number of its own", ("channels", "elements", "one"), "channels"
    )

    def validate(self) -> None:
        if self.learned != "none" and (self.factor != 1 or self.shift != 0):
            raise LayerError(
                "a scale has constants or learned numbers, not both",
                help="write two scales, one after the other",
                field="learned",
            )

    def has_factor(self) -> bool:
        """Return whether elements are multiplied."""
        return self.factor != 1 or self.learned in ("factor", "both")

    def has_shift(self) -> bool:
        """Return whether something is added to elements."""
        return self.shift != 0 or self.learned in ("shift", "both")

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        shapes = {"channels": inputs[0][:1], "elements": inputs[0], "one": (1,)}
        names = {"none": (), "factor": ("weight",), "shift": ("bias",), "both": ("weight", "bias")}
        return tuple([ParamSpec(name, shapes[self.per]) for name in names[self.learned]])

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count = product(output)
        return OpCount(
            muls=count if self.has_factor() else 0, adds=count if self.has_shift() else 0
        )

    def connections_of(self, ops: OpCount) -> int | None:
        """Return one connection for each learned number of an element, as of a bias."""
        return None if self.learned == "none" else ops.muls + ops.adds

    def explain_params(self, board: Blackboard) -> Formula:
        numbers = {"both": "a factor and a shift"}.get(self.learned, f"a {self.learned}")
        if self.per == "one":
            return ("2" if self.learned == "both" else "1"), f"{numbers} for all elements"
        each = board.put("C", board.input[0]) if self.per == "channels" else ""
        count = each or board.volume(board.input)
        formula = f"2*{count}" if self.learned == "both" else count
        return formula, f"{numbers} for each {self.per.removesuffix('s')}"

    def explain_ops(self, board: Blackboard) -> Costs:
        volume = board.volume(board.output)
        costs = {"muls": (volume, "the factor")} if self.has_factor() else {}
        return costs | ({"adds": (volume, "the shift")} if self.has_shift() else {})

    def in_few_words(self) -> list[str]:
        if self.learned != "none":
            return [f"learned {self.learned}"]
        parts = [f"x{self.factor:g}"] * (self.factor != 1) + [f"{self.shift:+g}"] * (
            self.shift != 0
        )
        return [" ".join(parts)] if parts else []

    def work(self, sheet: Sheet) -> float:
        place = {"channels": sheet.cell[:1], "elements": sheet.cell, "one": (0,)}[self.per]
        values, formula = {"x": sheet.own()}, "x"
        if self.has_factor():
            learned = self.learned in ("factor", "both")
            values["a"] = sheet.array("weight")[place] if learned else self.factor
            formula = "a*x"
        if self.has_shift():
            learned = self.learned in ("shift", "both")
            values["b"] = sheet.array("bias")[place] if learned else self.shift
            formula += " + b"
        return sheet.equation("y", formula, **values)

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.channelwise import scale

        factor = weights["weight"] if self.learned in ("factor", "both") else self.factor
        shift = weights["bias"] if self.learned in ("shift", "both") else self.shift
        return scale(run, inputs[0], factor, shift)


class Reduction(Layer):
    """Base of layers that reduce the channels, or the positions, to one."""

    role = "pool"
    in_place = False
    is_view = False
    divides: ClassVar[bool] = False
    axes: str = options.word("what is reduced to one", ("channels", "space"), "channels")

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = inputs[0]
        if self.axes == "channels":
            return (1, *shape[1:])
        if len(shape) == 1:
            raise LayerError(
                f"{self.keyword} over space needs spatial axes, but got a flat vector of"
                f" {shape[0]}",
                help="use `axes: channels`, or put it before `flatten`",
                field="axes",
            )
        return (shape[0], *(1,) * (len(shape) - 1))

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def explain_shape(self, board: Blackboard) -> Lines:
        what = "channels" if self.axes == "channels" else "positions of each channel"
        return [f"the {what} become one number: an axis of size 1"]

    def explain_ops(self, board: Blackboard) -> Costs:
        read, made = board.volume(board.input, "_in"), board.volume(board.output, "_out")
        costs = {"divs": (made, "by the number of elements")} if self.divides else {}
        kind = "adds" if self.divides else "comparisons"
        return {kind: (f"{read} - {made}", "one for every further element"), **costs}

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shape = inputs[0]
        if self.axes == "channels":
            axes = (Everything(shape[0], 1), *(SAME,) * (len(shape) - 1))
            return (Reading(axes, whole=len(shape) == 1),)
        return (Reading((SAME, *[Everything(n, 1) for n in shape[1:]]), whole=True),)


class Mean(Reduction):
    """Mean over the channels at each position, or over the positions of each channel.

    Shape: (C, *L) -> (1, *L), or (C, 1, ..., 1) with `axes: space`
    Params: none
    Operations: per output element one addition for every other element read, and one division
    Example: {mean: channels}
    Source: PyTorch's mean with keepdim; Woo et al. 2018, CBAM
    """

    keyword = "mean"
    divides = True
    foreign = {"pytorch": "mean", "onnx": "ReduceMean"}
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(adds=product(inputs[0]) - product(output), divs=product(output))

    def work(self, sheet: Sheet) -> float:
        return sheet.fold(sheet.whole(), "mean", "y")

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.channelwise import mean

        return mean(run, inputs[0], self.axes == "channels")


class Max(Reduction):
    """Maximum over the channels at each position, or over the positions of each channel.

    Shape: (C, *L) -> (1, *L), or (C, 1, ..., 1) with `axes: space`
    Params: none
    Operations: per output element one comparison for every other element read
    Example: {max: channels}
    Source: PyTorch's amax with keepdim; Woo et al. 2018, CBAM
    """

    keyword = "max"
    foreign = {"pytorch": "amax", "onnx": "ReduceMax"}
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(comparisons=product(inputs[0]) - product(output))

    def work(self, sheet: Sheet) -> float:
        return sheet.fold(sheet.whole(), "max", "y")

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.channelwise import maximum

        return maximum(run, inputs[0], self.axes == "channels")


class L2Normalize(Elementwise):
    """L2 normalisation: the channels at each position divided by their Euclidean length.

    Params: none (SSD's learned factor is a `scale: {learned: factor}` after it)
    Operations: per position C multiplications, C - 1 additions, a root, a comparison with eps, and
        C divisions
    Source: PyTorch's functional.normalize; Liu et al. 2016, SSD, section 3.1
    """

    keyword = "l2_normalize"
    role = "norm"
    in_place = False  # an output depends on all channels
    foreign = {"pytorch": "normalize", "keras": "UnitNormalization", "onnx": "LpNormalization",
               "caffe": "Normalize", "other": "l2norm"}  # fmt: skip
    tools = {}
    eps: float = options.number("the length is at least this", 1e-12, minimum=0)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        count, positions = product(output), product(output[1:])
        return OpCount(
            adds=count - positions, muls=count, divs=count, comparisons=positions, exps=positions
        )

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return over_channels(output)

    def explain_ops(self, board: Blackboard) -> Costs:
        volume, where = board.volume(board.output), board.spatial(board.output)
        return {
            "adds": (f"{volume} - {where}", "the squares are summed"),
            "muls": (volume, "a square each"),
            "divs": (volume, "by the length"),
            "comparisons": (where, "with eps"),
            "exps": (where, "a root each"),
        }

    def work(self, sheet: Sheet) -> float:
        energy = sheet.fold(sheet.whole(), "squares", "s")
        numbers = {"x": sheet.own(), "s": energy, "ε": self.eps}
        return sheet.equation("y", "x/max(sqrt(s), ε)", **numbers)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.normalization import l2_normalize

        return l2_normalize(run, inputs[0], self.eps)
