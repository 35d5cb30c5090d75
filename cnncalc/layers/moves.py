"""Layers that give elements new places and change none: reshape, permute, space to depth."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.axes import per_axis, spatial
from cnncalc.layers.elementwise import Elementwise
from cnncalc.layers.reading import Reading, moving, own
from cnncalc.layers.rearrange import Rearranging
from cnncalc.layers.rearranging import Rearranged, regrouped
from cnncalc.quantities import NO_OPERATIONS, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Axes
    from cnncalc.layers.protocols import Blackboard, Lines, NodeWeights
    from cnncalc.quantities import Shape


class Reshape(Elementwise):
    """Reshape: the same elements in the same order, channels first, under other axes.

    Shape: (C, *L) -> shape; one length may be -1 and follows from the others
    Operations: none
    Example: {reshape: [32, -1]}
    Source: PyTorch's reshape, the batch left out
    """

    keyword = "reshape"
    per_element = NO_OPERATIONS
    role = "rearrange"
    in_place = False
    is_view = True
    foreign = {
        "pytorch": "Unflatten view reshape",
        "keras": "Reshape",
        "onnx": "Reshape",
        "caffe": "Reshape",
    }
    tools = {}
    shape: tuple[int, ...] = options.integers(
        "the lengths of the axes, channels first; -1 for one that follows from the others",
        "one to four lengths",
        minimum=-1,
    )

    def validate(self) -> None:
        if self.shape.count(-1) > 1 or 0 in self.shape or len(self.shape) > 4:
            raise LayerError(
                f"`shape` cannot be [{', '.join(map(str, self.shape))}]",
                help="write one to four lengths; one of them may be -1",
                field="shape",
            )

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        count = product(inputs[0])
        known = product([length for length in self.shape if length != -1])
        fits = count % known == 0 if -1 in self.shape else count == known
        if not fits:
            raise LayerError(
                f"{show_shape(inputs[0])} has {count} elements, and"
                f" [{', '.join(map(str, self.shape))}] does not hold them",
                help="the lengths must multiply to the number of elements",
                field="shape",
            )
        return tuple([count // known if length == -1 else length for length in self.shape])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return own(output) if output == inputs[0] else moving(regrouped(inputs[0], output))

    def explain_shape(self, board: Blackboard) -> Lines:
        count, shown = product(board.input), show_shape(board.output)
        return [f"the {count:,} elements of {show_shape(board.input)}, in their order, as {shown}"]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import reshape

        return reshape(run, inputs[0], self.shape)


class Permute(Rearranging):
    """Permute: the axes in another order; axis 0 is that of the channels.

    Shape: (A0, A1, ...) -> (A[dims[0]], A[dims[1]], ...)
    Params: none
    Operations: none
    Example: {permute: [2, 0, 1]}
    Source: PyTorch's permute, the batch left out
    """

    keyword = "permute"
    per_element = NO_OPERATIONS
    foreign = {"pytorch": "permute", "keras": "Permute", "onnx": "Transpose", "caffe": "Permute",
               "other": "transpose swapaxes"}  # fmt: skip
    dims: tuple[int, ...] = options.integers(
        "which axis of the input each axis of the output is", "a list of axes, from 0"
    )

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        rank = len(inputs[0])
        if sorted(self.dims) != list(range(rank)):
            raise LayerError(
                f"[{', '.join(map(str, self.dims))}] is no order of the {rank} axes of"
                f" {show_shape(inputs[0])}",
                help=f"name each of 0 to {rank - 1} once; 0 is the axis of the channels",
                field="dims",
            )
        return tuple([inputs[0][axis] for axis in self.dims])

    def rearranged(self, shape: Shape) -> Rearranged:
        places = tuple([(axis,) for axis in range(len(shape))])
        return Rearranged(shape, places, tuple([(axis,) for axis in self.dims]))

    def explain_shape(self, board: Blackboard) -> Lines:
        order = ", ".join(str(axis) for axis in self.dims)
        return [f"axes {order} of {show_shape(board.input)}: {show_shape(board.output)}"]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import permute

        return permute(run, inputs[0], self.dims)


class SpaceToDepth(Rearranging):
    """Space to depth: the elements of each block of positions become channels of one position.

    Shape: (C, *L) -> (C * prod(block_size), *L / block_size)
    Params: none
    Operations: none
    Example: {space_to_depth: 2}
    Source: ONNX's SpaceToDepth (order `blocks_first`), PyTorch's PixelUnshuffle (`channels_first`)
    """

    keyword = "space_to_depth"
    takes = "map"
    foreign = {"pytorch": "PixelUnshuffle", "onnx": "SpaceToDepth", "darknet": "reorg",
               "other": "pixel_unshuffle focus"}  # fmt: skip
    block_size: Axes = options.axes("positions that become one, along each axis")
    order: str = options.word(
        "what the new channels count first: places in the block, or channels",
        ("blocks_first", "channels_first"),
        "blocks_first",
    )

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        lengths = spatial(self, inputs[0])
        blocks = per_axis(self.block_size, len(lengths), "block_size")
        for length, block in zip(lengths, blocks, strict=True):
            if length % block:
                raise LayerError(
                    f"{length} positions are no whole number of blocks of {block}",
                    help=f"use an input of {length - length % block or block}, or `pad` it to"
                    f" {length - length % block + block}",
                    field="block_size",
                )
        pairs = zip(lengths, blocks, strict=True)
        return (inputs[0][0] * product(blocks), *[length // block for length, block in pairs])

    def rearranged(self, shape: Shape) -> Rearranged:
        rank = len(shape) - 1
        blocks = per_axis(self.block_size, rank, "block_size")
        lengths = [length // block for length, block in zip(shape[1:], blocks, strict=True)]
        # The grid: channels, then for each axis the blocks, then for each axis the places in one.
        grid = (shape[0], *lengths, *blocks)
        outer, inner = range(1, rank + 1), range(rank + 1, 2 * rank + 1)
        source = ((0,), *zip(outer, inner, strict=True))
        first = (0, *inner) if self.order == "channels_first" else (*inner, 0)
        return Rearranged(grid, source, (first, *[(axis,) for axis in outer]))

    def explain_shape(self, board: Blackboard) -> Lines:
        blocks = per_axis(self.block_size, board.rank, "block_size")
        lines: Lines = [
            board.along(axis, f"{{}}/{board.put('B', block)}") for axis, block in enumerate(blocks)
        ]
        board.put("C_in", board.input[0])
        formula = f"C_in*{board.put('P', product(blocks))}"
        return [*lines, board.derive("C_out", formula, board.output[0], "channels")]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import space_to_depth

        return space_to_depth(run, inputs[0], self.block_size, self.order == "channels_first")
