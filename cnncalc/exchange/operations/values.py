"""Operations in order, and what names among them stand for: outputs of layers, and arrays."""

from __future__ import annotations

from math import isclose

from cnncalc.quantities import product
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Larger arrays are never computed with; they are weights.
MOST_FOLDED = 1 << 20


class Value:
    """The output of a node of the graph that is built; its first axis in the file is the batch."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class ConstantArray:
    """An array that the file holds or that follows from it: its dimensions, and its numbers.

    `learned` says that it is an initializer, and so counts as parameters where a layer uses it.
    `parameter` says that the program calls it one, so that a single number counts too. `sources`
    are the learned arrays that it is computed from, where it is; `frozen` says that the program
    does not train it.
    Numbers are read when they are asked for; `array` is None where they are not in the file.
    """

    __slots__ = ("_load", "_loaded", "frozen", "learned", "name", "parameter", "shape", "sources")

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        load: Callable[[], Array | None],
        learned: bool = False,
        parameter: bool = False,
        sources: tuple[ConstantArray, ...] = (),
        frozen: bool = False,
    ) -> None:
        self.name = name
        self.sources = sources
        self.frozen = frozen
        self.parameter = parameter
        self.shape = shape
        self.learned = learned
        self._load = load
        self._loaded: Array | None = None

    @property
    def params(self) -> int:
        """How many parameters it counts as: those that it is computed from, where it is."""
        if self.sources:
            return sum(source.count for source in self.sources)
        return self.count if self.learned else 0

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return product(self.shape)

    def array(self) -> Array | None:
        """Return its numbers, or None where the file does not hold them."""
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def numbers(self) -> list[Any] | None:
        """Return its numbers as one list of Python numbers, or None; only of small arrays."""
        array = self.array() if self.count <= MOST_FOLDED else None
        return None if array is None else array.reshape(-1).tolist()

    def single(self) -> float | None:
        """Return its number if it has just one, or the number that fills it."""
        numbers = self.numbers()
        return float(numbers[0]) if numbers and all(n == numbers[0] for n in numbers) else None

    def reshaped(self, shape: tuple[int, ...]) -> ConstantArray:
        """Return the same numbers in another shape; still the same weights."""
        return self.changed(shape, lambda array: array.reshape(shape))

    def transposed(self, order: tuple[int, ...]) -> ConstantArray:
        """Return the same numbers with their axes in another order; still the same weights."""
        shape = tuple([self.shape[axis] for axis in order])
        return self.changed(shape, lambda array: array.transpose(order))

    def changed(self, shape: tuple[int, ...], change: Callable[[Array], Array]) -> ConstantArray:
        """Return numbers that are made of these when they are asked for; still weights if these."""

        def load() -> Array | None:
            array = self.array()
            return None if array is None else change(array)

        return ConstantArray(
            self.name, shape, load, self.learned, self.parameter, self.sources, self.frozen
        )


def sources_of(arrays: Iterable[ConstantArray]) -> tuple[ConstantArray, ...]:
    """Return the learned arrays among these, or those that they are computed from, each once."""
    learned = [array for array in arrays if array.learned]
    return tuple({id(one): one for array in learned for one in array.sources or (array,)}.values())


def of_array(name: str, array: Array) -> ConstantArray:
    """Return a constant with these numbers."""
    return ConstantArray(name, tuple(array.shape), lambda: array)


def of_numbers(name: str, numbers: Any) -> ConstantArray:
    """Return a constant with one number, or with a list of them."""

    def load() -> Array:
        import numpy as np

        array = np.array(numbers)
        return array.astype(np.float32) if array.dtype.kind == "f" else array

    return ConstantArray(name, (len(numbers),) if isinstance(numbers, list) else (), load)


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

    def integers(self, step: OperationStep, position: int, attribute: str) -> list[int]:
        """Return numbers that newer files give as an input and older ones as an attribute."""
        found = step.attributes.get(attribute)
        if found is None and position < len(step.inputs):
            constant = self.constants.get(step.inputs[position])
            found = constant.numbers() if constant is not None else None
        return [int(number) for number in found or ()]

    def back(self, name: str, through: tuple[str, ...], *kinds: str) -> OperationStep | None:
        """Return the operation of some kinds that makes a value, through others that pass it on."""
        step = self.makers.get(name)
        while step is not None and step.kind in through and step.inputs:
            step = self.makers.get(step.inputs[0])
        return step if step is not None and step.kind in kinds else None
