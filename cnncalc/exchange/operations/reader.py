"""From operations in order to a graph: what every reader of such files does alike."""

from __future__ import annotations

from abc import ABC, abstractmethod

from cnncalc.exchange.operations.axes import COSTS
from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.patterns import simplify
from cnncalc.exchange.operations.rules import RULES
from cnncalc.exchange.operations.values import ConstantArray, OperationStep, Value
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.diagnostics import SpecError
    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.exchange.operations.operation import Input, Rule
    from cnncalc.exchange.operations.values import Steps
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

#: Operations whose rules say where the batch stands in what they make.
PLACING = frozenset((
    "Cast", "FlattenAxes", "GRU", "Gather", "Identity", "LSTM", "MoveAxes", "Reshape", "Select",
    "Squeeze", "Swap", "Transpose", "Unbind", "Unflatten", "Unsqueeze", *COSTS,
))  # fmt: skip
#: Operations that act element by element, along the axes that they name, or along the last one.
ANYWHERE = frozenset((
    "Abs", "Add", "Celu", "Clip", "Concat", "Div", "Dropout", "Elu", "Exp", "Gelu", "Gemm",
    "HardSigmoid", "HardSwish", "LayerNormalization", "LeakyRelu", "Linear", "LogSoftmax", "MatMul",
    "Max", "Mean", "Min", "Mish", "Mul", "Neg", "Pieces", "Pow", "Relu", "Selu", "Sigmoid", "Slice",
    "Softmax", "Softplus", "Softsign", "Split", "Sqrt", "Sub", "Sum", "Swish", "Tanh",
))  # fmt: skip
#: Those of them whose arrays have axes of their own.
MATRICES = ("Gemm", "LayerNormalization", "Linear", "MatMul")


def applied(rule: Rule, op: Operation) -> Any:
    """Return what a rule makes of an operation, wherever the batch stands in what it reads.

    Raises `UnknownOperation` where that is not the same place in all, or one that the rule does not
    know of.
    """
    read = [found for found in op.inputs if isinstance(found, Value | Moves)]
    places = {found.batch if isinstance(found, Moves) else 0 for found in read} or {0}
    if places == {0}:
        return rule(op)
    if len(places) > 1:
        raise UnknownOperation("the batch is another axis in each of its inputs")
    (op.batch,) = places
    if op.kind in PLACING:
        return rule(op)
    ranks = [len(op.whole(i)) for i, v in enumerate(op.inputs) if isinstance(v, Value | Moves)]
    if op.kind not in ANYWHERE or op.batch == max(ranks) - 1 or len(set(ranks)) > 1:
        where = "one with another axis" if op.batch is None else f"axis {op.batch}"
        raise UnknownOperation(f"the batch is {where} of what it reads")
    for place, found in enumerate(op.inputs):
        if isinstance(found, ConstantArray) and op.batch is not None:
            op.inputs[place] = without_batch(op, found, ranks[0])
    result: Any = rule(op)
    return [op.kept(value) for value in (result if isinstance(result, list) else [result])]


def without_batch(op: Operation, array: ConstantArray, rank: int) -> ConstantArray:
    """Return an array without the axis that meets the batch, which must be 1, if it has one."""
    assert op.batch is not None
    if op.kind in MATRICES or op.kind in ("Slice", "Split", "Clip"):
        if op.kind in MATRICES and len(array.shape) > 2:
            raise UnknownOperation("it has a matrix for each sample")
        return array
    place = op.batch - (rank - len(array.shape))
    if place < 0:
        return array
    shape = (*array.shape[:place], *array.shape[place + 1 :])
    if product(shape) != array.count:
        raise UnknownOperation("it has numbers for each sample")
    return array.reshaped(shape)


#: A map has channels and at most three spatial axes.
MOST_AXES = 4
#: What a rule stumbles over when attributes are missing or of another kind.
FAULTS = (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError,
          RuntimeError, StopIteration)  # fmt: skip
LONGEST_FAULT = 120
#: What only moves elements costs nothing, also where no layer of ours moves them so.
MOVING = frozenset((
    "Concat", "DepthToSpace", "Flatten", "Gather", "GatherElements", "GatherND", "Pad", "Reshape",
    "ReverseSequence", "Slice", "SpaceToDepth", "Split", "Squeeze", "Transpose", "Unsqueeze",
))  # fmt: skip
#: What has an output of its first input's shape, whatever it does.
SHAPE_KEEPING = frozenset((
    "BatchNormalization", "GroupNormalization", "InstanceNormalization", "LayerNormalization",
    "MeanVarianceNormalization", "RMSNormalization",
))  # fmt: skip
#: Domains whose operations are ONNX's own.
OWN = ("", "ai.onnx")


class OperationReader(ABC):
    """What is known of each name while operations are read in order.

    `version` is that of ONNX' operations. With `strict` an operation that has no layer is an
    error; otherwise it becomes a `custom` layer, if its output shape is known.
    """

    #: What each kind of operation becomes.
    rules = RULES

    def __init__(self, builder: GraphBuilder, version: int, strict: bool) -> None:
        self.builder = builder
        self.version = version
        self.strict = strict
        self.values: dict[str, Value | Moves | ConstantArray] = {}
        self.steps: list[OperationStep] = []
        self.readers: dict[str, int] = {}

    def read(self, name: str, steps: Steps, outputs: list[str]) -> Graph:
        """Return the graph of the steps that the outputs depend on."""
        self.builder.check_count(len(steps.steps))
        simplify(steps)
        self.steps = needed_for(outputs, steps.steps)
        for read in (*[n for step in self.steps for n in step.inputs if n], *outputs):
            self.readers[read] = self.readers.get(read, 0) + 1
        for step in self.steps:
            self.convert(step)
        return self.finish(name, outputs)

    def convert(self, step: OperationStep) -> None:
        """Read one step: a constant that follows from constants, or a layer."""
        inputs: list[Input] = []
        for name in step.inputs:
            found = self.values.get(name) if name else None
            if name and found is None:
                raise self.builder.error(
                    f"{step.kind} reads `{name}`, which nothing before it makes", node=step.name
                )
            inputs.append(found)
        try:
            results = self.folded(step, inputs)
            if results is None:
                results = self.layers(step, inputs)
        except FAULTS as fault:
            text = f"{type(fault).__name__}: {fault}"[:LONGEST_FAULT]
            message = f"{step.kind}: its inputs and attributes are not what it needs ({text})"
            raise self.builder.error(message, node=step.name) from None
        for name, result in zip(step.outputs, results, strict=False):
            self.values[name] = result
            if isinstance(result, ConstantArray) or self.readers.get(name, 0) < 2:
                continue
            if isinstance(result, Value):
                self.builder.read_twice.add(result.index)
            elif not result.steps:
                self.builder.read_twice.add(result.source.index)

    @abstractmethod
    def folded(self, step: OperationStep, inputs: list[Input]) -> list[Any] | None:
        """Return what a step makes if that can be said without running the network, or None."""

    @abstractmethod
    def stated_shape(self, name: str) -> Shape | None:
        """Return the shape that the file states for a value, without the batch, or None."""

    def layers(self, step: OperationStep, inputs: list[Input]) -> list[Any]:
        """Return the outputs of the layers that a step becomes."""
        operation = self.operation(step, inputs)
        rule = self.rules.get(step.kind) if step.domain in OWN else None
        try:
            if rule is None:
                raise UnknownOperation("there is no such layer")
            found = applied(rule, operation)
        except UnknownOperation as reason:
            return self.custom(operation, reason)
        return found if isinstance(found, list) else [found]

    def operation(self, step: OperationStep, inputs: list[Input]) -> Operation:
        """Return a step with what it reads; an output that nobody reads has no name."""
        outputs = [name if self.readers.get(name) else "" for name in step.outputs]
        return Operation(
            self.builder, step.kind, step.name, inputs, outputs, step.attributes, self.version
        )

    def custom(self, operation: Operation, reason: UnknownOperation) -> list[Value | Moves]:
        """Return the outputs of an operation that has no layer, of the shapes that are stated.

        Raises `SpecError` with `strict`, or where a shape is not known.
        """
        if self.strict:
            raise operation.error(str(reason))
        try:
            inputs = [
                operation.value(place)
                for place, found in enumerate(operation.inputs)
                if isinstance(found, Value | Moves)
            ]
        except UnknownOperation as more:
            raise operation.error(f"{reason}; {more}") from None
        if not inputs:
            raise operation.error(f"{reason}, and it reads nothing that a layer computes")
        arrays = [v for v in operation.inputs if isinstance(v, ConstantArray) and v.learned]
        counts: dict[str, Any] = {"params": sum(array.params for array in arrays), "buffers": 0}
        if operation.kind in MOVING:
            counts["rest"] = "none"
        results: list[Value | Moves] = []
        for place, name in enumerate(operation.outputs):
            if not self.readers.get(name):
                results.append(inputs[0])  # which nobody reads
                continue
            if place < len(reason.shapes):
                known, operation.batch = reason.shapes[place]
                results.append(operation.kept(operation.custom(known, *inputs, **counts)))
                counts = {"rest": "none"}
                continue
            shape = self.stated_shape(name)
            if shape is None and operation.kind in SHAPE_KEEPING:
                shape = operation.shape()
            if shape is None or not 1 <= len(shape) <= MOST_AXES:
                raise self.shapeless(operation, name, str(reason), shape)
            results.append(operation.custom(shape, *inputs, **counts))
            counts = {"rest": "none"}  # all that it costs stands at its first output
        return results

    def shapeless(
        self, operation: Operation, name: str, reason: str, shape: Shape | None
    ) -> SpecError:
        """Return the error for an operation without a layer whose output shape is not known."""
        readers = [step for step in self.steps if name in step.inputs]
        read = f"`{readers[0].name}` ({readers[0].kind}) reads it" if readers else "it is an output"
        found = "nor does the file say the shape of its output"
        if shape is not None:
            found = f"and its output has {len(shape)} axes"
        return operation.error(
            f"{reason}, {found}; {read}",
            "cut the model before it, or let the exporter state shapes (onnx.shape_inference)",
        )

    def note_computed(self) -> None:
        """Say which weights are computed from other parameters, more or fewer of them."""
        made = {
            id(array): (place[0], array)
            for place, array in self.builder.weights.items()
            if array.sources
        }
        sources = {id(one): one for _, array in made.values() for one in array.sources}
        before = sum(array.count for array in sources.values())
        after = sum(array.count for _, array in made.values())
        if before != after:
            self.builder.note_layers(
                [index for index, _ in made.values()],
                f"have weights that are computed from {before:,} parameters, as by a weight norm:"
                f" the {after:,} weights are counted",
            )

    def finish(self, name: str, outputs: list[str]) -> Graph:
        """Return the graph with its outputs."""
        self.note_computed()
        ends = []
        for output in outputs:
            found = self.values.get(output)
            if found is None:
                raise self.builder.error(f"no operation makes its output `{output}`")
            if isinstance(found, Moves):
                last = self.operation(OperationStep("output", output, [], [], {}), [found])
                try:
                    found = last.value()
                except UnknownOperation as reason:
                    raise last.error(str(reason)) from None
            if isinstance(found, Value):
                ends.append(found.index)
        if not ends:
            raise self.builder.error("none of its outputs depends on its inputs")
        return self.builder.graph(name, ends)


def needed_for(outputs: list[str], steps: list[OperationStep]) -> list[OperationStep]:
    """Return the steps that an output depends on, in their order."""
    wanted = set(outputs)
    kept = []
    for step in reversed(steps):
        if not wanted.isdisjoint(step.outputs):
            kept.append(step)
            wanted.update(step.inputs)
    return kept[::-1]
