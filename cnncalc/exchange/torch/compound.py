"""PyTorch's operations that are several layers: attention, gates, rolled maps."""

from __future__ import annotations

from cnncalc.exchange.operations.moves import Moves
from cnncalc.exchange.operations.operation import Operation, UnknownOperation
from cnncalc.exchange.operations.parts import cut
from cnncalc.exchange.operations.values import ConstantArray, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def attention(op: Operation) -> Value:
    """Scaled products of queries and keys, their softmax, and its products with the values."""
    query, keys, values = op.value(0), op.value(1), op.value(2)
    shape = op.shape(0)
    rank = len(shape)
    if op.get("grouped") or len(op.shape(1)) != rank:
        raise UnknownOperation("its queries and keys differ in their heads")
    order = (*range(rank - 2), rank - 1, rank - 2)
    keys = op.add("permute", keys, dims=order, name=f"{op.name}/keys")
    scores = op.add("matmul", query, keys, name=f"{op.name}/scores")
    factor = op.get("scale") or shape[-1] ** -0.5
    scores = op.add("scale", scores, factor=factor, name=f"{op.name}/scale")
    mask = op.inputs[3] if op.has(3) else None
    if mask is not None or op.get("causal"):
        added = [] if isinstance(mask, ConstantArray) or mask is None else [op.value(3)]
        weights = {"params": mask} if isinstance(mask, ConstantArray) and mask.learned else {}
        scores = op.counted({"adds": 1}, scores, *added, weights=weights)
    shares = op.add("softmax", scores, axis=rank - 1, name=f"{op.name}/softmax")
    return op.add("matmul", shares, values)


def gated(op: Operation) -> Value:
    """One half of an axis times the sigmoid of the other."""
    own = op.axis(op.get("axis"))
    half = op.shape()[own] // 2
    whole = op.inputs[0]
    parts = []
    for number in (0, 1):
        op.inputs[0] = whole
        found = cut(op, own, number * half, (number + 1) * half, 1, f"{op.name}/part")
        parts.append(op.built(found) if isinstance(found, Moves) else found)
    gate = op.add("sigmoid", parts[1], name=f"{op.name}/gate")
    return op.add("multiply", parts[0], gate)


def rolled(op: Operation) -> Value:
    """The end of an axis put before its beginning."""
    value = op.value()
    for shift, axis in zip(op.get("shifts"), op.get("axes"), strict=True):
        own = op.axis(axis)
        length = op.shape()[own]
        middle = -shift % length
        if middle:
            more: dict[str, Any] = {"axis": own} if own else {}
            ends = [
                op.add("slice", value, start=start, stop=stop, name=f"{op.name}/part", **more)
                for start, stop in ((middle, length), (0, middle))
            ]
            value = op.add("concat", *ends, **more)
    return value
