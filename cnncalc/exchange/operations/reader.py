"""From operations in order to a graph: what every reader of such files does alike."""

from __future__ import annotations

from abc import ABC, abstractmethod

from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, Unknown
from cnncalc.exchange.operations.patterns import Step, simplify
from cnncalc.exchange.operations.rules import RULES
from cnncalc.exchange.operations.values import Constant, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.builder import Builder
    from cnncalc.exchange.operations.operation import Input
    from cnncalc.exchange.operations.patterns import Steps
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape

#: Domains whose operations are ONNX's own.
OWN = ("", "ai.onnx")


class Reader(ABC):
    """What is known of each name while operations are read in order.

    `version` is that of ONNX' operations. With `strict` an operation that has no layer is an
    error; otherwise it becomes a `custom` layer, if its output shape is known.
    """

    def __init__(self, builder: Builder, version: int, strict: bool) -> None:
        self.builder = builder
        self.version = version
        self.strict = strict
        self.values: dict[str, Value | Moves | Constant] = {}
        self.unknown: dict[str, int] = {}
        self.readers: dict[str, int] = {}

    def read(self, name: str, steps: Steps, outputs: list[str]) -> Graph:
        """Return the graph of the steps that the outputs depend on."""
        simplify(steps)
        needed = needed_for(outputs, steps.steps)
        for read in (*[n for step in needed for n in step.inputs], *outputs):
            self.readers[read] = self.readers.get(read, 0) + 1
        for step in needed:
            self.convert(step)
        return self.finish(name, outputs)

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

    @abstractmethod
    def folded(self, step: Step, inputs: list[Input]) -> list[Any] | None:
        """Return what a step makes if that can be said without running the network, or None."""

    @abstractmethod
    def stated_shape(self, name: str) -> Shape | None:
        """Return the shape that the file states for a value, without the batch, or None."""

    def layers(self, step: Step, inputs: list[Input]) -> list[Any]:
        """Return the outputs of the layers that a step becomes."""
        operation = self.operation(step, inputs)
        rule = RULES.get(step.kind) if step.domain in OWN else None
        try:
            if rule is None:
                raise Unknown("there is no such layer")
            found = rule(operation)
        except Unknown as reason:
            return self.custom(operation, str(reason))
        return found if isinstance(found, list) else [found]

    def operation(self, step: Step, inputs: list[Input]) -> Operation:
        """Return a step with what it reads."""
        return Operation(
            self.builder, step.kind, step.name, inputs, step.outputs, step.attributes, self.version
        )

    def custom(self, operation: Operation, reason: str) -> list[Value]:
        """Return the output of an operation that has no layer, of the shape that the file states.

        Raises `SpecError` with `strict`, or where the shape is not known.
        """
        if self.strict:
            raise operation.error(reason)
        raise operation.error(reason, "no layer stands for it")

    def finish(self, name: str, outputs: list[str]) -> Graph:
        """Return the graph with its outputs."""
        ends = []
        for output in outputs:
            found = self.values.get(output)
            if found is None:
                raise self.builder.error(f"no operation makes its output `{output}`")
            if isinstance(found, Moves):
                found = self.operation(Step("output", output, [], [], {}), [found]).value()
            if isinstance(found, Value):
                ends.append(found.index)
        if not ends:
            raise self.builder.error("none of its outputs depends on its inputs")
        if self.unknown:
            kinds = ", ".join(f"{kind} ({n})" for kind, n in sorted(self.unknown.items()))
            self.builder.note(f"operations that cnncalc cannot count: {kinds}")
        return self.builder.graph(name, ends)


def needed_for(outputs: list[str], steps: list[Step]) -> list[Step]:
    """Return the steps that an output depends on, in their order."""
    wanted = set(outputs)
    kept = []
    for step in reversed(steps):
        if not wanted.isdisjoint(step.outputs):
            kept.append(step)
            wanted.update(step.inputs)
    return kept[::-1]
