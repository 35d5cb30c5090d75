"""What `torch.export` makes of a module, as plain values, and from there to a graph.

Both ways in, a module in memory and a saved file, make a `Program`, so that nothing after them
knows of either.
"""

from __future__ import annotations

import operator

from cnncalc.exchange.builder import GraphBuilder, Stated
from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.reader import OperationReader, needed_for
from cnncalc.exchange.operations.values import (
    ConstantArray,
    OperationStep,
    Steps,
    Value,
    of_numbers,
    sources_of,
)
from cnncalc.exchange.torch.rules import RULES
from cnncalc.exchange.torch.words import WORDS
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.builder import Given
    from cnncalc.exchange.operations.operation import Input
    from cnncalc.exchange.operations.values import Array, ConstantArray
    from cnncalc.exchange.torch.window_words import Said
    from cnncalc.graph import Graph
    from cnncalc.quantities import Shape


class ProgramName(str):
    """A value of the program, among the arguments of a call, where other texts are words."""

    __slots__ = ()


class ProgramCall(Record):
    """One call: the operation (`aten.conv2d.default`), its arguments by name, what it makes.

    `module` is the path of the module that calls it, such as `layer1.0.conv1`, and `kind` the
    class of that module.
    """

    target: str
    arguments: dict[str, Any]
    outputs: list[str]
    module: str
    kind: str

    @property
    def operation(self) -> str:
        """The operation without its room and its variant; `add` for `aten.add_.Tensor`."""
        parts = self.target.split(".")
        word = parts[1] if parts[0] in ("aten", "_operator", "torchvision") else self.target
        return word[:-1] if self.writes_in_place else word

    @property
    def writes_in_place(self) -> bool:
        """Whether it writes over its first argument, as PyTorch says by a last underscore."""
        parts = self.target.split(".")
        return len(parts) > 1 and parts[1].endswith("_") and not parts[1].startswith("__")

    @property
    def path(self) -> str:
        """What the layer is called: its module, or its operation within a module of one's own."""
        scope = self.module.partition("@")[0].replace(".", "/")
        if scope and self.kind.startswith("torch.nn.modules."):
            return scope
        return f"{scope}/{self.operation}" if scope else self.operation


class Program(Record):
    """A module's calls; its inputs, arrays and outputs by name; the shapes that it states.

    Shapes hold the batch, and 0 for a length that is left open.
    """

    name: str
    inputs: list[str]
    arrays: dict[str, ConstantArray]
    calls: list[ProgramCall]
    outputs: list[str]
    shapes: dict[str, list[int]]


#: Whose meaning the words of PyTorch's operations are translated to.
VERSION = 18
#: Arithmetic with lengths of shapes, where a program leaves some of them open.
LENGTHS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul,
    "floordiv": operator.floordiv, "mod": operator.mod,
}  # fmt: skip
#: What fills the arrays that some operations make; they read only a shape.
FILLED = {"new_zeros": 0, "zeros_like": 0, "zeros": 0, "new_ones": 1, "ones_like": 1, "ones": 1}
#: How many parameters without a use a note names.
MOST_NAMED = 3


class ProgramReader(OperationReader):
    """Reads a program that `torch.export` made."""

    rules = RULES

    def __init__(self, program: Program, strict: bool) -> None:
        super().__init__(GraphBuilder(program.name), VERSION, strict)
        self.program = program
        self.values.update(program.arrays)
        self.constants: dict[str, ConstantArray] = dict(program.arrays)
        self.written: dict[str, str] = {}

    def graph(self, given: Given) -> Graph:
        """Return the graph of the program."""
        stated = [Stated(name, self.program.shapes[name][1:]) for name in self.program.inputs]
        for name, index in self.builder.enter(stated, given).items():
            self.values[name] = Value(index)
        steps = [self.step(call) for call in self.program.calls]
        self.values.update(self.constants)
        outputs = [self.written.get(name, name) for name in self.program.outputs]
        self.note_unused(steps, outputs)
        return self.read(self.program.name, Steps(steps, self.constants), outputs)

    def step(self, call: ProgramCall) -> OperationStep:
        """Return a call in ONNX's words."""
        arguments = {name: self.present(value) for name, value in call.arguments.items()}
        word = WORDS.get(call.operation)
        if word is None or call.target.startswith("_operator."):
            said: Said = (call.target, self.names_in(arguments), {})
        else:
            said = word(arguments)
        kind, inputs, attributes = said
        names = [self.input_name(value, f"{call.outputs[0]}:{i}") for i, value in enumerate(inputs)]
        if call.writes_in_place and names:
            self.written[names[0]] = call.outputs[0]
        while names and not names[-1]:
            names.pop()
        return OperationStep(kind, call.path, names, call.outputs, attributes)

    def present(self, value: Any) -> Any:
        """Return an argument; a value that was written over stands for what it holds now."""
        if isinstance(value, list):
            return [self.present(item) for item in value]
        while isinstance(value, ProgramName) and value in self.written:
            value = ProgramName(self.written[value])
        return value

    def names_in(self, value: Any) -> list[ProgramName]:
        """Return every value of the program among some arguments."""
        items = value.values() if isinstance(value, dict) else value
        if isinstance(value, ProgramName) or not isinstance(value, dict | list):
            return [value] if isinstance(value, ProgramName) else []
        return [name for item in items for name in self.names_in(item)]

    def input_name(self, value: Any, otherwise: str) -> str:
        """Return the name of an input; a number gets one."""
        if value is None or isinstance(value, ProgramName):
            return value or ""
        self.constants[otherwise] = of_numbers(otherwise, value)
        return otherwise

    def convert(self, step: OperationStep) -> None:
        """Read one step, once the lengths are known that its arguments name."""
        known = {name: self.known(value) for name, value in step.attributes.items()}
        super().convert(step.replace(attributes=known))

    def known(self, value: Any) -> Any:
        """Return an argument with numbers in the place of lengths that the program computes."""
        if isinstance(value, list):
            return [self.known(item) for item in value]
        if isinstance(value, ProgramName):
            found = self.values.get(value)
            numbers = found.numbers() if isinstance(found, ConstantArray) else None
            if numbers and len(numbers) == 1:
                return numbers[0]
            raise self.builder.error(f"the length `{value}` is not known")
        return value

    def folded(self, step: OperationStep, inputs: list[Input]) -> list[Any] | None:
        constant = self.filled(step)
        if constant is not None:
            return [constant]
        if step.kind == "Size" and isinstance(inputs[0], Value | Moves):
            found = inputs[0]
            own = [1, *self.operation(step, inputs).shape()]
            whole = found.whole if isinstance(found, Moves) else own
            return [of_numbers(step.outputs[0], whole[step.attributes["axis"]])]
        numbers = [v.numbers() if isinstance(v, ConstantArray) else None for v in inputs]
        word = step.kind.removeprefix("_operator.")
        if step.kind.startswith("_operator.") and word in LENGTHS and None not in numbers:
            one, other = (int(n[0]) for n in numbers if n)
            return [of_numbers(step.outputs[0], LENGTHS[word](one, other))]
        if any(isinstance(v, Value | Moves) for v in inputs):
            return None
        if step.kind == "Identity" and isinstance(inputs[0], ConstantArray):
            return [inputs[0]]
        if not inputs and not step.kind.startswith("aten."):
            return None
        return [self.unseen(name, inputs) for name in step.outputs]

    def unseen(self, name: str, inputs: list[Input]) -> ConstantArray:
        """Return an array that the program makes of arrays: its shape is stated, no numbers are."""
        sources = sources_of([v for v in inputs if isinstance(v, ConstantArray)])
        shape = tuple(self.program.shapes.get(name, ()))
        return ConstantArray(
            name, shape, lambda: None, bool(sources), sources=sources,
            frozen=all(source.frozen for source in sources),
        )  # fmt: skip

    def filled(self, step: OperationStep) -> ConstantArray | None:
        """Return an array of one number that a step makes, whatever it reads; None if it does not.

        Only its shape is that of what it reads.
        """
        parts = step.kind.split(".")
        number = FILLED.get(parts[1]) if parts[0] == "aten" and len(parts) > 1 else None
        shape = tuple(self.program.shapes.get(step.outputs[0], ()))
        if number is None or 0 in shape:
            return None
        name = step.outputs[0]

        def load() -> Array:
            import numpy as np

            return np.full(shape, number, np.float32)

        return ConstantArray(name, shape, load, frozen=True)

    def finish(self, name: str, outputs: list[str]) -> Graph:
        """Return the graph, with a note on weights that are not parameters of the module."""
        fixed = {
            place: None
            for (place, part), array in self.builder.weights.items()
            if not array.learned and not part.startswith("running_")
        }
        self.builder.note_layers(
            list(fixed),
            "have weights that are not parameters of the module: they are counted, as not trained",
        )
        return super().finish(name, outputs)

    def stated_shape(self, name: str) -> Shape | None:
        shape = self.program.shapes.get(name, [])[1:]
        return tuple(shape) if shape and min(shape) > 0 else None

    def note_unused(self, steps: list[OperationStep], outputs: list[str]) -> None:
        """Say which parameters of the module no output depends on."""
        used = {name for step in needed_for(outputs, steps) for name in step.inputs}
        arrays = self.program.arrays
        read = {id(arrays[name]) for name in used if name in arrays}
        unused = {a.name: a.count for a in arrays.values() if a.learned and id(a) not in read}
        if unused:
            names = ", ".join(list(unused)[:MOST_NAMED]) + ", ..." * (len(unused) > MOST_NAMED)
            self.builder.note(
                f"{sum(unused.values()):,} parameters of the module take no part in its output"
                f" ({names}): they are not counted"
            )
