"""Recurrent layers as ONNX has them: one layer for each operation, in one direction or both."""

from __future__ import annotations

from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.states import States, sequence
from cnncalc.exchange.operations.values import ConstantArray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Rule
    from cnncalc.exchange.operations.values import Array

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
