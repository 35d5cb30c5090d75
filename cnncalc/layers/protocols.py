"""What layers are handed: their weights by the executor, a blackboard by `explain`, and a sheet on
which they work one unit out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cnncalc.executor.workspace import Array
    from cnncalc.layers.working import UnitWindow
    from cnncalc.quantities import Shape

#: Derivations and sentences, one after the other.
Lines: TypeAlias = list[Any]
#: A formula, and a remark on it.
Formula: TypeAlias = tuple[str, str]
#: The formula of each kind of operation that is spent.
Costs: TypeAlias = dict[str, Formula]


class NodeWeights(Protocol):
    """The arrays of one node, as its `forward` asks for them (`executor.weights.Weights`)."""

    def __getitem__(self, name: str) -> Array:
        """Return a learned array in PyTorch's shape."""

    def outputs_last(self, name: str) -> Array:
        """Return the same, lying in memory as matrix products read it."""

    def rows(self, name: str) -> Iterator[tuple[int, Array]]:
        """Yield a learned matrix in blocks of rows."""

    def buffer(self, name: str) -> Array:
        """Return an array that is kept but not learned."""


class TrainingStep(Protocol):
    """What a layer is handed in training (`executor.training.LayerTraining`)."""

    def kept(self, shape: tuple[int, ...], p: float, each: bool = True) -> Array:
        """Draw which elements of a batch stay (1) and which are dropped (0)."""

    def statistics(self, x: Array) -> tuple[Array, Array]:
        """Return mean and variance of each channel over the batch."""


class Blackboard(Protocol):
    """The formulas of one layer on its inputs: symbols, and the numbers they stand for.

    `teaching.windows.Board` is one.
    """

    input: Shape
    inputs: tuple[Shape, ...]
    output: Shape

    @property
    def rank(self) -> int:
        """Spatial axes of the input."""

    @property
    def where(self) -> tuple[tuple[str, str, str, str, str], ...]:
        """The spatial axes: name, symbol, index of a kernel's symbol, and what lies at the end."""

    def put(self, symbol: str, value: int) -> str:
        """Give a symbol its number; returns the symbol."""

    def spatial(self, shape: Shape, suffix: str = "") -> str:
        """Return the product of the spatial axes of a shape, such as `H_out*W_out`."""

    def volume(self, shape: Shape, suffix: str = "") -> str:
        """Return the product of all axes of a shape, such as `C*H*W`."""

    def taps(self, kernel: int | tuple[int, ...]) -> str:
        """Return the product of a kernel's axes, such as `K*K`."""

    def in_words(self) -> str:
        """Return the output in words: `3 channels, height 32, width 32`."""

    def positions(self) -> str:
        """Return the product of the output's spatial axes."""

    def input_channels(self) -> str:
        """Return the channels that one filter reads: `C_in`, or `(C_in/G)`."""

    def weights_and_biases(self) -> str:
        """Return in words how many of the parameters are weights and how many biases."""

    def with_bias(self, each: str, count: str) -> Formula:
        """Return `(each + 1)*count`, without the 1 where there is no bias."""

    def derive(
        self, symbol: str, formula: str, computed: int, meaning: str, remark: str = ""
    ) -> Any:
        """Return a derivation with the symbols given so far."""

    def along(self, axis: int, formula: str, remark: str = "") -> Any:
        """Return the derivation of the output's length along an axis.

        `{}` in the formula stands for the symbol of the input's length.
        """

    def padding(self, before: int, after: int) -> str:
        """Return the padding in a formula: `2*P`, or before and after where they differ."""

    def sliding(self) -> Lines:
        """Return where the output of a sliding window comes from: lengths and channels."""

    def transposed(self) -> Lines:
        """Return where the output of a transposed convolution comes from."""


class Sheet(Protocol):
    """One unit of a layer, worked out with numbers: what it reads, and what is done to it.

    `cell` are the unit's coordinates in the output, channels first. `teaching.sheet.Sheet` is one.
    """

    cell: tuple[int, ...]
    sample: int
    inputs: tuple[Shape, ...]
    #: What the layer noted in a training step; None at inference.
    noted: Mapping[str, Array] | None

    def array(self, name: str) -> Array:
        """Return an array of the layer, learned or kept."""

    def value(self, input: int = 0) -> float:
        """Return the one element that the unit reads of an input; 0 in the padding."""

    def own(self) -> float:
        """Return the element of the first input at the unit's own place."""

    def held(self, input: int = 0) -> bool:
        """Return whether the element that the unit reads of an input is there."""

    def windows(self, input: int = 0) -> list[UnitWindow]:
        """Return what the unit reads of each channel of an input, padding as None."""

    def whole(self, input: int = 0) -> UnitWindow:
        """Return all that the unit reads of an input in one window."""

    def batch(self) -> UnitWindow:
        """Return the unit's channel of the first input in all samples of the batch."""

    def products(self, windows: Sequence[UnitWindow], kernels: Sequence[Any]) -> float:
        """Write windows times kernels, with their sums; returns the sum of all."""

    def weighted(self, window: UnitWindow, weights: Sequence[float]) -> float:
        """Write one window times as many weights, with the sum z of the products; returns it."""

    def fold(self, window: UnitWindow, how: str, symbol: str, zeros: bool = False) -> float:
        """Write numbers that are folded into one, by a word of `working.FOLDS`; returns it."""

    def shown(self, window: UnitWindow, values: Sequence[float], title: str) -> UnitWindow:
        """Return a window of other numbers at the same places, under another title."""

    def equation(self, symbol: str, formula: str, remark: str = "", /, **values: float) -> float:
        """Write a formula with the numbers in their places; returns its value."""
