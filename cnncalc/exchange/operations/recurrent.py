"""Recurrent layers as ONNX has them, what they read and make: sequences, and last states."""

from __future__ import annotations

from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.values import ConstantArray, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from cnncalc.exchange.operations.operation import Rule
    from cnncalc.exchange.operations.values import Array
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
                value = add("slice", value, start=start, stop=stop, axis=axis, name=self.name)
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


#: For each layer: what ONNX calls it, its gates there by their places in ours, its activations.
KINDS = {
    "lstm": ("LSTM", (0, 3, 1, 2), ("sigmoid", "tanh", "tanh")),  # i, o, f, c of i, f, g, o
    "gru": ("GRU", (1, 0, 2), ("sigmoid", "tanh")),  # z, r, h of r, z, n
}


def recurrent(keyword: str) -> Rule:
    """Return the rule of an LSTM or GRU that computes what ours does."""

    def rule(op: Operation) -> Any:
        weight, own, bias = op.constant(1), op.constant(2), op.optional(3)
        ways, size = own.shape[0], own.shape[-1]
        batch_first = bool(op.get("layout", 0))
        steps = op.shape()[0]
        reason = unlike(op, keyword, steps)
        if reason is not None:
            states = ((ways, size), 0 if batch_first else 1)
            output = ((steps, ways, size), 0 if batch_first else 2)
            raise UnknownOperation(reason, [output, states, states])
        biases = 0 if bias is None else 1 if keyword == "lstm" and has_one_bias(bias) else 2
        moves, value = sequence(
            op,
            keyword,
            0 if batch_first else 1,
            arrays=arrays_of(keyword, weight, own, bias, biases),
            owner=weight,
            hidden_size=size,
            bidirectional=ways == 2,
            biases=biases,
        )
        shape = op.builder.shapes[value.index]
        rows = [(value, shape, way) for way in range(ways)]
        ended = moves.reshaped((moves.shape[0], ways, size), moves.name, 0 if batch_first else 2)
        return [ended, States([*rows], size, f"{op.name}/states", 0 if batch_first else 1)]

    return rule


def unlike(op: Operation, keyword: str, steps: int) -> str | None:
    """Return what an operation does that our layer does not, with the field that says so."""
    words = [str(word).lower() for word in op.get("activations") or ()]
    usual = list(KINDS[keyword][2])
    if words and words not in (usual, 2 * usual):
        return f"its `activations` are {', '.join(words)}"
    if str(op.get("direction", "forward")) == "reverse":
        return "its `direction` is reverse"
    if op.get("clip"):
        return f"its `clip` is {op.get('clip'):g}: sums are cut off there"
    if op.get("input_forget"):
        return "its `input_forget` joins two gates"
    if keyword == "gru" and not op.get("linear_before_reset", 0):
        return "its `linear_before_reset` is 0: the state is reset before it is weighed"
    lengths = op.optional(4)
    if lengths is not None and lengths.single() != steps:
        return "its `sequence_lens` leaves steps out"
    for place, what in ((5, "initial_h"), (6, "initial_c"), (7, "P")):
        given = op.inputs[place] if op.has(place) else None
        if given is not None and not (isinstance(given, ConstantArray) and given.single() == 0):
            return f"its `{what}` is not zeros"
    return None


def has_one_bias(bias: ConstantArray) -> bool:
    """Return whether the state's share of every gate has a bias of zeros, as Keras writes it."""
    numbers = bias.array()
    if numbers is None:
        return False
    half = bias.shape[-1] // 2
    return bool(numbers[..., :half].any()) and not bool(numbers[..., half:].any())


def arrays_of(
    keyword: str,
    weight: ConstantArray,
    own: ConstantArray,
    bias: ConstantArray | None,
    biases: int,
) -> dict[str, ConstantArray]:
    """Return the arrays of our layer, whose gates are in another order."""
    places = KINDS[keyword][1]
    order = [places.index(gate) for gate in range(len(places))]
    rows = own.shape[1]
    found = {}
    for way in range(own.shape[0]):
        ending = "l0_reverse" if way else "l0"
        found[f"weight_ih_{ending}"] = gates(weight, way, 0, rows, order)
        found[f"weight_hh_{ending}"] = gates(own, way, 0, rows, order)
        if bias is not None:
            for number, name in enumerate(("bias_ih", "bias_hh")[:biases]):
                found[f"{name}_{ending}"] = gates(bias, way, number * rows, rows, order)
    return found


def gates(array: ConstantArray, way: int, start: int, rows: int, order: list[int]) -> ConstantArray:
    """Return some rows of one direction, with the gates in another order."""

    def change(numbers: Array) -> Array:
        import numpy as np

        parts = np.split(numbers[way][start : start + rows], len(order))
        return np.concatenate([parts[gate] for gate in order])

    return array.changed((rows, *array.shape[2:]), change)
