"""Layers that join several inputs."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window
from cnncalc.layers import options
from cnncalc.layers.axes import check_axis
from cnncalc.layers.base import Layer
from cnncalc.layers.reading import OWN, Reading
from cnncalc.layers.relations import SAME, First, Slide
from cnncalc.quantities import (
    NO_OPERATIONS,
    OPERATION_NAMES,
    OpCount,
    ParamSpec,
    product,
    show_shape,
)

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
    """Base of element-by-element merges, in which an axis of size 1 stands for any size.

    A subclass says which operation it `spends` on an output element and branch after the first,
    the `term` of that in conventions, and in words what is `kept`; its kernel has its name.
    """

    spends: ClassVar[str]
    term: ClassVar[str]
    kept: ClassVar[str]
    #: The operation between two branches in a formula, or the function of all of them.
    between: ClassVar[str]
    tools = {}

    @classmethod
    def documentation(cls) -> dict[str, str]:
        one = OPERATION_NAMES[cls.spends]
        usual = {
            "Shape": "equal shapes, or 1 along an axis (broadcast)",
            "Params": "none",
            "Operations": f"one {one} per output element and branch after the first",
        }
        return {**usual, **super().documentation()}

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return OpCount(**{self.spends: product(output) * (len(inputs) - 1)})

    def forward(self, run: Workspace, inputs: Inputs, _weights: NodeWeights) -> Array:
        from cnncalc.executor.kernels import merging

        result: Array = getattr(merging, self.keyword)(run, inputs)
        return result

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
                    f"{self.keyword} cannot combine {shown}", help=mismatch_help(axis, lengths)
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

    Example: {add: {main: [{conv: {out_channels: in_channels, kernel_size: 1}}], shortcut: []}}
    Source: He et al. 2015
    """

    keyword = "add"
    noun = "sum"
    between, spends, term, kept = "+", "adds", "elements added", "sum"
    foreign = {
        "keras": "Add",
        "onnx": "Add Sum",
        "caffe": "Eltwise",
        "darknet": "shortcut",
        "other": "sum residual skip",
    }


class Multiply(Broadcast):
    """Multiplication: element by element over all branches.

    Example: {multiply: {gate: [global_avg_pool, sigmoid], main: []}}
    Source: Hu et al. 2017, Squeeze-and-Excitation Networks
    """

    keyword = "multiply"
    between, spends, term, kept = "*", "muls", "elements multiplied", "product"
    foreign = {"keras": "Multiply", "onnx": "Mul", "darknet": "scale_channels", "other": "mul"}


class Subtract(Broadcast):
    """Subtraction: the first branch minus all others, element by element.

    Operations: one subtraction per output element and branch after the first
    Example: {subtract: {minuend: [], mean: [global_avg_pool]}}
    Source: Keras' Subtract
    """

    keyword = "subtract"
    between, spends, term, kept = "-", "adds", "elements subtracted", "difference"
    foreign = {"pytorch": "sub", "keras": "Subtract", "onnx": "Sub"}


class Maximum(Broadcast):
    """Maximum: the largest of all branches, element by element.

    Example: {maximum: {one: [relu], other: []}}
    Source: PyTorch's maximum; Goodfellow et al. 2013, Maxout Networks
    """

    keyword = "maximum"
    between, spends, term, kept = "max", "comparisons", "elements compared", "maximum"
    foreign = {"pytorch": "maximum", "keras": "Maximum", "other": "maxout"}


class Minimum(Broadcast):
    """Minimum: the smallest of all branches, element by element.

    Example: {minimum: {one: [relu], other: []}}
    Source: PyTorch's minimum
    """

    keyword = "minimum"
    between, spends, term, kept = "min", "comparisons", "elements compared", "minimum"
    foreign = {"pytorch": "minimum", "keras": "Minimum"}


class Concat(Merge):
    """Concatenation: the channels of all branches, one branch after the other; or another axis.

    Shape: (C1, *L), (C2, *L), ... -> (C1 + C2 + ..., *L)
    Params: none
    Operations: none
    Example: {concat: {a: [{conv: {out_channels: 8, kernel_size: 1}}], b: [identity]}}
    Source: Szegedy et al. 2014
    """

    keyword = "concat"
    noun = "concatenation"
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
