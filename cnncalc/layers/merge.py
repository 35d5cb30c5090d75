"""Layers that join several inputs."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.base import Layer, check_axis
from cnncalc.layers.reading import OWN, Reading
from cnncalc.layers.relations import SAME, Everything, First, Slide
from cnncalc.quantities import NO_OPERATIONS, OpCount, ParamSpec, product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.executor.workspace import Array, Inputs, Workspace
    from cnncalc.layers.base import Terms
    from cnncalc.layers.protocols import Blackboard, Costs, Lines, NodeWeights, Sheet
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
    #: The operation between two branches in a formula, or the function of all of them.
    between: ClassVar[str]

    def work(self, sheet: Sheet) -> float:
        values = {f"x_{i}": sheet.value(i) for i in range(len(sheet.inputs))}
        joined = f" {self.between} ".join(values)
        if self.between.isalpha() and len(values) > 1:
            joined = f"{self.between}({', '.join(values)})"
        return sheet.equation("y", joined, "one number from each branch", **values)

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
        if inputs.count(first) == len(inputs):
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
    between = "+"
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
    between = "*"
    term = "elements multiplied"
    kept = "product"
    foreign = {"keras": "Multiply", "onnx": "Mul", "darknet": "scale_channels", "other": "mul"}
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(muls=product(output) * (len(inputs) - 1))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.merging import multiply

        return multiply(run, inputs)


class Subtract(Broadcast):
    """Subtraction: the first branch minus all others, element by element.

    Shape: equal shapes, or 1 along an axis (broadcast)
    Params: none
    Operations: one subtraction per output element and branch after the first
    Example: {subtract: {minuend: [], mean: [global_avg_pool]}}
    Source: Keras' Subtract
    """

    keyword = "subtract"
    between = "-"
    term = "elements subtracted"
    kept = "difference"
    foreign = {"pytorch": "sub", "keras": "Subtract", "onnx": "Sub"}
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(adds=product(output) * (len(inputs) - 1))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.merging import subtract

        return subtract(run, inputs)


class Maximum(Broadcast):
    """Maximum: the largest of all branches, element by element.

    Shape: equal shapes, or 1 along an axis (broadcast)
    Params: none
    Operations: one comparison per output element and branch after the first
    Example: {maximum: {one: [relu], other: []}}
    Source: PyTorch's maximum; Goodfellow et al. 2013, Maxout Networks
    """

    keyword = "maximum"
    between = "max"
    term = "elements compared"
    kept = "maximum"
    foreign = {"pytorch": "maximum", "keras": "Maximum", "other": "maxout"}
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(comparisons=product(output) * (len(inputs) - 1))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.merging import maximum

        return maximum(run, inputs)


class Minimum(Broadcast):
    """Minimum: the smallest of all branches, element by element.

    Shape: equal shapes, or 1 along an axis (broadcast)
    Params: none
    Operations: one comparison per output element and branch after the first
    Example: {minimum: {one: [relu], other: []}}
    Source: PyTorch's minimum
    """

    keyword = "minimum"
    between = "min"
    term = "elements compared"
    kept = "minimum"
    foreign = {"pytorch": "minimum", "keras": "Minimum"}
    tools = {}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(comparisons=product(output) * (len(inputs) - 1))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.merging import minimum

        return minimum(run, inputs)


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


class Concat(Merge):
    """Concatenation: the channels of all branches, one branch after the other; or another axis.

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

    axis: int = options.integer("the axis along which they are joined; 0: channels", 0, minimum=0)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        first = inputs[0]
        joined = check_axis(self.axis, first)
        for shape in inputs:
            if self.others(shape) != self.others(first):
                shown = ", ".join(show_shape(shape) for shape in inputs)
                axis = next(
                    (i for i, pair in enumerate(zip(shape, first, strict=False))
                     if i != joined and pair[0] != pair[1]), None
                )  # fmt: skip
                what = (
                    "all axes but the joined one to be equal" if joined else "equal spatial sizes"
                )
                raise LayerError(
                    f"concat needs {what}, but got {shown}",
                    help=mismatch_help(axis, [s[axis] for s in inputs])
                    if axis is not None and all(len(s) == len(first) for s in inputs)
                    else "bring all branches to the same number of axes, with `flatten` or without",
                )
        total = sum(shape[joined] for shape in inputs)
        return (*first[:joined], total, *first[joined + 1 :])

    def others(self, shape: Shape) -> Shape:
        """Return the lengths of the axes that must be equal."""
        return (*shape[: self.axis], *shape[self.axis + 1 :])

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        result, own_place = [], (SAME,) * len(output)
        offset, joined = 0, self.axis
        for shape in inputs:
            part = Slide(shape[joined], output[joined], Window(1, 1, offset))
            result.append(Reading((*own_place[:joined], part, *own_place[joined + 1 :])))
            offset += shape[joined]
        return tuple(result)

    def in_few_words(self) -> list[str]:
        return [f"axis {self.axis}"] if self.axis else []

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return NO_OPERATIONS

    def explain_shape(self, board: Blackboard) -> Lines:
        if self.axis:
            lengths = [board.put(f"L_{i}", s[self.axis]) for i, s in enumerate(board.inputs, 1)]
            total = board.output[self.axis]
            return [board.derive("L_out", " + ".join(lengths), total, f"axis {self.axis}")]
        names = [board.put(f"C_{i}", shape[0]) for i, shape in enumerate(board.inputs, 1)]
        space = show_shape(board.output[1:])
        remark = f"every branch is {space} in space" if space else ""
        return [board.derive("C_out", " + ".join(names), board.output[0], "channels", remark)]

    def work(self, sheet: Sheet) -> float:
        [branch] = [i for i in range(len(sheet.inputs)) if sheet.held(i)]
        return sheet.equation("y", "x", f"of branch {branch}", x=sheet.value(branch))

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels.arrangement import concat

        return concat(run, inputs, self.axis)


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
        " of each (`cnncalc explain` shows the arithmetic), find an input that fits with"
        " `cnncalc solve input SPEC --lossless`, or bring one to the size of the other by `like`"
        " of `upsample`, `crop` or `pad`"
    )
