"""What recurrent layers read and make: sequences in a file's order of axes, and last states."""

from __future__ import annotations

from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from cnncalc.quantities import Shape

    #: The output of a recurrent layer, its shape, and which of its directions; None for a layer
    #: whose output only the next one reads.
    Row: TypeAlias = tuple[Value, Shape, int] | None


class States(Moves):
    """The last states of recurrent layers, one for each layer and direction.

    They become layers where they are read: what is asked for is cut out of the layers' outputs.
    """

    __slots__ = ("rows", "size")

    def __init__(self, rows: list[Row], size: int, name: str, batch: int | None) -> None:
        last = rows[-1]
        assert last is not None  # the last layer's output is always there
        super().__init__(last[0], last[1], [], (len(rows), size), name, batch)
        self.rows = rows
        self.size = size

    def build(self, add: Callable[..., Value]) -> Value:
        """Add the layers that all of them together are, and return the output."""
        found = self.within(add, 0, len(self.rows)).build(add)
        assert found is not None  # it has two axes
        return found

    def within(self, add: Callable[..., Value], start: int, stop: int) -> Moves:
        """Return some of them, which are cut out of the outputs of layers that `add` adds."""
        rows = [row for row in self.rows[start:stop] if row is not None]
        if len(rows) < stop - start:
            raise UnknownOperation("it reads the last state of a layer that another one reads")
        joined, whole, _ = rows[0]
        if any(value is not joined for value, _, _ in rows) or whole != (len(rows) * self.size, 1):
            parts = [self.one(add, *row) for row in rows]
            joined = parts[0] if len(parts) == 1 else add("concat", *parts, name=self.name)
            whole = (len(rows) * self.size, 1)
        moves = Moves(joined, whole, [], whole, self.name)
        return moves.reshaped((len(rows), self.size), self.name)

    def one(self, add: Callable[..., Value], value: Value, shape: Shape, direction: int) -> Value:
        """Return the last state of one direction: that of the way back stands in column 0."""
        column = 0 if direction else shape[1] - 1
        for length, axis, start, stop in (
            (shape[0], 0, direction * self.size, (direction + 1) * self.size),
            (shape[1], 1, column, column + 1),
        ):
            if stop - start < length:
                more = {"axis": axis} if axis else {}
                value = add("slice", value, start=start, stop=stop, name=self.name, **more)
        return value


def joined_states(op: Operation, axis: int) -> States | None:
    """Return the last states of several layers one on the other; None for other inputs."""
    states = [found for found in op.inputs if isinstance(found, States)]
    if axis != 0 or len(states) != len(op.inputs):
        return None
    rows = [row for found in states for row in found.rows]
    return States(rows, states[0].size, op.name, op.batch)


def sequence(op: Operation, keyword: str, batch: int, **fields: Any) -> tuple[Moves, Value]:
    """Add a recurrent layer whose input has the batch at some place, before or after the steps.

    Return its output as a sequence that has it there, and as the map that it is. Only its last
    states are made where nothing else is read.
    """
    if op.batch != batch or len(op.shape()) != 2:
        raise UnknownOperation(f"its input has not the batch as axis {batch} of three")
    if any(op.outputs[2:]):
        raise UnknownOperation("its last cells are read, not its states")
    if not op.outputs[0]:
        fields["output"] = "last"
    columns = op.built(op.moves().permuted((1, 0), f"{op.name}/columns"))
    value = op.add(keyword, columns, **fields)
    shape = op.builder.shapes[value.index]
    moves = Moves(value, shape, [], shape, "").permuted((1, 0), f"{op.name}/sequence", batch)
    return moves, value
