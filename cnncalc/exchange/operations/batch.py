"""Operations on values whose batch is not their first axis, as in sequences by their steps."""

from __future__ import annotations

from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.reductions import COSTS
from cnncalc.exchange.operations.values import ConstantArray, Value
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.exchange.operations.operation import Rule

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
