"""One operation while it is read: its attributes, what it reads, and what it makes."""

from __future__ import annotations

import re

from cnncalc.diagnostics import SpecError
from cnncalc.exchange.operations.moves import Moves, with_batch
from cnncalc.exchange.operations.values import ConstantArray, Value
from cnncalc.quantities import product, show_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from cnncalc.exchange.builder import GraphBuilder
    from cnncalc.quantities import Shape

    #: What an operation may read; None stands for an optional input that is not given.
    Input = Value | Moves | ConstantArray | None
    #: What a rule makes of an operation: the outputs of layers, in the order of its own.
    Result = Value | Moves | Sequence[Value | Moves]
    Rule = Callable[["Operation"], Result]


class UnknownOperation(Exception):
    """The operation, or what it does here, has no layer of ours; the text says what.

    `shapes` are those of its outputs where they are known all the same, each with the place of the
    batch among the axes in the file.
    """

    def __init__(self, reason: str, shapes: list[tuple[Shape, int]] | None = None) -> None:
        super().__init__(reason)
        self.shapes = shapes or []


class Operation:
    """A node of the file together with the values that it reads.

    `kind` is the operation's name, `version` the version of the operations that the file uses.
    `batch` is the place of the batch among the axes of what it reads, as in `Moves`.
    """

    def __init__(
        self,
        builder: GraphBuilder,
        kind: str,
        name: str,
        inputs: list[Input],
        outputs: list[str],
        attributes: dict[str, Any],
        version: int,
    ) -> None:
        self.builder = builder
        self.kind = kind
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
        self.version = version
        self.batch: int | None = 0

    def get(self, attribute: str, default: Any = None) -> Any:
        """Return an attribute, or a default."""
        return self.attributes.get(attribute, default)

    def has(self, position: int) -> bool:
        """Return whether an optional input is given."""
        return position < len(self.inputs) and self.inputs[position] is not None

    def value(self, position: int = 0) -> Value:
        """Return an input that a layer computes; raises `UnknownOperation` for a constant."""
        found = self.inputs[position] if self.has(position) else None
        if isinstance(found, Moves):
            found = self.inputs[position] = self.built(found)
        if not isinstance(found, Value):
            raise UnknownOperation(f"its input {position + 1} is a constant")
        return found

    def moves(self) -> Moves:
        """Return the first input as a chain of moves, which may be empty."""
        found = self.inputs[0]
        if type(found) is Moves:
            return found
        return self.kept(self.value())

    def kept(self, value: Value | Moves) -> Moves:
        """Return a result whose batch stands where it stands in what the operation reads."""
        if isinstance(value, Moves):
            value.batch = self.batch
            return value
        shape = self.builder.shapes[value.index]
        return Moves(value, shape, [], shape, self.name, self.batch)

    def built(self, moves: Moves) -> Value:
        """Return the output of the layers that a chain of moves is; they are added once."""
        if moves.value is None:
            moves.value = moves.build(self.add)
            if moves.value is None:
                raise UnknownOperation("it moves elements through more than four axes")
        return moves.value

    def constant(self, position: int) -> ConstantArray:
        """Return an input that the file holds; raises `UnknownOperation` for a computed one."""
        found = self.inputs[position] if self.has(position) else None
        if not isinstance(found, ConstantArray):
            raise UnknownOperation(f"its input {position + 1} is computed, not in the file")
        return found

    def optional(self, position: int) -> ConstantArray | None:
        """Return an optional input that the file holds, or None where it is not given."""
        return self.constant(position) if self.has(position) else None

    def integers(self, position: int, attribute: str) -> list[int] | None:
        """Return numbers that newer files give as an input and older ones as an attribute."""
        if self.has(position):
            numbers = self.constant(position).numbers()
            if numbers is None:
                raise UnknownOperation(
                    f"the numbers of its input {position + 1} are not in the file"
                )
            return [int(number) for number in numbers]
        found = self.get(attribute)
        return None if found is None else [int(number) for number in found]

    def shape(self, position: int = 0) -> Shape:
        """Return the shape of an input, the batch left out."""
        found = self.inputs[position] if self.has(position) else None
        if isinstance(found, Moves):
            return found.shape
        return self.builder.shapes[self.value(position).index]

    def whole(self, position: int = 0) -> list[int]:
        """Return the shape of an input with the batch of one sample at its place."""
        return with_batch(self.shape(position), self.batch)

    def place(self, axis: int, position: int = 0) -> int:
        """Return an axis of the file, from 0; raises `UnknownOperation` for that of the batch."""
        rank = len(self.whole(position))
        own = axis + rank if axis < 0 else axis
        if not 0 <= own < rank:
            raise self.error(f"axis {axis} is not one of its {rank}")
        if own == self.batch:
            raise UnknownOperation("it acts across the samples of a batch")
        return own

    def axis(self, axis: int, position: int = 0) -> int:
        """Return an axis of the file as one of a sample: 0 is the channels.

        Raises `UnknownOperation` for the axis of the batch.
        """
        own = self.place(axis, position)
        return own if self.batch is None or own < self.batch else own - 1

    def add(
        self,
        keyword: str,
        *inputs: Value,
        arrays: dict[str, Any] | None = None,
        name: str | None = None,
        **fields: Any,
    ) -> Value:
        """Add a layer that reads some values, by default this node's first input."""
        read = inputs or (self.value(),)
        indices = tuple([value.index for value in read])
        return Value(self.builder.add(keyword, indices, name or self.name, arrays, **fields))

    def counted(
        self, each: dict[str, int], *inputs: Value, weights: dict[str, ConstantArray] | None = None
    ) -> Value:
        """Add an operation that no layer of ours computes, but whose cost is known.

        `each` says what is spent on each element of the output, `weights` which arrays it holds.
        """
        values = inputs or (self.value(),)
        shapes = [self.builder.shapes[value.index] for value in values]
        rank = len(shapes[0]) + 1
        for array in self.inputs:  # whose batch is 1, if it has one
            if isinstance(array, ConstantArray):
                own = array.shape[1:] if len(array.shape) == rank else array.shape
                shapes.append(own if array.shape[:1] == (1,) or own is array.shape else (0,))
        output = broadcast(shapes)
        if output is None:
            raise UnknownOperation(f"it combines shapes of {' and '.join(map(show_shape, shapes))}")
        count = product(output)
        counts = {name: array.params for name, array in (weights or {}).items()}
        counts |= {kind: number * count for kind, number in each.items()}
        return self.custom(output, *values, rest="none", **counts)

    def custom(self, output: Shape, *inputs: Value, **fields: Any) -> Value:
        """Add an operation that no layer of ours is, with the output that it has."""
        kind = re.sub("[^A-Za-z0-9_]+", "_", self.kind).strip("_")
        return self.add("custom", *inputs, kind=kind, output=output, **fields)

    def error(self, message: str, help: str | None = None) -> SpecError:
        """Return an error about this node, to be raised."""
        return self.builder.error(f"{self.kind}: {message}", node=self.name, help=help)


def rounded(number: float) -> float:
    """Return a number that was kept in 32 bits as a person would write it: 0.1, 1e-5."""
    return float(f"{number:.7g}")


def broadcast(shapes: list[Shape]) -> Shape | None:
    """Return the shape of an element-by-element operation on some shapes, or None.

    Axes of size 1 are repeated; shapes of fewer axes stand at the end, as everywhere outside.
    """
    rank = max(map(len, shapes))
    whole = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    axes = [set(lengths) - {1} for lengths in zip(*whole, strict=True)]
    return None if any(len(axis) > 1 for axis in axes) else tuple([max(a, default=1) for a in axes])
