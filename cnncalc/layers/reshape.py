"""Layers that move, repeat, cut or pass elements, with little or no arithmetic."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.axes import check_axis
from cnncalc.layers.base import Layer
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.filters import check_groups
from cnncalc.layers.reading import Reading
from cnncalc.layers.relations import SAME, Slide
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Formula, Lines, NodeWeights, Sheet
    from cnncalc.quantities import Shape


class Input(Layer):
    """The input of a network; made from the spec's `input`, never written as a layer.

    Shape: as given
    Params: none
    Operations: none
    Example: input
    Source: the spec's `input` or `inputs`
    """

    keyword = "input"
    quiet = True
    role = "input"
    in_place = False
    is_view = False
    foreign = {}
    tools = {}
    arity = 0
    shape: tuple[int, ...] = options.integers(
        "channels, then spatial axes", "one to four lengths", minimum=1
    )

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        return self.shape

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return ()

    def explain_shape(self, board: Blackboard) -> Lines:
        return [f"given: {board.in_words()}"]

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        """Pass on the array that the executor was given for this input."""
        return inputs[0]


class Identity(Elementwise):
    """Identity: passes its input on; useful to give a place a name.

    Operations: none
    Example: {identity: {name: features}}
    Source: PyTorch's Identity
    """

    keyword = "identity"
    per_element = NO_OPERATIONS
    role = "rearrange"
    in_place = False
    is_view = True
    foreign = {"pytorch": "Identity", "keras": "Identity", "onnx": "Identity", "other": "noop"}
    tools = {}

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]


class LayerScale(Elementwise):
    """Layer scale: multiplies each channel by a learned number.

    Params: C
    Operations: one multiplication per element
    Example: {layer_scale: 1e-6}
    Source: Touvron et al. 2021, Going deeper with Image Transformers; ConvNeXt
    """

    keyword = "layer_scale"
    quiet = True
    role = "norm"
    in_place = True
    foreign = {}
    tools = {}
    per_element = OpCount(muls=1)
    init: float = options.number("value before training", 1e-6)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return (ParamSpec("weight", inputs[0][:1]),)

    def explain_params(self, board: Blackboard) -> Formula:
        return board.put("C", board.input[0]), "a factor for each channel"

    def initial(self, array: ParamSpec) -> float | None:
        return self.init

    def work(self, sheet: Sheet) -> float:
        numbers = {"γ": sheet.array("weight")[sheet.cell[0]], "x": sheet.own()}
        return sheet.equation("y", "γ*x", "the channel's factor", **numbers)

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.channelwise import layer_scale

        return layer_scale(run, inputs[0], weights["weight"])


class ChannelShuffle(Elementwise):
    """Channel shuffle: deals the channels of each group out over all groups.

    Operations: none
    Example: {channel_shuffle: 2}
    Source: Zhang et al. 2017, ShuffleNet; PyTorch's ChannelShuffle
    """

    keyword = "channel_shuffle"
    per_element = NO_OPERATIONS
    sized = True
    role = "rearrange"
    in_place = False
    foreign = {"pytorch": "ChannelShuffle", "caffe": "ShuffleChannel", "other": "shuffle"}
    tools = {}
    groups: int = options.integer("groups to deal out")

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        check_groups(inputs[0][0], self.groups, "input")
        return inputs[0]

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        from cnncalc.layers.rearranging import Shuffled

        return (Reading((Shuffled(output[0], self.groups), *(SAME,) * (len(output) - 1))),)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import channel_shuffle

        return channel_shuffle(run, inputs[0], self.groups)


class Slice(Elementwise):
    """Slice: some of the channels, from `start` to before `stop`, every `step`-th.

    Shape: (C, *L) -> (ceil((min(stop, C) - start) / step), *L)
    Operations: none
    Example: {slice: {start: 0, stop: 1}}
    Source: Python's slices, without negative numbers
    """

    keyword = "slice"
    per_element = NO_OPERATIONS
    role = "rearrange"
    in_place = False
    foreign = {"onnx": "Slice", "caffe": "Slice", "other": "split chunk narrow"}
    tools = {}
    start: int = options.integer("first position", 0, minimum=0)
    stop: int | None = options.integer("the position before which to stop; the end if null", None)
    step: int = options.integer("distance between the positions", 1)
    axis: int = options.integer("the axis along which they lie; 0: channels", 0, minimum=0)

    def end(self, shape: Shape) -> int:
        """Return before which position the slice stops."""
        length = shape[check_axis(self.axis, shape)]
        return length if self.stop is None else min(self.stop, length)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape, axis = inputs[0], self.axis
        stop = self.end(shape)
        if self.start >= stop:
            what = f"{shape[axis]} " + (f"positions of axis {axis}" if axis else "channels")
            raise LayerError(
                f"a slice from {self.start} to {self.stop or shape[axis]} takes nothing of {what}",
                help=f"use 0 <= start < stop <= {shape[axis]}",
                field="start",
            )
        return (*shape[:axis], -(-(stop - self.start) // self.step), *shape[axis + 1 :])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        axis, own_place = self.axis, (SAME,) * len(output)
        part = Slide(inputs[0][axis], output[axis], Window(1, self.step, -self.start))
        return (Reading((*own_place[:axis], part, *own_place[axis + 1 :])),)

    def explain_shape(self, board: Blackboard) -> Lines:
        board.put("start", self.start)
        board.put("stop", self.end(board.input))
        board.put("step", self.step)
        symbol, what = ("L_out", f"axis {self.axis}") if self.axis else ("C_out", "channels kept")
        formula = "ceil((stop - start)/step)"
        return [board.derive(symbol, formula, board.output[self.axis], what)]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import pick

        return pick(run, inputs[0], self.start, self.stop, self.step, self.axis)
