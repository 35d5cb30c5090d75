"""What is typed on a command line for one layer: shapes in any layout, sizes, paddings."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import UsageError, quoted
from cnncalc.geometry import MAX_LENGTH
from cnncalc.teaching.frame import described

if TYPE_CHECKING:
    from cnncalc.quantities import Shape

LAYOUTS = ("hwc", "chw", "nhwc", "nchw")
#: A shape with these channels, and lengths from here on, is that of a picture.
PICTURE_CHANNELS, SMALLEST_PICTURE = (1, 3, 4), 17
PADDING_WORDS = ("same", "valid", "same_lower", "full")


@dataclass(frozen=True)
class TypedShape:
    """A shape as it was understood: `(C, *spatial)` of one sample, the batch, and the reading.

    `layout` is `chw` or `hwc`; `assumed` says in words what was taken for what, and `doubt` that
    the numbers look like another order.
    """

    shape: Shape
    layout: str
    batch: int
    assumed: str
    doubt: tuple[str, str] | None = None

    def with_batch(self, batch: int) -> TypedShape:
        """Return the same shape for a batch of samples."""
        return replace(self, batch=batch)


def parse_shape(
    text: str, layout: str = "hwc", dims: int | None = None, flat: bool = False
) -> TypedShape:
    """Return the shape that a text such as `32x32x3` means; raises `UsageError`.

    With `flat` a single number is a flat vector.

    `dims` is the number of spatial axes where the count of numbers does not tell it: two numbers
    are height and width of one channel, one number is a length.
    """
    sample, at, rest = text.partition("@")
    if at:
        # LeNet's notation: 6@28x28 is six maps of 28x28.
        spatial = numbers(rest, text)
        channels = numbers(sample, text)
        if len(channels) != 1:
            raise shape_error(text, layout)
        return understood((channels[0], *spatial), "chw", 1, "as channels@size")
    batch, lengths = batch_and_axes(text) if layout.startswith("n") else (1, numbers(text, text))
    order = layout.lstrip("n")
    if flat and len(lengths) == 1:
        return understood(lengths, order, batch, "as one number is given")
    rank = dims if dims is not None else {1: 1, 2: 2}.get(len(lengths), len(lengths) - 1)
    if len(lengths) == rank and not layout.startswith("n"):
        where = described((1, *lengths)).partition(", ")[2]
        assumed = f"input read as {where}, and one channel, as none is given"
        return TypedShape((1, *lengths), order, batch, assumed)
    if len(lengths) != rank + 1 or not 1 <= rank <= 3:
        raise shape_error(text, layout)
    channels_last = order == "hwc"
    shape = (lengths[-1], *lengths[:-1]) if channels_last else lengths
    where = "last" if channels_last else "first"
    typed = understood(shape, order, batch, f"with the channels {where} (--layout {layout})")
    return replace(typed, doubt=other_order(lengths, layout))


def other_order(lengths: tuple[int, ...], layout: str) -> tuple[str, str] | None:
    """Return what is said of numbers that look like the other layout, and what helps."""
    if layout not in ("hwc", "chw") or len(lengths) != 3:
        return None
    first, last = (lengths[0], lengths[1:]), (lengths[-1], lengths[:-1])
    (own, _), (channels, size) = (first, last) if layout == "chw" else (last, first)
    if channels not in PICTURE_CHANNELS or own < SMALLEST_PICTURE or min(size) <= channels:
        return None
    names = "height x width x channels" if layout == "hwc" else "channels x height x width"
    other = "chw" if layout == "hwc" else "hwc"
    shown = "x".join(map(str, lengths))
    return f"{shown} is read as {names}: {own} channels", f"add --layout {other} if {channels} are"


def understood(shape: Shape, layout: str, batch: int, how: str) -> TypedShape:
    """Return a typed shape with the sentence that says how it was read."""
    samples = f"a batch of {batch}, " if batch > 1 else ""
    return TypedShape(shape, layout, batch, f"input read as {samples}{described(shape)}, {how}")


def shape_error(text: str, layout: str) -> UsageError:
    """Return the error for a text that is no input of a layer in this layout."""
    example = {"hwc": "32x32x3", "chw": "3x32x32", "nhwc": "8x32x32x3", "nchw": "8x3x32x32"}[layout]
    return UsageError(
        f"{quoted(text)} is no input shape",
        f"with --layout {layout} write it as {example}; give --dims 1, 2 or 3 for other ranks",
    )


def numbers(text: str, whole: str) -> tuple[int, ...]:
    """Return the positive integers of a shape; raises `UsageError` quoting the whole text."""
    parts = re.split(r"\s*[x×X*·,]\s*|\s+by\s+|\s+", text.strip(" ()[]{}"))
    if not all(re.fullmatch(r"[0-9]{1,10}", part) for part in parts):
        raise UsageError(f"{quoted(whole)} is no shape", "write it as 32x32x3")
    result = tuple(int(part) for part in parts)
    if not all(1 <= n <= MAX_LENGTH for n in result):
        raise UsageError(f"{quoted(whole)} holds an impossible length", "lengths begin at 1")
    return result


def batch_and_axes(text: str) -> tuple[int, tuple[int, ...]]:
    """Return the batch in front of a shape (1 for a letter such as N or None) and the rest."""
    first, _, rest = re.sub(r"^[\s(\[{]+", "", text).partition("x" if "x" in text else ",")
    if first.strip().lower() in ("n", "none", "b", "?", "-1"):
        return 1, numbers(rest, text)
    lengths = numbers(text, text)
    return lengths[0], lengths[1:]


def parse_size(text: str, what: str, minimum: int = 1) -> int | tuple[int, ...]:
    """Return one integer, or one per axis from `3x5`; raises `UsageError`."""
    parts = re.split(r"[x×X,]", text.strip(" ()[]"))
    if not all(re.fullmatch(r"[0-9]{1,10}", part.strip()) for part in parts):
        raise UsageError(f"{what} cannot be {quoted(text)}", f"{what} 3, or {what} 3x5 per axis")
    values = tuple(int(part) for part in parts)
    if any(not minimum <= n <= MAX_LENGTH for n in values) or len(values) > 3:
        raise UsageError(f"{what} cannot be {quoted(text)}", f"it begins at {minimum}")
    return values[0] if len(values) == 1 else values


def parse_padding(text: str) -> int | str | tuple[int, ...] | tuple[tuple[int, int], ...]:
    """Return padding: an integer, one per axis (`1x2`), before:after (`0:1`), or a word.

    Raises `UsageError`.
    """
    word = text.strip().lower()
    if word in PADDING_WORDS:
        return word
    if ":" not in word:
        if not re.fullmatch(r"[\s\d()\[\]x×,]+", word):
            raise UsageError(
                f"--padding cannot be {quoted(text)}",
                "a number, 1x2 per axis, 0:1 before:after, or " + ", ".join(PADDING_WORDS),
            )
        return parse_size(text, "--padding", 0)
    pairs = []
    for part in re.split(r"[x×,]", word):
        sides = part.split(":")
        if len(sides) != 2 or not all(re.fullmatch(r"[0-9]{1,9}", side) for side in sides):
            raise UsageError(
                f"--padding cannot be {quoted(text)}", "write before:after, such as 0:1 or 0:1x1:1"
            )
        pairs.append((int(sides[0]), int(sides[1])))
    return tuple(pairs)


def window_fields(
    kernel: str | None, stride: str | None, padding: str | None, dilation: str | None = None
) -> dict[str, Any]:
    """Return the fields of a window as a layer takes them; raises `UsageError`."""
    fields: dict[str, Any] = {}
    if kernel is not None:
        fields["kernel_size"] = parse_size(kernel, "--kernel")
    if stride is not None:
        fields["stride"] = parse_size(stride, "--stride")
    if dilation is not None:
        fields["dilation"] = parse_size(dilation, "--dilation")
    if padding is not None:
        fields["padding"] = parse_padding(padding)
    if fields.get("padding") == "full":
        fields["padding"] = full_padding(fields)
    return fields


def full_padding(fields: dict[str, Any]) -> int | tuple[int, ...]:
    """Return the padding with which every overlap of window and input counts: extent - 1."""
    kernel, dilation = fields.get("kernel_size", 1), fields.get("dilation", 1)
    if isinstance(kernel, int) and isinstance(dilation, int):
        return dilation * (kernel - 1)
    rank = len(kernel) if isinstance(kernel, tuple) else len(dilation)
    kernels = kernel if isinstance(kernel, tuple) else (kernel,) * rank
    dilations = dilation if isinstance(dilation, tuple) else (dilation,) * rank
    return tuple(d * (k - 1) for k, d in zip(kernels, dilations, strict=False))


def same_transposed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with which a transposed convolution multiplies its input by the stride.

    What the kernel spans beyond the stride is cut, the odd element after; where it spans less, the
    output is padded. Source: Keras' `Conv2DTranspose` with `padding="same"`.
    """
    sizes = [fields.get(name, 1) for name in ("kernel_size", "stride", "dilation")]
    rank = max([len(size) for size in sizes if isinstance(size, tuple)], default=1)
    axes = [size if isinstance(size, tuple) else (size,) * rank for size in sizes]
    cuts, more = [], []
    for kernel, stride, dilation in zip(*axes, strict=False):
        total = dilation * (kernel - 1) + 1 - stride
        cuts.append((max(total, 0) // 2, max(total, 0) - max(total, 0) // 2))
        more.append(max(-total, 0))
    result: dict[str, Any] = {"padding": tuple(cuts)}
    if any(more):
        result["output_padding"] = more[0] if rank == 1 else tuple(more)
    return result
