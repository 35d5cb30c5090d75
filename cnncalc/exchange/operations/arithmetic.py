"""Arithmetic with layers' outputs and with arrays of the file."""

from __future__ import annotations

from cnncalc.exchange.operations.moves import Expanded
from cnncalc.exchange.operations.operation import Operation, UnknownOperation, broadcast, rounded
from cnncalc.exchange.operations.values import ConstantArray, Value
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Rule
    from cnncalc.quantities import Shape


def add(op: Operation) -> Value:
    """Addition: of two layers, of a bias that the layer before lacks, or of a constant."""
    value, constant = operands(op)
    if constant is None:
        return op.add("add", *both(op))
    found = bias_of(op, value, constant)
    if found is not None:
        return found
    number = one_number(op, value, constant)
    if number is None:
        return learned(op, value, constant, "shift")
    return value if number == 0 else op.add("scale", value, shift=rounded(number))


def subtract(op: Operation) -> Value:
    """Subtraction of a layer's output or of a constant."""
    value, constant = operands(op)
    if constant is None:
        return op.add("subtract", *both(op))
    number = one_number(op, value, constant)
    if value is op.inputs[0]:
        if number is not None:
            return op.add("scale", value, shift=rounded(-number))
        return learned(op, value, constant, "shift")
    if number is not None:
        return op.add("scale", value, factor=-1.0, shift=rounded(number))
    return op.counted({"adds": 1}, value, weights=held(constant))


def multiply(op: Operation) -> Value:
    """Multiplication with a layer's output or a constant."""
    value, constant = operands(op)
    if constant is None:
        return op.add("multiply", *both(op))
    number = one_number(op, value, constant)
    if number is None:
        return learned(op, value, constant, "factor")
    return value if number == 1 else op.add("scale", value, factor=rounded(number))


def divide(op: Operation) -> Value:
    """Division by a constant, or of one layer's output by another's."""
    value, constant = operands(op)
    if constant is None:
        return op.counted({"divs": 1}, *both(op))
    number = one_number(op, value, constant)
    if value is op.inputs[0] and number:
        return op.add("scale", value, factor=rounded(1 / number))
    return op.counted({"divs": 1}, value, weights=held(constant))


def power(op: Operation) -> Value:
    """Squares and square roots; other powers are counted as a transcendental function."""
    value, constant = operands(op)
    number = None if constant is None else one_number(op, value, constant)
    words = {1.0: "identity", 2.0: "square", 0.5: "sqrt"}
    if number in words and value is op.inputs[0]:
        return op.add(words[number], value)
    return op.counted({"exps": 1}, *(both(op) if constant is None else (value,)))


def one_number(op: Operation, value: Value, constant: ConstantArray) -> float | None:
    """Return the one number that a constant stands for; None for an array, learned or mixed.

    So is an array that has more axes than a value, or longer ones, and makes it larger.
    """
    shape = op.builder.shapes[value.index]
    own = constant.shape[max(len(constant.shape) - len(shape), 0) :]
    larger = product(constant.shape) != product(own) or broadcast([shape, own]) != shape
    return None if several(constant) or larger else constant.single()


def several(constant: ConstantArray) -> bool:
    """Return whether an array is learned; a number of a file without such words may be fixed."""
    return constant.learned and (constant.count > 1 or constant.parameter)


def held(constant: ConstantArray) -> dict[str, ConstantArray]:
    """Return an array as what a layer holds, if it is one, and learned."""
    return {"params": constant} if several(constant) else {}


def elementary(**each: int) -> Rule:
    """Return the rule of a function of one element that no layer of ours computes."""

    def rule(op: Operation) -> Value:
        return op.counted(each, op.value())

    return rule


def merged(keyword: str) -> Rule:
    """Return the rule of a merge of any number of layers; one constant clips."""

    def rule(op: Operation) -> Value:
        constants = [v for v in op.inputs if isinstance(v, ConstantArray)]
        if not constants:
            return op.add(keyword, *[op.value(i) for i in range(len(op.inputs))])
        values = [op.value(i) for i, v in enumerate(op.inputs) if not isinstance(v, ConstantArray)]
        number = one_number(op, values[0], constants[0]) if values else None
        if len(constants) > 1 or len(values) != 1 or number is None:
            weights = held(constants[0]) if len(constants) == 1 else {}
            return op.counted({"comparisons": 1}, *values, weights=weights)
        if keyword == "maximum" and number == 0:
            return op.add("relu", values[0])
        bounds: dict[str, Any] = {"min" if keyword == "maximum" else "max": rounded(number)}
        return op.add("clip", values[0], **bounds)

    return rule


def summed(op: Operation) -> Value:
    """The sum of any number of layers."""
    values = [op.value(i) for i in range(len(op.inputs))]
    return values[0] if len(values) == 1 else op.add("add", *values)


def averaged(op: Operation) -> Value:
    """The mean of any number of layers."""
    count = len(op.inputs)
    return op.add("scale", summed(op), factor=1 / count) if count > 1 else op.value()


def compared(op: Operation) -> Value:
    """A comparison of elements, or a choice by one."""
    values = [op.value(i) for i, v in enumerate(op.inputs) if not isinstance(v, ConstantArray)]
    return op.counted({"comparisons": 1}, *values)


def both(op: Operation) -> tuple[Value, Value]:
    """Return the two inputs of a merge, whose ranks must agree."""
    one, other = op.value(0), op.value(1)
    a, b = op.shape(0), op.shape(1)
    if len(a) != len(b):
        raise UnknownOperation(f"it combines shapes of {len(a)} and {len(b)} axes")
    return one, other


def operands(op: Operation) -> tuple[Value, ConstantArray | None]:
    """Return a computed input, and the other one if the file holds it."""
    for place, found in enumerate(op.inputs):  # what a merge repeats by itself need not be
        if isinstance(found, Expanded) and op.shape(1 - place) == found.shape:
            op.inputs[place] = found.source
    one, other = [
        value if isinstance(value, ConstantArray) else op.value(i)
        for i, value in enumerate(op.inputs)
    ]
    if isinstance(one, Value) and isinstance(other, ConstantArray) and "axis" in op.attributes:
        # Before version 7 an attribute says with which axis the array begins.
        missing = len(op.shape()) + 1 - op.get("axis") - len(other.shape)
        other = other.reshaped((*other.shape, *[1] * max(missing, 0)))
    if isinstance(one, Value):
        return one, other if isinstance(other, ConstantArray) else None
    if isinstance(other, Value) and isinstance(one, ConstantArray):
        return other, one
    raise UnknownOperation("both its inputs are constants")


def per_channel(constant: ConstantArray, shape: Shape, axis: int = 0) -> bool:
    """Return whether an array has one number for each position of an axis, by default a channel."""
    own = (1,) * (len(shape) + 1 - len(constant.shape)) + constant.shape
    return own == (1, *[n if place == axis else 1 for place, n in enumerate(shape)])


def bias_of(op: Operation, value: Value, constant: ConstantArray) -> Value | None:
    """Give the layer before the bias that it lacks, if that is what is added; None if not."""
    node = op.builder.nodes[value.index]
    shape = op.builder.shapes[value.index]
    lacks = getattr(node.layer, "bias", None) is False
    if not lacks or value.index in op.builder.read_twice or not constant.learned:
        return None
    if not per_channel(constant, shape, getattr(node.layer, "axis", None) or 0):
        return None
    op.builder.replace(value.index, bias=True)
    op.builder.weights[value.index, "bias"] = constant.reshaped((constant.count,))
    return value


def learned(op: Operation, value: Value, constant: ConstantArray, which: str) -> Value:
    """Scale or shift by an array of the file: one number for each channel, or for each element.

    A shift that follows the scale of the same elements joins it, as in Caffe's Scale.
    """
    shape = op.builder.shapes[value.index]
    if not constant.learned:
        return op.counted({"adds" if which == "shift" else "muls": 1}, value)
    if constant.count == 1:
        per, array = "one", constant.reshaped((1,))
    elif per_channel(constant, shape):
        per, array = "channels", constant.reshaped((constant.count,))
    elif constant.shape in (shape, (1, *shape)):
        per, array = "elements", constant.reshaped(shape)
    else:
        count = {"adds" if which == "shift" else "muls": 1}
        return op.counted(count, value, weights={"params": constant})
    layer = op.builder.nodes[value.index].layer
    fields = layer.as_dict()
    scaled = fields.get("learned") == "factor" and fields.get("per") == per
    if which == "shift" and scaled and value.index not in op.builder.read_twice:
        op.builder.replace(value.index, learned="both")
        op.builder.weights[value.index, "bias"] = array
        return value
    name = "bias" if which == "shift" else "weight"
    return op.add("scale", value, arrays={name: array}, learned=which, per=per)
