"""From an ONNX file to a graph."""

from __future__ import annotations

from cnncalc.exchange.builder import Builder
from cnncalc.exchange.onnx import arrangement, elementwise, windows
from cnncalc.exchange.onnx.file import File, attributes
from cnncalc.exchange.onnx.moves import Moves
from cnncalc.exchange.onnx.operation import Operation, Unknown
from cnncalc.exchange.onnx.patterns import Step, Steps, simplify
from cnncalc.exchange.onnx.values import MOST_FOLDED, Constant, Value, of_array
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from cnncalc.exchange.onnx.operation import Input
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

    Rule = Callable[[Operation], Value | Moves | list[Value]]

RULES: dict[str, Rule] = {
    "Conv": windows.conv,
    "ConvTranspose": windows.conv_transpose,
    "MaxPool": windows.max_pool,
    "AveragePool": windows.avg_pool,
    "LpPool": windows.lp_pool,
    "GlobalAveragePool": windows.global_avg_pool,
    "GlobalMaxPool": windows.global_max_pool,
    **elementwise.RULES,
    **arrangement.RULES,
    "Split": arrangement.split,
}
#: Domains whose operations are ONNX's own.
OWN = ("", "ai.onnx")


def read(path: str, inputs: Mapping[str, Shape] | None = None, strict: bool = False) -> Graph:
    """Return the graph of an ONNX file, for one sample.

    `inputs` gives shapes (channels first, without the batch) to inputs whose sizes the file leaves
    open, by name or, for a single input, under "". With `strict` an operation that has no layer is
    an error; otherwise it becomes a `custom` layer, if its output shape is known. Raises
    `SpecError` for a file that cannot be read, `UsageError` where the `onnx` package is missing.
    """
    return Reader(File(path), dict(inputs or {}), strict).graph()


class Reader:
    """What is known of each name of the file while its operations are read in order."""

    def __init__(self, file: File, inputs: dict[str, Shape], strict: bool) -> None:
        self.file = file
        self.given = inputs
        self.strict = strict
        self.builder = Builder(file.name)
        self.values: dict[str, Value | Moves | Constant] = dict(file.initializers())
        self.unknown: dict[str, int] = {}

    def graph(self) -> Graph:
        """Return the graph of the file."""
        proto = self.file.graph
        for entry in proto.input:
            if entry.name not in self.values:
                self.input(entry)
        if not self.builder.inputs:
            raise self.file.error("it has no input that a network could read")
        constants = {n: v for n, v in self.values.items() if isinstance(v, Constant)}
        self.originals = {node.output[0]: node for node in proto.node if node.output}
        steps = Steps([self.step(node) for node in proto.node], constants)
        simplify(steps)
        outputs = [entry.name for entry in proto.output]
        needed = self.needed(steps.steps, outputs)
        self.count_readers(needed, outputs)
        for step in needed:
            self.convert(step)
        return self.finish(outputs)

    def finish(self, outputs: list[str]) -> Graph:
        """Return the graph with the outputs of the file."""
        ends = []
        for name in outputs:
            found = self.values.get(name)
            if found is None:
                raise self.file.error(f"no operation makes its output `{name}`")
            if isinstance(found, Moves):
                found = self.operation(Step("output", name, [], [], {}), [found]).value()
            if isinstance(found, Value):
                ends.append(found.index)
        if not ends:
            raise self.file.error("none of its outputs depends on its inputs")
        if self.unknown:
            kinds = ", ".join(f"{kind} ({n})" for kind, n in sorted(self.unknown.items()))
            self.builder.note(f"operations that cnncalc cannot count: {kinds}")
        return self.builder.graph(self.file.graph.name or self.file.name, ends)

    def input(self, entry: Any) -> None:
        """Add an input of the network, the batch taken off."""
        name = entry.name
        dims = entry.type.tensor_type.shape.dim
        lengths = [int(d.dim_value) if d.HasField("dim_value") else 0 for d in dims]
        given = self.given.get(name) or self.given.get("")
        shape = tuple(lengths[1:])
        if given is not None:
            if shape and len(given) != len(shape):
                raise self.file.error(f"its input `{name}` has {len(shape)} axes, not {len(given)}")
            shape = given
        if not shape:
            raise self.file.error(f"the shape of its input `{name}` is not in the file")
        if any(length < 1 for length in shape):
            open_sizes = [d.dim_param or "?" for d in dims][1:]
            shown = "x".join(str(n) if n > 0 else p for n, p in zip(shape, open_sizes, strict=True))
            example = "x".join(str(n if n > 0 else 224) for n in shape)
            raise self.file.error(
                f"its input `{name}` is {shown}: the file leaves sizes open",
                f"give them, such as `--input {example}`",
            )
        self.values[name] = Value(self.builder.input(name, shape))

    def step(self, node: Any) -> Step:
        """Return a node of the file as a step."""
        inputs, outputs = list(node.input), list(node.output)
        name = node.name or (outputs[0] if outputs else node.op_type)
        parts = [part for part in name.split("/") if part]
        if len(parts) > 1 and parts[-1].split("_")[0] == node.op_type:
            name = "/".join(parts[:-1])  # PyTorch ends the path of a module with the operation
        return Step(node.op_type, name, inputs, outputs, attributes(node), node.domain)

    def needed(self, steps: list[Step], outputs: list[str]) -> list[Step]:
        """Return the steps that an output depends on, in the order of the file."""
        wanted = set(outputs)
        kept = []
        for step in reversed(steps):
            if not wanted.isdisjoint(step.outputs):
                kept.append(step)
                wanted.update(step.inputs)
        return kept[::-1]

    def count_readers(self, steps: list[Step], outputs: list[str]) -> None:
        """Count how many steps read each name."""
        self.readers: dict[str, int] = {}
        for name in (*[n for step in steps for n in step.inputs], *outputs):
            self.readers[name] = self.readers.get(name, 0) + 1

    def convert(self, step: Step) -> None:
        """Read one step: a constant that follows from constants, or a layer."""
        inputs: list[Input] = []
        for name in step.inputs:
            found = self.values.get(name) if name else None
            if name and found is None:
                raise self.builder.error(
                    f"{step.kind} reads `{name}`, which nothing before it makes", node=step.name
                )
            inputs.append(found)
        results = self.folded(step, inputs)
        if results is None:
            results = self.layers(step, inputs)
        for name, result in zip(step.outputs, results, strict=False):
            self.values[name] = result
            if isinstance(result, Value) and self.readers.get(name, 0) > 1:
                self.builder.read_twice.add(result.index)

    def folded(self, step: Step, inputs: list[Input]) -> list[Any] | None:
        """Return what a step makes if that can be said without running the network, or None."""
        if step.kind in ("Shape", "Size") and isinstance(inputs[0], Value | Moves):
            return [self.shape_of(step, inputs[0])]
        if any(isinstance(value, Value | Moves) for value in inputs) or step.domain not in OWN:
            return None
        first = inputs[0] if inputs else None
        if isinstance(first, Constant) and first.learned:
            numbers = [v.numbers() for v in inputs[1:] if isinstance(v, Constant)]
            same = rearranged(step, first, numbers[0] if numbers else None)
            if same is not None:
                return [same]
        return self.evaluated(step, inputs)

    def shape_of(self, step: Step, value: Value | Moves) -> Constant:
        """Return the shape of a layer's output as numbers, with a batch of one."""
        import numpy as np

        own = value.shape if isinstance(value, Moves) else self.builder.shapes[value.index]
        whole = [1, *own]
        if step.kind == "Size":
            return of_array(step.outputs[0], np.array(product(whole), np.int64))
        part = whole[step.attributes.get("start", 0) : step.attributes.get("end", len(whole))]
        return of_array(step.outputs[0], np.array(part, np.int64))

    def evaluated(self, step: Step, inputs: list[Input]) -> list[Any] | None:
        """Return what an operation makes of constants, by the reference implementation of ONNX."""
        if step.kind == "ConstantOfShape":
            return [self.filled(step, inputs)]
        arrays = []
        for value in inputs:
            array = None
            if isinstance(value, Constant):
                array = value.array() if value.count <= MOST_FOLDED else None
                if array is None:
                    return None
            arrays.append(array)
        from onnx import helper
        from onnx.reference import ReferenceEvaluator

        node = self.file.onnx.NodeProto()
        node.CopyFrom(self.originals[step.outputs[0]])
        names = [f"in{i}" if array is not None else "" for i, array in enumerate(arrays)]
        del node.input[:]
        node.input.extend(names)
        graph = helper.make_graph(
            [node],
            "constants",
            [self.file.onnx.ValueInfoProto(name=name) for name in names if name],
            [self.file.onnx.ValueInfoProto(name=name) for name in step.outputs if name],
        )
        opset = [helper.make_opsetid("", max(self.file.version, 7))]
        model = helper.make_model(graph, opset_imports=opset)
        feeds = {n: a for n, a in zip(names, arrays, strict=True) if n}
        try:
            results = ReferenceEvaluator(model).run(None, feeds)
        except Exception:  # what the reference cannot do, a layer may
            return None
        learned = any(isinstance(v, Constant) and v.learned for v in inputs)
        return [of_array(n, a, learned) for n, a in zip(step.outputs, results, strict=False)]

    def filled(self, step: Step, inputs: list[Input]) -> Constant:
        """Return an array of one number; weights may be made so. Its numbers are not kept."""
        import numpy as np
        from onnx import numpy_helper

        source = inputs[0]
        lengths = source.numbers() if isinstance(source, Constant) else None
        if lengths is None:
            raise self.builder.error("ConstantOfShape: its shape is unknown", node=step.name)
        shape = tuple([int(n) for n in lengths])
        tensor = step.attributes.get("value")
        number = (
            numpy_helper.to_array(tensor).reshape(-1)[0] if tensor is not None else np.float32()
        )
        learned = isinstance(number, np.floating) and product(shape) > 1
        return Constant(step.outputs[0], shape, lambda: np.full(shape, number), learned)

    def layers(self, step: Step, inputs: list[Input]) -> list[Value] | list[Moves]:
        """Return the outputs of the layers that a step becomes."""
        operation = self.operation(step, inputs)
        rule = RULES.get(step.kind) if step.domain in OWN else None
        try:
            if rule is None:
                raise Unknown("there is no such layer")
            found = rule(operation)
        except Unknown as reason:
            return self.custom(operation, str(reason))
        if isinstance(found, list):
            return found
        return [found]  # type: ignore[return-value]  # one of either kind

    def operation(self, step: Step, inputs: list[Input]) -> Operation:
        """Return a step with what it reads."""
        kind, name, version = step.kind, step.name, self.file.version
        return Operation(
            self.builder, kind, name, inputs, step.outputs, step.attributes, version
        )  # fmt: skip

    def custom(self, operation: Operation, reason: str) -> list[Value]:
        """Return the output of an operation that has no layer, of the shape that the file states.

        Raises `SpecError` with `strict`, or where the shape is not known.
        """
        if self.strict:
            raise operation.error(reason)
        raise operation.error(reason, "no layer stands for it")


def rearranged(step: Step, weight: Constant, numbers: list[Any] | None) -> Constant | None:
    """Return a weight after an operation that only moves its numbers, or None for another one.

    So a layer that reads it still has those weights. `numbers` is the second input, if any.
    """
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
