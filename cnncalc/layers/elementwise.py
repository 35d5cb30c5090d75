"""Layers that treat every element alike."""

from __future__ import annotations

from cnncalc.layers.base import Layer
from cnncalc.layers.reading import own
from cnncalc.quantities import NO_OPERATIONS, OPERATION_NAMES, OpCount, ParamSpec, product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from cnncalc.layers.protocols import Blackboard, Costs
    from cnncalc.layers.reading import Reading
    from cnncalc.quantities import Shape


def times(ops: OpCount, count: int) -> OpCount:
    """Return the operations of `count` repetitions."""
    if ops is NO_OPERATIONS:
        return ops
    return OpCount(
        ops.macs * count,
        ops.adds * count,
        ops.muls * count,
        ops.divs * count,
        ops.comparisons * count,
        ops.exps * count,
    )


class Elementwise(Layer):
    """Base of layers that keep the shape and treat every element alike, without weights.

    A subclass says `per_element`, the operations spent on one element, or its own `op_count`.
    """

    is_view = False
    per_element: ClassVar[OpCount]

    if not TYPE_CHECKING:

        def __init_subclass__(cls, **options):
            cls.reads_own = cls.reads is Elementwise.reads
            if cls.reads_own and cls.output_shape is not Elementwise.output_shape:
                raise TypeError(f"{cls.__name__} changes the shape and does not say its reads")
            counts = hasattr(cls, "per_element") or cls.op_count is not Elementwise.op_count
            if "keyword" in cls.__dict__ and not counts:
                raise TypeError(f"{cls.__name__} does not say what it spends per_element")
            super().__init_subclass__(**options)

    def output_shape(self, inputs: tuple[Shape, ...]) -> Shape:
        return inputs[0]

    def params(self, inputs: tuple[Shape, ...]) -> tuple[ParamSpec, ...]:
        return ()

    def op_count(self, inputs: tuple[Shape, ...], output: Shape) -> OpCount:
        return times(self.per_element, product(output))

    @classmethod
    def documentation(cls) -> dict[str, str]:
        counts = getattr(cls, "per_element", NO_OPERATIONS).as_dict().items()
        spent = [f"{n} {OPERATION_NAMES[kind]}{'s' * (n > 1)}" for kind, n in counts if n]
        usual = {
            "Shape": "unchanged",
            "Params": "none",
            "Operations": f"per element {', '.join(spent)}" if spent else "none",
            "Example": cls.keyword,
        }
        return {**usual, **super().documentation()}

    def explain_ops(self, board: Blackboard) -> Costs:
        if type(self).op_count is not Elementwise.op_count:
            return super().explain_ops(board)
        volume = board.volume(board.output)
        result = {}
        for kind, count in self.per_element.as_dict().items():
            if count:
                formula = volume if count == 1 else f"{count}*{volume}"
                result[kind] = (formula, f"{count} per element")
        return result

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        return own(inputs[0])
