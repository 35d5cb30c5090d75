"""Kernels that a spec gives by value or by name: whether they fit the layer."""

from __future__ import annotations

from cnncalc.diagnostics import LayerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Named kernels that exist in one size only; the others come in any.
FIXED_SIZE = ("sobel_x", "sobel_y", "laplacian", "sharpen", "emboss")


def check_given(given: Any, shape: tuple[int, ...]) -> None:
    """Raise `LayerError` unless a given kernel fills weights (out, in/groups, *kernel).

    One kernel serves every pair of channels; lists one level deeper give one per output channel,
    two levels deeper everything. A length of 1 stands for all.
    """
    kernel = shape[2:]
    if isinstance(given, str):
        if given in FIXED_SIZE and kernel != (3, 3):
            raise LayerError(
                f"{given} is a 3x3 kernel, but this one is {'x'.join(map(str, kernel))}",
                help="use kernel_size 3 on an input with two spatial axes, or give the values",
                field="weight",
            )
        return
    sizes = lengths(given)
    wanted = {len(kernel): kernel, len(kernel) + 1: (shape[0], *kernel), len(shape): shape}
    fits = wanted.get(len(sizes), ())
    if not fits or any(n not in (1, m) for n, m in zip(sizes, fits, strict=True)):
        raise LayerError(
            f"the given kernel is {'x'.join(map(str, sizes)) or 'one number'}, but the layer's is"
            f" {'x'.join(map(str, kernel))}",
            help=f"give {'x'.join(map(str, kernel))} numbers for all channels, or"
            f" {'x'.join(map(str, shape))} for each pair of them",
            field="weight",
        )


def lengths(given: Any) -> tuple[int, ...]:
    """Return the lengths of nested lists; raises `LayerError` if they differ within a level."""
    if not isinstance(given, tuple):
        return ()
    inner = {lengths(item) for item in given}
    if len(inner) > 1:
        raise LayerError(
            "the rows of the given kernel differ in length",
            help="write as many numbers in every row",
            field="weight",
        )
    return (len(given), *inner.pop())
