"""What operations make of constants: found by ONNX's own reference, or by moving numbers."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import broadcast
from cnncalc.exchange.operations.values import MOST_FOLDED, ConstantArray, of_array
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Input
    from cnncalc.exchange.operations.steps import OperationStep
    from cnncalc.exchange.operations.values import Array

#: What is computed element by element, with axes of length 1 repeated.
ELEMENTWISE = frozenset((
    "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Mean", "Mod", "Equal", "Greater",
    "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Where", "Neg", "Abs", "Sqrt", "Exp",
    "Log", "Reciprocal", "Floor", "Ceil", "Round", "Sign", "Cast", "Identity", "Not", "Clip",
    "Sigmoid", "Tanh", "Relu", "Expand",
))  # fmt: skip
#: What has no more elements than it reads.
NOT_GROWING = frozenset((
    "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Split", "Shape", "Size",
    "Concat", "ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceMean", "ArgMax",
    "ArgMin", "CumSum", "NonZero", "Softmax",
))  # fmt: skip
#: The reference implements operations from this version on.
OLDEST = 7


def evaluated(
    step: OperationStep, inputs: list[Input], original: Any, version: int
) -> list[ConstantArray] | None:
    """Return what an operation makes of constants, by the reference implementation of ONNX.

    `original` is the operation as the file has it. None where an array is too large or not in the
    file, and for what the reference cannot do.
    """
    if not is_small(step.kind, [v for v in inputs if isinstance(v, ConstantArray)]):
        return None
    arrays = []
    for value in inputs:
        array = None
        if isinstance(value, ConstantArray):
            array = value.array() if value.count <= MOST_FOLDED else None
            if array is None:
                return None
        arrays.append(array)
    import onnx
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    names = [f"in{i}" if array is not None else "" for i, array in enumerate(arrays)]
    node = onnx.NodeProto()
    node.CopyFrom(original)
    del node.input[:]
    node.input.extend(names)
    graph = helper.make_graph(
        [node],
        "constants",
        [onnx.ValueInfoProto(name=name) for name in names if name],
        [onnx.ValueInfoProto(name=name) for name in step.outputs if name],
    )
    opset = [helper.make_opsetid("", max(version, OLDEST))]
    feeds = {n: a for n, a in zip(names, arrays, strict=True) if n}
    try:
        results = ReferenceEvaluator(helper.make_model(graph, opset_imports=opset)).run(None, feeds)
    except Exception:  # what the reference cannot do, a layer may
        return None
    learned = any(isinstance(v, ConstantArray) and v.learned for v in inputs)
    return [of_array(n, a, learned) for n, a in zip(step.outputs, results, strict=False)]


def is_small(kind: str, inputs: list[ConstantArray]) -> bool:
    """Return whether an operation makes no more elements than can be computed with."""
    if kind in NOT_GROWING:
        return True
    if kind == "Range":
        numbers = [value.single() for value in inputs]
        if len(numbers) != 3 or None in numbers or not numbers[2]:
            return False
        start, stop, step = (float(number) for number in numbers if number is not None)
        return (stop - start) / step <= MOST_FOLDED
    shapes = [value.shape for value in inputs]
    if kind == "Expand" and len(inputs) == 2:
        shapes[1] = tuple([int(n) for n in inputs[1].numbers() or ()])
    if kind in ELEMENTWISE:
        output = broadcast(shapes) if shapes else None
        return output is not None and product(output) <= MOST_FOLDED
    if kind in ("Gather", "GatherND", "MatMul", "Gemm"):
        return product([value.count for value in inputs]) <= MOST_FOLDED
    return (
        kind == "Tile"
        and inputs[0].count * product([int(n) for n in inputs[1].numbers() or ()]) <= MOST_FOLDED
    )


def filled(step: OperationStep, lengths: list[int]) -> ConstantArray:
    """Return an array of one number; weights may be made so. Its numbers are not kept."""
    import numpy as np
    from onnx import numpy_helper

    shape = tuple([int(n) for n in lengths])
    tensor = step.attributes.get("value")
    number = numpy_helper.to_array(tensor).reshape(-1)[0] if tensor is not None else np.float32()
    learned = isinstance(number, np.floating) and product(shape) > 1
    return ConstantArray(step.outputs[0], shape, lambda: np.full(shape, number), learned)


def rearranged(step: OperationStep, inputs: list[ConstantArray]) -> ConstantArray | None:
    """Return a weight after an operation that only moves its numbers, or None for another one.

    So a layer that reads it still has those weights. `inputs` are the weight, and what else is
    read.
    """
    weight = inputs[0]
    if step.kind == "Concat":
        return joined(step, inputs)
    lists = [other.numbers() for other in inputs[1:]]
    if step.kind == "Slice":
        return sliced(step, weight, lists)
    numbers = lists[0] if lists else None
    shape = weight.shape
    if step.kind in ("Identity", "Dropout", "Cast"):
        return weight
    if step.kind == "Transpose":
        order = step.attributes.get("perm") or range(len(shape) - 1, -1, -1)
        return weight.transposed(tuple([int(n) for n in order]))
    if step.kind == "Flatten":
        first = product(shape[: int(step.attributes.get("axis", 1))])
        return weight.reshaped((first, weight.count // max(first, 1)))
    wanted = numbers or step.attributes.get("shape") or step.attributes.get("axes")
    if wanted is None:
        return None
    lengths = [int(n) for n in wanted]
    if step.kind == "Reshape":
        lengths = [shape[i] if n == 0 and i < len(shape) else n for i, n in enumerate(lengths)]
        rest = weight.count // max(product([n for n in lengths if n != -1]), 1)
        lengths = [rest if n == -1 else n for n in lengths]
        return weight.reshaped(tuple(lengths)) if product(lengths) == weight.count else None
    if step.kind == "Squeeze":
        gone = {n % len(shape) for n in lengths}
        return weight.reshaped(tuple([n for i, n in enumerate(shape) if i not in gone]))
    if step.kind == "Unsqueeze":
        rank = len(shape) + len(lengths)
        places = {n % rank for n in lengths}
        others = iter(shape)
        return weight.reshaped(tuple([1 if i in places else next(others) for i in range(rank)]))
    return None


def joined(step: OperationStep, arrays: list[ConstantArray]) -> ConstantArray | None:
    """Return weights one after the other along an axis."""
    shapes = [array.shape for array in arrays]
    axis = int(step.attributes.get("axis", 0)) % max(len(shapes[0]), 1)
    others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    if len(others) > 1 or not shapes[0]:
        return None

    def load() -> Array | None:
        import numpy as np

        found = [array.array() for array in arrays]
        whole = [array for array in found if array is not None]
        return np.concatenate(whole, axis) if len(whole) == len(found) else None

    length = sum(shape[axis] for shape in shapes)
    shape = (*shapes[0][:axis], length, *shapes[0][axis + 1 :])
    return ConstantArray(step.outputs[0], shape, load, learned=True)


def sliced(
    step: OperationStep, weight: ConstantArray, lists: list[list[Any] | None]
) -> ConstantArray | None:
    """Return a stretch of a weight along some axes."""
    names = ("starts", "ends", "axes", "steps")
    given: list[list[Any] | None] = [step.attributes.get(name) for name in names]
    starts, ends, axes, steps = (lists + given[len(lists) :])[:4]
    if starts is None or ends is None:
        return None
    parts = [slice(None)] * len(weight.shape)
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        stride = int(steps[place]) if steps else 1
        parts[int(axes[place]) if axes else place] = slice(int(start), int(end), stride)
    shape = [len(range(*part.indices(n))) for part, n in zip(parts, weight.shape, strict=True)]
    return weight.changed(tuple(shape), lambda array: array[tuple(parts)])
