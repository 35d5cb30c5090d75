"""Layers that add elements at the edges of a map, or remove them."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.base import Layer, spatial
from cnncalc.layers.reading import Reading, sliding
from cnncalc.layers.relations import SAME, Slide
from cnncalc.layers.window import check_padding_mode, padding_pairs
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec
from cnncalc.record import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Padding
    from cnncalc.layers.protocols import Blackboard, Lines, NodeWeights
    from cnncalc.quantities import Shape


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
