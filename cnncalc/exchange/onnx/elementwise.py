"""Activations, normalisations and arithmetic of ONNX."""

from __future__ import annotations

from math import isclose

from cnncalc.exchange.onnx.operation import Operation, Unknown
from cnncalc.exchange.onnx.values import Constant, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cnncalc.quantities import Shape

    Rule = Callable[[Operation], Value]


def plain(keyword: str, **fields: Any) -> Rule:
    """Return the rule of an operation that is one layer without choices."""

    def rule(op: Operation) -> Value:
        return op.add(keyword, **fields)

    return rule


def leaky_relu(op: Operation) -> Value:
    """Leaky ReLU."""
    return op.add("leaky_relu", negative_slope=rounded(op.get("alpha", 0.01)))


def elu(op: Operation) -> Value:
    """ELU."""
    return op.add("elu", alpha=rounded(op.get("alpha", 1.0)))


def prelu(op: Operation) -> Value:
    """PReLU: one slope, or one for each channel."""
    slope = op.constant(1)
    channels = op.shape()[0]
    if slope.count not in (1, channels):
        raise Unknown(f"it has {slope.count} slopes for {channels} channels")
    weight = slope.reshaped((slope.count,))
    return op.add("prelu", arrays={"weight": weight}, num_parameters=slope.count)


def gelu(op: Operation) -> Value:
    """GELU, exact or by tanh."""
    return op.add("gelu", approximate=str(op.get("approximate", "none")))


def hard_sigmoid(op: Operation) -> Value:
    """Hard sigmoid with PyTorch's slope; ONNX's own default is another function."""
    alpha, beta = float(op.get("alpha", 0.2)), float(op.get("beta", 0.5))
    if isclose(alpha, 1 / 6, rel_tol=1e-5) and isclose(beta, 0.5, rel_tol=1e-5):
        return op.add("hard_sigmoid")
    scaled = op.add("scale", factor=rounded(alpha), shift=rounded(beta), name=f"{op.name}/scale")
    return op.add("clip", scaled, min=0.0, max=1.0)


def clip(op: Operation) -> Value:
    """Clipping: ReLU, ReLU6 and hard tanh where the bounds are theirs."""
    low, high = bound(op, 1, "min"), bound(op, 2, "max")
    named: dict[Any, str] = {(0.0, 6.0): "relu6", (0.0, None): "relu", (-1.0, 1.0): "hard_tanh"}
    if (low, high) in named:
        return op.add(named[low, high])
    if low is None and high is None:
        return op.value()
    return op.add("clip", min=low, max=high)


def bound(op: Operation, position: int, attribute: str) -> float | None:
    """Return a bound of `Clip`, or None where there is none."""
    given = op.optional(position)
    number = given.single() if given is not None else op.get(attribute)
    return None if number is None or abs(number) > 1e37 else rounded(number)


def softmax(op: Operation) -> Value:
    """Softmax or its logarithm, over one axis; before version 13 over all axes from it on."""
    keyword = "softmax" if op.kind == "Softmax" else "log_softmax"
    shape = op.shape()
    axis = op.axis(int(op.get("axis", -1 if op.version >= 13 else 1)))
    if op.version < 13 and any(length != 1 for length in shape[axis + 1 :]):
        if axis == 0:
            raise Unknown("it is taken over channels and positions at once")
        if axis != len(shape) - 1:
            raise Unknown("it is taken over several axes at once")
    return op.add(keyword) if axis == 0 else op.add(keyword, axis=axis)


def batch_norm(op: Operation) -> Value:
    """Batch normalisation with its running statistics."""
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = {name: op.constant(i + 1) for i, name in enumerate(names)}
    return op.add("batch_norm", arrays=arrays, eps=rounded(op.get("epsilon", 1e-5)))


def local_response_norm(op: Operation) -> Value:
    """Local response normalisation; alpha is divided by the size, as in ours."""
    return op.add(
        "local_response_norm",
        size=int(op.get("size")),
        alpha=rounded(op.get("alpha", 1e-4)),
        beta=rounded(op.get("beta", 0.75)),
        k=rounded(op.get("bias", 1.0)),
    )


def instance_norm(op: Operation) -> Value:
    """Instance normalisation, always with a scale and a shift."""
    arrays = {"weight": op.constant(1), "bias": op.constant(2)}
    eps = rounded(op.get("epsilon", 1e-5))
    return op.add("instance_norm", arrays=arrays, eps=eps, affine=True)


def group_norm(op: Operation) -> Value:
    """Group normalisation."""
    arrays = {"weight": op.constant(1), "bias": op.constant(2)}
    if arrays["weight"].count != op.shape()[0]:
        raise Unknown("it has one scale for each group")
    eps = rounded(op.get("epsilon", 1e-5))
    return op.add("group_norm", arrays=arrays, num_groups=int(op.get("num_groups")), eps=eps)


def layer_norm(op: Operation) -> Value:
    """Layer normalisation over all axes, or over the last one."""
    shape = op.shape()
    axis = op.axis(int(op.get("axis", -1)))
    arrays = {"weight": op.constant(1)}
    if op.has(2):
        arrays["bias"] = op.constant(2)
    else:
        raise Unknown("it has a scale but no shift")
    eps = rounded(op.get("epsilon", 1e-5))
    if axis == 0:
        return op.add("layer_norm", arrays=arrays, eps=eps)
    if axis != len(shape) - 1:
        raise Unknown("it is taken over several axes, but not all")
    return op.add("layer_norm", arrays=arrays, eps=eps, axes="last")


def add(op: Operation) -> Value:
    """Addition: of two layers, of a bias that the layer before lacks, or of a constant."""
    value, constant = operands(op)
    if constant is None:
        return op.add("add", *both(op))
    return bias_of(op, value, constant) or shifted(op, value, constant)


def subtract(op: Operation) -> Value:
    """Subtraction of a layer's output or of a constant."""
    value, constant = operands(op)
    if constant is None:
        return op.add("subtract", *both(op))
    number = constant.single()
    if number is None:
        if value is not op.inputs[0]:
            raise Unknown("it subtracts from an array of the file")
        return learned(op, value, constant, "shift")
    if value is op.inputs[0]:
        return op.add("scale", value, shift=rounded(-number))
    return op.add("scale", value, factor=-1.0, shift=rounded(number))


def multiply(op: Operation) -> Value:
    """Multiplication with a layer's output or a constant."""
    value, constant = operands(op)
    if constant is None:
        return op.add("multiply", *both(op))
    if constant.learned and constant.count > 1:
        return learned(op, value, constant, "factor")
    number = constant.single()
    if number is None:
        return learned(op, value, constant, "factor")
    return value if number == 1 else op.add("scale", value, factor=rounded(number))


def divide(op: Operation) -> Value:
    """Division by a constant."""
    value, constant = operands(op)
    if constant is None:
        raise Unknown("it divides one layer's output by another's")
    number = constant.single()
    if value is not op.inputs[0] or not number:
        raise Unknown("it divides by what it computes")
    return op.add("scale", value, factor=rounded(1 / number))


def power(op: Operation) -> Value:
    """Squares and square roots."""
    number = op.constant(1).single()
    words = {1.0: "identity", 2.0: "square", 0.5: "sqrt"}
    if number not in words:
        raise Unknown(f"it takes the power {number}")
    return op.add(words[number])


def merged(keyword: str) -> Rule:
    """Return the rule of a merge of any number of layers; one constant clips."""

    def rule(op: Operation) -> Value:
        constants = [v for v in op.inputs if isinstance(v, Constant)]
        if not constants:
            return op.add(keyword, *[op.value(i) for i in range(len(op.inputs))])
        number = constants[0].single()
        values = [op.value(i) for i, v in enumerate(op.inputs) if not isinstance(v, Constant)]
        if len(constants) > 1 or len(values) != 1 or number is None:
            raise Unknown("it compares with an array of the file")
        if keyword == "maximum" and number == 0:
            return op.add("relu", values[0])
        bounds: dict[str, Any] = {"min" if keyword == "maximum" else "max": rounded(number)}
        return op.add("clip", values[0], **bounds)

    return rule


def summed(op: Operation) -> Value:
    """The sum of any number of layers."""
    values = [op.value(i) for i in range(len(op.inputs))]
    return values[0] if len(values) == 1 else op.add("add", *values)


def both(op: Operation) -> tuple[Value, Value]:
    """Return the two inputs of a merge, whose ranks must agree."""
    one, other = op.value(0), op.value(1)
    a, b = op.shape(0), op.shape(1)
    if len(a) != len(b):
        raise Unknown(f"it combines shapes of {len(a)} and {len(b)} axes")
    return one, other


def operands(op: Operation) -> tuple[Value, Constant | None]:
    """Return a computed input, and the other one if the file holds it."""
    one, other = [
        value if isinstance(value, Constant) else op.value(i) for i, value in enumerate(op.inputs)
    ]
    if isinstance(one, Value) and isinstance(other, Constant) and "axis" in op.attributes:
        # Before version 7 an attribute says with which axis the array begins.
        missing = len(op.shape()) + 1 - op.get("axis") - len(other.shape)
        other = other.reshaped((*other.shape, *[1] * max(missing, 0)))
    if isinstance(one, Value):
        return one, other if isinstance(other, Constant) else None
    if isinstance(other, Value) and isinstance(one, Constant):
        return other, one
    raise Unknown("both its inputs are constants")


def per_channel(constant: Constant, shape: Shape) -> bool:
    """Return whether an array has one number for each channel of a sample of this shape."""
    own = constant.shape
    if len(own) == len(shape) + 1 and own[0] == 1:
        own = own[1:]
    if len(shape) == 1:
        return own == shape
    return own == (shape[0], *[1] * (len(shape) - 1))


def bias_of(op: Operation, value: Value, constant: Constant) -> Value | None:
    """Give the layer before the bias that it lacks, if that is what is added; None if not."""
    node = op.builder.nodes[value.index]
    shape = op.builder.shapes[value.index]
    lacks = getattr(node.layer, "bias", None) is False
    if not lacks or value.index in op.builder.read_twice or not constant.learned:
        return None
    if not per_channel(constant, shape):
        return None
    op.builder.replace(value.index, bias=True)
    op.builder.weights[value.index, "bias"] = constant.reshaped((constant.count,))
    return value


def shifted(op: Operation, value: Value, constant: Constant) -> Value:
    """Add a constant: one number, or a learned one for each channel."""
    number = None if constant.learned and constant.count > 1 else constant.single()
    if number is None:
        return learned(op, value, constant, "shift")
    return value if number == 0 else op.add("scale", value, shift=rounded(number))


def learned(op: Operation, value: Value, constant: Constant, which: str) -> Value:
    """Scale or shift by an array of the file: one number for each channel, or for each element.

    A shift that follows the scale of the same elements joins it, as in Caffe's Scale.
    """
    shape = op.builder.shapes[value.index]
    if per_channel(constant, shape):
        per, array = "channels", constant.reshaped((constant.count,))
    elif constant.shape in (shape, (1, *shape)):
        per, array = "elements", constant.reshaped(shape)
    else:
        shown = "x".join(map(str, constant.shape))
        raise Unknown(f"it spreads an array of {shown} over its input")
    layer = op.builder.nodes[value.index].layer
    fields = layer.as_dict()
    scaled = fields.get("learned") == "factor" and fields.get("per") == per
    if which == "shift" and scaled and value.index not in op.builder.read_twice:
        op.builder.replace(value.index, learned="both")
        op.builder.weights[value.index, "bias"] = array
        return value
    name = "bias" if which == "shift" else "weight"
    return op.add("scale", value, arrays={name: array}, learned=which, per=per)


def rounded(number: float) -> float:
    """Return a number that was kept in 32 bits as a person would write it: 0.1, 1e-5."""
    return float(f"{number:.7g}")


RULES: dict[str, Rule] = {
    "Relu": plain("relu"),
    "Sigmoid": plain("sigmoid"),
    "Tanh": plain("tanh"),
    "Softplus": plain("softplus"),
    "Softsign": plain("softsign"),
    "Selu": plain("selu"),
    "Mish": plain("mish"),
    "HardSwish": plain("hard_swish"),
    "Swish": plain("silu"),
    "Abs": plain("abs"),
    "Sqrt": plain("sqrt"),
    "Neg": plain("scale", factor=-1.0),
    "LeakyRelu": leaky_relu,
    "Elu": elu,
    "PRelu": prelu,
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "Clip": clip,
    "Softmax": softmax,
    "LogSoftmax": softmax,
    "BatchNormalization": batch_norm,
    "LRN": local_response_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
    "LayerNormalization": layer_norm,
    "Add": add,
    "Sub": subtract,
    "Mul": multiply,
    "Div": divide,
    "Pow": power,
    "Max": merged("maximum"),
    "Min": merged("minimum"),
    "Sum": summed,
}
