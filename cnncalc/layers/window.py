"""The shared part of layers that slide a window over their input."""

from __future__ import annotations

from functools import lru_cache

from cnncalc.diagnostics import LayerError
from cnncalc.geometry import Window, output_length, same_padding
from cnncalc.layers.axes import per_axis, spatial
from cnncalc.layers.base import Layer
from cnncalc.layers.reading import Reading, sliding
from cnncalc.layers.relations import SAME
from cnncalc.quantities import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnncalc.geometry import Rounding
    from cnncalc.layers.base import Axes, Padding
    from cnncalc.layers.protocols import Blackboard, Lines
    from cnncalc.layers.relations import Relation
    from cnncalc.quantities import Shape


plain_window = lru_cache(maxsize=1024)(Window)  # few there are, and they are asked for often
#: The output lengths that were found, by kind of layer, input lengths and window.
LENGTHS: dict[tuple[Any, ...], tuple[int, ...]] = {}
MAX_LENGTHS = 4096


class Windowed(Layer):
    """Base of convolutions and pools: from kernel, stride, padding and dilation to windows.

    `windows` is the one place from which both the output shape and the receptive field follow.
    """

    in_place = False
    is_view = False
    takes = "map"
    slides = True

    if TYPE_CHECKING:
        kernel_size: Axes
        stride: Axes | None = None
        padding: Padding = 0
        dilation: Axes = 1
        rounding: Rounding | None = None
        padding_mode: str = "zeros"
    else:
        padding_mode = "zeros"

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        """Return the window along each spatial axis of an input of this shape.

        Raises `LayerError` for a flat vector or a list of the wrong length.
        """
        lengths = spatial(self, shape)
        rank = len(lengths)
        if type(self.kernel_size) is type(self.padding) is type(self.dilation) is int:
            step = self.kernel_size if self.stride is None else self.stride
            if type(step) is int:  # the usual case: one window serves all axes
                pad = self.padding
                return (plain_window(self.kernel_size, step, pad, pad, self.dilation),) * rank
        kernel = per_axis(self.kernel_size, rank, "kernel_size")
        stride = kernel if self.stride is None else per_axis(self.stride, rank, "stride")
        dilation = per_axis(self.dilation, rank, "dilation")
        padding = paddings(self.padding, lengths, kernel, stride, dilation)
        axes = [
            (k, s, before, after, d)
            for k, s, (before, after), d in zip(kernel, stride, padding, dilation, strict=True)
        ]
        first = Window(*axes[0])  # most often the axes are alike: one object serves them all
        return tuple([first if axis == axes[0] else Window(*axis) for axis in axes])

    def rounding_in_force(self) -> Rounding:
        """Return what happens when the window does not fit exactly: floor, ceil or strict.

        Caffe rounds its pools up and its convolutions down.
        """
        if self.rounding == "caffe":
            return "ceil" if self.role == "pool" else "floor"
        return self.rounding or "floor"

    def spatial_output(self, shape: Shape) -> tuple[int, ...]:
        """Return the output length along each spatial axis.

        Layers that differ in their filters alone slide alike: what was found once is kept.
        """
        rounding = self.rounding_in_force()
        key = (
            type(self), shape[1:], self.kernel_size, self.stride, self.padding, self.dilation,
            rounding,
        )  # fmt: skip
        found = LENGTHS.get(key)
        if found is None:
            if len(LENGTHS) >= MAX_LENGTHS:
                LENGTHS.clear()
            found = LENGTHS[key] = self.fitted(shape, rounding)
        return found

    def fitted(self, shape: Shape, rounding: Rounding) -> tuple[int, ...]:
        """Return how many positions the window takes along each spatial axis."""
        result: list[int] = []
        done: tuple[int, Window] | None = None
        windows = self.windows(shape)
        for length, window in zip(shape[1:], windows, strict=True):
            if done is not None and done[0] == length and done[1] is window:
                result.append(result[-1])
            else:
                try:
                    result.append(output_length(length, window, rounding, self.role == "pool"))
                except LayerError as error:
                    raise along_axis(error, len(result), shape, windows) from None
            done = length, window
        return tuple(result)

    def reads(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Reading, ...]:
        """Return the reading of a window over each channel, or over all or some of them."""
        shape = inputs[0]
        axes = sliding(shape, output, self.windows(shape), self.padding_mode)
        return (Reading((self.channels_read(shape, output), *axes)),)

    def channels_read(self, _shape: Shape, _output: Shape) -> Relation:
        """Return which input channels an output channel reads: its own."""
        return SAME

    def explain_shape(self, board: Blackboard) -> Lines:
        return board.sliding()

    def taps(self, shape: Shape) -> int:
        """Return how many elements of one channel a window reads: the product of the kernel."""
        return product(per_axis(self.kernel_size, len(shape) - 1, "kernel_size"))


def along_axis(
    error: LayerError, axis: int, shape: Shape, windows: tuple[Window, ...]
) -> LayerError:
    """Return a complaint about one axis, which names it where another one fits differently."""
    lengths = list(zip(shape[1:], windows, strict=True))
    if all(other == lengths[axis] for other in lengths):
        return error
    name = ("depth", "height", "width")[axis - len(lengths)]
    return LayerError(f"along the {name}, {error.message}", error.help, error.field)


def paddings(
    padding: Padding,
    lengths: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> list[tuple[int, int]]:
    """Return the padding before and after along each axis, for any way of writing it."""
    if isinstance(padding, int):
        return [(padding, padding)] * len(lengths)
    if padding == "valid":
        return [(0, 0)] * len(lengths)
    if isinstance(padding, str):
        pairs = [
            same_padding(n, k, s, d)
            for n, k, s, d in zip(lengths, kernel, stride, dilation, strict=True)
        ]
        return [pair[::-1] for pair in pairs] if padding == "same_lower" else pairs
    return padding_pairs(padding, len(lengths), "padding")


def padding_pairs(padding: Padding, rank: int, field: str) -> list[tuple[int, int]]:
    """Return explicit padding as a pair per axis; raises `LayerError` on a wrong length."""
    if isinstance(padding, int):
        return [(padding, padding)] * rank
    if len(padding) != rank:
        raise LayerError(
            f"`{field}` has {len(padding)} entries, but the input has {rank} spatial"
            f" {'axis' if rank == 1 else 'axes'}",
            help="write one integer for all axes, one per axis, or [before, after] per axis"
            + (f", such as [[{padding[0]}, {padding[1]}]]" if rank == 1 else ""),
            field=field,
        )
    return [pair if isinstance(pair, tuple) else (pair, pair) for pair in padding]  # type: ignore[misc]  # words were handled before


def check_padding_mode(mode: str, shape: Shape, windows: tuple[Window, ...]) -> None:
    """Raise `LayerError` where a padding mode has no pixels to copy from.

    Reflection needs padding below the length, wrapping at most the length (PyTorch's rule).
    """
    if mode in ("zeros", "replicate"):
        return
    for length, window in zip(shape[1:], windows, strict=True):
        widest = max(window.before, window.after)
        limit = length - 1 if mode == "reflect" else length
        if widest > limit:
            raise LayerError(
                f"{mode} padding of {widest} needs an input longer than the {length} it got",
                help=f"use padding of at most {limit}, or replicate",
                field="padding",
            )
