"""The product of two matrices that a network computes."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.layers.merge import Merge
from cnncalc.layers.reading import Reading
from cnncalc.layers.relations import SAME, Everything
from cnncalc.quantities import OpCount, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, NodeWeights, Sheet
    from cnncalc.quantities import Shape


class MatMul(Merge):
    """Matrix product of two inputs, over their last two axes.

    Shape: (*B, n, k), (*B, k, m) -> (*B, n, m), at least two axes each and the same axes B
    Params: none
    Operations: prod(B) * n * k * m MACs
    Example: {matmul: {keys: [{reshape: [32, -1]}], queries: [{reshape: [-1, 32]}]}}
    Source: PyTorch's matmul; Wang et al. 2018, Non-local Neural Networks
    """

    keyword = "matmul"
    foreign = {"pytorch": "matmul bmm", "keras": "Dot", "onnx": "MatMul"}
    tools = {
        "fvcore": (("products", 1),),
        "ptflops": (("products", 1),),
        "ptflops_pytorch": (("products", 1),),
        "torch": (("products", 2),),
        "calflops": (("products", 1),),
    }

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        shown = " and ".join(show_shape(shape) for shape in inputs)
        if len(inputs) != 2:
            raise LayerError(
                f"matmul multiplies two inputs, but got {len(inputs)}",
                help="give it two branches, or `from` with two names",
            )
        one, other = inputs
        if len(one) != len(other) or len(one) < 2 or one[:-2] != other[:-2]:
            raise LayerError(
                f"matmul cannot multiply {shown}",
                help="both need the same number of axes, at least two, and only the last two of"
                " them may differ; `reshape` brings them there",
            )
        if one[-1] != other[-2]:
            raise LayerError(
                f"matmul cannot multiply {shown}: the last axis of the first, {one[-1]}, is not"
                f" as long as the axis before the last of the second, {other[-2]}",
                help="`permute` exchanges the axes of one of them",
            )
        return (*one[:-1], other[-1])

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(product(output) * inputs[0][-1])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        one, other = inputs
        before = (SAME,) * (len(output) - 2)
        rows = (*before, SAME, Everything(one[-1], output[-1]))
        columns = (*before, Everything(other[-2], output[-2]), SAME)
        return Reading(rows), Reading(columns)

    def explain_shape(self, board: Blackboard) -> Lines:
        shown = " times ".join(show_shape(shape[-2:]) for shape in board.inputs)
        return [f"over the last two axes, {shown}: {show_shape(board.output[-2:])}"]

    def explain_ops(self, board: Blackboard) -> Costs:
        board.put("N", board.inputs[0][-1])
        return {"macs": (f"{board.volume(board.output)}*N", "N products for every element")}

    def work(self, sheet: Sheet) -> float:
        row, column = sheet.whole(0), sheet.whole(1)
        weights = [value or 0.0 for value in column.numbers]
        return sheet.weighted(row, weights)

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.merging import matmul

        return matmul(run, inputs)
