"""Layers that move every element to another place and change none."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers import options
from cnncalc.layers.axes import spatial
from cnncalc.layers.base import Layer
from cnncalc.layers.reading import moving
from cnncalc.layers.rearranging import Rearranged
from cnncalc.quantities import NO_OPERATIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Lines, NodeWeights
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import OpCount, ParamSpec, Shape


class Rearranging(Layer):
    """Base of layers that only move elements; a subclass says where, by `rearranged`."""

    role = "rearrange"
    in_place = False
    is_view = False
    tools = {}

    if TYPE_CHECKING:

        def rearranged(self, shape: Shape) -> Rearranged:
            """Return where the elements of an input of this shape go."""

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        moved = self.rearranged(inputs[0])
        return moved.shape(moved.target)

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return moving(self.rearranged(inputs[0]))

    def explain_shape(self, board: Blackboard) -> Lines:
        moved = self.rearranged(board.input)
        before, after = [
            " x ".join(
                f"({' x '.join(str(moved.grid[f]) for f in axis)})"
                if len(axis) > 1
                else str(moved.shape((axis,))[0])
                for axis in axes
            )
            for axes in (moved.source, moved.target)
        ]
        return [f"{before} becomes {after}: every element moves, none changes"]


class PixelShuffle(Rearranging):
    """Pixel shuffle: deals groups of channels out over space, which becomes larger.

    Shape: (C * r^n, *L) -> (C, *L * r), with r the factor and n the number of spatial axes
    Params: none
    Operations: none
    Example: {pixel_shuffle: 2}
    Source: Shi et al. 2016, the efficient sub-pixel network (ESPCN); PyTorch's PixelShuffle
    """

    keyword = "pixel_shuffle"
    foreign = {"pytorch": "PixelShuffle", "other": "depth_to_space DepthToSpace subpixel"}
    upscale_factor: int = options.integer("how many times longer each axis becomes")

    def rearranged(self, shape: Shape) -> Rearranged:
        rank, factor = len(spatial(self, shape)), self.upscale_factor
        each = factor**rank
        if shape[0] % each:
            raise LayerError(
                f"pixel_shuffle by {factor} needs a multiple of {each} channels, not {shape[0]}",
                help=f"let the layer before give {-(-shape[0] // each) * each} channels",
            )
        within, places = range(1, 1 + rank), range(1 + rank, 1 + 2 * rank)
        grid = (shape[0] // each, *[factor] * rank, *shape[1:])
        source = ((0, *within), *[(place,) for place in places])
        return Rearranged(grid, source, ((0,), *zip(places, within, strict=True)))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import pixel_shuffle

        return pixel_shuffle(run, inputs[0], self.upscale_factor)
