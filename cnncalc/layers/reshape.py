"""Layers that move, repeat, cut or pass elements, with little or no arithmetic."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.base import Elementwise, Layer, per_axis, spatial, times
from cnncalc.layers.conv import check_groups
from cnncalc.layers.options import show
from cnncalc.layers.reading import Reading, sliding
from cnncalc.layers.relations import SAME, Slide
from cnncalc.layers.window import check_padding_mode, padding_pairs
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec, product, show_shape
from cnncalc.record import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Axes, Padding
    from cnncalc.layers.protocols import Blackboard, Costs, Formula, Lines, NodeWeights
    from cnncalc.layers.relations import Relation
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

    Shape: unchanged
    Params: none
    Operations: none
    Example: {identity: {name: features}}
    Source: PyTorch's Identity
    """

    keyword = "identity"
    role = "rearrange"
    in_place = False
    is_view = True
    foreign = {"pytorch": "Identity", "keras": "Identity", "onnx": "Identity", "other": "noop"}
    tools = {}

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]


class Dropout(Elementwise):
    """Dropout: identity at inference; in training each element is zeroed with probability p.

    Shape: unchanged
    Params: none
    Operations: none at inference
    Example: {dropout: 0.5}
    Source: Srivastava et al. 2014
    """

    keyword = "dropout"
    sized = True
    keeps = " (at inference it passes everything on)"
    role = "regularisation"
    in_place = False
    is_view = True
    foreign = {
        "pytorch": "Dropout Dropout1d Dropout2d Dropout3d",
        "keras": "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D",
        "onnx": "Dropout",
        "caffe": "Dropout",
    }
    tools = {}
    p: float = options.number("probability of zeroing", 0.5, minimum=0, maximum=1)

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]


class StochasticDepth(Elementwise):
    """Stochastic depth: identity at inference; in training the branch is skipped at random.

    Shape: unchanged
    Params: none
    Operations: none at inference
    Example: {stochastic_depth: 0.1}
    Source: Huang et al. 2016, Deep Networks with Stochastic Depth
    """

    keyword = "stochastic_depth"
    sized = True
    role = "regularisation"
    in_place = False
    is_view = True
    foreign = {"other": "drop_path droppath"}
    tools = {}
    p: float = options.number("probability of skipping", 0.2, minimum=0, maximum=1)

    def forward(self, _run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        return inputs[0]


class LayerScale(Elementwise):
    """Layer scale: multiplies each channel by a learned number.

    Shape: unchanged
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

    def forward(self, run: Workspace, inputs: Inputs, weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.channelwise import layer_scale

        return layer_scale(run, inputs[0], weights["weight"])


class ChannelShuffle(Elementwise):
    """Channel shuffle: deals the channels of each group out over all groups.

    Shape: unchanged
    Params: none
    Operations: none
    Example: {channel_shuffle: 2}
    Source: Zhang et al. 2017, ShuffleNet; PyTorch's ChannelShuffle
    """

    keyword = "channel_shuffle"
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
    Params: none
    Operations: none
    Example: {slice: {start: 0, stop: 1}}
    Source: Python's slices, without negative numbers
    """

    keyword = "slice"
    role = "rearrange"
    in_place = False
    foreign = {"onnx": "Slice", "caffe": "Slice", "other": "split chunk narrow"}
    tools = {}
    start: int = options.integer("first channel", minimum=0)
    stop: int | None = options.integer("the channel before which to stop; the end if null", None)
    step: int = options.integer("distance between the channels", 1)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        channels = inputs[0][0]
        stop = channels if self.stop is None else min(self.stop, channels)
        if self.start >= stop:
            raise LayerError(
                f"a slice from {self.start} to {stop} holds none of {channels} channels",
                help=f"use 0 <= start < stop, and a start below {channels}",
                field="start",
            )
        return (-(-(stop - self.start) // self.step), *inputs[0][1:])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        channels = Slide(inputs[0][0], output[0], Window(1, self.step, -self.start))
        return (Reading((channels, *(SAME,) * (len(output) - 1))),)

    def explain_shape(self, board: Blackboard) -> Lines:
        board.put("start", self.start)
        board.put("stop", min(self.stop or board.input[0], board.input[0]))
        board.put("step", self.step)
        formula = "ceil((stop - start)/step)"
        return [board.derive("C_out", formula, board.output[0], "channels kept")]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import pick_channels

        return pick_channels(run, inputs[0], self.start, self.stop, self.step)


class Pad(Layer):
    """Padding: adds elements around the input, along space and along channels.

    Shape: (C, *L) -> (C + channels before and after, *L + before + after)
    Params: none
    Operations: none
    Example: {pad: {padding: [[1, 0], [1, 0]]}}
    Source: PyTorch's pad
    """

    keyword = "pad"
    quiet = True
    role = "rearrange"
    in_place = False
    is_view = False
    takes = "map"
    foreign = {
        "pytorch": "ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad2d ReflectionPad1d "
        "ReflectionPad2d ReplicationPad1d ReplicationPad2d CircularPad2d",
        "keras": "ZeroPadding1D ZeroPadding2D ZeroPadding3D",
        "onnx": "Pad",
        "other": "zero_pad",
    }
    tools = {}
    padding: Padding = options.padding("elements added around each axis", words=())
    mode: str = options.word("what the padding holds", options.PADDING_MODES, "zeros")
    value: float = options.number("the constant that `mode: zeros` adds", 0.0)
    channels: tuple[int, ...] | None = options.integers(
        "channels of the constant added before and after",
        "a pair [before, after]",
        default=None,
        length=2,
    )

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        """Return a window of one element with the padding, along each axis."""
        pairs = padding_pairs(self.padding, len(spatial(self, shape)), "padding")
        return tuple([Window(1, 1, before, after) for before, after in pairs])

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = inputs[0]
        windows = self.windows(shape)
        check_padding_mode(self.mode, shape, windows)
        more = sum(self.channels or ())
        lengths = [n + w.before + w.after for n, w in zip(shape[1:], windows, strict=True)]
        return (shape[0] + more, *lengths)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shape = inputs[0]
        before = (self.channels or (0, 0))[0]
        shift = Slide(shape[0], output[0], Window(1, 1, before))
        channels = SAME if output[0] == shape[0] else shift
        return (Reading((channels, *sliding(shape, output, self.windows(shape), self.mode))),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def explain_shape(self, board: Blackboard) -> Lines:
        lines: Lines = [
            board.along(axis, f"{{}} + {board.padding(window.before, window.after)}")
            for axis, window in enumerate(self.windows(board.input))
        ]
        more = board.output[0] - board.input[0]
        return [*lines, *[f"channels: {board.input[0]} and {more} of a constant"] * (more > 0)]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import pad_layer

        channels = self.channels or (0, 0)
        return pad_layer(run, inputs[0], self.padding, self.mode, self.value, channels)


class Crop(Layer):
    """Cropping: removes elements from the edges of each spatial axis.

    Shape: (C, *L) -> (C, *L - before - after)
    Params: none
    Operations: none
    Example: {crop: 1}
    Source: Keras' Cropping2D
    """

    keyword = "crop"
    role = "rearrange"
    in_place = False
    is_view = False
    takes = "map"
    foreign = {"keras": "Cropping1D Cropping2D Cropping3D", "caffe": "Crop", "other": "center_crop"}
    tools = {}
    cropping: Padding = options.padding(
        "elements removed from each edge", default=MISSING, words=()
    )

    def edges(self, shape: Shape) -> list[tuple[int, int]]:
        """Return the elements removed before and after along each axis."""
        return padding_pairs(self.cropping, len(spatial(self, shape)), "cropping")

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        lengths = []
        for length, (before, after) in zip(inputs[0][1:], self.edges(inputs[0]), strict=True):
            if before + after >= length:
                raise LayerError(
                    f"cropping {before} + {after} leaves nothing of {length}",
                    help=f"crop at most {length - 1} in all",
                    field="cropping",
                )
            lengths.append(length - before - after)
        return (inputs[0][0], *lengths)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shifts = [Window(1, 1, -before) for before, _ in self.edges(inputs[0])]
        return (Reading((SAME, *sliding(inputs[0], output, shifts))),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def explain_shape(self, board: Blackboard) -> Lines:
        lines: Lines = []
        for axis, (before, after) in enumerate(self.edges(board.input)):
            cut = f"{board.put('P_1', before)} - {board.put('P_2', after)}"
            lines.append(board.along(axis, f"{{}} - {cut}", "cut off"))
        return lines

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import crop

        return crop(run, inputs[0], self.cropping)


class Upsample(Layer):
    """Upsampling: repeats the nearest element, or interpolates linearly along every axis.

    Shape: (C, *L) -> (C, *L * scale_factor), or (C, *size)
    Params: none
    Operations: nearest: none; linear: per output element and axis two multiplications, one
        addition
    Example: {upsample: {scale_factor: 2, mode: bilinear}}
    Source: PyTorch's Upsample
    """

    keyword = "upsample"
    sized = True
    role = "sampling"
    in_place = False
    is_view = False
    takes = "map"
    foreign = {
        "pytorch": "Upsample UpsamplingNearest2d UpsamplingBilinear2d",
        "keras": "UpSampling1D UpSampling2D UpSampling3D",
        "onnx": "Resize Upsample",
        "caffe": "Interp",
        "other": "interpolate resize",
    }
    tools = {
        "fvcore": (("modes", {"nearest2": 1, "bilinear2": 4}),),
        "thop": (
            ("modes", {"nearest1": 1, "nearest2": 1, "nearest3": 1, "linear1": 5, "bilinear2": 11}),
        ),
        "ptflops_pytorch": (("elements", 2),),
        "ptflops_pytorch/function": (("elements", 1),),
    }
    scale_factor: Axes | None = options.axes("how many times longer each axis becomes", None)
    size: Axes | None = options.axes("length of each axis afterwards", None)
    mode: str = options.word(
        "how new elements are found",
        ("nearest", "linear", "bilinear", "trilinear"),
        "nearest",
    )
    align_corners: bool = options.boolean("whether the corner elements keep their values", False)

    def validate(self) -> None:
        if (self.scale_factor is None) == (self.size is None):
            raise LayerError(
                "upsample needs either `scale_factor` or `size`",
                help="write `upsample: {scale_factor: 2}`",
            )
        if self.align_corners and self.mode == "nearest":
            raise LayerError("`align_corners` has no meaning for nearest", field="align_corners")

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        lengths = spatial(self, inputs[0])
        rank = len(lengths)
        wanted = {"linear": 1, "bilinear": 2, "trilinear": 3}.get(self.mode, rank)
        if wanted != rank:
            right = ("linear", "bilinear", "trilinear")[rank - 1]
            raise LayerError(
                f"{self.mode} upsampling is for {wanted} spatial axes, but the input has {rank}",
                help=f"use `mode: {right}`",
                field="mode",
            )
        if self.size is not None:
            return (inputs[0][0], *per_axis(self.size, rank, "size"))
        factors = per_axis(self.scale_factor or 1, rank, "scale_factor")
        return (inputs[0][0], *[n * f for n, f in zip(lengths, factors, strict=True)])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        from cnncalc.layers.resampling import Linear, Nearest

        fixed = self.size is not None
        lengths = zip(inputs[0][1:], output[1:], strict=True)
        if self.mode == "nearest":
            axes: list[Relation] = [Nearest(n, units, fixed) for n, units in lengths]
        else:
            axes = [Linear(n, units, fixed, self.align_corners) for n, units in lengths]
        return (Reading((SAME, *axes)),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        if self.mode == "nearest":
            return NO_OPERATIONS
        return times(OpCount(adds=1, muls=2), product(output) * (len(output) - 1))

    def explain_shape(self, board: Blackboard) -> Lines:
        if self.size is not None:
            return [f"the size is given: {show_shape(board.output[1:])}"]
        lines: Lines = []
        for axis, factor in enumerate(per_axis(self.scale_factor or 1, board.rank, "scale_factor")):
            lines.append(board.along(axis, f"{{}}*{board.put('U', factor)}"))
        return lines

    def explain_ops(self, board: Blackboard) -> Costs:
        if self.mode == "nearest":
            return {}
        volume, axes = board.volume(board.output, "_out"), board.rank
        return {
            "adds": (f"{axes}*{volume}", f"one per element and axis ({axes})"),
            "muls": (f"{2 * axes}*{volume}", f"two per element and axis ({axes})"),
        }

    def in_few_words(self) -> list[str]:
        size = (
            f"to {show(self.size)}" if self.scale_factor is None else f"x{show(self.scale_factor)}"
        )
        return [size, self.mode]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.resampling import upsample

        return upsample(run, inputs[0], self.scale_factor, self.size, self.mode, self.align_corners)
