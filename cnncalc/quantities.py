"""What is counted: shapes, parameter arrays, and operation counts as vectors.

A shape is the tuple `(C, *spatial)` of one sample, or `(F,)` for a flat vector; the batch is held
apart. Counts are plain integers for one sample.
"""

from __future__ import annotations

from math import prod

from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Shape = tuple[int, ...]

#: Bytes of one number, by the name of its type.
DTYPE_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
#: Bits of one number in memory, by every name that a type has.
DTYPE_BITS = {
    "float64": 64, "float32": 32, "float16": 16, "bfloat16": 16, "int8": 8, "int4": 4,
    "fp64": 64, "fp32": 32, "fp16": 16, "bf16": 16,
}  # fmt: skip

#: The components of an operation count, in the order of the vector.
OPERATIONS = ("macs", "adds", "muls", "divs", "comparisons", "exps")
#: What one operation of each kind is called.
OPERATION_NAMES = {
    "macs": "multiply-accumulate", "adds": "addition", "muls": "multiplication",
    "divs": "division", "comparisons": "comparison", "exps": "transcendental function",
}  # fmt: skip


def bytes_of(numbers: int, dtype: str) -> int:
    """Return the bytes that so many numbers of a type take together, rounded up to whole ones."""
    return -(-numbers * DTYPE_BITS[dtype] // 8)


#: The product of some integers; 1 of none.
product = prod


class ParamSpec(Record):
    """One array of a layer's weights: its name and shape in PyTorch's order.

    `trainable` arrays are params; the others (running statistics, fixed codes) are buffers.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool = True

    if not TYPE_CHECKING:  # one a layer: the guard at run time would cost twice as much
        __setattr__, __delattr__ = object.__setattr__, object.__delattr__

        def __init__(self, name, shape, trainable=True):
            self.name = name
            self.shape = shape
            self.trainable = trainable

    @property
    def count(self) -> int:
        """The numbers in the array."""
        return product(self.shape)


class OpCount(Record):
    """Elementary operations of one layer on one sample, kept apart by kind.

    `macs` are products added to a sum in convolutions and linear layers; all other kinds are
    counted once each. `exps` holds transcendental functions: exponentials, roots, logarithms.
    """

    macs: int = 0
    adds: int = 0
    muls: int = 0
    divs: int = 0
    comparisons: int = 0
    exps: int = 0

    if not TYPE_CHECKING:  # as above
        __setattr__, __delattr__ = object.__setattr__, object.__delattr__

        def __init__(self, macs=0, adds=0, muls=0, divs=0, comparisons=0, exps=0):
            self.macs = macs
            self.adds = adds
            self.muls = muls
            self.divs = divs
            self.comparisons = comparisons
            self.exps = exps

    def __add__(self, other: OpCount) -> OpCount:
        return OpCount(*[a + b for a, b in zip(self.values(), other.values(), strict=True)])

    @property
    def flops(self) -> int:
        """The default convention: `2 * macs` and everything else once."""
        return 2 * self.macs + self.adds + self.muls + self.divs + self.comparisons + self.exps


class PartCount(Record):
    """Elementary operations of a layer, not all of them known: those that are not are None.

    None cannot be added to anything, so that no sum can take it for zero; `known` is an operation
    count of what is known, which is at least so much.
    """

    macs: int | None
    adds: int | None
    muls: int | None
    divs: int | None
    comparisons: int | None
    exps: int | None

    @property
    def flops(self) -> int | None:
        """The default convention: None, unless every component is known."""
        return None if self.unknown() else self.known().flops

    def unknown(self) -> tuple[str, ...]:
        """Return the names of the components that are not known."""
        return tuple([name for name, count in self.as_dict().items() if count is None])

    def known(self) -> OpCount:
        """Return what is known; the layer spends at least so much."""
        return OpCount(*[count or 0 for count in self.values()])


class AtLeast(Record):
    """A sum that is known in part: it is `value` or more."""

    value: int | float


def sum_of(counts: Iterable[int | None]) -> int | AtLeast:
    """Return the sum of some counts, or what it is at least where one is not known."""
    found = list(counts)
    known = [count for count in found if count is not None]
    return sum(known) if len(known) == len(found) else AtLeast(sum(known))


def exact_sum(counts: Iterable[int | None]) -> int | None:
    """Return the sum of some counts; None if one of them is not known."""
    found = sum_of(counts)
    return None if isinstance(found, AtLeast) else found


NO_OPERATIONS = OpCount()


def show_shape(shape: Iterable[int], layout: str = "chw") -> str:
    """Return a shape as typed in a spec: `3x224x224`, or channels last with layout `hwc`."""
    lengths = tuple(shape)
    if layout == "hwc":
        lengths = (*lengths[1:], *lengths[:1])
    return "x".join(str(length) for length in lengths)
