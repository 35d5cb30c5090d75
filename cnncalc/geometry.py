"""The arithmetic of sliding windows along one axis: extents, output lengths, padding, fields.

Everything here takes and returns plain integers (lengths and positions in elements of one axis).
The rules follow Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning",
and, where that leaves a choice, PyTorch's documentation of the layer.
"""

from __future__ import annotations

from math import gcd

from cnncalc.diagnostics import LayerError
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    #: What a window does that does not fit; `caffe` is `ceil` for pools and `floor` for the rest.
    Rounding = Literal["floor", "ceil", "strict", "caffe"]

#: No axis may be longer than this, so that every later product stays printable and bounded.
MAX_LENGTH = 2**31 - 1


class Window(Record):
    """One axis of a sliding window: how wide it is, how it moves, what surrounds its input.

    `kernel` taps, `dilation` apart; the window moves by `stride`; `before` and `after` elements
    of padding stand around the input.
    """

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1

    @property
    def extent(self) -> int:
        """The elements that one position of the window spans, holes included."""
        return self.dilation * (self.kernel - 1) + 1


class Field(Record):
    """Receptive field along one axis, in input pixels.

    `size` pixels are seen by one unit, neighbouring units are `jump` pixels apart, and the field
    of unit 0 begins at `start` (negative: in the padding).
    """

    size: int = 1
    jump: int = 1
    start: int = 0


def extent(kernel: int, dilation: int) -> int:
    """Return how many elements a kernel spans: `dilation * (kernel - 1) + 1`."""
    return dilation * (kernel - 1) + 1


def output_length(
    length: int, window: Window, rounding: Rounding = "floor", is_pool: bool = False
) -> int:
    """Return how many positions a window takes along an axis of `length` elements.

    `floor((length + before + after - extent) / stride) + 1`; `ceil` also has a last, partly
    filled position, unless it would begin beyond the padded input, or in a pool beyond the input
    and its left padding (PyTorch's `ceil_mode`); `strict` wants the division to come out even.

    Raises `LayerError` if the window is larger than the padded input, or does not fit (`strict`).
    Source: Dumoulin & Visin 2016, relationship 6.
    """
    stride = window.stride
    room = length + window.before + window.after - window.extent
    if rounding == "ceil":
        # A window may reach beyond the end, even the only one, as long as it begins inside.
        count = -(-room // stride) + 1
        end = length + window.before + (0 if is_pool else window.after)
        if room % stride and (count - 1) * stride >= end:
            count -= 1
    else:
        count = room // stride + 1
    if count < 1 or (room < 0 and rounding != "ceil"):
        padded = length + window.before + window.after
        padding = f" ({length} and {padded - length} of padding)" if padded > length else ""
        raise LayerError(
            f"a window of {window.extent} does not fit in {padded}{padding}",
            help=too_large_help(length, window),
            field="kernel_size",
        )
    if rounding == "strict" and room % stride:
        raise LayerError(*misfit(length, window), field="stride")
    return count


def too_large_help(length: int, window: Window) -> str:
    """Return what would make room for a window larger than its padded input."""
    short = window.extent - length - window.before - window.after
    fits = (length + window.before + window.after - 1) // window.dilation + 1
    each = (window.extent - length + 1) // 2
    if fits < 1:
        return f"use padding {each}, or an input larger by {short}"
    return f"use a kernel of at most {fits}, padding {each}, or an input larger by {short}"


def misfit(length: int, window: Window) -> tuple[str, str]:
    """Return message and help for a window that does not divide its input exactly."""
    room = length + window.before + window.after - window.extent
    left = room % window.stride
    exact = room / window.stride + 1
    down, up = length - left, length + window.stride - left
    total = window.before + window.after
    # Up to half the window, as pools allow; bounded, since the window may be as long as any axis.
    paddings = [
        p
        for p in range(min(window.extent // 2, 1000) + 1)
        if (length + 2 * p - window.extent) >= 0
        and (length + 2 * p - window.extent) % window.stride == 0
    ]
    fixes = [f"an input of {down} or {up}" if down >= 1 else f"an input of {up}"]
    if paddings:
        fixes.append("padding " + " or ".join(str(p) for p in paddings[:3]))
    strides = [s for s in range(1, min(room, 64) + 1) if room % s == 0 and s != window.stride]
    if strides:
        nearest = sorted(strides, key=lambda s: abs(s - window.stride))[:2]
        fixes.append("stride " + " or ".join(str(s) for s in sorted(nearest)))
    message = (
        f"the window does not fit exactly: ({length} + {total} - {window.extent})"
        f"/{window.stride} + 1 = {exact:.4g}, {left} left over"
    )
    return message, "what would fit: " + ", ".join(fixes)


def leftover(length: int, window: Window, count: int) -> int:
    """Return how many input elements at the end no position reads (never negative)."""
    read = (count - 1) * window.stride - window.before + window.extent
    return max(0, length - read)


def same_padding(length: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding before and after that makes the output `ceil(length / stride)` long.

    The odd element stands after (TensorFlow's SAME); swap the two for ONNX's SAME_LOWER.
    Source: TensorFlow, `tf.nn` "Notes on padding", with the kernel's dilated extent.
    """
    out = -(-length // stride)
    total = (out - 1) * stride + dilation * (kernel - 1) + 1 - length
    if total <= 0:
        return 0, 0
    return total // 2, total - total // 2


def transposed_length(length: int, window: Window, output_padding: int = 0) -> int:
    """Return the output length of a transposed convolution.

    `(length - 1) * stride - before - after + extent + output_padding`.
    Source: Dumoulin & Visin 2016, relationship 14, and PyTorch's `ConvTranspose2d`.
    """
    return (
        (length - 1) * window.stride - window.before - window.after + window.extent + output_padding
    )


def transposed_cut(extent: int, stride: int, lower: bool = False) -> tuple[int, int]:
    """Return what SAME cuts before and after, so that the output is `length * stride` long.

    That is the padding of the SAME convolution whose gradient it is: of `extent - stride` elements
    the odd one after, or before (`lower`: ONNX's SAME_LOWER). Where the kernel is shorter than the
    stride, the end is negative: so many zeros are added.
    Source: TensorFlow's `conv2d_transpose` and Keras' `Conv2DTranspose`.
    """
    total = extent - stride
    if total <= 0:
        return 0, total
    return (total - total // 2, total // 2) if lower else (total // 2, total - total // 2)


def adaptive_bin(index: int, bins: int, length: int) -> tuple[int, int]:
    """Return the input range `[lo, hi)` that bin `index` of `bins` covers.

    `floor(index * length / bins)` to `ceil((index + 1) * length / bins)`.
    Source: PyTorch's `AdaptiveAvgPool2d`.
    """
    return index * length // bins, -(-(index + 1) * length // bins)


def bin_sizes(bins: int, length: int) -> tuple[int, ...]:
    """Return the sizes that the bins of an adaptive pool have, in ascending order.

    A bin that begins a fraction f of an element inside spans `ceil(f + length / bins)`, and f takes
    every multiple of `gcd(length, bins) / bins`.
    """
    whole, rest = divmod(length, bins)
    if not rest:
        return (whole,)
    return (whole + 1, whole + 2) if rest > gcd(length, bins) else (whole + 1,)


def step(field: Field, window: Window) -> Field:
    """Return the receptive field after one more window, with the jump of its input.

    `size += (extent - 1) * jump; start -= before * jump; jump *= stride`.
    Source: Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional Neural
    Networks", Distill.
    """
    return Field(
        field.size + (window.extent - 1) * field.jump,
        field.jump * window.stride,
        field.start - window.before * field.jump,
    )
