"""Operations in order, and who makes what: what patterns look at."""

from __future__ import annotations

from math import isclose

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cnncalc.exchange.operations.values import ConstantArray


class OperationStep(Record):
    """One operation of the file: its kind, the names it reads and makes, its attributes."""

    kind: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]
    domain: str = ""

    def become(self, kind: str, inputs: list[str], **attributes: Any) -> OperationStep:
        """Return another operation in the place of this one."""
        return OperationStep(kind, self.name, inputs, self.outputs, attributes)


class Steps:
    """The operations of a file, by what they make; and its constants."""

    def __init__(self, steps: list[OperationStep], constants: dict[str, ConstantArray]) -> None:
        self.steps = steps
        self.constants = constants
        self.makers = {name: step for step in steps for name in step.outputs if name}

    def maker(self, name: str, *kinds: str) -> OperationStep | None:
        """Return the operation that makes a value, if it is of one of some kinds."""
        found = self.makers.get(name)
        return found if found is not None and found.kind in kinds else None

    def number(self, name: str) -> float | None:
        """Return the one number that a constant is, or None."""
        constant = self.constants.get(name)
        return constant.single() if constant is not None and constant.count == 1 else None

    def sides(self, step: OperationStep) -> Iterator[tuple[str, str]]:
        """Yield both orders of an operation's two inputs."""
        if len(step.inputs) == 2:
            one, other = step.inputs
            yield one, other
            yield other, one

    def is_number(self, name: str, wanted: float) -> bool:
        """Return whether a value is this number, to the digits that 32 bits keep."""
        number = self.number(name)
        return number is not None and isclose(number, wanted, rel_tol=1e-4)

    def with_number(self, name: str, kind: str, wanted: float) -> str | None:
        """Return what an operation combines with a number, if it is such an operation."""
        step = self.maker(name, kind)
        if step is None:
            return None
        for one, other in self.sides(step):
            if self.is_number(other, wanted):
                return one
        return None

    def numbers(self, name: str) -> list[Any] | None:
        """Return the numbers of a constant, or None."""
        constant = self.constants.get(name)
        return constant.numbers() if constant is not None else None

    def integers(self, step: OperationStep, position: int, attribute: str) -> list[int]:
        """Return numbers that newer files give as an input and older ones as an attribute."""
        found = step.attributes.get(attribute)
        if found is None and position < len(step.inputs):
            found = self.numbers(step.inputs[position])
        return [int(number) for number in found or ()]

    def back(self, name: str, through: tuple[str, ...], *kinds: str) -> OperationStep | None:
        """Return the operation of some kinds that makes a value, through others that pass it on."""
        step = self.makers.get(name)
        while step is not None and step.kind in through and step.inputs:
            step = self.makers.get(step.inputs[0])
        return step if step is not None and step.kind in kinds else None
