"""Functions in a Keras model: `a + b` and `keras.ops` of Keras 3, TensorFlow's in Keras 2."""

from __future__ import annotations

from cnncalc.exchange.keras import ops_maps
from cnncalc.exchange.keras.activations import ACTIVATIONS, activation
from cnncalc.exchange.keras.layers import RULES
from cnncalc.exchange.keras.use import LayerUse, alone, counting
from cnncalc.exchange.keras.windows import pool
from cnncalc.exchange.operations.operation import broadcast, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.keras.use import Rule

#: TensorFlow's functions, without their module, by the names that Keras 3 has for them.
TENSORFLOW = {
    "add": "Add", "add_n": "Add", "subtract": "Subtract", "sub": "Subtract",
    "multiply": "Multiply", "mul": "Multiply", "truediv": "TrueDivide", "divide": "TrueDivide",
    "realdiv": "TrueDivide", "div": "TrueDivide", "maximum": "Maximum", "minimum": "Minimum",
    "pow": "Power", "square": "Square", "sqrt": "Sqrt", "exp": "Exp", "log": "Log", "abs": "Abs",
    "rsqrt": "Rsqrt", "reduce_mean": "Mean", "reduce_max": "Max", "reduce_sum": "Sum",
    "reduce_min": "Min", "mean": "Mean", "max": "Max", "concat": "Concatenate",
    "concatenate": "Concatenate", "reshape": "Reshape", "transpose": "Transpose",
    "expand_dims": "ExpandDims", "squeeze": "Squeeze", "clip_by_value": "Clip", "identity":
    "Identity", "stop_gradient": "Identity", "cast": "Cast", "getitem": "GetItem",
    "slice_with_spec": "GetItem", "l2_normalize": "Normalize", "relu": "Relu", "relu6": "Relu6",
    "sigmoid": "Sigmoid", "tanh": "Tanh", "softmax": "Softmax", "softmax_v2": "Softmax",
    "silu": "Silu", "swish": "Silu", "gelu": "Gelu", "elu": "Elu", "selu": "Selu",
    "softplus": "Softplus", "softsign": "Softsign", "leaky_relu": "LeakyRelu",
    "log_softmax": "LogSoftmax", "negative": "Negative", "neg": "Negative",
}  # fmt: skip


def function_rule(use: LayerUse) -> Rule | None:
    """Return what makes a layer of a call of a function, or None."""
    if use.kind == "SlicingOpLambda":
        use.kind = "GetItem"
    elif use.kind == "TFOpLambda":
        word = str(use.get("function", "")).rpartition(".")[2].strip("_")
        use.kind = TENSORFLOW.get(word, word or use.kind)
    return FUNCTIONS.get(use.kind) or (None if use.entry.function else RULES.get(use.kind))


def operands(use: LayerUse) -> tuple[list[float | None], list[int]]:
    """Return two operands as numbers, None for a layer's output; and the nodes among them."""
    found = [use.argument(0, "x1", "x", "a"), use.argument(1, "x2", "y", "b")]
    nodes = [node for value in found if (node := use.read(value)) is not None]
    numbers = [float(value) if isinstance(value, int | float) else None for value in found]
    if len(nodes) + sum(n is not None for n in numbers) != 2:
        raise use.unknown("an array of the file is one of its operands", use.shape())
    return numbers, nodes


def merge(keyword: str) -> Rule:
    """Return the rule of arithmetic: a merge of two outputs, or what a number makes of one."""

    def rule(use: LayerUse) -> int:
        if len(use.inputs) > 2:  # a list of them
            return use.add(keyword)
        (one, other), nodes = operands(use)
        if len(nodes) == 2:
            return use.add(keyword, *nodes)
        return with_number(use, keyword, (one if other is None else other) or 0.0, other is None)

    return rule


def with_number(use: LayerUse, keyword: str, number: float, first: bool) -> int:
    """Return what a merge makes of an output and a number, which may stand first."""
    if keyword == "maximum" and not number:
        return use.add("relu")
    if keyword == "subtract" and first:
        return use.add("scale", factor=-1.0, shift=number)
    words: dict[str, tuple[str, dict[str, Any]]] = {
        "add": ("scale", {"shift": number}),
        "subtract": ("scale", {"shift": -number}),
        "multiply": ("scale", {"factor": number}),
        "maximum": ("clip", {"min": number}),
        "minimum": ("clip", {"max": number}),
    }
    becomes, fields = words[keyword]
    return use.add(becomes, **fields)


def divide(use: LayerUse) -> int:
    """x / c, or a division by what a layer computes."""
    (_, other), nodes = operands(use)
    if other:
        return use.add("scale", factor=rounded(1 / other))
    shapes = [use.builder.shapes[node] for node in nodes]
    shape = broadcast(shapes)
    if shape is None:
        raise use.unknown("it divides shapes that do not fit")
    return use.counted(shape, *nodes, each_divs=1)


def power(use: LayerUse) -> int:
    """Squares and square roots; other powers are counted as a transcendental function."""
    (_, other), nodes = operands(use)
    words = {1: "identity", 2: "square", 0.5: "sqrt"}
    if other in words:
        return use.add(words[other])
    return use.counted(None, *nodes, each_exps=1)


def named(word: str) -> Rule:
    """Return the rule of a function that is an activation by name."""
    return lambda use: activation(use, word, use.inputs[0])


def leaky_relu(use: LayerUse) -> int:
    slope = use.argument(1, "negative_slope", "alpha", default=0.2)
    return use.add("leaky_relu", negative_slope=float(slope))


def gelu(use: LayerUse) -> int:
    """GELU, exact or by tanh; without a word Keras 3 takes the approximation."""
    by_tanh = bool(use.argument(1, "approximate", default=use.version >= 3))
    return use.add("gelu", approximate="tanh" if by_tanh else "none")


def softmax(use: LayerUse) -> int:
    """Softmax over one axis."""
    axis = use.axis(int(use.argument(1, "axis", default=-1)))
    return use.add("softmax", axis=axis)


def clip(use: LayerUse) -> int:
    """Values between two numbers."""
    low = use.argument(1, "x_min", "clip_value_min")
    high = use.argument(2, "x_max", "clip_value_max")
    if (low, high) == (0, 6):
        return use.add("relu6")
    return use.add("clip", min=float(low), max=float(high))


FUNCTIONS: dict[str, Rule] = {
    **ops_maps.FUNCTIONS,
    "Add": merge("add"), "Subtract": merge("subtract"),
    "Multiply": merge("multiply"), "Maximum": merge("maximum"),
    "Minimum": merge("minimum"), "Divide": divide, "TrueDivide": divide,
    "Power": power,
    **{word.title().replace("_", ""): named(name) for word, name in ACTIVATIONS.items()},
    "HardSigmoid": named("hard_sigmoid"), "LeakyRelu": leaky_relu, "Gelu": gelu,
    "Softmax": softmax, "Clip": clip, "Square": alone("square"), "Sqrt": alone("sqrt"),
    "Abs": alone("abs"), "Absolute": alone("abs"), "Negative": alone("scale", factor=-1.0),
    "Identity": alone("identity"), "Cast": alone("identity"), "StopGradient": alone("identity"),
    "Rsqrt": counting(each_exps=1, each_divs=1),
    "Exp": counting(each_exps=1), "Log": counting(each_exps=1),
    "Sin": counting(each_exps=1), "Cos": counting(each_exps=1),
    "Reciprocal": counting(each_divs=1), "Sign": counting(each_comparisons=1),
    "HardTanh": alone("hard_tanh"), "MaxPool": pool("max_pool"), "AveragePool": pool("avg_pool"),
}  # fmt: skip
