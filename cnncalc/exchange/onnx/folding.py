"""What operations make of constants: found by ONNX's own reference, or by moving numbers."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import broadcast
from cnncalc.exchange.operations.values import MOST_FOLDED, ConstantArray, sources_of
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Input
    from cnncalc.exchange.operations.values import Array, OperationStep

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
    "ArgMin", "CumSum", "NonZero", "Softmax", "ReduceL1", "ReduceL2", "ReduceSumSquare",
))  # fmt: skip
#: Arrays of so many numbers may be lengths or places of axes.
MOST_AXES = 64
#: The reference implements operations from this version on.
OLDEST = 7


def evaluated(
    step: OperationStep, inputs: list[Input], original: Any, version: int
) -> list[ConstantArray] | None:
    """Return what an operation makes of constants, by the reference implementation of ONNX.

    `original` is the operation as the file has it. Of large arrays the shapes are found at once,
    and the numbers when they are asked for. None where an array makes a much larger one, or is not
    in the file, and for what the reference cannot do.
    """
    alone = OneOperation(step, inputs, original, version)
    sources = sources_of(alone.constants)
    if is_small(step.kind, alone.constants) and all(
        value.count <= MOST_FOLDED for value in alone.constants
    ):
        results = alone.results()
        if results is None:
            return None
        shapes = [tuple(array.shape) for array in results]
    else:
        results = None
        found = alone.shapes() if step.kind in ELEMENTWISE | NOT_GROWING else None
        if found is None or product(found[0]) > sum(v.count for v in alone.constants):
            return None
        shapes = found

    def made(place: int) -> ConstantArray:
        def load() -> Array | None:
            arrays = results or alone.results()
            return None if arrays is None else arrays[place]

        name = step.outputs[place]
        return ConstantArray(name, shapes[place], load, bool(sources), sources=sources)

    return [made(place) for place in range(len(shapes))]


class OneOperation:
    """An operation that reads nothing but constants, as a model of its own."""

    def __init__(
        self, step: OperationStep, inputs: list[Input], original: Any, version: int
    ) -> None:
        import onnx

        self.inputs = {
            f"in{place}": value
            for place, value in enumerate(inputs)
            if isinstance(value, ConstantArray)
        }
        self.constants = list(self.inputs.values())
        self.node = onnx.NodeProto()
        self.node.CopyFrom(original)
        del self.node.input[:]
        self.node.input.extend([f"in{i}" if v is not None else "" for i, v in enumerate(inputs)])
        del self.node.output[:]
        self.node.output.extend(step.outputs)
        self.opset = [onnx.helper.make_opsetid("", max(version, OLDEST))]

    def model(self, inputs: list[Any], constants: list[Any]) -> Any:
        """Return the model with inputs and constants."""
        import onnx

        outputs = [onnx.ValueInfoProto(name=name) for name in self.node.output if name]
        graph = onnx.helper.make_graph([self.node], "constants", inputs, outputs, constants)
        return onnx.helper.make_model(graph, opset_imports=self.opset)

    def results(self) -> list[Array] | None:
        """Return what the operation makes; None where a number or an implementation is missing."""
        import onnx
        from onnx.reference import ReferenceEvaluator

        arrays = {name: value.array() for name, value in self.inputs.items()}
        if any(array is None for array in arrays.values()):
            return None
        try:
            model = self.model([onnx.ValueInfoProto(name=name) for name in arrays], [])
            results: list[Array] = ReferenceEvaluator(model).run(None, arrays)
        except Exception:  # what the reference cannot do, a layer may
            return None
        return results

    def shapes(self) -> list[tuple[int, ...]] | None:
        """Return the shapes of what it makes, from those of what it reads; None if unknown."""
        import onnx
        from onnx import numpy_helper

        inputs, constants = [], []
        for name, value in self.inputs.items():
            array = None if value.learned or value.count > MOST_AXES else value.array()
            if array is not None:
                constants.append(numpy_helper.from_array(array, name))
            else:
                inputs.append(onnx.helper.make_tensor_value_info(name, 1, value.shape))
        try:
            graph = onnx.shape_inference.infer_shapes(self.model(inputs, constants)).graph
        except Exception:  # it refuses what does not fit its own rules
            return None
        found = [[int(d.dim_value) for d in o.type.tensor_type.shape.dim] for o in graph.output]
        return [tuple(f) for f in found] if all(min(f, default=0) > 0 for f in found) else None


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
    numbers = inputs[1].numbers() if len(inputs) > 1 else None
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
