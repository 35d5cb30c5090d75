"""Layers that join several inputs."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers.base import Layer
from cnncalc.layers.reading import OWN, Reading
from cnncalc.layers.relations import SAME, First, Slide
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Terms
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, NodeWeights
    from cnncalc.quantities import Shape


class Merge(Layer):
    """Base of layers that take the outputs of several branches."""

    arity = None
    role = "merge"
    in_place = False
    is_view = False

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()


class Broadcast(Merge):
    """Base of element-by-element merges, in which an axis of size 1 stands for any size."""

    term: ClassVar[str]
    kept: ClassVar[str]

    def explain_shape(self, board: Blackboard) -> Lines:
        if all(shape == board.output for shape in board.inputs):
            return [f"all branches have this shape, and so has their {self.kept}"]
        shown = " and ".join(show_shape(shape) for shape in board.inputs)
        return [f"{shown}: an axis of size 1 is repeated along the other branch"]

    def explain_ops(self, board: Blackboard) -> Costs:
        spent = self.op_count(board.inputs, board.output).as_dict()
        volume = board.volume(board.output)
        board.put("B", len(board.inputs))
        formula = f"{volume}*(B - 1)", "one per element and further branch"
        return {kind: formula for kind, count in spent.items() if count}

    def counted_once(self, inputs: tuple[Shape, ...], output: Shape, flops: int) -> Terms:
        """Return the operations of each output element."""
        return ((self.term, flops // product(output), product(output)),)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        first = inputs[0]
        if all(shape == first for shape in inputs):
            return first
        shown = ", ".join(show_shape(shape) for shape in inputs)
        if any(len(shape) != len(first) for shape in inputs):
            raise LayerError(
                f"{self.keyword} cannot combine {shown}: their numbers of axes differ",
                help="flatten both, or keep the spatial axes of both",
            )
        result = []
        for axis, lengths in enumerate(zip(*inputs, strict=True)):
            wanted = max(lengths)
            if any(length not in (1, wanted) for length in lengths):
                raise LayerError(
                    f"{self.keyword} cannot combine {shown}",
                    help=mismatch_help(axis, lengths),
                )
            result.append(wanted)
        return tuple(result)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return tuple([OWN[len(output)] if shape == output else spread(shape, output)
                      for shape in inputs])  # fmt: skip


def spread(shape: Shape, output: Shape) -> Reading:
    """Return the reading of an input in which an axis of size 1 stands for any size."""
    pairs = zip(shape, output, strict=True)
    return Reading(tuple([SAME if n == units else First(units) for n, units in pairs]))


class Add(Broadcast):
    """Addition: element by element over all branches.

    Shape: equal shapes, or 1 along an axis (broadcast)
    Params: none
    Operations: one addition per output element and branch after the first
    Example: {add: {main: [{conv: {out_channels: in_channels, kernel_size: 1}}], shortcut: []}}
    Source: He et al. 2015
    """

    keyword = "add"
    term = "elements added"
    kept = "sum"
    foreign = {
        "keras": "Add",
        "onnx": "Add Sum",
        "caffe": "Eltwise",
        "darknet": "shortcut",
        "other": "sum residual skip",
    }
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(adds=product(output) * (len(inputs) - 1))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.merging import add

        return add(run, inputs)


class Multiply(Broadcast):
    """Multiplication: element by element over all branches.

    Shape: equal shapes, or 1 along an axis (broadcast)
    Params: none
    Operations: one multiplication per output element and branch after the first
    Example: {multiply: {gate: [global_avg_pool, sigmoid], main: []}}
    Source: Hu et al. 2017, Squeeze-and-Excitation Networks
    """

    keyword = "multiply"
    term = "elements multiplied"
    kept = "product"
    foreign = {"keras": "Multiply", "onnx": "Mul", "darknet": "scale_channels", "other": "mul"}
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(muls=product(output) * (len(inputs) - 1))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.merging import multiply

        return multiply(run, inputs)


class Concat(Merge):
    """Concatenation: the channels of all branches, one branch after the other.

    Shape: (C1, *L), (C2, *L), ... -> (C1 + C2 + ..., *L)
    Params: none
    Operations: none
    Example: {concat: {a: [{conv: {out_channels: 8, kernel_size: 1}}], b: [identity]}}
    Source: Szegedy et al. 2014
    """

    keyword = "concat"
    foreign = {
        "keras": "Concatenate",
        "onnx": "Concat",
        "caffe": "Concat",
        "darknet": "route",
        "other": "cat",
    }
    tools = {}

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        first = inputs[0]
        for shape in inputs:
            if shape[1:] != first[1:]:
                shown = ", ".join(show_shape(shape) for shape in inputs)
                axis = next(
                    (i for i, pair in enumerate(zip(shape, first, strict=False))
                     if i and pair[0] != pair[1]), 0
                )  # fmt: skip
                raise LayerError(
                    f"concat needs equal spatial sizes, but got {shown}",
                    help=mismatch_help(axis, [s[axis] for s in inputs])
                    if axis
                    else "bring all branches to the same number of axes, with `flatten` or without",
                )
        return (sum(shape[0] for shape in inputs), *first[1:])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        result, others = [], (SAME,) * (len(output) - 1)
        offset = 0
        for shape in inputs:
            result.append(Reading((Slide(shape[0], output[0], Window(1, 1, offset)), *others)))
            offset += shape[0]
        return tuple(result)

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def explain_shape(self, board: Blackboard) -> Lines:
        names = [board.put(f"C_{i}", shape[0]) for i, shape in enumerate(board.inputs, 1)]
        space = show_shape(board.output[1:])
        remark = f"every branch is {space} in space" if space else ""
        return [board.derive("C_out", " + ".join(names), board.output[0], "channels", remark)]

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import concat

        return concat(run, inputs)


def mismatch_help(axis: int, lengths: tuple[int, ...] | list[int]) -> str:
    """Return advice for branches whose lengths along one axis differ."""
    shown = " and ".join(str(length) for length in dict.fromkeys(lengths))
    if axis == 0:
        return (
            f"the channels are {shown}; a 1x1 conv on the smaller branch can bring them to"
            f" {max(lengths)}"
        )
    return (
        f"the branches are {shown} long along spatial axis {axis}; check stride and padding"
        " of each (`cnncalc explain` shows the arithmetic), or find an input that fits with"
        " `cnncalc solve input SPEC --lossless`"
    )
