"""Layers that add elements at the edges of a map, or remove them."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.axes import size_of, spatial
from cnncalc.layers.base import Layer
from cnncalc.layers.reading import Reading, sliding
from cnncalc.layers.relations import SAME, Slide
from cnncalc.layers.window import check_padding_mode, padding_pairs
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Padding
    from cnncalc.layers.protocols import Blackboard, Lines, NodeWeights
    from cnncalc.quantities import Shape


def one_of(layer: Layer, field: str) -> None:
    """Raise `LayerError` unless either the amount or a node to be as large as is given."""
    if (getattr(layer, field) is None) == (layer.like is None):
        raise LayerError(
            f"{layer.keyword} needs either `{field}` or `like`",
            help=f"write `{layer.keyword}: {{{field}: 1}}`, or `like:` with the name of a layer",
        )


def centred(layer: Layer, amount: int, length: int, wanted: int) -> tuple[int, int]:
    """Return an amount as much before as after, the odd one after; raises `LayerError` below 0."""
    if amount < 0:
        verb, other = ("pad", "crop") if layer.keyword == "pad" else ("crop", "pad")
        raise LayerError(
            f"{verb} cannot make {wanted} of {length}",
            help=f"`{other}: {{like: {layer.like}}}` does, or `upsample`",
            field="like",
        )
    return amount // 2, amount - amount // 2


class Pad(Layer):
    """Padding: adds elements around the input, along space and along channels.

    Shape: (C, *L) -> (C + channels before and after, *L + before + after), or as large as `like`:
        as much before as after, the odd one after
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
    padding: Padding | None = options.padding("elements added around each axis", None, words=())
    like: str | None = options.reference("another layer, as large as which it becomes")
    mode: str = options.word("what the padding holds", options.PADDING_MODES, "zeros")
    value: float = options.number("the constant that `mode: zeros` adds", 0.0)
    channels: tuple[int, ...] | None = options.integers(
        "channels of the constant added before and after",
        "a pair [before, after]",
        default=None,
        length=2,
    )

    def validate(self) -> None:
        one_of(self, "padding")

    def around(self, inputs: tuple[Shape, ...]) -> list[tuple[int, int]]:
        """Return the elements added before and after along each axis."""
        lengths = spatial(self, inputs[0])
        if self.like is None:
            return padding_pairs(self.padding or 0, len(lengths), "padding")
        wanted = zip(lengths, size_of(self, inputs), strict=True)
        return [centred(self, m - n, n, m) for n, m in wanted]

    def windows(self, *inputs: Shape) -> tuple[Window, ...]:
        """Return a window of one element with the padding, along each axis."""
        return tuple([Window(1, 1, before, after) for before, after in self.around(inputs)])

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shape = inputs[0]
        windows = self.windows(*inputs)
        check_padding_mode(self.mode, shape, windows)
        more = sum(self.channels or ())
        lengths = [n + w.before + w.after for n, w in zip(shape[1:], windows, strict=True)]
        return (shape[0] + more, *lengths)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shape = inputs[0]
        before = (self.channels or (0, 0))[0]
        shift = Slide(shape[0], output[0], Window(1, 1, before))
        channels = SAME if output[0] == shape[0] else shift
        return (Reading((channels, *sliding(shape, output, self.windows(*inputs), self.mode))),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def explain_shape(self, board: Blackboard) -> Lines:
        lines: Lines = [
            board.along(axis, f"{{}} + {board.padding(window.before, window.after)}")
            for axis, window in enumerate(self.windows(*board.inputs))
        ]
        more = board.output[0] - board.input[0]
        return [*lines, *[f"channels: {board.input[0]} and {more} of a constant"] * (more > 0)]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import differences, pad_layer

        channels = self.channels or (0, 0)
        padding = self.padding if self.like is None else differences(inputs[1], inputs[0])
        return pad_layer(run, inputs[0], padding, self.mode, self.value, channels)


class Crop(Layer):
    """Cropping: removes elements from the edges of each spatial axis.

    Shape: (C, *L) -> (C, *L - before - after), or the middle, as large as `like`: as much is cut
        off before as after, the odd one after
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
    cropping: Padding | None = options.padding(
        "elements removed from each edge", default=None, words=()
    )
    like: str | None = options.reference("another layer, as large as which the middle is")

    def validate(self) -> None:
        one_of(self, "cropping")

    def edges(self, inputs: tuple[Shape, ...]) -> list[tuple[int, int]]:
        """Return the elements removed before and after along each axis."""
        lengths = spatial(self, inputs[0])
        if self.like is None:
            return padding_pairs(self.cropping or 0, len(lengths), "cropping")
        wanted = zip(lengths, size_of(self, inputs), strict=True)
        return [centred(self, n - m, n, m) for n, m in wanted]

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        lengths = []
        for length, (before, after) in zip(inputs[0][1:], self.edges(inputs), strict=True):
            if before + after >= length:
                raise LayerError(
                    f"cropping {before} + {after} leaves nothing of {length}",
                    help=f"crop at most {length - 1} in all",
                    field="cropping",
                )
            lengths.append(length - before - after)
        return (inputs[0][0], *lengths)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        shifts = [Window(1, 1, -before) for before, _ in self.edges(inputs)]
        return (Reading((SAME, *sliding(inputs[0], output, shifts))),)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def explain_shape(self, board: Blackboard) -> Lines:
        lines: Lines = []
        for axis, (before, after) in enumerate(self.edges(board.inputs)):
            cut = f"{board.put('P_1', before)} - {board.put('P_2', after)}"
            lines.append(board.along(axis, f"{{}} - {cut}", "cut off"))
        return lines

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import crop, differences

        cropping = self.cropping if self.like is None else differences(*inputs)
        return crop(run, inputs[0], cropping)
